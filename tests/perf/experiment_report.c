// The report of the experiment (experiment.sh): Markdown on standard output and a figure, beside
// what DLBricks reports of itself (Li et al., ICPE '20, arXiv 1911.07967). Made of whatever is
// there: a cell that is not timed or not measured to its end says how far it is. usage:
// experiment_report WORK LIST...
//
// WORK is what experiment.sh keeps (support/cell.h), with all granularities from 1 to 10 of each
// list. WORK/figure.svg is written.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "predict/sharing.h"
#include "tests/perf/support/cell.h"
#include "tests/perf/support/chart.h"

enum { MOST_GRANULARITY = 10, MAX_LISTS = 4, SHOWN_BRICKS = 10 };

struct list {
    const char *name;
    struct cell cells[MOST_GRANULARITY]; // by granularity, from 1 on
};

struct experiment {
    const char *work;
    struct ledger ledger;
    int n;
    struct list lists[MAX_LISTS];
};

static int read_all(struct experiment *e, struct error *err)
{
    int status = work_read_ledger(&e->ledger, e->work, err);
    for (int i = 0; i < e->n && !status; i++) {
        struct list *list = &e->lists[i];
        for (int g = 1; g <= MOST_GRANULARITY && !status; g++)
            status = cell_read(&list->cells[g - 1], e->work, list->name, g, &e->ledger, err);
    }
    return status;
}

// ---- the table -----------------------------------------------------------------------------

static double percent(double part, double all)
{
    return all > 0 ? 100 * part / all : 0;
}

// What a cell lacks.
static void print_missing(const struct cell *c)
{
    printf("| not there: %d of %d timings, %d of %d models measured | - | - | - | - | - | - | - "
           "| - | - |\n",
           c->n_timed, c->n_wanted, c->n_measured, c->suite.n_models);
}

static void print_figures(const struct cell *c)
{
    const struct band band = c->place.timings.band;
    printf("| %.2f | %.2f ", cell_formula(c), c->models_ns / c->timings_ns);
    if (isfinite(c->way.seconds))
        printf("| %.1f against %.1f: %d x %d | %.2f ", c->bench_s, c->way.seconds, c->way.visits,
               c->way.runs, cell_wall_clock(c));
    else
        printf("| %.1f; not reached | - ", c->bench_s);
    printf("| %.2f | %.1f | %.1f | %+.1f | %d of %d ", c->paper_s / c->bench_s, 100 * c->mean,
           100 * c->worst, 100 * c->bias, c->n_in_range, c->n);
    if (isfinite(band.high))
        printf("| %.0f-%.0f ns: %d of %d |\n", band.low, band.high, c->n_alike, c->n_measured);
    else
        printf("| - |\n");
}

static void print_cell(const char *name, int granularity, const struct cell *c)
{
    printf("| %s | %d | %d | %d of %d | %.1f | %.1f ", name, granularity, c->suite.n_models,
           c->unique, c->instances, percent(c->unique, c->instances),
           percent(c->unique, c->layers));
    if (cell_is_whole(c))
        print_figures(c);
    else
        print_missing(c);
}

static void print_table(const struct experiment *e)
{
    printf("| list | G | models | unique bricks | %% of bricks | %% of layers | speed-up, formula "
           "| the same, each footprint | bench s against models s: visits x runs | wall-clock, "
           "same error | wall-clock, %d runs | mean \\|error\\| %% | worst %% | bias %% "
           "| in range | hand-off: models measured so |\n"
           "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
           PAPER_RUNS);
    for (int i = 0; i < e->n; i++)
        for (int g = 1; g <= MOST_GRANULARITY; g++)
            print_cell(e->lists[i].name, g, &e->lists[i].cells[g - 1]);
}

// What the paper says in its figures and tables.
static const struct published {
    const char *system;
    int granularity;
    double formula, ratio, mean, worst; // NAN: not said
} paper[] = {
    {"c5.xlarge", 1, 4.38, 0.958, NAN, NAN},   {"c5.2xlarge", 1, 3.16, 0.912, 8.1, 17.1},
    {"c4.xlarge", 1, 3.88, 1.091, NAN, NAN},   {"c4.2xlarge", 1, 4.17, 1.056, NAN, NAN},
    {"c5.2xlarge", 4, 2.57, 1.005, 1.6, 13.0},
};
enum { N_PAPER = sizeof paper / sizeof *paper };

static void print_paper(void)
{
    for (int i = 0; i < N_PAPER; i++) {
        const struct published *p = &paper[i];
        printf("| DLBricks, %s | %d | 50 | | | %s | %.2f | | not counted | | | ", p->system,
               p->granularity, p->granularity == 1 ? "14.1" : "", p->formula);
        if (isnan(p->mean))
            printf("| ");
        else
            printf("%.1f | %.1f ", p->mean, p->worst);
        printf("| %+.1f (geometric) | |\n", 100 * (p->ratio - 1));
    }
}

// ---- below the table -----------------------------------------------------------------------

// Granularities that somebody timed: others may have all bricks of a model by chance.
static bool is_shown(const struct list *list, int g)
{
    return list->cells[g].n_wanted && list->cells[g].n_timed == list->cells[g].n_wanted;
}

static void print_error(double error)
{
    if (isnan(error))
        printf(" - |");
    else
        printf(" %+.1f |", 100 * error);
}

static void print_models(const struct list *list)
{
    printf("\n### %s: error of each model in percent\n\n| model |", list->name);
    for (int g = 0; g < MOST_GRANULARITY; g++)
        if (is_shown(list, g))
            printf(" G = %d |", g + 1);
    printf("\n|---|");
    for (int g = 0; g < MOST_GRANULARITY; g++)
        if (is_shown(list, g))
            printf("--:|");
    printf("\n");
    for (int m = 0; m < list->cells[0].suite.n_models; m++) {
        printf("| %s |", list->cells[0].suite.models[m].name);
        for (int g = 0; g < MOST_GRANULARITY; g++)
            if (is_shown(list, g))
                print_error(list->cells[g].error[m]);
        printf("\n");
    }
}

static void print_brick(const struct brick *brick, double time_ns, double all_ns)
{
    struct str what = STR_INIT;
    brick_describe(brick, &what);
    printf("| %.12s | %s | %.3f | %.1f |\n", brick->signature, what.text, 1e-6 * time_ns,
           percent(time_ns, all_ns));
    str_release(&what);
}

static void print_costliest(const struct list *list)
{
    const struct cell *c = &list->cells[0];
    struct sharing sharing;
    sharing_init(&sharing, &c->place.timings, &c->place.place->probe);
    printf("\n### %s: the bricks that cost most over all models, G = 1\n\n"
           "| brick | what | ms of all uses | %% of all time |\n|---|---|--:|--:|\n",
           list->name);
    int *order = sharing_costliest(&sharing, c->unique);
    for (int k = 0; k < c->unique && k < SHOWN_BRICKS; k++)
        print_brick(c->suite.bricks[order[k]], sharing.brick_ns[order[k]], sharing.total.time_ns);
    free(order);
    if (sharing.total.estimated_ns > 0)
        printf("\n%.0f %% of the time is not measured but estimated from FLOPs and bytes.\n",
               percent(sharing.total.estimated_ns, sharing.total.time_ns));
    sharing_release(&sharing);
}

static void print_report(const struct experiment *e)
{
    printf("## The experiment of DLBricks\n\n");
    print_table(e);
    print_paper();
    printf(
        "\nThe paper's list has 10815 layers and leaves loading, building and warming up out of "
        "its "
        "speed-up. Wall-clock of the bricks is what `bench` takes on an empty cache, of the models "
        "preparing and running them: until both have the same mean error, and for %d runs of each "
        "model, as the paper's. Hand-off is what a cache line took "
        "between the cores while the bricks were timed; models that were never measured in that "
        "condition are compared in another one.\n",
        PAPER_RUNS);
    for (int i = 0; i < e->n; i++) {
        print_models(&e->lists[i]);
        print_costliest(&e->lists[i]);
    }
}

// ---- the figure ----------------------------------------------------------------------------

static double unique_of(const struct cell *c)
{
    return percent(c->unique, c->instances);
}

static double mean_of(const struct cell *c)
{
    return cell_is_whole(c) ? 100 * c->mean : NAN;
}

static double worst_of(const struct cell *c)
{
    return cell_is_whole(c) ? 100 * c->worst : NAN;
}

static double formula_of(const struct published *p)
{
    return p->formula;
}

static double published_unique(const struct published *p)
{
    return p->granularity == 1 ? 14.1 : NAN;
}

static double published_mean(const struct published *p)
{
    return p->mean;
}

static double published_worst(const struct published *p)
{
    return p->worst;
}

// One chart: a line per list, and the paper's points.
static const struct measure_of {
    const char *title;
    double (*ours)(const struct cell *c);
    double (*theirs)(const struct published *p); // NULL: the paper does not say
} measures[] = {
    {"paper's formula: times as fast as measuring the models", cell_formula, formula_of},
    {"wall-clock to the same error: times as fast", cell_wall_clock, NULL},
    {"unique bricks, % of all (DLBricks: of layers)", unique_of, published_unique},
    {"mean |error| of the prediction, %", mean_of, published_mean},
    {"worst |error| of the prediction, %", worst_of, published_worst},
};
enum { N_CHARTS = sizeof measures / sizeof *measures };

struct chart_data {
    double x[MAX_LISTS + 1][MOST_GRANULARITY], y[MAX_LISTS + 1][MOST_GRANULARITY];
    struct chart_line lines[MAX_LISTS + 1];
};

static struct chart fill_chart(const struct experiment *e, const struct measure_of *m,
                               struct chart_data *d)
{
    for (int i = 0; i < e->n; i++) {
        for (int g = 0; g < MOST_GRANULARITY; g++) {
            d->x[i][g] = g + 1;
            d->y[i][g] = m->ours(&e->lists[i].cells[g]);
        }
        d->lines[i] =
            (struct chart_line){e->lists[i].name, false, MOST_GRANULARITY, d->x[i], d->y[i]};
    }
    for (int k = 0; k < N_PAPER && m->theirs; k++) {
        d->x[e->n][k] = paper[k].granularity;
        d->y[e->n][k] = m->theirs(&paper[k]);
    }
    d->lines[e->n] = (struct chart_line){"DLBricks", true, N_PAPER, d->x[e->n], d->y[e->n]};
    return (struct chart){m->title, e->n + (m->theirs != NULL), d->lines};
}

static int write_figure(const struct experiment *e, struct error *err)
{
    struct chart charts[N_CHARTS];
    struct chart_data *data = xcalloc(N_CHARTS, sizeof *data);
    struct str svg = STR_INIT;
    char path[4096];
    for (int i = 0; i < N_CHARTS; i++)
        charts[i] = fill_chart(e, &measures[i], &data[i]);
    charts_svg("The experiment of DLBricks", "granularity: most steps in a brick", N_CHARTS, charts,
               &svg);
    snprintf(path, sizeof path, "%s/figure.svg", e->work);
    int status = file_write(path, svg.text, svg.len, err);
    str_release(&svg);
    free(data);
    return status;
}

// ---- the whole -----------------------------------------------------------------------------

static void release_all(struct experiment *e)
{
    for (int i = 0; i < e->n; i++)
        for (int g = 0; g < MOST_GRANULARITY; g++)
            cell_release(&e->lists[i].cells[g]);
    ledger_release(&e->ledger);
    free(e);
}

int main(int argc, char **argv)
{
    struct error err = {0};
    if (argc < 3 || argc > 2 + MAX_LISTS) {
        fprintf(stderr, "usage: experiment_report WORK LIST... (at most %d)\n", MAX_LISTS);
        return 2;
    }
    struct experiment *e = xcalloc(1, sizeof *e);
    e->work = argv[1];
    while (2 + e->n < argc) {
        e->lists[e->n].name = argv[2 + e->n];
        e->n++;
    }
    int status = read_all(e, &err);
    if (!status) {
        print_report(e);
        status = write_figure(e, &err);
    }
    if (status)
        fprintf(stderr, "experiment_report: %s\n", err.text);
    release_all(e);
    return status ? 1 : 0;
}
