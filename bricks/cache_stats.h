// How much a bench-cache holds, by the names and sizes of its files: records are not opened, so
// that a cache of any size is counted at once.
#ifndef BRICKS_CACHE_STATS_H
#define BRICKS_CACHE_STATS_H

#include <stdint.h>

#include "bricks/cache.h"

struct place_stats {
    struct cache_place place;
    int records, bricks, runs;
    int64_t bytes; // of the records
};

struct cache_stats {
    int n_places;
    struct place_stats *places;
    int n_machines;
    int n_damaged;    // places that cannot be read
    int n_leftovers;  // temporary files
    int bricks, runs; // distinct in the whole cache
};

// A cache that does not exist holds nothing.
void cache_stats(const char *cache, struct cache_stats *stats);
void cache_stats_release(struct cache_stats *stats);

#endif
