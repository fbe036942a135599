// Operators that move nothing or mean another vanish, and optional inputs become attributes: what
// is left are views and steps. Rules work on a graph with known shapes and keep it so.
#include "decompose/decompose.h"

#include <float.h>
#include <stdlib.h>

#include "decompose/fuse_weights.h"
#include "decompose/passes.h"

typedef int simplify_rule(struct graph *g, int i, struct error *err);

// Node i gives what its source is. An output of the model keeps its name: as a view.
static int vanish(struct graph *g, int i, struct error *err)
{
    (void)err;
    struct node *n = &g->nodes[i];
    n->n_src = 1;
    if (value_is_output(g, n->dst[0])) {
        n->op = OP_Reshape;
        n->n_attrs = 0;
        return 0;
    }
    node_hand_layers(g, i);
    graph_replace_value(g, n->dst[0], n->src[0]);
    return 0;
}

static int add_result(struct graph *g, const struct tensor *t)
{
    return graph_add_value(g, VALUE_node, NULL, t);
}

// Sum of a, b, c, ... becomes ((a + b) + c) + ..., the last of which is node i.
static int sum(struct graph *g, int i, struct error *err)
{
    if (g->nodes[i].n_src == 1)
        return vanish(g, i, err);
    int total = g->nodes[i].src[0];
    for (int k = 1; k < g->nodes[i].n_src - 1; k++) {
        int src[] = {total, g->nodes[i].src[k]};
        struct tensor t = {0};
        broadcast_shapes(&g->values[src[0]].t, &g->values[src[1]].t, &t);
        total = add_result(g, &t);
        graph_add_node(g, OP_Add, g->nodes[i].name, 2, src, 1, &total);
    }
    struct node *n = &g->nodes[i];
    n->op = OP_Add;
    n->src[1] = n->src[n->n_src - 1];
    n->src[0] = total;
    n->n_src = 2;
    return 0;
}

// Takes source k of a Clip as attribute `key`.
static int clip_bound(struct graph *g, struct node *n, int k, enum attr_key key, struct error *err)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (!t)
        return 0;
    const void *data = value_data(g, n->src[k]);
    if (!data || !number_type(t->type) || tensor_elements(t) != 1)
        return node_fail(g, n, err, "%s '%s' is known only at run time, which is not supported",
                         attr_info(key)->name, value_name(g, n->src[k]).s);
    node_set_float(g, n, key, (float)number_read(t->type, data, 0));
    return 0;
}

static int clip(struct graph *g, int i, struct error *err)
{
    struct node *n = &g->nodes[i];
    if (clip_bound(g, n, 1, ATTR_min, err) || clip_bound(g, n, 2, ATTR_max, err))
        return -1;
    n->n_src = 1;
    if (node_float(n, ATTR_min, -FLT_MAX) <= -FLT_MAX)
        node_drop(n, ATTR_min);
    if (node_float(n, ATTR_max, FLT_MAX) >= FLT_MAX)
        node_drop(n, ATTR_max);
    bool has_min = node_has(n, ATTR_min), has_max = node_has(n, ATTR_max);
    if (!has_min && !has_max)
        return vanish(g, i, err);
    if (!has_max && node_float(n, ATTR_min, 0) == 0) {
        n->op = OP_Relu;
        node_drop(n, ATTR_min);
    }
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

static int concat(struct graph *g, int i, struct error *err)
{
    return g->nodes[i].n_src == 1 ? vanish(g, i, err) : 0;
}

static int cast(struct graph *g, int i, struct error *err)
{
    const struct node *n = &g->nodes[i];
    enum type from = g->values[n->src[0]].t.type, to = g->values[n->dst[0]].t.type;
    if (from != to)
        return node_fail(g, n, err, "casting activations (%s to %s) is not supported",
                         type_name(from), type_name(to));
    return vanish(g, i, err);
}

// Takes factor `key` of a Gemm into source k if that is constant. A factor of 1 is dropped, as is
// one of a source that is not there.
static void gemm_factor(struct graph *g, struct node *n, enum attr_key key, int k)
{
    double factor = (double)node_float(n, key, 1);
    int v = node_src(n, k);
    bool constant = v != NONE && graph_is_weight(g, v) && g->values[v].t.type == TYPE_f32;
    if (constant && factor != 1)
        n->src[k] = weight_scaled(g, v, &factor, tensor_elements(&g->values[v].t));
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

static int only_constants(struct graph *g, int i, struct error *err)
{
    return node_fail(g, &g->nodes[i], err,
                     "this operator is supported only where its result is a constant");
}

static simplify_rule *const rules[N_OPS] = {
    [OP_Identity] = vanish,
    [OP_Dropout] = vanish,
    [OP_Sum] = sum,
    [OP_Clip] = clip,
    [OP_Gemm] = gemm,
    [OP_Softmax] = softmax,
    [OP_Concat] = concat,
    [OP_Cast] = cast,
    [OP_Gather] = only_constants,
    [OP_Shape] = only_constants,
    [OP_ConstantOfShape] = only_constants,
    [OP_Constant] = only_constants,
};

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
};

static void fill_defaults(struct graph *g, struct node *n)
{
    for (size_t k = 0; k < sizeof defaults / sizeof *defaults; k++)
        if (defaults[k].op == n->op && !node_has(n, defaults[k].key))
            node_set_float(g, n, defaults[k].key, defaults[k].value);
}

int simplify(struct graph *g, struct error *err)
{
    int n_nodes = g->n_nodes; // what rules add needs no rule
    for (int i = 0; i < n_nodes; i++) {
        fill_defaults(g, &g->nodes[i]);
        if (rules[g->nodes[i].op] && rules[g->nodes[i].op](g, i, err))
            return -1;
    }
    if (graph_sort(g, err))
        return -1;
    graph_drop_unused(g);
    return 0;
}
