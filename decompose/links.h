// Who runs before whom in a graph of steps, as lists of nodes.
#ifndef DECOMPOSE_LINKS_H
#define DECOMPOSE_LINKS_H

#include "bricks/graph.h"

struct node_list {
    int n, capacity;
    int *nodes;
};

struct links {
    int n_nodes;
    struct node_list *before; // per node: those whose results it uses
    struct node_list *after;  // per node: those that use its results
    struct node_list *waits;  // per node: those that must have read what its result replaces
    struct node_list *frees;  // per node: those that wait for it
};

// g must be indexed. A node that uses a result twice is listed twice in all lists.
void links_init(struct links *links, const struct graph *g);
void links_release(struct links *links);

#endif
