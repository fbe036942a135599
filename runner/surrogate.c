#include "runner/surrogate.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/canon.h"
#include "bricks/step.h"
#include "runner/data.h"

enum { PAGE = 4096 };

// Weights lie one behind the other as in a model.
static size_t plan_aligned(size_t bytes)
{
    return (bytes + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
}

static size_t page_aligned(size_t bytes)
{
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

// The entry of a weight, added if there is none.
static struct piece_weight *find_weight(struct piece *p, int value)
{
    for (int i = 0; i < p->n_weights; i++)
        if (p->weights[i].value == value)
            return &p->weights[i];
    p->weights[p->n_weights] = (struct piece_weight){.value = value};
    return &p->weights[p->n_weights++];
}

// Lists the node's weights in packed size and notes what runs it.
static void add_kernel(struct piece *p, int node, const struct kernel *k)
{
    const struct node *n = &p->graph->nodes[node];
    for (int src = 0; src < n->n_src; src++) {
        int v = n->src[src];
        if (v == NONE || !graph_is_weight(p->graph, v))
            continue;
        v = graph_storage(p->graph, v);
        struct piece_weight *weight = find_weight(p, v);
        size_t before = plan_aligned(weight->bytes);
        if (k->weights[src].bytes > weight->bytes) // steps that share a weight share its room
            *weight = (struct piece_weight){v, node, src, k->weights[src].bytes};
        p->weight_bytes += plan_aligned(weight->bytes) - before;
    }
    name_append(p->implementation, sizeof p->implementation, node ? " | " : "");
    name_append(p->implementation, sizeof p->implementation, k->implementation);
}

// Indices cannot be what another step has left: they are filled like weights.
static void add_indices(struct piece *p)
{
    int node, src;
    for (int k = 0; k < p->graph->n_inputs; k++) {
        int v = p->graph->inputs[k];
        if (!data_find_index(p->graph, v, &node, &src))
            continue;
        size_t bytes = tensor_bytes(&p->graph->values[v].t);
        *find_weight(p, v) = (struct piece_weight){v, node, src, bytes};
        p->weight_bytes += plan_aligned(bytes);
    }
}

static void measure_edges(struct piece *p)
{
    const struct graph *g = p->graph;
    int node, src;
    for (int k = 0; k < g->n_inputs; k++) {
        if (data_find_index(g, g->inputs[k], &node, &src))
            continue;
        size_t bytes = tensor_bytes(&g->values[g->inputs[k]].t);
        if (k == 0)
            p->src_bytes = bytes;
        else
            p->other_bytes += page_aligned(bytes);
    }
    if (g->n_outputs)
        p->dst_bytes = tensor_bytes(&g->values[g->outputs[0]].t);
}

int piece_init(struct piece *p, struct kernel_set *kernels, const struct graph *brick,
               struct error *err)
{
    *p = (struct piece){.graph = brick};
    p->weights = xcalloc((size_t)brick->n_values, sizeof *p->weights);
    for (int i = 0; i < brick->n_nodes; i++) {
        const struct kernel *k = kernel_set_get(kernels, brick, &brick->nodes[i], err);
        if (!k)
            return -1;
        add_kernel(p, i, k);
    }
    plan_init(&p->plan, brick);
    add_indices(p);
    measure_edges(p);
    return 0;
}

void piece_release(struct piece *p)
{
    plan_release(&p->plan);
    free(p->weights);
    *p = (struct piece){0};
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t pieces_slot_bytes(int n, const struct piece *const *pieces)
{
    size_t arena = 0, read = 0;
    for (int i = 0; i < n; i++) {
        arena = larger(arena, pieces[i]->plan.arena_bytes);
        read = larger(read, larger(pieces[i]->src_bytes, pieces[i]->other_bytes));
    }
    return page_aligned(arena + read) + PAGE;
}

int workspace_init(struct workspace *w, size_t ring_bytes, size_t slot_bytes, struct error *err)
{
    *w = (struct workspace){
        .ring_bytes = page_aligned(ring_bytes), .slot_bytes = page_aligned(slot_bytes), .seed = 1};
    w->ring = pages_alloc(w->ring_bytes, err);
    w->slots = pages_alloc(N_SLOTS * w->slot_bytes, err);
    if (!w->ring || !w->slots)
        return -1;
    data_fill(w->slots, N_SLOTS * w->slot_bytes, 1, w->seed);
    return 0;
}

void workspace_release(struct workspace *w)
{
    pages_free(w->ring, w->ring_bytes);
    pages_free(w->slots, N_SLOTS * w->slot_bytes);
    *w = (struct workspace){0};
}

static char *ring_take(struct workspace *w, size_t bytes)
{
    if (w->ring_at + bytes > w->ring_bytes)
        w->ring_at = 0;
    char *p = w->ring + w->ring_at;
    w->ring_at += bytes;
    return p;
}

// Where activations are while positions are bound one after the other.
struct resident {
    char *at;     // last result that was written to the slot
    size_t bytes; // of that result
    int slot;
};

struct rotation {
    struct resident recent, older;
};

// The slot that is neither the recent nor the older one.
static int third_slot(const struct rotation *r)
{
    return N_SLOTS - r->recent.slot - r->older.slot;
}

static void advance(struct rotation *r, char *at, size_t bytes, int slot)
{
    if (slot != r->recent.slot)
        r->older = r->recent;
    r->recent.at = at;
    r->recent.bytes = bytes;
    r->recent.slot = slot;
}

static char *slot_base(const struct workspace *w, int slot)
{
    return w->slots + (size_t)slot * w->slot_bytes;
}

// Before `bytes` are read from where the last result begins: if that is too near the slot's end,
// they are read from the slot's beginning; if clearly more is read than was written, the team
// writes it first.
static struct rewrite prepare_read(const struct workspace *w, struct resident *r, size_t bytes)
{
    if (r->at + bytes > slot_base(w, r->slot) + w->slot_bytes) {
        r->at = slot_base(w, r->slot);
        r->bytes = 0;
    }
    if ((double)r->bytes < 0.9 * (double)bytes)
        return (struct rewrite){r->at, bytes};
    return (struct rewrite){0};
}

static void bind_weights(const struct piece *p, struct workspace *w, void **address)
{
    for (int i = 0; i < p->n_weights; i++) {
        const struct piece_weight *weight = &p->weights[i];
        char *at = ring_take(w, plan_aligned(weight->bytes));
        data_fill_operand(p->graph, &p->graph->nodes[weight->node], weight->src, at, weight->bytes,
                          w->seed++);
        address[weight->value] = at;
    }
}

static void bind_inputs(const struct piece *p, const struct workspace *w, struct rotation *r,
                        void **address, struct position *position)
{
    const struct graph *g = p->graph;
    position->src = prepare_read(w, &r->recent, p->src_bytes);
    position->other = prepare_read(w, &r->older, p->other_bytes);
    char *other = r->older.at;
    for (int k = 0; k < g->n_inputs; k++) {
        if (address[g->inputs[k]])
            continue;
        address[g->inputs[k]] = k ? other : r->recent.at;
        if (k)
            other += page_aligned(tensor_bytes(&g->values[g->inputs[k]].t));
    }
}

// Where in a page a result begins. In a model that is anything; were it always the same, loads
// and stores would meet in the same sets of the caches at every position, and small convolutions
// be timed up to a quarter too slow.
static size_t random_offset(struct workspace *w)
{
    return (size_t)(w->seed++ * 0x9e3779b97f4a7c15u >> 32) % (PAGE / PLAN_ALIGN) * PLAN_ALIGN;
}

// Results lie in the third slot as the brick's own plan says, or where the source lies whose
// place they take.
static void bind_results(const struct piece *p, char *base, void **address)
{
    const struct graph *g = p->graph;
    for (int i = 0; i < g->n_nodes; i++) {
        int taken = step_taken_source(&g->nodes[i]);
        for (int k = 0; k < g->nodes[i].n_dst; k++) {
            int v = g->nodes[i].dst[k];
            if (v == NONE)
                continue;
            address[v] = k == 0 && taken != NONE ? address[graph_storage(g, taken)]
                                                 : base + p->plan.offset[v];
        }
    }
}

static int slot_of(const struct workspace *w, const char *at)
{
    return (int)((size_t)(at - w->slots) / w->slot_bytes);
}

static int bind_position(struct surrogate *s, struct workspace *w, const struct piece *p,
                         struct rotation *r, struct position *position, struct error *err)
{
    const struct graph *g = p->graph;
    void **address = xcalloc((size_t)g->n_values, sizeof *address);
    bind_weights(p, w, address);
    bind_inputs(p, w, r, address, position);
    bind_results(p, slot_base(w, third_slot(r)) + random_offset(w), address);
    position->first_step = s->program.n_steps;
    int status = program_append(&s->program, g, address, err);
    position->end_step = s->program.n_steps;
    if (g->n_outputs) {
        char *at = address[g->outputs[0]];
        advance(r, at, p->dst_bytes, slot_of(w, at));
    }
    free(address);
    return status;
}

int surrogate_init(struct surrogate *s, const struct engine *engine, struct kernel_set *kernels,
                   struct workspace *w, int n, const struct piece *const *pieces, struct error *err)
{
    *s = (struct surrogate){.n = n, .positions = xcalloc((size_t)n, sizeof *s->positions)};
    program_init(&s->program, engine, kernels);
    struct rotation r = {.recent = {.at = w->slots, .slot = 0},
                         .older = {.at = slot_base(w, 1), .slot = 1}};
    for (int i = 0; i < n; i++)
        if (bind_position(s, w, pieces[i], &r, &s->positions[i], err))
            return -1;
    return program_finish(&s->program, err);
}

void surrogate_release(struct surrogate *s)
{
    program_release(&s->program);
    free(s->positions);
    *s = (struct surrogate){0};
}

// Each thread writes one contiguous part, as primitives divide their results: most of what a
// thread will read is then its own. Written in turns of 256 bytes, half of the source would be in
// the other core's cache, and SqueezeNet and MobileNet v2 would be predicted 10 and 6 % too slow at
// times when the two cores are far from each other (0 and 2 % so).
static void rewrite(const struct rewrite *r)
{
    float *x = r->p;
    long n = (long)(r->bytes / sizeof *x);
#pragma omp parallel for schedule(static)
    for (long i = 0; i < n; i++)
        x[i] = x[i] * 0.5f + 0.001f;
}

void surrogate_pass(const struct surrogate *s, const struct clock *clock, double *time_ns)
{
    for (int i = 0; i < s->n; i++) {
        const struct position *p = &s->positions[i];
        if (p->src.bytes)
            rewrite(&p->src);
        if (p->other.bytes)
            rewrite(&p->other);
        uint64_t start = clock_now(clock);
        program_run_steps(&s->program, p->first_step, p->end_step);
        time_ns[i] = (double)(clock_now(clock) - start);
    }
}

void surrogate_hot(const struct surrogate *s, const struct clock *clock, int n_warm, int n,
                   double *time_ns)
{
    const struct position *p = &s->positions[0];
    for (int i = -n_warm; i < n; i++) {
        uint64_t start = clock_now(clock);
        program_run_steps(&s->program, p->first_step, p->end_step);
        if (i >= 0)
            time_ns[i] = (double)(clock_now(clock) - start);
    }
}
