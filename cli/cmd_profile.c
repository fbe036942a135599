// dlbricks profile: runs one whole model; its latency, memory and the time of each step.
#include <stdlib.h>
#include <string.h>

#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/profile.h"
#include "cli/session.h"

enum { N_VISITS = 4, MOST_STEP_RUNS = 50 };
static const double visit_s = 0.25, step_runs_s = 0.3;

const struct brick *profile_brick(const struct profile *p, int i)
{
    const struct instance *instance = p->suite.models[0].instances;
    for (; i >= instance->n_steps; instance++)
        i -= instance->n_steps;
    return p->suite.bricks[instance->brick];
}

void profile_layers(const struct profile *p, int i, struct str *out)
{
    const struct node *n = &p->graph->nodes[i];
    for (int k = 0; k < n->n_layers; k++)
        str_addf(out, k ? "+%s" : "%s", n->layers[k]);
}

static int compile(struct profile *p, struct error *err)
{
    double start_s = session_now_s();
    p->before = system_resident("");
    p->kernels = kernel_set_new(&p->engine);
    p->graph = suite_model_graph(&p->suite, &p->suite.models[0]);
    int status = loaded_graph_init(&p->loaded, &p->engine, p->kernels, p->graph, err);
    p->compile_s = session_now_s() - start_s;
    return status;
}

static void run(struct profile *p)
{
    for (int i = 0; i < N_VISITS; i++)
        visit_model(&p->loaded, &clock_monotonic, visit_s, &p->visits);
    p->after = system_resident("");
    p->advised = system_advised("");
    visit_steps(&p->loaded, &clock_monotonic, step_runs_s, MOST_STEP_RUNS, &p->steps);
}

static int profile(struct profile *p, struct error *err)
{
    const struct options *o = p->o;
    if (session_open(&p->engine, o, err) || compile(p, err))
        return -1;
    run(p);
    if (session_open_place(&p->place, &p->engine, o, err)) // last: probes touch memory of their own
        return -1;
    profile_print(p);
    return o->trace ? profile_trace(p, o->trace, err) : 0;
}

static void close_profile(struct profile *p)
{
    step_times_release(&p->steps);
    visits_release(&p->visits);
    loaded_graph_release(&p->loaded);
    if (p->graph)
        graph_release(p->graph);
    free(p->graph);
    if (p->kernels)
        kernel_set_free(p->kernels);
    cache_close(&p->place);
    engine_release(&p->engine);
    suite_release(&p->suite);
}

int cmd_profile(const struct options *o)
{
    struct options bound;
    struct profile p = {.o = &bound};
    struct error err = {0};
    double start_s = session_now_s();
    int status = batch_load(o, &bound, &p.suite);
    p.read_s = session_now_s() - start_s;
    if (p.suite.n_models > 1)
        fail(&err, "profile takes one model, and '%s' holds %d", o->args[0], p.suite.n_models);
    if (p.suite.n_models == 1)
        profile(&p, &err);
    if (err.text[0])
        status = report(&err);
    close_profile(&p);
    free(bound.dims);
    return status;
}
