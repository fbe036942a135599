// What commands that run something share: the engine as the options want it.
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "cli/options.h"
#include "runner/engine.h"

// --threads and --isa.
struct engine_options session_engine_options(const struct options *o);

// Starts the engine and gives its machine the label of --label. Release with engine_release.
int session_open(struct engine *engine, const struct options *o, struct error *err);

// Seconds of the monotonic clock, for progress.
double session_now_s(void);

#endif
