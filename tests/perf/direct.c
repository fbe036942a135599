// Measures every model of a suite by itself, N_VISITS times for half a second, and adds the visits
// to a file (support/direct_data.h); those that are there already are not repeated. Visits of all
// models take turns, so that slow and fast minutes of the machine are spread over all, and each
// visit has kernels and memory of its own.
// usage: direct SUITE THREADS N_VISITS OUT [SECONDS]
//
// After so many seconds no further visit is begun, and the status is 4 if one is missing.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bricks/suite.h"
#include "runner/clock.h"
#include "runner/visit.h"
#include "tests/perf/support/direct_data.h"

static const double visit_s = 0.5;

static double now_s(void)
{
    return (double)clock_now(&clock_monotonic) * 1e-9;
}

// What a user's program would do for this model: a set of kernels of its own.
static int visit(const struct suite *s, const struct model *m, const struct engine *engine,
                 FILE *out, struct error *err)
{
    struct loaded_graph loaded;
    struct visits visits = {0};
    struct graph *g = suite_model_graph(s, m);
    double start_s = now_s();
    struct kernel_set *kernels = kernel_set_new(engine);
    int status = loaded_graph_init(&loaded, engine, kernels, g, err);
    double prepare_s = now_s() - start_s;
    if (!status) {
        visit_model(&loaded, &clock_monotonic, visit_s, &visits);
        loaded_graph_release(&loaded);
        direct_write_visit(out, m->name,
                           &(struct direct_visit){
                               .prepare_s = prepare_s,
                               .before_ns = visits.visit[0].before.handoff_ns,
                               .after_ns = visits.visit[0].after.handoff_ns,
                               .n = visits.n,
                               .time_ns = visits.time_ns,
                           });
    }
    visits_release(&visits);
    kernel_set_free(kernels);
    graph_release(g);
    free(g);
    if (!status && fflush(out))
        status = fail(err, "cannot write: %s", strerror(errno));
    return status;
}

struct job {
    const struct suite *suite;
    int n_visits;
    double end_s;
    const struct direct *known;
    bool incomplete;
};

static int measure(struct job *j, const struct engine *engine, FILE *out, struct error *err)
{
    const struct suite *s = j->suite;
    for (int round = 0; round < j->n_visits; round++)
        for (int i = 0; i < s->n_models; i++) {
            const struct model *m = &s->models[i];
            const struct direct_model *there = direct_find(j->known, m->name);
            if (there && there->n > round)
                continue;
            j->incomplete = now_s() >= j->end_s;
            if (j->incomplete)
                return 0;
            fprintf(stderr, "direct: visit %d of %d: %s\n", round + 1, j->n_visits, m->name);
            if (visit(s, m, engine, out, err))
                return -1;
        }
    return 0;
}

// Opens the file to add to it, without what a killed run left of a line.
static FILE *open_lines(const char *path)
{
    FILE *f = fopen(path, "a+");
    long whole = 0;
    int c;
    if (!f)
        return NULL;
    setvbuf(f, NULL, _IOFBF, 1 << 20); // a line is written at once
    for (long at = 1; (c = getc(f)) != EOF; at++)
        whole = c == '\n' ? at : whole;
    if (ftruncate(fileno(f), whole)) {
        fclose(f);
        return NULL;
    }
    rewind(f);
    return f;
}

static int run(struct job *j, int threads, const char *path, struct error *err)
{
    struct engine engine = {0};
    struct engine_options options = {.threads = threads};
    struct direct known = {0};
    FILE *out = open_lines(path);
    if (!out)
        return fail(err, "%s: %s", path, strerror(errno));
    int status = direct_read(&known, path, err) || engine_init(&engine, &options, "direct", err);
    j->known = &known;
    if (!status)
        status = measure(j, &engine, out, err);
    if (fclose(out) && !status)
        status = fail(err, "%s: %s", path, strerror(errno));
    direct_release(&known);
    engine_release(&engine);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct suite s;
    if ((argc != 5 && argc != 6) || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: direct SUITE THREADS N_VISITS OUT [SECONDS]\n");
        return 2;
    }
    if (engine_prepare_process(&(struct engine_options){0}))
        execv("/proc/self/exe", argv);
    struct job job = {.suite = &s,
                      .n_visits = atoi(argv[3]),
                      .end_s = argc == 6 ? now_s() + atof(argv[5]) : INFINITY};
    suite_init(&s, 1);
    int status = suite_load(&s, argv[1], &err) || run(&job, atoi(argv[2]), argv[4], &err);
    if (status)
        fprintf(stderr, "direct: %s\n", err.text);
    suite_release(&s);
    if (status)
        return 1;
    return job.incomplete ? 4 : 0;
}
