// Convolutions and transposed ones: channels-last activations of rank 3 to 5, weights in whatever
// order the primitive prefers.
#include "runner/lower.h"

#include <string.h>

static void read_ints(const struct node *n, enum attr_key key, int from, int count,
                      int64_t fallback, int64_t *out)
{
    int given;
    const int64_t *ints = node_ints(n, key, &given);
    for (int i = 0; i < count; i++)
        out[i] = from + i < given ? ints[from + i] : fallback;
}

void lowering_window(const struct lowering *l, const int64_t *kernel, struct window *w)
{
    w->n = l->dst.t.rank - 2;
    read_ints(l->n, ATTR_strides, 0, w->n, 1, w->strides);
    read_ints(l->n, ATTR_dilations, 0, w->n, 1, w->dilations);
    read_ints(l->n, ATTR_pads, 0, w->n, 0, w->begin);
    read_ints(l->n, ATTR_pads, w->n, w->n, 0, w->end);
    if (kernel)
        memcpy(w->kernel, kernel, sizeof *kernel * (size_t)w->n);
    else
        read_ints(l->n, ATTR_kernel_shape, 0, w->n, 1, w->kernel);
}

void window_to_prim(const struct window *w, struct prim_spec *p)
{
    for (int i = 0; i < w->n; i++) {
        p->kernel[i] = w->kernel[i];
        p->strides[i] = w->strides[i];
        p->dilations[i] = w->dilations[i] - 1;
        p->pads_begin[i] = w->begin[i];
        p->pads_end[i] = w->end[i];
    }
}

void window_to_loop(const struct window *w, const struct tensor *src, const struct tensor *dst,
                    struct loop_window *loop)
{
    loop->n = src->dims[0];
    for (int d = 0; d < 3; d++) {
        int i = d - (3 - w->n); // absent dimensions come first
        bool given = i >= 0;
        loop->in[d] = given ? src->dims[2 + i] : 1;
        loop->out[d] = given ? dst->dims[2 + i] : 1;
        loop->kernel[d] = given ? w->kernel[i] : 1;
        loop->stride[d] = given ? w->strides[i] : 1;
        loop->dilation[d] = given ? w->dilations[i] : 1;
        loop->begin[d] = given ? w->begin[i] : 0;
    }
}

bool channels_innermost(const struct tensor *t)
{
    return t->layout == LAYOUT_last || tensor_layouts_coincide(t);
}

// Weights as oneDNN sees them: [oc, ic, kernel...], or [group, oc / group, ic / group, kernel...].
struct conv_weights {
    int rank, n_spatial;
    int64_t group, oc, ic; // channels of one group
    int64_t dims[MAX_RANK];
};

static bool is_transposed(const struct lowering *l)
{
    return l->n->op == OP_ConvTranspose;
}

// The file has [oc, ic / group, kernel...], of a transposed convolution [ic, oc / group,
// kernel...].
static void read_weights(const struct lowering *l, struct conv_weights *w)
{
    const struct tensor t = lowering_operand(l, 1).t;
    w->group = node_int(l->n, ATTR_group, 1);
    w->oc = is_transposed(l) ? t.dims[1] : t.dims[0] / w->group;
    w->ic = is_transposed(l) ? t.dims[0] / w->group : t.dims[1];
    w->n_spatial = t.rank - 2;
    w->rank = 0;
    if (w->group > 1)
        w->dims[w->rank++] = w->group;
    w->dims[w->rank++] = w->oc;
    w->dims[w->rank++] = w->ic;
    for (int i = 2; i < t.rank; i++)
        w->dims[w->rank++] = t.dims[i];
}

static const struct md *plain_weights(struct lowering *l, const struct conv_weights *w)
{
    int64_t strides[MAX_RANK], kernel = dims_count(w->dims, w->rank - w->n_spatial, w->rank);
    int oc = w->rank - w->n_spatial - 2;
    bool transposed = is_transposed(l);
    strides[0] = kernel * w->ic * w->oc;
    strides[oc] = transposed ? kernel : kernel * w->ic;
    strides[oc + 1] = transposed ? kernel * w->oc : kernel;
    for (int i = oc + 2; i < w->rank; i++)
        strides[i] = dims_count(w->dims, i + 1, w->rank);
    return lowering_keep(l, md_strides(TYPE_f32, w->rank, w->dims, strides));
}

// [group][kernel...][ic][oc], as loop_conv reads them.
static const struct md *loop_weights(struct lowering *l, const struct conv_weights *w)
{
    int64_t strides[MAX_RANK], stride = w->oc * w->ic;
    int oc = w->rank - w->n_spatial - 2;
    strides[oc] = 1;
    strides[oc + 1] = w->oc;
    for (int i = w->rank - 1; i > oc + 1; i--) {
        strides[i] = stride;
        stride *= w->dims[i];
    }
    if (oc > 0)
        strides[0] = stride;
    return lowering_keep(l, md_strides(TYPE_f32, w->rank, w->dims, strides));
}

// Channels that do not fill vectors: oneDNN puts its small products first, and its direct kernel is
// faster where they are all in one vector of results, and the sources' fill less than one or are
// far apart. AVX-512, one and two threads: 1-8 5x5 28x28 0.60 and 0.67 of the time, 8-16 3x3 30x40
// 0.86, 3-16 3x3 160x160 0.87, 16-16 3x3 30x40 dilated by 2 0.92, by 5 0.74; but 16-16 3x3 160x160
// 1.05 and 1.08, 32-9 3x3 224x224 1.14 and 1.21, 3-24 and 3-32 now this, now that.
static bool has_few_channels(const struct window *window, const struct conv_weights *w)
{
    enum { VECTOR = 16 };
    bool dilated = false;
    for (int i = 0; i < window->n; i++)
        dilated = dilated || window->dilations[i] > 1;
    return w->group == 1 && w->oc <= VECTOR && (w->ic < VECTOR || (dilated && w->ic == VECTOR)) &&
           dims_count(window->kernel, 0, window->n) > 1;
}

static bool emit_direct(struct lowering *l, struct step_spec *s)
{
    if (l->only || l->offers)
        return false;
    l->only = "jit:avx512_core";
    bool done = emit_by_choice(l, s, emit_with_posts, l->n_posts, l->posts);
    l->only = NULL;
    return done;
}

static bool conv_primitive(struct lowering *l, const struct window *window,
                           const struct conv_weights *w)
{
    struct step_spec s = {.prim = {.prim = PRIM_convolution, .alg = dnnl_convolution_direct}};
    if (is_transposed(l))
        s.prim = (struct prim_spec){.prim = PRIM_deconvolution, .alg = dnnl_deconvolution_direct};
    struct operand src = lowering_operand(l, 0);
    window_to_prim(window, &s.prim);
    step_bind_operand(l, &s, DNNL_ARG_SRC, &src);
    step_bind_packed(&s, DNNL_ARG_WEIGHTS, lowering_keep(l, md_any(TYPE_f32, w->rank, w->dims)),
                     plain_weights(l, w), 1);
    if (lowering_has(l, 2)) {
        struct operand bias = lowering_operand(l, 2);
        step_bind_operand(l, &s, DNNL_ARG_BIAS, &bias);
    }
    step_bind_operand(l, &s, DNNL_ARG_DST, &l->dst);
    if (!is_transposed(l) && has_few_channels(window, w) && emit_direct(l, &s))
        return true;
    return emit_by_choice(l, &s, emit_with_posts, l->n_posts, l->posts);
}

static int conv_loop(struct lowering *l, const struct window *window, const struct conv_weights *w)
{
    struct operand src = lowering_operand(l, 0);
    struct loop_conv params = {.groups = w->group, .ic = w->ic, .oc = w->oc};
    struct place weights;
    if (!channels_innermost(&src.t) || !channels_innermost(&l->dst.t))
        return unsupported(l, "oneDNN has no kernel for it, and it is not channels-last");
    if (!lowering_packed(l, 1, plain_weights(l, w), loop_weights(l, w), &weights))
        return unsupported(l, "the weights cannot be reordered");
    window_to_loop(window, &src.t, &l->dst.t, &params.w);
    struct place args[] = {src.place, weights, place_of(lowering_has(l, 2) ? 2 : OPERAND_none),
                           l->dst.place};
    if (!emit_loop_with_posts(l, is_transposed(l) ? &loop_conv_transpose : &loop_conv, &params,
                              sizeof params, 4, args, &l->dst, l->n_posts, l->posts))
        return unsupported(l, "what follows the convolution has no kernel");
    return 0;
}

int lower_conv(struct lowering *l)
{
    struct conv_weights weights;
    struct window window;
    if (l->dst.t.rank < 3 || l->dst.t.rank > 5)
        return unsupported(l, "convolutions have one to three spatial dimensions");
    read_weights(l, &weights);
    lowering_window(l, lowering_operand(l, 1).t.dims + 2, &window);
    if (conv_primitive(l, &window, &weights))
        return 0;
    return conv_loop(l, &window, &weights);
}

int lower_conv_transpose(struct lowering *l)
{
    return lower_conv(l);
}
