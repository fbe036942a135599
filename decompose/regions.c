#include "decompose/regions.h"

#include <stdlib.h>
#include <string.h>

#include "bricks/brick.h"

// Fills last[v] with the last node that uses activation v; NONE where there is none.
static void find_last_uses(const struct graph *g, int *last)
{
    for (int v = 0; v < g->n_values; v++)
        last[v] = NONE;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++) {
            int v = g->nodes[i].src[k];
            if (v != NONE && !graph_is_weight(g, v))
                last[graph_storage(g, v)] = i;
        }
}

// Fills start with the first node of every segment and a closing n_nodes. Returns their number.
static int find_segments(const struct graph *g, int *start)
{
    int *last = xcalloc((size_t)g->n_values, sizeof *last);
    int *change = xcalloc((size_t)g->n_nodes + 1, sizeof *change); // of the number of live values
    find_last_uses(g, last);
    for (int v = 0; v < g->n_values; v++) {
        int producer = g->values[v].producer;
        if (last[v] == NONE)
            continue;
        change[producer == NONE ? 0 : producer + 1]++;
        change[last[v] + 1]--;
    }
    int n = 0;
    for (int i = 0, live = 0; i < g->n_nodes; i++) {
        live += change[i];
        if (i == 0 || live <= 1)
            start[n++] = i;
    }
    start[n] = g->n_nodes;
    free(last);
    free(change);
    return n;
}

static uint64_t segment_hash(const struct graph *g, int from, int to)
{
    struct brick_map map;
    int *nodes = xcalloc((size_t)(to - from), sizeof *nodes);
    for (int i = from; i < to; i++)
        nodes[i - from] = i;
    struct brick *brick = brick_extract(g, to - from, nodes, &map);
    char digits[17] = "";
    memcpy(digits, brick->signature, 16);
    brick_map_release(&map);
    brick_free(brick);
    free(nodes);
    return strtoull(digits, NULL, 16);
}

// boundary[i] becomes a hash of the segments on both sides of where segment i begins.
static void hash_boundaries(const struct graph *g, const int *start, int n, uint64_t *boundary)
{
    uint64_t before = 0;
    for (int i = 0; i < n; i++) {
        uint64_t here = segment_hash(g, start[i], start[i + 1]);
        boundary[i] = (before ^ (here << 32 | here >> 32)) * 0x9e3779b97f4a7c15u;
        before = here;
    }
}

// The smallest of all boundaries that are at most G segments away, without a tie.
static bool is_anchor(const uint64_t *boundary, int n, int i, int granularity)
{
    for (int distance = 1; distance <= granularity && distance < n; distance++) {
        if (i - distance >= 1 && boundary[i - distance] <= boundary[i])
            return false;
        if (i + distance < n && boundary[i + distance] <= boundary[i])
            return false;
    }
    return true;
}

// Joins segments in place. Returns the number of regions.
static int join_segments(const uint64_t *boundary, int granularity, int *start, int n)
{
    int n_regions = 0, first = start[0];
    for (int i = 0; i < n; i++) {
        bool fits = start[i + 1] - first <= granularity;
        if (i == 0 || !fits || is_anchor(boundary, n, i, granularity)) {
            first = start[i];
            start[n_regions++] = first;
        }
    }
    start[n_regions] = start[n];
    return n_regions;
}

int find_regions(const struct graph *g, int granularity, int *start)
{
    int n = find_segments(g, start);
    uint64_t *boundary = xcalloc((size_t)n, sizeof *boundary);
    hash_boundaries(g, start, n, boundary);
    n = join_segments(boundary, granularity, start, n);
    free(boundary);
    return n;
}
