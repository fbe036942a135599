#include "runner/visit.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "runner/watch.h"

enum { MIN_RUNS = 5, MAX_RUNS = 1000 };

void visits_release(struct visits *v)
{
    free(v->time_ns);
    free(v->visit);
    *v = (struct visits){0};
}

static double timed_run(const struct loaded_graph *l, const struct clock *clock)
{
    uint64_t start = clock_now(clock);
    program_run(&l->program);
    return (double)(clock_now(clock) - start);
}

static struct condition condition_now(const struct loaded_graph *l, const struct clock *clock)
{
    struct watch watch;
    watch_begin(&watch, l->program.engine, clock);
    return watch.condition;
}

void visit_model(const struct loaded_graph *l, const struct clock *clock, double min_s,
                 struct visits *v)
{
    struct visit visit = {.first = v->n, .before = condition_now(l, clock)};
    grow(&v->time_ns, &v->capacity, v->n + MAX_RUNS, sizeof *v->time_ns);
    timed_run(l, clock);
    double total_s = 0;
    for (int i = 0; i < MAX_RUNS && (i < MIN_RUNS || total_s < min_s); i++) {
        double time_ns = timed_run(l, clock);
        v->time_ns[v->n++] = time_ns;
        total_s += time_ns * 1e-9;
    }
    visit.after = condition_now(l, clock);
    visit.end = v->n;
    grow(&v->visit, &v->visits_capacity, v->n_visits + 1, sizeof *v->visit);
    v->visit[v->n_visits++] = visit;
}

static bool is_within(const struct visit *visit, struct band band)
{
    return band_holds(band, visit->before.handoff_ns) && band_holds(band, visit->after.handoff_ns);
}

// Of the first `end` visits.
static int count_within(const struct visits *v, int end, struct band band)
{
    int n = 0;
    for (int i = 0; i < end; i++)
        n += is_within(&v->visit[i], band);
    return n;
}

int visits_within(const struct visits *v, struct band band)
{
    return count_within(v, v->n_visits, band);
}

struct band visits_prevailing(const struct visits *v)
{
    double *handoffs_ns = xmalloc(2 * (size_t)v->n_visits * sizeof *handoffs_ns);
    for (int i = 0; i < v->n_visits; i++) {
        handoffs_ns[2 * i] = v->visit[i].before.handoff_ns;
        handoffs_ns[2 * i + 1] = v->visit[i].after.handoff_ns;
    }
    struct band band = band_prevailing(2 * v->n_visits, handoffs_ns);
    free(handoffs_ns);
    return band;
}

// Copies the times of all runs of visits [first, end) within the band to out; returns how many.
static int select_from(const struct visits *v, int first, int end, struct band band, double *out)
{
    int n = 0;
    for (int i = first; i < end; i++)
        for (int k = v->visit[i].first; is_within(&v->visit[i], band) && k < v->visit[i].end; k++)
            out[n++] = v->time_ns[k];
    return n;
}

// Medians of the visits within the band to out; returns how many.
static int select_medians(const struct visits *v, struct band band, double *out)
{
    int n = 0;
    for (int i = 0; i < v->n_visits; i++)
        if (is_within(&v->visit[i], band))
            out[n++] = median(v->time_ns + v->visit[i].first, v->visit[i].end - v->visit[i].first);
    return n;
}

static struct interval median_over_visits(const struct visits *v, struct band band)
{
    double *medians = xmalloc((size_t)v->n_visits * sizeof *medians);
    int n = select_medians(v, band, medians);
    struct interval interval = median_interval(medians, n);
    free(medians);
    return interval;
}

struct latency visits_latency(const struct visits *v, struct band band)
{
    if (visits_within(v, band) == 0)
        band = band_all();
    double *times = xmalloc((size_t)v->n * sizeof *times);
    int n = select_from(v, 0, v->n_visits, band, times);
    sort_doubles(times, n);
    struct interval over_runs = median_interval(times, n),
                    over_visits = median_over_visits(v, band);
    struct latency latency = {
        .p50 = {over_runs.value, fmin(over_runs.low, over_visits.low),
                fmax(over_runs.high, over_visits.high)},
        .p90 = quantile_sorted(times, n, 0.9),
        .p99 = quantile_sorted(times, n, 0.99),
        .least = times[0],
        .noise = visits_noise(v, band),
        .n_runs = n,
    };
    free(times);
    return latency;
}

double visits_noise(const struct visits *v, struct band band)
{
    int n = visits_within(v, band), middle = 0;
    if (n < 2)
        return 0;
    while (count_within(v, middle, band) < n / 2)
        middle++;
    double *times = xmalloc((size_t)v->n * sizeof *times);
    int n_early = select_from(v, 0, middle, band, times);
    double early = median(times, n_early);
    int n_late = select_from(v, middle, v->n_visits, band, times);
    double late = median(times, n_late);
    free(times);
    return fabs(late / early - 1);
}

// One run; returns how long its steps took together.
static double time_steps(const struct loaded_graph *l, const struct clock *clock, uint64_t origin,
                         double *start_ns, double *time_ns)
{
    double sum_ns = 0;
    for (int i = 0; i < l->program.n_steps; i++) {
        uint64_t start = clock_now(clock);
        program_run_steps(&l->program, i, i + 1);
        time_ns[i] = (double)(clock_now(clock) - start);
        start_ns[i] = (double)(start - origin);
        sum_ns += time_ns[i];
    }
    return sum_ns;
}

void visit_steps(const struct loaded_graph *l, const struct clock *clock, double min_s,
                 int most_runs, struct step_times *t)
{
    size_t n = (size_t)l->program.n_steps, size = n * (size_t)most_runs;
    double total_s = 0;
    *t = (struct step_times){
        .n_steps = l->program.n_steps,
        .start_ns = xcalloc(size, sizeof *t->start_ns),
        .time_ns = xcalloc(size, sizeof *t->time_ns),
    };
    program_run(&l->program);
    uint64_t origin = clock_now(clock);
    for (; t->n_runs < most_runs && (t->n_runs < MIN_RUNS || total_s < min_s); t->n_runs++) {
        size_t at = (size_t)t->n_runs * n;
        total_s += 1e-9 * time_steps(l, clock, origin, t->start_ns + at, t->time_ns + at);
    }
}

void step_times_release(struct step_times *t)
{
    free(t->start_ns);
    free(t->time_ns);
    *t = (struct step_times){0};
}

double step_times_median(const struct step_times *t, int step)
{
    double *times = xcalloc((size_t)t->n_runs, sizeof *times);
    for (int i = 0; i < t->n_runs; i++)
        times[i] = t->time_ns[i * t->n_steps + step];
    double middle = median(times, t->n_runs);
    free(times);
    return middle;
}
