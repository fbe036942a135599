#include "predict/forecast.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bricks/cache_bricks.h"
#include "predict/estimate.h"

// Bricks of a suite up to which others are added to learn from: more teach little and take time.
enum { ENOUGH_BRICKS = 1000 };

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

// Returns the number of bricks that models lack.
static int load(struct forecast *f, const struct suite *s, const struct cache_place *place,
                const struct substitutes *with)
{
    *f = (struct forecast){
        .place = place,
        .n = s->n_models,
        .prediction = xcalloc((size_t)s->n_models + 1, sizeof *f->prediction),
    };
    timings_load(&f->timings, s, place);
    if (with->stale)
        timings_add_stale(&f->timings, &with->all, place);
    return predict_all(f);
}

static int lend(struct forecast *f, const struct cache_all *all)
{
    release_all(f);
    f->lenders = lenders_new(&f->timings, f->place, all);
    f->timings.lenders = f->lenders;
    return predict_all(f);
}

static void estimate(struct forecast *f, const struct cache_all *all)
{
    release_all(f);
    f->estimator = estimator_new(&f->timings, f->place, all->n, all->places);
    f->timings.estimator = f->estimator;
    predict_all(f);
}

void forecasts_init(struct forecast *f, int n, const struct cache_place *const *chosen,
                    struct suite *s, const struct substitutes *with)
{
    bool lacks = false;
    for (int i = 0; i < n; i++)
        lacks = load(&f[i], s, chosen[i], with) > 0 || lacks;
    if (!lacks || !(with->lent || with->estimates))
        return;
    forecasts_release(f, n);
    for (int i = 0; i < n; i++)
        cache_add_bricks(chosen[i], s, ENOUGH_BRICKS);
    for (int i = 0; i < n; i++) {
        int n_lacking = load(&f[i], s, chosen[i], with);
        if (n_lacking && with->lent)
            n_lacking = lend(&f[i], &with->all);
        if (n_lacking && with->estimates)
            estimate(&f[i], &with->all);
    }
}

void forecasts_release(struct forecast *f, int n)
{
    for (int i = 0; i < n; i++) {
        release_all(&f[i]);
        estimator_free(f[i].estimator);
        lenders_free(f[i].lenders);
        timings_release(&f[i].timings);
        free(f[i].prediction);
        f[i] = (struct forecast){0};
    }
}

int forecast_count_stale(const struct forecast *f, int n, const struct prediction *p)
{
    bool *seen = xcalloc((size_t)f->timings.suite->n_bricks + 1, sizeof *seen);
    int n_stale = 0;
    for (int k = 0; k < n; k++)
        for (int i = 0; i < p[k].model->n_instances; i++) {
            bool *is_seen = &seen[p[k].model->instances[i].brick];
            bool stale = !*is_seen && p[k].times[i].stale_from;
            n_stale += stale;
            *is_seen = *is_seen || stale;
        }
    free(seen);
    return n_stale;
}
