// dlbricks predict: latency of models from the bench-cache alone.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/cost.h"
#include "bricks/work.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/session.h"
#include "cli/suggestion.h"
#include "cli/table.h"
#include "predict/stale.h"
#include "runner/clock.h"

static const struct column model_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"machine", "machine", COLUMN_text, 0, 0},
    {"environment", "environment", COLUMN_text, 0, 0},
    {"p50_ns", "p50 ms", COLUMN_real, 1e-6, 3},
    {"low_ns", "low", COLUMN_real, 1e-6, 3},
    {"high_ns", "high", COLUMN_real, 1e-6, 3},
    {"inferences_per_s", "inf/s", COLUMN_real, 0, 1},
    {"footprint_bytes", "memory MB", COLUMN_real, 1e-6, 1},
    {"known_bricks", NULL, COLUMN_count, 0, 0},
    {"bricks", NULL, COLUMN_count, 0, 0},
    {"stale_bricks", NULL, COLUMN_count, 0, 0},
    {"runs", NULL, COLUMN_count, 0, 0},
    {"oldest_unix_s", NULL, COLUMN_count, 0, 0},
    {"unmodelled_layers", NULL, COLUMN_count, 0, 0},
    {"basis", "basis", COLUMN_text, 0, 0},
};

static const struct column step_columns[] = {
    {"model", NULL, COLUMN_text, 0, 0},          {"machine", NULL, COLUMN_text, 0, 0},
    {"brick", "brick", COLUMN_text, 0, 0},       {"description", "what", COLUMN_text, 0, 0},
    {"p50_ns", "ms", COLUMN_real, 1e-6, 4},      {"share", "share %", COLUMN_real, 100, 1},
    {"gflops", "GFLOP/s", COLUMN_real, 0, 1},    {"of_peak", "of peak %", COLUMN_real, 100, 0},
    {"implementation", NULL, COLUMN_text, 0, 0}, {"stale", "stale", COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_text, 0, 0},
};

// What a place and, with --stale, others of its machine know of a suite.
struct knowledge {
    const struct cache_place *place;
    struct timings timings;
    const struct cache_place **stale; // per brick: where its records are from; NULL: from place
};

struct report_tables {
    struct cache_all all;
    struct table models, steps;
    bool with_steps;
    int n_incomplete;
};

static void add_age(struct str *out, int64_t unix_time)
{
    int64_t age_s = clock_unix_time() - unix_time;
    if (age_s < -60) // clocks apart
        str_add(out, "dated in the future");
    else if (age_s < 3600)
        str_addf(out, "%lld min old", (long long)(age_s / 60));
    else if (age_s < 48 * 3600)
        str_addf(out, "%lld h old", (long long)(age_s / 3600));
    else
        str_addf(out, "%lld d old", (long long)(age_s / 86400));
}

// Unique bricks of the model that only stale records know.
static int count_stale(const struct prediction *p, const struct knowledge *k)
{
    bool *seen = xcalloc((size_t)k->timings.suite->n_bricks, sizeof *seen);
    int n = 0;
    for (int i = 0; i < p->model->n_instances; i++) {
        int brick = p->model->instances[i].brick;
        n += !seen[brick] && p->times[i].known && k->stale[brick];
        seen[brick] = true;
    }
    free(seen);
    return n;
}

// "54/54 bricks (2 stale), 3 runs, 6 d old"
static void describe_basis(const struct prediction *p, int n_stale, struct str *out)
{
    str_addf(out, "%d/%d bricks", p->n_bricks - p->n_missing, p->n_bricks);
    if (n_stale)
        str_addf(out, " (%d stale)", n_stale);
    if (p->model->n_unmodelled)
        str_addf(out, ", %d layers not modelled", p->model->n_unmodelled);
    if (!p->oldest)
        return;
    if (p->n_missing)
        str_add(out, ": sum of the known ones only");
    str_addf(out, ", %d run%s, ", p->runs, p->runs == 1 ? "" : "s");
    add_age(out, p->oldest);
}

static void add_model(struct table *t, const struct prediction *p, const struct knowledge *k)
{
    const struct cache_place *place = k->place;
    struct str basis = STR_INIT;
    char key[160];
    int n_stale = count_stale(p, k);
    bool nothing = p->n_missing == p->n_bricks;
    environment_key(&place->environment, key, sizeof key);
    describe_basis(p, n_stale, &basis);
    table_text(t, p->model->name);
    table_text(t, place->machine.label);
    table_text(t, key);
    table_real(t, nothing ? NAN : p->time_ns);
    table_real(t, nothing ? NAN : p->low_ns);
    table_real(t, nothing ? NAN : p->high_ns);
    table_real(t, p->n_missing ? NAN : 1e9 / p->time_ns);
    table_real(t, p->footprint);
    table_count(t, p->n_bricks - p->n_missing);
    table_count(t, p->n_bricks);
    table_count(t, n_stale);
    table_count(t, p->runs);
    table_count(t, p->oldest);
    table_count(t, p->model->n_unmodelled);
    table_text(t, basis.text);
    str_release(&basis);
}

static void add_layers(struct table *t, const struct instance *instance)
{
    struct str layers = STR_INIT;
    for (int k = 0; k < instance->n_steps; k++)
        if (instance->layers[k][0])
            str_addf(&layers, layers.len ? " | %s" : "%s", instance->layers[k]);
    table_text(t, layers.text);
    str_release(&layers);
}

// What the patch levels of the place were, "" if it is not stale.
static void add_stale(struct table *t, const struct cache_place *stale)
{
    struct str versions = STR_INIT;
    if (stale)
        str_addf(&versions, "%s, %s", stale->environment.value[ENV_engine_version],
                 stale->environment.value[ENV_blas_version]);
    table_text(t, versions.text);
    str_release(&versions);
}

static void add_steps(struct table *t, const struct prediction *p, const struct knowledge *k)
{
    const struct cache_place *place = k->place;
    const struct suite *s = k->timings.suite;
    double peak = probe_peak(&place->probe);
    for (int i = 0; i < p->model->n_instances; i++) {
        const struct instance *instance = &p->model->instances[i];
        const struct brick *brick = s->bricks[instance->brick];
        const struct brick_time *time = &p->times[i];
        double gflops = time->known ? work_graph(brick->graph).flops / time->time_ns : NAN;
        table_text(t, p->model->name);
        table_text(t, place->machine.label);
        facts_add_brick(t, brick);
        table_real(t, time->known ? time->time_ns : NAN);
        table_real(t, time->known ? time->time_ns / p->time_ns : NAN);
        table_real(t, gflops);
        table_real(t, peak > 0 ? gflops / peak : NAN);
        table_text(t, time->implementation);
        add_stale(t, time->known ? k->stale[instance->brick] : NULL);
        add_layers(t, instance);
    }
}

// Seconds that timing what is missing for one model would take.
static double missing_cost_s(const struct prediction *p, const struct timings *t,
                             const struct probe *probe)
{
    bool *seen = xcalloc((size_t)t->suite->n_bricks, sizeof *seen);
    double point = footprint_point(p->footprint, t->far);
    struct bill bill;
    bill_init(&bill, probe);
    for (int i = 0; i < p->model->n_instances; i++) {
        int brick = p->model->instances[i].brick;
        if (!p->times[i].known && !seen[brick])
            bill_add(&bill, t->suite->bricks[brick], 1, &point);
        seen[brick] = true;
    }
    free(seen);
    return bill_topped_up_s(&bill);
}

// What is missing, what it would cost, and the command that measures it.
static void say_missing(const struct prediction *p, const struct timings *t,
                        const struct cache_place *place, const struct options *o)
{
    struct str command = STR_INIT;
    suggest_bench(o, t->suite->granularity, place, &command);
    note("%s: %d of %d bricks were never timed on %s; about %.0f s %s with: %s", p->model->name,
         p->n_missing, p->n_bricks, place->machine.label, missing_cost_s(p, t, &place->probe) + 1,
         o->machine ? "on that machine" : "here", command.text);
    str_release(&command);
}

static void gather(struct knowledge *k, const struct suite *s, const struct cache_place *place,
                   const struct cache_all *all, const struct options *o)
{
    k->place = place;
    k->stale = xcalloc((size_t)s->n_bricks + 1, sizeof(struct cache_place *));
    timings_load(&k->timings, s, place);
    int n = o->stale ? timings_add_stale(&k->timings, all, place, k->stale) : 0;
    if (n)
        note("%s: %d brick(s) rest on stale records, of other patch levels; the intervals do not "
             "cover what those changed",
             place->machine.label, n);
    if (k->timings.misses.n)
        note("%d file(s) of the cache are passed over, the first: %s", k->timings.misses.n,
             k->timings.misses.reason);
}

static void predict_models(struct report_tables *r, const struct knowledge *k,
                           const struct options *o)
{
    const struct suite *s = k->timings.suite;
    int n_incomplete = 0;
    for (int i = 0; i < s->n_models; i++) {
        struct prediction p;
        predict_model(&p, &k->timings, &s->models[i]);
        add_model(&r->models, &p, k);
        if (r->with_steps && p.n_missing < p.n_bricks)
            add_steps(&r->steps, &p, k);
        if (p.n_missing) {
            say_missing(&p, &k->timings, k->place, o);
            n_incomplete++;
        }
        prediction_release(&p);
    }
    if (n_incomplete && !o->stale && cache_has_stale(&r->all, k->place))
        note("%s: the cache has records of other patch levels; --stale uses them where it lacks "
             "others",
             k->place->machine.label);
    r->n_incomplete += n_incomplete;
}

static void predict_place(struct report_tables *r, const struct suite *s,
                          const struct cache_place *place, const struct options *o)
{
    struct knowledge k;
    gather(&k, s, place, &r->all, o);
    predict_models(r, &k, o);
    timings_release(&k.timings);
    free(k.stale);
}

// An instruction set as environments name it.
static const char *isa_in_full(const char *isa)
{
    return strcmp(isa, "avx512") == 0 ? "avx512_core" : isa;
}

static bool fits_options(const struct cache_place *place, const struct options *o)
{
    const struct environment *e = &place->environment;
    if (o->threads && atoi(e->value[ENV_threads]) != o->threads)
        return false;
    return !o->isa || strcmp(e->value[ENV_isa], isa_in_full(o->isa)) == 0;
}

struct place_list {
    const struct cache_place *places;
    int n;
    bool *chosen;
};

// Chooses the places of one name; returns why there are none, or NULL.
static const char *choose(struct place_list *list, const char *name, size_t n_name,
                          const struct options *o)
{
    bool named = false, fitting = false;
    for (int i = 0; i < list->n; i++) {
        bool same = place_is_named(&list->places[i], name, n_name);
        bool fits = same && fits_options(&list->places[i], o);
        named = named || same;
        fitting = fitting || fits;
        list->chosen[i] = list->chosen[i] || fits;
    }
    if (fitting)
        return NULL;
    return named ? "was not timed with such --threads and --isa in the cache"
                 : "is not in the cache";
}

// Chooses the places that --machine ("c7a,c7i") names. *n_chosen counts the names that have some;
// missing tells which have none, and why.
static void choose_all(struct place_list *list, const struct options *o, const char *cache,
                       int *n_chosen, struct str *missing)
{
    *n_chosen = 0;
    for (const char *p = o->machine; *p;) {
        size_t n = strcspn(p, ",");
        const char *why = choose(list, p, n, o);
        *n_chosen += !why;
        if (why)
            str_addf(missing, "%smachine '%.*s' %s %s", missing->len ? "; " : "", (int)n, p, why,
                     cache);
        p += n + (p[n] == ',');
    }
}

// One row per model and environment of the machines that --machine names.
static int predict_named(struct report_tables *r, const struct suite *s, const struct options *o,
                         const struct cache_place *places, int n, const char *cache,
                         struct error *err)
{
    struct place_list list = {places, n, xcalloc((size_t)n + 1, sizeof(bool))};
    struct str missing = STR_INIT;
    int n_chosen, status = 0;
    choose_all(&list, o, cache, &n_chosen, &missing);
    if (n_chosen == 0)
        status = fail(err, "%s; `dlbricks machine list` shows what the cache has", missing.text);
    else if (missing.len)
        note("%s", missing.text);
    for (int i = 0; i < n; i++)
        if (list.chosen[i])
            predict_place(r, s, &places[i], o);
    free(list.chosen);
    str_release(&missing);
    return status;
}

// This machine, in the environment that the options give; perhaps nothing was timed here yet.
static int predict_here(struct report_tables *r, const struct suite *s, const struct options *o,
                        struct error *err)
{
    struct engine engine = {0};
    if (session_open(&engine, o, err)) {
        engine_release(&engine);
        return -1;
    }
    struct cache_place here = {
        .path = NULL, .machine = engine.machine, .environment = engine.environment};
    const struct cache_place *place = cache_same_place(&r->all, &here);
    predict_place(r, s, place ? place : &here, o);
    engine_release(&engine);
    return 0;
}

static int predict(struct report_tables *r, const struct suite *s, const struct options *o,
                   struct error *err)
{
    struct str cache = STR_INIT;
    int n, damaged, status;
    cache_path(o->cache, &cache);
    struct cache_place *places = cache_places(cache.text, &n, &damaged);
    r->all = (struct cache_all){places, n};
    if (damaged)
        note("%d place(s) of the cache %s cannot be read", damaged, cache.text);
    if (o->machine)
        status = predict_named(r, s, o, places, n, cache.text, err);
    else
        status = predict_here(r, s, o, err);
    cache_places_free(places, n);
    str_release(&cache);
    return status;
}

int cmd_predict(const struct options *o)
{
    struct suite s;
    struct error err = {0};
    int status = input_load_whole(o, &s);
    struct report_tables r = {.with_steps = s.n_models == 1 || o->json || o->csv};
    table_init(&r.models, COLUMNS(model_columns));
    table_init(&r.steps, COLUMNS(step_columns));
    if (s.n_models && predict(&r, &s, o, &err)) {
        status = report(&err);
    } else if (s.n_models) {
        const struct section sections[] = {
            {"models", NULL, &r.models},
            {"steps", "Steps in the order of execution", &r.steps},
        };
        sections_print(sections, 2, o, stdout);
        if (status == STATUS_done && r.n_incomplete)
            status = STATUS_incomplete;
    }
    table_release(&r.models);
    table_release(&r.steps);
    suite_release(&s);
    return status;
}
