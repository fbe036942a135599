#include "bricks/footprint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/plan.h"

// Constants of the timing policy: tests/perf/constants.sh WORK per_octave=1,2,4 llc_multiple=1,3
// MODEL...
static const double first_kib = 256, per_octave = 4;
static const double llc_multiple = 3;

double footprint_grid(int i)
{
    return round(first_kib * exp2(i / per_octave)) * 1024;
}

double footprint_far(double last_level_cache)
{
    return llc_multiple * last_level_cache;
}

double footprint_point(double footprint, double far)
{
    int i = 0;
    while (footprint_grid(i) < footprint && footprint_grid(i) < far)
        i++;
    double high = footprint_grid(i);
    if (i == 0 || footprint >= high)
        return high;
    double low = footprint_grid(i - 1);
    return footprint * footprint < low * high ? low : high;
}

// Bytes that `count` finds in a model's plan.
static double planned_bytes(const struct suite *s, const struct model *m,
                            size_t (*count)(const struct plan *plan))
{
    if (m->footprint > 0)
        return m->footprint;
    struct graph *g = suite_model_graph(s, m);
    struct plan plan;
    plan_init(&plan, g);
    double bytes = (double)count(&plan);
    plan_release(&plan);
    graph_release(g);
    free(g);
    return bytes;
}

double model_footprint(const struct suite *s, const struct model *m)
{
    return planned_bytes(s, m, plan_footprint);
}

double model_memory(const struct suite *s, const struct model *m)
{
    return planned_bytes(s, m, plan_memory);
}

void demand_add(struct demand *d, double footprint, double uses)
{
    int i = 0;
    while (i < d->n && d->footprint[i] < footprint)
        i++;
    if (i == d->n || d->footprint[i] != footprint) {
        size_t bytes = (size_t)(d->n + 1) * sizeof(double);
        size_t tail = (size_t)(d->n - i) * sizeof(double);
        d->footprint = xrealloc(d->footprint, bytes);
        d->uses = xrealloc(d->uses, bytes);
        memmove(d->footprint + i + 1, d->footprint + i, tail);
        memmove(d->uses + i + 1, d->uses + i, tail);
        d->footprint[i] = footprint;
        d->uses[i] = 0;
        d->n++;
    }
    d->uses[i] += uses;
}

int demand_find(const struct demand *d, double footprint)
{
    for (int i = 0; i < d->n; i++)
        if (d->footprint[i] == footprint)
            return i;
    return NONE;
}

struct demand *demands_of_suite(const struct suite *s, double far, double *footprints)
{
    struct demand *demands = xcalloc((size_t)s->n_bricks, sizeof *demands);
    for (int m = 0; m < s->n_models; m++) {
        const struct model *model = &s->models[m];
        double footprint = model_footprint(s, model);
        double point = footprint_point(footprint, far);
        if (footprints)
            footprints[m] = footprint;
        for (int i = 0; i < model->n_instances; i++)
            demand_add(&demands[model->instances[i].brick], point, 1);
    }
    return demands;
}

struct demand *demands_at(const struct suite *s, double far, int n, const double *footprints)
{
    struct demand *demands = xcalloc((size_t)s->n_bricks, sizeof *demands);
    for (int m = 0; m < s->n_models; m++)
        for (int i = 0; i < s->models[m].n_instances; i++)
            for (int k = 0; k < n; k++)
                demand_add(&demands[s->models[m].instances[i].brick],
                           footprint_point(footprints[k], far), 1);
    return demands;
}

void demand_release(struct demand *d)
{
    free(d->footprint);
    free(d->uses);
    *d = (struct demand){0};
}

void demands_free(struct demand *demands, int n)
{
    for (int i = 0; i < n; i++)
        demand_release(&demands[i]);
    free(demands);
}
