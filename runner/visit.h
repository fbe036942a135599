// Whole models, measured as the timing contract says: visits of back-to-back runs, the first run
// discarded, one pair of clock reads around each run, nothing between the steps.
#ifndef RUNNER_VISIT_H
#define RUNNER_VISIT_H

#include <stdbool.h>

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

// Whether the condition was in the band from beginning to end.
bool visit_within(const struct visit *visit, struct band band);

// Copies the times of all runs of visits within the band to out (room for v->n); returns how many.
int visits_select(const struct visits *v, struct band band, double *out);

// How far the later half of the visits within the band differs from the earlier half: |ratio of
// medians - 1|; 0 with fewer than two.
double visits_noise(const struct visits *v, struct band band);

// Per-step medians of n runs that read the clock between the steps; time_ns has one entry per
// step of the program. For attribution only: never used as the model's latency.
void visit_steps(const struct loaded_graph *l, const struct clock *clock, int n, double *time_ns);

#endif
