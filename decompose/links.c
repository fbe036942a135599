#include "decompose/links.h"

#include <stdlib.h>

#include "bricks/step.h"

static void add(struct node_list *list, int node)
{
    grow(&list->nodes, &list->capacity, list->n + 1, sizeof *list->nodes);
    list->nodes[list->n++] = node;
}

static void add_sources(struct links *links, const struct graph *g, int i)
{
    const struct node *n = &g->nodes[i];
    for (int k = 0; k < n->n_src; k++) {
        int v = n->src[k];
        int producer = v == NONE ? NONE : g->values[graph_storage(g, v)].producer;
        if (producer == NONE)
            continue;
        add(&links->before[i], producer);
        add(&links->after[producer], i);
    }
}

// What is replaced is always the result of a step: inputs belong to the caller.
static void add_waits(struct links *links, const struct graph *g, int i)
{
    int taken = step_taken_source(&g->nodes[i]);
    int producer = taken == NONE ? NONE : g->values[graph_storage(g, taken)].producer;
    for (int k = 0; producer != NONE && k < links->after[producer].n; k++) {
        int user = links->after[producer].nodes[k];
        if (user == i || !step_uses(g, &g->nodes[user], graph_storage(g, taken)))
            continue;
        add(&links->waits[i], user);
        add(&links->frees[user], i);
    }
}

void links_init(struct links *links, const struct graph *g)
{
    size_t n = (size_t)g->n_nodes;
    *links = (struct links){
        .n_nodes = g->n_nodes,
        .before = xcalloc(n, sizeof *links->before),
        .after = xcalloc(n, sizeof *links->after),
        .waits = xcalloc(n, sizeof *links->waits),
        .frees = xcalloc(n, sizeof *links->frees),
    };
    for (int i = 0; i < g->n_nodes; i++)
        add_sources(links, g, i);
    for (int i = 0; i < g->n_nodes; i++)
        add_waits(links, g, i);
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
    release(links->frees, links->n_nodes);
    *links = (struct links){0};
}
