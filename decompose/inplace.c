// Which steps write over a source: unary steps, and those that accumulate what they add. A
// source may be overwritten by the last step that needs its bytes, under whatever view; never
// one that belongs to the caller.
#include <stdlib.h>

#include "bricks/op.h"
#include "bricks/step.h"
#include "decompose/passes.h"

// Per value that is no view: the last node that reads its bytes, NONE if none does, n_nodes if it
// is a model output.
static int *find_last_uses(const struct graph *g)
{
    int *last = xmalloc((size_t)g->n_values * sizeof *last);
    for (int v = 0; v < g->n_values; v++)
        last[v] = NONE;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++)
            if (g->nodes[i].src[k] != NONE)
                last[graph_storage(g, g->nodes[i].src[k])] = i;
    for (int k = 0; k < g->n_outputs; k++)
        last[graph_storage(g, g->outputs[k])] = g->n_nodes;
    return last;
}

// Whether the result of node i may take the place of its source k.
static bool can_overwrite(const struct graph *g, const int *last, int i, int k)
{
    const struct node *n = &g->nodes[i];
    int v = graph_storage(g, n->src[k]);
    if (g->values[v].kind != VALUE_node || last[v] != i || last[n->dst[0]] == g->n_nodes ||
        tensor_bytes(&g->values[v].t) != tensor_bytes(&g->values[n->dst[0]].t) ||
        !tensor_same_places(&g->values[n->src[k]].t, &g->values[n->dst[0]].t))
        return false;
    for (int other = 0; other < n->n_src; other++)
        if (other != k && n->src[other] != NONE && graph_storage(g, n->src[other]) == v)
            return false;
    return true;
}

void mark_inplace(struct graph *g)
{
    int *last = find_last_uses(g);
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];
        bool unary = op_is_elementwise(n->op) && step_own_sources(n) == 1;
        n->inplace = unary && can_overwrite(g, last, i, 0);
        bool taken = n->inplace;
        for (int p = 0; p < n->n_posts && !taken; p++)
            if (n->posts[p].op == OP_Add && n->posts[p].src != NONE)
                taken = n->posts[p].accumulate = can_overwrite(g, last, i, n->posts[p].src);
    }
    free(last);
}
