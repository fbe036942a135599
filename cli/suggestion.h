// The command that times what a prediction lacks, ready to be pasted into a shell.
#ifndef CLI_SUGGESTION_H
#define CLI_SUGGESTION_H

#include "base/str.h"
#include "bricks/cache.h"
#include "cli/options.h"

// Adds `dlbricks bench ...` for the arguments of a prediction. Without --machine threads and
// instruction set stay as they were given; with it they are those of the place, where the command
// is to be run.
void suggest_bench(const struct options *o, int granularity, const struct cache_place *place,
                   struct str *out);

// Adds the command that times one brick at a footprint as the place's environment wants it, on any
// machine of that type: it needs no model.
void suggest_task(const struct options *o, const struct cache_place *place,
                  const struct brick *brick, double footprint, struct str *out);

#endif
