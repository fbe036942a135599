// Normalisations: batch normalisation with fixed statistics, LRN, softmax.
#include "runner/lower.h"

static int finish_loop(struct lowering *l, const struct loop *loop, const void *params,
                       size_t bytes, int n_args, struct place *args)
{
    if (emit_loop_with_posts(l, loop, params, bytes, n_args, args, &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "what follows the step has no kernel");
}

// ---- batch normalisation -------------------------------------------------------------------

static bool batchnorm_primitive(struct lowering *l, float epsilon)
{
    static const int args[] = {DNNL_ARG_SRC, DNNL_ARG_SCALE, DNNL_ARG_SHIFT, DNNL_ARG_MEAN,
                               DNNL_ARG_VARIANCE};
    struct step_spec s = {.prim = {.prim = PRIM_batch_normalization, .epsilon = epsilon}};
    for (int k = 0; k < 5; k++) {
        struct operand o = lowering_operand(l, k);
        step_bind_operand(l, &s, args[k], &o);
    }
    step_bind_operand(l, &s, DNNL_ARG_DST, &l->dst);
    return emit_with_posts(l, &s, l->n_posts, l->posts);
}

int lower_batchnorm(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    float epsilon = node_float(l->n, ATTR_epsilon, 1e-5f);
    if (t->rank < 2)
        return unsupported(l, "there is no channel dimension");
    if (batchnorm_primitive(l, epsilon))
        return 0;
    bool last = channels_innermost(t);
    int64_t spatial = dims_count(t->dims, 2, t->rank);
    struct loop_batchnorm params = {
        .outer = last ? t->dims[0] * spatial : t->dims[0],
        .channels = t->dims[1],
        .inner = last ? 1 : spatial,
        .epsilon = epsilon,
    };
    struct place args[] = {place_of(0), place_of(1), place_of(2),
                           place_of(3), place_of(4), l->dst.place};
    return finish_loop(l, &loop_batchnorm, &params, sizeof params, 6, args);
}

// ---- LRN -----------------------------------------------------------------------------------

static bool lrn_primitive(struct lowering *l, const struct loop_lrn *p, int64_t size)
{
    if (p->before != p->after)
        return false; // oneDNN centres windows of even size otherwise than ONNX
    struct step_spec s = {.prim = {.prim = PRIM_lrn, .alg = dnnl_lrn_across_channels}};
    struct operand src = lowering_operand(l, 0);
    s.prim.size = size;
    s.prim.alpha = p->alpha * (float)size;
    s.prim.beta = p->beta;
    s.prim.k = p->bias;
    step_bind_operand(l, &s, DNNL_ARG_SRC, &src);
    step_bind_operand(l, &s, DNNL_ARG_DST, &l->dst);
    return emit_with_posts(l, &s, l->n_posts, l->posts);
}

int lower_lrn(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    int64_t size = node_int(l->n, ATTR_size, 1);
    struct loop_lrn params = {
        .rows = tensor_elements(t) / t->dims[1],
        .channels = t->dims[1],
        .before = (size - 1) / 2,
        .after = size / 2,
        .alpha = node_float(l->n, ATTR_alpha, 1e-4f) / (float)size,
        .beta = node_float(l->n, ATTR_lrn_beta, 0.75f),
        .bias = node_float(l->n, ATTR_bias, 1),
    };
    struct place args[] = {place_of(0), l->dst.place};
    if (lrn_primitive(l, &params, size))
        return 0;
    if (!channels_innermost(t))
        return unsupported(l, "oneDNN has no kernel for it, and it is not channels-last");
    return finish_loop(l, &loop_lrn, &params, sizeof params, 2, args);
}

// ---- softmax -------------------------------------------------------------------------------

int lower_softmax(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    int64_t axis = node_int(l->n, ATTR_axis, -1);
    axis += axis < 0 ? t->rank : 0;
    struct step_spec s = {.prim = {.prim = PRIM_softmax, .axis = (int)axis}};
    struct operand src = lowering_operand(l, 0);
    step_bind_operand(l, &s, DNNL_ARG_SRC, &src);
    step_bind_operand(l, &s, DNNL_ARG_DST, &l->dst);
    if (emit_with_posts(l, &s, l->n_posts, l->posts))
        return 0;
    if (t->layout != LAYOUT_row && !tensor_layouts_coincide(t))
        return unsupported(l, "oneDNN has no kernel for it, and it is not row-major");
    struct loop_softmax params = {
        .outer = dims_count(t->dims, 0, (int)axis),
        .n = t->dims[axis],
        .inner = dims_count(t->dims, (int)axis + 1, t->rank),
    };
    struct place args[] = {src.place, l->dst.place};
    return finish_loop(l, &loop_softmax, &params, sizeof params, 2, args);
}
