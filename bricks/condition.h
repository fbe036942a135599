// The machine's condition while a sample was taken: what changes by itself from one second to the
// next and changes times with it. In a virtual machine two cores are near each other at times
// (under one last-level cache) and far at others: models of many short steps then take up to a
// third longer. Times of unlike conditions are never pooled: the median of such a mixture is the
// median of neither, and medians of mixtures do not add up.
#ifndef BRICKS_CONDITION_H
#define BRICKS_CONDITION_H

#include <stdbool.h>

enum condition_mark {
    CONDITION_preempted = 1, // something else ran on a core of the team
    CONDITION_faulted = 2,   // a page was not there
    CONDITION_migrated = 4,  // a thread of the team changed to another CPU
    N_CONDITION_MARKS = 3,
};

struct condition {
    float handoff_ns; // a cache line from one core of the team to the next one; 0: one thread
    float cycle_ns;   // one cycle of the core
    int marks;        // enum condition_mark, or-ed
    int visit;        // which surrogate model of the run, counted from 0
};

// Hand-offs that are alike: from low to high.
struct band {
    double low, high;
};

// The band, no wider than a factor, that holds most of the values; which are sorted. n = 0: a band
// that holds everything.
struct band band_prevailing(int n, double *handoff_ns);
bool band_holds(struct band b, double handoff_ns);

// The band that holds everything.
struct band band_all(void);

#endif
