// dlbricks bench: times on this CPU what the bench-cache lacks.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/work.h"
#include "cli/batches.h"
#include "cli/bench_plan.h"
#include "cli/choose.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/outlier_table.h"
#include "cli/room.h"
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

// A brick that was timed in this run.
struct result {
    const struct brick *brick;
    const struct record *record;
    double uses;
};

// At the largest footprint.
static const struct series *last_series(const struct result *r)
{
    const struct record *record = r->record;
    return record->n_series ? &record->series[record->n_series - 1] : NULL;
}

static double total_ns(const struct result *r)
{
    return series_median(last_series(r), band_all()) * r->uses;
}

static int costliest_first(const void *a, const void *b)
{
    double x = total_ns(a), y = total_ns(b);
    return (x < y) - (x > y);
}

static void add_result(struct table *table, const struct result *r)
{
    const struct series *s = last_series(r), *hot = record_find(r->record, 0);
    double time_ns = series_median(s, band_all());
    facts_add_brick(table, r->brick);
    table_real(table, r->uses);
    table_real(table, time_ns);
    table_real(table, hot && hot->n ? series_median(hot, band_all()) : NAN);
    table_real(table, s->footprint);
    table_count(table, s->n);
    table_real(table, work_graph(r->brick->graph).flops / time_ns);
    table_text(table, r->record->implementation);
}

// Those with samples beyond the hot loop's, costliest first; the caller frees them.
static struct result *find_results(const struct measure *m, int *n)
{
    struct result *results = xcalloc((size_t)m->suite->n_bricks + 1, sizeof *results);
    *n = 0;
    for (int i = 0; i < m->suite->n_bricks; i++) {
        struct result r = {m->suite->bricks[i], &m->records[i], 0};
        for (int k = 0; k < m->demands[i].n; k++)
            r.uses += m->demands[i].uses[k];
        if (last_series(&r) && last_series(&r)->footprint > 0)
            results[(*n)++] = r;
    }
    qsort(results, (size_t)*n, sizeof *results, costliest_first);
    return results;
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

static void print_results(struct measure *m, const struct options *o,
                          const struct choosing *choosing)
{
    struct table bricks, outliers, choices;
    struct outliers found = find_outliers(m);
    int n;
    struct result *results = find_results(m, &n);
    table_init(&bricks, COLUMNS(brick_columns));
    outlier_table_init(&outliers, &found);
    choosing_table(choosing, o, &choices);
    for (int i = 0; i < n && (o->json || o->csv || i < SHOWN_BRICKS); i++)
        add_result(&bricks, &results[i]);
    free(results);
    const struct section sections[] = {
        {"bricks", NULL, &bricks},
        {"outliers", "Samples far beyond their series' median, by suspected cause", &outliers},
        {"choices", "Implementations that changed", &choices},
    };
    if (o->csv)
        table_print(&bricks, o, stdout); // one table, even if it has no rows
    else
        sections_print(sections, o->choose ? 3 : 2, o, stdout);
    table_release(&bricks);
    table_release(&outliers);
    table_release(&choices);
}

static void say_plan(const struct measure *m, const struct agenda *a)
{
    struct str bricks = STR_INIT;
    bench_plan_describe(a, &bricks);
    if (a->misses.n)
        note("%d damaged or foreign file(s) of the cache are passed over, the first: %s",
             a->misses.n, a->misses.reason);
    note("%s, %s threads, %s: %s; %d to time, about %.0f s", m->engine.machine.label,
         m->engine.environment.value[ENV_threads], m->engine.environment.value[ENV_isa],
         bricks.text, a->n_tasks, a->expected_s);
    if (m->place.probe.warning[0])
        note("%s", m->place.probe.warning);
    str_release(&bricks);
}

// predict/README.md tells how far off it may be.
static void say_alone(const struct suite *s)
{
    int n = 0;
    for (int i = 0; i < s->n_models; i++)
        n += s->models[i].n_instances == 1 && model_is_isolated(&s->models[i]);
    if (n)
        note(
            "%d brick(s) are timed alone: what takes less than 20 us may take a tenth more or less "
            "in a model, for which these records count as well",
            n);
}

static void say_fitness(const struct measure *m, const char *when)
{
    struct fitness fitness = measure_fitness(m);
    char line[FITNESS_LINE];
    fitness_line(&fitness, line);
    note("machine, %s: %s", when, line);
}

static void say_end(const struct measure *m, const struct batches *b)
{
    const struct agenda *a = &b->agenda;
    double elapsed_s = session_now_s() - b->pace.start_s;
    int n = measure_n_timed(m);
    if (a->n_tasks == 0)
        note(
            "%d bricks timed in %.1f s into %s; measuring the %d model(s) themselves until each is "
            "as certain takes about %.1f s",
            n, elapsed_s, m->place.path, m->suite->n_models, a->direct_s);
    else
        note("%d bricks timed in %.1f s into %s, %d still to do; %.1f %% of the models' time is "
             "known; "
             "the same command goes on with the rest",
             n, elapsed_s, m->place.path, a->n_tasks, 100 * a->known);
}

static int look(struct measure *m, const char *when, struct error *err)
{
    int status = measure_look(m, err);
    if (status == 0)
        say_fitness(m, when);
    return status;
}

static int time_tasks(struct batches *b, struct error *err)
{
    if (look(b->measure, "at the start", err))
        return -1;
    int status = batches_run(b, err);
    if (status == 0)
        status = look(b->measure, "from start to end", err);
    say_end(b->measure, b);
    return status;
}

static int time_all(struct batches *b, const struct options *o, const struct choosing *choosing,
                    struct error *err)
{
    bool any = b->agenda.n_tasks > 0;
    int status = any ? time_tasks(b, err) : 0;
    if (status == 0 && (any || choosing->n_changed || o->json || o->csv))
        print_results(b->measure, o, choosing);
    return status;
}

// Everything that a plan is made of, but for the machine.
struct bench {
    const struct options *o;
    struct suite *suite;
    int *shard; // per brick
    struct cache_place *places;
    int n_places;
    double start_s;
    struct choosing choosing; // empty without --choose
};

static void open_bench(struct bench *b)
{
    struct str cache = STR_INIT;
    int damaged;
    b->start_s = session_now_s();
    b->shard = xcalloc((size_t)b->suite->n_bricks + 1, sizeof *b->shard);
    shards_assign(b->suite, b->o->shard.n, b->shard);
    cache_path(b->o->cache, &cache);
    b->places = cache_places(cache.text, &b->n_places, &damaged);
    if (damaged)
        note("%d place(s) of the cache %s cannot be read", damaged, cache.text);
    str_release(&cache);
}

static void close_bench(struct bench *b)
{
    cache_places_free(b->places, b->n_places);
    free(b->shard);
    choosing_release(&b->choosing);
}

static struct scope scope_of(const struct bench *b)
{
    return (struct scope){
        .suite = b->suite, .options = b->o, .shard = b->shard, .all = {b->places, b->n_places}};
}

static int run_here(const struct bench *b, struct measure *m, struct error *err)
{
    struct pace pace;
    struct batches batches;
    double now_s = session_now_s();
    struct scope scope = scope_of(b);
    pace_init(&pace, b->o->budget_s - (now_s - b->start_s), now_s);
    if (measure_open(m, b->o, b->suite, err))
        return STATUS_failed;
    scope.demands = m->demands;
    scope.footprints = m->footprints;
    scope.left_out = m->left_out;
    scope.steps = m->suite->granularity > 1 ? &m->steps : NULL;
    batches_init(&batches, m, &scope, &pace);
    say_plan(m, &batches.agenda);
    say_alone(m->suite);
    int status = time_all(&batches, b->o, &b->choosing, err) ? STATUS_failed : STATUS_done;
    if (status == STATUS_done && (batches.agenda.n_tasks || b->choosing.stopped))
        status = STATUS_incomplete;
    batches_release(&batches);
    return m->n_left_out ? STATUS_failed : status;
}

// First, so that what it leaves uncertain is topped up like all else.
static int choose(struct bench *b, struct error *err)
{
    struct scope scope = scope_of(b);
    if (b->suite->granularity != 1)
        return fail(err,
                    "--choose compares implementations of single steps, and this suite is of "
                    "granularity %d: use -G 1",
                    b->suite->granularity);
    return choose_run(&b->choosing, &scope, b->start_s, err);
}

static int run(struct bench *b, struct error *err)
{
    struct measure m = {.suite = b->suite};
    interrupt_install();
    if (b->o->choose && choose(b, err))
        return STATUS_failed;
    int status = run_here(b, &m, err);
    measure_close(&m);
    return status;
}

// Times nothing and writes nothing: the place may not be there yet, and its limits not known.
static int show_plan(const struct bench *b, struct error *err)
{
    struct engine engine = {0};
    if (session_open(&engine, b->o, err)) {
        engine_release(&engine);
        return STATUS_failed;
    }
    struct cache_place nowhere = {.machine = engine.machine, .environment = engine.environment};
    struct scope scope = scope_of(b);
    const struct cache_place *here = cache_same_place(&scope.all, &nowhere);
    here = here ? here : &nowhere;
    double *footprints = xcalloc((size_t)b->suite->n_models, sizeof *footprints);
    struct demand *demands = measure_demands(b->suite, b->o, place_far(here), footprints);
    struct agenda agenda;
    scope.demands = demands;
    scope.footprints = footprints;
    agenda_make(&agenda, &scope, here, clock_unix_time());
    bench_plan_print(&agenda, here);
    agenda_release(&agenda);
    demands_free(demands, b->suite->n_bricks);
    free(footprints);
    engine_release(&engine);
    return STATUS_done;
}

static bool is_only(const struct options *o, const char *name, bool *found)
{
    bool only = false;
    for (int i = 0; i < o->only.n; i++)
        if (strcmp(o->only.value[i], name) == 0)
            only = found[i] = true;
    return only;
}

// The bricks of the models that --only does not name stay in the suite, where none wants them.
static int keep_only(struct suite *s, const struct options *o, struct error *err)
{
    bool found[MAX_COUNTS] = {false};
    int kept = 0;
    for (int i = 0; i < s->n_models; i++)
        if (is_only(o, s->models[i].name, found))
            s->models[kept++] = s->models[i];
    s->n_models = kept;
    for (int i = 0; i < o->only.n; i++)
        if (!found[i])
            return fail(err, "--only: no model is named '%s'; `dlbricks inspect` shows the names",
                        o->only.value[i]);
    return 0;
}

int cmd_bench(const struct options *o)
{
    struct suite s;
    struct error err = {0};
    if (o->choose && o->dry_run) {
        fail(&err, "bench: give --choose or --dry-run, not both");
        report(&err);
        return STATUS_usage;
    }
    int status = input_load(o, &s), benched = STATUS_done, n_too_large = 0;
    if (o->only.n && keep_only(&s, o, &err))
        benched = STATUS_failed;
    else
        n_too_large = room_leave_out(&s);
    if (benched == STATUS_done && s.n_models) {
        struct bench b = {.o = o, .suite = &s};
        open_bench(&b);
        benched = o->dry_run ? show_plan(&b, &err) : run(&b, &err);
        close_bench(&b);
    }
    if (err.text[0])
        report(&err);
    if (benched == STATUS_done && n_too_large)
        benched = STATUS_incomplete;
    suite_release(&s);
    return status == STATUS_done ? benched : status;
}
