#include "runner/sequence.h"

#include <math.h>

// Constants of the timing policy.
enum {
    N_CANDIDATES = 48, // random bricks among which the next is chosen
    N_USUAL = 64, // positions over which the weights are spread, about as many as networks have
};
static const double deficit_weight = 2;  // how much bricks are preferred that keep up with that
static const double size_weight = 0.5;   // how much neighbours of like size are preferred
static const double reuse_penalty = 0.7; // how much one that is not wanted is avoided

int random_below(uint64_t *state, int n)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (int)((*state * 0x2545f4914f6cdd1du >> 33) % (uint64_t)n);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

// A model's arena holds source and destination; the third slot of a surrogate is rarely in use.
static double footprint_with(const struct sequence *q, const struct candidate *c)
{
    size_t arena = larger(q->arena_bytes, larger(c->src_bytes, c->dst_bytes));
    return (double)(q->weight_bytes + c->weight_bytes + 2 * arena);
}

static void add(struct sequence *q, int i, struct candidate *c)
{
    q->candidate[q->n++] = i;
    q->weight_bytes += c->weight_bytes;
    q->arena_bytes = larger(q->arena_bytes, larger(c->src_bytes, c->dst_bytes));
    c->wanted = false;
}

static double log_ratio(size_t a, size_t b)
{
    return fabs(log((double)(a + 64) / (double)(b + 64)));
}

// By how much the weights would lag behind what position n should have, as a logarithm. Sequences
// of a thousand light bricks would touch more of the programs' own data than of the weights.
static double deficit(const struct sequence *q, const struct candidate *next)
{
    double share = fmin((double)(q->n + 1) / N_USUAL, 1);
    double due = share * (q->footprint - 2 * (double)q->arena_bytes);
    double have = (double)(q->weight_bytes + next->weight_bytes);
    return due > have ? log((due + 64) / (have + 64)) : 0;
}

static bool is_complete(const struct sequence *q)
{
    double filled = (double)q->weight_bytes + 2 * (double)q->arena_bytes;
    return q->n == MAX_POSITIONS || (q->n >= N_USUAL && filled > 0.9 * q->footprint);
}

// How badly `next` fits behind `before` in a sequence that began with `seed`.
static double misfit(const struct sequence *q, const struct candidate *seed,
                     const struct candidate *before, const struct candidate *next)
{
    return deficit_weight * deficit(q, next) + log_ratio(next->src_bytes, before->dst_bytes) +
           size_weight * (log_ratio(next->src_bytes, seed->src_bytes) +
                          log_ratio(next->weight_bytes, seed->weight_bytes)) +
           (next->wanted ? 0 : reuse_penalty);
}

// The best of some random candidates that still fit, or -1.
static int choose(const struct sequence *q, int n, const struct candidate *candidates,
                  uint64_t *random)
{
    const struct candidate *seed = &candidates[q->candidate[0]];
    const struct candidate *before = &candidates[q->candidate[q->n - 1]];
    double best_misfit = INFINITY;
    int best = -1;
    for (int k = 0; k < N_CANDIDATES; k++) {
        int i = random_below(random, n);
        double m = misfit(q, seed, before, &candidates[i]);
        if (m < best_misfit && footprint_with(q, &candidates[i]) <= q->footprint) {
            best = i;
            best_misfit = m;
        }
    }
    return best;
}

void sequence_compose(struct sequence *q, double footprint, int seed, int n,
                      struct candidate *candidates, uint64_t *random)
{
    *q = (struct sequence){.footprint = footprint};
    for (int next = seed; next >= 0; next = choose(q, n, candidates, random)) {
        add(q, next, &candidates[next]);
        if (is_complete(q))
            return;
    }
}
