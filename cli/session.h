// What commands that run something share: the engine as the options want it.
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "bricks/cache.h"
#include "cli/options.h"
#include "runner/engine.h"

// --threads and --isa.
struct engine_options session_engine_options(const struct options *o);

// Starts the engine and gives its machine the label of --label. Release with engine_release.
int session_open(struct engine *engine, const struct options *o, struct error *err);

// Opens the engine's place in the bench-cache of --cache for writing, and measures the machine's
// limits where the place does not hold them. Close with cache_close even after a failure.
int session_open_place(struct cache_place *place, const struct engine *engine,
                       const struct options *o, struct error *err);

// Seconds of the monotonic clock, for progress.
double session_now_s(void);

#endif
