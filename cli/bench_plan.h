// What `bench --dry-run` shows: what is known, which bricks would be timed in which order and for
// how long, and which models wait for them. As JSON it is a work list: each task holds all that is
// needed to run it anywhere.
#ifndef CLI_BENCH_PLAN_H
#define CLI_BENCH_PLAN_H

#include "cli/agenda.h"

// place: where the records would go. Writes to standard output.
void bench_plan_print(const struct agenda *a, const struct cache_place *place);

// "26 bricks, 3 known, 20 new, 3 stale", for messages.
void bench_plan_describe(const struct agenda *a, struct str *out);

#endif
