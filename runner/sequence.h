// Chooses the bricks of a surrogate model: fragments of a model in random order, until all that are
// wanted are taken (of a short model: all that there are) or they touch as many bytes as the model
// does. Inside a fragment a brick follows what it follows in the model. What stands first in a
// fragment only leads in, unless it takes long: its sources and the place of its result are not as
// its predecessors leave them, and its time is not kept.
#ifndef RUNNER_SEQUENCE_H
#define RUNNER_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bricks/plan.h"

enum {
    MAX_POSITIONS = 512,
    LEAD = 3, // bricks that run before the first wanted one at most; constant of the timing policy
};

// Of a model whose run takes no longer, all bricks stand in every sequence as far as its bytes
// allow; constant of the timing policy.
extern const double whole_ns;

// A model: its bricks in order of execution.
struct chain {
    double footprint; // the point of the grid at which its bricks are timed
    double bytes;     // that a run touches, at most the farthest point
    double rest_ns;   // that a run spends in what is no candidate, roughly
    bool forgets;     // so large that a run finds in no cache what the one before has left
    bool whole;       // all bricks are added, wanted or not: whole_ns
    int n;
    const int *candidate;  // by number, NONE for what cannot run or is not needed
    const int *first_node; // of each, in the graph
    const struct graph *graph;
    const struct plan *plan;
    bool isolated; // none of its bricks reads what another one has written
};

// What the choice depends on, per brick.
struct candidate {
    size_t weight_bytes;
    double expected_ns; // of one run, roughly
    bool wanted;        // still to be timed at this footprint
};

// Somewhere in a model.
struct spot {
    const struct chain *chain;
    int at;
};

struct sequence {
    int n;
    struct spot spot[MAX_POSITIONS];
    bool starts[MAX_POSITIONS], leads[MAX_POSITIONS]; // a fragment; those that are not timed
    size_t weight_bytes;                              // sum over positions
};

// The candidate that stands there, or NONE.
int candidate_at(struct spot p);

// xorshift64*, seeded, so that a run can be repeated; the state must not be 0.
int random_below(uint64_t *state, int n);
void shuffle(int *x, int n, uint64_t *state);

// Begins with a fragment in which `seed` is timed: it occurs in a chain of this footprint. Clears
// `wanted` of those that will be timed.
void sequence_compose(struct sequence *q, double footprint, int seed, struct candidate *candidates,
                      int n_chains, const struct chain *chains, uint64_t *random);

#endif
