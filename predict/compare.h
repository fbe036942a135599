// Two predictions beside each other: of one model in two places, or of two models in one.
#ifndef PREDICT_COMPARE_H
#define PREDICT_COMPARE_H

#include "predict/predict.h"

struct ratio {
    double value, low, high; // time over that of the baseline, with its 95 % interval
};

// NAN if either is not known as a whole.
struct ratio prediction_ratio(const struct prediction *p, const struct prediction *baseline);

// What one brick contributes to the difference.
struct contribution {
    int brick;
    int n, n_baseline;                    // instances
    double time_ns, baseline_ns;          // of all of them
    bool stale, lent, estimated, missing; // on either side, in whole or in part
    const struct instance *instance;      // the first; of the baseline if there is none else
};

// All bricks of both, those first that differ most; the caller frees. Both must be of one suite.
struct contribution *contributions_find(const struct suite *s, const struct prediction *p,
                                        const struct prediction *baseline, int *n);

struct spread {
    int n; // ratios that are known
    double geometric_mean, lowest, highest;
    int lowest_of, highest_of; // numbers of the ratios; NONE
};
struct spread ratios_spread(int n, const struct ratio *ratios);

#endif
