// Pooling with a window, and global pooling as a window that covers the source.
#include "runner/lower.h"

#include <string.h>

static bool is_max(const struct lowering *l)
{
    return l->n->op == OP_MaxPool || l->n->op == OP_GlobalMaxPool;
}

// The p of a p-norm; 0 if it is none.
static int norm_of(const struct lowering *l)
{
    return op_has_attr(l->n->op, ATTR_p) ? (int)node_int(l->n, ATTR_p, 2) : 0;
}

// dst may be larger than the padding that was given allows, when its extent was rounded up: the
// last window then begins inside and reaches beyond. Returns true if any does.
static bool extend_padding(const struct tensor *src, const struct tensor *dst, struct window *w)
{
    bool extended = false;
    for (int i = 0; i < w->n; i++) {
        int64_t reach =
            (dst->dims[2 + i] - 1) * w->strides[i] + (w->kernel[i] - 1) * w->dilations[i] + 1;
        int64_t needed = reach - src->dims[2 + i] - w->begin[i];
        if (needed > w->end[i]) {
            w->end[i] = needed;
            extended = true;
        }
    }
    return extended;
}

static bool pool_primitive(struct lowering *l, const struct window *w, bool include_pad)
{
    struct step_spec s = {.prim = {.prim = PRIM_pooling}};
    struct operand src = lowering_operand(l, 0);
    s.prim.alg = is_max(l)     ? dnnl_pooling_max
                 : include_pad ? dnnl_pooling_avg_include_padding
                               : dnnl_pooling_avg_exclude_padding;
    window_to_prim(w, &s.prim);
    step_bind_operand(l, &s, DNNL_ARG_SRC, &src);
    step_bind_operand(l, &s, DNNL_ARG_DST, &l->dst);
    return emit_with_posts(l, &s, l->n_posts, l->posts);
}

static int pool_loop(struct lowering *l, const struct window *given, bool include_pad)
{
    struct operand src = lowering_operand(l, 0);
    struct loop_pool params = {
        .channels = src.t.dims[1],
        .max = is_max(l),
        .include_pad = include_pad,
        .p = norm_of(l),
        .padded_end = {1, 1, 1},
    };
    struct place args[] = {src.place, l->dst.place};
    if (!channels_innermost(&src.t) || !channels_innermost(&l->dst.t))
        return unsupported(l, "oneDNN has no kernel for it, and it is not channels-last");
    window_to_loop(given, &src.t, &l->dst.t, &params.w);
    for (int i = 0; i < given->n; i++)
        params.padded_end[3 - given->n + i] = src.t.dims[2 + i] + given->end[i];
    if (!emit_loop_with_posts(l, &loop_pool, &params, sizeof params, 2, args, &l->dst, l->n_posts,
                              l->posts))
        return unsupported(l, "what follows the pooling has no kernel");
    return 0;
}

static bool has_indices(const struct lowering *l)
{
    return l->n->n_dst > 1 && l->n->dst[1] != NONE;
}

static void emit_indices(struct lowering *l, const struct window *given)
{
    struct operand src = lowering_operand(l, 0), dst = lowering_operand(l, l->n->n_src + 1);
    struct loop_pool_indices params = {
        .channels = src.t.dims[1],
        .reversed = node_int(l->n, ATTR_storage_order, 0) != 0,
        .last = channels_innermost(&dst.t),
    };
    struct place args[] = {src.place, dst.place};
    window_to_loop(given, &src.t, &l->dst.t, &params.w);
    emit_loop_with_posts(l, &loop_pool_indices, &params, sizeof params, 2, args, &dst, 0, NULL);
}

int lower_pool(struct lowering *l)
{
    bool global = !op_has_attr(l->n->op, ATTR_kernel_shape);
    bool include_pad = node_int(l->n, ATTR_count_include_pad, 0) != 0;
    struct operand src = lowering_operand(l, 0);
    struct window given, w;
    if (src.t.rank < 3 || src.t.rank > 5)
        return unsupported(l, "pooling has one to three spatial dimensions");
    if (src.t.type != TYPE_f32)
        return unsupported(l, "only f32 can be computed with");
    if (has_indices(l) && !channels_innermost(&src.t))
        return unsupported(l, "its indices are wanted, and it is not channels-last");
    lowering_window(l, global ? src.t.dims + 2 : NULL, &given);
    if (has_indices(l))
        emit_indices(l, &given);
    w = given;
    // An average that counts padding does not count what lies beyond it; oneDNN's does.
    bool beyond = extend_padding(&src.t, &l->dst.t, &w) && include_pad;
    if (!beyond && !norm_of(l) && pool_primitive(l, &w, include_pad))
        return 0;
    return pool_loop(l, &given, include_pad);
}
