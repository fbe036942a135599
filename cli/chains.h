// The models of a suite as the sampler wants them: chains of its targets.
#ifndef CLI_CHAINS_H
#define CLI_CHAINS_H

#include "bricks/suite.h"
#include "runner/sequence.h"

// What a chain refers to.
struct chain_parts {
    int *candidate, *first_node;
    struct graph *graph;
    struct plan *plan;
};

struct chains {
    int n, capacity, parts_capacity;
    struct chain *chain;
    struct chain_parts *parts; // of each
};

// Adds a model as it touches `bytes`, at a point of the grid; target_of is by brick, NONE for those
// that are no targets.
struct chain *chains_add(struct chains *c, const struct suite *s, const struct model *m,
                         double footprint, double bytes, const int *target_of);
void chains_release(struct chains *c);

#endif
