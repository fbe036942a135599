// Watches the machine's condition (bricks/condition.h) while something is timed: hand-off and cycle
// are measured before, what the kernel did to the process is counted from before to after. Where
// cycles are counted too (runner/counters.h), the cycle is the mean of the time between.
#ifndef RUNNER_WATCH_H
#define RUNNER_WATCH_H

#include "bricks/condition.h"
#include "runner/clock.h"
#include "runner/engine.h"

struct watch {
    const struct counters *counters;
    struct condition condition;   // before
    struct counter_values values; // at the beginning
    double slowness; // reference cycles per cycle when the cycle was measured; 0: unknown
};

// Takes some 30 us. The engine must outlive the watch.
void watch_begin(struct watch *w, const struct engine *engine, const struct clock *clock);
struct condition watch_end(const struct watch *w);

// Nanoseconds that a cache line takes from one thread of the team to the next, as the mean around
// the team; 0 for one thread.
double watch_handoff_ns(int threads, const struct clock *clock);

// Nanoseconds of one cycle: additions that wait for each other take one each.
double watch_cycle_ns(const struct clock *clock);

#endif
