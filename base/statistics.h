// Statistics of timings, shared by the stopping rule of the runner and the intervals of predict/.
#ifndef BASE_STATISTICS_H
#define BASE_STATISTICS_H

// Half-width of a 95 % interval in standard errors.
extern const double z95;

// Sorts ascending in place.
void sort_doubles(double *x, int n);

// Quantile q (0 to 1) of ascending data, linear between neighbours. n >= 1.
double quantile_sorted(const double *sorted, int n, double q);

// Median of data in any order; the data stay as they are. n >= 1.
double median(const double *x, int n);

struct interval {
    double value, low, high;
};

// Median with its distribution-free 95 % interval from order statistics (binomial in normal
// approximation); the whole range for n < 6. n >= 1.
struct interval median_interval(const double *x, int n);

// Standard error of the mean of n independent measurements, relative to their median. Few of them
// say little about their own spread, so that `usual`, what such measurements spread relatively,
// counts as one more. n >= 1.
double relative_error(const double *x, int n, double usual);

#endif

