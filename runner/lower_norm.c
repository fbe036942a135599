// Normalisations: with fixed statistics, across neighbours, along dimensions, of groups of
// channels.
#include "runner/lower.h"

#include "runner/loops_map.h"

static int finish_loop(struct lowering *l, const struct loop *loop, const void *params,
                       size_t bytes, int n_args, struct place *args)
{
    if (emit_loop_with_posts(l, loop, params, bytes, n_args, args, &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "what follows the step has no kernel");
}

// The first post as a function for the loop that computes the result; false if it is none.
static bool take_first_post(const struct lowering *l, struct loop_then *then)
{
    const struct fused *f = l->posts;
    int map = l->n_posts > 0 && f->kind == PRIM_POST_eltwise ? map_of_op(l->n->posts->op) : -1;
    if (map < 0)
        return false;
    then->block = map_info((enum map)map)->block[MAP_f32][lowering_isa(l)];
    then->parameters[0] = (double)f->alpha;
    then->parameters[1] = (double)f->beta;
    return then->block != NULL;
}

// The last of the loops for channels-last tensors: what the others made of each channel.
static int finish_channels(struct lowering *l, struct loop_groupnorm *p, struct place factors)
{
    struct place args[] = {place_of(0), factors, l->dst.place};
    int taken = take_first_post(l, &p->then);
    if (emit_loop_with_posts(l, &loop_scale_channels, p, sizeof *p, 3, args, &l->dst,
                             l->n_posts - taken, l->posts + taken))
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

static int batchnorm_last(struct lowering *l, float epsilon)
{
    const struct tensor *t = &l->dst.t;
    struct loop_groupnorm params = {
        .n = 1,
        .pixels = tensor_elements(t) / t->dims[1],
        .channels = t->dims[1],
        .epsilon = epsilon,
    };
    size_t factors = sizeof(float) * 2 * (size_t)params.channels;
    struct operand made = {.place = lowering_temporary(l, factors), .t = *t};
    struct place args[] = {place_of(1), place_of(2), place_of(3), place_of(4), made.place};
    emit_loop_with_posts(l, &loop_batch_factors, &params, sizeof params, 5, args, &made, 0, NULL);
    return finish_channels(l, &params, made.place);
}

// Channels-last it is our loops, which divide the pixels among threads as others do: behind
// oneDNN's with a Relu the next convolution found its source in the caches of other threads
// (DenseNet-121, Zen 5, two threads: convolutions 13.5 ms instead of 12.7).
int lower_batchnorm(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    float epsilon = node_float(l->n, ATTR_epsilon, 1e-5f);
    if (t->rank < 2)
        return unsupported(l, "there is no channel dimension");
    if (channels_innermost(t) && tensor_elements(t) > 0)
        return batchnorm_last(l, epsilon);
    if (batchnorm_primitive(l, epsilon))
        return 0;
    struct loop_batchnorm params = {
        .outer = t->dims[0],
        .channels = t->dims[1],
        .inner = dims_count(t->dims, 2, t->rank),
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

static bool softmax_primitive(struct lowering *l, dnnl_alg_kind_t alg, const struct operand *src,
                              const struct operand *dst, int axis, int n, const struct fused *posts)
{
    struct step_spec s = {.prim = {.prim = PRIM_softmax, .alg = alg, .axis = axis}};
    step_bind_operand(l, &s, DNNL_ARG_SRC, src);
    step_bind_operand(l, &s, DNNL_ARG_DST, dst);
    return emit_with_posts(l, &s, n, posts);
}

bool emit_softmax(struct lowering *l, dnnl_alg_kind_t alg, const struct operand *src,
                  const struct operand *dst, int axis, int n, const struct fused *posts)
{
    const struct tensor *t = &dst->t;
    if (softmax_primitive(l, alg, src, dst, axis, n, posts))
        return true;
    struct loop_softmax params = {
        .outer = dims_count(t->dims, 0, axis),
        .n = t->dims[axis],
        .inner = dims_count(t->dims, axis + 1, t->rank),
        .log = alg == dnnl_softmax_log,
    };
    struct place args[] = {src->place, dst->place};
    bool row_major = t->layout == LAYOUT_row || tensor_layouts_coincide(t);
    return row_major &&
           emit_loop_with_posts(l, &loop_softmax, &params, sizeof params, 2, args, dst, n, posts);
}

// oneDNN's softmax of nothing but -INFINITY is NaN.
bool emit_blind_softmax(struct lowering *l, const struct operand *rows)
{
    const struct tensor *t = &rows->t;
    struct loop_softmax params = {
        .outer = dims_count(t->dims, 0, t->rank - 1),
        .n = t->dims[t->rank - 1],
        .inner = 1,
        .blind_zero = true,
    };
    struct place args[] = {rows->place, rows->place};
    return emit_loop_with_posts(l, &loop_softmax, &params, sizeof params, 2, args, rows, 0, NULL);
}

int lower_softmax(struct lowering *l)
{
    int64_t axis = node_int(l->n, ATTR_axis, -1);
    struct operand src = lowering_operand(l, 0);
    dnnl_alg_kind_t alg = l->n->op == OP_LogSoftmax ? dnnl_softmax_log : dnnl_softmax_accurate;
    axis += axis < 0 ? l->dst.t.rank : 0;
    if (emit_softmax(l, alg, &src, &l->dst, (int)axis, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "oneDNN has no kernel for it, and it is not row-major");
}

// ---- along the last dimensions -------------------------------------------------------------

static const struct md *rows_md(struct lowering *l, int rank, int64_t rows, int64_t n)
{
    int64_t dims[] = {rows, n}, strides[] = {n, 1};
    return lowering_keep(l, md_strides(TYPE_f32, rank, dims + 2 - rank, strides + 2 - rank));
}

static bool layernorm_primitive(struct lowering *l, const struct loop_layernorm *p)
{
    static const int args[] = {DNNL_ARG_SRC, DNNL_ARG_SCALE, DNNL_ARG_SHIFT};
    struct step_spec s = {.prim = {.prim = PRIM_layer_normalization, .epsilon = p->epsilon}};
    for (int k = 0; k < 3; k++)
        if (lowering_has(l, k))
            step_bind(&s, args[k], rows_md(l, k ? 1 : 2, p->rows, p->n), place_of(k));
    step_bind(&s, DNNL_ARG_DST, rows_md(l, 2, p->rows, p->n), l->dst.place);
    s.dst = l->dst;
    s.reshaped = true;
    return emit_with_posts(l, &s, l->n_posts, l->posts);
}

// Result k of a LayerNormalization: 1 the means, 2 the factors. SimplifiedLayerNormalization has
// the factors as result 1.
static struct place statistic(const struct lowering *l, int k)
{
    bool given = k > 0 && k < l->n->n_dst && l->n->dst[k] != NONE;
    return place_of(given ? l->n->n_src + k : OPERAND_none);
}

// oneDNN's gives no statistics and always centres.
int lower_layernorm(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    int64_t axis = node_int(l->n, ATTR_axis, -1);
    axis += axis < 0 ? t->rank : 0;
    struct loop_layernorm params = {
        .rows = dims_count(t->dims, 0, (int)axis),
        .n = dims_count(t->dims, (int)axis, t->rank),
        .centred = l->n->op == OP_LayerNormalization,
        .epsilon = node_float(l->n, ATTR_epsilon, 1e-5f),
    };
    struct place mean = statistic(l, params.centred ? 1 : 0);
    struct place factor = statistic(l, params.centred ? 2 : 1);
    bool plain = mean.operand == OPERAND_none && factor.operand == OPERAND_none;
    if (params.centred && plain && layernorm_primitive(l, &params))
        return 0;
    struct place shift = place_of(lowering_has(l, 2) ? 2 : OPERAND_none);
    struct place args[] = {place_of(0), place_of(1), shift, mean, factor, l->dst.place};
    return finish_loop(l, &loop_layernorm, &params, sizeof params, 6, args);
}

int lower_lpnorm(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    int64_t axis = node_int(l->n, ATTR_axis, -1);
    axis += axis < 0 ? t->rank : 0;
    struct loop_lpnorm params = {
        .outer = dims_count(t->dims, 0, (int)axis),
        .n = t->dims[axis],
        .inner = dims_count(t->dims, (int)axis + 1, t->rank),
        .p = (int)node_int(l->n, ATTR_p, 2),
    };
    struct place args[] = {place_of(0), l->dst.place};
    return finish_loop(l, &loop_lpnorm, &params, sizeof params, 2, args);
}

// ---- over the pixels of groups of channels -------------------------------------------------

// Sums of slices of the pixels, what they make of each channel, and the normalisation.
int lower_groupnorm(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    bool instance = l->n->op == OP_InstanceNormalization;
    struct loop_groupnorm params = {
        .n = t->dims[0],
        .pixels = dims_count(t->dims, 2, t->rank),
        .channels = t->dims[1],
        .groups = instance ? t->dims[1] : node_int(l->n, ATTR_num_groups, 1),
        .parameters = tensor_elements(&l->g->values[l->n->src[1]].t),
        .epsilon = node_float(l->n, ATTR_epsilon, 1e-5f),
    };
    if (!channels_innermost(t))
        return unsupported(l, "it is not channels-last");
    size_t sums = sizeof(float) * (size_t)(params.n * LOOP_SLICES * 2 * params.channels);
    struct operand partial = {.place = lowering_temporary(l, sums), .t = *t};
    struct place first[] = {place_of(0), partial.place};
    struct place second[] = {place_of(0), place_of(1), place_of(2), partial.place};
    emit_loop_with_posts(l, &loop_group_sums, &params, sizeof params, 2, first, &partial, 0, NULL);
    emit_loop_with_posts(l, &loop_group_factors, &params, sizeof params, 4, second, &partial, 0,
                         NULL);
    return finish_channels(l, &params, partial.place);
}
