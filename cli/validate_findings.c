// What a validation has found, once everything is measured.
#include <math.h>
#include <string.h>

#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/validation.h"
#include "predict/gap.h"

static const double young_s = 3600; // younger records are hardly another occasion

static const char *kind_of(const struct validation *v)
{
    return v->o->from_cache ? "from cache" : "fresh";
}

static const char *isa_of(const struct validation *v)
{
    return v->measure.engine.environment.value[ENV_isa];
}

static void fill_measured(const struct subject *s, struct band band, struct verdict *out)
{
    struct latency latency = visits_latency(&s->visits, band);
    out->measured_p50_ns = latency.p50.value;
    out->measured_low_ns = latency.p50.low;
    out->measured_high_ns = latency.p50.high;
    out->measured_p99_ns = latency.p99;
    out->noise = latency.noise;
    out->runs = latency.n_runs;
    out->visits = s->visits.n_visits;
    out->visits_within = visits_within(&s->visits, band);
    out->placements = s->n_loads;
}

static void fill_predicted(const struct prediction *p, struct verdict *out)
{
    out->predicted_p50_ns = p->time_ns;
    out->predicted_low_ns = p->low_ns;
    out->predicted_high_ns = p->high_ns;
    out->footprint_bytes = p->footprint;
    struct outcome outcome = verdict_outcome(out);
    out->error = outcome_error(&outcome);
    out->in_range = outcome_in_range(&outcome) ? "yes" : "no";
    out->hot_error = p->hot_ns > 0 ? p->hot_ns / out->measured_p50_ns - 1 : NAN;
}

static void say_few(const struct verdict *v)
{
    if (v->visits_within < ENOUGH_VISITS)
        note("%s: only %d of %d visits met the condition in which the bricks were timed%s",
             v->model, (int)v->visits_within, (int)v->visits,
             v->visits_within ? "" : "; it is judged by the others, which says little");
}

static void add_verdict(const struct validation *v, const struct subject *s,
                        const struct prediction *p, struct findings *f)
{
    struct verdict *verdict = findings_add(f);
    verdict->model = arena_strdup(&f->arena, s->model->name);
    verdict->kind = kind_of(v);
    verdict->threads = v->measure.engine.threads;
    verdict->batch = batch_of_model(s->model);
    verdict->granularity = v->measure.suite->granularity;
    verdict->isa = arena_strdup(&f->arena, isa_of(v));
    fill_measured(s, v->timings.band, verdict);
    fill_predicted(p, verdict);
    say_few(verdict);
}

// Of the newest verdict.
static void add_gap(const struct validation *v, const struct prediction *p, struct findings *f)
{
    const struct verdict *of = &f->verdicts[f->n - 1];
    struct gap gap =
        gap_of(of->measured_p50_ns, p, v->measure.suite, v->measure.place.probe.dispatch_ns);
    *findings_add_gap(f) = (struct gap_row){
        .model = of->model,
        .kind = of->kind,
        .threads = of->threads,
        .batch = of->batch,
        .granularity = of->granularity,
        .isa = of->isa,
        .measured_p50_ns = gap.measured_ns,
        .computing_ns = gap.computing_ns,
        .dispatch_ns = gap.dispatch_ns,
        .cache_ns = gap.cache_ns,
        .copies_ns = gap.copies_ns,
        .delays_ns = gap.delays_ns,
        .unexplained_ns = gap.unexplained_ns,
        .unexplained_share = gap.unexplained_ns / gap.measured_ns,
    };
}

// Ages of the records behind a prediction.
static void take_ages(struct setting *s, const struct prediction *p)
{
    double now = (double)clock_unix_time();
    s->records_oldest_s = fmax(s->records_oldest_s, now - (double)p->oldest);
    for (int i = 0; i < p->model->n_instances; i++)
        s->records_newest_s = fmin(s->records_newest_s, now - (double)p->times[i].newest);
}

static bool lists(const struct str *names, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = names->text; (p = strstr(p, name)); p += n)
        if ((p == names->text || p[-1] == ' ') && (!p[n] || p[n] == ','))
            return true;
    return false;
}

// Hosts of all records of the suite's bricks.
static const char *hosts_of(const struct timings *t, struct arena *arena)
{
    struct str hosts = STR_INIT;
    for (int i = 0; i < t->suite->n_bricks; i++)
        for (int k = 0; k < t->n_records[i]; k++) {
            const char *host = t->records[i][k].host;
            if (*host && !lists(&hosts, host))
                str_addf(&hosts, "%s%s", hosts.len ? ", " : "", host);
        }
    const char *result = arena_strdup(arena, hosts.text);
    str_release(&hosts);
    return result;
}

// Cycles per nanosecond, by the median of the samples' cycles; NAN without samples.
static double clock_ghz(double *cycle_ns, int n)
{
    return n ? 1 / median(cycle_ns, n) : NAN;
}

static double clock_of_models(const struct validation *v)
{
    double *cycle_ns = NULL;
    int n = 0, capacity = 0;
    for (int i = 0; i < v->n; i++) {
        const struct visits *visits = &v->subjects[i].visits;
        grow(&cycle_ns, &capacity, n + visits->n_visits, sizeof *cycle_ns);
        for (int k = 0; k < visits->n_visits; k++)
            cycle_ns[n++] = visits->visit[k].before.cycle_ns;
    }
    double ghz = clock_ghz(cycle_ns, n);
    free(cycle_ns);
    return ghz;
}

static void add_cycles(const struct record *r, double **cycle_ns, int *n, int *capacity)
{
    for (int s = 0; s < r->n_series; s++) {
        const struct series *series = &r->series[s];
        if (series->footprint == 0) // no hot loop is part of a prediction
            continue;
        grow(cycle_ns, capacity, *n + series->n, sizeof **cycle_ns);
        for (int i = 0; i < series->n; i++)
            (*cycle_ns)[(*n)++] = series->conditions[i].cycle_ns;
    }
}

static double clock_of_records(const struct timings *t)
{
    double *cycle_ns = NULL;
    int n = 0, capacity = 0;
    for (int brick = 0; brick < t->suite->n_bricks; brick++)
        for (int run = 0; run < t->n_records[brick]; run++)
            add_cycles(&t->records[brick][run], &cycle_ns, &n, &capacity);
    double ghz = clock_ghz(cycle_ns, n);
    free(cycle_ns);
    return ghz;
}

// One thread hands nothing over.
static void fill_condition(const struct validation *v, struct setting *s)
{
    struct band band = v->timings.band;
    bool met = band.high > 0 && isfinite(band.high);
    int within = 0;
    for (int i = 0; i < v->n; i++) {
        s->visits += v->subjects[i].visits.n_visits;
        within += visits_within(&v->subjects[i].visits, band);
    }
    s->handoff_low_ns = met ? band.low : NAN;
    s->handoff_high_ns = met ? band.high : NAN;
    s->clock_ghz = clock_of_models(v);
    s->records_clock_ghz = clock_of_records(&v->timings);
    s->visits_share = s->visits ? (double)within / (double)s->visits : NAN;
}

static struct setting *add_setting(const struct validation *v, struct findings *f)
{
    struct setting *s = findings_add_setting(f);
    s->kind = kind_of(v);
    s->threads = v->measure.engine.threads;
    s->batch = input_batch(v->o);
    s->granularity = v->measure.suite->granularity;
    s->isa = arena_strdup(&f->arena, isa_of(v));
    s->records_host = hosts_of(&v->timings, &f->arena);
    s->records_newest_s = INFINITY;
    fill_condition(v, s);
    return s;
}

static void say_young(const struct setting *s)
{
    if (s->records_newest_s < young_s)
        note("the newest records are %.0f min old: for a judgement of the cache they should be "
             "from another hour",
             s->records_newest_s / 60);
}

void validation_collect(const struct validation *v, struct findings *f)
{
    struct setting *s = add_setting(v, f);
    for (int i = 0; i < v->n; i++) {
        struct prediction p;
        predict_model(&p, &v->timings, v->subjects[i].model);
        add_verdict(v, &v->subjects[i], &p, f);
        if (v->o->gap)
            add_gap(v, &p, f);
        take_ages(s, &p);
        prediction_release(&p);
    }
    if (v->o->from_cache)
        say_young(s);
    else
        s->records_newest_s = s->records_oldest_s = NAN;
}
