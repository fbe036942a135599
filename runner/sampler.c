#include "runner/sampler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "runner/fillers.h"
#include "runner/sequence.h"
#include "runner/surrogate.h"
#include "runner/watch.h"

// Constants of the timing policy.
enum {
    MIN_WARM_PASSES = 2, // discarded, as the caches reach their steady state
    MAX_WARM_PASSES = 32,
    N_TIMED_PASSES = 3,
    N_HOT_WARM = 3,
    N_HOT_TIMED = 8,
    N_HOT_ROUNDS = 2,
    MOST_SAMPLES_FACTOR = 4, // cap over all conditions, where the prevailing one does not come back
};

// A last-level cache learns over many passes what is used again: what fits into it takes longer to
// become steady than what does not. ShuffleNet's first ten runs take 5 % longer than later ones.
static const double warm_ns = 40e6;

const struct sampler_options sampler_defaults = {
    .min_rounds = 2,
    .min_samples = 2 * N_TIMED_PASSES,
    .max_samples = 8 * N_TIMED_PASSES,
    .tolerance = 0.02,
    .seed = 20261122,
};

// One target at one footprint; footprint 0 is the hot loop.
struct pair {
    int unit;
    double footprint;
    int rounds;      // that timed it
    bool unfinished; // at the start of this round
    bool pending;    // not yet taken in this round
};

struct unit {
    const struct target *target; // NULL: filler
    struct brick *filler;
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
    struct unit *units;
    int n_pairs;
    struct pair *pairs; // by unit
    int *order;         // of the pairs, shuffled at the start of every round
    int next;           // in that order
    struct workspace workspace;
    int n_handoffs, handoffs_capacity;
    double *handoffs_ns; // of every timed pass
    struct band band;    // prevailing, as the round began: samples of other conditions do not count
};

bool samples_suffice(const double *time_ns, int n, double share,
                     const struct sampler_options *options)
{
    if (n < options->min_samples)
        return false;
    if (n >= options->max_samples)
        return true;
    struct interval m = median_interval(time_ns, n);
    // Errors of independent bricks add up in quadrature: one that has a hundredth of the time is
    // held to the tolerance, a smaller one to less.
    double slack = share > 0 ? sqrt(0.01 / share) : 5;
    slack = slack < 0.5 ? 0.5 : slack > 5 ? 5 : slack;
    return (m.high - m.low) / 2 <= options->tolerance * slack * m.value;
}

bool series_suffices(const struct series *series, struct band band, double share,
                     const struct sampler_options *options)
{
    double *times = xmalloc((size_t)series->n * sizeof *times);
    int n = series_select(series, band, times);
    bool enough = n > 0 && samples_suffice(times, n, share, options);
    free(times);
    return enough || series->n >= MOST_SAMPLES_FACTOR * options->max_samples;
}

// What a target contributes to the time of all models, by what is known so far.
static double contribution(const struct sampler *s, const struct target *t)
{
    double largest = 0;
    for (int i = 0; i < t->n; i++)
        largest = fmax(largest, series_median(record_find(t->record, t->footprint[i]), s->band));
    return largest * t->uses;
}

static double total_contribution(const struct sampler *s)
{
    double total = 0;
    for (int i = 0; i < s->n_units; i++)
        if (s->units[i].target)
            total += contribution(s, s->units[i].target);
    return total;
}

static bool is_finished(const struct sampler *s, const struct pair *p, double total)
{
    const struct target *t = s->units[p->unit].target;
    if (p->footprint == 0) // only shown beside the others
        return p->rounds >= N_HOT_ROUNDS;
    if (p->rounds < s->options.min_rounds)
        return false;
    const struct series *series = record_find(t->record, p->footprint);
    double share = total > 0 ? contribution(s, t) / total : 1;
    return series_suffices(series, s->band, share, &s->options);
}

static void shuffle(struct sampler *s)
{
    for (int i = s->n_pairs - 1; i > 0; i--) {
        int j = random_below(&s->random, i + 1), swapped = s->order[i];
        s->order[i] = s->order[j];
        s->order[j] = swapped;
    }
}

int sampler_begin_round(struct sampler *s)
{
    int n = 0;
    s->band = band_prevailing(s->n_handoffs, s->handoffs_ns);
    double total = total_contribution(s);
    for (int i = 0; i < s->n_pairs; i++) {
        struct pair *p = &s->pairs[i];
        p->unfinished = p->pending = !is_finished(s, p, total);
        n += p->unfinished;
    }
    shuffle(s);
    s->next = 0;
    return n;
}

double sampler_progress(const struct sampler *s)
{
    double done = 0;
    for (int i = 0; i < s->n_pairs; i++) {
        const struct pair *p = &s->pairs[i];
        int rounds = p->footprint == 0 ? N_HOT_ROUNDS : s->options.min_rounds;
        done += fmin((double)p->rounds / rounds, 1);
    }
    return s->n_pairs ? done / s->n_pairs : 1;
}

// The unit's pair at this footprint, or NULL if it is not timed there.
static struct pair *find_pair(struct sampler *s, int unit, double footprint)
{
    struct pair *p = s->pairs + s->units[unit].first_pair;
    for (int i = 0; i < s->units[unit].n_pairs; i++)
        if (p[i].footprint == footprint)
            return &p[i];
    return NULL;
}

static void compose(struct sampler *s, const struct pair *seed, struct sequence *q)
{
    struct candidate *candidates = xcalloc((size_t)s->n_units, sizeof *candidates);
    for (int i = 0; i < s->n_units; i++) {
        const struct piece *p = &s->units[i].piece;
        const struct pair *pair = find_pair(s, i, seed->footprint);
        candidates[i] =
            (struct candidate){p->src_bytes, p->dst_bytes, p->weight_bytes, pair && pair->pending};
    }
    sequence_compose(q, seed->footprint, seed->unit, s->n_units, candidates, &s->random);
    free(candidates);
}

static int bind(struct sampler *s, struct surrogate *surrogate, const struct sequence *q,
                struct error *err)
{
    const struct piece **pieces = xcalloc((size_t)q->n, sizeof *pieces);
    for (int i = 0; i < q->n; i++)
        pieces[i] = &s->units[q->candidate[i]].piece;
    int status = surrogate_init(surrogate, s->engine, s->kernels, &s->workspace, q->n, pieces, err);
    free(pieces);
    return status;
}

static void keep(struct sampler *s, int unit, double footprint, double time_ns,
                 struct condition condition)
{
    const struct target *t = s->units[unit].target;
    series_add(record_series(t->record, footprint), fmax(time_ns - s->clock_cost_ns, 0), condition);
    t->record->unix_time = clock_unix_time();
}

// All positions of a brick that is not finished give samples, not only the one it was taken for.
static void keep_pass(struct sampler *s, const struct sequence *q, const double *time_ns,
                      struct condition condition)
{
    grow(&s->handoffs_ns, &s->handoffs_capacity, s->n_handoffs + 1, sizeof *s->handoffs_ns);
    s->handoffs_ns[s->n_handoffs++] = condition.handoff_ns;
    for (int i = 0; i < q->n; i++) {
        const struct pair *p = find_pair(s, q->candidate[i], q->footprint);
        if (p && p->unfinished)
            keep(s, p->unit, p->footprint, time_ns[i], condition);
    }
}

static void finish_round(struct pair *p)
{
    p->rounds += p->pending;
    p->pending = false;
}

static void warm_up(const struct sampler *s, const struct surrogate *surrogate)
{
    double time_ns[MAX_POSITIONS];
    uint64_t start = clock_now(s->clock);
    for (int pass = 0; pass < MAX_WARM_PASSES; pass++) {
        if (pass >= MIN_WARM_PASSES && (double)(clock_now(s->clock) - start) >= warm_ns)
            return;
        surrogate_pass(surrogate, s->clock, time_ns);
    }
}

static int time_sequence(struct sampler *s, const struct sequence *q, struct error *err)
{
    struct surrogate surrogate;
    double time_ns[MAX_POSITIONS];
    int status = bind(s, &surrogate, q, err);
    if (status == 0)
        warm_up(s, &surrogate);
    for (int pass = 0; status == 0 && pass < N_TIMED_PASSES; pass++) {
        struct watch watch;
        watch_begin(&watch, s->engine->threads, s->clock);
        surrogate_pass(&surrogate, s->clock, time_ns);
        keep_pass(s, q, time_ns, watch_end(&watch));
    }
    for (int i = 0; i < q->n; i++)
        if (find_pair(s, q->candidate[i], q->footprint))
            finish_round(find_pair(s, q->candidate[i], q->footprint));
    surrogate_release(&surrogate);
    return status;
}

static int time_hot(struct sampler *s, int unit, struct error *err)
{
    struct surrogate surrogate;
    struct sequence q = {.n = 1, .candidate = {unit}};
    double time_ns[N_HOT_TIMED];
    int status = bind(s, &surrogate, &q, err);
    if (status == 0) {
        struct watch watch;
        watch_begin(&watch, s->engine->threads, s->clock);
        surrogate_hot(&surrogate, s->clock, N_HOT_WARM, N_HOT_TIMED, time_ns);
        struct condition condition = watch_end(&watch);
        for (int i = 0; i < N_HOT_TIMED; i++)
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
    s->units = xcalloc((size_t)(n_targets + n_fillers), sizeof *s->units);
    for (int i = 0; i < n_targets + n_fillers; i++) {
        struct unit *u = &s->units[s->n_units++];
        if (i < n_targets)
            u->target = &targets[i];
        else
            u->filler = filler_brick(i - n_targets);
        const struct brick *brick = u->target ? u->target->brick : u->filler;
        if (piece_init(&u->piece, s->kernels, brick->graph, err))
            return -1;
        if (u->target)
            snprintf(u->target->record->implementation, sizeof u->target->record->implementation,
                     "%s", u->piece.implementation);
    }
    return 0;
}

static void add_pairs(struct sampler *s, int n_targets, const struct target *targets)
{
    int capacity = 0;
    for (int i = 0; i < n_targets; i++) {
        s->units[i].first_pair = s->n_pairs;
        s->units[i].n_pairs = targets[i].n + 1;
        for (int k = -1; k < targets[i].n; k++) {
            grow(&s->pairs, &capacity, s->n_pairs + 1, sizeof *s->pairs);
            double footprint = k < 0 ? 0 : targets[i].footprint[k];
            s->pairs[s->n_pairs++] = (struct pair){.unit = i, .footprint = footprint};
        }
    }
    s->order = xcalloc((size_t)s->n_pairs, sizeof *s->order);
    for (int i = 0; i < s->n_pairs; i++)
        s->order[i] = i;
}

// The ring holds two of the largest sequence, so that no sequence laps itself.
static int make_workspace(struct sampler *s, struct error *err)
{
    const struct piece **pieces = xcalloc((size_t)s->n_units, sizeof *pieces);
    double ring = 0;
    for (int i = 0; i < s->n_units; i++) {
        pieces[i] = &s->units[i].piece;
        ring = fmax(ring, (double)pieces[i]->weight_bytes);
    }
    for (int i = 0; i < s->n_pairs; i++)
        ring = fmax(ring, s->pairs[i].footprint);
    int status = workspace_init(&s->workspace, (size_t)(2 * ring),
                                pieces_slot_bytes(s->n_units, pieces), err);
    free(pieces);
    return status;
}

// Every run draws other neighbourhoods, so that the spread between runs shows their effect; the
// same run id draws the same ones.
static uint64_t seed_of_run(uint64_t seed, const char *run)
{
    for (; *run; run++)
        seed = (seed ^ (unsigned char)*run) * 0x100000001b3u;
    return seed ? seed : 1;
}

struct sampler *sampler_new(const struct engine *engine, struct kernel_set *kernels,
                            const struct clock *clock, const struct sampler_options *options,
                            int n_targets, const struct target *targets, struct error *err)
{
    struct sampler *s = xcalloc(1, sizeof *s);
    s->engine = engine;
    s->kernels = kernels;
    s->clock = clock;
    s->options = *options;
    s->random = seed_of_run(options->seed, n_targets ? targets[0].record->run : "");
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
    for (int i = 0; i < s->n_units; i++) {
        piece_release(&s->units[i].piece);
        brick_free(s->units[i].filler);
    }
    workspace_release(&s->workspace);
    free(s->units);
    free(s->pairs);
    free(s->order);
    free(s->handoffs_ns);
    free(s);
}
