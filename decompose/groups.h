// Which steps become one brick: every step of a graph in exactly one group of at most G steps,
// each group connected and convex, the groups in an order in which they can run one after the
// other. Cuts are local: what stands far away in the model does not move them, so that equal
// blocks of different models give equal bricks.
#ifndef DECOMPOSE_GROUPS_H
#define DECOMPOSE_GROUPS_H

#include "bricks/graph.h"

struct groups {
    int n;
    int *start; // group i is nodes[start[i]] to nodes[start[i + 1] - 1]
    int *nodes; // of the graph
};

// g must be sorted and indexed.
void groups_init(struct groups *groups, const struct graph *g, int granularity);
void groups_release(struct groups *groups);

#endif
