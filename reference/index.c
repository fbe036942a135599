// Reference of operators whose contents are places in another source, and of those that make
// contents of nothing but a shape.
#include "reference/kernels.h"

#include <string.h>

// Index as an element of a dimension of `size`, counted from the end if negative.
static int64_t checked_index(const struct reference_step *s, long double index, int64_t size)
{
    int64_t i = (int64_t)index + (index < 0 ? size : 0);
    if (i >= 0 && i < size)
        return i;
    step_refuse(s, "an index is outside of the data");
    return 0;
}

// dst: data with dimension `axis` replaced by those of indices.
static long double gather_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    const struct operand *data = &s->src[0], *indices = &s->src[1];
    int axis = node_axis(s->node, 0, data->t->rank);
    int64_t from[MAX_RANK];
    for (int d = 0; d < data->t->rank; d++)
        from[d] = d < axis ? at[d] : d > axis ? at[d - 1 + indices->t->rank] : 0;
    from[axis] = checked_index(s, operand_at(indices, at + axis), data->t->dims[axis]);
    return operand_at(data, from);
}

void reference_gather(const struct reference_step *s)
{
    each_element(s, gather_at, NULL);
}

static long double gather_elements_at(const struct reference_step *s, const int64_t *at,
                                      const void *unused)
{
    (void)unused;
    const struct operand *data = &s->src[0];
    int axis = node_axis(s->node, 0, data->t->rank);
    int64_t from[MAX_RANK];
    memcpy(from, at, sizeof from);
    from[axis] = checked_index(s, operand_at(&s->src[1], at), data->t->dims[axis]);
    return operand_at(data, from);
}

void reference_gather_elements(const struct reference_step *s)
{
    each_element(s, gather_elements_at, NULL);
}

// Reads a line of indices, at `row` but for its last dimension, as coordinates from dimension
// `first` of a tensor on. Returns how many it is.
static int read_place(const struct reference_step *s, const struct operand *indices,
                      const int64_t *row, const struct tensor *data, int first, int64_t *place)
{
    int last = indices->t->rank - 1, count = (int)indices->t->dims[last];
    int64_t at[MAX_RANK];
    memcpy(at, row, (size_t)last * sizeof *at);
    for (int k = 0; k < count; k++) {
        at[last] = k;
        place[k] = checked_index(s, operand_at(indices, at), data->dims[first + k]);
    }
    return count;
}

// indices: [batch..., i..., k]; dst: [batch..., i..., rest of data].
static long double gather_nd_at(const struct reference_step *s, const int64_t *at,
                                const void *unused)
{
    (void)unused;
    const struct operand *data = &s->src[0], *indices = &s->src[1];
    int batch = (int)node_int(s->node, ATTR_batch_dims, 0), own = indices->t->rank - 1;
    int64_t from[MAX_RANK];
    memcpy(from, at, (size_t)batch * sizeof *from);
    int d = batch + read_place(s, indices, at, data->t, batch, from + batch);
    for (int rest = own; d < data->t->rank; d++, rest++)
        from[d] = at[rest];
    return operand_at(data, from);
}

void reference_gather_nd(const struct reference_step *s)
{
    each_element(s, gather_nd_at, NULL);
}

static long double reduced(int64_t reduction, long double old, long double update)
{
    static const enum op ops[] = {
        [WORD_reduction_add] = OP_Add,
        [WORD_reduction_mul] = OP_Mul,
        [WORD_reduction_max] = OP_Max,
        [WORD_reduction_min] = OP_Min,
    };
    return reduction == WORD_reduction_none ? update
                                            : reference_apply_binary(ops[reduction], old, update);
}

static void scatter_one(const struct reference_step *s, const int64_t *to, long double update)
{
    long double *x = &s->out[tensor_index(s->dst, to)];
    *x = reduced(node_int(s->node, ATTR_reduction, WORD_reduction_none), *x, update);
}

// Sources: data, indices, updates, the last two of one shape. In the order of the updates.
void reference_scatter_elements(const struct reference_step *s)
{
    const struct operand *indices = &s->src[1];
    int axis = node_axis(s->node, 0, s->dst->rank);
    reference_copy(s);
    for (int64_t i = 0; i < tensor_elements(indices->t); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(indices->t, i, at);
        long double update = operand_at(&s->src[2], at);
        at[axis] = checked_index(s, operand_at(indices, at), s->dst->dims[axis]);
        scatter_one(s, at, update);
    }
}

// indices: [i..., k]; updates: [i..., rest of data].
void reference_scatter_nd(const struct reference_step *s)
{
    const struct operand *indices = &s->src[1], *updates = &s->src[2];
    int own = indices->t->rank - 1;
    reference_copy(s);
    for (int64_t i = 0; i < tensor_elements(updates->t); i++) {
        int64_t at[MAX_RANK], to[MAX_RANK];
        tensor_coordinates(updates->t, i, at);
        int d = read_place(s, indices, at, s->dst, 0, to);
        for (int rest = own; d < s->dst->rank; d++, rest++)
            to[d] = at[rest];
        scatter_one(s, to, operand_at(updates, at));
    }
}

// Sources: indices, depth, values [off, on]. The new dimension stands at `axis` of dst.
static long double onehot_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int axis = node_axis(s->node, -1, s->dst->rank);
    int64_t from[MAX_RANK], depth = s->dst->dims[axis];
    for (int d = 0; d < s->src[0].t->rank; d++)
        from[d] = at[d < axis ? d : d + 1];
    long double index = operand_at(&s->src[0], from);
    bool hit = index + (index < 0 ? (long double)depth : 0) == (long double)at[axis];
    return operand_element(&s->src[2], hit ? 1 : 0);
}

void reference_onehot(const struct reference_step *s)
{
    each_element(s, onehot_at, NULL);
}

// Sources: start, limit, delta.
static long double range_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    return operand_read(&s->src[0], 0) + (long double)at[0] * operand_read(&s->src[2], 0);
}

void reference_range(const struct reference_step *s)
{
    each_element(s, range_at, NULL);
}

static long double eye_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    return at[1] - at[0] == node_int(s->node, ATTR_k, 0);
}

void reference_eye(const struct reference_step *s)
{
    each_element(s, eye_at, NULL);
}

static long double fill_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)at, (void)unused;
    return (long double)node_float(s->node, ATTR_fill, 0);
}

void reference_fill(const struct reference_step *s)
{
    each_element(s, fill_at, NULL);
}

// Dimensions from `start` on: as many as dst has elements.
static long double shape_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int64_t rank = s->src[0].t->rank, start = node_int(s->node, ATTR_start, 0);
    start += start < 0 ? rank : 0;
    return (long double)s->src[0].t->dims[(start < 0 ? 0 : start) + at[0]];
}

void reference_shape(const struct reference_step *s)
{
    each_element(s, shape_at, NULL);
}

void reference_size(const struct reference_step *s)
{
    s->out[0] = (long double)tensor_elements(s->src[0].t);
}

// Coordinates of all that is not 0, one column each.
void reference_nonzero(const struct reference_step *s)
{
    const struct tensor *t = s->src[0].t;
    int64_t column = 0, n = s->dst->dims[1];
    for (int64_t i = 0; i < tensor_elements(t) && column < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(t, i, at);
        if (operand_at(&s->src[0], at) == 0)
            continue;
        for (int d = 0; d < t->rank; d++)
            s->out[d * n + column] = (long double)at[d];
        column++;
    }
}
