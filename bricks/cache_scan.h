// Reads all that is in a bench-cache, checks it, hands on what is whole and names what is not.
#ifndef BRICKS_CACHE_SCAN_H
#define BRICKS_CACHE_SCAN_H

#include "bricks/cache.h"
#include "bricks/cache_flaws.h"

// Who wants what is whole; either function may be NULL. Each returns 0 to go on and -1 with err
// filled to end the scan. What it is given is valid during the call only.
struct cache_sink {
    void *context;
    // Before the place's records, with its probe; 1 to pass over its records.
    int (*place)(void *context, const struct cache_place *place, struct error *err);
    // text: the file as it is.
    int (*record)(void *context, const struct cache_place *place, const struct record *r,
                  const char *text, struct error *err);
};

struct cache_scan {
    int n_places, n_records; // that are whole
    struct flaws flaws;
};

// Release the flaws even after a failure, which is that of the sink, or of the cache's own
// folder.
int cache_scan(const char *cache, const struct cache_sink *sink, struct cache_scan *scan,
               struct error *err);

#endif
