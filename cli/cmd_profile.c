// dlbricks profile: runs one whole model; its latency, memory and the time of each step.
#include <stdlib.h>
#include <string.h>

#include "cli/batch.h"
#include "cli/commands.h"
#include "cli/profile.h"
#include "cli/session.h"
#include "cli/wishes.h"

enum { MOST_STEP_RUNS = 50 };
static const double visits_s = 1, step_runs_s = 0.3; // at least

const struct brick *profile_brick(const struct profile *p, int i)
{
    const struct instance *instance = p->suite.models[0].instances;
    for (; i >= instance->n_steps; instance++)
        i -= instance->n_steps;
    return p->suite.bricks[instance->brick];
}

void profile_layers(const struct profile *p, int i, struct str *out)
{
    const struct node *n = &p->subject.graph->nodes[i];
    for (int k = 0; k < n->n_layers; k++)
        str_addf(out, k ? "+%s" : "%s", n->layers[k]);
}

static int compile(struct profile *p, struct error *err)
{
    double start_s = session_now_s();
    p->kernels = wishes_of_cache(&p->engine, &p->suite, p->o);
    p->before = system_resident("");
    int status =
        subject_init(&p->subject, &p->engine, p->kernels, &p->suite, &p->suite.models[0], err);
    p->compile_s = session_now_s() - start_s;
    return status;
}

// Memory is looked at while there is one placement: for a moment a new one stands beside the old.
static void run(struct profile *p)
{
    double start_s = session_now_s();
    subject_visit(&p->subject);
    p->after = system_resident("");
    p->advised = system_advised("");
    while (p->subject.visits.n_visits < ENOUGH_VISITS || session_now_s() < start_s + visits_s) {
        subject_refresh(&p->subject);
        subject_visit(&p->subject);
    }
    visit_steps(&p->subject.loaded, &clock_monotonic, step_runs_s, MOST_STEP_RUNS, &p->steps);
}

static void say_chosen(const struct profile *p)
{
    const struct program *program = &p->subject.loaded.program;
    int n = 0;
    for (int i = 0; i < program->n_steps; i++)
        n += program->steps[i].kernel->chosen;
    if (n)
        note("%d of %d steps run by choice of the bench-cache instead of the rule; --json marks "
             "them",
             n, program->n_steps);
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
    say_chosen(p);
    return o->trace ? profile_trace(p, o->trace, err) : 0;
}

static void close_profile(struct profile *p)
{
    step_times_release(&p->steps);
    subject_release(&p->subject);
    wishes_free(p->kernels);
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
    size_t start_bytes = system_resident("").now;
    int status = batch_load(o, &bound, &p.suite);
    p.read_s = session_now_s() - start_s;
    p.read_bytes = system_resident("").now - start_bytes;
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
