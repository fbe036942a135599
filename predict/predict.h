// Latency of a model from the bench-cache alone: the sum of its bricks' times at the model's own
// footprint, with an interval. Knows neither ONNX nor oneDNN.
#ifndef PREDICT_PREDICT_H
#define PREDICT_PREDICT_H

#include <stdbool.h>

#include "bricks/cache.h"
#include "bricks/footprint.h"
#include "predict/draw.h"

struct estimator;
struct lenders;

// Stale records of a brick, behind the place's own. They tell what it takes at footprints of which
// these know nothing.
struct stand_in {
    const struct cache_place *place; // whose they are; NULL: there are none
    int n_own;                       // records of the place itself, if there are stale ones
};

// What the neighbours of a brick inside a real model change that no surrogate shows: a standard
// error, relative to the model's time, that every interval includes.
extern const double composition_spread;

// All records of a suite's bricks in one place of the cache.
struct timings {
    const struct suite *suite;
    double far;     // footprint beyond which nothing changes on that machine
    int *n_records; // per brick
    struct record **records;
    char **chosen; // per brick: implementation_chosen; it or one may be NULL
    struct cache_misses misses;
    bool borrowed;        // the records belong to somebody else
    struct band band;     // hand-offs that prevailed among the samples: only these are used
    struct delays delays; // among the samples in the band
    // per brick: which of its records are stale (stale.h); NULL: none of any
    struct stand_in *stale;
    // other sizes of this machine that tell what has no record, see predict/lend.h; NULL: none is
    // asked. The caller's.
    const struct lenders *lenders;
    // tells what is still not known, see predict/estimate.h; NULL: that is missing. The caller's.
    const struct estimator *estimator;
};

void timings_load(struct timings *t, const struct suite *suite, const struct cache_place *place);
// The same where the records of the suite's steps in that place are known; NULL: they are not.
struct step_records;
void timings_load_with(struct timings *t, const struct suite *suite,
                       const struct cache_place *place, const struct step_records *steps);
void timings_release(struct timings *t);

// Fills band and delays, once the records are there (timings_load does).
void timings_survey(struct timings *t);

// The implementation of a brick that counts where its record number `run` does: the newest
// record's, unless others were chosen for its steps.
const char *timings_implementation(const struct timings *t, int brick, int run);

// Far footprint of a place: by its measured effective last-level cache, else by its topology.
double place_far(const struct cache_place *place);

// The samples of a brick's record number `run` at a point of the grid, if times are made of them:
// NULL if it has none or ran another implementation than the one that counts, or is stale where
// others are not. What is known and what is still to be timed are both decided by this function.
const struct series *timings_series(const struct timings *t, int brick, int run, double footprint);
// The place if the record is stale, else NULL.
const struct cache_place *timings_stale(const struct timings *t, int brick, int run);

// Time of one brick at the point of the grid next to a footprint, from all samples that
// timings_series gives for it.
struct brick_time {
    bool known;
    double time_ns;         // median
    struct samples samples; // of all runs
    double sigma_ns;        // standard error: within runs and between them
    double hot_ns;          // hot loop, what micro-benchmarks show; 0 if not recorded
    int runs;
    int64_t newest, oldest; // of the records used, seconds since 1970
    const char *implementation;
    const struct cache_place *stale_from; // where the records are from (stale.h); NULL: its own
    const struct cache_place *lent_from; // another size of the machine (lend.h); NULL: its own time
    const char *estimated_from;          // NULL: measured; the estimator's
};
struct brick_time brick_time(const struct timings *t, int brick, double footprint);
// Known from the place's own records.
bool brick_time_is_own(const struct brick_time *time);
void brick_time_release(struct brick_time *time);

// What the timings of one place tell another, whose far footprint is given, of a brick at a point
// of its grid: the time at the nearest footprint at which it was timed. What is far beyond the
// caches of the one is compared with what is so for the other.
struct brick_time brick_time_for(const struct timings *t, int brick, double point, double far);

struct prediction {
    const struct model *model;
    double footprint;
    struct brick_time *times;        // per instance of the model
    double time_ns, low_ns, high_ns; // p50, its 95 % interval; of the known part if any is missing
    double delays_ns;                // of time_ns: what the medians of its steps lack (draw.h)
    double hot_ns;                   // sum of hot loops; NAN if one is not recorded
    int n_bricks, n_missing;         // unique bricks of the model; those whose time is not known
    int n_measured;                  // unique bricks whose time was measured in the place itself
    int n_lent, n_estimated;         // whose time is lent; estimated
    double lent_ns, estimated_ns;    // of the sum of the steps' medians
    int runs;                        // fewest runs behind any measured brick
    int64_t oldest;                  // of all records used; 0 if none
};

// m is a model of the timings' suite.
void predict_model(struct prediction *p, const struct timings *t, const struct model *m);
void prediction_release(struct prediction *p);

#endif
