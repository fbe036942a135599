// Shapes of elementwise operators: all sources are broadcast to one shape.
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

static int check_same_type(const struct graph *g, const struct node *n, int a, int b,
                           struct error *err)
{
    enum type first = node_src_tensor(g, n, a)->type, second = node_src_tensor(g, n, b)->type;
    if (first != second)
        return node_fail(g, n, err, "'%s' is %s, '%s' is %s", value_name(g, n->src[a]).s,
                         type_name(first), value_name(g, n->src[b]).s, type_name(second));
    return 0;
}

// Adds source k to the shape that the sources before it have been broadcast to. Before opset 7 it
// was a part of the first source's shape, at `axis` (which the reader refuses) or at the end.
static int broadcast_source(const struct graph *g, const struct node *n, int k,
                            struct tensor *result, struct error *err)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (!t)
        return node_fail(g, n, err, "its input %d is missing", k);
    struct tensor sum;
    if (!broadcast_shapes(result, t, &sum))
        return node_fail(g, n, err, "%s and %s cannot be broadcast", dims_text(result).s,
                         dims_text(t).s);
    *result = sum;
    return 0;
}

static int broadcast_all(const struct graph *g, const struct node *n, struct tensor *t,
                         struct error *err)
{
    *t = *node_src_tensor(g, n, 0);
    for (int k = 1; k < n->n_src; k++)
        if (broadcast_source(g, n, k, t, err))
            return -1;
    return 0;
}

static int check_same_types(const struct graph *g, const struct node *n, struct error *err)
{
    for (int k = 1; k < n->n_src; k++)
        if (node_src(n, k) != NONE && check_same_type(g, n, 0, k, err))
            return -1;
    return 0;
}

int infer_broadcast(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t;
    if (check_same_types(g, n, err) || broadcast_all(g, n, &t, err))
        return -1;
    t.type = node_src_tensor(g, n, 0)->type;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_mod(struct graph *g, struct node *n, struct error *err)
{
    node_set_flag(g, n, ATTR_fmod);
    return infer_broadcast(g, n, err);
}

int infer_compare(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t;
    if (check_same_types(g, n, err) || broadcast_all(g, n, &t, err))
        return -1;
    t.type = TYPE_boolean;
    return node_set_dst(g, n, 0, &t, err);
}

// Pow's exponents may have a type of their own.
int infer_pow(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t;
    if (broadcast_all(g, n, &t, err))
        return -1;
    t.type = node_src_tensor(g, n, 0)->type;
    return node_set_dst(g, n, 0, &t, err);
}

// Before opset 7 a vector of slopes belonged to the channels, not to the last dimension.
static void align_slopes(struct graph *g, struct node *n)
{
    int rank = node_src_tensor(g, n, 0)->rank;
    struct tensor slopes = *node_src_tensor(g, n, 1);
    if (g->opset >= 7 || slopes.rank != 1 || rank <= 2)
        return;
    for (slopes.rank = 1; slopes.rank < rank - 1; slopes.rank++)
        slopes.dims[slopes.rank] = 1;
    n->src[1] = graph_add_view(g, n->src[1], &slopes);
}

// Slopes are broadcast to the source, never the other way round.
int infer_prelu(struct graph *g, struct node *n, struct error *err)
{
    if (check_same_types(g, n, err))
        return -1;
    align_slopes(g, n);
    const struct tensor *src = node_src_tensor(g, n, 0), *slope = node_src_tensor(g, n, 1);
    struct tensor sum;
    if (!broadcast_shapes(src, slope, &sum) || !tensor_same_shape(src, &sum))
        return node_fail(g, n, err, "slopes of %s do not fit '%s' of %s", dims_text(slope).s,
                         value_name(g, n->src[0]).s, dims_text(src).s);
    return infer_same(g, n, err);
}

int infer_where(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t;
    if (node_src_tensor(g, n, 0)->type != TYPE_boolean)
        return node_fail(g, n, err, "its condition '%s' is %s", value_name(g, n->src[0]).s,
                         type_name(node_src_tensor(g, n, 0)->type));
    if (check_same_type(g, n, 1, 2, err) || broadcast_all(g, n, &t, err))
        return -1;
    t.type = node_src_tensor(g, n, 1)->type;
    return node_set_dst(g, n, 0, &t, err);
}

// IsNaN, IsInf
int infer_test(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    t.type = TYPE_boolean;
    return node_set_dst(g, n, 0, &t, err);
}

// Clip's bounds are scalars, as attributes before opset 11 and as sources since.
int infer_clip(struct graph *g, struct node *n, struct error *err)
{
    for (int k = 1; k < n->n_src; k++) {
        const struct tensor *bound = node_src_tensor(g, n, k);
        if (bound && tensor_elements(bound) != 1)
            return node_fail(g, n, err, "'%s' of %s is no scalar", value_name(g, n->src[k]).s,
                             dims_text(bound).s);
    }
    return check_same_types(g, n, err) ? -1 : infer_same(g, n, err);
}

int infer_cast(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t to = node_int(n, ATTR_to, 0);
    t.type = type_from_onnx(to);
    if (t.type == TYPE_none)
        return node_unsupported(g, n, err, "element type %lld is not supported", (long long)to);
    node_drop(n, ATTR_saturate);
    return node_set_dst(g, n, 0, &t, err);
}

// Only the type of the second source matters.
int infer_cast_like(struct graph *g, struct node *n, struct error *err)
{
    node_set_int(g, n, ATTR_to, type_onnx(node_src_tensor(g, n, 1)->type));
    n->op = OP_Cast;
    n->n_src = 1;
    return infer_cast(g, n, err);
}
