#include "cli/chains.h"

#include <stdlib.h>

#include "base/memory.h"

static const int *candidates_of(const struct model *m, const int *target_of)
{
    int *candidate = xcalloc((size_t)m->n_instances + 1, sizeof *candidate);
    for (int i = 0; i < m->n_instances; i++)
        candidate[i] = target_of[m->instances[i].brick];
    return candidate;
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

static bool is_isolated(const struct model *m)
{
    for (int i = 0; i < m->n_instances; i++)
        for (int k = 0; k < m->instances[i].n_inputs; k++)
            if (m->instances[i].inputs[k].instance != NONE)
                return false;
    return true;
}

void chains_add(struct chains *c, const struct suite *s, const struct model *m, double footprint,
                double bytes, const int *target_of)
{
    const struct graph *graph = suite_model_graph(s, m);
    grow(&c->chain, &c->capacity, c->n + 1, sizeof *c->chain);
    c->chain[c->n++] = (struct chain){
        .footprint = footprint,
        .bytes = bytes,
        .n = m->n_instances,
        .candidate = candidates_of(m, target_of),
        .first_node = first_nodes(m),
        .graph = graph,
        .plan = plan_of(graph),
        .isolated = is_isolated(m),
    };
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
