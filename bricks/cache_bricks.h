// The bricks that a place of the cache has records of.
#ifndef BRICKS_CACHE_BRICKS_H
#define BRICKS_CACHE_BRICKS_H

#include "bricks/cache.h"
#include "bricks/suite.h"

// Adds them to the suite until it has `most` bricks, in the order of their signatures, which is
// none. Records that cannot be read are passed over, as cache_find passes them over.
void cache_add_bricks(const struct cache_place *place, struct suite *s, int most);

#endif
