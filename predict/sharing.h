// What a suite's models have in common: how much of each model's time is spent in bricks that other
// models have too, and what timing it would add to timing the models before it. Times are those of
// the records where there are any, else a roofline estimate from the brick's work.
#ifndef PREDICT_SHARING_H
#define PREDICT_SHARING_H

#include "bricks/work.h"
#include "predict/predict.h"

struct model_sharing {
    int layers, steps;
    int bricks, unique;  // instances, distinct ones
    double time_ns;      // of all instances, at the model's footprint
    double shared_ns;    // of those whose brick another model has
    double estimated_ns; // of those without a record
    int added;           // bricks that no model before it has
    double added_s;      // to time those, and known ones at new footprints, in a bench of their own
};

struct sharing {
    int n; // models of the suite, in its order
    struct model_sharing *models;
    struct model_sharing total;
    // per brick: the time of all its instances in all models, and what of it is estimated
    double *brick_ns, *brick_estimated_ns;
};

// Where there is no record, times are those of cost_run_ns (bricks/cost.h) with this probe.
void sharing_init(struct sharing *s, const struct timings *t, const struct probe *probe);
void sharing_release(struct sharing *s);
// The numbers of the suite's bricks, the costliest first; the caller frees the array.
int *sharing_costliest(const struct sharing *s, int n_bricks);

// Groups of models compared pair by pair: group[m] is the group of model m, from 0 on. Of the
// groups' sets of bricks, the number in common over the number in either (Jaccard).
struct similarity {
    int a, b; // groups, a < b
    int n_common, n_either;
    double jaccard;
};

// All pairs with something in common, the most similar ones first. The caller frees the array.
struct similarity *similarities(const struct suite *s, int n_groups, const int *group, int *n);

// A brick of two groups of models: the first n_first models of a suite, and the rest.
struct brick_uses {
    int brick;
    int uses[2];      // instances in each group
    struct work work; // of one
};

// One entry per brick that is used, the most work over all its uses first: FLOPs, then bytes. The
// caller frees the array.
struct brick_uses *compare_groups(const struct suite *s, int n_first, int *n);

#endif
