// Shape inference: one rule per entry of the shape column, in the order of the graph. What depends
// on constants only is computed at once and becomes a weight, so that the exporters' shape
// arithmetic is gone when its result is needed. Rules write attributes back in full (kernel_shape,
// strides, pads, axis, perm ...): two nodes that do the same then say the same.
#include "decompose/decompose.h"

#include <stdlib.h>

#include "decompose/onnx_tensor.h"
#include "decompose/passes.h"

enum { FOLD_LEAST_BYTES = 16 << 20, FOLD_FACTOR = 4 };

typedef int infer_rule(struct graph *g, struct node *n, struct error *err);

static infer_rule *const rules[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, ...) [OP_##name] = infer_##shape,
#include "bricks/ops.def"
#undef OP
};

int infer_same(struct graph *g, struct node *n, struct error *err)
{
    return node_set_dst(g, n, 0, node_src_tensor(g, n, 0), err);
}

// Constant nodes become weights when they are read.
int infer_constant(struct graph *g, struct node *n, struct error *err)
{
    return node_fail(g, n, err, "it has no value that can be handled");
}

int infer_dropout(struct graph *g, struct node *n, struct error *err)
{
    if (n->n_dst > 1 && n->dst[1] != NONE && g->values[n->dst[1]].n_uses > 0)
        return node_fail(g, n, err, "its mask is used, which is not supported");
    const struct tensor *training = node_src_tensor(g, n, 2);
    if (training) {
        const void *data = value_data(g, n->src[2]);
        if (!data || !number_type(training->type) || tensor_elements(training) != 1)
            return node_fail(g, n, err, "training_mode must be a constant truth value");
        if (number_read(training->type, data, 0) != 0)
            return node_fail(g, n, err, "training mode is not supported");
    }
    n->n_src = n->n_dst = 1;
    return infer_same(g, n, err);
}

int infer_cast(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t to = node_int(n, ATTR_to, 0);
    t.type = type_from_onnx(to);
    if (t.type == TYPE_none)
        return node_fail(g, n, err, "element type %lld is not supported", (long long)to);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_shape(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = {.type = TYPE_s64, .rank = 1, .dims = {node_src_tensor(g, n, 0)->rank}};
    return node_set_dst(g, n, 0, &t, err);
}

int infer_fill(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = {.type = (enum type)node_int(n, ATTR_fill_type, TYPE_f32)};
    if (node_src_ints(g, n, 0, "shape", t.dims, &t.rank, err))
        return -1;
    for (int i = 0; i < t.rank; i++)
        if (t.dims[i] < 0)
            return node_fail(g, n, err, "dimension %d of its shape is %lld", i,
                             (long long)t.dims[i]);
    return node_set_dst(g, n, 0, &t, err);
}

static int check_known(const struct graph *g, struct error *err)
{
    for (int v = 0; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->kind == VALUE_node || value->n_uses == 0)
            continue;
        if (value->t.rank < 0 || value->t.type == TYPE_none)
            return fail(err, "'%s' has no known type and shape", value_name(g, v).s);
        if (!shape_is_sane(value->t.dims, value->t.rank, value->kind == VALUE_input))
            return fail(err, "'%s' has the impossible shape %s", value_name(g, v).s,
                        dims_text(&value->t).s);
    }
    return 0;
}

// A shape is known even where the tensor's contents are not.
static bool is_constant(const struct graph *g, const struct node *n)
{
    if (n->op == OP_Shape)
        return true;
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && !graph_is_weight(g, n->src[k]))
            return false;
    return op_folds(n->op);
}

static int check_results(const struct graph *g, const struct node *n, struct error *err)
{
    for (int k = 0; k < n->n_dst; k++) {
        if (n->dst[k] == NONE || g->values[n->dst[k]].n_uses == 0)
            continue;
        const struct tensor *t = &g->values[n->dst[k]].t;
        if (t->rank < 0)
            return node_fail(g, n, err, "its output %d is not supported", k);
        if (tensor_elements(t) == 0)
            return node_fail(g, n, err, "its result of %s has no elements", dims_text(t).s);
    }
    return 0;
}

static int check_sources(const struct graph *g, const struct node *n, struct error *err)
{
    for (int k = 0; k < op_info(n->op)->min_srcs; k++)
        if (node_src(n, k) == NONE)
            return node_fail(g, n, err, "its input %d is missing", k);
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && g->values[n->src[k]].t.rank < 0)
            return node_fail(g, n, err, "its input '%s' is an output that is not supported",
                             value_name(g, n->src[k]).s);
    return 0;
}

static int infer_node(struct graph *g, struct node *n, bool *dead, size_t *budget,
                      struct error *err)
{
    if (check_sources(g, n, err))
        return -1;
    // Constants that the rule takes into attributes or the shape are no sources afterwards.
    bool constant = is_constant(g, n);
    if (rules[n->op](g, n, err))
        return -1;
    if (!constant)
        return check_results(g, n, err);
    struct value *dst = &g->values[n->dst[0]];
    dst->data = fold_node(g, n, budget);
    dst->kind = VALUE_weight;
    *dead = true;
    return 0;
}

// Bytes that may be computed in all: in proportion to the constants that the file paid for, so
// that a small one cannot ask for much.
static size_t fold_budget(const struct graph *g)
{
    size_t bytes = FOLD_LEAST_BYTES;
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].data)
            bytes += FOLD_FACTOR * tensor_bytes(&g->values[v].t);
    return bytes;
}

int infer_shapes(struct graph *g, struct error *err)
{
    if (graph_sort(g, err))
        return -1;
    graph_drop_unused(g);
    if (check_known(g, err))
        return -1;
    bool *dead = xcalloc((size_t)g->n_nodes, sizeof *dead);
    size_t budget = fold_budget(g);
    int status = 0;
    for (int i = 0; i < g->n_nodes && status == 0; i++)
        status = infer_node(g, &g->nodes[i], &dead[i], &budget, err);
    if (status == 0)
        graph_drop_nodes(g, dead);
    free(dead);
    return status;
}
