#include "predict/compare.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/statistics.h"

// Relative standard error.
static double sigma_of(const struct prediction *p)
{
    return (p->high_ns - p->low_ns) / (2 * z95 * p->time_ns);
}

struct ratio prediction_ratio(const struct prediction *p, const struct prediction *baseline)
{
    if (p->n_missing || baseline->n_missing)
        return (struct ratio){NAN, NAN, NAN};
    // One and the same prediction is not off against itself.
    bool same = p == baseline;
    double value = p->time_ns / baseline->time_ns;
    double factor = same ? 1 : exp(z95 * hypot(sigma_of(p), sigma_of(baseline)));
    return (struct ratio){value, value / factor, value * factor};
}

static double difference(const struct contribution *c)
{
    return fabs(c->time_ns - c->baseline_ns);
}

static int by_difference(const void *a, const void *b)
{
    const struct contribution *x = a, *y = b;
    double u = difference(x), v = difference(y);
    return u != v ? (u < v ? 1 : -1) : x->brick - y->brick;
}

static void add(struct contribution *list, const struct prediction *p, bool is_baseline)
{
    for (int i = 0; i < p->model->n_instances; i++) {
        const struct instance *instance = &p->model->instances[i];
        struct contribution *c = &list[instance->brick];
        c->brick = instance->brick;
        *(is_baseline ? &c->n_baseline : &c->n) += 1;
        *(is_baseline ? &c->baseline_ns : &c->time_ns) += p->times[i].time_ns;
        c->estimated = c->estimated || p->times[i].estimated_from;
        c->stale = c->stale || p->times[i].stale_from;
        c->lent = c->lent || p->times[i].lent_from;
        c->missing = c->missing || !p->times[i].known;
        if (!c->instance)
            c->instance = instance;
    }
}

struct contribution *contributions_find(const struct suite *s, const struct prediction *p,
                                        const struct prediction *baseline, int *n)
{
    struct contribution *list = xcalloc((size_t)s->n_bricks + 1, sizeof *list);
    add(list, p, false);
    add(list, baseline, true);
    *n = 0;
    for (int i = 0; i < s->n_bricks; i++)
        if (list[i].n + list[i].n_baseline)
            list[(*n)++] = list[i];
    qsort(list, (size_t)*n, sizeof *list, by_difference);
    return list;
}

struct spread ratios_spread(int n, const struct ratio *ratios)
{
    struct spread s = {0, NAN, NAN, NAN, NONE, NONE};
    double logs = 0;
    for (int i = 0; i < n; i++) {
        double value = ratios[i].value;
        if (isnan(value))
            continue;
        logs += log(value);
        if (s.n == 0 || value < s.lowest) {
            s.lowest = value;
            s.lowest_of = i;
        }
        if (s.n++ == 0 || value > s.highest) {
            s.highest = value;
            s.highest_of = i;
        }
    }
    s.geometric_mean = s.n ? exp(logs / s.n) : NAN;
    return s;
}
