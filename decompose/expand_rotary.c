#include "decompose/expand_rotary.h"

#include "decompose/passes.h"

enum { X_1, X_2, REST, N_PARTS };

static int64_t pairs_of(const struct graph *g, const struct rotation *r)
{
    const struct tensor *cos = &g->values[r->cos].t;
    return cos->dims[cos->rank - 1];
}

// v with other dimensions from 3 on; `second` 0: one less.
static int reshaped(struct graph *g, int i, int v, int64_t first, int64_t second)
{
    struct tensor t = g->values[v].t;
    t.rank = second ? 5 : 4;
    t.dims[3] = first;
    t.dims[4] = second;
    return expand_emit(g, i, OP_Reshape, 1, &v, &t);
}

// Both numbers of all pairs, [..., pairs] each, and what is not turned; NONE if all is.
static void split_pairs(struct graph *g, int i, int v, const struct rotation *r, int parts[N_PARTS])
{
    int64_t pairs = pairs_of(g, r), rest = g->values[v].t.dims[3] - 2 * pairs;
    parts[REST] = NONE;
    if (!r->interleaved) {
        expand_split(g, i, v, 3, rest ? 3 : 2, (const int64_t[]){pairs, pairs, rest}, parts);
        return;
    }
    int turned[2] = {v, NONE};
    if (rest)
        expand_split(g, i, v, 3, 2, (const int64_t[]){2 * pairs, rest}, turned);
    int neighbours = reshaped(g, i, turned[0], pairs, 2);
    expand_split(g, i, neighbours, 4, 2, (const int64_t[]){1, 1}, parts);
    for (int k = X_1; k <= X_2; k++)
        parts[k] = reshaped(g, i, parts[k], pairs, 0);
    parts[REST] = turned[1];
}

static int concat(struct graph *g, int i, int n, const int *src, int axis)
{
    struct tensor t = g->values[src[0]].t;
    for (int k = 1; k < n; k++)
        t.dims[axis] += g->values[src[k]].t.dims[axis];
    int v = expand_emit(g, i, OP_Concat, n, src, &t);
    node_set_int(g, expand_newest(g), ATTR_axis, axis);
    return v;
}

static int join_pairs(struct graph *g, int i, const struct rotation *r, int parts[N_PARTS])
{
    int n = parts[REST] == NONE ? 2 : 3;
    int64_t pairs = pairs_of(g, r);
    if (!r->interleaved)
        return concat(g, i, n, parts, 3);
    for (int k = X_1; k <= X_2; k++)
        parts[k] = reshaped(g, i, parts[k], pairs, 1);
    int turned = reshaped(g, i, concat(g, i, 2, parts, 4), 2 * pairs, 0);
    return n == 2 ? turned : concat(g, i, 2, (const int[]){turned, parts[REST]}, 3);
}

// Cosines or sines in the shape in which they broadcast to X.
static int angles(struct graph *g, int i, int v, bool heads_first)
{
    struct tensor t = g->values[v].t, wide = {.type = t.type, .rank = 4, .dims = {1, 1, 1, 1}};
    if (t.rank == 3)
        wide.dims[0] = t.dims[0];
    wide.dims[heads_first ? 2 : 1] = t.dims[t.rank - 2];
    wide.dims[3] = t.dims[t.rank - 1];
    return expand_emit(g, i, OP_Reshape, 1, &v, &wide);
}

// a * x op b * y
static int combine(struct graph *g, int i, enum op op, const int x[2], const int y[2])
{
    struct tensor t = g->values[x[0]].t;
    int products[] = {expand_emit(g, i, OP_Mul, 2, x, &t), expand_emit(g, i, OP_Mul, 2, y, &t)};
    return expand_emit(g, i, op, 2, products, &t);
}

int rotation_apply(struct graph *g, int i, int v, const struct rotation *r)
{
    int cos = angles(g, i, r->cos, r->heads_first), sin = angles(g, i, r->sin, r->heads_first);
    int x[N_PARTS], y[N_PARTS];
    split_pairs(g, i, v, r, x);
    y[X_1] = combine(g, i, OP_Sub, (const int[]){x[X_1], cos}, (const int[]){x[X_2], sin});
    y[X_2] = combine(g, i, OP_Add, (const int[]){x[X_1], sin}, (const int[]){x[X_2], cos});
    y[REST] = x[REST];
    return join_pairs(g, i, r, y);
}

// The node becomes X, [batch, positions, heads * size] or with heads apart, turned.
static void become(struct graph *g, int i, const struct rotation *r)
{
    const struct node n = g->nodes[i];
    struct tensor t = g->values[n.src[0]].t;
    int v = n.src[0];
    if (!r->heads_first) {
        t.rank = 4;
        t.dims[2] = node_int(&n, ATTR_num_heads, 1);
        t.dims[3] = g->values[v].t.dims[2] / t.dims[2];
        v = expand_emit(g, i, OP_Reshape, 1, &v, &t);
    }
    v = rotation_apply(g, i, v, r);
    expand_become(g, i, OP_Reshape, 1, &v);
}

int expand_rotary_embedding(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    int ids = node_src(&n, 3);
    struct rotation r = {
        .cos = ids == NONE ? n.src[1] : expand_rows(g, i, n.src[1], ids),
        .sin = ids == NONE ? n.src[2] : expand_rows(g, i, n.src[2], ids),
        .heads_first = g->values[n.src[0]].t.rank == 4,
        .interleaved = node_int(&n, ATTR_interleaved, 0) != 0,
    };
    become(g, i, &r);
    return 0;
}

// Position `first`, a value of one element, and those behind it.
static int positions_from(struct graph *g, int i, int first, int64_t count)
{
    struct tensor one = g->values[first].t, t = {.type = TYPE_s64, .rank = 1, .dims = {count}};
    bool cast = one.type != t.type;
    one.type = t.type;
    if (cast)
        first = expand_emit(g, i, OP_Cast, 1, &first, &one);
    return expand_emit(g, i, OP_Add, 2, (const int[]){first, expand_range(g, i, 0, count)}, &t);
}

int expand_position_rotary_embedding(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    const struct tensor x = g->values[n.src[0]].t;
    int ids = n.src[1];
    if (g->values[ids].t.rank == 1)
        ids = positions_from(g, i, ids, x.dims[x.rank - 2]);
    struct rotation r = {
        .cos = expand_rows(g, i, n.src[2], ids),
        .sin = expand_rows(g, i, n.src[3], ids),
        .heads_first = x.rank == 4,
        .interleaved = node_int(&n, ATTR_interleaved, 0) != 0,
    };
    become(g, i, &r);
    return 0;
}
