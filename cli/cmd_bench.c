// dlbricks bench: times on this CPU what the bench-cache lacks.
#include <math.h>
#include <stdlib.h>

#include "base/statistics.h"
#include "bricks/work.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/measure.h"
#include "cli/outlier_table.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/table.h"

enum { SHOWN_BRICKS = 10 }; // to people; JSON and CSV hold all

static const struct column brick_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"uses", "uses", COLUMN_real, 0, 0},
    {"p50_ns", "ms", COLUMN_real, 1e-6, 4},
    {"hot_ns", "hot ms", COLUMN_real, 1e-6, 4},
    {"footprint_bytes", "footprint MB", COLUMN_real, 1e-6, 1},
    {"samples", "samples", COLUMN_count, 0, 0},
    {"gflops", "GFLOP/s", COLUMN_real, 0, 1},
    {"implementation", "implementation", COLUMN_text, 0, 0},
};

static bool show_progress(void *context, const struct measure *m)
{
    char text[96];
    measure_describe(m, text, sizeof text);
    progress_show(context, 0.999 * sampler_progress(m->sampler), 1, text, session_now_s());
    return !interrupted;
}

static const struct series *last_series(const struct target *t)
{
    return record_find(t->record, t->footprint[t->n - 1]);
}

static double target_total(const struct target *t)
{
    const struct series *s = last_series(t);
    return series_median(s, band_all()) * t->uses;
}

static int costliest_first(const void *a, const void *b)
{
    double x = target_total(a), y = target_total(b);
    return (x < y) - (x > y);
}

static void add_target(struct table *table, const struct target *t)
{
    const struct series *s = last_series(t), *hot = record_find(t->record, 0);
    double time_ns = s && s->n ? series_median(s, band_all()) : NAN;
    facts_add_brick(table, t->brick);
    table_real(table, t->uses);
    table_real(table, time_ns);
    table_real(table, hot && hot->n ? series_median(hot, band_all()) : NAN);
    table_real(table, t->footprint[t->n - 1]);
    table_count(table, s ? s->n : 0);
    table_real(table, work_graph(t->brick->graph).flops / time_ns);
    table_text(table, t->record->implementation);
}

static struct outliers find_outliers(const struct measure *m)
{
    struct outliers o = {0};
    struct timings t;
    measure_timings(m, &t);
    for (int i = 0; i < m->suite->n_bricks; i++)
        for (int s = 0; s < m->records[i].n_series; s++)
            outliers_add(&o, &m->records[i].series[s], t.band);
    timings_release(&t);
    return o;
}

static void print_results(struct measure *m, const struct options *o)
{
    struct table bricks, outliers;
    struct outliers found = find_outliers(m);
    table_init(&bricks, COLUMNS(brick_columns));
    outlier_table_init(&outliers, &found);
    qsort(m->targets, (size_t)m->n_targets, sizeof *m->targets, costliest_first);
    for (int i = 0; i < m->n_targets && (o->json || o->csv || i < SHOWN_BRICKS); i++)
        add_target(&bricks, &m->targets[i]);
    const struct section sections[] = {
        {"bricks", NULL, &bricks},
        {"outliers", "Samples far beyond their series' median, by suspected cause", &outliers},
    };
    if (o->csv)
        table_print(&bricks, o, stdout); // one table, even if it has no rows
    else
        sections_print(sections, 2, o, stdout);
    table_release(&bricks);
    table_release(&outliers);
}

static void say_plan(const struct measure *m)
{
    double cost_s = 0;
    for (int i = 0; i < m->n_targets; i++)
        cost_s += cost_estimate(m->targets[i].brick, m->targets[i].n, m->targets[i].footprint,
                                &m->place.probe);
    note("%s, %s threads, %s: %d bricks, %d to time, about %.0f s", m->engine.machine.label,
         m->engine.environment.value[ENV_threads], m->engine.environment.value[ENV_isa],
         m->suite->n_bricks, m->n_targets, cost_s);
    if (m->place.probe.warning[0])
        note("%s", m->place.probe.warning);
}

static void say_fitness(const struct measure *m, const char *when)
{
    struct fitness fitness = measure_fitness(m);
    char line[FITNESS_LINE];
    fitness_line(&fitness, line);
    note("machine, %s: %s", when, line);
}

// Rounds until every brick is good enough.
static int time_all(struct measure *m, struct error *err)
{
    struct progress progress;
    double start_s = session_now_s();
    int pending;
    progress_start(&progress, stderr, start_s);
    do
        pending = measure_round(m, show_progress, &progress, err);
    while (pending > 0 && !interrupted);
    progress_clear(&progress);
    int n = measure_n_timed(m);
    if (n == m->n_targets)
        note("%d bricks timed in %.1f s into %s", n, session_now_s() - start_s, m->place.path);
    else
        note("%d of %d bricks timed in %.1f s into %s; the same command goes on with the rest", n,
             m->n_targets, session_now_s() - start_s, m->place.path);
    return pending < 0 ? -1 : 0;
}

static int bench(struct measure *m, const struct options *o, struct error *err)
{
    if (measure_open(m, o, m->suite, MEASURE_lacking, err))
        return -1;
    say_plan(m);
    if (m->n_targets)
        say_fitness(m, "at the start");
    if (time_all(m, err))
        return -1;
    if (m->n_targets)
        say_fitness(m, "from start to end");
    if (m->n_targets || o->json || o->csv)
        print_results(m, o);
    return 0;
}

int cmd_bench(const struct options *o)
{
    struct suite s;
    struct error err = {0};
    int status = input_load(o, &s);
    if (s.n_models) {
        struct measure m = {.suite = &s};
        interrupt_install();
        if (bench(&m, o, &err))
            status = report(&err);
        else if (m.n_left_out)
            status = STATUS_failed;
        else if (status == STATUS_done && interrupted)
            status = STATUS_incomplete;
        measure_close(&m);
    }
    suite_release(&s);
    return status;
}
