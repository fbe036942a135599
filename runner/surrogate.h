// A surrogate model: a sequence of compiled bricks, bound to memory as a model of that footprint
// would be. Weights are distinct per position, from a ring that holds two of the largest sequence.
// Activations rotate through three slots: a position reads what the one before it wrote, its second
// operand is what was written a few positions before, its result goes to the third slot.
#ifndef RUNNER_SURROGATE_H
#define RUNNER_SURROGATE_H

#include <stdbool.h>

#include "bricks/plan.h"
#include "runner/clock.h"
#include "runner/program.h"

// One weight of a brick in its kernel's packed form.
struct piece_weight {
    int value;     // of the brick's graph
    int node, src; // who reads it
    size_t bytes;
};

// A brick made ready to be placed anywhere.
struct piece {
    const struct graph *graph;
    struct plan plan;
    int n_weights;
    struct piece_weight *weights;
    size_t weight_bytes; // packed, aligned
    size_t src_bytes;    // of input 0; 0 if it has none
    size_t other_bytes;  // of the further inputs together
    size_t dst_bytes;    // of output 0
    char implementation[256];
};

int piece_init(struct piece *p, struct kernel_set *kernels, const struct graph *brick,
               struct error *err);
void piece_release(struct piece *p);

// Memory for surrogates, made once and used by one after the other.
struct workspace {
    char *ring, *slots;
    size_t ring_bytes, ring_at, slot_bytes;
    uint64_t seed;
};

enum { N_SLOTS = 3 };

// Room for weights of ring_bytes and for the largest activations of the pieces.
int workspace_init(struct workspace *w, size_t ring_bytes, size_t slot_bytes, struct error *err);
void workspace_release(struct workspace *w);
// Bytes of a slot in which any of the pieces may leave its result and any other may read its
// source from where that result begins.
size_t pieces_slot_bytes(int n, const struct piece *const *pieces);

// What the team writes before a position runs, outside the clock.
struct rewrite {
    void *p;
    size_t bytes;
};

struct position {
    int first_step, end_step; // of the program
    struct rewrite src, other;
};

struct surrogate {
    struct program program;
    int n;
    struct position *positions;
};

// Binds the pieces in the given order and fills their weights with random data.
int surrogate_init(struct surrogate *s, const struct engine *engine, struct kernel_set *kernels,
                   struct workspace *w, int n, const struct piece *const *pieces,
                   struct error *err);
void surrogate_release(struct surrogate *s);

// Runs once from front to end; time_ns[i] receives the time of position i.
void surrogate_pass(const struct surrogate *s, const struct clock *clock, double *time_ns);

// The same position again and again on the same memory, as micro-benchmarks do: n times, after
// n_warm runs that are not timed.
void surrogate_hot(const struct surrogate *s, const struct clock *clock, int n_warm, int n,
                   double *time_ns);

#endif
