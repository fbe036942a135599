#include "predict/smooth.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// Features are logarithms to the base of 2: points some octaves away in several of them are not
// near any more. Chosen, as is the weight of the level before, with tests/perf/learning_curve.sh.
static const double near_octaves = 4, nearer_octaves = 2, before_weight = 0.5;

static int compare(const void *a, const void *b)
{
    double x = ((const struct smooth_point *)a)->y, y = ((const struct smooth_point *)b)->y;
    return (x > y) - (x < y);
}

void smooth_init(struct smooth *s, int n, const struct smooth_point *points)
{
    *s = (struct smooth){n, xcalloc((size_t)n + 1, sizeof *s->points)};
    for (int i = 0; i < n; i++)
        s->points[i] = points[i];
    qsort(s->points, (size_t)n, sizeof *s->points, compare);
}

void smooth_release(struct smooth *s)
{
    free(s->points);
    *s = (struct smooth){0};
}

static double nearness(const struct smooth_point *a, const struct smooth_point *b, double octaves)
{
    double squares = 0;
    for (int i = 0; i < SMOOTH_FEATURES; i++)
        squares += (a->x[i] - b->x[i]) * (a->x[i] - b->x[i]);
    return exp(-squares / (2 * octaves * octaves));
}

static double weight_all(const struct smooth_point *a, const struct smooth_point *b)
{
    (void)a, (void)b;
    return 1;
}

static double weight_near(const struct smooth_point *a, const struct smooth_point *b)
{
    return nearness(a, b, near_octaves);
}

// What is far counts little even in its class: a small product is limited by the caches, a large
// one by memory.
static double weight_near_in_class(const struct smooth_point *a, const struct smooth_point *b)
{
    return a->class == b->class ? nearness(a, b, near_octaves) : 0;
}

static double weight_nearer_in_class(const struct smooth_point *a, const struct smooth_point *b)
{
    return a->class == b->class ? nearness(a, b, nearer_octaves) : 0;
}

typedef double weight_of(const struct smooth_point *a, const struct smooth_point *b);

// Weighted quantile: half of a value's weight lies below it, and between two values it is linear.
static double quantile(const struct smooth *s, const double *weight, double total, double q)
{
    double below = 0, at = NAN, value = NAN;
    for (int i = 0; i < s->n; i++) {
        if (!(weight[i] > 0))
            continue;
        double middle = below + weight[i] / 2, y = s->points[i].y;
        if (middle >= q * total)
            return isnan(value) ? y : value + (y - value) * (q * total - at) / (middle - at);
        below += weight[i];
        at = middle;
        value = y;
    }
    return value;
}

double smooth_at(const struct smooth *s, const struct smooth_point *at, double q)
{
    static weight_of *const levels[] = {weight_all, weight_near, weight_near_in_class,
                                        weight_nearer_in_class};
    double *weight = xcalloc((size_t)s->n + 1, sizeof *weight), result = NAN;
    for (size_t level = 0; level < sizeof levels / sizeof *levels; level++) {
        double total = 0;
        for (int i = 0; i < s->n; i++) {
            const struct smooth_point *p = &s->points[i];
            weight[i] = p->group == at->group ? 0 : levels[level](p, at);
            total += weight[i];
        }
        if (!(total > 0))
            continue;
        double own = quantile(s, weight, total, q);
        result =
            isnan(result) ? own : (total * own + before_weight * result) / (total + before_weight);
    }
    free(weight);
    return result;
}

double smooth_support(const struct smooth *s, const struct smooth_point *at)
{
    double support = 0;
    for (int i = 0; i < s->n; i++)
        if (s->points[i].group != at->group)
            support += weight_nearer_in_class(&s->points[i], at);
    return support;
}
