// Shapes of matrix products, of elementwise operators and of what reduces along one axis.
#include "decompose/passes.h"

bool broadcast_shapes(const struct tensor *a, const struct tensor *b, struct tensor *out)
{
    struct tensor t = a->rank >= b->rank ? *a : *b;
    const struct tensor *other = a->rank >= b->rank ? b : a;
    int shift = t.rank - other->rank;
    for (int i = 0; i < other->rank; i++) {
        int64_t *dim = &t.dims[i + shift];
        if (*dim != other->dims[i] && *dim != 1 && other->dims[i] != 1)
            return false;
        if (*dim == 1)
            *dim = other->dims[i];
    }
    *out = t;
    return true;
}

static int check_broadcast(const struct graph *g, const struct node *n, int k,
                           struct tensor *result, struct error *err)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (!t)
        return node_fail(g, n, err, "its input %d is missing", k);
    if (t->type != result->type)
        return node_fail(g, n, err, "'%s' is %s, '%s' is %s", value_name(g, n->src[0]).s,
                         type_name(result->type), value_name(g, n->src[k]).s, type_name(t->type));
    if (g->opset < 7 && !tensor_same_shape(t, result))
        return node_fail(g, n, err,
                         "%s and %s differ, and broadcasting as it was before opset 7 is not "
                         "supported; convert the model to opset 7 or later",
                         dims_text(result).s, dims_text(t).s);
    struct tensor sum;
    if (!broadcast_shapes(result, t, &sum))
        return node_fail(g, n, err, "%s and %s cannot be broadcast", dims_text(result).s,
                         dims_text(t).s);
    *result = sum;
    return 0;
}

int infer_broadcast(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    for (int k = 1; k < n->n_src; k++)
        if (check_broadcast(g, n, k, &t, err))
            return -1;
    return node_set_dst(g, n, 0, &t, err);
}

static int check_types(const struct graph *g, const struct node *n, struct error *err)
{
    const struct tensor *first = node_src_tensor(g, n, 0);
    for (int k = 1; k < n->n_src; k++) {
        const struct tensor *t = node_src_tensor(g, n, k);
        if (t && t->type != first->type)
            return node_fail(g, n, err, "'%s' is %s, '%s' is %s", value_name(g, n->src[0]).s,
                             type_name(first->type), value_name(g, n->src[k]).s,
                             type_name(t->type));
    }
    return 0;
}

int infer_gemm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *a = node_src_tensor(g, n, 0), *b = node_src_tensor(g, n, 1);
    const struct tensor *c = node_src_tensor(g, n, 2);
    if (check_types(g, n, err))
        return -1;
    if (a->rank != 2 || b->rank != 2)
        return node_fail(g, n, err, "operands of %s and %s are not matrices", dims_text(a).s,
                         dims_text(b).s);
    int trans_a = node_int(n, ATTR_transA, 0) != 0, trans_b = node_int(n, ATTR_transB, 0) != 0;
    if (a->dims[!trans_a] != b->dims[trans_b])
        return node_fail(g, n, err, "%s%s times %s%s does not fit", dims_text(a).s,
                         trans_a ? " transposed" : "", dims_text(b).s,
                         trans_b ? " transposed" : "");
    struct tensor t = {.type = a->type, .rank = 2, .dims = {a->dims[trans_a], b->dims[!trans_b]}};
    struct tensor sum;
    if (c && (!broadcast_shapes(&t, c, &sum) || !tensor_same_shape(&t, &sum)))
        return node_fail(g, n, err, "C of %s does not fit a result of %s", dims_text(c).s,
                         dims_text(&t).s);
    if (c && g->opset < 7 && !tensor_same_shape(c, &t) && !(c->rank == 1))
        return node_fail(g, n, err, "broadcasting as it was before opset 7 is not supported");
    node_set_int(g, n, ATTR_transA, trans_a);
    node_set_int(g, n, ATTR_transB, trans_b);
    return node_set_dst(g, n, 0, &t, err);
}

// numpy's matmul: matrices in the last two dimensions, the others broadcast.
int infer_matmul(struct graph *g, struct node *n, struct error *err)
{
    struct tensor a = *node_src_tensor(g, n, 0), b = *node_src_tensor(g, n, 1), t;
    if (check_types(g, n, err))
        return -1;
    if (a.rank < 2 || b.rank < 2)
        return node_fail(g, n, err, "products of vectors (%s times %s) are not supported",
                         dims_text(&a).s, dims_text(&b).s);
    int64_t rows = a.dims[a.rank - 2], columns = b.dims[b.rank - 1];
    bool fits = a.dims[a.rank - 1] == b.dims[b.rank - 2];
    a.dims[a.rank - 2] = a.dims[a.rank - 1] = b.dims[b.rank - 2] = b.dims[b.rank - 1] = 1;
    if (!fits || !broadcast_shapes(&a, &b, &t))
        return node_fail(g, n, err, "%s times %s does not fit",
                         dims_text(node_src_tensor(g, n, 0)).s,
                         dims_text(node_src_tensor(g, n, 1)).s);
    t.dims[t.rank - 2] = rows;
    t.dims[t.rank - 1] = columns;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_softmax(struct graph *g, struct node *n, struct error *err)
{
    int rank = node_src_tensor(g, n, 0)->rank;
    if (node_normal_axis(g, n, g->opset < 13 ? 1 : -1, rank, err))
        return -1;
    return infer_same(g, n, err);
}
