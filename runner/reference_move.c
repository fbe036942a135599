// Reference of operators that only move elements. They know every type.
#include "runner/reference_kernels.h"

static int64_t offset_at(const struct operand *o, const int64_t at[MAX_RANK])
{
    int64_t offset = 0;
    for (int d = 0; d < o->t->rank; d++)
        offset += at[d] * o->strides[d];
    return offset;
}

// The source that holds position *x of dst along the axis; *x becomes the position in it.
static const struct operand *concat_part(const struct reference_step *s, int axis, int64_t *x)
{
    const struct operand *part = s->src;
    while (*x >= part->t->dims[axis])
        *x -= part++->t->dims[axis];
    return part;
}

void reference_concat(const struct reference_step *s)
{
    int axis = (int)node_int(s->node, ATTR_axis, 1);
    axis += axis < 0 ? s->dst->rank : 0;
    int64_t n = tensor_elements(s->dst);
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        const struct operand *part = concat_part(s, axis, &at[axis]);
        s->out[i] = operand_read(part, offset_at(part, at));
    }
}

// Dimension d of dst is dimension perm[d] of src; by default the dimensions are reversed.
void reference_transpose(const struct reference_step *s)
{
    int given, rank = s->dst->rank;
    const int64_t *perm = node_ints(s->node, ATTR_perm, &given);
    int64_t n = tensor_elements(s->dst);
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK], from[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        for (int d = 0; d < rank; d++)
            from[given ? perm[d] : rank - 1 - d] = at[d];
        s->out[i] = operand_read(&s->src[0], offset_at(&s->src[0], from));
    }
}

void reference_reorder(const struct reference_step *s)
{
    int64_t n = tensor_elements(s->dst);
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        s->out[i] = operand_read(&s->src[0], offset_at(&s->src[0], at));
    }
}

// Channels seen as [groups, channels / groups] are transposed: ShuffleNet, arXiv 1707.01083.
void reference_shuffle(const struct reference_step *s)
{
    int64_t groups = node_int(s->node, ATTR_groups, 1);
    int64_t per_group = s->dst->dims[1] / groups;
    int64_t n = tensor_elements(s->dst);
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        at[1] = at[1] % groups * per_group + at[1] / groups;
        s->out[i] = operand_read(&s->src[0], offset_at(&s->src[0], at));
    }
}
