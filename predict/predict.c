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
// the model's time: a margin of 1 %, chosen by looking at validate runs (`./setup.sh demo`). It is
// no measured quantity and is yet to be calibrated.
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

const struct series *timings_series(const struct timings *t, int brick, int run, double footprint)
{
    const struct record *r = &t->records[brick][run];
    const struct record *newest = newest_record(t->records[brick], t->n_records[brick]);
    // samples of different implementations are never pooled
    if (strcmp(r->implementation, newest->implementation) != 0)
        return NULL;
    const struct series *s = record_find(r, footprint);
    return s && s->n ? s : NULL;
}

// Sums over runs, from which come their mean and its error.
struct runs {
    int n;
    double sum, squares, variances;
};

static void add_run(struct runs *runs, const struct series *s)
{
    struct interval m = median_interval(s->time_ns, s->n);
    double sigma = (m.high - m.low) / 2 / z95;
    runs->n++;
    runs->sum += m.value;
    runs->squares += m.value * m.value;
    runs->variances += sigma * sigma;
}

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

// Time at a point of the grid.
static struct brick_time time_at_point(const struct timings *t, int brick, double footprint)
{
    struct brick_time result = {0};
    struct runs runs = {0};
    for (int i = 0; i < t->n_records[brick]; i++) {
        const struct series *s = timings_series(t, brick, i, footprint);
        if (!s)
            continue;
        int64_t taken = t->records[brick][i].unix_time;
        add_run(&runs, s);
        if (!result.oldest || taken < result.oldest)
            result.oldest = taken;
        if (taken > result.newest)
            result.newest = taken;
    }
    if (runs.n)
        combine_runs(&runs, &result);
    return result;
}

// What differs between runs does so at both points alike, so their errors add up plainly.
static struct brick_time between_points(const struct brick_time *low, const struct brick_time *high,
                                        double at)
{
    return (struct brick_time){
        .known = true,
        .time_ns = (1 - at) * low->time_ns + at * high->time_ns,
        .sigma_ns = (1 - at) * low->sigma_ns + at * high->sigma_ns,
        .runs = low->runs < high->runs ? low->runs : high->runs,
        .newest = low->newest > high->newest ? low->newest : high->newest,
        .oldest = low->oldest < high->oldest ? low->oldest : high->oldest,
    };
}

struct brick_time brick_time(const struct timings *t, int brick, double footprint)
{
    struct footprint_span span = footprint_span(footprint, t->far);
    struct brick_time low = time_at_point(t, brick, span.low);
    struct brick_time high = time_at_point(t, brick, span.high);
    if (!low.known || !high.known)
        return (struct brick_time){0};
    struct brick_time result = between_points(&low, &high, span.at);
    const struct record *newest = newest_record(t->records[brick], t->n_records[brick]);
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

double cost_estimate(const struct brick *brick, int n_footprints, const double *footprint,
                     const struct probe *probe)
{
    // Passes over a surrogate model at each footprint: three rounds of three warm and four timed
    // ones. A surrogate is shared by a few bricks; its steps want their memory and then compute.
    static const double passes = 21, sharing = 3, binding_s = 2e-3;
    double peak = probe_peak(probe) > 0 ? probe_peak(probe) : 100;
    double bandwidth = probe->gbps_memory > 0 ? probe->gbps_memory : 10;
    struct work work = work_graph(brick->graph);
    double own_ns = work.flops / (0.5 * peak) + 3 * work.bytes / bandwidth + 2000, cost_s = 0;
    for (int i = 0; i < n_footprints; i++) {
        double pass_ns = footprint[i] / (bandwidth / 2) + own_ns;
        cost_s += passes * pass_ns * 1e-9 / sharing + binding_s;
    }
    return cost_s;
}
