// What is expected before anything was timed: the time of a brick, and of benching bricks. Both are
// rules over a brick's work and the machine's limits, good enough to put work in order, to cut it
// into shards and to say how long it will take; no time in a prediction is theirs.
#ifndef BRICKS_COST_H
#define BRICKS_COST_H

#include "bricks/brick.h"
#include "bricks/probe.h"

// What stands for limits that were not measured: so much of a machine and no more can be assumed.
extern const struct probe probe_nominal;

// Roofline: half the peak, or all its bytes at the bandwidth of the level that the footprint fits
// into, whichever takes longer, and the dispatch. A probe without limits is the nominal one.
double cost_run_ns(const struct brick *brick, double footprint, const struct probe *probe);

// What benching some bricks costs until each has the samples that it needs at least. Bricks are
// timed in surrogate models of one footprint, which they share, so that the sum is made per
// footprint: a brick's part of a surrogate is its share of the footprint, but never less than is
// usual, and at least one surrogate is made. Each is filled, warmed up and passed.
enum { MAX_BILL_ROWS = 64 };
struct bill {
    const struct probe *probe;
    double seconds; // that do not depend on what else is timed: compiling, hot loops
    int n;
    struct {
        double footprint;
        double parts; // of surrogate models
        double own_s; // one run of each brick
    } rows[MAX_BILL_ROWS];
};
void bill_init(struct bill *bill, const struct probe *probe);
void bill_add(struct bill *bill, const struct brick *brick, int n, const double *footprint);
double bill_total_s(const struct bill *bill);

// The same with what it takes to top up bricks whose samples turn out too noisy.
double bill_topped_up_s(const struct bill *bill);

// What measuring a model itself costs by the same policy: visits, each of which makes it ready and
// runs it. run_ns: one run; bytes: that it keeps in memory; n_bricks: unique ones, compiled once.
double cost_direct_s(double run_ns, double bytes, int n_bricks, double visits);

// What a footprint costs, however few bricks are timed at it: one surrogate.
double cost_surrogate_s(double footprint);

// Of a brick among many: its part of the surrogate models that it shares with others.
double cost_share_s(const struct brick *brick, int n, const double *footprint,
                    const struct probe *probe);

#endif
