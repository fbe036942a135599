// The report of tests/perf/independence.sh: how far the times of the same bricks at the same
// footprint are from those that they have in the model which they come from. Exit status 1 if what
// they were measured with moves them by more than the aim beyond what measuring them twice does.
// usage: independence_report CACHES PAIR...
//
// CACHES holds a cache per setting, PAIR is a folder with alone.json, whose bricks are compared,
// and `footprint` in bytes.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "predict/predict.h"

// The first is what all are compared with, the second is the control.
static const struct setting {
    const char *cache, *what;
} settings[] = {
    {"own", "in its model"},          {"again", "in its model once more"},
    {"other", "in another model"},    {"mixed", "among tiny networks and VGG-16"},
    {"alone", "as brick:TEXT alone"},
};
enum { OWN, CONTROL, N_SETTINGS = sizeof settings / sizeof *settings };
enum { N_WORST = 12 };

// What a record may depend on its neighbours.
static const double aim_median = 0.01, aim_p95 = 0.03;

// A brick at its pair's footprint.
struct row {
    char what[64];
    double time_ns[N_SETTINGS]; // 0: not known
    int visits[N_SETTINGS];
    double spread; // of the visits in its model, relative; NAN for less than three
};

struct report {
    int n, capacity, n_incomplete;
    struct row *rows;
};

// ---- times ---------------------------------------------------------------------------------

struct samples_of_brick {
    double *time_ns, *visits_ns;
    int n, n_visits;
};

static void add_series(struct samples_of_brick *s, const struct series *series, struct band band)
{
    size_t n = (size_t)series->n;
    s->time_ns = xrealloc(s->time_ns, ((size_t)s->n + n) * sizeof *s->time_ns);
    s->visits_ns = xrealloc(s->visits_ns, ((size_t)s->n_visits + n) * sizeof *s->visits_ns);
    s->n += series_select(series, band, s->time_ns + s->n);
    s->n_visits += series_visits(series, band, s->visits_ns + s->n_visits);
}

// All samples of a brick in the band, from all runs.
static struct samples_of_brick collect(const struct timings *t, int brick, double point,
                                       struct band band)
{
    struct samples_of_brick s = {0};
    for (int run = 0; run < t->n_records[brick]; run++) {
        const struct series *series = timings_series(t, brick, run, point);
        if (series)
            add_series(&s, series, band);
    }
    return s;
}

// Standard deviation of a visit, relative.
static double spread_of(const double *visits_ns, int n)
{
    if (n < 3)
        return NAN;
    return relative_error(visits_ns, n, 0) * n / sqrt(n - 1);
}

static void fill_setting(struct row *row, int setting, const struct timings *t, int brick,
                         double point, struct band band)
{
    struct samples_of_brick s = collect(t, brick, point, band);
    row->time_ns[setting] = s.n ? median(s.time_ns, s.n) : 0;
    row->visits[setting] = s.n_visits;
    if (setting == OWN)
        row->spread = s.n_visits ? spread_of(s.visits_ns, s.n_visits) : NAN;
    free(s.time_ns);
    free(s.visits_ns);
}

// The band that prevails over all settings: only like samples are compared.
static struct band common_band(const struct timings *all)
{
    struct timings joint = {.suite = all->suite, .far = all->far, .borrowed = true};
    size_t n_bricks = (size_t)all->suite->n_bricks;
    joint.n_records = xcalloc(n_bricks, sizeof *joint.n_records);
    joint.records = xcalloc(n_bricks, sizeof *joint.records);
    for (size_t i = 0; i < n_bricks; i++)
        for (int k = 0; k < N_SETTINGS; k++) {
            int n = joint.n_records[i], more = all[k].n_records[i];
            joint.records[i] =
                xrealloc(joint.records[i], (size_t)(n + more + 1) * sizeof **joint.records);
            for (int run = 0; run < more; run++)
                joint.records[i][n + run] = all[k].records[i][run];
            joint.n_records[i] += more;
        }
    timings_survey(&joint);
    struct band band = joint.band;
    for (size_t i = 0; i < n_bricks; i++)
        free(joint.records[i]);
    timings_release(&joint);
    return band;
}

static void add_row(struct report *r, const struct timings *all, int brick, double footprint,
                    struct band band)
{
    struct str what = STR_INIT;
    struct row row = {0};
    bool complete = true;
    brick_describe(all->suite->bricks[brick], &what);
    snprintf(row.what, sizeof row.what, "%s", what.text);
    str_release(&what);
    for (int k = 0; k < N_SETTINGS; k++) {
        fill_setting(&row, k, &all[k], brick, footprint_point(footprint, all[k].far), band);
        complete = complete && row.time_ns[k] > 0;
    }
    r->n_incomplete += !complete;
    if (!complete)
        return;
    grow(&r->rows, &r->capacity, r->n + 1, sizeof *r->rows);
    r->rows[r->n++] = row;
}

static void add_rows(struct report *r, const struct timings *all, double footprint)
{
    struct band band = common_band(all);
    for (int i = 0; i < all->suite->n_bricks; i++)
        add_row(r, all, i, footprint, band);
}

// ---- files ---------------------------------------------------------------------------------

static int load(struct timings *t, const struct suite *s, const char *caches,
                const struct setting *setting, struct error *err)
{
    char path[4096];
    int n, damaged, status = 0;
    snprintf(path, sizeof path, "%s/%s", caches, setting->cache);
    struct cache_place *places = cache_places(path, &n, &damaged);
    if (n == 1)
        timings_load(t, s, &places[0]);
    else
        status = fail(err, "%s: %d machines and environments instead of one", path, n);
    cache_places_free(places, n);
    return status;
}

static int read_footprint(const char *pair, double *footprint, struct error *err)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/footprint", pair);
    FILE *f = fopen(path, "r");
    int n = f ? fscanf(f, "%lf", footprint) : 0;
    if (f)
        fclose(f);
    return n == 1 ? 0 : fail(err, "%s: no number of bytes", path);
}

static int add_pair(struct report *r, const char *caches, const char *pair, struct error *err)
{
    char path[4096];
    struct suite s;
    struct timings all[N_SETTINGS];
    double footprint;
    int n = 0, status = 0;
    snprintf(path, sizeof path, "%s/alone.json", pair);
    if (read_footprint(pair, &footprint, err) || suite_load(&s, path, err))
        return -1;
    while (n < N_SETTINGS && !status)
        if ((status = load(&all[n], &s, caches, &settings[n], err)) == 0)
            n++;
    if (!status)
        add_rows(r, all, footprint);
    while (n > 0)
        timings_release(&all[--n]);
    suite_release(&s);
    return status;
}

// ---- the table -----------------------------------------------------------------------------

static double deviation(const struct row *row, int setting)
{
    return row->time_ns[setting] / row->time_ns[OWN] - 1;
}

struct summary {
    double median, p95; // of |ratio - 1|
    double shift;       // median of ratio - 1
    double visits;      // median per brick
};

static struct summary sum_up(const struct report *r, int setting)
{
    struct summary s;
    double *x = xcalloc((size_t)r->n, sizeof *x);
    for (int i = 0; i < r->n; i++)
        x[i] = r->rows[i].visits[setting];
    s.visits = median(x, r->n);
    for (int i = 0; i < r->n; i++)
        x[i] = deviation(&r->rows[i], setting);
    s.shift = median(x, r->n);
    for (int i = 0; i < r->n; i++)
        x[i] = fabs(x[i]);
    sort_doubles(x, r->n);
    s.median = quantile_sorted(x, r->n, 0.5);
    s.p95 = quantile_sorted(x, r->n, 0.95);
    free(x);
    return s;
}

// Returns whether every setting keeps the aim.
static bool print_settings(const struct report *r)
{
    bool kept = true;
    struct summary control = sum_up(r, CONTROL);
    printf("%d bricks, in percent of their time in the model that they come from; %d more lack "
           "samples of like conditions\n\n",
           r->n, r->n_incomplete);
    printf("| timed | visits | median \\|ratio - 1\\| | 95th percentile | median ratio - 1 | "
           "beyond the control | |\n|---|--:|--:|--:|--:|--:|---|\n");
    for (int k = CONTROL; k < N_SETTINGS; k++) {
        struct summary s = sum_up(r, k);
        double more = s.median - control.median, more_p95 = s.p95 - control.p95;
        bool keeps = more <= aim_median && more_p95 <= aim_p95;
        kept = kept && keeps;
        printf("| %s | %.0f | %.2f | %.2f | %+.2f | ", settings[k].what, s.visits, 100 * s.median,
               100 * s.p95, 100 * s.shift);
        if (k == CONTROL)
            printf("| control |\n");
        else
            printf("%+.2f, %+.2f | %s |\n", 100 * more, 100 * more_p95, keeps ? "kept" : "MISSED");
    }
    if (control.median > aim_median || control.p95 > aim_p95)
        printf("\nThe control alone is beyond the aim: only differences larger than it show.\n");
    return kept;
}

static void print_spread(const struct report *r)
{
    int n = 0;
    double *x = xcalloc((size_t)r->n, sizeof *x);
    for (int i = 0; i < r->n; i++)
        if (!isnan(r->rows[i].spread))
            x[n++] = r->rows[i].spread;
    if (n)
        printf("\nVisits of a brick in its model spread by %.1f %% (median over the bricks; "
               "usual: %.1f %% for short ones, %.1f %% for long ones).\n",
               100 * median(x, n), 100 * usual_spread(0), 100 * usual_spread(INFINITY));
    free(x);
}

static double worst_deviation(const struct row *row)
{
    double worst = 0;
    for (int k = CONTROL + 1; k < N_SETTINGS; k++)
        worst = fmax(worst, fabs(deviation(row, k)));
    return worst;
}

static int worst_first(const void *a, const void *b)
{
    double x = worst_deviation(a), y = worst_deviation(b);
    return (x < y) - (x > y);
}

static void print_worst(struct report *r)
{
    qsort(r->rows, (size_t)r->n, sizeof *r->rows, worst_first);
    printf("\n| the farthest | us |");
    for (int k = CONTROL; k < N_SETTINGS; k++)
        printf(" %s |", settings[k].cache);
    printf("\n|---|--:|--:|--:|--:|--:|\n");
    for (int i = 0; i < r->n && i < N_WORST; i++) {
        const struct row *row = &r->rows[i];
        printf("| %s | %.1f |", row->what, row->time_ns[OWN] * 1e-3);
        for (int k = CONTROL; k < N_SETTINGS; k++)
            printf(" %+.1f |", 100 * deviation(row, k));
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct report r = {0};
    int status = 0;
    bool kept = false;
    if (argc < 3) {
        fprintf(stderr, "usage: independence_report CACHES PAIR...\n");
        return 2;
    }
    for (int i = 2; i < argc && !status; i++)
        status = add_pair(&r, argv[1], argv[i], &err);
    if (!status && !r.n)
        status = fail(&err, "no brick was timed in all settings");
    if (status) {
        fprintf(stderr, "independence_report: %s\n", err.text);
    } else {
        kept = print_settings(&r);
        print_spread(&r);
        print_worst(&r);
    }
    free(r.rows);
    return kept ? 0 : 1;
}
