// The timing policy in numbers: how bricks are timed (runner/sampler.h), and hence what that costs
// (bricks/cost.h). What other values would change is shown by
// tests/perf/constants.sh WORK N_TIMED_PASSES=1,3,9 warm_ns=5e6,40e6,160e6 MODEL...
#ifndef BRICKS_POLICY_H
#define BRICKS_POLICY_H

// Part of the environment: raise it when anything changes that can change a recorded time.
#define TIMING_POLICY "7"

enum {
    N_TIMED_PASSES = 3, // of a surrogate model at most
    N_HOT_WARM = 1,
    N_HOT_TIMED = 3,
};

// A last-level cache learns over many passes what is used again: what fits into it takes longer to
// become steady than what does not. With 15 ms as with 40, five small networks are predicted within
// 0.8 % on average.
static const double warm_ns = 15e6;

// Passes that are timed may take so long: what takes longer spreads less, and visits count more.
static const double timed_ns = 40e6;
static const double hot_ns = 10e6; // and so the runs of a hot loop

#endif
