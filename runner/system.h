// What the kernel says of the machine's state in files below /proc and /sys. `root` is put before
// every path: "" but for tests. What a file does not tell is 0, "" or NOT_SHOWN.
#ifndef RUNNER_SYSTEM_H
#define RUNNER_SYSTEM_H

#include "bricks/fitness.h"

// Counters: only their differences mean something. Seconds.
struct system_times {
    double busy_s;  // of all CPUs together, in processes and in the kernel
    double steal_s; // of all CPUs together, taken by the hypervisor
    double own_s;   // of this process, of all its threads
    double throttled_s;
};

void system_times(struct system_times *t, const char *root);

// Fills the settings: CPUs, governor, turbo, smt, quota, huge_pages.
void system_settings(struct fitness_facts *f, const char *root);

// Fills steal, throttled and others, from what was counted in the seconds between; the facts know
// the threads.
void system_usage(struct fitness_facts *f, const struct system_times *before,
                  const struct system_times *after, double seconds);

// Whether memory that asks for huge pages with madvise, as ours does, may have them.
bool system_huge_pages(const char *root);

// This process: bytes in memory, and the most there ever were.
struct resident {
    size_t now, peak;
};
struct resident system_resident(const char *root);

// Memory that asks for huge pages, as weights, activations and scratchpads do, and how much of it
// lies in such pages.
struct advised {
    size_t bytes, huge;
};
struct advised system_advised(const char *root);

#endif
