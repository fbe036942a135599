#include "cli/chains.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bricks/footprint.h"

// NULL if none of the model's bricks is a target.
static int *candidates_of(const struct model *m, const int *target_of)
{
    int *candidate = xcalloc((size_t)m->n_instances + 1, sizeof *candidate);
    bool any = false;
    for (int i = 0; i < m->n_instances; i++) {
        candidate[i] = target_of[m->instances[i].brick];
        any = any || candidate[i] != NONE;
    }
    if (any)
        return candidate;
    free(candidate);
    return NULL;
}

static const int *first_nodes(const struct model *m)
{
    int *first = xcalloc((size_t)m->n_instances + 1, sizeof *first);
    for (int i = 0; i < m->n_instances; i++)
        first[i + 1] = first[i] + m->instances[i].n_steps;
    return first;
}

static const struct plan *plan_of(const struct graph *g)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan_init(plan, g);
    return plan;
}

void chains_init(struct chains *c, const struct suite *s, const double *footprint, double far,
                 const int *target_of)
{
    *c = (struct chains){.chain = xcalloc((size_t)s->n_models + 1, sizeof *c->chain)};
    for (int i = 0; i < s->n_models; i++) {
        const struct model *m = &s->models[i];
        int *candidate = candidates_of(m, target_of);
        if (!candidate)
            continue;
        const struct graph *graph = suite_model_graph(s, m);
        c->chain[c->n++] = (struct chain){
            .footprint = footprint_point(footprint[i], far),
            .bytes = fmin(footprint[i], far),
            .n = m->n_instances,
            .candidate = candidate,
            .first_node = first_nodes(m),
            .graph = graph,
            .plan = plan_of(graph),
        };
    }
}

static void chain_release(struct chain *c)
{
    plan_release((struct plan *)c->plan);
    graph_release((struct graph *)c->graph);
    free((void *)c->plan);
    free((void *)c->graph);
    free((void *)c->first_node);
    free((void *)c->candidate);
}

void chains_release(struct chains *c)
{
    for (int i = 0; i < c->n; i++)
        chain_release(&c->chain[i]);
    free(c->chain);
    *c = (struct chains){0};
}
