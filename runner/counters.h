// What the kernel counts while something is timed, so that a late sample can be told from a slow
// brick. Preemptions and page faults are the process's, by getrusage(2). Migrations are the team's
// and cycles the calling thread's, by perf_event_open(2) where the kernel allows it; where it does
// not, a migration is seen if a thread is on another CPU than at the reading before, and cycles are
// not counted. Reading takes some microseconds: it is for the ends of a run, not for its steps.
//
// The team is pinned, one CPU per thread, so that its threads do not migrate by themselves. They do
// if somebody takes the pin away: a control group's cpuset that changes, a CPU that goes offline,
// taskset from outside.
#ifndef RUNNER_COUNTERS_H
#define RUNNER_COUNTERS_H

#include <stdint.h>

// So far; only differences mean something.
struct counter_values {
    uint64_t preemptions, faults, migrations;
    uint64_t cycles, reference_cycles; // the latter at a fixed frequency; 0: not counted
};

// A test puts a mock in its place.
struct counters {
    void (*read)(void *context, struct counter_values *out);
    void *context;
};

static inline struct counter_values counters_read(const struct counters *c)
{
    struct counter_values values = {0};
    c->read(c->context, &values);
    return values;
}

// The kernel's, of a team that was started. Never fails: what may not be counted is not.
void counters_open(struct counters *c, int threads);
void counters_close(struct counters *c);

#endif
