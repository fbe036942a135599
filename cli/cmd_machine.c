// dlbricks machine: this machine and its limits, and those of the bench-cache.
#include <math.h>
#include <stdarg.h>

#include "bricks/cache.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "cli/table.h"
#include "runner/probe.h"

// ---- machine show --------------------------------------------------------------------------

static const struct column fact_columns[] = {
    {"name", "what", COLUMN_text, 0, 0},
    {"value", "value", COLUMN_text, 0, 0},
};

static const struct column cache_columns[] = {
    {"level", "cache", COLUMN_text, 0, 0},
    {"bytes", "KiB", COLUMN_count, 1.0 / 1024, 0},
    {"cores", "cores each", COLUMN_count, 0, 0},
    {"instances", "instances", COLUMN_count, 0, 0},
};

static const struct column bandwidth_columns[] = {
    {"working_set_bytes", "working set KiB", COLUMN_count, 1.0 / 1024, 0},
    {"gbps", "GB/s", COLUMN_real, 1, 1},
};

static const struct column limit_columns[] = {
    {"limit", "limit", COLUMN_text, 0, 0},
    {"value", "value", COLUMN_real, 1, 1},
    {"unit", "unit", COLUMN_text, 0, 0},
};

static void add_fact(struct table *t, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add_fact(struct table *t, const char *name, const char *format, ...)
{
    char value[256];
    va_list args;
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (!*value)
        return;
    table_text(t, name);
    table_text(t, value);
}

static void add_machine(struct table *t, const struct machine *m)
{
    char key[128];
    machine_key(m, key, sizeof key);
    add_fact(t, "label", "%s", m->label);
    add_fact(t, "folder", "%s", key);
    add_fact(t, "cpu", "%s", m->cpu);
    add_fact(t, "cpuid", "%s family %d model %d stepping %d", m->vendor, m->family, m->model,
             m->stepping);
    add_fact(t, "isa", "%s", m->isa);
    add_fact(t, "hypervisor", "%s", m->hypervisor);
    add_fact(t, "packages", "%d", m->packages);
    add_fact(t, "numa_nodes", "%d", m->numa_nodes);
    add_fact(t, "cores", "%d", m->cores);
    add_fact(t, "hardware_threads", "%d", m->threads);
    add_fact(t, "memory_bytes", "%zu", m->memory_bytes);
}

static void add_environment(struct table *t, const struct environment *e)
{
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        add_fact(t, environment_field_name((enum environment_field)f), "%s", e->value[f]);
}

static void add_caches(struct table *t, const struct machine *m)
{
    for (int i = 0; i < m->n_caches; i++) {
        char level[16];
        snprintf(level, sizeof level, "L%d", i + 1);
        table_text(t, level);
        table_count(t, (int64_t)m->caches[i].bytes);
        table_count(t, m->caches[i].cores);
        table_count(t, m->caches[i].instances);
    }
}

static void add_limit(struct table *t, const char *name, double value, const char *unit)
{
    table_text(t, name);
    table_real(t, value > 0 ? value : NAN);
    table_text(t, unit);
}

static void add_limits(struct table *t, const struct probe *p)
{
    add_limit(t, "peak_openblas", p->gflops_blas, "GFLOP/s");
    add_limit(t, "peak_onednn", p->gflops_onednn, "GFLOP/s");
    add_limit(t, "peak_fma_loop", p->gflops_fma, "GFLOP/s");
    add_limit(t, "memory_bandwidth", p->gbps_memory, "GB/s");
    add_limit(t, "effective_last_level_cache", (double)p->effective_llc / 1024, "KiB");
    add_limit(t, "clock_read_pair", p->clock_ns, "ns");
    add_limit(t, "dispatch_of_a_step", p->dispatch_ns, "ns");
}

static void add_bandwidths(struct table *t, const struct probe *p)
{
    for (int i = 0; i < p->n_levels; i++) {
        table_count(t, (int64_t)p->levels[i].bytes);
        table_real(t, p->levels[i].gbps);
    }
}

static void show_tables(const struct engine *engine, const struct probe *probe,
                        const struct options *o)
{
    struct table machine, environment, caches, limits, bandwidths;
    table_init(&machine, COLUMNS(fact_columns));
    table_init(&environment, COLUMNS(fact_columns));
    table_init(&caches, COLUMNS(cache_columns));
    table_init(&limits, COLUMNS(limit_columns));
    table_init(&bandwidths, COLUMNS(bandwidth_columns));
    add_machine(&machine, &engine->machine);
    add_environment(&environment, &engine->environment);
    add_caches(&caches, &engine->machine);
    add_limits(&limits, probe);
    add_bandwidths(&bandwidths, probe);
    const struct section sections[] = {
        {"machine", "Machine", &machine},
        {"environment", "Environment", &environment},
        {"caches", "Caches as the topology tells them", &caches},
        {"limits", "Measured limits", &limits},
        {"bandwidths", "Measured bandwidth of reading, all threads", &bandwidths},
    };
    sections_print(sections, sizeof sections / sizeof *sections, o, stdout);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        table_release(sections[i].table);
}

// The same objects as in the bench-cache.
static void show_json(const struct engine *engine, const struct probe *probe)
{
    json_t *object = json_object();
    json_object_set_new(object, "machine", machine_to_json(&engine->machine));
    json_object_set_new(object, "environment", environment_to_json(&engine->environment));
    json_object_set_new(object, "probe", probe_to_json(probe));
    json_print(object, stdout);
}

int cmd_machine_show(const struct options *o)
{
    struct engine engine;
    struct probe probe = {0};
    struct error err = {0};
    if (session_open(&engine, o, &err))
        return report(&err);
    int status = STATUS_done;
    if (probe_measure(&engine, &clock_monotonic, &probe, &err))
        status = report(&err);
    else if (o->json)
        show_json(&engine, &probe);
    else
        show_tables(&engine, &probe, o);
    if (*probe.warning)
        note("%s", probe.warning);
    engine_release(&engine);
    return status;
}

// ---- machine list --------------------------------------------------------------------------

static const struct column place_columns[] = {
    {"label", "label", COLUMN_text, 0, 0},
    {"cpu", "CPU", COLUMN_text, 0, 0},
    {"cores", "cores", COLUMN_count, 0, 0},
    {"threads", "threads", COLUMN_text, 0, 0},
    {"isa", "isa", COLUMN_text, 0, 0},
    {"engine", "engine", COLUMN_text, 0, 0},
    {"peak_gflops", "GFLOP/s", COLUMN_real, 1, 0},
    {"memory_gbps", "GB/s", COLUMN_real, 1, 1},
    {"path", "path", COLUMN_text, 0, 0},
};

static void add_place(struct table *t, const struct cache_place *place)
{
    const struct environment *e = &place->environment;
    struct str engine = STR_INIT;
    bool probed = place->probe.n_levels > 0;
    str_addf(&engine, "%s %s", e->value[ENV_engine], e->value[ENV_engine_version]);
    table_text(t, place->machine.label);
    table_text(t, place->machine.cpu);
    table_count(t, place->machine.cores);
    table_text(t, e->value[ENV_threads]);
    table_text(t, e->value[ENV_isa]);
    table_text(t, engine.text);
    table_real(t, probed ? probe_peak(&place->probe) : NAN);
    table_real(t, probed ? place->probe.gbps_memory : NAN);
    table_text(t, place->path);
    str_release(&engine);
}

int cmd_machine_list(const struct options *o)
{
    struct str cache = STR_INIT;
    struct table t;
    int n, damaged;
    cache_path(o->cache, &cache);
    struct cache_place *places = cache_places(cache.text, &n, &damaged);
    table_init(&t, COLUMNS(place_columns));
    for (int i = 0; i < n; i++)
        add_place(&t, &places[i]);
    if (n || o->json || o->csv)
        table_print(&t, o, stdout);
    else
        note("%s holds no machine yet; `dlbricks bench` fills it", cache.text);
    if (damaged)
        note("%s: %d folders cannot be read and were passed over", cache.text, damaged);
    table_release(&t);
    cache_places_free(places, n);
    str_release(&cache);
    return STATUS_done;
}
