// The median of a run from the samples of its steps. Medians do not add up: a step is late now and
// then (a cache line in another core, a page walk, a timer tick), and in a run of a hundred steps
// some always are, so that the sum of the steps' medians is one or two per cent below the median
// run. Runs are therefore drawn: each takes one sample of every step, and the median is that of
// their sums. What is far beyond its series' median, and rare, came from outside; such delays are
// as frequent in every step's time, and are drawn at the rate and in the sizes that all samples
// together show, as the few of one step say nothing about it. (Of one that is large beside all that
// was sampled all together do not either: a program that was stopped for 8 ms within the first 17
// ms.)
#ifndef PREDICT_DRAW_H
#define PREDICT_DRAW_H

enum { N_DRAWS = 499 }; // prime, as the drawing needs

// Samples of one step, ascending and without delays.
struct samples {
    int n; // at least 1
    double *time_ns;
};
void samples_release(struct samples *s);

// Delays among the samples of all bricks.
struct delays {
    int n, capacity;
    double *delay_ns; // beyond the median of the sample's series
    double total_ns;  // time of all samples without delays
};
void delays_release(struct delays *d);

// Samples beyond are delayed.
double delay_limit_ns(double median_ns);

// Takes the delays out of the n sorted samples of a series, which are its last ones, and adds them
// to d (may be NULL). Returns how many samples remain.
int delays_split(struct delays *d, const double *sorted_ns, int n);

// sums[N_DRAWS] receives the drawn runs in ascending order. Every step's samples are spread evenly
// over the runs, in another order for every step, the same each time.
void draw_runs(int n, const struct samples *const *steps, const struct delays *d, double *sums);

#endif
