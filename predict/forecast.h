// All models of a suite in one place of the cache: what commands show and compare. Measured as far
// as the cache has records, perhaps stale ones (stale.h), lent (lend.h) and estimated beyond
// (estimate.h).
#ifndef PREDICT_FORECAST_H
#define PREDICT_FORECAST_H

#include "predict/lend.h"

// What may stand in for records that a place lacks.
struct substitutes {
    struct cache_all all; // of the cache: where they come from
    bool stale, lent, estimates;
};

struct forecast {
    const struct cache_place *place;
    struct timings timings;
    struct lenders *lenders;       // NULL: nothing was to be lent, or there is nobody
    struct estimator *estimator;   // NULL: nothing was to be estimated
    int n;                         // models of the suite
    struct prediction *prediction; // per model
};

// Fills n forecasts, one for each of the chosen places. The suite may grow by bricks that the
// places know, to learn from as well, and must not grow later. Everything must outlive the
// forecasts.
void forecasts_init(struct forecast *f, int n, const struct cache_place *const *chosen,
                    struct suite *s, const struct substitutes *with);
void forecasts_release(struct forecast *f, int n);

// Unique bricks of n predictions that rest on stale records.
int forecast_count_stale(const struct forecast *f, int n, const struct prediction *p);

#endif
