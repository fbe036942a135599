// Measures the machine's limits: peak GFLOP/s in three ways, bandwidth over working sets from L1
// to memory, and where the last-level cache really ends.
#ifndef RUNNER_PROBE_H
#define RUNNER_PROBE_H

#include "bricks/probe.h"
#include "runner/clock.h"
#include "runner/engine.h"

// Takes about two seconds. Uses the engine's team and instruction sets.
int probe_measure(const struct engine *engine, const struct clock *clock, struct probe *probe,
                  struct error *err);

// Time of a step that does next to nothing, in a program of many such steps: what calling it and
// waking the team cost. 0 with a message on failure.
double probe_dispatch_ns(const struct engine *engine, const struct clock *clock, struct error *err);

// The working set at which reading falls below the middle (by ratio) between the plateau of the
// last-level cache, of topology_bytes by the topology, and memory. Exposed for tests.
size_t probe_effective_llc(const struct probe *probe, size_t topology_bytes);

#endif
