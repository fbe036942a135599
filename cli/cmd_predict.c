// dlbricks predict: latency of models from the bench-cache alone.
#include <math.h>
#include <stdlib.h>

#include "bricks/work.h"
#include "cli/basis.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/gate.h"
#include "cli/input.h"
#include "cli/places.h"

static const struct column model_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"machine", "machine", COLUMN_text, 0, 0},
    {"environment", "environment", COLUMN_text, 0, 0},
    {"p50_ns", "p50 ms", COLUMN_real, 1e-6, 3},
    {"low_ns", "low", COLUMN_real, 1e-6, 3},
    {"high_ns", "high", COLUMN_real, 1e-6, 3},
    {"inferences_per_s", "inf/s", COLUMN_real, 0, 1},
    {"memory_bytes", "memory MB", COLUMN_real, 1e-6, 1},
    {"footprint_bytes", NULL, COLUMN_real, 0, 0},
    {"known_bricks", NULL, COLUMN_count, 0, 0},
    {"estimated_bricks", NULL, COLUMN_count, 0, 0},
    {"estimated_share", NULL, COLUMN_real, 0, 0},
    {"bricks", NULL, COLUMN_count, 0, 0},
    {"stale_bricks", NULL, COLUMN_count, 0, 0},
    {"lent_bricks", NULL, COLUMN_count, 0, 0},
    {"lent_share", NULL, COLUMN_real, 0, 0},
    {"runs", NULL, COLUMN_count, 0, 0},
    {"oldest_unix_s", NULL, COLUMN_count, 0, 0},
    {"unmodelled_layers", NULL, COLUMN_count, 0, 0},
    {"basis", "basis", COLUMN_text, 0, 0},
};

static const struct column step_columns[] = {
    {"model", NULL, COLUMN_text, 0, 0},          {"machine", NULL, COLUMN_text, 0, 0},
    {"brick", "brick", COLUMN_text, 0, 0},       {"description", "what", COLUMN_text, 0, 0},
    {"p50_ns", "ms", COLUMN_real, 1e-6, 4},      {"share", "share %", COLUMN_real, 100, 1},
    {"gflops", "GFLOP/s", COLUMN_real, 0, 1},    {"of_peak", "of peak %", COLUMN_real, 100, 0},
    {"implementation", NULL, COLUMN_text, 0, 0}, {"basis", "basis", COLUMN_text, 0, 0},
    {"estimated_from", NULL, COLUMN_text, 0, 0}, {"stale", NULL, COLUMN_text, 0, 0},
    {"lent_from", NULL, COLUMN_text, 0, 0},      {"layers", "layers", COLUMN_text, 0, 0},
};

struct report_tables {
    struct table models, steps;
    struct gate gate;
    int n_models;    // without those of the baseline
    bool with_steps; // people see them for one model in one place, without a gate
    int n_incomplete;
};

static void add_model(struct table *t, const struct prediction *p, const struct forecast *f)
{
    struct str basis = STR_INIT;
    bool nothing = p->n_missing == p->n_bricks;
    basis_describe(p, f, &basis);
    table_text(t, p->model->name);
    facts_add_place(t, f->place);
    table_real(t, nothing ? NAN : p->time_ns);
    table_real(t, nothing ? NAN : p->low_ns);
    table_real(t, nothing ? NAN : p->high_ns);
    table_real(t, p->n_missing ? NAN : 1e9 / p->time_ns);
    table_real(t, model_memory(f->timings.suite, p->model));
    table_real(t, p->footprint);
    table_count(t, p->n_measured);
    table_count(t, p->n_estimated);
    table_real(t, nothing ? NAN : p->estimated_ns / (p->time_ns - p->delays_ns));
    table_count(t, p->n_bricks);
    table_count(t, forecast_count_stale(f, 1, p));
    table_count(t, p->n_lent);
    table_real(t, nothing ? NAN : p->lent_ns / (p->time_ns - p->delays_ns));
    table_count(t, p->runs);
    table_count(t, p->oldest);
    table_count(t, p->model->n_unmodelled);
    table_text(t, basis.text);
    str_release(&basis);
}

// What the patch levels of a place were; NULL: an empty cell.
static void add_stale(struct table *t, const struct cache_place *stale)
{
    struct str versions = STR_INIT;
    if (stale)
        str_addf(&versions, "%s, %s", stale->environment.value[ENV_engine_version],
                 stale->environment.value[ENV_blas_version]);
    table_text(t, stale ? versions.text : NULL);
    str_release(&versions);
}

static void add_steps(struct table *t, const struct prediction *p, const struct forecast *f)
{
    const struct cache_place *place = f->place;
    const struct timings *timings = &f->timings;
    double peak = probe_peak(&place->probe);
    for (int i = 0; i < p->model->n_instances; i++) {
        const struct instance *instance = &p->model->instances[i];
        const struct brick *brick = timings->suite->bricks[instance->brick];
        const struct brick_time *time = &p->times[i];
        double gflops = time->known ? work_graph(brick->graph).flops / time->time_ns : NAN;
        table_text(t, p->model->name);
        table_text(t, place->machine.label);
        facts_add_brick(t, brick);
        table_real(t, time->known ? time->time_ns : NAN);
        table_real(t, time->known ? time->time_ns / p->time_ns : NAN);
        table_real(t, gflops);
        table_real(t, peak > 0 ? gflops / peak : NAN);
        table_text(t, time->implementation);
        table_text(t, basis_of_step(time));
        table_text(t, time->estimated_from);
        add_stale(t, time->stale_from);
        table_text(t, time->lent_from ? time->lent_from->machine.label : NULL);
        basis_add_layers(t, instance);
    }
}

static void add_place(struct report_tables *r, const struct forecast *f,
                      const struct substitutes *with, const struct options *o)
{
    basis_note_substitutes(f, with);
    if (f->timings.misses.n)
        note("%d file(s) of the cache are passed over, the first: %s", f->timings.misses.n,
             f->timings.misses.reason);
    for (int i = 0; i < r->n_models; i++) {
        const struct prediction *p = &f->prediction[i];
        add_model(&r->models, p, f);
        if (r->with_steps && p->n_missing < p->n_bricks)
            add_steps(&r->steps, p, f);
        basis_note_lacking(p, f, o);
        r->n_incomplete += p->n_missing > 0;
    }
    gate_check(&r->gate, f);
}

static int predict(struct report_tables *r, struct suite *s, const struct options *o,
                   struct error *err)
{
    struct places places;
    places_open(&places, o);
    int status =
        o->machine ? places_choose_named(&places, o, err) : places_choose_here(&places, o, err);
    int n = status ? 0 : places.n;
    r->with_steps = (r->n_models * n == 1 && !r->gate.n_rules) || o->json || o->csv;
    struct forecast *forecasts = xcalloc((size_t)n + 1, sizeof *forecasts);
    const struct substitutes with = {places.all, o->stale, o->lent, !o->measured_only};
    forecasts_init(forecasts, n, places.chosen, s, &with);
    for (int i = 0; i < n; i++)
        add_place(r, &forecasts[i], &with, o);
    if (r->gate.n_rules)
        r->gate.n_unknown += places.n_missing; // a gate must not pass for what it has not seen
    forecasts_release(forecasts, n);
    free(forecasts);
    places_release(&places);
    return status;
}

static int print(struct report_tables *r, const struct options *o)
{
    const struct section sections[] = {
        {"models", NULL, &r->models},
        {"steps", "Steps in the order of execution", &r->steps},
        {"gate", "Gate", &r->gate.verdicts},
        {"changes", "What differs from the baseline, largest first", &r->gate.changes},
    };
    sections_print(sections, r->gate.n_rules ? 4 : 2, o, stdout);
    if (r->gate.n_exceeded)
        return STATUS_exceeded;
    return r->n_incomplete || r->gate.n_unknown ? STATUS_incomplete : STATUS_done;
}

int cmd_predict(const struct options *o)
{
    struct suite s;
    struct error err = {0};
    int status = input_load_whole(o, &s);
    struct report_tables r = {.n_models = s.n_models};
    table_init(&r.models, COLUMNS(model_columns));
    table_init(&r.steps, COLUMNS(step_columns));
    int opened = gate_open(&r.gate, o, &s, &err);
    if (opened)
        status = opened;
    else if (s.n_models && predict(&r, &s, o, &err))
        status = STATUS_failed;
    if (*err.text)
        report(&err);
    else if (s.n_models && !opened) {
        int result = print(&r, o);
        status = status == STATUS_done ? result : status;
    }
    gate_release(&r.gate);
    table_release(&r.models);
    table_release(&r.steps);
    suite_release(&s);
    return status;
}
