// Outliers: samples far beyond their series' median (delays, as in draw.h), by their most likely
// cause. A mark belongs to a whole run of a sequence, so that it is a suspect and no proof.
#ifndef PREDICT_OUTLIERS_H
#define PREDICT_OUTLIERS_H

#include "bricks/record.h"

// From the strongest evidence to none; a sample counts for the first that holds.
enum outlier_cause {
    OUTLIER_migrated,   // a thread of the team changed to another CPU; that preempts it as well
    OUTLIER_preempted,  // something else ran on a core of the team
    OUTLIER_page_fault, // a page was not there
    OUTLIER_handoff,    // the cores were not as near or far as they mostly were
    OUTLIER_frequency,  // a cycle took longer than the series' median cycle
    OUTLIER_unexplained,
    N_OUTLIER_CAUSES
};

struct outliers {
    int n_samples;     // of all series
    double samples_ns; // time of all samples
    int n[N_OUTLIER_CAUSES];
    double beyond_ns[N_OUTLIER_CAUSES]; // of the outliers: time beyond their series' median
};

// Adds a series, whose median is that of the samples in the band, or of all if there are none.
void outliers_add(struct outliers *o, const struct series *s, struct band band);

const char *outlier_cause_name(enum outlier_cause c); // "page_fault"

#endif
