// The records of a suite in a cache that holds one machine and environment.
#ifndef PERF_ONLY_PLACE_H
#define PERF_ONLY_PLACE_H

#include "predict/predict.h"

struct only_place {
    struct cache_place *places; // of the cache
    int n;
    struct cache_place nowhere; // stands for the place where there is no cache
    const struct cache_place *place;
    struct timings timings;
};

// Fails if the cache holds several places. If it holds none, is not there or is NULL: this machine,
// of which nothing is known. Release in either case.
int only_place_load(struct only_place *p, const struct suite *s, const char *cache,
                    struct error *err);
void only_place_release(struct only_place *p);

// Time of a brick at a footprint, estimated from FLOPs and bytes (bricks/cost.h) if there is none.
double only_place_time(const struct only_place *p, int brick, double footprint, bool *estimated);

#endif
