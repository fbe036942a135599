#include "predict/forecast.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bricks/cache_bricks.h"
#include "predict/estimate.h"

// Bricks of a suite up to which others are added to learn from: more teach little and take time.
enum { ENOUGH_BRICKS = 1000 };

// Returns the number of bricks that models lack.
static int predict_all(struct forecast *f)
{
    int n_missing = 0;
    for (int i = 0; i < f->n; i++) {
        predict_model(&f->prediction[i], &f->timings, &f->timings.suite->models[i]);
        n_missing += f->prediction[i].n_missing;
    }
    return n_missing;
}

static void release_all(struct forecast *f)
{
    for (int i = 0; i < f->n; i++)
        prediction_release(&f->prediction[i]);
}

static int load(struct forecast *f, const struct suite *s, const struct cache_place *place)
{
    *f = (struct forecast){
        .place = place,
        .n = s->n_models,
        .prediction = xcalloc((size_t)s->n_models + 1, sizeof *f->prediction),
    };
    timings_load(&f->timings, s, place);
    return predict_all(f);
}

static void estimate(struct forecast *f, int n_all, const struct cache_place *all)
{
    release_all(f);
    f->estimator = estimator_new(&f->timings, f->place, n_all, all);
    f->timings.estimator = f->estimator;
    predict_all(f);
}

void forecasts_init(struct forecast *f, int n, const struct cache_place *const *chosen,
                    struct suite *s, int n_all, const struct cache_place *all)
{
    bool lacks = false;
    for (int i = 0; i < n; i++)
        lacks = load(&f[i], s, chosen[i]) > 0 || lacks;
    if (!lacks || n_all < 0)
        return;
    forecasts_release(f, n);
    for (int i = 0; i < n; i++)
        cache_add_bricks(chosen[i], s, ENOUGH_BRICKS);
    for (int i = 0; i < n; i++)
        if (load(&f[i], s, chosen[i]) > 0)
            estimate(&f[i], n_all, all);
}

void forecasts_release(struct forecast *f, int n)
{
    for (int i = 0; i < n; i++) {
        release_all(&f[i]);
        estimator_free(f[i].estimator);
        timings_release(&f[i].timings);
        free(f[i].prediction);
        f[i] = (struct forecast){0};
    }
}
