// Layouts: every value gets a physical order, independent of the CPU. Activations around spatial
// operators are channels-last, all others and the model's inputs and outputs row-major; where the
// two meet there is one Reorder per value, or nothing where both orders are the same bytes. What
// moves no bytes becomes a view.
#include "decompose/decompose.h"

#include <stdlib.h>

#include "bricks/step.h"
#include "decompose/passes.h"

struct layouts {
    struct graph *g;
    int n, capacity;
    int *other; // per value: the value that holds the same in the other layout, or NONE
};

static int *other_of(struct layouts *l, int v)
{
    grow(&l->other, &l->capacity, l->g->n_values, sizeof *l->other);
    while (l->n < l->g->n_values)
        l->other[l->n++] = NONE;
    return &l->other[v];
}

static bool has_layouts(const struct tensor *t)
{
    return t->rank >= 3 && t->rank <= 2 + MAX_SPATIAL;
}

static int add_other(struct graph *g, int v, enum layout layout)
{
    struct tensor t = g->values[v].t;
    t.layout = layout;
    if (tensor_layouts_coincide(&t))
        return graph_add_view(g, v, &t);
    int reordered = graph_add_value(g, VALUE_node, NULL, &t);
    graph_add_node(g, OP_Reorder, NULL, 1, &v, 1, &reordered);
    return reordered;
}

// The value that holds v in this layout. Weights stay as they are.
static int in_layout(struct layouts *l, int v, enum layout layout)
{
    if (v == NONE || graph_is_weight(l->g, v) || !has_layouts(&l->g->values[v].t) ||
        l->g->values[v].t.layout == layout)
        return v;
    if (*other_of(l, v) == NONE) {
        int other = add_other(l->g, v, layout);
        *other_of(l, v) = other;
        *other_of(l, other) = v;
    }
    return *other_of(l, v);
}

static bool really_last(const struct tensor *t)
{
    return t->layout == LAYOUT_last && !tensor_layouts_coincide(t);
}

// The layout of the first activation as large as the result, but channels-last if any is and
// would have to be reordered otherwise.
static enum layout follow_layout(const struct graph *g, const struct node *n)
{
    const struct tensor *dst = &g->values[n->dst[0]].t, *first = NULL;
    for (int k = 0; k < n->n_src; k++) {
        if (n->src[k] == NONE || graph_is_weight(g, n->src[k]))
            continue;
        const struct tensor *t = &g->values[n->src[k]].t;
        if (t->rank != dst->rank)
            continue;
        if (really_last(t))
            return LAYOUT_last;
        if (!first)
            first = t;
    }
    return first ? first->layout : LAYOUT_row;
}

static enum layout node_layout(const struct graph *g, const struct node *n)
{
    if (!has_layouts(&g->values[n->dst[0]].t))
        return LAYOUT_row;
    switch (op_info(n->op)->layout) {
    case OP_LAYOUT_spatial:
        return LAYOUT_last;
    case OP_LAYOUT_follow:
        return follow_layout(g, n);
    default:
        return LAYOUT_row;
    }
}

// Parameters of a spatial operator, and operands that are broadcast over leading dimensions, are
// row-major even where they are activations.
static enum layout source_layout(const struct graph *g, const struct node *n, int k,
                                 enum layout layout)
{
    bool parameter =
        op_info(n->op)->layout == OP_LAYOUT_spatial && k > 0 && k < step_own_sources(n);
    bool smaller = n->src[k] != NONE && g->values[n->src[k]].t.rank != g->values[n->dst[0]].t.rank;
    return parameter || smaller ? LAYOUT_row : layout;
}

static void set_layout(struct tensor *t, enum layout layout)
{
    t->layout = has_layouts(t) ? layout : LAYOUT_row;
}

static void place_step(struct layouts *l, int i)
{
    struct graph *g = l->g;
    enum layout layout = node_layout(g, &g->nodes[i]);
    for (int k = 0; k < g->nodes[i].n_src; k++) {
        enum layout wanted = source_layout(g, &g->nodes[i], k, layout);
        int v = in_layout(l, g->nodes[i].src[k], wanted);
        g->nodes[i].src[k] = v;
    }
    for (int k = 0; k < g->nodes[i].n_dst; k++)
        if (g->nodes[i].dst[k] != NONE)
            set_layout(&g->values[g->nodes[i].dst[k]].t, layout);
}

// Dimensions of t that are not 1, as places in the source of a Transpose (perm may be NULL), from
// the outermost in memory to the innermost. Returns how many.
static int memory_order(const struct tensor *t, const int64_t *perm, int64_t *order)
{
    int n = 0;
    for (int i = 0; i < t->rank; i++) {
        int d = i;
        if (t->layout == LAYOUT_last && i > 0)
            d = i == t->rank - 1 ? 1 : i + 1;
        if (t->dims[d] != 1)
            order[n++] = perm ? perm[d] : d;
    }
    return n;
}

static bool transpose_moves_nothing(const struct tensor *src, const struct tensor *dst,
                                    const int64_t *perm)
{
    int64_t before[MAX_RANK], after[MAX_RANK] = {0};
    int n = memory_order(src, NULL, before);
    memory_order(dst, perm, after);
    for (int i = 0; i < n; i++)
        if (before[i] != after[i])
            return false;
    return true;
}

// The result of node i becomes view t of value `of`: that value itself if it is the same tensor,
// but an output of the model keeps its name.
static void make_view(struct graph *g, int i, int of, const struct tensor *t)
{
    node_hand_layers(g, i);
    int old = g->nodes[i].dst[0], view = of;
    if (value_is_output(g, old) || !tensor_equal(t, &g->values[of].t)) {
        view = graph_add_view(g, of, t);
        g->values[view].name = g->values[old].name;
    }
    graph_replace_value(g, old, view);
}

static bool channels_go_last(const int64_t *perm, int rank)
{
    for (int d = 0; d < rank; d++)
        if (perm[d] != (d == 0 ? 0 : d == rank - 1 ? 1 : d + 1))
            return false;
    return true;
}

// Between NCHW and NHWC only the names of the dimensions change if one side is channels-last, which
// others may want it to be too.
static bool place_transpose(struct layouts *l, int i)
{
    struct graph *g = l->g;
    const struct node *n = &g->nodes[i];
    const struct tensor *src = &g->values[n->src[0]].t;
    struct tensor dst = g->values[n->dst[0]].t;
    int rank;
    const int64_t *perm = node_ints(n, ATTR_perm, &rank);
    for (enum layout layout = LAYOUT_row; layout <= LAYOUT_last; layout++) {
        dst.layout = layout;
        if (layout == LAYOUT_last && !has_layouts(&dst))
            break;
        if (transpose_moves_nothing(src, &dst, perm)) {
            make_view(g, i, n->src[0], &dst);
            return true;
        }
    }
    if (graph_is_weight(g, n->src[0]) || !has_layouts(src) || !channels_go_last(perm, rank))
        return false;
    dst.layout = LAYOUT_row;
    make_view(g, i, in_layout(l, n->src[0], LAYOUT_last), &dst);
    return true;
}

// Whether node n uses v only as the left matrix of a product with constant weights.
static bool multiplies_weights(const struct graph *g, const struct node *n, int v)
{
    if ((n->op != OP_Gemm && n->op != OP_MatMul) || n->src[0] != v || node_int(n, ATTR_transA, 0))
        return false;
    for (int k = 1; k < n->n_src; k++)
        if (n->src[k] == v)
            return false;
    return graph_is_weight(g, n->src[1]) && g->values[n->src[1]].t.rank == 2;
}

// Gives a product weights for a left matrix whose columns are ordered [spatial, channels] instead
// of [channels, spatial].
static void permute_weights(struct graph *g, int i, int64_t channels, int64_t spatial)
{
    int old = g->nodes[i].src[1];
    struct tensor t = g->values[old].t, parts = t;
    bool transposed = node_int(&g->nodes[i], ATTR_transB, 0) != 0;
    int64_t outputs = t.dims[!transposed];
    parts.rank = 3;
    parts.dims[0] = transposed ? outputs : channels;
    parts.dims[1] = transposed ? channels : spatial;
    parts.dims[2] = transposed ? spatial : outputs;
    const int64_t *perm = transposed ? (const int64_t[]){0, 2, 1} : (const int64_t[]){1, 0, 2};
    int v = graph_add_value(g, VALUE_weight, NULL, &t);
    if (value_data(g, old))
        g->values[v].data = permuted_data(g, &parts, value_data(g, old), perm);
    g->nodes[i].src[1] = v;
}

// [N, C, ...] channels-last to [N, C * ...] before products with weights: their rows are permuted
// instead of the activations. False if there is another use.
static bool flatten_into_weights(struct graph *g, int i)
{
    int dst = g->nodes[i].dst[0];
    struct tensor src = g->values[g->nodes[i].src[0]].t, t = g->values[dst].t;
    if (!really_last(&src) || t.rank != 2 || t.dims[0] != src.dims[0] || value_is_output(g, dst))
        return false;
    for (int user = 0; user < g->n_nodes; user++)
        for (int k = 0; k < g->nodes[user].n_src; k++)
            if (g->nodes[user].src[k] == dst && !multiplies_weights(g, &g->nodes[user], dst))
                return false;
    for (int user = 0; user < g->n_nodes; user++)
        if (multiplies_weights(g, &g->nodes[user], dst))
            permute_weights(g, user, src.dims[1], dims_count(src.dims, 2, src.rank));
    make_view(g, i, g->nodes[i].src[0], &t);
    return true;
}

// Only places are numbered anew: [N, C, H, W] to [N, C, H * W] shows the same channels-last bytes.
static bool keeps_channels(const struct tensor *src, const struct tensor *t)
{
    return really_last(src) && has_layouts(t) && src->dims[0] == t->dims[0] &&
           src->dims[1] == t->dims[1];
}

static void place_view(struct layouts *l, int i)
{
    struct graph *g = l->g;
    if (flatten_into_weights(g, i))
        return;
    struct tensor places = g->values[g->nodes[i].dst[0]].t;
    if (keeps_channels(&g->values[g->nodes[i].src[0]].t, &places)) {
        places.layout = LAYOUT_last;
        make_view(g, i, g->nodes[i].src[0], &places);
        return;
    }
    int src = in_layout(l, g->nodes[i].src[0], LAYOUT_row);
    struct tensor t = g->values[g->nodes[i].dst[0]].t;
    make_view(g, i, src, &t);
}

static void place_node(struct layouts *l, int i)
{
    const struct node *n = &l->g->nodes[i];
    if (node_is_view(l->g, i))
        place_view(l, i);
    else if (n->op != OP_Transpose || !place_transpose(l, i))
        place_step(l, i);
}

static void place_outputs(struct layouts *l)
{
    struct graph *g = l->g;
    for (int k = 0; k < g->n_outputs; k++) {
        int v = in_layout(l, g->outputs[k], LAYOUT_row);
        g->values[v].name = g->values[g->outputs[k]].name;
        g->outputs[k] = v;
    }
}

// ---- what layouts will be ------------------------------------------------------------------

enum { FAR = 8 }; // steps that are looked at

static bool last_goes_to_channels(const int64_t *perm, int rank)
{
    for (int d = 0; d < rank; d++)
        if (perm[d] != (d == 0 ? 0 : d == 1 ? rank - 1 : d - 1))
            return false;
    return true;
}

static bool becomes_last(const struct graph *g, int v, int steps);

static bool any_becomes_last(const struct graph *g, const struct node *n, int steps)
{
    int rank = g->values[n->dst[0]].t.rank;
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && g->values[n->src[k]].t.rank == rank &&
            becomes_last(g, n->src[k], steps))
            return true;
    return false;
}

// Whether v will be channels-last, as far as the steps before it tell.
static bool becomes_last(const struct graph *g, int v, int steps)
{
    const struct tensor *t = &g->values[v].t;
    if (graph_is_weight(g, v) || g->values[v].producer == NONE || !has_layouts(t) || steps == 0)
        return false;
    const struct node *n = &g->nodes[g->values[v].producer];
    enum op_layout layout = op_info(n->op)->layout;
    const struct tensor *src = n->n_src > 0 && n->src[0] != NONE ? &g->values[n->src[0]].t : NULL;
    int rank;
    if (n->op == OP_Transpose)
        return last_goes_to_channels(node_ints(n, ATTR_perm, &rank), t->rank) &&
               !becomes_last(g, n->src[0], steps - 1);
    if (layout == OP_LAYOUT_view)
        return has_layouts(src) && src->dims[0] == t->dims[0] && src->dims[1] == t->dims[1] &&
               becomes_last(g, n->src[0], steps - 1);
    return layout == OP_LAYOUT_spatial ||
           (layout == OP_LAYOUT_follow && any_becomes_last(g, n, steps - 1));
}

bool becomes_row_major(const struct graph *g, int i)
{
    int rank, src = g->nodes[i].src[0];
    const int64_t *perm = node_ints(&g->nodes[i], ATTR_perm, &rank);
    return channels_go_last(perm, rank) && becomes_last(g, src, FAR);
}

bool becomes_relabelling(const struct graph *g, int i, int other)
{
    int rank, src = g->nodes[i].src[0];
    const int64_t *perm = node_ints(&g->nodes[i], ATTR_perm, &rank);
    if (becomes_last(g, src, FAR))
        return becomes_row_major(g, i) && !becomes_last(g, other, FAR);
    return has_layouts(&g->values[src].t) && last_goes_to_channels(perm, rank);
}

int assign_layouts(struct graph *g, struct error *err)
{
    struct layouts l = {.g = g};
    graph_index(g);
    int n_nodes = g->n_nodes; // Reorders are added behind
    for (int i = 0; i < n_nodes; i++)
        place_node(&l, i);
    place_outputs(&l);
    free(l.other);
    if (graph_sort(g, err))
        return -1;
    graph_drop_unused(g);
    mark_inplace(g);
    return 0;
}
