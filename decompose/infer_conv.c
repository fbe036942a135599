// Shapes of convolutions, their transposes and other inverses of windows (ONNX Conv-11,
// ConvTranspose-11, DeformConv-19, MaxUnpool-11, Col2Im-18).
#include "decompose/infer_window.h"

#include <string.h>

// ---- convolutions ---------------------------------------------------------------------------

// Sources of one kind of convolution by number; bias may be missing.
struct conv_sources {
    int src, weights, bias;
};

static int check_weights(const struct graph *g, const struct node *n, const struct conv_sources *s,
                         struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, s->src);
    const struct tensor *weights = node_src_tensor(g, n, s->weights);
    bool fits = weights->rank == src->rank;
    for (int i = 0; fits && i < weights->rank; i++)
        fits = weights->dims[i] >= 1 && weights->dims[i] <= INT32_MAX;
    if (!fits)
        return node_fail(g, n, err, "weights of %s do not fit '%s' of %s", dims_text(weights).s,
                         value_name(g, n->src[s->src]).s, dims_text(src).s);
    return 0;
}

static int check_bias(const struct graph *g, const struct node *n, const struct conv_sources *s,
                      int64_t channels, struct error *err)
{
    const struct tensor *bias = node_src_tensor(g, n, s->bias);
    if (bias && (bias->rank != 1 || bias->dims[0] != channels))
        return node_fail(g, n, err, "bias of %s does not fit %lld output channels",
                         dims_text(bias).s, (long long)channels);
    return 0;
}

// Weights are [output channels, input channels / group, ...].
static int check_conv(const struct graph *g, const struct node *n, const struct conv_sources *s,
                      struct error *err)
{
    if (check_spatial(g, n, s->src, err) || check_weights(g, n, s, err))
        return -1;
    const struct tensor *src = node_src_tensor(g, n, s->src);
    const struct tensor *weights = node_src_tensor(g, n, s->weights);
    int64_t group = node_int(n, ATTR_group, 1);
    if (group < 1 || weights->dims[0] % group)
        return node_fail(g, n, err, "%lld output channels cannot be split into %lld groups",
                         (long long)weights->dims[0], (long long)group);
    if (weights->dims[1] * group != src->dims[1])
        return node_fail(g, n, err, "weights of %s need %lld input channels, '%s' has %lld",
                         dims_text(weights).s, (long long)(weights->dims[1] * group),
                         value_name(g, n->src[s->src]).s, (long long)src->dims[1]);
    return check_bias(g, n, s, weights->dims[0], err);
}

static int conv_shape(struct graph *g, struct node *n, const struct conv_sources *s, enum type type,
                      struct error *err)
{
    if (check_conv(g, n, s, err))
        return -1;
    const struct tensor *src = node_src_tensor(g, n, s->src);
    const struct tensor *weights = node_src_tensor(g, n, s->weights);
    struct window w = {.n = src->rank - 2};
    if (window_read_kernel(&w, g, n, weights, err) || window_read(&w, g, n, err))
        return -1;
    node_set_int(g, n, ATTR_group, node_int(n, ATTR_group, 1));
    struct tensor dst = *src;
    dst.type = type;
    dst.dims[1] = weights->dims[0];
    return window_apply(&w, g, n, src, &dst, err);
}

int infer_conv(struct graph *g, struct node *n, struct error *err)
{
    struct conv_sources s = {.src = 0, .weights = 1, .bias = 2};
    return conv_shape(g, n, &s, node_src_tensor(g, n, 0)->type, err);
}

// com.microsoft: what is added to the result before the activation has its shape.
int infer_fused_conv(struct graph *g, struct node *n, struct error *err)
{
    if (infer_conv(g, n, err))
        return -1;
    const struct tensor *addend = node_src_tensor(g, n, 3), *dst = &g->values[n->dst[0]].t;
    if (addend && !tensor_same_shape(addend, dst))
        return node_fail(g, n, err, "'%s' of %s does not fit a result of %s",
                         value_name(g, n->src[3]).s, dims_text(addend).s, dims_text(dst).s);
    return 0;
}

// Sources: x, weights, zero points of both.
int infer_conv_integer(struct graph *g, struct node *n, struct error *err)
{
    struct conv_sources s = {.src = 0, .weights = 1, .bias = n->n_src};
    return conv_shape(g, n, &s, TYPE_s32, err);
}

// Sources: x, weights and y, each with scale and zero point (y has only these), then the bias.
int infer_qlinear_conv(struct graph *g, struct node *n, struct error *err)
{
    struct conv_sources s = {.src = 0, .weights = 3, .bias = 8};
    return conv_shape(g, n, &s, node_src_tensor(g, n, 7)->type, err);
}

// Sources: x, weights, offsets of every place of the window at every result, bias, mask.
int infer_deform_conv(struct graph *g, struct node *n, struct error *err)
{
    struct conv_sources s = {.src = 0, .weights = 1, .bias = 3};
    if (conv_shape(g, n, &s, node_src_tensor(g, n, 0)->type, err))
        return -1;
    const struct tensor *offset = node_src_tensor(g, n, 2), *dst = &g->values[n->dst[0]].t;
    int64_t groups = node_int(n, ATTR_offset_group, 1);
    int spatial = dst->rank - 2, count;
    const int64_t *kernel = node_ints(n, ATTR_kernel_shape, &count);
    struct tensor wanted = *dst;
    if (groups < 1 || groups > INT16_MAX)
        return node_fail(g, n, err, "offset_group %lld is not supported", (long long)groups);
    wanted.dims[1] = groups * spatial * dims_count(kernel, 0, spatial);
    if (!tensor_same_shape(offset, &wanted))
        return node_fail(g, n, err, "offsets of %s are not %s", dims_text(offset).s,
                         dims_text(&wanted).s);
    node_set_int(g, n, ATTR_offset_group, groups);
    return 0;
}

// ---- transposed convolution -----------------------------------------------------------------

// Weights are [input channels, output channels / group, ...].
static int check_transposed(const struct graph *g, const struct node *n,
                            const struct conv_sources *s, struct error *err)
{
    if (check_spatial(g, n, 0, err) || check_weights(g, n, s, err))
        return -1;
    const struct tensor *src = node_src_tensor(g, n, 0), *weights = node_src_tensor(g, n, 1);
    int64_t group = node_int(n, ATTR_group, 1);
    if (weights->dims[0] != src->dims[1])
        return node_fail(g, n, err, "weights of %s need %lld input channels, '%s' has %lld",
                         dims_text(weights).s, (long long)weights->dims[0],
                         value_name(g, n->src[0]).s, (long long)src->dims[1]);
    if (group < 1 || src->dims[1] % group || group > INT32_MAX)
        return node_fail(g, n, err, "%lld input channels cannot be split into %lld groups",
                         (long long)src->dims[1], (long long)group);
    return check_bias(g, n, s, weights->dims[1] * group, err);
}

// The padding that makes `natural` results the `wanted` ones; where it is odd, the larger half
// stands at the end for SAME_UPPER and else at the begin.
static void pad_to(struct window *w, int i, int64_t natural, int64_t wanted, int64_t auto_pad)
{
    int64_t total = natural > wanted ? natural - wanted : 0, half = total / 2;
    w->pads[i] = auto_pad == WORD_auto_pad_same_upper ? half : total - half;
    w->pads[i + w->n] = total - w->pads[i];
}

// Extent of dst in dimension i; the pads become those that give it. wanted is 0 if output_shape
// does not say.
static int64_t transposed_extent(struct window *w, int i, int64_t src, int64_t more, int64_t wanted,
                                 int64_t auto_pad)
{
    bool same = auto_pad == WORD_auto_pad_same_upper || auto_pad == WORD_auto_pad_same_lower;
    int64_t natural = (src - 1) * w->strides[i] + window_extent(w, i) + more;
    if (same && !wanted)
        wanted = src * w->strides[i];
    if (wanted)
        pad_to(w, i, natural, wanted, auto_pad);
    else if (auto_pad == WORD_auto_pad_valid)
        w->pads[i] = w->pads[i + w->n] = 0;
    return wanted ? wanted : natural - w->pads[i] - w->pads[i + w->n];
}

// output_shape names the spatial dimensions; some exporters wrote batch and channels before them.
static int read_output_shape(const struct graph *g, const struct node *n, int spatial,
                             int64_t *wanted, struct error *err)
{
    int count;
    const int64_t *shape = node_ints(n, ATTR_output_shape, &count);
    memset(wanted, 0, (size_t)spatial * sizeof *wanted);
    if (count == 0)
        return 0;
    if (count != spatial && count != spatial + 2)
        return node_fail(g, n, err, "output_shape has %d numbers instead of %d", count, spatial);
    for (int i = 0; i < spatial; i++) {
        wanted[i] = shape[count - spatial + i];
        if (wanted[i] < 1 || wanted[i] > INT32_MAX)
            return node_fail(g, n, err, "output_shape holds %lld, which is not supported",
                             (long long)wanted[i]);
    }
    return 0;
}

static int transposed_dims(struct window *w, struct graph *g, struct node *n,
                           const struct tensor *src, struct tensor *dst, struct error *err)
{
    int64_t more[MAX_SPATIAL], wanted[MAX_SPATIAL];
    int64_t auto_pad = node_int(n, ATTR_auto_pad, WORD_auto_pad_notset);
    if (window_ints(g, n, ATTR_output_padding, w->n, 0, 0, more, err) ||
        read_output_shape(g, n, w->n, wanted, err))
        return -1;
    for (int i = 0; i < w->n; i++) {
        if (src->dims[2 + i] > INT32_MAX)
            return node_fail(g, n, err, "'%s' of %s is too large", value_name(g, n->src[0]).s,
                             dims_text(src).s);
        dst->dims[2 + i] = transposed_extent(w, i, src->dims[2 + i], more[i], wanted[i], auto_pad);
        if (dst->dims[2 + i] < 1)
            return node_fail(g, n, err, "pads leave nothing of dimension %d", 2 + i);
    }
    return 0;
}

int infer_conv_transpose(struct graph *g, struct node *n, struct error *err)
{
    struct conv_sources s = {.src = 0, .weights = 1, .bias = 2};
    if (check_transposed(g, n, &s, err))
        return -1;
    const struct tensor *src = node_src_tensor(g, n, 0), *weights = node_src_tensor(g, n, 1);
    int64_t group = node_int(n, ATTR_group, 1);
    struct window w = {.n = src->rank - 2};
    struct tensor dst = *src;
    dst.dims[1] = weights->dims[1] * group;
    if (window_read_kernel(&w, g, n, weights, err) || window_read(&w, g, n, err) ||
        transposed_dims(&w, g, n, src, &dst, err))
        return -1;
    window_write(&w, g, n);
    node_set_int(g, n, ATTR_group, group);
    node_drop(n, ATTR_output_padding);
    node_drop(n, ATTR_output_shape);
    return node_set_dst(g, n, 0, &dst, err);
}

// ---- other inverses -------------------------------------------------------------------------

static int read_unpool_shape(const struct window *w, const struct graph *g, const struct node *n,
                             struct tensor *t, struct error *err)
{
    int count;
    if (node_src(n, 2) == NONE) {
        for (int i = 0; i < w->n; i++)
            t->dims[2 + i] = (t->dims[2 + i] - 1) * w->strides[i] + w->kernel[i] - w->pads[i] -
                             w->pads[i + w->n];
        return 0;
    }
    if (node_src_ints(g, n, 2, "output_shape", t->dims, &count, err))
        return -1;
    if (count != t->rank)
        return node_fail(g, n, err, "output_shape has %d numbers instead of %d", count, t->rank);
    return 0;
}

int infer_max_unpool(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    struct window w = {.n = t.rank - 2};
    if (check_spatial(g, n, 0, err))
        return -1;
    if (dims_count(t.dims, 2, t.rank) > INT32_MAX)
        return node_fail(g, n, err, "'%s' of %s is too large", value_name(g, n->src[0]).s,
                         dims_text(&t).s);
    if (!node_has(n, ATTR_kernel_shape) || !tensor_same_shape(&t, node_src_tensor(g, n, 1)))
        return node_fail(g, n, err, "kernel_shape or indices do not fit '%s' of %s",
                         value_name(g, n->src[0]).s, dims_text(&t).s);
    if (window_ints(g, n, ATTR_kernel_shape, w.n, 1, 1, w.kernel, err) ||
        window_read(&w, g, n, err) || read_unpool_shape(&w, g, n, &t, err))
        return -1;
    for (int i = 0; i < t.rank; i++)
        if (t.dims[i] < 1)
            return node_fail(g, n, err, "dimension %d of its result is %lld", i,
                             (long long)t.dims[i]);
    window_write(&w, g, n);
    node_drop(n, ATTR_dilations);
    node_omit_src(n, 2);
    return node_set_dst(g, n, 0, &t, err);
}

// Columns [N, C * block, windows] to images [N, C, spatial dimensions...].
int infer_col2im(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    int64_t image[MAX_RANK], block[MAX_RANK], windows = 1;
    int count, blocks;
    if (node_src_ints(g, n, 1, "image_shape", image, &count, err) ||
        node_src_ints(g, n, 2, "block_shape", block, &blocks, err))
        return -1;
    struct window w = {.n = count};
    if (count < 1 || count > MAX_SPATIAL || blocks != count || src->rank != 3)
        return node_fail(g, n, err, "image_shape and block_shape do not fit '%s' of %s",
                         value_name(g, n->src[0]).s, dims_text(src).s);
    node_set_ints(g, n, ATTR_kernel_shape, count, block);
    if (window_ints(g, n, ATTR_kernel_shape, w.n, 1, 1, w.kernel, err) ||
        window_read(&w, g, n, err))
        return -1;
    struct tensor t = {.type = src->type, .rank = 2 + count, .dims = {src->dims[0]}};
    int64_t places = 1;
    for (int i = 0; i < count; i++) {
        t.dims[2 + i] = image[i];
        int64_t room = image[i] + w.pads[i] + w.pads[i + count] - window_extent(&w, i);
        if (image[i] < 1 || image[i] > INT32_MAX || room < 0)
            return node_fail(g, n, err, "blocks do not fit an image of %lld", (long long)image[i]);
        if (__builtin_mul_overflow(windows, room / w.strides[i] + 1, &windows) ||
            __builtin_mul_overflow(places, block[i], &places))
            return node_fail(g, n, err, "its image is too large");
    }
    if (src->dims[1] % places || src->dims[2] != windows)
        return node_fail(g, n, err, "'%s' of %s does not hold %lld windows of %lld",
                         value_name(g, n->src[0]).s, dims_text(src).s, (long long)windows,
                         (long long)places);
    t.dims[1] = src->dims[1] / places;
    window_write(&w, g, n);
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}
