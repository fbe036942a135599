// The report of the experiment (experiment.sh): Markdown on standard output and a figure, per
// granularity what DLBricks reports of itself, beside its numbers (Li et al., ICPE '20, arXiv
// 1911.07967).
// usage: experiment_report NAME DIRECT SVG DIR...
//
// DIR is a folder per granularity with suite.json and, where all bricks are timed, cache/, seconds
// (of each run of bench, a line each) and complete. DIRECT is what `direct` measured of all models.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "bricks/footprint.h"
#include "predict/sharing.h"
#include "tests/perf/support/chart.h"
#include "tests/perf/support/direct_data.h"
#include "tests/perf/support/only_place.h"

enum { MAX_ROWS = 16, SHOWN_BRICKS = 10 };

struct row {
    int granularity, layers, instances, unique;
    bool timed;    // if not, what follows is 0, and errors are NAN
    int n_timings; // bricks at footprints
    int n_models;  // that are predicted and measured
    int n_left_out;
    double models_ns;                // of all models
    double bricks_ns, timings_ns;    // of each brick once; of each brick at each footprint
    double bench_s;                  // wall-clock of bench
    struct way way;                  // of measuring the models until the error is the same
    double mean, worst, bias, ratio; // |error|, error, geometric mean of predicted over measured
    double *error;                   // per model of the suite; NAN: left out
};

struct experiment {
    const char *name;
    int n;
    struct row rows[MAX_ROWS];
    struct suite suites[MAX_ROWS];
    struct only_place places[MAX_ROWS]; // of the granularities that are timed
};

// ---- one granularity -----------------------------------------------------------------------

static double read_seconds(const char *dir)
{
    char path[4096];
    double seconds = 0, line;
    snprintf(path, sizeof path, "%s/seconds", dir);
    FILE *f = fopen(path, "r");
    if (!f)
        return NAN;
    while (fscanf(f, "%lf", &line) == 1)
        seconds += line;
    fclose(f);
    return seconds;
}

// Times of the unique bricks, at the footprints of the models that use them.
static void add_bricks(struct row *row, const struct timings *t)
{
    const struct suite *s = t->suite;
    struct demand *demands = demands_of_suite(s, t->far, NULL);
    for (int b = 0; b < s->n_bricks; b++) {
        double sum = 0;
        for (int k = 0; k < demands[b].n; k++) {
            struct brick_time time = brick_time(t, b, demands[b].footprint[k]);
            sum += time.time_ns;
            brick_time_release(&time);
        }
        row->n_timings += demands[b].n;
        row->timings_ns += sum;
        row->bricks_ns += demands[b].n ? sum / demands[b].n : 0;
    }
    demands_free(demands, s->n_bricks);
}

static void add_error(struct row *row, int m, double error)
{
    row->n_models++;
    row->error[m] = error;
    row->mean += fabs(error);
    row->bias += error;
    row->worst = fmax(row->worst, fabs(error));
    row->ratio += log(1 + error);
}

// Predicts all models; `measured` receives those that are predicted and measured.
static void add_models(struct row *row, const struct timings *t, const struct direct *d,
                       const struct direct_model **measured)
{
    const struct suite *s = t->suite;
    for (int m = 0; m < s->n_models; m++) {
        const struct direct_model *model = direct_find(d, s->models[m].name);
        struct prediction p;
        predict_model(&p, t, &s->models[m]);
        if (model && !p.n_missing) {
            measured[row->n_models] = model;
            row->models_ns += model->reference_ns;
            add_error(row, m, p.time_ns / model->reference_ns - 1);
        }
        prediction_release(&p);
    }
    row->n_left_out = s->n_models - row->n_models;
    row->mean /= row->n_models;
    row->bias /= row->n_models;
    row->ratio = exp(row->ratio / row->n_models);
}

static void add_timings(struct row *row, const struct timings *t, struct direct *d)
{
    const struct suite *s = t->suite;
    const struct direct_model **measured = xcalloc((size_t)s->n_models, sizeof(void *));
    row->timed = true;
    direct_select(d, t->band);
    add_bricks(row, t);
    add_models(row, t, d, measured);
    row->way = direct_quickest(measured, row->n_models, row->mean);
    free(measured);
}

static void count_bricks(struct row *row, const struct suite *s)
{
    *row = (struct row){.granularity = s->granularity,
                        .unique = s->n_bricks,
                        .error = xcalloc((size_t)s->n_models, sizeof *row->error)};
    for (int m = 0; m < s->n_models; m++) {
        row->layers += s->models[m].n_layers;
        row->instances += s->models[m].n_instances;
        row->error[m] = NAN;
    }
}

static int read_timings(struct row *row, struct only_place *p, const struct suite *s,
                        const char *dir, const char *direct, struct error *err)
{
    char path[4096];
    struct direct d;
    snprintf(path, sizeof path, "%s/cache", dir);
    int status = direct_read(&d, direct, err) || only_place_load(p, s, path, err) ? -1 : 0;
    if (!status) {
        row->bench_s = read_seconds(dir);
        add_timings(row, &p->timings, &d);
    }
    direct_release(&d);
    return status;
}

static int read_row(struct experiment *e, int i, const char *dir, const char *direct,
                    struct error *err)
{
    char path[4096], complete[4096];
    struct suite *s = &e->suites[i];
    snprintf(path, sizeof path, "%s/suite.json", dir);
    snprintf(complete, sizeof complete, "%s/complete", dir);
    if (suite_load(s, path, err))
        return -1;
    count_bricks(&e->rows[i], s);
    if (access(complete, F_OK))
        return 0;
    return read_timings(&e->rows[i], &e->places[i], s, dir, direct, err);
}

// ---- Markdown ------------------------------------------------------------------------------

static double percent(double part, double all)
{
    return all > 0 ? 100 * part / all : 0;
}

static void print_row(const struct row *r, int n_models)
{
    printf("| %d | %d | %d | %d | %d | %.1f | %.1f | ", r->granularity, n_models, r->layers,
           r->instances, r->unique, percent(r->unique, r->instances),
           percent(r->unique, r->layers));
    if (!r->timed) {
        printf("- | - | - | - | - | - | - | - | - |\n");
        return;
    }
    printf("%.2f | %.2f | %.1f | ", r->models_ns / r->bricks_ns, r->models_ns / r->timings_ns,
           r->bench_s);
    if (isfinite(r->way.seconds))
        printf("%.1f (%d x %d) | %.2f", r->way.seconds, r->way.visits, r->way.runs,
               r->way.seconds / r->bench_s);
    else
        printf("not reached | -");
    printf(" | %.1f | %.1f | %+.1f | %.3f |\n", 100 * r->mean, 100 * r->worst, 100 * r->bias,
           r->ratio);
}

static void print_rows(const struct experiment *e)
{
    printf("## %s\n\n", e->name);
    printf(
        "| G | models | layers | bricks | unique | %% of bricks | %% of layers | speed-up, formula "
        "| the same, each footprint | bench s | models s (visits x runs) | speed-up, wall-clock | "
        "mean \\|error\\| %% | worst | bias | geometric mean |\n"
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (int i = 0; i < e->n; i++)
        print_row(&e->rows[i], e->suites[i].n_models);
    for (int i = 0; i < e->n; i++)
        if (e->rows[i].n_left_out)
            printf("\nG = %d: times and errors leave %d models out, as they are not measured or "
                   "bricks are missing.\n",
                   e->rows[i].granularity, e->rows[i].n_left_out);
}

static void print_paper(void)
{
    printf("\nDLBricks (arXiv 1911.07967), 50 models, 10815 layers, of which 1529 (14.1 %%) are "
           "unique; without "
           "loading, building and warming up:\n\n"
           "| system | G | speed-up, formula | geometric mean | mean \\|error\\| %% | worst |\n"
           "|---|--:|--:|--:|--:|--:|\n"
           "| c5.xlarge | 1 | 4.38 | 0.958 | | |\n"
           "| c5.2xlarge | 1 | 3.16 | 0.912 | 8.1 | 17.1 |\n"
           "| c4.xlarge | 1 | 3.88 | 1.091 | | |\n"
           "| c4.2xlarge | 1 | 4.17 | 1.056 | | |\n"
           "| c5.2xlarge | 4 | 2.57 | 1.005 | 1.6 | 13.0 |\n");
}

static void print_models(const struct experiment *e)
{
    printf("\nError of each model in percent:\n\n| model |");
    for (int i = 0; i < e->n; i++)
        if (e->rows[i].timed)
            printf(" G = %d |", e->rows[i].granularity);
    printf("\n|---|");
    for (int i = 0; i < e->n; i++)
        if (e->rows[i].timed)
            printf("--:|");
    printf("\n");
    for (int m = 0; e->n && m < e->suites[0].n_models; m++) {
        printf("| %s |", e->suites[0].models[m].name);
        for (int i = 0; i < e->n; i++) {
            if (!e->rows[i].timed)
                continue;
            double error = m < e->suites[i].n_models ? e->rows[i].error[m] : NAN;
            if (isnan(error))
                printf(" - |");
            else
                printf(" %+.1f |", 100 * error);
        }
        printf("\n");
    }
}

// The costliest bricks of the first granularity that is timed.
static void print_costliest(const struct experiment *e)
{
    int i = 0;
    while (i < e->n && !e->rows[i].timed)
        i++;
    if (i == e->n)
        return;
    const struct suite *s = &e->suites[i];
    struct sharing sharing;
    sharing_init(&sharing, &e->places[i].timings, &e->places[i].place->probe);
    printf("\nThe bricks that cost most over all models, G = %d:\n\n"
           "| brick | what | ms of all uses | %% of all time |\n|---|---|--:|--:|\n",
           s->granularity);
    int *order = sharing_costliest(&sharing, s->n_bricks);
    for (int k = 0; k < s->n_bricks && k < SHOWN_BRICKS; k++) {
        struct str what = STR_INIT;
        double time_ns = sharing.brick_ns[order[k]];
        brick_describe(s->bricks[order[k]], &what);
        printf("| %.12s | %s | %.3f | %.1f |\n", s->bricks[order[k]]->signature, what.text,
               1e-6 * time_ns, percent(time_ns, sharing.total.time_ns));
        str_release(&what);
    }
    free(order);
    sharing_release(&sharing);
}

// ---- the figure ----------------------------------------------------------------------------

static void fill_lines(const struct experiment *e, double lines[][MAX_ROWS])
{
    for (int i = 0; i < e->n; i++) {
        const struct row *r = &e->rows[i];
        lines[0][i] = r->granularity;
        lines[1][i] = r->timed ? r->models_ns / r->bricks_ns : NAN;
        lines[2][i] = r->timed ? r->way.seconds / r->bench_s : NAN;
        lines[3][i] = percent(r->unique, r->instances);
        lines[4][i] = r->timed ? 100 * r->mean : NAN;
        lines[5][i] = r->timed ? 100 * r->worst : NAN;
    }
}

static int write_figure(const struct experiment *e, const char *path, struct error *err)
{
    static const double paper_g[] = {1, 1, 1, 1, 4}, paper_speed[] = {4.38, 3.16, 3.88, 4.17, 2.57};
    static const double error_g[] = {1, 4}, paper_mean[] = {8.1, 1.6}, paper_worst[] = {17.1, 13.0};
    static const double one[] = {1}, paper_unique[] = {14.1};
    double l[6][MAX_ROWS];
    fill_lines(e, l);
    const struct chart_line speed[] = {
        {"paper's formula", false, e->n, l[0], l[1]},
        {"wall-clock, same error", false, e->n, l[0], l[2]},
        {"DLBricks, four systems", true, 5, paper_g, paper_speed},
    };
    const struct chart_line unique[] = {
        {"unique bricks, of all", false, e->n, l[0], l[3]},
        {"DLBricks, of layers", true, 1, one, paper_unique},
    };
    const struct chart_line error[] = {
        {"mean |error|", false, e->n, l[0], l[4]},
        {"worst", false, e->n, l[0], l[5]},
        {"DLBricks c5.2xlarge, mean", true, 2, error_g, paper_mean},
        {"DLBricks c5.2xlarge, worst", true, 2, error_g, paper_worst},
    };
    const struct chart charts[] = {
        {"times as fast as measuring the models", 3, speed},
        {"unique bricks, % of all", 2, unique},
        {"error of the prediction, %", 4, error},
    };
    struct str svg = STR_INIT;
    charts_svg(e->name, "granularity: most steps in a brick", 3, charts, &svg);
    int status = file_write(path, svg.text, svg.len, err);
    str_release(&svg);
    return status;
}

// ---- the whole -----------------------------------------------------------------------------

static int run(int argc, char **argv, struct experiment *e, struct error *err)
{
    for (int i = 4; i < argc && e->n < MAX_ROWS; i++) {
        e->n++; // whatever is read of it is released
        if (read_row(e, e->n - 1, argv[i], argv[2], err))
            return -1;
    }
    print_rows(e);
    print_paper();
    print_models(e);
    print_costliest(e);
    return write_figure(e, argv[3], err);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    if (argc < 5) {
        fprintf(stderr, "usage: experiment_report NAME DIRECT SVG DIR...\n");
        return 2;
    }
    struct experiment e = {.name = argv[1]};
    int status = run(argc, argv, &e, &err);
    if (status)
        fprintf(stderr, "experiment_report: %s\n", err.text);
    for (int i = 0; i < e.n; i++) {
        only_place_release(&e.places[i]);
        free(e.rows[i].error);
        suite_release(&e.suites[i]);
    }
    return status ? 1 : 0;
}
