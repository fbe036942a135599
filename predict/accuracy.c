#include "predict/accuracy.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

double outcome_error(const struct outcome *o)
{
    return o->predicted.value / o->measured.value - 1;
}

bool outcome_in_range(const struct outcome *o)
{
    return o->predicted.low <= o->measured.value && o->measured.value <= o->predicted.high;
}

// Half of an interval, relative to its value.
static double half_width(struct interval i)
{
    return (i.high - i.low) / 2 / i.value;
}

static double share_within(const double *sorted, int n, double limit)
{
    int k = 0;
    while (k < n && sorted[k] <= limit)
        k++;
    return (double)k / n;
}

static double mean(const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

// |error| and everything that depends on it alone.
static void judge_errors(struct accuracy *a, double *errors, int n)
{
    a->bias = mean(errors, n);
    for (int i = 0; i < n; i++)
        errors[i] = fabs(errors[i]);
    sort_doubles(errors, n);
    a->mean = mean(errors, n);
    a->median = quantile_sorted(errors, n, 0.5);
    a->p90 = quantile_sorted(errors, n, 0.9);
    a->worst = errors[n - 1];
    a->within_2 = share_within(errors, n, 0.02);
    a->within_5 = share_within(errors, n, 0.05);
    a->within_10 = share_within(errors, n, 0.1);
}

struct accuracy accuracy_of(int n, const struct outcome *outcomes)
{
    struct accuracy a = {.n = n};
    if (n == 0)
        return a;
    double *x = xmalloc((size_t)n * sizeof *x);
    int covered = 0;
    for (int i = 0; i < n; i++) {
        x[i] = outcome_error(&outcomes[i]);
        covered += outcome_in_range(&outcomes[i]);
    }
    judge_errors(&a, x, n);
    a.coverage = (double)covered / n;
    for (int i = 0; i < n; i++)
        x[i] = half_width(outcomes[i].predicted);
    a.half_width = median(x, n);
    for (int i = 0; i < n; i++)
        x[i] = outcomes[i].noise;
    a.noise = median(x, n);
    free(x);
    return a;
}

// Ranks from 1 on.
static void rank(const double *x, int n, double *out)
{
    for (int i = 0; i < n; i++) {
        int less = 0, equal = 0; // equal counts x[i] itself
        for (int k = 0; k < n; k++) {
            less += x[k] < x[i];
            equal += !(x[k] < x[i]) && !(x[k] > x[i]);
        }
        out[i] = less + (equal + 1) / 2.0;
    }
}

// Pearson's correlation of ranks, whose mean is (n + 1) / 2.
static double correlation(const double *a, const double *b, int n)
{
    double middle = (n + 1) / 2.0, ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        ab += (a[i] - middle) * (b[i] - middle);
        aa += (a[i] - middle) * (a[i] - middle);
        bb += (b[i] - middle) * (b[i] - middle);
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

double rank_correlation(int n, const struct outcome *outcomes)
{
    if (n < 2)
        return NAN;
    size_t bytes = (size_t)n * sizeof(double);
    double *x = xmalloc(bytes), *measured = xmalloc(bytes), *predicted = xmalloc(bytes);
    for (int i = 0; i < n; i++)
        x[i] = outcomes[i].measured.value;
    rank(x, n, measured);
    for (int i = 0; i < n; i++)
        x[i] = outcomes[i].predicted.value;
    rank(x, n, predicted);
    double result = correlation(measured, predicted, n);
    free(x);
    free(measured);
    free(predicted);
    return result;
}

// How far a measured median is known: visits far apart may agree by chance.
static double uncertainty(const struct outcome *o)
{
    return fmax(o->noise, half_width(o->measured));
}

static bool wrong_winner(const struct outcome *a, const struct outcome *b)
{
    return (a->measured.value - b->measured.value) * (a->predicted.value - b->predicted.value) < 0;
}

// Whether the measured times differ by more than the noise of both.
static bool differ_clearly(const struct outcome *a, const struct outcome *b)
{
    double apart = fabs(log(a->measured.value / b->measured.value));
    return apart > hypot(uncertainty(a), uncertainty(b));
}

// The same whichever of the two is above the line.
static double ratio_error(const struct outcome *a, const struct outcome *b)
{
    double predicted = a->predicted.value / b->predicted.value;
    double measured = a->measured.value / b->measured.value;
    return expm1(fabs(log(predicted / measured)));
}

struct pairs accuracy_of_pairs(int n, const struct outcome *outcomes)
{
    struct pairs p = {0};
    if (n < 2)
        return p;
    double *errors = xcalloc((size_t)n * (size_t)(n - 1) / 2, sizeof *errors);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++) {
            const struct outcome *a = &outcomes[i], *b = &outcomes[k];
            bool wrong = wrong_winner(a, b);
            errors[p.n++] = ratio_error(a, b);
            p.n_wrong += wrong;
            p.n_wrong_clear += wrong && differ_clearly(a, b);
        }
    sort_doubles(errors, p.n);
    p.mean = mean(errors, p.n);
    p.p90 = quantile_sorted(errors, p.n, 0.9);
    p.worst = errors[p.n - 1];
    free(errors);
    return p;
}
