// Memory plan: where every activation of a graph of steps lies in one arena. By liveness: a place
// is used again as soon as nothing needs what it holds. In place only where the node says so.
// Model inputs and outputs have places that nothing else uses, as they belong to the caller.
// Independent of the CPU, so that predictor and runner agree on a model's footprint.
#ifndef BRICKS_PLAN_H
#define BRICKS_PLAN_H

#include "bricks/graph.h"

enum { PLAN_ALIGN = 64 };
// Bytes up to the next place that is aligned so.
size_t plan_aligned(size_t bytes);

struct plan {
    size_t arena_bytes;  // distinct bytes of all activations, inputs and outputs included
    size_t weight_bytes; // of distinct weights as dense tensors
    size_t copy_bytes;   // of those that one step wants packed and another as they are
    size_t read_bytes;   // that one run reads of them: few of a table in which it looks up
    size_t *offset;      // per value: place in the arena; SIZE_MAX for weights
};

// g must be indexed and its tensors known.
void plan_init(struct plan *plan, const struct graph *g);
void plan_release(struct plan *plan);

// All that the graph keeps in memory, but for what is known of a CPU only: padding of packed
// weights and scratchpads.
size_t plan_memory(const struct plan *plan);

// Bytes that one run touches: what comes between two uses of the same weights in back-to-back
// inference.
size_t plan_footprint(const struct plan *plan);

#endif
