// A surrogate model: fragments of models, bound to memory as there. Weights are distinct per
// position, from a ring that holds two of the largest sequence; tables in which a position looks up
// few rows lie upon each other, but no two in the same place. Activations lie where the model's
// own plan has them, in one arena for all; what a fragment reads and has not written is written by
// the team before it begins.
#ifndef RUNNER_SURROGATE_H
#define RUNNER_SURROGATE_H

#include <stdbool.h>

#include "runner/clock.h"
#include "runner/program.h"
#include "runner/sequence.h"

// One weight of a brick in its kernel's packed form.
struct piece_weight {
    int value;     // of the brick's graph
    int node, src; // who reads it
    size_t bytes;
    double read_bytes;           // that one run reads
    const struct kernel *packer; // fills it from a plain weight; NULL: any contents will do
    bool moved;                  // steps take its elements as indices after others have moved them
};

// A brick made ready to be placed anywhere.
struct piece {
    const struct graph *graph;
    struct kernel_set *kernels; // that run it; borrowed
    int n_weights;
    struct piece_weight *weights;
    size_t weight_bytes;       // packed, aligned; without tables
    size_t row_bytes;          // that one run reads of tables, aligned
    size_t table_bytes;        // of the largest
    char implementation[1024]; // as a record has it
};

int piece_init(struct piece *p, struct kernel_set *kernels, const struct graph *brick,
               struct error *err);
void piece_release(struct piece *p);

// Memory for surrogates, made once and used by one after the other.
struct workspace {
    char *ring, *arena, *tables;
    size_t ring_bytes, ring_at, arena_bytes, table_bytes;
    uint64_t seed;
};

// Room for weights of ring_bytes, for the largest arena of the chains and for the largest table.
int workspace_init(struct workspace *w, size_t ring_bytes, size_t arena_bytes, size_t table_bytes,
                   struct error *err);
void workspace_release(struct workspace *w);

// What stands at a position: brick `at` of a model, compiled.
struct placement {
    const struct chain *chain;
    int at;
    const struct piece *piece;
    bool starts; // a fragment
    bool slow;   // its first run takes as long as any other, as far as that matters
};

// What the team writes, or only reads, outside the clock.
struct rewrite {
    void *p;
    size_t bytes;
    uint32_t flip; // bits that each word changes
};

struct position {
    int first_step, end_step; // of the program
    int first_rewrite, end_rewrite;
    bool slow;
};

struct surrogate {
    struct program program;
    int n;
    struct position *positions;
    int n_rewrites, rewrites_capacity;
    struct rewrite *rewrites;
    struct rewrite rest; // read before each pass: what the positions lack of the footprint
};

// Binds the placements, all of one model, in the given order and fills their weights with random
// data. Each pass touches so many bytes in all.
int surrogate_init(struct surrogate *s, const struct engine *engine, struct workspace *w, int n,
                   const struct placement *placements, double bytes, struct error *err);
void surrogate_release(struct surrogate *s);

// Runs once from front to end; time_ns[i] receives the time of position i.
void surrogate_pass(const struct surrogate *s, const struct clock *clock, double *time_ns);

// The same without the slow ones, untimed.
void surrogate_warm(const struct surrogate *s);

// Time of the first position alone. Again and again on the same memory, this is what
// micro-benchmarks do.
double surrogate_hot(const struct surrogate *s, const struct clock *clock);

#endif
