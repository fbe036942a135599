// The validation of one setting, and its parts: visits in turns, then findings.
#ifndef CLI_VALIDATION_H
#define CLI_VALIDATION_H

#include "cli/findings.h"
#include "cli/measure.h"
#include "cli/progress.h"
#include "cli/subject.h"

struct validation {
    const struct options *o;
    struct measure measure;
    struct timings timings; // from the cache at once, fresh once they are measured
    int n;
    struct subject *subjects;
    int n_left_out;   // models that cannot be run
    int n_incomplete; // models of which bricks are not in the cache
    struct progress progress;
    double start_s, visits_s; // when measuring began, but for loading; seconds in visits
    int next_visit;
};

// Visits of the models until nothing is left to time, in turns with the surrogates of their bricks
// where these are timed; then fills the timings. Interrupted, it ends without a failure.
int validation_measure(struct validation *v, struct error *err);

// Adds the setting and what was found of each model.
void validation_collect(const struct validation *v, struct findings *f);

#endif
