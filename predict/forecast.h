// All models of a suite in one place of the cache: what commands show and compare. Measured as far
// as the cache has records, estimated beyond (estimate.h).
#ifndef PREDICT_FORECAST_H
#define PREDICT_FORECAST_H

#include "predict/predict.h"

struct forecast {
    const struct cache_place *place;
    struct timings timings;
    struct estimator *estimator;   // NULL: nothing was to be estimated
    int n;                         // models of the suite
    struct prediction *prediction; // per model
};

// Fills n forecasts, one for each of the chosen places. all: of the cache, to learn from; n_all -1:
// nothing is estimated. The suite may grow by bricks that the places know, to learn from as well,
// and must not grow later. Everything must outlive the forecasts.
void forecasts_init(struct forecast *f, int n, const struct cache_place *const *chosen,
                    struct suite *s, int n_all, const struct cache_place *all);
void forecasts_release(struct forecast *f, int n);

#endif
