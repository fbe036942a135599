// How true predictions are: their errors against what was measured, one by one and in pairs.
// Errors are (predicted - measured) / measured: plus means predicted too slow.
#ifndef PREDICT_ACCURACY_H
#define PREDICT_ACCURACY_H

#include <stdbool.h>

#include "base/statistics.h"

// One model in one setting, measured and predicted.
struct outcome {
    struct interval measured, predicted; // medians in ns with their 95 % intervals
    double noise; // how far the measured median moved between visits, relative
};

double outcome_error(const struct outcome *o);
// Whether the measured median is in the predicted interval.
bool outcome_in_range(const struct outcome *o);

struct accuracy {
    int n;
    double mean, median, p90, worst;      // of |error|
    double bias;                          // mean error
    double within_2, within_5, within_10; // share with |error| of at most so many per cent
    double coverage;                      // share in range: 0.95 if the intervals are what they say
    double half_width;                    // median of the predicted intervals, relative
    double noise;                         // median
};

// All 0 for n = 0.
struct accuracy accuracy_of(int n, const struct outcome *outcomes);

// Spearman's rank correlation of predicted and measured medians: 1 if both give the same order.
// Equal values share their mean rank. NAN for n < 2 or where all values of a side are equal.
double rank_correlation(int n, const struct outcome *outcomes);

// All pairs: which one is faster, and by how much?
struct pairs {
    int n;
    double mean, p90,
        worst;         // |error| of the ratio: predicted ratio over measured, whichever is larger
    int n_wrong;       // the predicted winner is not the measured one
    int n_wrong_clear; // of these: the measured times differ by more than their noise
};

// All 0 for fewer than two.
struct pairs accuracy_of_pairs(int n, const struct outcome *outcomes);

#endif
