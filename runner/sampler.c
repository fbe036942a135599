#include "runner/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "bricks/policy.h"
#include "runner/surrogate.h"
#include "runner/watch.h"

enum {
    MIN_WARM_PASSES = 2, // as the caches reach their steady state
    MAX_WARM_PASSES = 32,
    // Where the prevailing condition does not come back: so many times what would do, and the cap.
    ENOUGH_VISITS_FACTOR = 2,
    MOST_VISITS_FACTOR = 4,
};

// A first run takes some 5 to 15 us longer than those that follow it, for page tables, branches and
// the like: of 1100 runs over 5 ms, half take at most 0.1 % more. They need no warming.
static const double slow_ns = 5e6;

static const double longest_pause_ns = 20e6; // between passes

static const double least_share = 1e-3; // of a model's time: smaller ones are held to no less

const struct sampler_options sampler_defaults = {
    .max_visits = 12,
    .tolerance = 0.015,
    .seed = 20261122,
};

// One target at one footprint; footprint 0 is the hot loop.
struct pair {
    int unit;
    double footprint;
    double share;    // the largest it has in a model's time, as far as that is known
    int rounds;      // that timed it
    bool unfinished; // at the start of this round
    bool pending;    // not yet taken in this round
};

struct unit {
    struct piece piece;
    int first_pair, n_pairs;
};

struct sampler {
    const struct engine *engine;
    struct kernel_set *kernels;
    const struct clock *clock;
    struct sampler_options options;
    uint64_t random;
    double clock_cost_ns;
    int n_units;
    struct unit *units; // by target
    const struct target *targets;
    int n_chains;
    const struct chain *chains;
    int n_visits; // surrogate models so far
    int n_pairs;
    struct pair *pairs; // by unit
    int *order;         // of the pairs, shuffled at the start of every round
    int next;           // in that order
    struct workspace workspace;
    int n_handoffs, handoffs_capacity;
    double *handoffs_ns; // of every timed pass
    struct band band;    // prevailing, as the round began: samples of other conditions do not count
};

// The unit's pair at this footprint, or NULL if it is not timed there.
static struct pair *find_pair(struct sampler *s, int unit, double footprint)
{
    struct pair *p = s->pairs + s->units[unit].first_pair;
    for (int i = 0; i < s->units[unit].n_pairs; i++)
        if (p[i].footprint == footprint)
            return &p[i];
    return NULL;
}

static double tolerance_of(double share, const struct sampler_options *options)
{
    return options->tolerance / sqrt(fmax(share, least_share));
}

bool visits_suffice(const double *time_ns, int n, double share,
                    const struct sampler_options *options)
{
    if (n < 1)
        return false;
    if (n >= options->max_visits)
        return true;
    double usual = usual_spread(median(time_ns, n));
    return z95 * relative_error(time_ns, n, usual) <= tolerance_of(share, options);
}

double least_visits(double time_ns, double share, const struct sampler_options *options)
{
    return fmin(z95 * usual_spread(time_ns) / tolerance_of(share, options), options->max_visits);
}

bool series_suffices(const struct series *series, struct band band, double share,
                     const struct sampler_options *options)
{
    double *times = xmalloc((size_t)series->n * sizeof *times);
    int all = series_visits(series, band_all(), times), n = series_visits(series, band, times);
    bool enough = visits_suffice(times, n, share, options);
    double least = n > 0 ? least_visits(median(times, n), share, options) : INFINITY;
    free(times);
    if (n < all && all >= ENOUGH_VISITS_FACTOR * least)
        return true;
    return enough || all >= MOST_VISITS_FACTOR * options->max_visits;
}

// One run of a candidate, roughly.
static double expected_ns(const struct sampler *s, int unit, double footprint)
{
    const struct record *r = s->targets[unit].record;
    double known = r ? series_median(record_find(r, footprint), band_all()) : 0;
    return known > 0 ? known : s->targets[unit].expected_ns;
}

// The shares of a chain's candidates in what is expected of its time raise those of their pairs.
static void share_chain(struct sampler *s, const struct chain *chain)
{
    double total = chain->rest_ns, *time_ns = xcalloc((size_t)s->n_units, sizeof *time_ns);
    for (int at = 0; at < chain->n; at++) {
        int unit = chain->candidate[at];
        double ns = unit == NONE ? 0 : expected_ns(s, unit, chain->footprint);
        total += ns;
        if (unit != NONE)
            time_ns[unit] += ns;
    }
    for (int unit = 0; unit < s->n_units; unit++) {
        struct pair *p = time_ns[unit] > 0 ? find_pair(s, unit, chain->footprint) : NULL;
        if (p)
            p->share = fmax(p->share, time_ns[unit] / total);
    }
    free(time_ns);
}

static bool is_finished(const struct sampler *s, const struct pair *p)
{
    if (p->footprint == 0 || p->rounds == 0) // the hot loop is only shown beside the others
        return p->rounds > 0;
    const struct series *series = record_find(s->targets[p->unit].record, p->footprint);
    return series_suffices(series, s->band, p->share, &s->options);
}

int sampler_begin_round(struct sampler *s)
{
    int n = 0;
    s->band = band_prevailing(s->n_handoffs, s->handoffs_ns);
    for (int i = 0; i < s->n_chains; i++)
        share_chain(s, &s->chains[i]);
    for (int i = 0; i < s->n_pairs; i++) {
        struct pair *p = &s->pairs[i];
        p->unfinished = p->pending = !is_finished(s, p);
        n += p->unfinished;
    }
    shuffle(s->order, s->n_pairs, &s->random);
    s->next = 0;
    return n;
}

double sampler_progress(const struct sampler *s)
{
    double done = 0;
    for (int i = 0; i < s->n_pairs; i++)
        done += s->pairs[i].rounds > 0;
    return s->n_pairs ? done / s->n_pairs : 1;
}

static void compose(struct sampler *s, const struct pair *seed, struct sequence *q)
{
    struct candidate *candidates = xcalloc((size_t)s->n_units, sizeof *candidates);
    for (int i = 0; i < s->n_units; i++) {
        const struct pair *pair = find_pair(s, i, seed->footprint);
        candidates[i].weight_bytes = s->units[i].piece.weight_bytes + s->units[i].piece.row_bytes;
        candidates[i].expected_ns = expected_ns(s, i, seed->footprint);
        candidates[i].wanted = pair && pair->pending;
    }
    sequence_compose(q, seed->footprint, seed->unit, candidates, s->n_chains, s->chains,
                     &s->random);
    free(candidates);
}

static int bind(struct sampler *s, struct surrogate *surrogate, const struct sequence *q,
                double bytes, struct error *err)
{
    struct placement placements[MAX_POSITIONS];
    for (int i = 0; i < q->n; i++) {
        int unit = candidate_at(q->spot[i]);
        placements[i] = (struct placement){
            .chain = q->spot[i].chain,
            .at = q->spot[i].at,
            .piece = &s->units[unit].piece,
            .starts = q->starts[i],
            .slow = expected_ns(s, unit, q->spot[i].chain->footprint) >= slow_ns,
        };
    }
    return surrogate_init(surrogate, s->engine, &s->workspace, q->n, placements, bytes, err);
}

static void keep(struct sampler *s, int unit, double footprint, double time_ns,
                 struct condition condition)
{
    const struct target *t = &s->targets[unit];
    condition.visit = s->n_visits;
    series_add(record_series(t->record, footprint), fmax(time_ns - s->clock_cost_ns, 0), condition);
    t->record->unix_time = clock_unix_time();
}

// The pair that a position gives samples of, or NULL.
static struct pair *timed_pair(struct sampler *s, const struct sequence *q, int position)
{
    if (q->leads[position])
        return NULL;
    struct spot spot = q->spot[position];
    return find_pair(s, candidate_at(spot), spot.chain->footprint);
}

// All positions of a brick that is not finished give samples, not only the one it was taken for.
static void keep_pass(struct sampler *s, const struct sequence *q, const double *time_ns,
                      struct condition condition)
{
    grow(&s->handoffs_ns, &s->handoffs_capacity, s->n_handoffs + 1, sizeof *s->handoffs_ns);
    s->handoffs_ns[s->n_handoffs++] = condition.handoff_ns;
    for (int i = 0; i < q->n; i++) {
        const struct pair *p = timed_pair(s, q, i);
        if (p && p->unfinished)
            keep(s, p->unit, p->footprint, time_ns[i], condition);
    }
}

// p may be NULL.
static void finish_round(struct pair *p)
{
    if (!p)
        return;
    p->rounds += p->pending;
    p->pending = false;
}

// A pass takes as long as the model does, or what is used once a run would be found in a last-level
// cache that others have had less time to fill: on a host whose other guests were busy, MobileNet
// v2 and ShuffleNet were predicted 3 to 7 % too fast by passes as short as could be. What was not
// replaced after longest_pause_ns may stay.
static double pause_of(const struct sampler *s, const struct sequence *q)
{
    const struct chain *c = q->spot[0].chain;
    double ns = c->rest_ns;
    for (int at = 0; at < c->n; at++)
        if (c->candidate[at] != NONE)
            ns += expected_ns(s, c->candidate[at], c->footprint);
    for (int i = 0; i < q->n; i++)
        ns -= expected_ns(s, candidate_at(q->spot[i]), c->footprint);
    return c->forgets ? 0 : fmin(ns, longest_pause_ns);
}

enum { MOST_READINGS = 1 << 26 }; // some seconds: of a clock that stands still

static void wait_for(const struct sampler *s, double ns)
{
    uint64_t start = clock_now(s->clock);
    for (int i = 0; i < MOST_READINGS && (double)(clock_now(s->clock) - start) < ns; i++)
        ;
}

static void warm_up(const struct sampler *s, const struct surrogate *surrogate, double pause_ns)
{
    uint64_t start = clock_now(s->clock);
    for (int pass = 0; pass < MAX_WARM_PASSES; pass++) {
        if (pass >= MIN_WARM_PASSES && (double)(clock_now(s->clock) - start) >= warm_ns)
            return;
        wait_for(s, pause_ns);
        surrogate_warm(surrogate);
    }
}

static void time_passes(struct sampler *s, const struct sequence *q,
                        const struct surrogate *surrogate, double pause_ns)
{
    double time_ns[MAX_POSITIONS], elapsed_ns = 0;
    for (int pass = 0; pass < N_TIMED_PASSES && elapsed_ns < timed_ns; pass++) {
        struct watch watch;
        wait_for(s, pause_ns);
        uint64_t start = clock_now(s->clock);
        watch_begin(&watch, s->engine, s->clock);
        surrogate_pass(surrogate, s->clock, time_ns);
        keep_pass(s, q, time_ns, watch_end(&watch));
        elapsed_ns += (double)(clock_now(s->clock) - start);
    }
}

static int time_sequence(struct sampler *s, const struct sequence *q, struct error *err)
{
    struct surrogate surrogate;
    int status = bind(s, &surrogate, q, q->spot[0].chain->bytes, err);
    if (status == 0) {
        double pause_ns = pause_of(s, q);
        warm_up(s, &surrogate, pause_ns);
        time_passes(s, q, &surrogate, pause_ns);
    }
    for (int i = 0; i < q->n; i++)
        finish_round(timed_pair(s, q, i));
    s->n_visits++;
    surrogate_release(&surrogate);
    return status;
}

// The first place of a unit in a model.
static struct spot any_spot(const struct sampler *s, int unit)
{
    for (int i = 0; i < s->n_chains; i++)
        for (int at = 0; at < s->chains[i].n; at++)
            if (s->chains[i].candidate[at] == unit)
                return (struct spot){&s->chains[i], at};
    BUG("a target stands in no chain");
}

// Returns how many runs are to be kept.
static int run_hot(const struct sampler *s, const struct surrogate *surrogate, bool slow,
                   double time_ns[N_HOT_TIMED])
{
    int n = 0;
    uint64_t start = clock_now(s->clock);
    for (int run = 0; n < N_HOT_TIMED; run++) {
        if (n > 0 && (double)(clock_now(s->clock) - start) >= hot_ns)
            break;
        time_ns[n] = surrogate_hot(surrogate, s->clock);
        n += run >= N_HOT_WARM || slow;
    }
    return n;
}

static int time_hot(struct sampler *s, int unit, struct error *err)
{
    struct surrogate surrogate;
    struct sequence q = {.n = 1, .spot = {any_spot(s, unit)}};
    double time_ns[N_HOT_TIMED];
    int status = bind(s, &surrogate, &q, 0, err);
    if (status == 0) {
        struct watch watch;
        watch_begin(&watch, s->engine, s->clock);
        bool slow = s->targets[unit].expected_ns >= slow_ns;
        int n = run_hot(s, &surrogate, slow, time_ns);
        struct condition condition = watch_end(&watch);
        for (int i = 0; i < n; i++)
            keep(s, unit, 0, time_ns[i], condition);
    }
    finish_round(find_pair(s, unit, 0));
    surrogate_release(&surrogate);
    return status;
}

int sampler_step(struct sampler *s, struct error *err)
{
    while (s->next < s->n_pairs && !s->pairs[s->order[s->next]].pending)
        s->next++;
    if (s->next == s->n_pairs)
        return 0;
    const struct pair *p = &s->pairs[s->order[s->next]];
    if (p->footprint == 0)
        return time_hot(s, p->unit, err) ? -1 : 1;
    struct sequence q;
    compose(s, p, &q);
    return time_sequence(s, &q, err) ? -1 : 1;
}

static int add_units(struct sampler *s, int n_targets, const struct target *targets,
                     struct error *err)
{
    s->units = xcalloc((size_t)n_targets, sizeof *s->units);
    for (int i = 0; i < n_targets; i++) {
        const struct target *t = &targets[i];
        struct piece *piece = &s->units[s->n_units++].piece;
        if (piece_init(piece, t->kernels ? t->kernels : s->kernels, t->brick->graph, err))
            return -1;
        if (t->record)
            snprintf(t->record->implementation, sizeof t->record->implementation, "%s",
                     piece->implementation);
    }
    return 0;
}

// One of a run is enough, and what only stands beside others needs none.
static bool has_hot_loop(const struct target *t)
{
    return t->n == 0 || record_find(t->record, 0);
}

static void add_pairs(struct sampler *s, int n_targets, const struct target *targets)
{
    int capacity = 0;
    for (int i = 0; i < n_targets; i++) {
        s->units[i].first_pair = s->n_pairs;
        for (int k = has_hot_loop(&targets[i]) ? 0 : -1; k < targets[i].n; k++) {
            grow(&s->pairs, &capacity, s->n_pairs + 1, sizeof *s->pairs);
            double footprint = k < 0 ? 0 : targets[i].footprint[k];
            s->pairs[s->n_pairs++] = (struct pair){.unit = i, .footprint = footprint};
        }
        s->units[i].n_pairs = s->n_pairs - s->units[i].first_pair;
    }
    s->order = xcalloc((size_t)s->n_pairs, sizeof *s->order);
    for (int i = 0; i < s->n_pairs; i++)
        s->order[i] = i;
}

// What a sequence begins with whether it fits or not: a brick and its lead.
static double most_lead_bytes(const struct sampler *s, const struct chain *c)
{
    double most = 0;
    for (int end = 0; end < c->n; end++) {
        double bytes = 0;
        for (int at = end > LEAD ? end - LEAD : 0; at <= end; at++)
            if (c->candidate[at] != NONE)
                bytes += (double)s->units[c->candidate[at]].piece.weight_bytes;
        most = fmax(most, bytes);
    }
    return most;
}

// The ring holds two of the largest sequence, so that no sequence laps itself.
static int make_workspace(struct sampler *s, struct error *err)
{
    double ring = 0;
    size_t arena = 0, table = 0;
    for (int i = 0; i < s->n_units; i++)
        if (s->units[i].piece.table_bytes > table)
            table = s->units[i].piece.table_bytes;
    for (int i = 0; i < s->n_chains; i++) {
        ring = fmax(ring, fmax(s->chains[i].footprint, s->chains[i].bytes));
        ring = fmax(ring, most_lead_bytes(s, &s->chains[i]));
        if (s->chains[i].plan->arena_bytes > arena)
            arena = s->chains[i].plan->arena_bytes;
    }
    return workspace_init(&s->workspace, (size_t)(2 * ring), arena, table, err);
}

// Every run draws other neighbourhoods, so that the spread between runs shows their effect; the
// same run id draws the same ones.
static uint64_t seed_of_run(uint64_t seed, int n_targets, const struct target *targets)
{
    const char *run = "";
    for (int i = 0; i < n_targets && !*run; i++)
        run = targets[i].record ? targets[i].record->run : "";
    for (; *run; run++)
        seed = (seed ^ (unsigned char)*run) * 0x100000001b3u;
    return seed ? seed : 1;
}

// Records may hold samples of an earlier sampler of the same run.
static int visits_before(int n_targets, const struct target *targets)
{
    int n = 0;
    for (int i = 0; i < n_targets; i++) {
        const struct record *r = targets[i].record;
        for (int k = 0; r && k < r->n_series; k++)
            for (int j = 0; j < r->series[k].n; j++)
                if (r->series[k].conditions[j].visit >= n)
                    n = r->series[k].conditions[j].visit + 1;
    }
    return n;
}

struct sampler *sampler_new(const struct engine *engine, struct kernel_set *kernels,
                            const struct clock *clock, const struct sampler_options *options,
                            int n_targets, const struct target *targets, int n_chains,
                            const struct chain *chains, struct error *err)
{
    struct sampler *s = xcalloc(1, sizeof *s);
    s->engine = engine;
    s->kernels = kernels;
    s->clock = clock;
    s->options = *options;
    s->targets = targets;
    s->n_chains = n_chains;
    s->chains = chains;
    s->random = seed_of_run(options->seed, n_targets, targets);
    s->n_visits = visits_before(n_targets, targets);
    s->clock_cost_ns = clock_cost_ns(clock);
    s->band = band_all();
    if (add_units(s, n_targets, targets, err) == 0) {
        add_pairs(s, n_targets, targets);
        if (make_workspace(s, err) == 0)
            return s;
    }
    sampler_free(s);
    return NULL;
}

void sampler_free(struct sampler *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_units; i++)
        piece_release(&s->units[i].piece);
    workspace_release(&s->workspace);
    free(s->units);
    free(s->pairs);
    free(s->order);
    free(s->handoffs_ns);
    free(s);
}
