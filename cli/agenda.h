// What there is to bench: what the cache knows of every brick at every footprint that the models
// want, and from that the tasks in the order of their value. Made anew after every batch from what
// the cache then holds, so that going on and beginning again are the same, and so that what others
// write into a shared cache meanwhile is not timed twice.
#ifndef CLI_AGENDA_H
#define CLI_AGENDA_H

#include "bricks/worklist.h"
#include "cli/options.h"
#include "predict/stale.h"

// What an agenda is made of. Everything must outlive it.
struct scope {
    const struct suite *suite;
    const struct options *options;
    const struct demand *demands;     // per brick: all that the models want
    const double *footprints;         // per model
    const int *shard;                 // per brick, see shards_assign
    const bool *left_out;             // per brick: the engine cannot run it; NULL: none is known
    const struct step_records *steps; // those of this place; NULL: to be read
    struct cache_all all;             // where stale records are looked for
};

// A brick at one of its footprints.
struct pair {
    enum brick_state state;
    double time_ns;       // measured, else expected
    double share;         // of the models' expected latency, mean over models
    double largest_share; // of one model's
};

struct agenda {
    const struct scope *scope;
    int *first;          // per brick: its first pair; one more at the end
    struct pair *pairs;  // by brick, then by footprint
    double *model_ns;    // per model: its expected latency
    double *model_known; // per model: the share of it that is known
    int n_tasks;
    struct task *tasks;             // in their order
    int n_in_state[N_BRICK_STATES]; // bricks; those of other shards too
    double known;                   // mean of model_known
    double expected_s;              // what all tasks take until no brick is too noisy
    double direct_s;                // what measuring the models themselves takes until none is
    struct cache_misses misses;
};

// now_s: seconds since 1970.
void agenda_make(struct agenda *a, const struct scope *scope, const struct cache_place *place,
                 int64_t now_s);
void agenda_release(struct agenda *a);

// The pair of a brick in a model: that of the model's footprint.
const struct pair *agenda_pair(const struct agenda *a, int model, int brick, double far);

#endif
