// Records that are stale: of the same machine, in an environment that differs in nothing but patch
// levels of libraries. They are never used unasked, and what rests on them is marked.
#ifndef PREDICT_STALE_H
#define PREDICT_STALE_H

#include "predict/predict.h"

// All places of a cache, as cache_places gives them.
struct cache_all {
    const struct cache_place *places;
    int n;
};

// The place as the cache has it, NULL if nothing was written there yet.
const struct cache_place *cache_same_place(const struct cache_all *all,
                                           const struct cache_place *place);

// True if the cache has a place of the same machine whose records would be stale for this one.
bool cache_has_stale(const struct cache_all *all, const struct cache_place *place);

// Gives t, whose records are of `place`, the stale records of those bricks of which it lacks a
// footprint that they have: per brick those of the place where it was timed last. An own record
// tells of its footprints however old it is. Returns the number of such bricks.
int timings_add_stale(struct timings *t, const struct cache_all *all,
                      const struct cache_place *place);

#endif
