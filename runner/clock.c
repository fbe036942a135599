#include "runner/clock.h"

#include <stddef.h>
#include <time.h>

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
