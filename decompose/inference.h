// The walk of shape inference over the nodes of a graph, and what takes part in it.
#ifndef DECOMPOSE_INFERENCE_H
#define DECOMPOSE_INFERENCE_H

#include "decompose/passes.h"

struct inference {
    struct graph *g;
    int capacity;
    bool *dead;     // per node: folded or expanded
    size_t budget;  // bytes that may still be folded
    int n_expanded; // values that came out of bodies
    struct error *err;
};

// Infers the nodes from number `first` to the last, in their order. They may give new nodes, which
// are inferred as they come.
int infer_nodes(struct inference *w, int first);

// Puts the nodes of a body in the place of node i, an If or a Loop, and infers them. What decides
// it must be constant: `why` says so if it is not.
int expand_control(struct inference *w, int i, struct error *why);

#endif
