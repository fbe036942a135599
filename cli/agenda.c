#include "cli/agenda.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "runner/sampler.h"

// How much of a brick's share becomes known when it is timed.
static const double gain[N_BRICK_STATES] = {
    [STATE_new] = 1, [STATE_stale] = 0.5, [STATE_old] = 0.1, [STATE_noisy] = 0.1};

// ---- times and shares ----------------------------------------------------------------------

static void lay_out(struct agenda *a)
{
    int n_bricks = a->scope->suite->n_bricks, n = 0;
    a->first = xcalloc((size_t)n_bricks + 1, sizeof *a->first);
    for (int i = 0; i < n_bricks; i++) {
        a->first[i] = n;
        n += a->scope->demands[i].n;
    }
    a->first[n_bricks] = n;
    a->pairs = xcalloc((size_t)n + 1, sizeof *a->pairs);
}

static void find_times(struct agenda *a, const struct timings *t, const struct probe *probe)
{
    for (int i = 0; i < t->suite->n_bricks; i++)
        for (int k = 0; k < a->scope->demands[i].n; k++) {
            double footprint = a->scope->demands[i].footprint[k];
            struct brick_time time = brick_time(t, i, footprint);
            a->pairs[a->first[i] + k].time_ns =
                time.known ? time.time_ns : cost_run_ns(t->suite->bricks[i], footprint, probe);
            brick_time_release(&time);
        }
}

// Number of the pair of a brick in a model; where other footprints were asked for, the first.
static int pair_of(const struct agenda *a, int model, int brick, double far)
{
    const struct demand *d = &a->scope->demands[brick];
    int k = demand_find(d, footprint_point(a->scope->footprints[model], far));
    return a->first[brick] + (k == NONE ? 0 : k);
}

const struct pair *agenda_pair(const struct agenda *a, int model, int brick, double far)
{
    return &a->pairs[pair_of(a, model, brick, far)];
}

// Adds what each pair has of the model's expected latency to share_of_one.
static void share_model(const struct agenda *a, int m, double far, double *share_of_one)
{
    const struct model *model = &a->scope->suite->models[m];
    for (int i = 0; i < model->n_instances; i++) {
        int pair = pair_of(a, m, model->instances[i].brick, far);
        share_of_one[pair] += a->pairs[pair].time_ns / a->model_ns[m];
    }
}

static void find_shares(struct agenda *a, double far)
{
    const struct suite *s = a->scope->suite;
    int n_pairs = a->first[s->n_bricks];
    a->model_ns = xcalloc((size_t)s->n_models, sizeof *a->model_ns);
    for (int m = 0; m < s->n_models; m++) {
        const struct model *model = &s->models[m];
        double *share = xcalloc((size_t)n_pairs + 1, sizeof *share);
        for (int i = 0; i < model->n_instances; i++)
            a->model_ns[m] += agenda_pair(a, m, model->instances[i].brick, far)->time_ns;
        share_model(a, m, far, share);
        for (int p = 0; p < n_pairs; p++) {
            a->pairs[p].share += share[p] / s->n_models;
            a->pairs[p].largest_share = fmax(a->pairs[p].largest_share, share[p]);
        }
        free(share);
    }
}

// ---- states --------------------------------------------------------------------------------

// The samples of all runs at a footprint as one series; *newest is when the last was taken.
static struct series pool(const struct timings *t, int brick, double footprint, int64_t *newest,
                          bool *stale)
{
    struct series all = {.footprint = footprint};
    int n_visits = 0; // of the runs before: theirs are others
    *newest = INT64_MIN;
    *stale = false;
    for (int run = 0; run < t->n_records[brick]; run++) {
        const struct series *s = timings_series(t, brick, run, footprint);
        int before = n_visits;
        for (int i = 0; s && i < s->n; i++) {
            struct condition condition = s->conditions[i];
            condition.visit += before;
            n_visits = condition.visit >= n_visits ? condition.visit + 1 : n_visits;
            series_add(&all, s->time_ns[i], condition);
        }
        if (s && t->records[brick][run].unix_time > *newest)
            *newest = t->records[brick][run].unix_time;
        *stale = *stale || (s && timings_stale(t, brick, run));
    }
    return all;
}

static enum brick_state judge(const struct agenda *a, const struct timings *t, int brick,
                              double footprint, double largest_share, int64_t now_s)
{
    int64_t newest;
    bool stale;
    struct series all = pool(t, brick, footprint, &newest, &stale);
    bool enough = all.n && series_suffices(&all, t->band, largest_share, &sampler_defaults);
    bool any = all.n > 0;
    series_release(&all);
    if (!any)
        return STATE_new;
    if (stale)
        return STATE_stale;
    if ((double)(now_s - newest) >= a->scope->options->older_s)
        return STATE_old;
    return enough ? STATE_known : STATE_noisy;
}

static void find_states(struct agenda *a, const struct timings *t, int64_t now_s)
{
    for (int i = 0; i < t->suite->n_bricks; i++)
        for (int k = 0; k < a->scope->demands[i].n; k++) {
            struct pair *p = &a->pairs[a->first[i] + k];
            p->state = judge(a, t, i, a->scope->demands[i].footprint[k], p->largest_share, now_s);
        }
}

// The state of a brick: the first that one of its pairs has, in this order.
static enum brick_state state_of(const struct agenda *a, int brick)
{
    static const enum brick_state order[] = {STATE_new, STATE_stale, STATE_old, STATE_noisy};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int p = a->first[brick]; p < a->first[brick + 1]; p++)
            if (a->pairs[p].state == order[i])
                return order[i];
    return STATE_known;
}

static bool is_known(enum brick_state state)
{
    return state == STATE_known || state == STATE_noisy || state == STATE_old;
}

static void count_known(struct agenda *a, double far)
{
    const struct suite *s = a->scope->suite;
    a->model_known = xcalloc((size_t)s->n_models, sizeof *a->model_known);
    for (int m = 0; m < s->n_models; m++) {
        for (int i = 0; i < s->models[m].n_instances; i++) {
            const struct pair *p = agenda_pair(a, m, s->models[m].instances[i].brick, far);
            a->model_known[m] += is_known(p->state) ? p->time_ns / a->model_ns[m] : 0;
        }
        a->known += a->model_known[m] / s->n_models;
    }
    for (int i = 0; i < s->n_bricks; i++)
        if (a->scope->demands[i].n)
            a->n_in_state[state_of(a, i)]++;
}

// ---- tasks ---------------------------------------------------------------------------------

// Which states are timed: those that the options name, else all that is not known.
static bool is_selected(const struct options *o, enum brick_state state)
{
    bool named = o->only_missing || o->noisy || o->older_s < INFINITY;
    switch (state) {
    case STATE_new:
        return !named || o->only_missing;
    case STATE_noisy:
        return !named || o->noisy;
    case STATE_stale:
        return !named;
    default:
        return state == STATE_old;
    }
}

static bool is_ours(const struct scope *scope, int brick)
{
    bool left_out = scope->left_out && scope->left_out[brick];
    return !left_out && scope->shard[brick] == scope->options->shard.k - 1;
}

static void add_tasks(struct agenda *a, int brick, const struct probe *probe)
{
    const struct demand *d = &a->scope->demands[brick];
    for (int k = 0; k < d->n; k++) {
        int pair = a->first[brick] + k;
        const struct pair *p = &a->pairs[pair];
        if (!is_selected(a->scope->options, p->state))
            continue;
        a->tasks[a->n_tasks++] = (struct task){
            .brick = brick,
            .footprint = d->footprint[k],
            .uses = d->uses[k],
            .state = p->state,
            .share = gain[p->state] * p->share,
            .cost_s = cost_share_s(a->scope->suite->bricks[brick], 1, &d->footprint[k], probe),
            .pair = pair,
        };
    }
}

static double expect(const struct agenda *a, const struct probe *probe)
{
    const struct suite *s = a->scope->suite;
    struct demand *demands = tasks_demands(a->tasks, a->n_tasks, s);
    struct bill bill;
    bill_init(&bill, probe);
    for (int i = 0; i < s->n_bricks; i++)
        if (demands[i].n)
            bill_add(&bill, s->bricks[i], demands[i].n, demands[i].footprint);
    demands_free(demands, s->n_bricks);
    return bill_topped_up_s(&bill);
}

static double expect_direct(const struct agenda *a)
{
    const struct suite *s = a->scope->suite;
    double seconds = 0;
    for (int m = 0; m < s->n_models; m++) {
        double visits = ceil(least_visits(a->model_ns[m], 1, &sampler_defaults));
        seconds += cost_direct_s(a->model_ns[m], model_memory(s, &s->models[m]),
                                 suite_n_unique(s, &s->models[m]), visits);
    }
    return seconds;
}

static void make_tasks(struct agenda *a, const struct probe *probe)
{
    const struct suite *s = a->scope->suite;
    a->tasks = xcalloc((size_t)a->first[s->n_bricks] + 1, sizeof *a->tasks);
    for (int i = 0; i < s->n_bricks; i++)
        if (is_ours(a->scope, i))
            add_tasks(a, i, probe);
    tasks_order(a->tasks, a->n_tasks, s);
    a->expected_s = expect(a, probe);
    a->direct_s = expect_direct(a);
}

void agenda_make(struct agenda *a, const struct scope *scope, const struct cache_place *place,
                 int64_t now_s)
{
    struct timings t;
    *a = (struct agenda){.scope = scope};
    timings_load_with(&t, scope->suite, place, scope->steps);
    timings_add_stale(&t, &scope->all, place);
    a->misses = t.misses;
    lay_out(a);
    find_times(a, &t, &place->probe);
    find_shares(a, t.far);
    find_states(a, &t, now_s);
    count_known(a, t.far);
    make_tasks(a, &place->probe);
    timings_release(&t);
}

void agenda_release(struct agenda *a)
{
    free(a->first);
    free(a->pairs);
    free(a->model_ns);
    free(a->model_known);
    free(a->tasks);
    *a = (struct agenda){0};
}
