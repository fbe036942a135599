#include "predict/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "bricks/work.h"
#include "predict/estimate.h"

// Half-width of a normal 95 % interval in standard errors.
static const double z95 = 1.96;
// Standard error of a time under another condition, relative: far cores cost up to a third.
static const double other_condition = 0.15;
// What the neighbours of a brick inside a real model change that no surrogate shows, relative to
// the model's time. So that 95 % intervals hold nine of ten measured medians: over 15 models and
// four runs (tests/perf/accuracy) 1 % holds 77 % of them, 1.5 % 83 %, 2 % 90 %.
static const double composition_spread = 0.02;

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
    timings_survey(t);
}

struct handoffs {
    int n, capacity;
    double *ns;
};

// The hot loop says little about how cores talk to each other.
static void collect_handoffs(struct handoffs *h, const struct record *r)
{
    for (int i = 0; i < r->n_series; i++) {
        const struct series *s = &r->series[i];
        if (s->footprint == 0)
            continue;
        grow(&h->ns, &h->capacity, h->n + s->n, sizeof *h->ns);
        for (int k = 0; k < s->n; k++)
            h->ns[h->n++] = s->conditions[k].handoff_ns;
    }
}

static void find_band(struct timings *t)
{
    struct handoffs h = {0};
    for (int i = 0; i < t->suite->n_bricks; i++)
        for (int k = 0; k < t->n_records[i]; k++)
            collect_handoffs(&h, &t->records[i][k]);
    t->band = band_prevailing(h.n, h.ns);
    free(h.ns);
}

static void collect_delays(struct timings *t, const struct record *r)
{
    for (int i = 0; i < r->n_series; i++) {
        const struct series *s = &r->series[i];
        double *times = xmalloc((size_t)s->n * sizeof *times);
        int n = s->footprint > 0 ? series_select(s, t->band, times) : 0;
        sort_doubles(times, n);
        if (n)
            delays_split(&t->delays, times, n);
        free(times);
    }
}

void timings_survey(struct timings *t)
{
    find_band(t);
    for (int i = 0; i < t->suite->n_bricks; i++)
        for (int k = 0; k < t->n_records[i]; k++)
            collect_delays(t, &t->records[i][k]);
}

void timings_release(struct timings *t)
{
    for (int i = 0; !t->borrowed && i < t->suite->n_bricks; i++) {
        for (int k = 0; k < t->n_records[i]; k++)
            record_release(&t->records[i][k]);
        free(t->records[i]);
    }
    delays_release(&t->delays);
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

// What the runs say, each by itself.
struct runs {
    int n;
    double sum, squares, variances; // of their medians; of the medians' errors
};

static void add_run(struct runs *runs, const double *time_ns, int n)
{
    struct interval m = median_interval(time_ns, n);
    double sigma = (m.high - m.low) / 2 / z95;
    runs->n++;
    runs->sum += m.value;
    runs->squares += m.value * m.value;
    runs->variances += sigma * sigma;
}

// Standard error of the time: within runs and between them.
static double runs_sigma(const struct runs *r)
{
    double mean = r->sum / r->n;
    double within = r->variances / r->n / r->n;
    double between = r->n > 1 ? fmax(r->squares / r->n - mean * mean, 0) / (r->n - 1) : 0;
    return sqrt(within + between);
}

static void note_age(struct brick_time *t, int64_t taken)
{
    if (!t->oldest || taken < t->oldest)
        t->oldest = taken;
    if (taken > t->newest)
        t->newest = taken;
}

// All samples of the band, from all runs.
static void collect(struct brick_time *result, const struct timings *t, int brick, double point,
                    struct band band)
{
    struct runs runs = {0};
    struct samples *all = &result->samples;
    for (int i = 0; i < t->n_records[brick]; i++) {
        const struct series *s = timings_series(t, brick, i, point);
        if (!s)
            continue;
        all->time_ns = xrealloc(all->time_ns, (size_t)(all->n + s->n) * sizeof *all->time_ns);
        int n = series_select(s, band, all->time_ns + all->n);
        if (n == 0)
            continue;
        add_run(&runs, all->time_ns + all->n, n);
        all->n += n;
        note_age(result, t->records[brick][i].unix_time);
    }
    result->runs = runs.n;
    result->sigma_ns = runs.n ? runs_sigma(&runs) : 0;
}

struct brick_time brick_time(const struct timings *t, int brick, double footprint)
{
    struct brick_time result = {0};
    double point = footprint_point(footprint, t->far);
    collect(&result, t, brick, point, t->band);
    // where the prevailing condition was never met, the others must do
    bool other = result.runs == 0;
    if (other)
        collect(&result, t, brick, point, band_all());
    if (result.runs == 0) {
        brick_time_release(&result);
        return (struct brick_time){0};
    }
    sort_doubles(result.samples.time_ns, result.samples.n);
    result.known = true;
    result.time_ns = quantile_sorted(result.samples.time_ns, result.samples.n, 0.5);
    result.samples.n = delays_split(NULL, result.samples.time_ns, result.samples.n);
    result.sigma_ns += other ? other_condition * result.time_ns : 0;
    const struct record *newest = newest_record(t->records[brick], t->n_records[brick]);
    result.implementation = newest->implementation;
    result.hot_ns = series_median(record_find(newest, 0), band_all());
    return result;
}

void brick_time_release(struct brick_time *time)
{
    samples_release(&time->samples);
}

// Counts the model's unique bricks, those whose time is not known, and the estimated ones.
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
        p->n_estimated += p->times[i].estimated_from != NULL;
    }
    free(seen);
}

// Replaces the sum of the medians by the median of the sums.
static void draw(struct prediction *p, const struct delays *delays)
{
    const struct samples **steps = xcalloc((size_t)p->model->n_instances + 1, sizeof *steps);
    double sums[N_DRAWS];
    int n = 0;
    for (int i = 0; i < p->model->n_instances; i++)
        if (p->times[i].known)
            steps[n++] = &p->times[i].samples;
    draw_runs(n, steps, delays, sums);
    double drawn_ns = quantile_sorted(sums, N_DRAWS, 0.5);
    p->delays_ns = drawn_ns - p->time_ns;
    p->time_ns = drawn_ns;
    free(steps);
}

static void sum_up(struct prediction *p, const struct delays *delays)
{
    double variance = 0;
    for (int i = 0; i < p->model->n_instances; i++) {
        const struct brick_time *t = &p->times[i];
        if (!t->known)
            continue;
        p->time_ns += t->time_ns;
        if (t->estimated_from) {
            p->estimated_ns += t->time_ns;
            continue;
        }
        p->hot_ns += t->hot_ns;
        variance += t->sigma_ns * t->sigma_ns;
        if (!p->runs || t->runs < p->runs)
            p->runs = t->runs;
        if (!p->oldest || t->oldest < p->oldest)
            p->oldest = t->oldest;
    }
    draw(p, delays);
    variance += estimates_variance(p);
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
    for (int i = 0; i < m->n_instances; i++) {
        p->times[i] = brick_time(t, m->instances[i].brick, p->footprint);
        if (!p->times[i].known && t->estimator)
            p->times[i] = estimator_time(t->estimator, m->instances[i].brick, p->footprint);
    }
    count_bricks(p, t->suite->n_bricks);
    sum_up(p, &t->delays);
}

void prediction_release(struct prediction *p)
{
    for (int i = 0; i < p->model->n_instances; i++)
        brick_time_release(&p->times[i]);
    free(p->times);
    *p = (struct prediction){0};
}

double cost_estimate(const struct brick *brick, int n_footprints, const double *footprint,
                     const struct probe *probe)
{
    // Passes over a surrogate model at each footprint: two rounds of two warm and three timed
    // ones. A surrogate is shared by a few bricks; its steps want their memory and then compute.
    static const double passes = 10, sharing = 3, binding_s = 2e-3;
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
