// How good predictions are after a part of the bench time, computed from a cache that holds all:
// for each part a cache is filled with what `bench` would have timed by then, by its own agenda and
// its rules for batches, and predictions from it are compared with those from all records. Nothing
// is measured. Part of tests/perf/learning_curve.sh. usage: learning_curve SUITE CACHE WORK
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/agenda.h"
#include "predict/estimate.h"

static const double parts[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
enum { N_PARTS = sizeof parts / sizeof *parts };

// A place of the cache that takes the part of a new CPU.
struct subject {
    const struct cache_place *place;
    struct timings timings; // all of it
    int n_truths;
    struct prediction *truths; // models whose bricks are all known, by all records
    struct scope scope;        // of benching it
    double *points;            // per model: its point of the grid
    double cost_s;             // of all tasks
};

// What bench has timed of it so far.
struct progress {
    struct cache_place place; // in a cache of its own
    struct demand *timed;     // per brick
    int n_timed;              // bricks at a footprint
    double now_s;             // since it began
};

static void find_truths(struct subject *d)
{
    const struct suite *s = d->timings.suite;
    d->truths = xcalloc((size_t)s->n_models + 1, sizeof *d->truths);
    for (int i = 0; i < s->n_models; i++) {
        struct prediction *p = &d->truths[d->n_truths];
        predict_model(p, &d->timings, &s->models[i]);
        if (p->n_missing)
            prediction_release(p);
        else
            d->n_truths++;
    }
}

// ---- bench, without timing anything -----------------------------------------------------------

// What was timed once has all samples that the full cache has, so that nothing comes back as noisy.
static const struct options bench_options = {
    .only_missing = true, .older_s = INFINITY, .budget_s = INFINITY, .shard = {1, 1}};

static void subject_init(struct subject *d, const struct suite *s, const struct cache_place *place)
{
    struct cache_place empty = {
        .machine = place->machine, .environment = place->environment, .probe = place->probe};
    struct agenda a;
    double *footprints = xcalloc((size_t)s->n_models + 1, sizeof *footprints);
    *d = (struct subject){.place = place};
    timings_load(&d->timings, s, place);
    find_truths(d);
    d->scope = (struct scope){.suite = s,
                              .options = &bench_options,
                              .demands = demands_of_suite(s, d->timings.far, footprints),
                              .footprints = footprints,
                              .shard = xcalloc((size_t)s->n_bricks + 1, sizeof(int))};
    d->points = xcalloc((size_t)s->n_models + 1, sizeof *d->points);
    for (int i = 0; i < s->n_models; i++)
        d->points[i] = footprint_point(footprints[i], d->timings.far);
    agenda_make(&a, &d->scope, &empty, 0);
    for (int i = 0; i < a.n_tasks; i++)
        d->cost_s += a.tasks[i].cost_s;
    agenda_release(&a);
}

static void subject_release(struct subject *d)
{
    for (int i = 0; i < d->n_truths; i++)
        prediction_release(&d->truths[i]);
    free(d->truths);
    demands_free((struct demand *)d->scope.demands, d->scope.suite->n_bricks);
    free((void *)d->scope.footprints);
    free((void *)d->scope.shard);
    free(d->points);
    timings_release(&d->timings);
}

static bool is_timed(const struct demand *d, double footprint)
{
    return demand_find(d, footprint) != NONE || (footprint == 0 && d->n);
}

// Copies the record with the series of what is timed by now; the samples stay the full record's.
static void keep(const struct progress *g, const struct record *full, const struct demand *timed)
{
    struct error err = {0};
    struct record part = *full;
    part.n_series = 0;
    part.series = xcalloc((size_t)full->n_series + 1, sizeof *part.series);
    for (int i = 0; i < full->n_series; i++)
        if (is_timed(timed, full->series[i].footprint))
            part.series[part.n_series++] = full->series[i];
    if (part.n_series && cache_put(&g->place, &part, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    free(part.series);
}

// The first n tasks, as far as the budget reaches.
static void time_tasks(struct progress *g, const struct subject *d, const struct task *tasks, int n,
                       double budget_s)
{
    for (int i = 0; i < n && g->now_s < budget_s; i++) {
        int brick = tasks[i].brick;
        demand_add(&g->timed[brick], tasks[i].footprint, 1);
        g->n_timed++;
        g->now_s += tasks[i].cost_s;
        for (int run = 0; run < d->timings.n_records[brick]; run++)
            keep(g, &d->timings.records[brick][run], &g->timed[brick]);
    }
}

// Returns false if there is nothing left to do.
static bool time_batch(struct progress *g, const struct subject *d, struct pace *pace)
{
    const struct suite *s = d->scope.suite;
    struct agenda a;
    double expected_s, start_s = g->now_s;
    agenda_make(&a, &d->scope, &g->place, 0);
    int n = tasks_batch(a.tasks, a.n_tasks, s, &d->place->probe, pace_limit_s(pace, g->now_s),
                        &expected_s);
    n = tasks_add_companions(a.tasks, n, a.n_tasks, s, d->points);
    time_tasks(g, d, a.tasks, n, pace->budget_s);
    pace_note(pace, expected_s, g->now_s - start_s);
    agenda_release(&a);
    return n > 0;
}

static void bench(struct progress *g, const struct subject *d, double part, const char *cache)
{
    struct error err = {0};
    struct pace pace;
    *g =
        (struct progress){.timed = xcalloc((size_t)d->scope.suite->n_bricks + 1, sizeof *g->timed)};
    if (cache_open(&g->place, cache, &d->place->machine, &d->place->environment, &err) ||
        cache_put_probe(&g->place, &d->place->probe, 0, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    g->place.probe = d->place->probe;
    pace_init(&pace, part * d->cost_s, 0);
    while (!pace_is_over(&pace, g->now_s) && time_batch(g, d, &pace))
        ;
}

static void progress_release(struct progress *g, int n_bricks)
{
    demands_free(g->timed, n_bricks);
    cache_close(&g->place);
}

// ---- predictions from that --------------------------------------------------------------------

struct score {
    int n, n_missing, n_in_range;
    double sum, worst; // of |error|
    double estimated;  // share of the time
};

static void judge(struct score *score, const struct timings *t, const struct prediction *truth)
{
    struct prediction p;
    predict_model(&p, t, truth->model);
    if (p.n_missing) {
        score->n_missing++;
    } else {
        double error = fabs(p.time_ns / truth->time_ns - 1);
        score->n++;
        score->sum += error;
        score->worst = fmax(score->worst, error);
        score->n_in_range += truth->time_ns >= p.low_ns && truth->time_ns <= p.high_ns;
        score->estimated += p.estimated_ns / p.time_ns;
    }
    prediction_release(&p);
}

static void print_score(const struct score *s, int n_timed)
{
    if (s->n)
        printf(" %d: %.1f (%.0f), %d/%d, %.0f%s |", n_timed, 100 * s->sum / s->n, 100 * s->worst,
               s->n_in_range, s->n, 100 * s->estimated / s->n, s->n_missing ? " *" : "");
    else
        printf(" %d: - |", n_timed);
}

static void print_name(const struct cache_place *place)
{
    const struct environment *e = &place->environment;
    printf("| %s %s, %s threads ", place->machine.label, e->value[ENV_isa], e->value[ENV_threads]);
}

static struct score score_of(const struct subject *d, const struct progress *g, int n_sources,
                             const struct cache_place *sources)
{
    struct score score = {0};
    struct timings t;
    timings_load(&t, d->scope.suite, &g->place);
    struct estimator *e = estimator_new(&t, &g->place, n_sources, sources);
    t.estimator = e;
    for (int k = 0; k < d->n_truths; k++)
        judge(&score, &t, &d->truths[k]);
    estimator_free(e);
    timings_release(&t);
    return score;
}

static void print_row(const struct subject *d, const struct progress *progress, int n_sources,
                      const struct cache_place *sources)
{
    print_name(d->place);
    if (n_sources == 1)
        print_name(sources);
    else
        printf("| %s ", n_sources ? "all others" : "none");
    printf("| %d |", d->n_truths);
    for (int i = 0; i < N_PARTS; i++) {
        struct score score = score_of(d, &progress[i], n_sources, sources);
        print_score(&score, progress[i].n_timed);
    }
    printf("\n");
    fflush(stdout);
}

static void print_place(const struct suite *s, int number, int n, const struct cache_place *places,
                        const char *work)
{
    struct subject d;
    struct progress progress[N_PARTS];
    subject_init(&d, s, &places[number]);
    for (int i = 0; i < N_PARTS; i++) {
        char cache[4096];
        snprintf(cache, sizeof cache, "%s/%d-%d", work, number, i);
        bench(&progress[i], &d, parts[i], cache);
    }
    print_row(&d, progress, 0, NULL);
    for (int i = 0; i < n; i++)
        if (i != number)
            print_row(&d, progress, 1, &places[i]);
    print_row(&d, progress, n, places);
    for (int i = 0; i < N_PARTS; i++)
        progress_release(&progress[i], s->n_bricks);
    subject_release(&d);
}

int main(int argc, char **argv)
{
    struct suite s;
    struct error err = {0};
    int n, damaged;
    if (argc != 4 || suite_load(&s, argv[1], &err)) {
        fprintf(stderr, "%s\n", argc != 4 ? "usage: learning_curve SUITE CACHE WORK" : err.text);
        return 2;
    }
    struct cache_place *places = cache_places(argv[2], &n, &damaged);
    printf("| place | learns from | models |");
    for (int i = 0; i < N_PARTS; i++)
        printf(" %g %% |", 100 * parts[i]);
    printf("\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
    for (int i = 0; i < n; i++)
        print_place(&s, i, n, places, argv[3]);
    cache_places_free(places, n);
    suite_release(&s);
    return 0;
}
