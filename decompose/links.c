#include "decompose/links.h"

#include <stdlib.h>

#include "bricks/step.h"

static void add(struct node_list *list, int node)
{
    grow(&list->nodes, &list->capacity, list->n + 1, sizeof *list->nodes);
    list->nodes[list->n++] = node;
}

static void add_waits(struct links *links, const struct graph *g, int i)
{
    int taken = step_taken_source(&g->nodes[i]);
    if (taken == NONE)
        return;
    for (int j = 0; j < g->n_nodes; j++)
        if (j != i && step_uses(g, &g->nodes[j], graph_storage(g, taken)))
            add(&links->waits[i], j);
}

void links_init(struct links *links, const struct graph *g)
{
    size_t n = (size_t)g->n_nodes;
    *links = (struct links){
        .n_nodes = g->n_nodes,
        .before = xcalloc(n, sizeof *links->before),
        .after = xcalloc(n, sizeof *links->after),
        .waits = xcalloc(n, sizeof *links->waits),
    };
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *node = &g->nodes[i];
        for (int k = 0; k < node->n_src; k++) {
            int v = node->src[k];
            int producer = v == NONE ? NONE : g->values[graph_storage(g, v)].producer;
            if (producer == NONE)
                continue;
            add(&links->before[i], producer);
            add(&links->after[producer], i);
        }
        add_waits(links, g, i);
    }
}

static void release(struct node_list *lists, int n)
{
    for (int i = 0; i < n; i++)
        free(lists[i].nodes);
    free(lists);
}

void links_release(struct links *links)
{
    release(links->before, links->n_nodes);
    release(links->after, links->n_nodes);
    release(links->waits, links->n_nodes);
    *links = (struct links){0};
}
