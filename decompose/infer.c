// Shape inference: one rule per entry of the shape column, in the order of the graph. What depends
// on constants only is computed at once and becomes a weight, so that the exporters' shape
// arithmetic is gone when its result is needed. Rules write attributes back in full (kernel_shape,
// strides, pads, axis, perm ...): two nodes that do the same then say the same.
#include "decompose/decompose.h"

#include <stdlib.h>

#include "decompose/onnx_tensor.h"
#include "decompose/passes.h"

int infer_same(struct graph *g, struct node *n, struct error *err)
{
    return node_set_dst(g, n, 0, node_src_tensor(g, n, 0), err);
}

// Constant nodes become weights when they are read.
int infer_constant(struct graph *g, struct node *n, struct error *err)
{
    return node_fail(g, n, err, "it has no value that can be handled");
}

// Scalar source k, which must be a constant; the fallback if it is omitted.
static int dropout_scalar(const struct graph *g, const struct node *n, int k, const char *what,
                          double *x, struct error *err)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (!t)
        return 0;
    const void *data = value_data(g, n->src[k]);
    if (!data || !number_type(t->type) || tensor_elements(t) != 1)
        return node_fail(g, n, err, "%s must be a constant", what);
    *x = (double)number_read(t->type, data, 0);
    return 0;
}

// Exporters leave training mode on where nothing is dropped.
int infer_dropout(struct graph *g, struct node *n, struct error *err)
{
    double training = 0, ratio = 0.5;
    if (n->n_dst > 1 && n->dst[1] != NONE && g->values[n->dst[1]].n_uses > 0)
        return node_fail(g, n, err, "its mask is used, which is not supported");
    if (dropout_scalar(g, n, 2, "training_mode", &training, err) ||
        (training != 0 && dropout_scalar(g, n, 1, "ratio", &ratio, err)))
        return -1;
    if (training != 0 && ratio != 0)
        return node_fail(g, n, err, "training mode is not supported");
    n->n_src = n->n_dst = 1;
    return infer_same(g, n, err);
}

// An end of Shape's range, cut to the dimensions that there are.
static int64_t shape_end(const struct node *n, enum attr_key key, int64_t fallback, int rank)
{
    int64_t at = node_int(n, key, fallback);
    at = at < 0 ? at + rank : at;
    return at < 0 ? 0 : at > rank ? rank : at;
}

int infer_shape(struct graph *g, struct node *n, struct error *err)
{
    int rank = node_src_tensor(g, n, 0)->rank;
    int64_t start = shape_end(n, ATTR_start, 0, rank), end = shape_end(n, ATTR_end, rank, rank);
    struct tensor t = {.type = TYPE_s64, .rank = 1, .dims = {end > start ? end - start : 0}};
    node_set_int(g, n, ATTR_start, start);
    node_set_int(g, n, ATTR_end, end);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_size(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = {.type = TYPE_s64};
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
