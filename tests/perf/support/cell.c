#include "tests/perf/support/cell.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bricks/cache_files.h"
#include "bricks/footprint.h"

static void count_bricks(struct cell *c)
{
    const struct suite *s = &c->suite;
    c->unique = s->n_bricks;
    c->error = xcalloc((size_t)s->n_models + 1, sizeof *c->error);
    for (int m = 0; m < s->n_models; m++) {
        c->layers += s->models[m].n_layers;
        c->instances += s->models[m].n_instances;
        c->error[m] = NAN;
    }
}

// Times of the unique bricks, at the footprints of the models that use them.
static void add_bricks(struct cell *c, const struct ledger *ledger)
{
    const struct timings *t = &c->place.timings;
    struct demand *demands = demands_of_suite(&c->suite, t->far, NULL);
    for (int b = 0; b < c->suite.n_bricks; b++) {
        double sum = 0;
        for (int k = 0; k < demands[b].n; k++) {
            struct brick_time time = brick_time(t, b, demands[b].footprint[k]);
            c->n_timed += time.known;
            sum += time.time_ns;
            brick_time_release(&time);
        }
        c->n_wanted += demands[b].n;
        c->timings_ns += sum;
        c->bricks_ns += demands[b].n ? sum / demands[b].n : 0;
    }
    if (c->n_timed < c->n_wanted)
        c->timings_ns = c->bricks_ns = 0;
    c->bench_s = ledger_cost_s(ledger, &c->suite, demands);
    demands_free(demands, c->suite.n_bricks);
}

static void add_error(struct cell *c, int m, const struct prediction *p, double measured_ns)
{
    double error = p->time_ns / measured_ns - 1;
    c->n++;
    c->n_in_range += p->low_ns <= measured_ns && measured_ns <= p->high_ns;
    c->error[m] = error;
    c->mean += fabs(error);
    c->bias += error;
    c->worst = fmax(c->worst, fabs(error));
    c->ratio += log(1 + error);
}

static void add_model(struct cell *c, int m, const struct direct_model *direct)
{
    struct prediction p;
    predict_model(&p, &c->place.timings, &c->suite.models[m]);
    c->models_ns += direct->reference_ns;
    c->paper_s += direct_seconds(direct, 1, PAPER_RUNS);
    if (!p.n_missing)
        add_error(c, m, &p, direct->reference_ns);
    prediction_release(&p);
}

static void add_models(struct cell *c, const struct direct *d)
{
    const struct suite *s = &c->suite;
    const struct direct_model **measured = xcalloc((size_t)s->n_models + 1, sizeof(void *));
    for (int m = 0; m < s->n_models; m++) {
        const struct direct_model *model = direct_find(d, s->models[m].name);
        if (!model)
            continue;
        measured[c->n_measured++] = model;
        c->n_alike += model->n_alike > 0;
        add_model(c, m, model);
    }
    c->mean /= c->n;
    c->bias /= c->n;
    c->ratio = exp(c->ratio / c->n);
    if (c->n_measured < s->n_models)
        c->models_ns = c->paper_s = 0;
    if (cell_is_whole(c))
        c->way = direct_quickest(measured, c->n_measured, c->mean);
    free(measured);
}

int work_read_ledger(struct ledger *l, const char *work, struct error *err)
{
    char *runs = cache_join(work, "runs.tsv"), *cache = cache_join(work, "cache");
    int status = ledger_read(l, runs, cache, err);
    free(runs);
    free(cache);
    return status;
}

static int read_suite(struct cell *c, const char *work, const char *list, int granularity,
                      struct error *err)
{
    char name[4096];
    snprintf(name, sizeof name, "%s/%d/suite.json", list, granularity);
    char *path = cache_join(work, name);
    int status = suite_load(&c->suite, path, err);
    free(path);
    return status;
}

static int read_measurements(struct cell *c, const char *work, struct error *err)
{
    char *cache = cache_join(work, "cache"), *direct = cache_join(work, "direct.tsv");
    int status =
        only_place_load(&c->place, &c->suite, cache, err) || direct_read(&c->direct, direct, err);
    free(cache);
    free(direct);
    return status ? -1 : 0;
}

int cell_read(struct cell *c, const char *work, const char *list, int granularity,
              const struct ledger *ledger, struct error *err)
{
    *c = (struct cell){0};
    if (read_suite(c, work, list, granularity, err))
        return -1;
    count_bricks(c);
    if (read_measurements(c, work, err))
        return -1;
    direct_select(&c->direct, c->place.timings.band);
    add_bricks(c, ledger);
    add_models(c, &c->direct);
    return 0;
}

void cell_release(struct cell *c)
{
    only_place_release(&c->place);
    direct_release(&c->direct);
    suite_release(&c->suite);
    free(c->error);
    *c = (struct cell){0};
}

bool cell_is_whole(const struct cell *c)
{
    return c->n_wanted && c->n_timed == c->n_wanted && c->n_measured == c->suite.n_models;
}

double cell_formula(const struct cell *c)
{
    return cell_is_whole(c) ? c->models_ns / c->bricks_ns : NAN;
}

double cell_wall_clock(const struct cell *c)
{
    if (!cell_is_whole(c))
        return NAN;
    return isfinite(c->way.seconds) ? c->way.seconds / c->bench_s : 0;
}
