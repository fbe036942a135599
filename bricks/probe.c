#include "bricks/probe.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/json.h"

enum {
    PROBE_FORMAT = 1,
    MAX_LEVELS = sizeof(((struct probe *)0)->levels) / sizeof(((struct probe *)0)->levels[0])
};

// Plain numbers of a probe, all at least 0.
static const struct {
    const char *name;
    size_t offset;
    bool may_lack; // older files do: 0
} numbers[] = {
    {"gflops_blas", offsetof(struct probe, gflops_blas), false},
    {"gflops_onednn", offsetof(struct probe, gflops_onednn), false},
    {"gflops_fma", offsetof(struct probe, gflops_fma), false},
    {"gbps_memory", offsetof(struct probe, gbps_memory), false},
    {"clock_ns", offsetof(struct probe, clock_ns), false},
    {"dispatch_ns", offsetof(struct probe, dispatch_ns), true},
};
enum { N_NUMBERS = sizeof numbers / sizeof numbers[0] };

double probe_peak(const struct probe *p)
{
    return fmax(p->gflops_blas, fmax(p->gflops_onednn, p->gflops_fma));
}

double probe_bandwidth(const struct probe *p, double bytes)
{
    int i = 0;
    if (p->n_levels == 0)
        return 0;
    while (i + 1 < p->n_levels &&
           bytes * bytes > (double)p->levels[i].bytes * (double)p->levels[i + 1].bytes)
        i++;
    return p->levels[i].gbps;
}

json_t *probe_to_json(const struct probe *p)
{
    json_t *json = json_pack("{s:i}", "dlbricks_probe", PROBE_FORMAT);
    for (int i = 0; i < N_NUMBERS; i++) {
        double x;
        memcpy(&x, (const char *)p + numbers[i].offset, sizeof x);
        json_object_set_new(json, numbers[i].name, json_real(x));
    }
    json_object_set_new(json, "effective_llc_bytes", json_integer((json_int_t)p->effective_llc));
    json_object_set_new(json, "warning", json_text(p->warning));
    json_t *levels = json_array();
    for (int i = 0; i < p->n_levels; i++)
        json_array_append_new(levels,
                              json_pack("{s:I,s:f}", "bytes", (json_int_t)p->levels[i].bytes,
                                        "gbps", p->levels[i].gbps));
    json_object_set_new(json, "levels", levels);
    return json;
}

static int read_positive(const json_t *json, const char *key, double *x, const char *where,
                         struct error *err)
{
    if (json_get_real(json, key, x, where, err))
        return -1;
    if (!isfinite(*x) || *x < 0)
        return fail(err, "%s: \"%s\" is not a number of at least 0", where, key);
    return 0;
}

static int read_levels(struct probe *p, const json_t *json, const char *where, struct error *err)
{
    const json_t *levels = json_get_array(json, "levels", where, err);
    if (!levels)
        return -1;
    if (json_array_size(levels) < 1 || json_array_size(levels) > MAX_LEVELS)
        return fail(err, "%s: \"levels\" has %zu entries, not 1 to %d", where,
                    json_array_size(levels), MAX_LEVELS);
    p->n_levels = (int)json_array_size(levels);
    for (int i = 0; i < p->n_levels; i++) {
        const json_t *level = json_array_get(levels, (size_t)i);
        if (json_get_size(level, "bytes", &p->levels[i].bytes, where, err) ||
            read_positive(level, "gbps", &p->levels[i].gbps, where, err))
            return -1;
    }
    return 0;
}

static int read_probe(struct probe *p, const json_t *json, const char *where, struct error *err)
{
    int64_t format;
    if (json_get_int(json, "dlbricks_probe", &format, where, err))
        return -1;
    if (format != PROBE_FORMAT)
        return fail_unsupported(err, "%s: probe format %lld is not known", where,
                                (long long)format);
    for (int i = 0; i < N_NUMBERS; i++) {
        double x;
        if (numbers[i].may_lack && !json_object_get(json, numbers[i].name))
            continue;
        if (read_positive(json, numbers[i].name, &x, where, err))
            return -1;
        memcpy((char *)p + numbers[i].offset, &x, sizeof x);
    }
    const char *warning = json_get_text(json, "warning", where, err);
    if (!warning || json_get_size(json, "effective_llc_bytes", &p->effective_llc, where, err))
        return -1;
    printable(p->warning, sizeof p->warning, warning);
    return read_levels(p, json, where, err);
}

int probe_from_json(struct probe *p, const json_t *json, const char *where, struct error *err)
{
    *p = (struct probe){0};
    if (read_probe(p, json, where, err) == 0)
        return 0;
    *p = (struct probe){0};
    return -1;
}
