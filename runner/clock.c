#include "runner/clock.h"

#include <stddef.h>
#include <time.h>

#include "base/statistics.h"

static uint64_t monotonic_ns(void *context)
{
    (void)context;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

const struct clock clock_monotonic = {monotonic_ns, NULL};

int64_t clock_unix_time(void)
{
    return (int64_t)time(NULL);
}

double clock_cost_ns(const struct clock *c)
{
    enum { N = 1001 };
    double cost[N];
    for (int i = 0; i < N; i++) {
        uint64_t start = clock_now(c);
        cost[i] = (double)(clock_now(c) - start);
    }
    return median(cost, N);
}
