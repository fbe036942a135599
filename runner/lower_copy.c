// Steps that only move bytes: oneDNN's reorder over strides where it has a good one, loops of our
// own otherwise, for items of any type.
#include "runner/lower.h"

#include "bricks/step.h"

// Moves dims[...] items from one set of strides to another.
static int move(struct lowering *l, int rank, const int64_t *dims,
                const int64_t strides[2][MAX_RANK])
{
    size_t bytes = type_bytes(l->dst.t.type);
    enum type type = bytes == 4 ? TYPE_f32 : bytes == 1 ? TYPE_u8 : TYPE_none;
    struct step_spec s = {.prim = {.prim = PRIM_reorder}, .dst = l->dst, .reshaped = true};
    if (type != TYPE_none) {
        step_bind(&s, DNNL_ARG_SRC, lowering_keep(l, md_strides(type, rank, dims, strides[0])),
                  place_of(0));
        step_bind(&s, DNNL_ARG_DST, lowering_keep(l, md_strides(type, rank, dims, strides[1])),
                  l->dst.place);
        if (emit_with_posts(l, &s, l->n_posts, l->posts))
            return 0;
    }
    struct loop_nest nest;
    struct place args[] = {place_of(0), l->dst.place};
    loop_nest_make(&nest, 2, rank, dims, strides, bytes);
    if (emit_loop_with_posts(l, &loop_copy, &nest, sizeof nest, 2, args, &l->dst, l->n_posts,
                             l->posts))
        return 0;
    return unsupported(l, "what follows it has no kernel");
}

int lower_reorder(struct lowering *l)
{
    struct tensor src = lowering_operand(l, 0).t;
    int64_t strides[2][MAX_RANK];
    tensor_strides(&src, strides[0]);
    tensor_strides(&l->dst.t, strides[1]);
    return move(l, src.rank, src.dims, strides);
}

int lower_transpose(struct lowering *l)
{
    struct tensor src = lowering_operand(l, 0).t;
    int64_t strides[2][MAX_RANK], from[MAX_RANK], one = 1;
    int n;
    const int64_t *perm = node_ints(l->n, ATTR_perm, &n);
    tensor_strides(&src, from);
    tensor_strides(&l->dst.t, strides[1]);
    for (int i = 0; i < src.rank; i++) // dst dimension i is src dimension perm[i]
        strides[0][i] = from[n > 0 ? perm[i] : src.rank - 1 - i];
    if (src.rank == 0)
        return move(l, 1, &one, (const int64_t[2][MAX_RANK]){{1}, {1}});
    return move(l, src.rank, l->dst.t.dims, strides);
}

// Channels [groups][rest] become [rest][groups].
int lower_shuffle(struct lowering *l)
{
    struct tensor src = lowering_operand(l, 0).t;
    int64_t groups = node_int(l->n, ATTR_groups, 1), rest = src.dims[1] / groups;
    int64_t dims[MAX_RANK], from[MAX_RANK], to[MAX_RANK], strides[2][MAX_RANK];
    if (src.rank < 2 || src.rank >= MAX_RANK || rest * groups != src.dims[1])
        return unsupported(l, "its channels cannot be divided into the groups");
    tensor_strides(&src, from);
    tensor_strides(&l->dst.t, to);
    dims[0] = src.dims[0];
    dims[1] = rest;
    dims[2] = groups;
    strides[0][0] = from[0];
    strides[0][1] = from[1];
    strides[0][2] = from[1] * rest;
    strides[1][0] = to[0];
    strides[1][1] = to[1] * groups;
    strides[1][2] = to[1];
    for (int i = 2; i < src.rank; i++) {
        dims[i + 1] = src.dims[i];
        strides[0][i + 1] = from[i];
        strides[1][i + 1] = to[i];
    }
    return move(l, src.rank + 1, dims, strides);
}

// Bytes of dimensions `axis` and what lies inside it, in the order of the tensor's bytes.
static size_t bytes_from_axis(const struct tensor *t, int axis)
{
    int64_t strides[MAX_RANK];
    tensor_strides(t, strides);
    return (size_t)(strides[axis] * t->dims[axis]) * type_bytes(t->type);
}

int lower_concat(struct lowering *l)
{
    const struct tensor *dst = &l->dst.t;
    int n = step_own_sources(l->n);
    int64_t axis = node_int(l->n, ATTR_axis, 0);
    axis += axis < 0 ? dst->rank : 0;
    if (l->n_posts > 0)
        return unsupported(l, "nothing can be fused into it");
    size_t bytes = sizeof(struct loop_concat) + sizeof(size_t) * (size_t)n;
    struct loop_concat *params = arena_alloc(&l->k->arena, bytes);
    struct place *args = arena_alloc(&l->k->arena, sizeof *args * (size_t)(n + 1));
    params->n = n;
    params->row_bytes = bytes_from_axis(dst, (int)axis);
    params->rows = (int64_t)(tensor_bytes(dst) / params->row_bytes);
    for (int k = 0; k < n; k++) {
        struct operand src;
        if (!lowering_align(l, k, &src) || src.t.layout != dst->layout)
            return unsupported(l, "its sources do not have the layout of the result");
        params->piece_bytes[k] = bytes_from_axis(&src.t, (int)axis);
        args[k] = src.place;
    }
    args[n] = l->dst.place;
    return emit_loop_with_posts(l, &loop_concat, params, bytes, n + 1, args, &l->dst, 0, NULL)
               ? 0
               : unsupported(l, "it cannot be emitted");
}
