#include "predict/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "bricks/work.h"

// Half-width of a normal 95 % interval in standard errors.
static const double z95 = 1.96;
// What the neighbours of a brick inside a real model change that no surrogate shows, relative to
// the model's time: the spread of well-measured models around the sum of their bricks.
static const double composition_spread = 0.01;

double place_far(const struct cache_place *place)
{
    double llc = (double)place->probe.effective_llc;
    if (llc <= 0)
        llc = (double)machine_last_level_cache(&place->machine);
    return footprint_far(llc > 0 ? llc : 32 << 20);
}

void timings_load(struct timings *t, const struct suite *suite, const struct cache_place *place)
{
    size_t n = (size_t)suite->n_bricks;
    *t = (struct timings){
        .suite = suite,
        .far = place_far(place),
        .n_records = xcalloc(n, sizeof *t->n_records),
        .records = xcalloc(n, sizeof *t->records),
    };
    for (int i = 0; i < suite->n_bricks; i++)
        t->n_records[i] = cache_find(place, suite->bricks[i], &t->records[i], &t->misses);
}

void timings_release(struct timings *t)
{
    for (int i = 0; !t->borrowed && i < t->suite->n_bricks; i++) {
        for (int k = 0; k < t->n_records[i]; k++)
            record_release(&t->records[i][k]);
        free(t->records[i]);
    }
    free(t->n_records);
    free(t->records);
    *t = (struct timings){0};
}

static const struct record *newest_record(const struct record *records, int n)
{
    const struct record *newest = NULL;
    for (int i = 0; i < n; i++)
        if (!newest || records[i].unix_time > newest->unix_time)
            newest = &records[i];
    return newest;
}

// One run's time at a footprint between two grid points, and its standard error.
static bool time_in_run(const struct record *r, const struct footprint_span *span, double *time_ns,
                        double *sigma_ns)
{
    const struct series *low = record_find(r, span->low), *high = record_find(r, span->high);
    if (!low || !high || low->n == 0 || high->n == 0)
        return false;
    struct interval a = median_interval(low->time_ns, low->n);
    struct interval b = median_interval(high->time_ns, high->n);
    double sa = (a.high - a.low) / 2 / z95, sb = (b.high - b.low) / 2 / z95;
    *time_ns = (1 - span->at) * a.value + span->at * b.value;
    *sigma_ns = hypot((1 - span->at) * sa, span->at * sb);
    return true;
}

// Adds one run's figures to the sums from which combine_runs makes a mean and its error.
struct runs {
    int n;
    double sum, squares, variances;
};

static void combine_runs(const struct runs *r, struct brick_time *t)
{
    double mean = r->sum / r->n;
    double within = r->variances / r->n / r->n;
    double between = r->n > 1 ? fmax(r->squares / r->n - mean * mean, 0) / (r->n - 1) : 0;
    t->time_ns = mean;
    t->sigma_ns = sqrt(within + between);
    t->runs = r->n;
    t->known = true;
}

struct brick_time brick_time(const struct timings *t, int brick, double footprint)
{
    struct brick_time result = {0};
    const struct record *newest = newest_record(t->records[brick], t->n_records[brick]);
    struct footprint_span span = footprint_span(footprint, t->far);
    struct runs runs = {0};
    for (int i = 0; i < t->n_records[brick]; i++) {
        const struct record *r = &t->records[brick][i];
        double time_ns, sigma_ns;
        // samples of different implementations are never pooled
        if (strcmp(r->implementation, newest->implementation) != 0 ||
            !time_in_run(r, &span, &time_ns, &sigma_ns))
            continue;
        runs.n++;
        runs.sum += time_ns;
        runs.squares += time_ns * time_ns;
        runs.variances += sigma_ns * sigma_ns;
        if (!result.oldest || r->unix_time < result.oldest)
            result.oldest = r->unix_time;
        if (r->unix_time > result.newest)
            result.newest = r->unix_time;
    }
    if (runs.n == 0)
        return result;
    combine_runs(&runs, &result);
    result.implementation = newest->implementation;
    const struct series *hot = record_find(newest, 0);
    result.hot_ns = hot && hot->n ? median(hot->time_ns, hot->n) : 0;
    return result;
}

// Counts the model's unique bricks and those whose time is not known.
static void count_bricks(struct prediction *p, int n_bricks)
{
    bool *seen = xcalloc((size_t)n_bricks, sizeof *seen);
    for (int i = 0; i < p->model->n_instances; i++) {
        int brick = p->model->instances[i].brick;
        if (seen[brick])
            continue;
        seen[brick] = true;
        p->n_bricks++;
        p->n_missing += !p->times[i].known;
    }
    free(seen);
}

static void sum_up(struct prediction *p)
{
    double variance = 0;
    for (int i = 0; i < p->model->n_instances; i++) {
        const struct brick_time *t = &p->times[i];
        if (!t->known)
            continue;
        p->time_ns += t->time_ns;
        p->hot_ns += t->hot_ns;
        variance += t->sigma_ns * t->sigma_ns;
        if (!p->runs || t->runs < p->runs)
            p->runs = t->runs;
        if (!p->oldest || t->oldest < p->oldest)
            p->oldest = t->oldest;
    }
    double half = z95 * sqrt(variance + pow(composition_spread * p->time_ns, 2));
    p->low_ns = p->time_ns - half;
    p->high_ns = p->time_ns + half;
}

void predict_model(struct prediction *p, const struct timings *t, const struct model *m)
{
    *p = (struct prediction){
        .model = m,
        .footprint = model_footprint(t->suite, m),
        .times = xcalloc((size_t)m->n_instances, sizeof *p->times),
    };
    for (int i = 0; i < m->n_instances; i++)
        p->times[i] = brick_time(t, m->instances[i].brick, p->footprint);
    count_bricks(p, t->suite->n_bricks);
    sum_up(p);
}

void prediction_release(struct prediction *p)
{
    free(p->times);
    *p = (struct prediction){0};
}

double cost_estimate(const struct brick *brick, int n_footprints, const struct probe *probe)
{
    // Runs per footprint: three rounds of three warm and four timed passes.
    static const double runs = 21;
    double peak = probe_peak(probe) > 0 ? probe_peak(probe) : 100;
    double bandwidth = probe->gbps_memory > 0 ? probe->gbps_memory : 10;
    struct work work = work_graph(brick->graph);
    double once_ns = work.flops / (0.5 * peak) + 3 * work.bytes / bandwidth + 2000;
    return runs * n_footprints * once_ns * 1e-9;
}
