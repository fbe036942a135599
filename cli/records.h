// This machine's records of a suite, for commands that start no engine and so know of no
// environment: those of the environment in which most of the suite's bricks were timed.
#ifndef CLI_RECORDS_H
#define CLI_RECORDS_H

#include "cli/options.h"
#include "predict/predict.h"

struct records {
    struct cache_place *places; // of the cache
    int n_places;
    const struct cache_place *place; // the chosen one; NULL: none has any record
    struct cache_place nowhere;      // stands for it then
    struct timings timings;
};

void records_load(struct records *r, const struct suite *s, const struct options *o);
void records_release(struct records *r);

// What is known of the place's limits; empty if there is none.
const struct probe *records_probe(const struct records *r);

#endif
