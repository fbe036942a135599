// The only place that reads a clock. A test puts a mock in its place.
#ifndef RUNNER_CLOCK_H
#define RUNNER_CLOCK_H

#include <stdint.h>

struct clock {
    uint64_t (*now_ns)(void *context); // monotonic
    void *context;
};

extern const struct clock clock_monotonic;

static inline uint64_t clock_now(const struct clock *c)
{
    return c->now_ns(c->context);
}

// What one pair of readings costs: the median of many.
double clock_cost_ns(const struct clock *c);

// Seconds since 1970, for records.
int64_t clock_unix_time(void);

#endif
