// Chooses the bricks of a surrogate model: a random sequence of a given footprint in which each
// brick's source is about as large as what was written before it, and all are of like size.
#ifndef RUNNER_SEQUENCE_H
#define RUNNER_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_POSITIONS = 160 };

// What the choice depends on, per brick.
struct candidate {
    size_t src_bytes, dst_bytes, weight_bytes;
    bool wanted; // still to be timed at this footprint
};

struct sequence {
    double footprint; // not to be exceeded, but by the seed alone
    int n;
    int candidate[MAX_POSITIONS];
    size_t weight_bytes, arena_bytes; // sum over positions; largest of any position
};

// xorshift64*, seeded, so that a run can be repeated; the state must not be 0.
int random_below(uint64_t *state, int n);

// Begins with candidate `seed`, then adds the best fitting of some random candidates until none of
// them fits into the footprint. Clears `wanted` of those it takes.
void sequence_compose(struct sequence *q, double footprint, int seed, int n,
                      struct candidate *candidates, uint64_t *random);

#endif
