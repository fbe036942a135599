// What the commands of the bench-cache share: its folder, the machines of --machine, and tables of
// what was found wrong or taken in.
#ifndef CLI_CACHE_TABLES_H
#define CLI_CACHE_TABLES_H

#include "bricks/cache_flaws.h"
#include "bricks/cache_merge.h"
#include "cli/table.h"

// Whether --machine names the place; without --machine all are.
bool place_is_wanted(const struct options *o, const struct cache_place *place);

// Adds a row per flaw; release the table.
void flaws_table(const struct flaws *f, struct table *t);

// Takes each of the arguments into the cache and prints what was taken and what could not be.
// Returns the exit status.
int take_sources(const struct options *o,
                 int (*take)(struct cache_union *u, const char *source, struct error *err));

#endif
