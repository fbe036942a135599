#include "predict/draw.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/statistics.h"

// A delay is what takes a quarter and two microseconds more than usual. Of all three constants:
// tests/perf/constants.sh WORK delay_share=0.1,0.25,0.5 RARE=3,6,12 MODEL...
static const double delay_share = 0.25, delay_least_ns = 2000;
// What happens to more than one sample in so many comes from the step itself: it stands in several
// places of its models, and what it writes was last another core's in some of them.
enum { RARE = 6 };
// How often a delay comes that is larger than so much of all that was watched, nobody can tell: it
// counts as so much.
static const double largest_part = 0.01;

void samples_release(struct samples *s)
{
    free(s->time_ns);
    *s = (struct samples){0};
}

void delays_release(struct delays *d)
{
    free(d->delay_ns);
    *d = (struct delays){0};
}

double delay_limit_ns(double median_ns)
{
    return median_ns * (1 + delay_share) + delay_least_ns;
}

int delays_split(struct delays *d, const double *sorted_ns, int n)
{
    double middle = quantile_sorted(sorted_ns, n, 0.5);
    int kept = n;
    while (sorted_ns[kept - 1] > delay_limit_ns(middle))
        kept--;
    if (n - kept > 1 && (n - kept) * RARE > n)
        kept = n;
    if (!d)
        return kept;
    grow(&d->delay_ns, &d->capacity, d->n + n - kept, sizeof *d->delay_ns);
    for (int i = kept; i < n; i++)
        d->delay_ns[d->n++] = sorted_ns[i] - middle;
    d->total_ns += n * middle;
    return kept;
}

static uint64_t number(uint64_t i)
{
    return random_mixed(i + RANDOM_STEP);
}

// An order of the runs: r * stride + start modulo a prime visits every place once.
struct order {
    uint64_t stride, start;
};

static struct order order_of(uint64_t i)
{
    uint64_t random = number(i);
    return (struct order){1 + random % (N_DRAWS - 1), random >> 32};
}

// The quantile that run r draws.
static double quantile_of(const struct order *o, uint64_t r)
{
    return ((double)((r * o->stride + o->start) % N_DRAWS) + 0.5) / N_DRAWS;
}

// How often an event that is expected so many times happens in the fraction q of all runs: the
// quantile of the Poisson distribution.
static int poisson_quantile(double expected, double q)
{
    double p = exp(-expected), sum = p;
    int k = 0;
    while (sum < q && k < 10 * expected + 20) {
        p *= expected / ++k;
        sum += p;
    }
    return k;
}

static void draw_delays(const struct delays *d, double time_ns, double *sums)
{
    enum { MANY = 500 }; // exp(-MANY) is still a number
    double expected = d->total_ns > 0 ? fmin(d->n * time_ns / d->total_ns, MANY) : 0;
    double most_ns = largest_part * d->total_ns;
    struct order order = order_of(UINT64_MAX);
    uint64_t drawn = 0;
    for (uint64_t r = 0; d->n > 0 && r < N_DRAWS; r++) {
        int k = poisson_quantile(expected, quantile_of(&order, r));
        while (k-- > 0)
            sums[r] += fmin(d->delay_ns[number(drawn++) % (uint64_t)d->n], most_ns);
    }
}

void draw_runs(int n, const struct samples *const *steps, const struct delays *d, double *sums)
{
    double time_ns = 0;
    memset(sums, 0, N_DRAWS * sizeof *sums);
    for (int i = 0; i < n; i++) {
        const struct samples *s = steps[i];
        struct order order = order_of((uint64_t)i);
        time_ns += quantile_sorted(s->time_ns, s->n, 0.5);
        for (uint64_t r = 0; r < N_DRAWS; r++)
            sums[r] += quantile_sorted(s->time_ns, s->n, quantile_of(&order, r));
    }
    draw_delays(d, time_ns, sums);
    sort_doubles(sums, N_DRAWS);
}
