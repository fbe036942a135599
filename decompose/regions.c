#include "decompose/regions.h"

#include <stdlib.h>
#include <string.h>

// From which node on an activation is there, and the last one that uses it; NONE: none does.
struct life {
    int from, to;
};

// An input is there when it is used first: it could come from anywhere.
static struct life *find_lives(const struct graph *g)
{
    struct life *lives = xcalloc((size_t)g->n_values, sizeof *lives);
    for (int v = 0; v < g->n_values; v++)
        lives[v] = (struct life){g->values[v].producer, NONE};
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++) {
            int v = g->nodes[i].src[k];
            if (v == NONE || graph_is_weight(g, v))
                continue;
            struct life *life = &lives[graph_storage(g, v)];
            life->from = life->from == NONE ? i : life->from;
            life->to = i;
        }
    return lives;
}

// Fills change[i] with how the number of live values changes before node i. Only those that live
// for at most G steps count.
static void find_changes(const struct graph *g, int granularity, int *change)
{
    struct life *lives = find_lives(g);
    for (int v = 0; v < g->n_values; v++) {
        if (lives[v].to == NONE || lives[v].to - lives[v].from > granularity)
            continue;
        change[lives[v].from + 1]++;
        change[lives[v].to + 1]--;
    }
    free(lives);
}

// Fills start with the first node of every segment and a closing n_nodes. Returns their number.
static int find_segments(const struct graph *g, int granularity, int *start)
{
    int *change = xcalloc((size_t)g->n_nodes + 1, sizeof *change);
    int n = 0;
    find_changes(g, granularity, change);
    for (int i = 0, live = 0; i < g->n_nodes; i++) {
        live += change[i];
        if (i == 0 || live <= 1)
            start[n++] = i;
    }
    start[n] = g->n_nodes;
    free(change);
    return n;
}

static uint64_t segment_hash(struct cutter *cutter, int from, int to)
{
    struct brick_map map;
    int *nodes = xcalloc((size_t)(to - from), sizeof *nodes);
    for (int i = from; i < to; i++)
        nodes[i - from] = i;
    struct brick *brick = cutter_extract(cutter, to - from, nodes, &map);
    char digits[17] = "";
    memcpy(digits, brick->signature, 16);
    brick_map_release(&map);
    brick_free(brick);
    free(nodes);
    return strtoull(digits, NULL, 16);
}

// How often the p segments from i on stand one after the other.
static int count_repeats(const uint64_t *segment, int n, int i, int p)
{
    int at = i + p;
    while (at < n && segment[at] == segment[at - p])
        at++;
    return (at - i) / p;
}

// Marks where each repetition of up to G segments begins, and where the last one ends.
static void mark_repeats(const uint64_t *segment, int n, int granularity, bool *cut)
{
    for (int i = 0, next; i < n; i = next) {
        next = i + 1;
        for (int p = 1; p <= granularity && i + 2 * p <= n; p++) {
            int repeats = count_repeats(segment, n, i, p);
            if (repeats < 2)
                continue;
            next = i + repeats * p;
            for (int at = i; at <= next && at < n; at += p)
                cut[at] = true;
            break;
        }
    }
}

// Marks both ends of segments of several steps.
static void mark_blocks(const int *start, int n, bool *cut)
{
    for (int i = 0; i < n; i++)
        if (start[i + 1] - start[i] > 1)
            cut[i] = cut[i + 1] = true;
}

// A hash of the segments on both sides of where segment i begins.
static uint64_t boundary(const uint64_t *segment, int i)
{
    uint64_t before = segment[i - 1], here = segment[i];
    return (before ^ (here << 32 | here >> 32)) * 0x9e3779b97f4a7c15u;
}

// The smallest of all boundaries between the cuts around it that are at most G segments away,
// without a tie.
static bool is_anchor(const uint64_t *segment, const bool *cut, int n, int i, int granularity)
{
    uint64_t own = boundary(segment, i);
    for (int j = i - 1; j >= i - granularity && j > 0 && !cut[j]; j--)
        if (boundary(segment, j) <= own)
            return false;
    for (int j = i + 1; j <= i + granularity && j < n && !cut[j]; j++)
        if (boundary(segment, j) <= own)
            return false;
    return true;
}

// Joins segments in place. Returns the number of regions.
static int join_segments(const uint64_t *segment, const bool *cut, int granularity, int *start,
                         int n)
{
    int n_regions = 0, first = start[0];
    for (int i = 0; i < n; i++) {
        bool fits = start[i + 1] - first <= granularity;
        if (i == 0 || !fits || cut[i] || is_anchor(segment, cut, n, i, granularity)) {
            first = start[i];
            start[n_regions++] = first;
        }
    }
    start[n_regions] = start[n];
    return n_regions;
}

int find_regions(struct cutter *cutter, int granularity, int *start)
{
    int n = find_segments(cutter->g, granularity, start);
    uint64_t *segment = xcalloc((size_t)n, sizeof *segment); // hash of each
    bool *cut = xcalloc((size_t)n + 1, sizeof *cut);
    for (int i = 0; i < n; i++)
        segment[i] = segment_hash(cutter, start[i], start[i + 1]);
    mark_repeats(segment, n, granularity, cut);
    mark_blocks(start, n, cut);
    n = join_segments(segment, cut, granularity, start, n);
    free(segment);
    free(cut);
    return n;
}
