#include "cli/choose.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/contest.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/interrupt.h"
#include "cli/measure.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "runner/check.h"

// Of some model's time: what has less is not worth comparing.
static const double least_share = 0.002;
static const double budget_share = 0.5; // the rest is for what the cache lacks
enum { SCREENING_VISITS = 3, DECIDING_VISITS = 8 };

// One brick while it is compared.
struct entry {
    int brick;
    const char *incumbent; // implementation
    struct contest contest;
    int finalist; // its rival, or NONE
};

struct choose {
    struct choosing *result;
    struct scope *scope;
    struct measure measure;
    struct agenda agenda;
    struct timings timings; // of before
    struct progress progress;
    bool *looked_at; // per brick
    double *ratio;   // per brick: of its time, since it runs otherwise
    int model;       // in work
    double end_s;
    struct rivals rivals;
    int n_entries;
    struct entry *entries; // of the model in work
};

// ---- what there is to compare --------------------------------------------------------------

// The alternatives of a brick of one step, the rule's own included, without the incumbent.
static void list_names(const struct choose *c, int brick, const char *incumbent,
                       struct kernel_names *names)
{
    const struct engine *engine = &c->measure.engine;
    const struct graph *g = c->measure.suite->bricks[brick]->graph;
    struct kernel_names all = {0}, others;
    struct kernel *rule = kernel_make(engine, g, &g->nodes[0], NULL, NULL);
    names->n = 0;
    if (!rule)
        return;
    kernel_names_add(&all, rule->implementation);
    kernel_free(rule);
    kernel_alternatives(engine, g, &g->nodes[0], &others);
    for (int i = 0; i < others.n; i++)
        kernel_names_add(&all, others.name[i]);
    for (int i = 0; i < all.n; i++)
        if (strcmp(all.name[i], incumbent) != 0)
            kernel_names_add(names, all.name[i]);
}

static bool was_tried(const struct record *r, const char *name)
{
    for (int i = 0; i < r->n_tried; i++)
        if (strcmp(r->tried[i].implementation, name) == 0)
            return true;
    return false;
}

// True if the newest comparison was of these, and what it found is what runs.
static bool is_settled(const struct timings *t, int brick, const char *incumbent,
                       const struct kernel_names *names)
{
    const struct record *newest = NULL;
    for (int i = 0; i < t->n_records[brick]; i++) {
        const struct record *r = &t->records[brick][i];
        if (r->n_tried && (!newest || r->unix_time > newest->unix_time))
            newest = r;
    }
    if (!newest || strcmp(newest->implementation, incumbent) != 0 ||
        newest->n_tried != names->n + 1)
        return false;
    for (int i = 0; i < names->n; i++)
        if (!was_tried(newest, names->name[i]))
            return false;
    return true;
}

// Where the brick has enough of some model's time.
static struct demand worthwhile(const struct choose *c, int brick)
{
    const struct demand *all = &c->measure.demands[brick];
    struct demand d = {0};
    for (int k = 0; k < all->n; k++)
        if (c->agenda.pairs[c->agenda.first[brick] + k].largest_share >= least_share)
            demand_add(&d, all->footprint[k], all->uses[k]);
    return d;
}

static void add_entry(struct choose *c, int brick)
{
    const struct graph *g = c->measure.suite->bricks[brick]->graph;
    const struct kernel *k = kernel_set_get(c->measure.kernels, g, &g->nodes[0], NULL);
    struct kernel_names names = {0};
    struct demand demand = worthwhile(c, brick);
    if (k && demand.n)
        list_names(c, brick, k->implementation, &names);
    if (!names.n || is_settled(&c->timings, brick, k->implementation, &names)) {
        demand_release(&demand);
        return;
    }
    c->entries[c->n_entries++] = (struct entry){
        .brick = brick,
        .incumbent = k->implementation,
        .contest = {.demand = demand},
        .finalist = NONE,
    };
    for (int i = 0; i < names.n; i++)
        rivals_add(&c->rivals, brick, g, names.name[i], i, &c->measure.records[brick]);
}

static void find_entries(struct choose *c)
{
    const struct suite *s = c->measure.suite;
    const struct model *model = &s->models[c->model];
    rivals_init(&c->rivals, &c->measure.engine);
    c->entries = xcalloc((size_t)model->n_instances + 1, sizeof *c->entries);
    c->n_entries = 0;
    for (int i = 0; i < model->n_instances; i++) {
        int brick = model->instances[i].brick;
        bool ours = c->scope->shard[brick] == c->scope->options->shard.k - 1;
        if (ours && !c->looked_at[brick])
            add_entry(c, brick);
        c->looked_at[brick] = true;
    }
    c->measure.rivals = &c->rivals;
}

static void release_entries(struct choose *c)
{
    for (int i = 0; i < c->n_entries; i++)
        demand_release(&c->entries[i].contest.demand);
    free(c->entries);
    c->entries = NULL;
    rivals_release(&c->rivals);
    c->measure.rivals = NULL;
}

// ---- timing --------------------------------------------------------------------------------

static bool may_go_on(const struct choose *c)
{
    return !interrupted && session_now_s() < c->end_s;
}

static bool watch(void *context, const struct measure *m)
{
    struct choose *c = context;
    char text[128];
    snprintf(text, sizeof text,
             "model %d/%d: implementations of %d bricks; %d compared, %d changed", c->model + 1,
             m->suite->n_models, m->n_targets, c->result->n, c->result->n_changed);
    progress_show(&c->progress, c->model, m->suite->n_models, text, session_now_s());
    return may_go_on(c);
}

// So many visits of all that have a demand. Returns 1 if there was no time for all.
static int time_visits(struct choose *c, const struct demand *demands, int visits,
                       struct error *err)
{
    struct sampler_options options = {
        .max_visits = visits,
        .tolerance = 0, // all of them
        .seed = sampler_defaults.seed + ((uint64_t)visits << 32),
    };
    int n = measure_start(&c->measure, demands, &options, err);
    if (n == 0)
        do
            n = measure_round(&c->measure, watch, c, err);
        while (n > 0 && may_go_on(c));
    measure_stop(&c->measure);
    c->result->stopped = n > 0;
    return n < 0 ? -1 : n > 0;
}

static int time_entries(struct choose *c, bool finalists, int visits, struct error *err)
{
    struct demand *demands = xcalloc((size_t)c->measure.suite->n_bricks, sizeof *demands);
    for (int i = 0; i < c->n_entries; i++)
        if (!finalists || c->entries[i].finalist != NONE)
            demands[c->entries[i].brick] = c->entries[i].contest.demand; // lent
    int status = time_visits(c, demands, visits, err);
    free(demands);
    return status;
}

// ---- judging -------------------------------------------------------------------------------

static struct record *incumbent_record(const struct choose *c, const struct entry *e)
{
    return &c->measure.records[e->brick];
}

// The fastest rival, if it may be faster than the incumbent.
static void find_finalist(struct choose *c, struct entry *e)
{
    const struct record *own = incumbent_record(c, e);
    const struct demand *demand = &e->contest.demand;
    struct standing incumbent = contest_standing(own, demand), best = {0};
    contest_note(&e->contest, own, own);
    for (int i = 0; i < c->rivals.n; i++) {
        const struct rival *r = &c->rivals.rival[i];
        if (r->brick != e->brick)
            continue;
        struct standing s = contest_standing(&r->record, demand);
        contest_note(&e->contest, own, &r->record);
        if (!contest_is_open(&incumbent, &s) || (best.known && s.time_ns >= best.time_ns))
            continue;
        best = s;
        e->finalist = i;
    }
}

// What is faster but wrong is no implementation.
static bool is_right(struct choose *c, const struct rival *r)
{
    const struct brick *brick = c->measure.suite->bricks[r->brick];
    struct check_result result;
    struct error err = {0};
    bool checked = check_brick(&c->measure.engine, c->rivals.kernels[r->lane], brick->graph,
                               &result, &err) == 0;
    progress_clear(&c->progress);
    if (!checked)
        note("brick %.12s: %s is not chosen, as it cannot be checked: %s", brick->signature,
             r->record.implementation, err.text);
    else if (!result.ok)
        note("brick %.12s: %s is not chosen: its results are off by %g", brick->signature,
             r->record.implementation, result.worst);
    return checked && result.ok;
}

static void note_result(struct choose *c, const struct entry *e, const struct record *kept,
                        double ratio)
{
    struct choosing *all = c->result;
    grow(&all->chosen, &all->capacity, all->n + 1, sizeof *all->chosen);
    struct chosen *one = &all->chosen[all->n++];
    *one = (struct chosen){
        .brick = c->measure.suite->bricks[e->brick], .n_tried = e->contest.n_tried, .ratio = ratio};
    snprintf(one->before, sizeof one->before, "%s", e->incumbent);
    snprintf(one->after, sizeof one->after, "%.127s", kept->implementation);
    c->ratio[e->brick] = ratio;
    all->n_changed += ratio != 1;
}

// Writes the record of the implementation that counts from now on.
static int keep(struct choose *c, struct entry *e, struct record *r, double ratio,
                struct error *err)
{
    memcpy(r->fitness, incumbent_record(c, e)->fitness, sizeof r->fitness);
    r->n_tried = e->contest.n_tried;
    memcpy(r->tried, e->contest.tried, sizeof r->tried);
    note_result(c, e, r, ratio);
    return cache_put(&c->measure.place, r, err);
}

// What the samples in the cache say that the incumbent takes; 0 if they do not.
static double known_time(const struct choose *c, const struct entry *e)
{
    const struct demand *demand = &e->contest.demand;
    double known_ns = 0;
    bool known = true;
    for (int i = 0; i < demand->n; i++) {
        struct brick_time t = brick_time(&c->timings, e->brick, demand->footprint[i]);
        known = known && t.known;
        known_ns += demand->uses[i] * t.time_ns;
        brick_time_release(&t);
    }
    return known ? known_ns : 0;
}

static int decide(struct choose *c, struct entry *e, struct error *err)
{
    struct record *own = incumbent_record(c, e);
    if (!contest_standing(own, &e->contest.demand).known)
        return 0;
    if (e->finalist == NONE)
        return keep(c, e, own, 1, err);
    struct rival *rival = &c->rivals.rival[e->finalist];
    double ratio = contest_decide(&e->contest, own, &rival->record, known_time(c, e));
    bool won = ratio < 1 && is_right(c, rival);
    return won ? keep(c, e, &rival->record, ratio, err) : keep(c, e, own, 1, err);
}

// Only the finalists stay, and the samples that selected them go.
static void keep_finalists(struct choose *c)
{
    for (int i = 0; i < c->rivals.n; i++) {
        record_clear(&c->rivals.rival[i].record);
        c->rivals.rival[i].out = true;
    }
    for (int i = 0; i < c->n_entries; i++)
        if (c->entries[i].finalist != NONE) {
            record_clear(incumbent_record(c, &c->entries[i]));
            c->rivals.rival[c->entries[i].finalist].out = false;
        }
}

// ---- models --------------------------------------------------------------------------------

static int decide_all(struct choose *c, bool finalists, struct error *err)
{
    for (int i = 0; i < c->n_entries; i++)
        if ((c->entries[i].finalist != NONE) == finalists && decide(c, &c->entries[i], err))
            return -1;
    return 0;
}

// Returns what time_visits does: samples of a comparison that was broken off say nothing.
static int compare(struct choose *c, struct error *err)
{
    int n_finalists = 0, status = time_entries(c, false, SCREENING_VISITS, err);
    if (status)
        return status;
    for (int i = 0; i < c->n_entries; i++) {
        find_finalist(c, &c->entries[i]);
        n_finalists += c->entries[i].finalist != NONE;
    }
    if (decide_all(c, false, err))
        return -1;
    keep_finalists(c);
    if (n_finalists)
        status = time_entries(c, true, DECIDING_VISITS, err);
    return status ? status : decide_all(c, true, err);
}

static int compare_models(struct choose *c, struct error *err)
{
    int status = 0;
    for (; c->model < c->measure.suite->n_models && !status; c->model++) {
        find_entries(c);
        if (c->n_entries)
            status = compare(c, err);
        release_entries(c);
    }
    return status < 0 ? -1 : 0;
}

// Of each model's expected time, what the bricks that changed no longer take.
static void find_gains(struct choose *c)
{
    const struct suite *s = c->measure.suite;
    double far = place_far(&c->measure.place);
    for (int m = 0; m < s->n_models; m++) {
        double gain = 0;
        for (int i = 0; i < s->models[m].n_instances; i++) {
            int brick = s->models[m].instances[i].brick;
            gain += (1 - c->ratio[brick]) * agenda_pair(&c->agenda, m, brick, far)->time_ns;
        }
        gain /= c->agenda.model_ns[m];
        c->result->mean_gain += gain / s->n_models;
        if (gain > c->result->largest_gain) {
            c->result->largest_gain = gain;
            c->result->largest_model = s->models[m].name;
        }
    }
}

static int open_choose(struct choose *c, struct scope *scope, struct error *err)
{
    const struct suite *s = scope->suite;
    c->looked_at = xcalloc((size_t)s->n_bricks + 1, sizeof *c->looked_at);
    c->ratio = xcalloc((size_t)s->n_bricks + 1, sizeof *c->ratio);
    for (int i = 0; i < s->n_bricks; i++)
        c->ratio[i] = 1;
    if (measure_open(&c->measure, scope->options, s, err))
        return -1;
    c->measure.keeps_back = true;
    scope->demands = c->measure.demands;
    scope->footprints = c->measure.footprints;
    agenda_make(&c->agenda, scope, &c->measure.place, clock_unix_time());
    timings_load(&c->timings, s, &c->measure.place);
    return 0;
}

static void close_choose(struct choose *c)
{
    if (c->timings.suite)
        timings_release(&c->timings);
    agenda_release(&c->agenda);
    measure_close(&c->measure);
    free(c->looked_at);
    free(c->ratio);
}

static void say_result(const struct choosing *r)
{
    if (r->n_changed)
        note("implementations of %d bricks compared, %d changed: expected to save %.1f %% of a "
             "model's time on average, of %s most (%.1f %%)",
             r->n, r->n_changed, 100 * r->mean_gain, r->largest_model ? r->largest_model : "none",
             100 * r->largest_gain);
    else
        note("implementations of %d bricks compared, none changed", r->n);
    if (r->stopped)
        note("not all were compared; the same command goes on with the rest");
}

int choose_run(struct choosing *result, const struct scope *scope, double start_s,
               struct error *err)
{
    struct scope own = *scope;
    struct choose c = {.result = result, .scope = &own, .measure = {.suite = scope->suite}};
    *result = (struct choosing){0};
    c.end_s = start_s + budget_share * scope->options->budget_s;
    int status = open_choose(&c, &own, err);
    if (status == 0) {
        progress_start(&c.progress, stderr, session_now_s());
        status = compare_models(&c, err);
        progress_clear(&c.progress);
        find_gains(&c);
        say_result(result);
    }
    close_choose(&c);
    return status;
}

void choosing_release(struct choosing *c)
{
    free(c->chosen);
    *c = (struct choosing){0};
}

// ---- results -------------------------------------------------------------------------------

static const struct column columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"compared", "compared", COLUMN_count, 0, 0},
    {"before", "before", COLUMN_text, 0, 0},
    {"implementation", "from now on", COLUMN_text, 0, 0},
    {"ratio", "time ratio", COLUMN_real, 1, 3},
};

void choosing_table(const struct choosing *c, const struct options *o, struct table *t)
{
    table_init(t, COLUMNS(columns));
    for (int i = 0; i < c->n; i++) {
        const struct chosen *one = &c->chosen[i];
        if (one->ratio == 1 && !o->json)
            continue;
        facts_add_brick(t, one->brick);
        table_count(t, one->n_tried);
        table_text(t, one->before);
        table_text(t, one->after);
        table_real(t, one->ratio);
    }
}
