// Watches the machine's condition (bricks/condition.h) while something is timed: hand-off and cycle
// are measured before, what the kernel did to the process is counted from before to after.
#ifndef RUNNER_WATCH_H
#define RUNNER_WATCH_H

#include "bricks/condition.h"
#include "runner/clock.h"

struct watch {
    struct condition condition;
    long preemptions, faults; // of the process so far
};

// Takes some 30 us. threads: of the team.
void watch_begin(struct watch *w, int threads, const struct clock *clock);
struct condition watch_end(const struct watch *w);

// Nanoseconds that a cache line takes from one thread of the team to the next, as the mean around
// the team; 0 for one thread.
double watch_handoff_ns(int threads, const struct clock *clock);

// Nanoseconds of one cycle: additions that wait for each other take one each.
double watch_cycle_ns(const struct clock *clock);

#endif
