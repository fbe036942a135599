// Shapes of operators that slide a window over the spatial dimensions (ONNX Conv-11, MaxPool-12,
// AveragePool-19).
#include "decompose/infer_window.h"

#include <string.h>

int window_ints(const struct graph *g, const struct node *n, enum attr_key key, int count,
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

int window_read(struct window *w, const struct graph *g, const struct node *n, struct error *err)
{
    if (window_ints(g, n, ATTR_strides, w->n, 1, 1, w->strides, err) ||
        window_ints(g, n, ATTR_dilations, w->n, 1, 1, w->dilations, err) ||
        window_ints(g, n, ATTR_pads, 2 * w->n, 0, 0, w->pads, err))
        return -1;
    return 0;
}

int64_t window_extent(const struct window *w, int i)
{
    return (w->kernel[i] - 1) * w->dilations[i] + 1;
}

// SAME_*: as many results as strides fit into the source; an odd pad goes to the end (upper) or
// to the begin (lower).
static void window_auto_pad(struct window *w, enum word mode, const int64_t *src)
{
    for (int i = 0; i < w->n && mode != WORD_auto_pad_notset; i++) {
        int64_t out = (src[i] + w->strides[i] - 1) / w->strides[i];
        int64_t total = (out - 1) * w->strides[i] + window_extent(w, i) - src[i];
        if (mode == WORD_auto_pad_valid || total < 0)
            total = 0;
        w->pads[i] = mode == WORD_auto_pad_same_lower ? total - total / 2 : total / 2;
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

void window_write(const struct window *w, struct graph *g, struct node *n)
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
int window_apply(struct window *w, struct graph *g, struct node *n, const struct tensor *src,
                 struct tensor *dst, struct error *err)
{
    window_auto_pad(w, (enum word)node_int(n, ATTR_auto_pad, WORD_auto_pad_notset), src->dims + 2);
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

int check_spatial(const struct graph *g, const struct node *n, int k, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, k);
    if (src->rank < 3 || src->rank > 2 + MAX_SPATIAL)
        return node_fail(g, n, err, "'%s' of %s does not have 1 to %d spatial dimensions",
                         value_name(g, n->src[k]).s, dims_text(src).s, MAX_SPATIAL);
    return 0;
}

int window_read_kernel(struct window *w, const struct graph *g, const struct node *n,
                       const struct tensor *weights, struct error *err)
{
    size_t bytes = (size_t)w->n * sizeof *w->kernel;
    if (window_ints(g, n, ATTR_kernel_shape, w->n, 1, 1, w->kernel, err))
        return -1;
    if (node_has(n, ATTR_kernel_shape) && memcmp(w->kernel, weights->dims + 2, bytes) != 0)
        return node_fail(g, n, err, "kernel_shape is not that of its weights of %s",
                         dims_text(weights).s);
    memcpy(w->kernel, weights->dims + 2, bytes);
    return 0;
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

static int check_pads(const struct window *w, const struct graph *g, const struct node *n,
                      struct error *err)
{
    for (int i = 0; i < 2 * w->n; i++)
        if (w->pads[i] >= window_extent(w, i % w->n))
            return node_fail(g, n, err, "pads of %lld reach over the whole window of %lld",
                             (long long)w->pads[i], (long long)window_extent(w, i % w->n));
    return 0;
}

// MaxPool's second result: where in the source the largest elements are.
static int set_indices(struct graph *g, struct node *n, const struct tensor *dst,
                       int64_t storage_order, struct error *err)
{
    if (!node_dst_used(g, n, 1)) {
        n->n_dst = 1;
        return 0;
    }
    struct tensor t = *dst;
    t.type = TYPE_s64;
    node_set_int(g, n, ATTR_storage_order, storage_order);
    return node_set_dst(g, n, 1, &t, err);
}

int infer_pool(struct graph *g, struct node *n, struct error *err)
{
    struct tensor src = *node_src_tensor(g, n, 0), dst = src;
    struct window w = {.n = src.rank - 2};
    int64_t storage_order = node_int(n, ATTR_storage_order, 0);
    if (check_spatial(g, n, 0, err))
        return -1;
    if (!node_has(n, ATTR_kernel_shape))
        return node_fail(g, n, err, "kernel_shape is missing");
    if (window_ints(g, n, ATTR_kernel_shape, w.n, 1, 1, w.kernel, err) ||
        window_read(&w, g, n, err) || window_apply(&w, g, n, &src, &dst, err) ||
        check_pads(&w, g, n, err))
        return -1;
    if (n->op == OP_AveragePool)
        normalise_include_pad(g, n, &w);
    if (n->op == OP_LpPool)
        node_set_int(g, n, ATTR_p, node_int(n, ATTR_p, 2));
    return set_indices(g, n, &dst, storage_order, err);
}

int infer_global_pool(struct graph *g, struct node *n, struct error *err)
{
    struct tensor dst = *node_src_tensor(g, n, 0);
    if (check_spatial(g, n, 0, err))
        return -1;
    for (int i = 2; i < dst.rank; i++)
        dst.dims[i] = 1;
    if (n->op == OP_GlobalLpPool)
        node_set_int(g, n, ATTR_p, node_int(n, ATTR_p, 2));
    return node_set_dst(g, n, 0, &dst, err);
}
