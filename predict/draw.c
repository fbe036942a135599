#include "predict/draw.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"

// A delay is what takes a quarter and two microseconds more than usual.
static const double delay_share = 0.25, delay_least_ns = 2000;

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

int delays_split(struct delays *d, const double *sorted_ns, int n)
{
    double middle = quantile_sorted(sorted_ns, n, 0.5);
    double limit = middle * (1 + delay_share) + delay_least_ns;
    int kept = n;
    while (sorted_ns[kept - 1] > limit)
        kept--;
    if (!d)
        return kept;
    grow(&d->delay_ns, &d->capacity, d->n + n - kept, sizeof *d->delay_ns);
    for (int i = kept; i < n; i++)
        d->delay_ns[d->n++] = sorted_ns[i] - middle;
    d->total_ns += n * middle;
    return kept;
}

// splitmix64: a well mixed number for each x.
static uint64_t mixed(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

// Run r's place, 0 to N_DRAWS - 1, in the order of step i: r * stride + start modulo a prime visits
// every place once.
static uint64_t place(uint64_t i, uint64_t r)
{
    uint64_t random = mixed(i);
    return (r * (1 + random % (N_DRAWS - 1)) + (random >> 32)) % N_DRAWS;
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
    uint64_t drawn = 0;
    for (uint64_t r = 0; d->n > 0 && r < N_DRAWS; r++) {
        int k = poisson_quantile(expected, ((double)place(UINT64_MAX, r) + 0.5) / N_DRAWS);
        while (k-- > 0)
            sums[r] += d->delay_ns[mixed(drawn++) % (uint64_t)d->n];
    }
}

void draw_runs(int n, const struct samples *const *steps, const struct delays *d, double *sums)
{
    double time_ns = 0;
    memset(sums, 0, N_DRAWS * sizeof *sums);
    for (int i = 0; i < n; i++) {
        time_ns += quantile_sorted(steps[i]->time_ns, steps[i]->n, 0.5);
        for (uint64_t r = 0; r < N_DRAWS; r++) {
            double q = ((double)place((uint64_t)i, r) + 0.5) / N_DRAWS;
            sums[r] += quantile_sorted(steps[i]->time_ns, steps[i]->n, q);
        }
    }
    draw_delays(d, time_ns, sums);
    sort_doubles(sums, N_DRAWS);
}
