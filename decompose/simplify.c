// Operators that move nothing or mean another vanish, and optional inputs become attributes: what
// is left are views and steps. Rules work on a graph with known shapes and keep it so.
#include "decompose/decompose.h"

#include <float.h>
#include <stdlib.h>

#include "decompose/expand.h"
#include "decompose/fuse_weights.h"
#include "decompose/passes.h"

enum { FOLD_BYTES = 16 << 20 };

typedef int simplify_rule(struct graph *g, int i, struct error *err);

// Node i gives what its source is.
static int vanish(struct graph *g, int i, struct error *err)
{
    (void)err;
    struct node *n = &g->nodes[i];
    n->op = OP_Identity;
    n->n_src = 1;
    n->n_attrs = 0;
    return 0;
}

static int add_result(struct graph *g, const struct tensor *t)
{
    return graph_add_value(g, VALUE_node, NULL, t);
}

// Whether source k of a Clip, if it has one, is a constant that a float can hold, which goes to x.
static bool clip_bound(const struct graph *g, const struct node *n, int k, float *x)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (!t)
        return true;
    const void *data = value_data(g, n->src[k]);
    if (!data || !number_type(t->type) || tensor_elements(t) != 1)
        return false;
    long double bound = number_read(t->type, data, 0);
    *x = (float)bound;
    return (long double)*x == bound;
}

static int clip(struct graph *g, int i, struct error *err)
{
    struct node *n = &g->nodes[i];
    float least = node_float(n, ATTR_min, -FLT_MAX), most = node_float(n, ATTR_max, FLT_MAX);
    if (!clip_bound(g, n, 1, &least) || !clip_bound(g, n, 2, &most))
        return 0; // both stay, as a step has bounds of one kind
    n->n_src = 1;
    n->n_attrs = 0;
    if (least > most)
        least = most; // by ONNX's definition all become the largest
    if (least <= -FLT_MAX && most >= FLT_MAX)
        return vanish(g, i, err);
    if (least == 0 && most >= FLT_MAX) {
        n->op = OP_Relu;
        return 0;
    }
    if (least > -FLT_MAX)
        node_set_float(g, n, ATTR_min, least);
    if (most < FLT_MAX)
        node_set_float(g, n, ATTR_max, most);
    return 0;
}

// Before opset 13 Softmax ran over all dimensions from `axis` on: over the last one of a matrix.
static int softmax(struct graph *g, int i, struct error *err)
{
    (void)err;
    struct node *n = &g->nodes[i];
    struct tensor t = g->values[n->src[0]].t;
    int axis = (int)node_int(n, ATTR_axis, 0);
    if (g->opset >= 13 || dims_count(t.dims, axis + 1, t.rank) == 1)
        return 0;
    struct tensor matrix = {
        .type = t.type,
        .rank = 2,
        .dims = {dims_count(t.dims, 0, axis), dims_count(t.dims, axis, t.rank)}};
    int src = n->src[0], dst = n->dst[0];
    int before = add_result(g, &matrix), after = add_result(g, &matrix);
    n->src[0] = before;
    n->dst[0] = after;
    node_set_int(g, n, ATTR_axis, 1);
    graph_add_node(g, OP_Reshape, NULL, 1, &src, 1, &before);
    graph_add_node(g, OP_Reshape, NULL, 1, &after, 1, &dst);
    return 0;
}

// Of any number of sources.
static int many(struct graph *g, int i, struct error *err)
{
    if (g->nodes[i].n_src == 1)
        return vanish(g, i, err);
    return g->nodes[i].op == OP_Concat ? 0 : expand_many(g, i, err);
}

static bool same_as_source(const struct graph *g, const struct node *n)
{
    return tensor_equal(&g->values[n->src[0]].t, &g->values[n->dst[0]].t);
}

static int same(struct graph *g, int i, struct error *err)
{
    return same_as_source(g, &g->nodes[i]) ? vanish(g, i, err) : 0;
}

// Whether all numbers of a list are x.
static bool all_are(const struct node *n, enum attr_key key, int64_t x)
{
    int count;
    const int64_t *list = node_ints(n, key, &count);
    for (int k = 0; k < count; k++)
        if (list[k] != x)
            return false;
    return true;
}

static int slice(struct graph *g, int i, struct error *err)
{
    const struct node *n = &g->nodes[i];
    return n->n_src == 1 && all_are(n, ATTR_steps, 1) ? same(g, i, err) : 0;
}

static int pad(struct graph *g, int i, struct error *err)
{
    return all_are(&g->nodes[i], ATTR_pads, 0) ? same(g, i, err) : 0;
}

// Result k of node i, a Split, begins at `at` of its axis: it is a Slice of its own.
static void split_slice(struct graph *g, int i, int k, int64_t at)
{
    int64_t starts[MAX_RANK] = {0}, steps[MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    const struct node *n = &g->nodes[i];
    int rank = g->values[n->src[0]].t.rank, src = n->src[0], dst = n->dst[k];
    starts[node_int(n, ATTR_axis, 0)] = at;
    struct node *slice = graph_add_node(g, OP_Slice, n->name, 1, &src, 1, &dst);
    node_set_ints(g, slice, ATTR_starts, rank, starts);
    node_set_ints(g, slice, ATTR_steps, rank, steps);
}

// Where results are left out, each of the others is copied alone.
static int split_rest(struct graph *g, int i, struct error *err)
{
    (void)err;
    int n_parts;
    const int64_t *parts = node_ints(&g->nodes[i], ATTR_split, &n_parts);
    int64_t at = 0;
    for (int k = 0; k < n_parts; at += parts[k++])
        if (g->nodes[i].dst[k] != NONE)
            split_slice(g, i, k, at);
    if (n_parts > 0)
        g->nodes[i].n_dst = 0; // it goes, as nobody uses it any more
    return 0;
}

// Over all places of each channel it is a global pooling.
static int reduce(struct graph *g, int i, struct error *err)
{
    (void)err;
    struct node *n = &g->nodes[i];
    struct tensor t = g->values[n->src[0]].t;
    int n_axes, dst = n->dst[0];
    const int64_t *axes = node_ints(n, ATTR_axes, &n_axes);
    if (t.rank != 4 || t.type != TYPE_f32 || n_axes != 2 || axes[0] != 2 || axes[1] != 3)
        return 0;
    t.dims[2] = t.dims[3] = 1;
    n->op = n->op == OP_ReduceMean ? OP_GlobalAveragePool : OP_GlobalMaxPool;
    n->n_attrs = 0;
    if (g->values[dst].t.rank == 4)
        return 0;
    int pooled = add_result(g, &t);
    n->dst[0] = pooled;
    graph_add_node(g, OP_Reshape, NULL, 1, &pooled, 1, &dst);
    return 0;
}

// Takes factor `key` of a Gemm into source k if that is constant. A factor of 1 is dropped, as is
// one of a source that is not there.
static void gemm_factor(struct graph *g, struct node *n, enum attr_key key, int k)
{
    double factor = (double)node_float(n, key, 1);
    int v = node_src(n, k);
    bool constant = v != NONE && graph_is_weight(g, v) && g->values[v].t.type == TYPE_f32;
    if (constant && factor != 1)
        n->src[k] = weight_scaled(g, v, &factor, 1, 1);
    if (v == NONE || constant || factor == 1)
        node_drop(n, key);
}

static int gemm(struct graph *g, int i, struct error *err)
{
    (void)err;
    struct node *n = &g->nodes[i];
    if (node_src(n, 2) == NONE || node_float(n, ATTR_gemm_beta, 1) == 0)
        n->n_src = 2;
    gemm_factor(g, n, ATTR_gemm_alpha, graph_is_weight(g, n->src[0]) ? 0 : 1);
    gemm_factor(g, n, ATTR_gemm_beta, 2);
    return 0;
}

// An old name.
static int scatter(struct graph *g, int i, struct error *err)
{
    (void)err;
    g->nodes[i].op = OP_ScatterElements;
    return 0;
}

static simplify_rule *const rules[N_OPS] = {
    [OP_Dropout] = vanish,
    [OP_Sum] = many,
    [OP_Clip] = clip,
    [OP_Gemm] = gemm,
    [OP_Softmax] = softmax,
    [OP_LogSoftmax] = softmax,
    [OP_Hardmax] = softmax,
    [OP_Concat] = many,
    [OP_Max] = many,
    [OP_Min] = many,
    [OP_Mean] = many,
    [OP_Cast] = same,
    [OP_Expand] = same,
    [OP_Tile] = same,
    [OP_Slice] = slice,
    [OP_Split] = split_rest,
    [OP_Pad] = pad,
    [OP_Scatter] = scatter,
    [OP_ReduceMean] = reduce,
    [OP_ReduceMax] = reduce,
    [OP_FusedConv] = expand_fused_conv,
    [OP_FusedGemm] = expand_fused_gemm,
    [OP_Gelu] = expand_gelu,
    [OP_BiasGelu] = expand_bias_gelu,
    [OP_FastGelu] = expand_bias_gelu,
    [OP_QuickGelu] = expand_quick_gelu,
    [OP_SkipLayerNormalization] = expand_skip_norm,
    [OP_SkipSimplifiedLayerNormalization] = expand_skip_norm,
    [OP_SimplifiedLayerNormalization] = expand_rms_norm,
    [OP_MeanVarianceNormalization] = expand_mvn,
    [OP_Attention] = expand_attention,
    [OP_SelfAttention] = expand_self_attention,
    [OP_MultiHeadAttention] = expand_multi_head_attention,
    [OP_GroupQueryAttention] = expand_group_query_attention,
    [OP_RotaryEmbedding] = expand_rotary_embedding,
    [OP_PositionRotaryEmbedding] = expand_position_rotary_embedding,
    [OP_EmbedLayerNormalization] = expand_embed_norm,
    [OP_Einsum] = expand_einsum,
};

bool op_is_rewritten(enum op op)
{
    return rules[op] != NULL;
}

// Floats that ONNX lets a model leave out.
static const struct {
    enum op op;
    enum attr_key key;
    float value;
} defaults[] = {
    {OP_BatchNormalization, ATTR_epsilon, 1e-5f},
    {OP_LRN, ATTR_alpha, 1e-4f},
    {OP_LRN, ATTR_lrn_beta, 0.75f},
    {OP_LRN, ATTR_bias, 1},
    {OP_LeakyRelu, ATTR_alpha, 0.01f},
    {OP_Elu, ATTR_alpha, 1},
    {OP_Swish, ATTR_alpha, 1},
};

static void fill_defaults(struct graph *g, struct node *n)
{
    for (size_t k = 0; k < sizeof defaults / sizeof *defaults; k++)
        if (defaults[k].op == n->op && !node_has(n, defaults[k].key))
            node_set_float(g, n, defaults[k].key, defaults[k].value);
}

// Values that are others, and the nodes that made them, whose layers the first user takes.
struct aliases {
    int capacity, n;
    struct alias {
        int value, node; // NONE
    } * of;              // per value
};

static struct alias *alias_of(struct aliases *a, const struct graph *g, int v)
{
    grow(&a->of, &a->capacity, g->n_values, sizeof *a->of);
    while (a->n < g->n_values)
        a->of[a->n++] = (struct alias){NONE, NONE};
    return &a->of[v];
}

// Node i uses what its sources stand for. Nodes come in their order: none stands for one that does.
static void resolve_sources(struct aliases *a, struct graph *g, int i)
{
    for (int k = 0; k < g->nodes[i].n_src; k++) {
        int v = g->nodes[i].src[k];
        struct alias *alias = v == NONE ? NULL : alias_of(a, g, v);
        if (!alias || alias->value == NONE)
            continue;
        g->nodes[i].src[k] = alias->value;
        if (alias->node != NONE) {
            const struct node *from = &g->nodes[alias->node];
            node_add_layers(g, &g->nodes[i], from->n_layers, from->layers);
        }
        alias->node = NONE;
    }
}

// An output of the model keeps its name: as a view.
static void remove_identity(struct aliases *a, struct graph *g, int i, const bool *is_output)
{
    struct node *n = &g->nodes[i];
    if (is_output[n->dst[0]])
        n->op = OP_Reshape;
    else
        *alias_of(a, g, n->dst[0]) = (struct alias){n->src[0], i};
}

static int apply_rules(struct aliases *a, struct graph *g, const bool *is_output, struct error *err)
{
    int n_nodes = g->n_nodes; // what rules add needs no rule
    for (int i = 0; i < n_nodes; i++) {
        resolve_sources(a, g, i);
        fill_defaults(g, &g->nodes[i]);
        if (rules[g->nodes[i].op] && rules[g->nodes[i].op](g, i, err))
            return -1;
        if (g->nodes[i].op == OP_Identity)
            remove_identity(a, g, i, is_output);
    }
    return 0;
}

// Rules leave work on constants: rows of a table at places that are known, masks.
static void fold(struct graph *g)
{
    bool *dead = xcalloc((size_t)g->n_nodes, sizeof *dead);
    size_t budget = FOLD_BYTES;
    for (int i = 0; i < g->n_nodes; i++) {
        dead[i] = node_folds(g, &g->nodes[i]);
        if (dead[i])
            fold_node(g, &g->nodes[i], &budget);
    }
    graph_drop_nodes(g, dead);
    free(dead);
}

// What is left must be able to become a step.
static int check_rest(const struct graph *g, struct error *err)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (op_info(g->nodes[i].op)->layout == OP_LAYOUT_gone)
            return node_unsupported(g, &g->nodes[i], err,
                                    "this operator is supported only where its result is a "
                                    "constant");
    return 0;
}

int simplify(struct graph *g, struct error *err)
{
    struct aliases a = {0};
    bool *is_output = xcalloc((size_t)g->n_values, sizeof *is_output);
    for (int k = 0; k < g->n_outputs; k++)
        is_output[g->outputs[k]] = true;
    int status = apply_rules(&a, g, is_output, err);
    free(is_output);
    free(a.of);
    if (status || graph_sort(g, err))
        return -1;
    fold(g);
    graph_drop_unused(g);
    return check_rest(g, err);
}
