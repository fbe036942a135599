// Shapes of what runs along dimensions: reductions, sorting, running sums, softmax.
#include "decompose/passes.h"

#include <string.h>

// Marks the dimensions that are reduced: those of axes, all where there are none.
static int reduced_axes(const struct graph *g, const struct node *n, int rank, bool *reduced,
                        struct error *err)
{
    int64_t axes[MAX_RANK];
    int count;
    if (node_axes(g, n, 1, rank, axes, &count, err))
        return -1;
    bool all = count == 0 && !node_int(n, ATTR_noop_with_empty_axes, 0);
    for (int i = 0; i < MAX_RANK; i++)
        reduced[i] = all && i < rank;
    for (int i = 0; i < count; i++)
        reduced[axes[i]] = true;
    return 0;
}

static void set_axes(struct graph *g, struct node *n, const bool *reduced)
{
    int64_t axes[MAX_RANK];
    int count = 0;
    for (int i = 0; i < MAX_RANK; i++)
        if (reduced[i])
            axes[count++] = i;
    node_set_ints(g, n, ATTR_axes, count, axes);
}

// Leaves axes in full and in order; keepdims shows in dst.
int infer_reduce(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    bool reduced[MAX_RANK], keep = node_int(n, ATTR_keepdims, 1) != 0;
    if (reduced_axes(g, n, src->rank, reduced, err))
        return -1;
    struct tensor t = {.type = src->type};
    for (int i = 0; i < src->rank; i++)
        if (!reduced[i] || keep)
            t.dims[t.rank++] = reduced[i] ? 1 : src->dims[i];
    set_axes(g, n, reduced);
    n->n_src = 1;
    node_drop(n, ATTR_keepdims);
    node_drop(n, ATTR_noop_with_empty_axes);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_arg(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    if (node_normal_axis(g, n, 0, src->rank, err))
        return -1;
    int64_t axis = node_int(n, ATTR_axis, 0);
    struct tensor t = {.type = TYPE_s64};
    for (int i = 0; i < src->rank; i++)
        if (i != axis || node_int(n, ATTR_keepdims, 1))
            t.dims[t.rank++] = i == axis ? 1 : src->dims[i];
    node_drop(n, ATTR_keepdims);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_topk(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t k = node_int(n, ATTR_k, 0);
    if (node_normal_axis(g, n, -1, t.rank, err))
        return -1;
    if (!node_has(n, ATTR_k) && node_src_int(g, n, 1, "k", &k, err))
        return -1;
    int64_t *extent = &t.dims[node_int(n, ATTR_axis, 0)];
    if (k < 0 || k > *extent)
        return node_fail(g, n, err, "k is %lld, but there are %lld elements", (long long)k,
                         (long long)*extent);
    *extent = k;
    node_set_int(g, n, ATTR_largest, node_int(n, ATTR_largest, 1) != 0);
    node_set_int(g, n, ATTR_sorted, node_int(n, ATTR_sorted, 1) != 0);
    node_drop(n, ATTR_k);
    n->n_src = 1;
    if (node_set_dst(g, n, 0, &t, err))
        return -1;
    t.type = TYPE_s64;
    return node_set_dst(g, n, 1, &t, err);
}

int infer_cumsum(struct graph *g, struct node *n, struct error *err)
{
    int64_t axis;
    if (node_src_int(g, n, 1, "axis", &axis, err) ||
        normal_axis(g, n, "axis", &axis, node_src_tensor(g, n, 0)->rank, err))
        return -1;
    node_set_int(g, n, ATTR_axis, axis);
    node_set_flag(g, n, ATTR_exclusive);
    node_set_flag(g, n, ATTR_reverse);
    node_omit_src(n, 1);
    return infer_same(g, n, err);
}

// Before opset 13 softmax ran over all dimensions from the axis on: see simplify.
int infer_softmax(struct graph *g, struct node *n, struct error *err)
{
    int rank = node_src_tensor(g, n, 0)->rank;
    if (node_normal_axis(g, n, g->opset < 13 ? 1 : -1, rank, err))
        return -1;
    return infer_same(g, n, err);
}

// The last dimension, if none is given.
int infer_axis(struct graph *g, struct node *n, struct error *err)
{
    if (node_normal_axis(g, n, -1, node_src_tensor(g, n, 0)->rank, err))
        return -1;
    return infer_same(g, n, err);
}

int infer_reverse_sequence(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *lengths = node_src_tensor(g, n, 1);
    int64_t batch = node_int(n, ATTR_batch_axis, 1), time = node_int(n, ATTR_time_axis, 0);
    if (normal_axis(g, n, "batch_axis", &batch, src->rank, err) ||
        normal_axis(g, n, "time_axis", &time, src->rank, err))
        return -1;
    if (batch == time || lengths->rank != 1 || lengths->dims[0] != src->dims[batch])
        return node_fail(g, n, err, "lengths of %s do not fit '%s' of %s", dims_text(lengths).s,
                         value_name(g, n->src[0]).s, dims_text(src).s);
    node_set_int(g, n, ATTR_batch_axis, batch);
    node_set_int(g, n, ATTR_time_axis, time);
    return infer_same(g, n, err);
}
