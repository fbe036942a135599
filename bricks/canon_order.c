// The canonical order of steps: topological, and among the steps that could come next the one
// with the smallest key. A step's key hashes what it is, all that leads to it and all that
// follows it, so that it depends on the graph's structure only.
#include <stdlib.h>
#include <string.h>

#include "bricks/canon.h"
#include "bricks/step.h"

static uint64_t hash_bytes(uint64_t hash, const void *p, size_t n)
{
    const unsigned char *bytes = p;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u; // FNV-1a
    return hash;
}

static uint64_t hash_mix(uint64_t hash, uint64_t x)
{
    return hash_bytes(hash, &x, sizeof x);
}

static const uint64_t hash_start = 0xcbf29ce484222325u;

static void print_source_kind(void *context, const struct graph *g, int v, struct str *out)
{
    (void)context;
    if (v == NONE) {
        str_add(out, "-");
        return;
    }
    static const char *const kinds[] = {
        [VALUE_input] = "i:", [VALUE_weight] = "w:", [VALUE_node] = "s:"};
    str_add(out, kinds[g->values[graph_storage(g, v)].kind]);
    tensor_print(&g->values[v].t, out);
}

static int producer(const struct graph *g, int v)
{
    return v == NONE ? NONE : g->values[graph_storage(g, v)].producer;
}

// What a step is and all that leads to it.
static void hash_upwards(const struct graph *g, uint64_t *up)
{
    struct str text = STR_INIT;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        str_clear(&text);
        step_print(g, n, print_source_kind, NULL, &text);
        up[i] = hash_bytes(hash_start, text.text, text.len);
        uint64_t sources = 0;
        for (int k = 0; k < n->n_src; k++) {
            int p = producer(g, n->src[k]);
            uint64_t source = hash_mix(hash_start, p == NONE ? 0 : up[p]);
            // operands of a commutative operator may stand in any order
            sources = op_is_commutative(n->op) ? sources + source : hash_mix(sources, source);
        }
        up[i] = hash_mix(up[i], sources);
    }
    str_release(&text);
}

// All that follows a step: added up, as the order of its users is no property of the structure.
static void hash_downwards(const struct graph *g, const uint64_t *up, uint64_t *down)
{
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const struct node *n = &g->nodes[i];
        for (int k = 0; k < n->n_src; k++) {
            int p = producer(g, n->src[k]);
            if (p == NONE)
                continue;
            uint64_t position = op_is_commutative(n->op) ? 0 : (uint64_t)k;
            down[p] += hash_mix(hash_mix(hash_mix(hash_start, up[i]), down[i]), position);
        }
    }
    for (int k = 0; k < g->n_outputs; k++)
        if (producer(g, g->outputs[k]) != NONE)
            down[producer(g, g->outputs[k])] += hash_start;
}

int step_taken_source(const struct node *n)
{
    if (n->inplace)
        return n->src[0];
    for (int i = 0; i < n->n_posts; i++)
        if (n->posts[i].accumulate)
            return n->src[n->posts[i].src];
    return NONE;
}

bool step_uses(const struct graph *g, const struct node *n, int storage)
{
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && graph_storage(g, n->src[k]) == storage)
            return true;
    return false;
}

// A step may run once its sources are there and, where its result takes the place of a source,
// once all other users of that source have run.
static bool is_ready(const struct graph *g, int i, const bool *placed)
{
    const struct node *n = &g->nodes[i];
    for (int k = 0; k < n->n_src; k++) {
        int p = producer(g, n->src[k]);
        if (p != NONE && !placed[p])
            return false;
    }
    int taken = step_taken_source(n);
    if (taken == NONE)
        return true;
    for (int j = 0; j < g->n_nodes; j++)
        if (j != i && !placed[j] && step_uses(g, &g->nodes[j], graph_storage(g, taken)))
            return false;
    return true;
}

void canon_order(const struct graph *g, int *order)
{
    size_t n = (size_t)g->n_nodes;
    uint64_t *up = xcalloc(n, sizeof *up), *down = xcalloc(n, sizeof *down);
    bool *placed = xcalloc(n, sizeof *placed);
    hash_upwards(g, up);
    hash_downwards(g, up, down);
    for (int at = 0; at < g->n_nodes; at++) {
        int best = NONE;
        uint64_t best_key = 0;
        for (int i = 0; i < g->n_nodes; i++) {
            uint64_t key = hash_mix(up[i], down[i]);
            if (!placed[i] && (best == NONE || key < best_key) && is_ready(g, i, placed)) {
                best = i;
                best_key = key;
            }
        }
        if (best == NONE)
            BUG("no step of a graph that was sorted is ready");
        placed[best] = true;
        order[at] = best;
    }
    free(up);
    free(down);
    free(placed);
}
