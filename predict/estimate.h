// Times of bricks that were never timed in a place of the cache, from what was timed there and
// elsewhere. Several teachers each give a first guess (predict/teacher.h). How far a guess is off
// is learned from the lessons, the bricks that were timed here: kinds of bricks are off alike, and
// so are bricks of like size (predict/smooth.h). Each lesson is guessed as if its brick had not
// been timed, or by the teacher of footprints as if it had not been timed at this one; these errors
// choose the teacher for every brick, and are the error of its estimate.
// Estimates are never mixed with measured times of the same brick.
#ifndef PREDICT_ESTIMATE_H
#define PREDICT_ESTIMATE_H

#include "predict/predict.h"

// With fewer lessons nothing can be learned from them: tests/perf/learning_curve.sh.
enum { MIN_LESSONS = 5 };

// Lessons are the timed bricks of the timings' suite, so it may hold bricks of no model. The places
// (perhaps all of the cache; `place` itself and what cannot help are left out) are those that may
// know more. All must outlive the estimator.
struct estimator *estimator_new(const struct timings *t, const struct cache_place *place,
                                int n_places, const struct cache_place *places);
void estimator_free(struct estimator *e); // NULL is fine

// The time of a brick that has none; known is false where no teacher can tell.
struct brick_time estimator_time(const struct estimator *e, int brick, double footprint);

// What one teacher knows, for reports: its name, the lessons it was tried on, and its median
// |error| on them, each guessed as said above. False: there are no more.
struct schooling {
    const char *teacher;
    int n_lessons;
    double median_error; // relative
};
bool estimator_schooling(const struct estimator *e, int i, struct schooling *out);

// Variance of a sum of n estimates of different bricks with these standard errors: they share a
// part of their errors.
double estimates_variance(int n, const double *sigma_ns);

#endif
