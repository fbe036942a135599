// Concatenation and its opposite: rows of bytes, one piece of each part.
#include "runner/lower.h"

#include "bricks/step.h"

// Bytes of dimensions `axis` and what lies inside it, in the order of the tensor's bytes.
static size_t bytes_from_axis(const struct tensor *t, int axis)
{
    int64_t strides[MAX_RANK];
    tensor_strides(t, strides);
    return (size_t)(strides[axis] * t->dims[axis]) * type_bytes(t->type);
}

// The loop's parameters for n parts of `whole`, which have no bytes yet.
static struct loop_parts *make_parts(struct lowering *l, const struct tensor *whole, int n,
                                     size_t *bytes, int *axis)
{
    *axis = (int)node_int(l->n, ATTR_axis, 0);
    *axis += *axis < 0 ? whole->rank : 0;
    *bytes = sizeof(struct loop_parts) + sizeof(size_t) * (size_t)n;
    struct loop_parts *p = arena_alloc(&l->k->arena, *bytes);
    p->n = n;
    p->row_bytes = bytes_from_axis(whole, *axis);
    p->rows = (int64_t)(tensor_bytes(whole) / p->row_bytes);
    return p;
}

int lower_concat(struct lowering *l)
{
    int n = step_own_sources(l->n), axis;
    size_t bytes;
    struct loop_parts *p = make_parts(l, &l->dst.t, n, &bytes, &axis);
    struct place *args = arena_alloc(&l->k->arena, sizeof *args * (size_t)(n + 1));
    if (l->n_posts > 0)
        return unsupported(l, "nothing can be fused into it");
    for (int k = 0; k < n; k++) {
        struct operand src;
        if (!lowering_align(l, k, &src) || src.t.layout != l->dst.t.layout)
            return unsupported(l, "its sources do not have the layout of the result");
        p->piece_bytes[k] = bytes_from_axis(&src.t, axis);
        args[k] = src.place;
    }
    args[n] = l->dst.place;
    emit_loop(l, &loop_concat, p, bytes, n + 1, args);
    return 0;
}

int lower_split(struct lowering *l)
{
    struct operand src = lowering_operand(l, 0);
    int n = l->n->n_dst, axis;
    size_t bytes;
    struct loop_parts *p = make_parts(l, &src.t, n, &bytes, &axis);
    struct place *args = arena_alloc(&l->k->arena, sizeof *args * (size_t)(n + 1));
    if (l->n_posts > 0)
        return unsupported(l, "nothing can be fused into it");
    args[0] = src.place;
    for (int k = 0; k < n; k++) {
        if (l->n->dst[k] == NONE)
            return unsupported(l, "one of its results is left out");
        struct operand dst = lowering_operand(l, l->n->n_src + k);
        if (dst.t.layout != src.t.layout)
            return unsupported(l, "its results do not have the layout of the source");
        p->piece_bytes[k] = bytes_from_axis(&dst.t, axis);
        args[1 + k] = dst.place;
    }
    emit_loop(l, &loop_split, p, bytes, n + 1, args);
    return 0;
}
