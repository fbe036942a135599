#include "cli/gate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/basis.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "predict/compare.h"

static const struct column verdict_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"machine", "machine", COLUMN_text, 0, 0},
    {"environment", NULL, COLUMN_text, 0, 0},
    {"p50_ns", "p50 ms", COLUMN_real, 1e-6, 3},
    {"max_ns", "at most ms", COLUMN_real, 1e-6, 3},
    {"baseline", "baseline", COLUMN_text, 0, 0},
    {"baseline_p50_ns", "its p50 ms", COLUMN_real, 1e-6, 3},
    {"change", "change %", COLUMN_real, 100, 2},
    {"fail_above", "at most %", COLUMN_real, 100, 2},
    {"lent_share", "lent %", COLUMN_real, 100, 0},
    {"estimated_share", "estimated %", COLUMN_real, 100, 0},
    {"verdict", "verdict", COLUMN_text, 0, 0},
};

static const struct column change_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"machine", "machine", COLUMN_text, 0, 0},
    {"environment", NULL, COLUMN_text, 0, 0},
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"only_in", "only in", COLUMN_text, 0, 0},
    {"baseline_times", "times before", COLUMN_count, 0, 0},
    {"times", "now", COLUMN_count, 0, 0},
    {"baseline_ns", "ms before", COLUMN_real, 1e-6, 4},
    {"total_ns", "now", COLUMN_real, 1e-6, 4},
    {"difference_ns", "difference", COLUMN_real, 1e-6, 4},
    {"basis", "basis", COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_text, 0, 0},
};

static const char *const verdicts[] = {"exceeded", "unknown", "ok"};

static int check_usage(const struct options *o, struct error *err)
{
    if (isfinite(o->fail_above) && !o->baseline)
        return fail(err, "predict: --fail-above needs --baseline");
    return 0;
}

// The options with the baseline as if it were the argument; *arg must outlive them. A key is that
// of the models.
static struct options baseline_options(const struct options *o, const char **arg)
{
    struct options as_argument = *o;
    *arg = o->baseline;
    as_argument.args = arg;
    as_argument.n_args = 1;
    as_argument.key = NULL;
    return as_argument;
}

static int load_baseline(struct gate *g, struct suite *s, struct error *err)
{
    const char *arg;
    struct options o = baseline_options(g->o, &arg);
    struct suite baseline;
    int status = input_load_whole(&o, &baseline);
    if (!status && suite_merge(s, &baseline, err))
        status = STATUS_failed;
    suite_release(&baseline);
    g->n_baselines = s->n_models - g->n_models;
    if (!status && g->n_baselines != 1 && g->n_baselines != g->n_models) {
        fail(err,
             "predict: --baseline %s holds %d models; it must hold one, or as many as there "
             "are to compare with it, %d",
             g->o->baseline, g->n_baselines, g->n_models);
        status = STATUS_usage;
    }
    return status;
}

int gate_open(struct gate *g, const struct options *o, struct suite *s, struct error *err)
{
    *g = (struct gate){.o = o, .suite = s, .n_models = s->n_models};
    g->n_rules = (o->baseline != NULL) + isfinite(o->fail_above) + isfinite(o->max_ms);
    table_init(&g->verdicts, COLUMNS(verdict_columns));
    table_init(&g->changes, COLUMNS(change_columns));
    if (check_usage(o, err))
        return STATUS_usage;
    return o->baseline && s->n_models ? load_baseline(g, s, err) : STATUS_done;
}

void gate_release(struct gate *g)
{
    table_release(&g->verdicts);
    table_release(&g->changes);
}

static void add_change(struct gate *g, const struct forecast *f, const struct prediction *p,
                       const struct contribution *c)
{
    struct table *t = &g->changes;
    table_text(t, p->model->name);
    facts_add_place(t, f->place);
    facts_add_brick(t, g->suite->bricks[c->brick]);
    table_text(t, !c->n_baseline ? "new" : !c->n ? "baseline" : NULL);
    table_count(t, c->n_baseline);
    table_count(t, c->n);
    table_real(t, c->baseline_ns);
    table_real(t, c->time_ns);
    table_real(t, c->time_ns - c->baseline_ns);
    table_text(t, basis_of_contribution(c));
    basis_add_layers(t, c->instance);
}

// Bricks that only one of both has, or other numbers of, or that take another time.
static void add_changes(struct gate *g, const struct forecast *f, const struct prediction *p,
                        const struct prediction *baseline)
{
    int n;
    struct contribution *list = contributions_find(g->suite, p, baseline, &n);
    for (int i = 0; i < n; i++)
        if (list[i].n != list[i].n_baseline || fabs(list[i].time_ns - list[i].baseline_ns) > 0)
            add_change(g, f, p, &list[i]);
    free(list);
}

// By its path, as both may be of the same name.
static void add_baseline(struct table *t, const struct prediction *baseline)
{
    struct str name = STR_INIT;
    bool of_zoo = baseline && strcmp(baseline->model->source, "zoo") == 0;
    if (baseline)
        str_addf(&name, of_zoo ? "zoo:%s" : "%s",
                 of_zoo ? baseline->model->name : baseline->model->source);
    table_text(t, baseline ? name.text : NULL);
    str_release(&name);
}

// A known part that exceeds the limit says enough; one that does not says nothing.
static const char *judge(const struct gate *g, const struct prediction *p, double change)
{
    bool too_slow = p->n_missing < p->n_bricks && p->time_ns > 1e6 * g->o->max_ms;
    bool slower = !isnan(change) && 100 * change > g->o->fail_above;
    bool unknown = p->n_missing || (g->o->baseline && isnan(change));
    return verdicts[too_slow || slower ? 0 : unknown ? 1 : 2];
}

static void check_model(struct gate *g, const struct forecast *f, const struct prediction *p,
                        const struct prediction *baseline)
{
    struct table *t = &g->verdicts;
    bool nothing = p->n_missing == p->n_bricks;
    double change = baseline ? prediction_ratio(p, baseline).value - 1 : NAN;
    const char *verdict = judge(g, p, change);
    g->n_exceeded += verdict == verdicts[0];
    g->n_unknown += verdict == verdicts[1];
    table_text(t, p->model->name);
    facts_add_place(t, f->place);
    table_real(t, nothing ? NAN : p->time_ns);
    table_real(t, 1e6 * g->o->max_ms);
    add_baseline(t, baseline);
    table_real(t, baseline && !baseline->n_missing ? baseline->time_ns : NAN);
    table_real(t, change);
    table_real(t, g->o->fail_above / 100);
    table_real(t, nothing ? NAN : p->lent_ns / (p->time_ns - p->delays_ns));
    table_real(t, nothing ? NAN : p->estimated_ns / (p->time_ns - p->delays_ns));
    table_text(t, verdict);
    if (baseline)
        add_changes(g, f, p, baseline);
}

void gate_check(struct gate *g, const struct forecast *f)
{
    const char *arg;
    struct options o = baseline_options(g->o, &arg);
    for (int i = 0; i < g->n_baselines; i++)
        basis_note_lacking(&f->prediction[g->n_models + i], f, &o);
    for (int i = 0; g->n_rules && i < g->n_models; i++) {
        int baseline = g->n_models + (g->n_baselines > 1 ? i : 0);
        check_model(g, f, &f->prediction[i], g->n_baselines ? &f->prediction[baseline] : NULL);
    }
}
