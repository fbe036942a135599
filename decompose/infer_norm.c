// Shapes of normalisations: what their parameters have to fit.
#include "decompose/passes.h"

static int check_channels(const struct graph *g, const struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    if (src->rank < 2)
        return node_fail(g, n, err, "'%s' of %s has no channels", value_name(g, n->src[0]).s,
                         dims_text(src).s);
    return 0;
}

// Sources first .. end-1 are vectors of `count` numbers.
static int check_parameters(const struct graph *g, const struct node *n, int first, int end,
                            int64_t count, struct error *err)
{
    for (int k = first; k < end; k++) {
        const struct tensor *t = node_src_tensor(g, n, k);
        if (t && (t->rank != 1 || t->dims[0] != count))
            return node_fail(g, n, err, "'%s' of %s does not fit the %lld channels of '%s'",
                             value_name(g, n->src[k]).s, dims_text(t).s, (long long)count,
                             value_name(g, n->src[0]).s);
    }
    return 0;
}

int infer_batchnorm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    if (check_channels(g, n, err))
        return -1;
    if (node_int(n, ATTR_training_mode, 0))
        return node_unsupported(g, n, err, "training mode is not supported");
    if (g->opset < 9 && !node_int(n, ATTR_spatial, 1))
        return node_unsupported(g, n, err, "spatial = 0 is not supported");
    if (check_parameters(g, n, 1, 5, src->dims[1], err))
        return -1;
    node_drop(n, ATTR_momentum);
    node_drop(n, ATTR_training_mode);
    node_drop(n, ATTR_spatial);
    node_drop(n, ATTR_is_test);
    n->n_dst = 1;
    return infer_same(g, n, err);
}

int infer_lrn(struct graph *g, struct node *n, struct error *err)
{
    int64_t size = node_int(n, ATTR_size, 0);
    if (size < 1 || size > INT32_MAX)
        return node_fail(g, n, err, "size %lld is no number of channels", (long long)size);
    int rank = node_src_tensor(g, n, 0)->rank;
    if (rank < 3 || rank > 2 + MAX_SPATIAL)
        return node_unsupported(g, n, err, "'%s' of %s does not have 1 to %d spatial dimensions",
                                value_name(g, n->src[0]).s, dims_text(node_src_tensor(g, n, 0)).s,
                                MAX_SPATIAL);
    return infer_same(g, n, err);
}

int infer_instancenorm(struct graph *g, struct node *n, struct error *err)
{
    if (check_channels(g, n, err) ||
        check_parameters(g, n, 1, 3, node_src_tensor(g, n, 0)->dims[1], err))
        return -1;
    return infer_same(g, n, err);
}

// Scale and bias are per channel since opset 21; before, per group.
int infer_groupnorm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    int64_t groups = node_int(n, ATTR_num_groups, 0);
    if (check_channels(g, n, err))
        return -1;
    if (groups < 1 || src->dims[1] % groups != 0)
        return node_fail(g, n, err, "%lld channels cannot be split into %lld groups",
                         (long long)src->dims[1], (long long)groups);
    if (check_parameters(g, n, 1, 3, g->opset < 21 ? groups : src->dims[1], err))
        return -1;
    node_drop(n, ATTR_stash_type);
    return infer_same(g, n, err);
}

// Mean and inverse deviation of all dimensions from the axis on, which only training needs.
static int set_statistics(struct graph *g, struct node *n, int first, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    for (int i = (int)node_int(n, ATTR_axis, 0); i < t.rank; i++)
        t.dims[i] = 1;
    t.type = TYPE_f32;
    return node_set_dst(g, n, first, &t, err) || node_set_dst(g, n, first + 1, &t, err) ? -1 : 0;
}

// Results that nobody uses are none.
static void drop_unused_results(const struct graph *g, struct node *n)
{
    while (n->n_dst > 1 && !node_dst_used(g, n, n->n_dst - 1))
        n->n_dst--;
}

// LayerNormalization, RMSNormalization and what com.microsoft calls SimplifiedLayerNormalization.
int infer_layernorm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    if (node_normal_axis(g, n, -1, src->rank, err))
        return -1;
    for (int k = 1; k < n->n_src; k++) {
        const struct tensor *t = node_src_tensor(g, n, k);
        struct tensor sum;
        if (t && (!broadcast_shapes(src, t, &sum) || !tensor_same_shape(src, &sum)))
            return node_fail(g, n, err, "'%s' of %s does not fit '%s' of %s",
                             value_name(g, n->src[k]).s, dims_text(t).s, value_name(g, n->src[0]).s,
                             dims_text(src).s);
    }
    node_drop(n, ATTR_stash_type);
    drop_unused_results(g, n);
    return set_statistics(g, n, 1, err) ? -1 : infer_same(g, n, err);
}

// Sources are x, what is added to it, then parameters of the last dimension; results the norm,
// mean, inverse deviation and the sum.
int infer_skip_layernorm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *skip = node_src_tensor(g, n, 1);
    struct tensor sum;
    if (src->rank < 1 || !broadcast_shapes(src, skip, &sum) || !tensor_same_shape(src, &sum))
        return node_fail(g, n, err, "'%s' of %s does not fit '%s' of %s",
                         value_name(g, n->src[1]).s, dims_text(skip).s, value_name(g, n->src[0]).s,
                         dims_text(src).s);
    if (check_parameters(g, n, 2, n->n_src, src->dims[src->rank - 1], err))
        return -1;
    drop_unused_results(g, n);
    if (node_dst_used(g, n, 1) || node_dst_used(g, n, 2))
        return node_unsupported(g, n, err,
                                "its mean or deviation is used, which only training "
                                "needs");
    return infer_same(g, n, err) || node_set_dst(g, n, 3, src, err) ? -1 : 0;
}

// Rows of a table [rows, size]: the table of source k.
static int check_table(const struct graph *g, const struct node *n, int k, int64_t size,
                       struct error *err)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (t && (t->rank != 2 || t->dims[1] != size))
        return node_fail(g, n, err, "'%s' of %s has no rows of %lld", value_name(g, n->src[k]).s,
                         dims_text(t).s, (long long)size);
    return 0;
}

// Sources: ids of words [batch, positions], ids of segments; tables of words, positions, segments;
// gamma, beta; a mask, whose sums are result 1; ids of positions.
int infer_embed_layernorm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *ids = node_src_tensor(g, n, 0), *words = node_src_tensor(g, n, 2);
    const struct tensor *places = node_src_tensor(g, n, 3), *mask = node_src_tensor(g, n, 7);
    if (ids->rank != 2 || !words || words->rank != 2 || !places || node_src(n, 5) == NONE ||
        node_src(n, 6) == NONE || (node_src(n, 1) == NONE) != (node_src(n, 4) == NONE))
        return node_fail(g, n, err, "an input is missing or has another rank");
    struct tensor y = {
        .type = words->type, .rank = 3, .dims = {ids->dims[0], ids->dims[1], words->dims[1]}};
    struct tensor sums = {.type = TYPE_s32, .rank = 1, .dims = {ids->dims[0]}};
    if (check_table(g, n, 3, y.dims[2], err) || check_table(g, n, 4, y.dims[2], err) ||
        check_parameters(g, n, 5, 7, y.dims[2], err))
        return -1;
    if (node_src(n, 8) == NONE && places->dims[0] < ids->dims[1])
        return node_fail(g, n, err, "there are %lld positions for %lld", (long long)places->dims[0],
                         (long long)ids->dims[1]);
    if (mask && !tensor_same_shape(mask, ids))
        return node_fail(g, n, err, "a mask of %s does not fit %s", dims_text(mask).s,
                         dims_text(ids).s);
    return node_set_dst(g, n, 0, &y, err) || node_set_dst(g, n, 1, &sums, err) ||
                   node_set_dst(g, n, 2, &y, err)
               ? -1
               : 0;
}

// Over the batch and all places of each channel if no axes are given.
int infer_mvn(struct graph *g, struct node *n, struct error *err)
{
    int64_t axes[MAX_RANK] = {0, 2, 3};
    int count = 3, rank = node_src_tensor(g, n, 0)->rank;
    if (node_has(n, ATTR_axes) ? node_axes(g, n, n->n_src, rank, axes, &count, err) : rank != 4)
        return node_fail(g, n, err, "axes do not fit '%s' of %s", value_name(g, n->src[0]).s,
                         dims_text(node_src_tensor(g, n, 0)).s);
    node_set_ints(g, n, ATTR_axes, count, axes);
    return infer_same(g, n, err);
}
