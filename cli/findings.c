#include "cli/findings.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/json.h"

#define SETTING(X)                                                                                 \
    X(text, kind, "bricks", 0, 0)                                                                  \
    X(count, threads, "threads", 0, 0)                                                             \
    X(count, batch, "batch", 0, 0)                                                                 \
    X(count, granularity, "G", 0, 0)                                                               \
    X(text, isa, "isa", 0, 0)                                                                      \
    X(real, handoff_low_ns, "hand-off ns", 0, 0)                                                   \
    X(real, handoff_high_ns, "to", 0, 0)                                                           \
    X(count, visits, "visits", 0, 0)                                                               \
    X(real, visits_share, "of them with it %", 100, 0)                                             \
    X(real, clock_ghz, "GHz", 1, 2)                                                                \
    X(real, records_clock_ghz, "bricks' GHz", 1, 2)                                                \
    X(text, records_host, "timed on", 0, 0)                                                        \
    X(real, records_newest_s, "newest h ago", 1.0 / 3600, 1)                                       \
    X(real, records_oldest_s, "oldest h ago", 1.0 / 3600, 1)

// What a row is about.
#define MEASURED(X)                                                                                \
    X(text, model, "model", 0, 0)                                                                  \
    X(text, kind, NULL, 0, 0)                                                                      \
    X(count, threads, "threads", 0, 0)                                                             \
    X(count, batch, "batch", 0, 0)                                                                 \
    X(count, granularity, "G", 0, 0)                                                               \
    X(text, isa, "isa", 0, 0)                                                                      \
    X(real, measured_p50_ns, "measured ms", 1e-6, 3)

#define VERDICT(X)                                                                                 \
    MEASURED(X)                                                                                    \
    X(real, measured_low_ns, "low", 1e-6, 3)                                                       \
    X(real, measured_high_ns, "high", 1e-6, 3)                                                     \
    X(real, measured_p99_ns, "p99", 1e-6, 3)                                                       \
    X(real, predicted_p50_ns, "predicted ms", 1e-6, 3)                                             \
    X(real, predicted_low_ns, "low", 1e-6, 3)                                                      \
    X(real, predicted_high_ns, "high", 1e-6, 3)                                                    \
    X(real, error, "error %", 100, 1)                                                              \
    X(real, noise, "noise %", 100, 1)                                                              \
    X(text, in_range, "in range", 0, 0)                                                            \
    X(real, footprint_bytes, "footprint MB", 1e-6, 1)                                              \
    X(count, runs, "runs", 0, 0)                                                                   \
    X(count, visits, "visits", 0, 0)                                                               \
    X(count, visits_within, "of them used", 0, 0)                                                  \
    X(count, placements, NULL, 0, 0)                                                               \
    X(real, hot_error, "hot loop error %", 100, 1)

#define GAP(X)                                                                                     \
    MEASURED(X)                                                                                    \
    X(real, computing_ns, "computing ms", 1e-6, 3)                                                 \
    X(real, dispatch_ns, "dispatch", 1e-6, 3)                                                      \
    X(real, cache_ns, "cache state", 1e-6, 3)                                                      \
    X(real, copies_ns, "layout and copies", 1e-6, 3)                                               \
    X(real, delays_ns, "delays", 1e-6, 3)                                                          \
    X(real, unexplained_ns, "unexplained", 1e-6, 3)                                                \
    X(real, unexplained_share, "%", 100, 1)

#define SETTING_OFFSET(kind, field, ...) offsetof(struct setting, field),
#define VERDICT_OFFSET(kind, field, ...) offsetof(struct verdict, field),
#define GAP_OFFSET(kind, field, ...) offsetof(struct gap_row, field),

static const struct column setting_columns[] = {SETTING(FORM_COLUMN)};
static const size_t setting_offsets[] = {SETTING(SETTING_OFFSET)};
static const struct column verdict_columns[] = {VERDICT(FORM_COLUMN)};
static const size_t verdict_offsets[] = {VERDICT(VERDICT_OFFSET)};
static const struct column gap_columns[] = {GAP(FORM_COLUMN)};
static const size_t gap_offsets[] = {GAP(GAP_OFFSET)};

const struct form setting_form = FORM(setting_columns, setting_offsets);
const struct form verdict_form = FORM(verdict_columns, verdict_offsets);
const struct form gap_form = FORM(gap_columns, gap_offsets);

void findings_release(struct findings *f)
{
    free(f->settings);
    free(f->verdicts);
    free(f->gaps);
    arena_release(&f->arena);
    *f = (struct findings){0};
}

struct setting *findings_add_setting(struct findings *f)
{
    grow(&f->settings, &f->settings_capacity, f->n_settings + 1, sizeof *f->settings);
    f->settings[f->n_settings] = (struct setting){0};
    return &f->settings[f->n_settings++];
}

struct verdict *findings_add(struct findings *f)
{
    grow(&f->verdicts, &f->capacity, f->n + 1, sizeof *f->verdicts);
    f->verdicts[f->n] = (struct verdict){.setting = f->n_settings - 1};
    return &f->verdicts[f->n++];
}

struct gap_row *findings_add_gap(struct findings *f)
{
    grow(&f->gaps, &f->gaps_capacity, f->n_gaps + 1, sizeof *f->gaps);
    f->gaps[f->n_gaps] = (struct gap_row){0};
    return &f->gaps[f->n_gaps++];
}

static int read_setting(struct findings *f, const json_t *root, const char *where,
                        struct error *err)
{
    const json_t *settings = json_get_array(root, "settings", where, err);
    if (!settings)
        return -1;
    if (json_array_size(settings) != 1)
        return fail(err, "%s: has %zu settings, not one", where, json_array_size(settings));
    return form_read(&setting_form, json_array_get(settings, 0), findings_add_setting(f), &f->arena,
                     where, err);
}

static void *add_verdict(struct findings *f)
{
    return findings_add(f);
}

static void *add_gap(struct findings *f)
{
    return findings_add_gap(f);
}

// Reads the rows of one section, each into what `add` adds.
static int read_rows(struct findings *f, const json_t *root, const char *section,
                     const struct form *form, void *(*add)(struct findings *f), const char *where,
                     struct error *err)
{
    const json_t *rows = json_get_array(root, section, where, err);
    if (!rows)
        return -1;
    for (size_t i = 0; i < json_array_size(rows); i++)
        if (form_read(form, json_array_get(rows, i), add(f), &f->arena, where, err))
            return -1;
    return 0;
}

int findings_read(struct findings *f, const char *json, size_t bytes, const char *where,
                  struct error *err)
{
    int n_settings = f->n_settings, n = f->n, n_gaps = f->n_gaps;
    json_t *root = json_read_text(json, bytes, where, err);
    int status = root ? read_setting(f, root, where, err) : -1;
    if (!status)
        status = read_rows(f, root, "models", &verdict_form, add_verdict, where, err);
    if (!status && json_object_get(root, "gap")) // not there without --gap
        status = read_rows(f, root, "gap", &gap_form, add_gap, where, err);
    if (status) {
        f->n_settings = n_settings;
        f->n = n;
        f->n_gaps = n_gaps;
    }
    json_decref(root);
    return status;
}

const char *setting_label(const struct setting *s, char out[LABEL_SIZE])
{
    snprintf(out, LABEL_SIZE, "%d thread%s, batch %d, G %d, %s", (int)s->threads,
             s->threads == 1 ? "" : "s", (int)s->batch, (int)s->granularity, s->isa);
    return out;
}

struct outcome verdict_outcome(const struct verdict *v)
{
    return (struct outcome){
        .measured = {v->measured_p50_ns, v->measured_low_ns, v->measured_high_ns},
        .predicted = {v->predicted_p50_ns, v->predicted_low_ns, v->predicted_high_ns},
        .noise = v->noise,
    };
}

struct outcome verdict_hot_outcome(const struct verdict *v)
{
    struct outcome o = verdict_outcome(v);
    double hot_ns = (1 + v->hot_error) * v->measured_p50_ns;
    o.predicted = (struct interval){hot_ns, hot_ns, hot_ns};
    return o;
}
