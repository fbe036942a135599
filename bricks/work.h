// Work of a step or a graph: FLOPs by the operator's definition (a multiply-add is two, posts one
// per element), and bytes of every distinct source and destination once. Of a table in which
// indices look up elements, only those count.
#ifndef BRICKS_WORK_H
#define BRICKS_WORK_H

#include "bricks/graph.h"

struct work {
    double flops;
    double bytes;
};

struct work work_node(const struct graph *g, const struct node *n);
struct work work_graph(const struct graph *g);

// So little that one thread may be done before a team has begun.
bool work_is_tiny(const struct graph *g, const struct node *n);

// Bytes of source k that one run of the step reads.
double work_bytes_read(const struct graph *g, const struct node *n, int k);

// Elements of all weights of the graph, shared ones once.
int64_t work_parameters(const struct graph *g);

#endif
