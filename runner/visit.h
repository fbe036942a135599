// Whole models, measured as the timing contract says: visits of back-to-back runs, the first run
// discarded, one pair of clock reads around each run, nothing between the steps.
#ifndef RUNNER_VISIT_H
#define RUNNER_VISIT_H

#include <stdbool.h>

#include "base/statistics.h"
#include "bricks/condition.h"
#include "runner/clock.h"
#include "runner/program.h"

// One visit: its runs and the condition of the machine before and after.
struct visit {
    int first, end; // of the runs
    struct condition before, after;
};

// Runs of one model over all visits.
struct visits {
    int n, capacity;
    double *time_ns; // in the order in which they ran
    int n_visits, visits_capacity;
    struct visit *visit;
};

void visits_release(struct visits *v);

// One visit: runs for at least min_s seconds and at least five times after the first.
void visit_model(const struct loaded_graph *l, const struct clock *clock, double min_s,
                 struct visits *v);

// How many visits were in the band from beginning to end.
int visits_within(const struct visits *v, struct band band);

// The band that prevailed before and after the visits.
struct band visits_prevailing(const struct visits *v);

// What the visits say about the model.
struct latency {
    // The median run. Runs of one visit share the places of their pages and the minute, so that
    // only visits are independent: the interval is that of the median over the visits' medians, or
    // of the median over all runs where that is wider.
    struct interval p50;
    double p90, p99, least; // of all runs
    double noise;           // between visits far apart: visits_noise
    int n_runs;
};

// Of the visits within the band; of all visits if there are none within it. At least one visit.
struct latency visits_latency(const struct visits *v, struct band band);

// How far the later half of the visits within the band differs from the earlier half: |ratio of
// medians - 1|; 0 with fewer than two.
double visits_noise(const struct visits *v, struct band band);

// Runs that read the clock between the steps. For attribution only: never used as the model's
// latency.
struct step_times {
    int n_runs, n_steps;
    double *start_ns, *time_ns; // [n_runs][n_steps]; starts count from that of the first run
};

// At least min_s seconds, at least five and at most most_runs runs after the first.
void visit_steps(const struct loaded_graph *l, const struct clock *clock, double min_s,
                 int most_runs, struct step_times *t);
void step_times_release(struct step_times *t);

// The median of a step over the runs.
double step_times_median(const struct step_times *t, int step);

#endif
