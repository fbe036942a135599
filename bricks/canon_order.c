// The canonical order of steps: topological, and among the steps that could come next the one
// with the smallest key. A step's key hashes what it is, all that leads to it and all that
// follows it, so that it depends on the graph's structure only.
#include <stdlib.h>
#include <string.h>

#include "base/heap.h"
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

// Who uses what: the users of storage value v are user[start[v]] to user[start[v + 1] - 1], one
// entry per source.
struct uses {
    int *start, *user;
};

static int storage_of(const struct graph *g, const struct node *n, int k)
{
    return n->src[k] == NONE ? NONE : graph_storage(g, n->src[k]);
}

static void uses_init(struct uses *u, const struct graph *g)
{
    u->start = xcalloc((size_t)g->n_values + 2, sizeof *u->start);
    int *next = u->start + 1; // of each value, while the list is filled
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++)
            if (g->nodes[i].src[k] != NONE)
                next[storage_of(g, &g->nodes[i], k) + 1]++;
    for (int v = 0; v < g->n_values; v++)
        next[v + 1] += next[v];
    u->user = xcalloc((size_t)next[g->n_values], sizeof *u->user);
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++)
            if (g->nodes[i].src[k] != NONE)
                u->user[next[storage_of(g, &g->nodes[i], k)]++] = i;
}

static void uses_release(struct uses *u)
{
    free(u->start);
    free(u->user);
}

// Steps while they are ordered.
struct ordering {
    const struct graph *g;
    struct uses uses;
    uint64_t *key;    // per step
    uint64_t *shared; // per storage value that enters: all that uses it
    int *waits_for;   // per step: sources that are not computed, uses of the source that it takes
    int *taker;       // per storage value: step whose result takes its place, or NONE
    int *position;    // per step: place in the order
    struct heap ready;
};

// Tells steps of the same key apart by the steps and inputs that they use: which those are is no
// part of a key.
static uint64_t tie_of(const struct ordering *o, int i)
{
    const struct node *n = &o->g->nodes[i];
    uint64_t tie = 0;
    for (int k = 0; k < n->n_src; k++) {
        int p = producer(o->g, n->src[k]), storage = storage_of(o->g, n, k);
        uint64_t shared = storage == NONE ? 0 : o->shared[storage];
        uint64_t source = hash_mix(hash_start, p == NONE ? shared : (uint64_t)o->position[p]);
        tie = op_is_commutative(n->op) ? tie + source : hash_mix(tie, source);
    }
    return tie;
}

static void satisfy(struct ordering *o, int i)
{
    if (--o->waits_for[i] == 0)
        heap_push(&o->ready, (struct heap_item){o->key[i], tie_of(o, i), i});
}

// Counts what each step waits for: its sources and, where its result takes the place of a source,
// all other uses of that source.
static void count_waits(struct ordering *o)
{
    const struct graph *g = o->g;
    for (int v = 0; v < g->n_values; v++)
        o->taker[v] = NONE;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        int taken = step_taken_source(n);
        for (int k = 0; k < n->n_src; k++)
            o->waits_for[i] += producer(g, n->src[k]) != NONE;
        if (taken == NONE)
            continue;
        int storage = graph_storage(g, taken);
        o->taker[storage] = i;
        for (int u = o->uses.start[storage]; u < o->uses.start[storage + 1]; u++)
            o->waits_for[i] += o->uses.user[u] != i;
    }
}

static void share_inputs(struct ordering *o)
{
    for (int i = 0; i < o->g->n_nodes; i++) {
        const struct node *n = &o->g->nodes[i];
        for (int k = 0; k < n->n_src; k++) {
            uint64_t position = op_is_commutative(n->op) ? 0 : (uint64_t)k;
            if (n->src[k] != NONE)
                o->shared[storage_of(o->g, n, k)] +=
                    hash_mix(hash_mix(hash_start, o->key[i]), position);
        }
    }
}

static void place(struct ordering *o, int i, int at)
{
    const struct node *n = &o->g->nodes[i];
    o->position[i] = at;
    for (int k = 0; k < n->n_dst; k++)
        for (int u = n->dst[k] == NONE ? 0 : o->uses.start[n->dst[k]];
             n->dst[k] != NONE && u < o->uses.start[n->dst[k] + 1]; u++)
            satisfy(o, o->uses.user[u]);
    for (int k = 0; k < n->n_src; k++) {
        int taker = n->src[k] == NONE ? NONE : o->taker[storage_of(o->g, n, k)];
        if (taker != NONE && taker != i)
            satisfy(o, taker);
    }
}

static void set_keys(struct ordering *o)
{
    size_t n = (size_t)o->g->n_nodes;
    uint64_t *down = xcalloc(n, sizeof *down);
    hash_upwards(o->g, o->key);
    hash_downwards(o->g, o->key, down);
    for (size_t i = 0; i < n; i++)
        o->key[i] = hash_mix(o->key[i], down[i]);
    free(down);
}

void canon_order(const struct graph *g, int *order)
{
    size_t n = (size_t)g->n_nodes, n_values = (size_t)g->n_values;
    struct ordering o = {
        .g = g,
        .key = xcalloc(n, sizeof *o.key),
        .shared = xcalloc(n_values, sizeof *o.shared),
        .waits_for = xcalloc(n, sizeof *o.waits_for),
        .taker = xcalloc(n_values, sizeof *o.taker),
        .position = xcalloc(n, sizeof *o.position),
    };
    uses_init(&o.uses, g);
    set_keys(&o);
    share_inputs(&o);
    count_waits(&o);
    for (int i = 0; i < g->n_nodes; i++)
        if (!o.waits_for[i])
            heap_push(&o.ready, (struct heap_item){o.key[i], tie_of(&o, i), i});
    for (int at = 0; at < g->n_nodes; at++) {
        if (!o.ready.n)
            BUG("no step of a graph that was sorted is ready");
        order[at] = heap_pop(&o.ready).number;
        place(&o, order[at], at);
    }
    heap_release(&o.ready);
    uses_release(&o.uses);
    free(o.key);
    free(o.shared);
    free(o.waits_for);
    free(o.taker);
    free(o.position);
}
