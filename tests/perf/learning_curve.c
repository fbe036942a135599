// How good predictions are after a part of the bench time, computed from a cache that holds all:
// records are left out, what they would have told is estimated, and the predictions are compared
// with those from all records. Nothing is measured. Part of tests/perf/learning_curve.sh.
// usage: learning_curve SUITE CACHE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/cost.h"
#include "predict/estimate.h"
#include "predict/kind.h"

static const double parts[] = {0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
enum { N_PARTS = sizeof parts / sizeof *parts };

// A brick with all its footprints: what bench takes as one.
struct task {
    int brick;
    double value, cost_s; // share of the models' latency; of benching it
};

struct place_data {
    const struct cache_place *place;
    struct timings timings;
    int n_truths;
    struct prediction *truths; // models whose bricks are all known, by all records
    int n_tasks;
    struct task *tasks; // in the order in which bench would take them
    double cost_s;      // of all
};

static int by_value(const void *a, const void *b)
{
    const struct task *x = a, *y = b;
    double u = x->value / x->cost_s, v = y->value / y->cost_s;
    return u != v ? (u < v ? 1 : -1) : x->brick - y->brick;
}

static void find_truths(struct place_data *d)
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

static double roofline_ns(const struct place_data *d, int brick)
{
    struct kind k;
    kind_init(&k, d->timings.suite->bricks[brick]);
    double time_ns = kind_roofline_ns(&k, &d->place->probe);
    kind_release(&k);
    return time_ns;
}

// Before anything is timed, shares are those of the roofline.
static void add_values(struct place_data *d, const struct model *m)
{
    double sum_ns = 0;
    for (int i = 0; i < m->n_instances; i++)
        sum_ns += roofline_ns(d, m->instances[i].brick);
    for (int i = 0; i < m->n_instances; i++)
        d->tasks[m->instances[i].brick].value += roofline_ns(d, m->instances[i].brick) / sum_ns;
}

static void find_tasks(struct place_data *d)
{
    const struct suite *s = d->timings.suite;
    struct demand *demands = demands_of_suite(s, d->timings.far, NULL);
    d->tasks = xcalloc((size_t)s->n_bricks + 1, sizeof *d->tasks);
    for (int i = 0; i < s->n_bricks; i++)
        d->tasks[i] = (struct task){.brick = i,
                                    .cost_s = cost_share_s(s->bricks[i], demands[i].n,
                                                           demands[i].footprint, &d->place->probe)};
    for (int i = 0; i < d->n_truths; i++)
        add_values(d, d->truths[i].model);
    qsort(d->tasks, (size_t)s->n_bricks, sizeof *d->tasks, by_value);
    for (; d->n_tasks < s->n_bricks && d->tasks[d->n_tasks].value > 0; d->n_tasks++)
        d->cost_s += d->tasks[d->n_tasks].cost_s;
    demands_free(demands, s->n_bricks);
}

// The timings with the records of the first tasks alone, which stay those of d.
static struct timings after(const struct place_data *d, double part, int *n_timed)
{
    size_t n = (size_t)d->timings.suite->n_bricks;
    struct timings t = {.suite = d->timings.suite,
                        .far = d->timings.far,
                        .n_records = xcalloc(n, sizeof *t.n_records),
                        .records = xcalloc(n, sizeof *t.records),
                        .borrowed = true};
    double spent_s = 0;
    *n_timed = 0;
    for (int i = 0; i < d->n_tasks && spent_s < part * d->cost_s; i++) {
        int brick = d->tasks[i].brick;
        t.n_records[brick] = d->timings.n_records[brick];
        t.records[brick] = d->timings.records[brick];
        spent_s += d->tasks[i].cost_s;
        ++*n_timed;
    }
    timings_survey(&t);
    return t;
}

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

static void print_row(const struct place_data *d, int n_sources, const struct cache_place *sources)
{
    print_name(d->place);
    if (n_sources == 1)
        print_name(sources);
    else
        printf("| %s ", n_sources ? "all others" : "none");
    printf("| %d |", d->n_truths);
    for (int i = 0; i < N_PARTS; i++) {
        int n_timed;
        struct timings t = after(d, parts[i], &n_timed);
        struct estimator *e = estimator_new(&t, d->place, n_sources, sources);
        t.estimator = e;
        struct score score = {0};
        for (int k = 0; k < d->n_truths; k++)
            judge(&score, &t, &d->truths[k]);
        print_score(&score, n_timed);
        estimator_free(e);
        timings_release(&t);
    }
    printf("\n");
    fflush(stdout);
}

static void print_place(const struct suite *s, const struct cache_place *place, int n,
                        const struct cache_place *places)
{
    struct place_data d = {.place = place};
    timings_load(&d.timings, s, place);
    find_truths(&d);
    find_tasks(&d);
    print_row(&d, 0, NULL);
    for (int i = 0; i < n; i++)
        if (&places[i] != place)
            print_row(&d, 1, &places[i]);
    print_row(&d, n, places);
    for (int i = 0; i < d.n_truths; i++)
        prediction_release(&d.truths[i]);
    free(d.truths);
    free(d.tasks);
    timings_release(&d.timings);
}

int main(int argc, char **argv)
{
    struct suite s;
    struct error err = {0};
    int n, damaged;
    if (argc != 3 || suite_load(&s, argv[1], &err)) {
        fprintf(stderr, "%s\n", argc != 3 ? "usage: learning_curve SUITE CACHE" : err.text);
        return 2;
    }
    struct cache_place *places = cache_places(argv[2], &n, &damaged);
    printf("| place | learns from | models |");
    for (int i = 0; i < N_PARTS; i++)
        printf(" %g %% |", 100 * parts[i]);
    printf("\n|---|---|--:|--:|--:|--:|--:|--:|--:|\n");
    for (int i = 0; i < n; i++)
        print_place(&s, &places[i], n, places);
    cache_places_free(places, n);
    suite_release(&s);
    return 0;
}
