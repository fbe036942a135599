#include "runner/sequence.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/memory.h"

// Bricks that are timed in a row; constant of the timing policy:
// tests/perf/constants.sh WORK FRAGMENT=1,4,8,32 MODEL...
enum { FRAGMENT = 8 };

// Once a brick and what leads to it take so long, nothing more leads in: what runs so long depends
// little on how it finds the caches, and would take as long again to lead in.
static const double lead_ns = 10e6;

const double whole_ns = 20e6;

int random_below(uint64_t *state, int n)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (int)((*state * 0x2545f4914f6cdd1du >> 33) % (uint64_t)n);
}

void shuffle(int *x, int n, uint64_t *state)
{
    for (int i = n - 1; i > 0; i--) {
        int j = random_below(state, i + 1), swapped = x[i];
        x[i] = x[j];
        x[j] = swapped;
    }
}

int candidate_at(struct spot p)
{
    return p.at >= 0 && p.at < p.chain->n ? p.chain->candidate[p.at] : NONE;
}

// Of what a run touches, activations are counted as half at most: a model whose activations alone
// push everything out of the caches has its weights in its surrogates nevertheless.
static size_t arena_of(const struct chain *c)
{
    double half = c->bytes / 2;
    return (double)c->plan->arena_bytes < half ? c->plan->arena_bytes : (size_t)half;
}

static bool has_room(const struct sequence *q, const struct chain *c, int n, size_t weight_bytes)
{
    return q->n + n <= MAX_POSITIONS &&
           (double)(q->weight_bytes + weight_bytes + arena_of(c)) <= c->bytes;
}

static bool fits(const struct sequence *q, struct spot p, const struct candidate *candidates)
{
    return has_room(q, p.chain, 1, candidates[candidate_at(p)].weight_bytes);
}

// Where a fragment begins whose first wanted brick is p.
static int first_of(struct spot p, const struct candidate *candidates)
{
    int at = p.at;
    double ns = candidates[candidate_at(p)].expected_ns;
    while (at > p.at - LEAD && ns < lead_ns && candidate_at((struct spot){p.chain, at - 1}) != NONE)
        ns += candidates[p.chain->candidate[--at]].expected_ns;
    return at;
}

static bool fits_with_lead(const struct sequence *q, struct spot p,
                           const struct candidate *candidates)
{
    size_t bytes = 0;
    int first = first_of(p, candidates);
    for (int at = first; at <= p.at; at++)
        bytes += candidates[p.chain->candidate[at]].weight_bytes;
    return has_room(q, p.chain, p.at - first + 1, bytes);
}

static void add(struct sequence *q, struct spot p, bool starts, bool leads,
                const struct candidate *candidates)
{
    q->starts[q->n] = starts;
    q->leads[q->n] = leads;
    q->spot[q->n++] = p;
    q->weight_bytes += candidates[candidate_at(p)].weight_bytes;
    q->arena_bytes = arena_of(p.chain);
}

// The last wanted brick behind p that no more others than lead in part from the one before.
static int last_of(struct spot p, const struct candidate *candidates)
{
    int last = p.at, end = p.at + FRAGMENT;
    for (p.at++; p.at < end && p.at <= last + LEAD + 1 && candidate_at(p) != NONE; p.at++)
        if (candidates[candidate_at(p)].wanted)
            last = p.at;
    return last;
}

// What p and its lead need is added whether it fits or not.
static void add_fragment(struct sequence *q, struct spot p, struct candidate *candidates)
{
    int wanted = p.at, first = first_of(p, candidates), last = last_of(p, candidates);
    for (p.at = first; p.at <= last && q->n < MAX_POSITIONS; p.at++) {
        if (p.at > wanted && !fits(q, p, candidates))
            return;
        bool leads = p.at < wanted;
        add(q, p, p.at == first, leads, candidates);
        if (!leads)
            candidates[candidate_at(p)].wanted = false;
    }
}

// One of the spots where the seed stands, all equally likely.
static struct spot spot_of(int seed, double footprint, int n_chains, const struct chain *chains,
                           uint64_t *random)
{
    struct spot chosen = {0};
    int met = 0;
    for (int i = 0; i < n_chains; i++)
        for (int at = 0; chains[i].footprint == footprint && at < chains[i].n; at++)
            if (chains[i].candidate[at] == seed && random_below(random, ++met) == 0)
                chosen = (struct spot){&chains[i], at};
    return chosen;
}

// A random spot of the chain whose brick is wanted and fits; without a chain if there is none.
static struct spot choose(const struct sequence *q, const struct chain *chain,
                          const struct candidate *candidates, uint64_t *random)
{
    struct spot chosen = {0};
    int met = 0;
    for (int at = 0; at < chain->n; at++) {
        struct spot p = {chain, at};
        int i = candidate_at(p);
        if (i == NONE || !candidates[i].wanted || !fits_with_lead(q, p, candidates))
            continue;
        if (random_below(random, ++met) == 0)
            chosen = p;
    }
    return chosen;
}

// From p on to a fragment's end, with what leads in; what is not the first of a sequence is added
// as far as there is room. A brick that cannot run interrupts it.
static void add_all(struct sequence *q, struct spot p, int end, struct candidate *candidates)
{
    for (bool begins = true; p.at < end && p.at < p.chain->n; p.at++) {
        if (candidate_at(p) == NONE) {
            begins = true;
            continue;
        }
        if (q->n && !(begins ? fits_with_lead(q, p, candidates) : fits(q, p, candidates)))
            return;
        for (int at = begins ? first_of(p, candidates) : p.at, first = at; at <= p.at; at++)
            add(q, (struct spot){p.chain, at}, begins && at == first, at < p.at, candidates);
        candidates[candidate_at(p)].wanted = begins = false;
    }
}

// All of the model in fragments, in random order but for that which the seed begins.
static void add_whole(struct sequence *q, struct spot seed, struct candidate *candidates,
                      uint64_t *random)
{
    int n = 0, *order = xcalloc((size_t)seed.chain->n + 1, sizeof *order);
    for (int at = seed.at % FRAGMENT - FRAGMENT; at < seed.chain->n; at += FRAGMENT)
        if (at != seed.at)
            order[n++] = at;
    shuffle(order, n, random);
    add_all(q, seed, seed.at + FRAGMENT, candidates);
    for (int i = 0; i < n; i++)
        add_all(q, (struct spot){seed.chain, order[i] > 0 ? order[i] : 0}, order[i] + FRAGMENT,
                candidates);
    free(order);
}

void sequence_compose(struct sequence *q, double footprint, int seed, struct candidate *candidates,
                      int n_chains, const struct chain *chains, uint64_t *random)
{
    struct spot p = spot_of(seed, footprint, n_chains, chains, random);
    if (!p.chain)
        BUG("a brick is wanted at a footprint that no chain has");
    const struct chain *chain = p.chain;
    q->n = 0;
    q->weight_bytes = q->arena_bytes = 0;
    if (chain->whole) {
        add_whole(q, p, candidates, random);
        return;
    }
    while (p.chain) {
        add_fragment(q, p, candidates);
        p = choose(q, chain, candidates, random);
    }
}
