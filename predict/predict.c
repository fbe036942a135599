#include "predict/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "bricks/work.h"
#include "predict/estimate.h"
#include "predict/implementation.h"
#include "predict/lend.h"

// Standard error of a time under another condition, relative: far cores cost up to a third. Where
// they come and go, tests/perf/constants.sh WORK other_condition=0.05,0.15,0.3 MODEL... shows it.
static const double other_condition = 0.15;
// So that 95 % intervals hold the measured median in 90 to 99 % of cases: coverage.c over what
// `validate --json` said three times of 25 models at one thread and at two: 93.9 and 95.0 % of
// those of 1 ms and more, each with a spread fitted to the others (1.6 to 1.9 %).
const double composition_spread = 0.018;

double place_far(const struct cache_place *place)
{
    double llc = (double)place->probe.effective_llc;
    if (llc <= 0)
        llc = (double)machine_last_level_cache(&place->machine);
    return footprint_far(llc > 0 ? llc : 32 << 20);
}

// The first brick from number i on that has records and several steps, or how many bricks there
// are.
static int larger_brick(const struct timings *t, int i)
{
    while (i < t->suite->n_bricks && !(t->n_records[i] && t->suite->bricks[i]->graph->n_nodes > 1))
        i++;
    return i;
}

// Bricks of several steps have no choice of their own: they run what was chosen for their steps.
static void heed_choices(struct timings *t, const struct cache_place *place,
                         const struct step_records *known)
{
    struct step_records loaded = {0};
    const int n = t->suite->n_bricks, first = larger_brick(t, 0);
    if (first == n)
        return;
    if (!known)
        step_records_load(&loaded, t->suite, place);
    t->chosen = xcalloc((size_t)n, sizeof *t->chosen);
    for (int i = first; i < n; i = larger_brick(t, i + 1))
        t->chosen[i] = implementation_chosen(known ? known : &loaded, i,
                                             newest_record(t->records[i], t->n_records[i]));
    step_records_release(&loaded);
}

void timings_load(struct timings *t, const struct suite *suite, const struct cache_place *place)
{
    timings_load_with(t, suite, place, NULL);
}

void timings_load_with(struct timings *t, const struct suite *suite,
                       const struct cache_place *place, const struct step_records *steps)
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
    heed_choices(t, place, steps);
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
    for (int i = 0; !t->borrowed && i < t->suite->n_bricks; i++)
        records_free(t->records[i], t->n_records[i]);
    for (int i = 0; t->chosen && i < t->suite->n_bricks; i++)
        free(t->chosen[i]);
    delays_release(&t->delays);
    free(t->chosen);
    free(t->n_records);
    free(t->records);
    free(t->stale);
    *t = (struct timings){0};
}

static int count_own(const struct timings *t, int brick)
{
    return t->stale && t->stale[brick].place ? t->stale[brick].n_own : t->n_records[brick];
}

const struct cache_place *timings_stale(const struct timings *t, int brick, int run)
{
    return run < count_own(t, brick) ? NULL : t->stale[brick].place;
}

// Among those that are as stale, or as little, as record number `run`.
static const struct record *newest_like(const struct timings *t, int brick, int run)
{
    int n_own = count_own(t, brick);
    return run < n_own ? newest_record(t->records[brick], n_own)
                       : newest_record(t->records[brick] + n_own, t->n_records[brick] - n_own);
}

const char *timings_implementation(const struct timings *t, int brick, int run)
{
    bool own = run < count_own(t, brick);
    return own && t->chosen && t->chosen[brick] ? t->chosen[brick]
                                                : newest_like(t, brick, run)->implementation;
}

static const struct series *series_of(const struct timings *t, int brick, int run, double footprint)
{
    const struct record *r = &t->records[brick][run];
    // samples of different implementations are never pooled
    if (strcmp(r->implementation, timings_implementation(t, brick, run)) != 0)
        return NULL;
    const struct series *s = record_find(r, footprint);
    return s && s->n ? s : NULL;
}

const struct series *timings_series(const struct timings *t, int brick, int run, double footprint)
{
    int n_own = count_own(t, brick);
    for (int own = 0; run >= n_own && own < n_own; own++)
        if (series_of(t, brick, own, footprint))
            return NULL;
    return series_of(t, brick, run, footprint);
}

static void note_age(struct brick_time *t, int64_t taken)
{
    if (!t->oldest || taken < t->oldest)
        t->oldest = taken;
    if (taken > t->newest)
        t->newest = taken;
}

// Adds the samples of one series that the band holds to all, and to visits_ns what each visit says.
static int add_series(struct samples *all, double **visits_ns, int n_visits, const struct series *s,
                      struct band band)
{
    all->time_ns = xrealloc(all->time_ns, (size_t)(all->n + s->n) * sizeof *all->time_ns);
    all->n += series_select(s, band, all->time_ns + all->n);
    *visits_ns = xrealloc(*visits_ns, (size_t)(n_visits + s->n) * sizeof **visits_ns);
    return series_visits(s, band, *visits_ns + n_visits);
}

// Standard error of the time: by the visits, or by the runs where these differ by more.
static double sigma_of(const double *visits_ns, int n_visits, const double *runs_ns, int n_runs)
{
    double time_ns = median(visits_ns, n_visits);
    double by_visits = relative_error(visits_ns, n_visits, usual_spread(time_ns));
    double by_runs =
        n_runs > 1 ? relative_error(runs_ns, n_runs, 0) * sqrt(n_runs / (n_runs - 1.)) : 0;
    return time_ns * fmax(by_visits, by_runs);
}

static void note_record(struct brick_time *result, const struct timings *t, int brick, int run)
{
    const struct record *newest = newest_like(t, brick, run);
    result->stale_from = timings_stale(t, brick, run);
    result->implementation = t->records[brick][run].implementation;
    result->hot_ns = series_median(record_find(newest, 0), band_all());
    note_age(result, t->records[brick][run].unix_time);
}

// All samples of the band, from all runs.
static void collect(struct brick_time *result, const struct timings *t, int brick, double point,
                    struct band band)
{
    double *visits_ns = NULL, *runs_ns = xcalloc((size_t)t->n_records[brick] + 1, sizeof *runs_ns);
    int n_visits = 0;
    for (int i = 0; i < t->n_records[brick]; i++) {
        const struct series *s = timings_series(t, brick, i, point);
        int n = s ? add_series(&result->samples, &visits_ns, n_visits, s, band) : 0;
        if (n == 0)
            continue;
        runs_ns[result->runs++] = median(visits_ns + n_visits, n);
        n_visits += n;
        note_record(result, t, brick, i);
    }
    if (n_visits)
        result->sigma_ns = sigma_of(visits_ns, n_visits, runs_ns, result->runs);
    free(visits_ns);
    free(runs_ns);
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
    return result;
}

// The footprint next to the wanted one at which the brick was timed; 0 if it was not.
static double nearest_footprint(const struct timings *t, int brick, double wanted)
{
    double nearest = 0;
    for (int i = 0; i < t->n_records[brick]; i++) {
        const struct record *r = &t->records[brick][i];
        for (int k = 0; k < r->n_series; k++) {
            double f = r->series[k].footprint;
            if (f > 0 && r->series[k].n &&
                (nearest <= 0 || fabs(log(f / wanted)) < fabs(log(nearest / wanted))))
                nearest = f;
        }
    }
    return nearest;
}

struct brick_time brick_time_for(const struct timings *t, int brick, double point, double far)
{
    double wanted = footprint_point(point >= far ? fmax(t->far, point) : point, t->far);
    double footprint = nearest_footprint(t, brick, wanted);
    return footprint > 0 ? brick_time(t, brick, footprint) : (struct brick_time){0};
}

bool brick_time_is_own(const struct brick_time *time)
{
    return time->known && !time->lent_from && !time->estimated_from;
}

void brick_time_release(struct brick_time *time)
{
    samples_release(&time->samples);
}

// Counts the model's unique bricks, by where their times are from.
static void count_bricks(struct prediction *p, int n_bricks)
{
    bool *seen = xcalloc((size_t)n_bricks, sizeof *seen);
    for (int i = 0; i < p->model->n_instances; i++) {
        int brick = p->model->instances[i].brick;
        if (seen[brick])
            continue;
        seen[brick] = true;
        p->n_bricks++;
        p->n_measured += brick_time_is_own(&p->times[i]);
        p->n_missing += !p->times[i].known;
        p->n_lent += p->times[i].lent_from != NULL;
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

// Standard errors per brick of what is measured here or of what is not; the instances of one brick
// share its error. The caller frees them.
static double *sigmas_of(const struct prediction *p, int n_bricks, bool own)
{
    double *sigma_ns = xcalloc((size_t)n_bricks, sizeof *sigma_ns);
    for (int i = 0; i < p->model->n_instances; i++)
        if (own == brick_time_is_own(&p->times[i]))
            sigma_ns[p->model->instances[i].brick] += p->times[i].sigma_ns;
    return sigma_ns;
}

// Bricks are timed independently, but neither estimated nor lent so.
static double variance_of(const struct prediction *p, int n_bricks)
{
    double *measured = sigmas_of(p, n_bricks, true), *elsewhere = sigmas_of(p, n_bricks, false);
    double variance = estimates_variance(n_bricks, elsewhere);
    for (int i = 0; i < n_bricks; i++)
        variance += measured[i] * measured[i];
    free(measured);
    free(elsewhere);
    return variance;
}

static void sum_up(struct prediction *p, int n_bricks, const struct delays *delays)
{
    for (int i = 0; i < p->model->n_instances; i++) {
        const struct brick_time *t = &p->times[i];
        if (!t->known)
            continue;
        p->time_ns += t->time_ns;
        if (t->estimated_from) {
            p->estimated_ns += t->time_ns;
            continue;
        }
        p->lent_ns += t->lent_from ? t->time_ns : 0;
        p->hot_ns += t->hot_ns > 0 ? t->hot_ns : NAN;
        if (!p->runs || t->runs < p->runs)
            p->runs = t->runs;
        if (!p->oldest || t->oldest < p->oldest)
            p->oldest = t->oldest;
    }
    draw(p, delays);
    double composition_ns = composition_spread * p->time_ns;
    double half = z95 * sqrt(variance_of(p, n_bricks) + composition_ns * composition_ns);
    p->low_ns = fmax(p->time_ns - half, 0);
    p->high_ns = p->time_ns + half;
}

// The place's own time of a brick, else one that stands in.
static struct brick_time any_time(const struct timings *t, int brick, double footprint)
{
    struct brick_time time = brick_time(t, brick, footprint);
    if (!time.known && t->lenders)
        time = lenders_time(t->lenders, brick, footprint);
    if (!time.known && t->estimator)
        time = estimator_time(t->estimator, brick, footprint);
    return time;
}

// Where nothing was timed, delays are the lenders'.
static const struct delays *delays_of(const struct timings *t)
{
    return t->delays.total_ns > 0 || !t->lenders ? &t->delays : lenders_delays(t->lenders);
}

void predict_model(struct prediction *p, const struct timings *t, const struct model *m)
{
    *p = (struct prediction){
        .model = m,
        .footprint = model_footprint(t->suite, m),
        .times = xcalloc((size_t)m->n_instances, sizeof *p->times),
    };
    for (int i = 0; i < m->n_instances; i++)
        p->times[i] = any_time(t, m->instances[i].brick, p->footprint);
    count_bricks(p, t->suite->n_bricks);
    sum_up(p, t->suite->n_bricks, delays_of(t));
}

void prediction_release(struct prediction *p)
{
    for (int i = 0; i < p->model->n_instances; i++)
        brick_time_release(&p->times[i]);
    free(p->times);
    *p = (struct prediction){0};
}
