#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const double z95 = 1.96;

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sort_doubles(double *x, int n)
{
    if (n > 0) // qsort wants an array even for nothing
        qsort(x, (size_t)n, sizeof *x, ascending);
}

double quantile_sorted(const double *sorted, int n, double q)
{
    double at = q * (n - 1);
    int i = (int)at;
    if (i >= n - 1)
        return sorted[n - 1];
    return sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
}

static double *sorted_copy(const double *x, int n)
{
    double *copy = xmalloc((size_t)n * sizeof *copy);
    memcpy(copy, x, (size_t)n * sizeof *copy);
    sort_doubles(copy, n);
    return copy;
}

double median(const double *x, int n)
{
    double *sorted = sorted_copy(x, n);
    double m = quantile_sorted(sorted, n, 0.5);
    free(sorted);
    return m;
}

struct interval median_interval(const double *x, int n)
{
    double *sorted = sorted_copy(x, n);
    // The number of samples below the median is binomial(n, 1/2); 1.96 of its deviations.
    int reach = n < 6 ? n : (int)ceil(0.98 * sqrt(n));
    int low = n / 2 - reach, high = (n - 1) / 2 + reach;
    struct interval result = {
        .value = quantile_sorted(sorted, n, 0.5),
        .low = sorted[low < 0 ? 0 : low],
        .high = sorted[high > n - 1 ? n - 1 : high],
    };
    free(sorted);
    return result;
}

double relative_error(const double *x, int n, double usual)
{
    double middle = median(x, n), squares = 0;
    for (int i = 0; i < n; i++)
        squares += (x[i] - middle) * (x[i] - middle);
    double own = middle > 0 ? squares / (middle * middle) : 0;
    return sqrt((own + usual * usual) / n / n);
}
