// Shapes of operators that slide a window over the spatial dimensions (ONNX Conv-11, MaxPool-12,
// AveragePool-19).
#include "decompose/passes.h"

#include <string.h>

struct window {
    int n; // spatial dimensions
    int64_t kernel[MAX_SPATIAL], strides[MAX_SPATIAL], dilations[MAX_SPATIAL];
    int64_t pads[2 * MAX_SPATIAL]; // begin of every dimension, then end of every one
};

// Fills out[count] from an attribute, or with `fallback` where it is absent.
static int read_ints(const struct graph *g, const struct node *n, enum attr_key key, int count,
                     int64_t least, int64_t fallback, int64_t *out, struct error *err)
{
    int given;
    const int64_t *ints = node_ints(n, key, &given);
    if (given && given != count)
        return node_fail(g, n, err, "%s has %d numbers instead of %d", attr_info(key)->name, given,
                         count);
    for (int i = 0; i < count; i++) {
        out[i] = given ? ints[i] : fallback;
        if (out[i] < least || out[i] > INT32_MAX)
            return node_fail(g, n, err, "%s holds %lld, which is not supported",
                             attr_info(key)->name, (long long)out[i]);
    }
    return 0;
}

static int window_read(struct window *w, const struct graph *g, const struct node *n,
                       struct error *err)
{
    if (read_ints(g, n, ATTR_strides, w->n, 1, 1, w->strides, err) ||
        read_ints(g, n, ATTR_dilations, w->n, 1, 1, w->dilations, err) ||
        read_ints(g, n, ATTR_pads, 2 * w->n, 0, 0, w->pads, err))
        return -1;
    return 0;
}

static int64_t window_extent(const struct window *w, int i)
{
    return (w->kernel[i] - 1) * w->dilations[i] + 1;
}

// SAME_*: as many results as strides fit into the source; an odd pad goes to the end (upper) or
// to the begin (lower).
static void window_auto_pad(struct window *w, enum auto_pad mode, const int64_t *src)
{
    for (int i = 0; i < w->n && mode != AUTO_PAD_notset; i++) {
        int64_t out = (src[i] + w->strides[i] - 1) / w->strides[i];
        int64_t total = (out - 1) * w->strides[i] + window_extent(w, i) - src[i];
        if (mode == AUTO_PAD_valid || total < 0)
            total = 0;
        w->pads[i] = mode == AUTO_PAD_same_lower ? total - total / 2 : total / 2;
        w->pads[i + w->n] = total - w->pads[i];
    }
}

// With ceil_mode a last window may hang over the end, but it may not start in the end padding.
static int64_t window_count(const struct window *w, int i, int64_t src, bool ceil_mode)
{
    int64_t room = src + w->pads[i] + w->pads[i + w->n] - window_extent(w, i);
    if (room < 0)
        return 0;
    int64_t count = room / w->strides[i] + 1;
    bool more = ceil_mode && room % w->strides[i] != 0;
    return more && count * w->strides[i] < src + w->pads[i] ? count + 1 : count;
}

static void window_write(const struct window *w, struct graph *g, struct node *n)
{
    node_set_ints(g, n, ATTR_kernel_shape, w->n, w->kernel);
    node_set_ints(g, n, ATTR_strides, w->n, w->strides);
    node_set_ints(g, n, ATTR_pads, 2 * w->n, w->pads);
    node_set_ints(g, n, ATTR_dilations, w->n, w->dilations);
    node_drop(n, ATTR_auto_pad);
    node_drop(n, ATTR_ceil_mode);
    node_drop(n, ATTR_storage_order);
}

// Spatial dimensions of dst from those of src; dst->dims[0..1] are given.
static int window_apply(struct window *w, struct graph *g, struct node *n, const struct tensor *src,
                        struct tensor *dst, struct error *err)
{
    window_auto_pad(w, (enum auto_pad)node_int(n, ATTR_auto_pad, AUTO_PAD_notset), src->dims + 2);
    bool ceil_mode = node_int(n, ATTR_ceil_mode, 0) != 0;
    for (int i = 0; i < w->n; i++) {
        dst->dims[2 + i] = window_count(w, i, src->dims[2 + i], ceil_mode);
        if (dst->dims[2 + i] < 1)
            return node_fail(g, n, err,
                             "its window extends over %lld elements of dimension %d, "
                             "'%s' of %s has fewer even with padding",
                             (long long)window_extent(w, i), 2 + i, value_name(g, n->src[0]).s,
                             dims_text(src).s);
    }
    window_write(w, g, n);
    return node_set_dst(g, n, 0, dst, err);
}

static int check_spatial(const struct graph *g, const struct node *n, const struct tensor *src,
                         struct error *err)
{
    if (src->rank < 3 || src->rank > 2 + MAX_SPATIAL)
        return node_fail(g, n, err, "'%s' of %s does not have 1 to %d spatial dimensions",
                         value_name(g, n->src[0]).s, dims_text(src).s, MAX_SPATIAL);
    return 0;
}

static int check_conv(const struct graph *g, const struct node *n, int64_t group, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *weights = node_src_tensor(g, n, 1);
    const struct tensor *bias = node_src_tensor(g, n, 2);
    bool fits = weights->rank == src->rank;
    for (int i = 0; fits && i < weights->rank; i++)
        fits = weights->dims[i] >= 1 && weights->dims[i] <= INT32_MAX;
    if (!fits)
        return node_fail(g, n, err, "weights of %s do not fit '%s' of %s", dims_text(weights).s,
                         value_name(g, n->src[0]).s, dims_text(src).s);
    if (group < 1 || weights->dims[0] % group)
        return node_fail(g, n, err, "%lld output channels cannot be split into %lld groups",
                         (long long)weights->dims[0], (long long)group);
    if (weights->dims[1] * group != src->dims[1])
        return node_fail(g, n, err, "weights of %s need %lld input channels, '%s' has %lld",
                         dims_text(weights).s, (long long)(weights->dims[1] * group),
                         value_name(g, n->src[0]).s, (long long)src->dims[1]);
    if (bias && (bias->rank != 1 || bias->dims[0] != weights->dims[0]))
        return node_fail(g, n, err, "bias of %s does not fit %lld output channels",
                         dims_text(bias).s, (long long)weights->dims[0]);
    return 0;
}

int infer_conv(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *weights = node_src_tensor(g, n, 1);
    int64_t group = node_int(n, ATTR_group, 1);
    if (check_spatial(g, n, src, err) || check_conv(g, n, group, err))
        return -1;
    struct window w = {.n = src->rank - 2};
    if (read_ints(g, n, ATTR_kernel_shape, w.n, 1, 1, w.kernel, err) || window_read(&w, g, n, err))
        return -1;
    if (node_has(n, ATTR_kernel_shape) &&
        memcmp(w.kernel, weights->dims + 2, (size_t)w.n * sizeof *w.kernel) != 0)
        return node_fail(g, n, err, "kernel_shape is not that of its weights of %s",
                         dims_text(weights).s);
    memcpy(w.kernel, weights->dims + 2, (size_t)w.n * sizeof *w.kernel);
    node_set_int(g, n, ATTR_group, group);
    struct tensor dst = *src;
    dst.dims[1] = weights->dims[0];
    return window_apply(&w, g, n, src, &dst, err);
}

// Without padding there is nothing to count.
static void normalise_include_pad(struct graph *g, struct node *n, const struct window *w)
{
    int64_t padding = 0;
    for (int i = 0; i < 2 * w->n; i++)
        padding += w->pads[i];
    bool include = node_int(n, ATTR_count_include_pad, 0) != 0;
    node_set_int(g, n, ATTR_count_include_pad, include && padding > 0);
}

int infer_pool(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    if (check_spatial(g, n, src, err))
        return -1;
    if (!node_has(n, ATTR_kernel_shape))
        return node_fail(g, n, err, "kernel_shape is missing");
    if (n->n_dst > 1 && n->dst[1] != NONE && g->values[n->dst[1]].n_uses > 0)
        return node_fail(g, n, err, "its second output (Indices) is used, which is not supported");
    n->n_dst = 1;
    struct window w = {.n = src->rank - 2};
    if (read_ints(g, n, ATTR_kernel_shape, w.n, 1, 1, w.kernel, err) || window_read(&w, g, n, err))
        return -1;
    struct tensor dst = *src;
    if (window_apply(&w, g, n, src, &dst, err))
        return -1;
    for (int i = 0; i < 2 * w.n; i++)
        if (w.pads[i] >= window_extent(&w, i % w.n))
            return node_fail(g, n, err, "pads of %lld reach over the whole window of %lld",
                             (long long)w.pads[i], (long long)window_extent(&w, i % w.n));
    if (n->op == OP_AveragePool)
        normalise_include_pad(g, n, &w);
    return 0;
}

int infer_global_pool(struct graph *g, struct node *n, struct error *err)
{
    struct tensor dst = *node_src_tensor(g, n, 0);
    if (check_spatial(g, n, &dst, err))
        return -1;
    for (int i = 2; i < dst.rank; i++)
        dst.dims[i] = 1;
    return node_set_dst(g, n, 0, &dst, err);
}

int infer_batchnorm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    if (src->rank < 2)
        return node_fail(g, n, err, "'%s' of %s has no channels", value_name(g, n->src[0]).s,
                         dims_text(src).s);
    if (node_int(n, ATTR_training_mode, 0))
        return node_fail(g, n, err, "training mode is not supported");
    if (g->opset < 9 && !node_int(n, ATTR_spatial, 1))
        return node_fail(g, n, err, "spatial = 0 is not supported");
    for (int k = 1; k < 5; k++) {
        const struct tensor *t = node_src_tensor(g, n, k);
        if (t->rank != 1 || t->dims[0] != src->dims[1])
            return node_fail(g, n, err, "'%s' of %s does not fit the %lld channels of '%s'",
                             value_name(g, n->src[k]).s, dims_text(t).s, (long long)src->dims[1],
                             value_name(g, n->src[0]).s);
    }
    node_drop(n, ATTR_momentum);
    node_drop(n, ATTR_training_mode);
    node_drop(n, ATTR_spatial);
    node_drop(n, ATTR_is_test);
    n->n_dst = 1;
    return infer_same(g, n, err);
}

int infer_lrn(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    int64_t size = node_int(n, ATTR_size, 0);
    if (size < 1 || size > INT32_MAX)
        return node_fail(g, n, err, "size %lld is no number of channels", (long long)size);
    return check_spatial(g, n, src, err) ? -1 : infer_same(g, n, err);
}
