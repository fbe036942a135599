#include "decompose/expand.h"

#include <string.h>

#include "decompose/passes.h"
#include "reference/number.h"

int expand_emit(struct graph *g, int i, enum op op, int n_src, const int *src,
                const struct tensor *t)
{
    int v = graph_add_value(g, VALUE_node, NULL, t);
    graph_add_node(g, op, g->nodes[i].name, n_src, src, 1, &v);
    return v;
}

struct node *expand_newest(struct graph *g)
{
    return &g->nodes[g->n_nodes - 1];
}

struct node *expand_become(struct graph *g, int i, enum op op, int n_src, const int *src)
{
    struct node *n = &g->nodes[i];
    n->op = op;
    n->n_attrs = 0;
    n->n_dst = 1;
    n->n_src = n_src;
    n->src = arena_copy(&g->arena, src, (size_t)n_src * sizeof *src);
    return n;
}

int expand_scalar(struct graph *g, enum type type, double x)
{
    uint64_t number = 0;
    struct tensor t = {.type = type};
    int v = graph_add_value(g, VALUE_weight, NULL, &t);
    number_write(type, &number, 0, (long double)x);
    g->values[v].data = arena_copy(&g->arena, &number, type_bytes(type));
    return v;
}

int expand_range(struct graph *g, int i, int64_t first, int64_t count)
{
    struct tensor t = {.type = TYPE_s64, .rank = 1, .dims = {count}};
    const int src[] = {expand_scalar(g, t.type, (double)first),
                       expand_scalar(g, t.type, (double)(first + count)),
                       expand_scalar(g, t.type, 1)};
    return expand_emit(g, i, OP_Range, 3, src, &t);
}

void expand_split(struct graph *g, int i, int v, int axis, int n, const int64_t *sizes, int *parts)
{
    struct tensor t = g->values[v].t;
    for (int k = 0; k < n; k++) {
        t.dims[axis] = sizes[k];
        parts[k] = graph_add_value(g, VALUE_node, NULL, &t);
    }
    struct node *split = graph_add_node(g, OP_Split, g->nodes[i].name, 1, &v, n, parts);
    node_set_int(g, split, ATTR_axis, axis);
    node_set_ints(g, split, ATTR_split, n, sizes);
}

int expand_rows(struct graph *g, int i, int table, int ids)
{
    struct tensor t = g->values[ids].t;
    t.type = g->values[table].t.type;
    t.dims[t.rank++] = g->values[table].t.dims[1];
    int rows = expand_emit(g, i, OP_Gather, 2, (const int[]){table, ids}, &t);
    node_set_int(g, expand_newest(g), ATTR_axis, 0);
    return rows;
}

// ---- fused activations ---------------------------------------------------------------------

static enum op activation_op(int64_t word)
{
    static const enum op ops[] = {
        [WORD_activation_none] = OP_Identity,
        [WORD_activation_relu] = OP_Relu,
        [WORD_activation_tanh] = OP_Tanh,
        [WORD_activation_sigmoid] = OP_Sigmoid,
        [WORD_activation_leaky_relu] = OP_LeakyRelu,
        [WORD_activation_clip] = OP_Clip,
        [WORD_activation_hard_sigmoid] = OP_HardSigmoid,
        [WORD_activation_elu] = OP_Elu,
    };
    return ops[word];
}

static void set_parameters(struct graph *g, struct node *n, int count, const float *params)
{
    bool clip = n->op == OP_Clip, two = clip || n->op == OP_HardSigmoid;
    if (count > 0)
        node_set_float(g, n, clip ? ATTR_min : ATTR_alpha, params[0]);
    if (count > 1 && two)
        node_set_float(g, n, clip ? ATTR_max : ATTR_hard_beta, params[1]);
}

// Node i, that does more than operator `op`, hands its own work to a new node of that operator
// with the first n_src sources; returns the result of that.
static int split_off(struct graph *g, int i, enum op op, int n_src)
{
    struct tensor t = g->values[g->nodes[i].dst[0]].t;
    int v = expand_emit(g, i, op, n_src, g->nodes[i].src, &t);
    struct node *n = expand_newest(g);
    n->n_attrs = g->nodes[i].n_attrs;
    n->attrs = arena_copy(&g->arena, g->nodes[i].attrs, (size_t)n->n_attrs * sizeof *n->attrs);
    node_drop(n, ATTR_activation);
    node_drop(n, ATTR_activation_params);
    node_drop(n, ATTR_gemm_activation_alpha);
    return v;
}

// conv(x, w, b) + z, then the activation
int expand_fused_conv(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    int count, z = node_src(&n, 3);
    const float *params = node_floats(&n, ATTR_activation_params, &count);
    enum op op = activation_op(node_int(&n, ATTR_activation, 0));
    int v = split_off(g, i, OP_Conv, n.n_src < 3 ? n.n_src : 3);
    node_omit_src(expand_newest(g), 3);
    struct tensor t = g->values[v].t;
    if (z != NONE)
        v = expand_emit(g, i, OP_Add, 2, (const int[]){v, z}, &t);
    set_parameters(g, expand_become(g, i, op, 1, &v), count, params);
    return 0;
}

int expand_fused_gemm(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    float alpha = node_float(&n, ATTR_gemm_activation_alpha, 0);
    enum op op = activation_op(node_int(&n, ATTR_activation, 0));
    int v = split_off(g, i, OP_Gemm, n.n_src);
    set_parameters(g, expand_become(g, i, op, 1, &v), node_has(&n, ATTR_gemm_activation_alpha),
                   &alpha);
    return 0;
}

// ---- GELU ----------------------------------------------------------------------------------

int expand_gelu(struct graph *g, int i, struct error *err)
{
    (void)g;
    (void)err;
    struct node *n = &g->nodes[i];
    if (node_int(n, ATTR_approximate, WORD_approximate_none) == WORD_approximate_tanh)
        n->op = OP_GeluTanh;
    node_drop(n, ATTR_approximate);
    return 0;
}

// BiasGelu, and FastGelu with or without a bias.
int expand_bias_gelu(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    struct tensor t = g->values[n.dst[0]].t;
    int v = n.src[0];
    if (n.n_src == 2)
        v = expand_emit(g, i, OP_Add, 2, n.src, &t);
    expand_become(g, i, n.op == OP_BiasGelu ? OP_Gelu : OP_GeluTanh, 1, &v);
    return 0;
}

int expand_quick_gelu(struct graph *g, int i, struct error *err)
{
    (void)err;
    struct node *n = &g->nodes[i];
    float alpha = node_float(n, ATTR_alpha, 1.702f);
    n->op = OP_Swish;
    node_set_float(g, n, ATTR_alpha, alpha);
    return 0;
}

// ---- norms ---------------------------------------------------------------------------------

int expand_rms_norm(struct graph *g, int i, struct error *err)
{
    struct node *n = &g->nodes[i];
    if (node_dst_used(g, n, 1))
        return node_unsupported(g, n, err, "its inverse deviation is used");
    n->op = OP_RMSNormalization;
    n->n_dst = 1;
    return 0;
}

// norm(x + skip + bias); the sum may be a result of its own.
int expand_skip_norm(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    bool rms = n.op == OP_SkipSimplifiedLayerNormalization;
    int beta = rms ? NONE : node_src(&n, 3), bias = node_src(&n, rms ? 3 : 4);
    struct tensor t = g->values[n.dst[0]].t;
    int sum = expand_emit(g, i, OP_Add, 2, n.src, &t);
    if (bias != NONE)
        sum = expand_emit(g, i, OP_Add, 2, (const int[]){sum, bias}, &t);
    if (node_dst_used(g, &n, 3)) {
        expand_newest(g)->dst[0] = n.dst[3];
        sum = n.dst[3];
    }
    const int src[] = {sum, n.src[2], beta};
    struct node *norm = expand_become(g, i, rms ? OP_RMSNormalization : OP_LayerNormalization,
                                      beta == NONE ? 2 : 3, src);
    node_set_int(g, norm, ATTR_axis, t.rank - 1);
    node_set_float(g, norm, ATTR_epsilon, node_float(&n, ATTR_epsilon, 1e-5f));
    return 0;
}

// The first rows of the table of positions, or those that are asked for.
static int look_up_positions(struct graph *g, int i, const struct node *n, int64_t count)
{
    struct tensor t = g->values[n->src[3]].t;
    if (node_src(n, 8) != NONE)
        return expand_rows(g, i, n->src[3], n->src[8]);
    if (t.dims[0] == count)
        return n->src[3];
    t.dims[0] = count;
    int rows = expand_emit(g, i, OP_Slice, 1, &n->src[3], &t);
    node_set_ints(g, expand_newest(g), ATTR_starts, 2, (const int64_t[]){0, 0});
    node_set_ints(g, expand_newest(g), ATTR_steps, 2, (const int64_t[]){1, 1});
    return rows;
}

// How many of a mask are valid, or 0.
static void count_valid(struct graph *g, int i, const struct node *n)
{
    struct tensor t = g->values[n->dst[1]].t;
    int mask = node_src(n, 7), zero = mask == NONE ? expand_scalar(g, t.type, 0) : NONE;
    expand_emit(g, i, mask == NONE ? OP_Expand : OP_ReduceSum, 1, mask == NONE ? &zero : &mask, &t);
    struct node *sum = expand_newest(g);
    sum->dst[0] = n->dst[1];
    if (mask == NONE)
        return;
    node_set_ints(g, sum, ATTR_axes, 1, (const int64_t[]){1});
    node_set_int(g, sum, ATTR_keepdims, 0);
}

// norm(words + positions + segments); the sum may be a result of its own.
int expand_embed_norm(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    struct tensor t = g->values[n.dst[0]].t;
    int sum = expand_rows(g, i, n.src[2], n.src[0]),
        places = look_up_positions(g, i, &n, t.dims[1]);
    sum = expand_emit(g, i, OP_Add, 2, (const int[]){sum, places}, &t);
    if (node_src(&n, 1) != NONE) {
        int segments = expand_rows(g, i, n.src[4], n.src[1]);
        sum = expand_emit(g, i, OP_Add, 2, (const int[]){sum, segments}, &t);
    }
    if (node_dst_used(g, &n, 2))
        sum = expand_newest(g)->dst[0] = n.dst[2];
    if (node_dst_used(g, &n, 1))
        count_valid(g, i, &n);
    struct node *norm =
        expand_become(g, i, OP_LayerNormalization, 3, (const int[]){sum, n.src[5], n.src[6]});
    node_set_int(g, norm, ATTR_axis, 2);
    node_set_float(g, norm, ATTR_epsilon, node_float(&n, ATTR_epsilon, 1e-12f));
    return 0;
}

static int emit_mean(struct graph *g, int i, int v, int n_axes, const int64_t *axes)
{
    struct tensor t = g->values[v].t;
    for (int k = 0; k < n_axes; k++)
        t.dims[axes[k]] = 1;
    int mean = expand_emit(g, i, OP_ReduceMean, 1, &v, &t);
    node_set_ints(g, expand_newest(g), ATTR_axes, n_axes, axes);
    node_set_int(g, expand_newest(g), ATTR_keepdims, 1);
    return mean;
}

// (x - mean) / (deviation + 1e-9)
int expand_mvn(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    struct tensor t = g->values[n.dst[0]].t;
    int n_axes;
    const int64_t *axes = node_ints(&n, ATTR_axes, &n_axes);
    int mean = emit_mean(g, i, n.src[0], n_axes, axes);
    int centred = expand_emit(g, i, OP_Sub, 2, (const int[]){n.src[0], mean}, &t);
    int squares = expand_emit(g, i, OP_Mul, 2, (const int[]){centred, centred}, &t);
    int variance = emit_mean(g, i, squares, n_axes, axes);
    struct tensor small = g->values[variance].t;
    int deviation = expand_emit(g, i, OP_Sqrt, 1, &variance, &small);
    int safe = expand_emit(g, i, OP_Add, 2,
                           (const int[]){deviation, expand_scalar(g, small.type, 1e-9)}, &small);
    expand_become(g, i, OP_Div, 2, (const int[]){centred, safe});
    return 0;
}

// ---- any number of sources ---------------------------------------------------------------------

// Gives node i's sources as at most `most` values: of more, the first ones become one, and so on,
// by steps of operator `op`: ((a + b) + c) + d. Returns how many are left.
static int join_sources(struct graph *g, int i, enum op op, int most, int *src)
{
    const struct node n = g->nodes[i];
    int at = 1;
    src[0] = n.src[0];
    for (; n.n_src - at >= most; at += most - 1) {
        memcpy(src + 1, n.src + at, (size_t)(most - 1) * sizeof *src);
        struct tensor t = g->values[src[0]].t;
        for (int k = 1; k < most; k++)
            broadcast_shapes(&t, &g->values[src[k]].t, &t);
        src[0] = expand_emit(g, i, op, most, src, &t);
    }
    memcpy(src + 1, n.src + at, (size_t)(n.n_src - at) * sizeof *src);
    return 1 + n.n_src - at;
}

// A Sum becomes additions; a Max, Min or Mean as many steps as its sources need.
int expand_many(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    struct tensor t = g->values[n.dst[0]].t;
    bool adds = n.op == OP_Sum || n.op == OP_Mean;
    enum op op = adds ? OP_Add : n.op;
    int src[MAX_NARY_SOURCES];
    if (n.op != OP_Sum && n.n_src <= MAX_NARY_SOURCES)
        return 0;
    int left = join_sources(g, i, op, adds ? 2 : MAX_NARY_SOURCES, src);
    if (n.op == OP_Mean) {
        int sum = expand_emit(g, i, op, left, src, &t);
        expand_become(g, i, OP_Div, 2, (const int[]){sum, expand_scalar(g, t.type, n.n_src)});
    } else {
        expand_become(g, i, op, left, src);
    }
    return 0;
}
