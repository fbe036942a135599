// Language models multiply with the table in which they have looked up their words. Exporters write
// a Transpose between, which becomes a weight of its own when constants are folded.
#include <stdlib.h>

#include "base/memory.h"
#include "bricks/packing.h"
#include "decompose/decompose.h"

static bool *mark_read(const struct graph *g)
{
    bool *read = xcalloc((size_t)g->n_values, sizeof *read);
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++)
            if (g->nodes[i].src[k] != NONE)
                read[graph_storage(g, g->nodes[i].src[k])] = true;
    return read;
}

// Whether it is a product that would read the table as it lies.
static bool is_worth_it(const struct graph *g, const struct node *n, int table)
{
    struct attr turned = {.key = ATTR_transB, .u.i = 1};
    const struct node product = {
        .op = n->op,
        .n_src = 2,
        .src = (int[]){n->src[0], table},
        .n_attrs = 1,
        .attrs = &turned,
    };
    return !node_int(n, ATTR_transA, 0) && !node_int(n, ATTR_transB, 0) &&
           step_multiplies_table(g, &product);
}

void tie_weights(struct graph *g)
{
    bool *read = mark_read(g);
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];
        bool has_two = n->n_src > 1 && n->src[1] != NONE;
        int table = has_two ? g->values[n->src[1]].turned_from : NONE;
        if (table == NONE || !read[table] || !is_worth_it(g, n, table))
            continue;
        if (n->op == OP_MatMul)
            n->op = OP_FusedMatMul;
        node_set_int(g, n, ATTR_transB, 1);
        n->src[1] = table;
    }
    free(read);
}
