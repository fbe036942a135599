#include "bricks/plan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/packing.h"
#include "bricks/step.h"
#include "bricks/work.h"

// One place in the arena: the values that share it by doing their work in place, and the steps
// between which it is needed, both ends included.
struct place {
    size_t bytes, offset;
    int first, last;
};

size_t plan_aligned(size_t bytes)
{
    return (bytes + PLAN_ALIGN - 1) / PLAN_ALIGN * PLAN_ALIGN;
}

struct planner {
    const struct graph *g;
    int *place_of; // per value: index into places, NONE for weights
    struct place *places;
    int n_places;
};

static void touch(struct planner *p, int v, int step)
{
    int at = p->place_of[graph_storage(p->g, v)];
    if (at != NONE && p->places[at].last < step)
        p->places[at].last = step;
}

static void open_place(struct planner *p, int v, int step)
{
    p->place_of[v] = p->n_places;
    p->places[p->n_places++] = (struct place){
        .bytes = plan_aligned(tensor_bytes(&p->g->values[v].t)),
        .first = step,
        .last = step,
    };
}

// Inputs and outputs keep their places from before the first step to after the last.
static void find_lifetimes(struct planner *p)
{
    const struct graph *g = p->g;
    for (int v = 0; v < g->n_values; v++)
        p->place_of[v] = NONE;
    for (int k = 0; k < g->n_inputs; k++) {
        open_place(p, g->inputs[k], NONE);
        touch(p, g->inputs[k], g->n_nodes);
    }
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        for (int k = 0; k < n->n_src; k++)
            if (n->src[k] != NONE)
                touch(p, n->src[k], i);
        int taken = step_taken_source(n);
        for (int k = 0; k < n->n_dst; k++) {
            if (n->dst[k] == NONE)
                continue;
            if (k == 0 && taken != NONE)
                p->place_of[n->dst[0]] = p->place_of[graph_storage(g, taken)];
            else
                open_place(p, n->dst[k], i);
        }
    }
    for (int k = 0; k < g->n_outputs; k++) {
        int at = p->place_of[graph_storage(g, g->outputs[k])];
        if (at != NONE) {
            p->places[at].first = NONE;
            p->places[at].last = g->n_nodes;
        }
    }
}

static int larger_first(const void *a, const void *b)
{
    const struct place *x = *(struct place *const *)a, *y = *(struct place *const *)b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return (x > y) - (x < y);
}

static bool overlap_in_time(const struct place *a, const struct place *b)
{
    return a->first <= b->last && b->first <= a->last;
}

// Lowest gap that is free while `p` lives; `placed` are those already placed, by offset.
static size_t lowest_gap(const struct place *p, struct place *const *placed, int n)
{
    size_t offset = 0;
    for (int i = 0; i < n; i++) {
        if (!overlap_in_time(p, placed[i]))
            continue;
        if (placed[i]->offset >= offset + p->bytes)
            break;
        if (placed[i]->offset + placed[i]->bytes > offset)
            offset = placed[i]->offset + placed[i]->bytes;
    }
    return offset;
}

// Adds p to the n places that stand by offset.
static void insert(struct place *p, struct place **placed, int n)
{
    int at = n;
    for (; at > 0 && placed[at - 1]->offset > p->offset; at--)
        placed[at] = placed[at - 1];
    placed[at] = p;
}

// Greedy by size: the largest first, each as low as it fits. Returns the arena's size.
static size_t assign_offsets(struct planner *p)
{
    size_t n = (size_t)p->n_places, top = 0;
    struct place **by_size = xcalloc(n, sizeof *by_size);
    struct place **placed = xcalloc(n, sizeof *placed);
    for (size_t i = 0; i < n; i++)
        by_size[i] = &p->places[i];
    qsort(by_size, n, sizeof *by_size, larger_first);
    for (size_t i = 0; i < n; i++) {
        by_size[i]->offset = lowest_gap(by_size[i], placed, (int)i);
        insert(by_size[i], placed, (int)i);
        if (by_size[i]->offset + by_size[i]->bytes > top)
            top = by_size[i]->offset + by_size[i]->bytes;
    }
    free(by_size);
    free(placed);
    return top;
}

struct weight_uses {
    double read; // bytes in one run
    bool packed, plain;
};

static struct weight_uses *find_weight_uses(const struct graph *g)
{
    struct weight_uses *uses = xcalloc((size_t)g->n_values, sizeof *uses);
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++) {
            int v = g->nodes[i].src[k];
            if (v == NONE || !graph_is_weight(g, v))
                continue;
            struct weight_uses *u = &uses[graph_storage(g, v)];
            u->read += work_bytes_read(g, &g->nodes[i], k);
            *(step_packs(g, &g->nodes[i], k) ? &u->packed : &u->plain) = true;
        }
    return uses;
}

// A weight counts once, however many steps share it, and is never read more than it has; once more
// if it has to lie in two orders.
static void count_weights(struct plan *plan, const struct graph *g)
{
    struct weight_uses *uses = find_weight_uses(g);
    plan->weight_bytes = plan->copy_bytes = plan->read_bytes = 0;
    for (int v = 0; v < g->n_values; v++) {
        const struct weight_uses *u = &uses[v];
        size_t bytes = u->read > 0 ? tensor_bytes(&g->values[v].t) : 0;
        plan->weight_bytes += bytes;
        plan->copy_bytes += u->packed && u->plain ? bytes : 0;
        plan->read_bytes += u->read < (double)bytes ? (size_t)u->read : bytes;
    }
    free(uses);
}

void plan_init(struct plan *plan, const struct graph *g)
{
    size_t n = (size_t)g->n_values;
    struct planner p = {
        .g = g,
        .place_of = xcalloc(n, sizeof *p.place_of),
        .places = xcalloc(n, sizeof *p.places),
    };
    find_lifetimes(&p);
    plan->arena_bytes = assign_offsets(&p);
    count_weights(plan, g);
    plan->offset = xcalloc(n, sizeof *plan->offset);
    for (int v = 0; v < g->n_values; v++) {
        int at = p.place_of[graph_storage(g, v)];
        plan->offset[v] = at == NONE ? SIZE_MAX : p.places[at].offset;
    }
    free(p.place_of);
    free(p.places);
}

void plan_release(struct plan *plan)
{
    free(plan->offset);
    *plan = (struct plan){0};
}

size_t plan_memory(const struct plan *plan)
{
    return plan->arena_bytes + plan->weight_bytes + plan->copy_bytes;
}

size_t plan_footprint(const struct plan *plan)
{
    return plan->arena_bytes + plan->read_bytes;
}
