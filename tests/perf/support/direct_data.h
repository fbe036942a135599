// What measuring models by themselves gave, as perf_direct writes it: a line per visit,
//   model<TAB>preparation in s<TAB>hand-off before in ns<TAB>and after<TAB>each run in ns, ...
// Lines are only ever added, so that an interrupted measurement goes on where it stopped.
#ifndef PERF_DIRECT_DATA_H
#define PERF_DIRECT_DATA_H

#include <stdio.h>

#include "base/error.h"
#include "bricks/condition.h"

struct direct_visit {
    double prepare_s;           // kernels, weights and memory
    double before_ns, after_ns; // hand-offs between cores (condition.h)
    int n, capacity;
    double *time_ns; // in the order in which the runs ran, the first one left out
};

struct direct_model {
    char *name;
    int n, capacity;
    struct direct_visit *visits;
    double reference_ns; // median of all runs of the visits that count
    int n_alike;         // visits in the condition that was selected, of all at first
};

struct direct {
    int n, capacity;
    struct direct_model *models;
};

// Reads a file; one that is not there is empty. Visits count that are written to their end. Release
// in either case.
int direct_read(struct direct *d, const char *path, struct error *err);
void direct_release(struct direct *d);
const struct direct_model *direct_find(const struct direct *d, const char *model); // or NULL

void direct_write_visit(FILE *out, const char *model, const struct direct_visit *v);

// References are of the visits in which the machine was in this condition, of all where there is no
// such visit (n_alike). Where there are two, the others are left out.
void direct_select(struct direct *d, struct band band);

// Seconds of measuring a model: so many visits, each prepared anew, of so many runs and the one
// that is left out.
double direct_seconds(const struct direct_model *m, int visits, int runs);

// One way of measuring models: so many visits, of so many runs each.
struct way {
    int visits, runs;
    double seconds; // for all models
    // |error| of what such visits tell, each stretch of them against all other visits of the model;
    // of models with at least two visits in the condition that was selected
    double mean, worst;
};

// The quickest way whose mean |error| over the models is at most `error`; seconds is INFINITY if
// none is.
struct way direct_quickest(const struct direct_model *const *models, int n, double error);

#endif
