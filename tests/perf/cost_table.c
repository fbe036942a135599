// What measuring models by themselves costs and gives: every model of a suite is loaded and run
// with growing numbers of runs, each estimate compared with a long reference measurement of the
// same model; and the same error of predictions. One line per way:
//   way  runs  seconds  mean |error| %  worst %
// Visits of all models take turns, so that the reference is from the same minutes as what is
// compared with it, and each visit has memory of its own.
// usage: cost_table SUITE THREADS N_VISITS BENCH_SECONDS <predictions
// A prediction is a line "model<TAB>nanoseconds".
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/statistics.h"
#include "bricks/suite.h"
#include "runner/clock.h"
#include "runner/visit.h"

// Numbers of runs behind an estimate, the discarded first one not counted.
static const int n_runs[] = {1, 2, 5, 10, 20, 50, 100};
enum { N_WAYS = sizeof n_runs / sizeof *n_runs, NAME_SIZE = 256 };

static const double visit_s = 0.5; // so long that the largest number of runs is mostly there

struct subject {
    const struct model *model;
    struct graph *graph;
    struct visits visits;
    double prepare_s;    // kernels, weights and memory, the first time
    double reference_ns; // median of all runs
    double predicted_ns; // NAN: not predicted
};

static double now_s(void)
{
    return (double)clock_now(&clock_monotonic) * 1e-9;
}

// ---- measuring -----------------------------------------------------------------------------

// What a user's program would do for this model: a set of kernels of its own.
static int visit(struct subject *s, const struct engine *engine, struct error *err)
{
    struct loaded_graph loaded;
    double start_s = now_s();
    struct kernel_set *kernels = kernel_set_new(engine);
    int status = loaded_graph_init(&loaded, engine, kernels, s->graph, err);
    if (!s->visits.n_visits)
        s->prepare_s = now_s() - start_s;
    if (!status) {
        visit_model(&loaded, &clock_monotonic, visit_s, &s->visits);
        loaded_graph_release(&loaded);
    }
    kernel_set_free(kernels);
    return status;
}

static int measure(struct subject *subjects, int n, int n_visits, const struct engine *engine,
                   struct error *err)
{
    for (int round = 0; round < n_visits; round++)
        for (int i = 0; i < n; i++)
            if (visit(&subjects[i], engine, err))
                return -1;
    for (int i = 0; i < n; i++)
        subjects[i].reference_ns = median(subjects[i].visits.time_ns, subjects[i].visits.n);
    return 0;
}

// ---- the table -----------------------------------------------------------------------------

struct way {
    int n_estimates;
    double sum, worst; // of |error|
    double seconds;    // for all models
};

static void add_error(struct way *w, double estimate_ns, double reference_ns)
{
    double error = fabs(estimate_ns / reference_ns - 1);
    w->n_estimates++;
    w->sum += error;
    w->worst = fmax(w->worst, error);
}

// Each visit gives one estimate, from its first runs; the cost is that of one.
static void add_subject(struct way *w, const struct subject *s, int runs)
{
    for (int i = 0; i < s->visits.n_visits; i++) {
        const struct visit *v = &s->visits.visit[i];
        int n = v->end - v->first < runs ? v->end - v->first : runs;
        add_error(w, median(s->visits.time_ns + v->first, n), s->reference_ns);
    }
    w->seconds += s->prepare_s + (runs + 1) * s->reference_ns * 1e-9;
}

static void print_way(const char *name, const char *runs, const struct way *w)
{
    printf("%-10s %5s %9.2f %15.2f %8.2f\n", name, runs, w->seconds, 100 * w->sum / w->n_estimates,
           100 * w->worst);
}

static struct way way_of_runs(const struct subject *subjects, int n, int runs)
{
    struct way w = {0};
    for (int i = 0; i < n; i++)
        add_subject(&w, &subjects[i], runs);
    return w;
}

static struct way way_of_bricks(const struct subject *subjects, int n, double bench_s)
{
    struct way w = {.seconds = bench_s};
    for (int i = 0; i < n; i++)
        if (!isnan(subjects[i].predicted_ns))
            add_error(&w, subjects[i].predicted_ns, subjects[i].reference_ns);
    return w;
}

// Seconds until the mean |error| is at most that of the predictions; INFINITY if it never is.
static double seconds_to_reach(const struct way *ways, double error)
{
    for (int k = 0; k < N_WAYS; k++)
        if (ways[k].sum / ways[k].n_estimates <= error)
            return ways[k].seconds;
    return INFINITY;
}

static void print_table(const struct subject *subjects, int n, double bench_s)
{
    struct way ways[N_WAYS], bricks = way_of_bricks(subjects, n, bench_s);
    printf("%-10s %5s %9s %15s %8s\n", "way", "runs", "seconds", "mean |error| %", "worst %");
    for (int k = 0; k < N_WAYS; k++) {
        char runs[16];
        ways[k] = way_of_runs(subjects, n, n_runs[k]);
        snprintf(runs, sizeof runs, "%d", n_runs[k]);
        print_way("models", runs, &ways[k]);
    }
    print_way("bricks", "-", &bricks);
    double error = bricks.sum / bricks.n_estimates;
    double seconds = seconds_to_reach(ways, error);
    if (isfinite(seconds))
        printf("models reach the bricks' error after %.2f s: bench took %.2f times as long\n",
               seconds, bench_s / seconds);
    else
        printf("models do not reach the bricks' error with %d runs\n", n_runs[N_WAYS - 1]);
}

// ---- the whole -----------------------------------------------------------------------------

static void read_predictions(struct subject *subjects, int n)
{
    char line[NAME_SIZE + 64];
    while (fgets(line, sizeof line, stdin)) {
        char *tab = strrchr(line, '\t');
        if (!tab)
            continue;
        *tab = '\0';
        for (int i = 0; i < n; i++)
            if (strcmp(subjects[i].model->name, line) == 0)
                subjects[i].predicted_ns = strtod(tab + 1, NULL);
    }
}

static int count_predicted(const struct subject *subjects, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += !isnan(subjects[i].predicted_ns);
    return count;
}

static struct subject *make_subjects(const struct suite *s)
{
    struct subject *subjects = xcalloc((size_t)s->n_models + 1, sizeof *subjects);
    for (int i = 0; i < s->n_models; i++)
        subjects[i] = (struct subject){
            .model = &s->models[i],
            .graph = suite_model_graph(s, &s->models[i]),
            .predicted_ns = NAN,
        };
    return subjects;
}

static void free_subjects(struct subject *subjects, int n)
{
    for (int i = 0; i < n; i++) {
        graph_release(subjects[i].graph);
        free(subjects[i].graph);
        visits_release(&subjects[i].visits);
    }
    free(subjects);
}

static int run(const struct suite *s, int threads, int n_visits, double bench_s, struct error *err)
{
    struct engine engine;
    struct engine_options options = {.threads = threads};
    if (engine_init(&engine, &options, "cost", err))
        return -1;
    struct subject *subjects = make_subjects(s);
    read_predictions(subjects, s->n_models);
    int status = count_predicted(subjects, s->n_models) == s->n_models
                     ? measure(subjects, s->n_models, n_visits, &engine, err)
                     : fail(err, "%d of %d models are predicted",
                            count_predicted(subjects, s->n_models), s->n_models);
    if (!status)
        print_table(subjects, s->n_models, bench_s);
    free_subjects(subjects, s->n_models);
    engine_release(&engine);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct suite s;
    if (argc != 5 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: cost_table SUITE THREADS N_VISITS BENCH_SECONDS <predictions\n");
        return 2;
    }
    if (engine_prepare_process(&(struct engine_options){0}))
        execv("/proc/self/exe", argv);
    suite_init(&s, 1);
    int status = suite_load(&s, argv[1], &err) ||
                 run(&s, atoi(argv[2]), atoi(argv[3]), strtod(argv[4], NULL), &err);
    if (status)
        fprintf(stderr, "cost_table: %s\n", err.text);
    suite_release(&s);
    return status ? 1 : 0;
}
