// Measures every model of a suite by itself, N_VISITS times for half a second, and adds the visits
// to a file (support/direct_data.h); those that are there already are not repeated. Visits of all
// models take turns, so that slow and fast minutes of the machine are spread over all, and each
// visit has kernels and memory of its own.
// usage: direct SUITE THREADS N_VISITS OUT
#include <errno.h>
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

static int measure(const struct suite *s, const struct engine *engine, int n_visits,
                   const struct direct *known, FILE *out, struct error *err)
{
    for (int round = 0; round < n_visits; round++)
        for (int i = 0; i < s->n_models; i++) {
            const struct model *m = &s->models[i];
            const struct direct_model *there = direct_find(known, m->name);
            if (there && there->n > round)
                continue;
            fprintf(stderr, "direct: visit %d of %d: %s\n", round + 1, n_visits, m->name);
            if (visit(s, m, engine, out, err))
                return -1;
        }
    return 0;
}

static int run(const struct suite *s, int threads, int n_visits, const char *path,
               struct error *err)
{
    struct engine engine;
    struct engine_options options = {.threads = threads};
    struct direct known;
    if (direct_read(&known, path, err) || engine_init(&engine, &options, "direct", err))
        return -1;
    FILE *out = fopen(path, "a");
    if (out) // a line is written whole or not at all
        setvbuf(out, NULL, _IOFBF, 1 << 20);
    int status = out ? measure(s, &engine, n_visits, &known, out, err)
                     : fail(err, "%s: %s", path, strerror(errno));
    if (out && fclose(out) && !status)
        status = fail(err, "%s: %s", path, strerror(errno));
    direct_release(&known);
    engine_release(&engine);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct suite s;
    if (argc != 5 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: direct SUITE THREADS N_VISITS OUT\n");
        return 2;
    }
    if (engine_prepare_process(&(struct engine_options){0}))
        execv("/proc/self/exe", argv);
    suite_init(&s, 1);
    int status =
        suite_load(&s, argv[1], &err) || run(&s, atoi(argv[2]), atoi(argv[3]), argv[4], &err);
    if (status)
        fprintf(stderr, "direct: %s\n", err.text);
    suite_release(&s);
    return status ? 1 : 0;
}
