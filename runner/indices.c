#include "runner/indices.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "reference/reference.h"

// Steps whose results are elements of their sources, whatever these are; of their first
// `n_sources`, NONE: of all.
static const struct mover {
    enum op op;
    int n_sources;
} movers[] = {
    {OP_Slice, 1},  {OP_Split, 1}, {OP_Concat, NONE}, {OP_Transpose, 1},
    {OP_Expand, 1}, {OP_Tile, 1},  {OP_Reorder, 1},   {OP_Cast, 1},
};

// Sources whose elements a node moves; 0 if it does more than that.
static int moved_sources(const struct node *n)
{
    for (size_t i = 0; n->n_posts == 0 && i < sizeof movers / sizeof movers[0]; i++)
        if (movers[i].op == n->op)
            return movers[i].n_sources == NONE ? n->n_src : movers[i].n_sources;
    return 0;
}

// Numbers of elements move in a graph of their own: `g` borrows all but the values, which become
// s64. numbers[v]: of storage v, 1 more than the element's number, 0 for others'; NULL where v's
// elements never come.
struct follower {
    struct graph g;
    int64_t **numbers;
};

static int64_t *numbers_of(const struct follower *f, int v)
{
    return v == NONE ? NULL : f->numbers[graph_storage(&f->g, v)];
}

static bool moves_numbers(const struct follower *f, const struct node *n)
{
    for (int k = 0; k < moved_sources(n); k++)
        if (numbers_of(f, n->src[k]))
            return true;
    return false;
}

static int64_t *number_value(struct follower *f, int v)
{
    int storage = graph_storage(&f->g, v);
    f->g.values[v].t.type = TYPE_s64;
    if (!f->numbers[storage])
        f->numbers[storage] =
            xcalloc((size_t)tensor_elements(&f->g.values[storage].t), sizeof **f->numbers);
    return f->numbers[storage];
}

static void move_numbers(struct follower *f, const struct node *n)
{
    struct error err = {0};
    const void **src = xcalloc((size_t)n->n_src, sizeof *src);
    void **dst = xcalloc((size_t)n->n_dst, sizeof *dst);
    for (int k = 0; k < moved_sources(n); k++)
        src[k] = number_value(f, n->src[k]);
    for (int k = 0; k < n->n_dst; k++)
        dst[k] = n->dst[k] == NONE ? NULL : number_value(f, n->dst[k]);
    if (reference_node(&f->g, n, src, dst, false, &err))
        BUG("a step that only moves elements has no result");
    free(dst);
    free(src);
}

static void find(const struct follower *f, const struct node *n, indices_source *wanted,
                 indices_found *found, void *context)
{
    for (int k = 0; k < n->n_src; k++) {
        const int64_t *numbers = numbers_of(f, n->src[k]);
        if (!numbers || !wanted(n->op, k))
            continue;
        int64_t count = tensor_elements(&f->g.values[n->src[k]].t);
        int64_t *from = xmalloc((size_t)count * sizeof *from);
        for (int64_t i = 0; i < count; i++)
            from[i] = numbers[i] - 1;
        found(context, n, k, count, from);
        free(from);
    }
}

static void follow(struct follower *f, int v, indices_source *wanted, indices_found *found,
                   void *context)
{
    int64_t *numbers = number_value(f, v);
    for (int64_t i = 0; i < tensor_elements(&f->g.values[v].t); i++)
        numbers[i] = i + 1;
    for (int i = 0; i < f->g.n_nodes; i++) {
        const struct node *n = &f->g.nodes[i];
        find(f, n, wanted, found, context);
        if (moves_numbers(f, n))
            move_numbers(f, n);
    }
}

static int64_t elements_of(const struct graph *g, int v)
{
    return v == NONE ? 0 : tensor_elements(&g->values[v].t);
}

// Marks where the node moves elements to; returns how many it handles.
static int64_t move_on(const struct graph *g, const struct node *n, bool *there)
{
    int64_t moved = 0;
    for (int k = 0; k < moved_sources(n); k++)
        moved += elements_of(g, n->src[k]);
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE) {
            there[graph_storage(g, n->dst[k])] = true;
            moved += elements_of(g, n->dst[k]);
        }
    return moved;
}

int64_t indices_reach(const struct graph *g, int v, indices_source *wanted, indices_found *found,
                      void *context)
{
    bool *there = xcalloc((size_t)g->n_values, sizeof *there);
    int64_t handled = elements_of(g, v), read = 0;
    there[v] = true;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        bool moves = false;
        for (int k = 0; k < n->n_src; k++) {
            if (n->src[k] == NONE || !there[graph_storage(g, n->src[k])])
                continue;
            moves |= k < moved_sources(n);
            if (!wanted(n->op, k))
                continue;
            read += elements_of(g, n->src[k]);
            if (found)
                found(context, n, k, 0, NULL);
        }
        handled += moves ? move_on(g, n, there) : 0;
    }
    free(there);
    return read ? handled + read : 0;
}

void indices_follow(const struct graph *g, int v, indices_source *wanted, indices_found *found,
                    void *context)
{
    struct follower f = {*g, xcalloc((size_t)g->n_values, sizeof *f.numbers)};
    f.g.values = xmalloc((size_t)g->n_values * sizeof *g->values);
    memcpy(f.g.values, g->values, (size_t)g->n_values * sizeof *g->values);
    follow(&f, v, wanted, found, context);
    for (int i = 0; i < g->n_values; i++)
        free(f.numbers[i]);
    free(f.numbers);
    free(f.g.values);
}
