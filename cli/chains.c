#include "cli/chains.h"

#include <stdlib.h>

#include "base/memory.h"

static int *candidates_of(const struct model *m, const int *target_of)
{
    int *candidate = xcalloc((size_t)m->n_instances + 1, sizeof *candidate);
    for (int i = 0; i < m->n_instances; i++)
        candidate[i] = target_of[m->instances[i].brick];
    return candidate;
}

static int *first_nodes(const struct model *m)
{
    int *first = xcalloc((size_t)m->n_instances + 1, sizeof *first);
    for (int i = 0; i < m->n_instances; i++)
        first[i + 1] = first[i] + m->instances[i].n_steps;
    return first;
}

static struct plan *plan_of(const struct graph *g)
{
    struct plan *plan = xcalloc(1, sizeof *plan);
    plan_init(plan, g);
    return plan;
}

static struct chain_parts make_parts(const struct suite *s, const struct model *m,
                                     const int *target_of)
{
    struct graph *graph = suite_model_graph(s, m);
    return (struct chain_parts){
        .candidate = candidates_of(m, target_of),
        .first_node = first_nodes(m),
        .graph = graph,
        .plan = plan_of(graph),
    };
}

struct chain *chains_add(struct chains *c, const struct suite *s, const struct model *m,
                         double footprint, double bytes, const int *target_of)
{
    grow(&c->chain, &c->capacity, c->n + 1, sizeof *c->chain);
    grow(&c->parts, &c->parts_capacity, c->n + 1, sizeof *c->parts);
    struct chain_parts parts = make_parts(s, m, target_of);
    c->parts[c->n] = parts;
    c->chain[c->n] = (struct chain){
        .footprint = footprint,
        .bytes = bytes,
        .n = m->n_instances,
        .candidate = parts.candidate,
        .first_node = parts.first_node,
        .graph = parts.graph,
        .plan = parts.plan,
    };
    return &c->chain[c->n++];
}

static void parts_release(struct chain_parts *p)
{
    plan_release(p->plan);
    graph_release(p->graph);
    free(p->plan);
    free(p->graph);
    free(p->first_node);
    free(p->candidate);
}

void chains_release(struct chains *c)
{
    for (int i = 0; i < c->n; i++)
        parts_release(&c->parts[i]);
    free(c->chain);
    free(c->parts);
    *c = (struct chains){0};
}
