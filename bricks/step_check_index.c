// Checks of steps that read or write where indices say. What the indices are is only known at run
// time; the loops keep them inside.
#include "bricks/step_checks.h"

static bool is_index(const struct tensor *t)
{
    return t->type == TYPE_s32 || t->type == TYPE_s64;
}

// The axis as shape inference leaves it, or NONE if there is no such dimension.
static int plain_axis(const struct node *n, int rank)
{
    int64_t axis = node_int(n, ATTR_axis, 0);
    return axis >= 0 && axis < rank ? (int)axis : NONE;
}

// True if t's dimensions from `at` on begin with those of `part` in [first, end).
static bool holds(const struct tensor *t, int at, const struct tensor *part, int first, int end)
{
    bool fits = at + end - first <= t->rank;
    for (int i = first; fits && i < end; i++)
        fits = t->dims[at + i - first] == part->dims[i];
    return fits;
}

const char *check_gather(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *indices = step_src(g, n, 1),
                        *to = step_dst(g, n);
    int axis = plain_axis(n, from->rank);
    if (axis == NONE || !is_index(indices) || from->type != to->type)
        return "axis, indices and types do not fit each other";
    return unless(to->rank == from->rank - 1 + indices->rank && holds(to, 0, from, 0, axis) &&
                      holds(to, axis, indices, 0, indices->rank) &&
                      holds(to, axis + indices->rank, from, axis + 1, from->rank),
                  "the result does not fit source and indices");
}

// How many of the source's dimensions from `batch` on the tuples index, or NONE if they do not fit.
static int tuple_size(const struct tensor *from, const struct tensor *indices, int64_t batch)
{
    if (!is_index(indices) || batch < 0 || batch >= indices->rank || batch >= from->rank ||
        !holds(indices, 0, from, 0, (int)batch))
        return NONE;
    int64_t size = indices->dims[indices->rank - 1];
    return size <= from->rank - batch ? (int)size : NONE;
}

const char *check_gather_nd(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *indices = step_src(g, n, 1),
                        *to = step_dst(g, n);
    int64_t batch = node_int(n, ATTR_batch_dims, 0);
    int size = tuple_size(from, indices, batch), first = (int)batch + size;
    if (size == NONE || from->type != to->type)
        return "indices and types do not fit each other";
    return unless(to->rank == indices->rank - 1 + from->rank - first &&
                      holds(to, 0, indices, 0, indices->rank - 1) &&
                      holds(to, indices->rank - 1, from, first, from->rank),
                  "the result does not fit source and indices");
}

// Whether t lies within `whole` in all dimensions but the axis.
static bool is_within(const struct tensor *t, const struct tensor *whole, int axis)
{
    bool fits = t->rank == whole->rank;
    for (int i = 0; fits && i < t->rank; i++)
        fits = i == axis || t->dims[i] <= whole->dims[i];
    return fits;
}

const char *check_gather_elements(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *indices = step_src(g, n, 1),
                        *to = step_dst(g, n);
    int axis = plain_axis(n, from->rank);
    if (axis == NONE || !is_index(indices) || from->type != to->type)
        return "axis, indices and types do not fit each other";
    return unless(is_within(indices, from, axis) && tensor_same_shape(indices, to),
                  "the result does not fit source and indices");
}

static const char *check_scatter(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *updates = step_src(g, n, 2),
                        *to = step_dst(g, n);
    int64_t reduction = node_int(n, ATTR_reduction, WORD_reduction_none);
    if (!is_index(step_src(g, n, 1)) || from->type != to->type || updates->type != to->type)
        return "indices and types do not fit each other";
    if (reduction < WORD_reduction_none || reduction > WORD_reduction_min)
        return "there is no such reduction";
    return unless(tensor_same_shape(from, to), "the result has not the shape of the source");
}

const char *check_scatter_nd(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *indices = step_src(g, n, 1),
                        *updates = step_src(g, n, 2);
    int size = tuple_size(from, indices, 0);
    if (size == NONE || updates->rank != indices->rank - 1 + from->rank - size ||
        !holds(updates, 0, indices, 0, indices->rank - 1) ||
        !holds(updates, indices->rank - 1, from, size, from->rank))
        return "the updates do not fit source and indices";
    return check_scatter(g, n);
}

const char *check_scatter_elements(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *indices = step_src(g, n, 1);
    int axis = plain_axis(n, from->rank);
    if (axis == NONE || !is_within(indices, from, axis) ||
        !tensor_same_shape(indices, step_src(g, n, 2)))
        return "the updates do not fit source and indices";
    return check_scatter(g, n);
}

const char *check_reverse_sequence(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *lengths = step_src(g, n, 1);
    int64_t time = node_int(n, ATTR_time_axis, 0), batch = node_int(n, ATTR_batch_axis, 1);
    if (!tensor_equal(from, step_dst(g, n)) || !is_index(lengths))
        return "source, lengths and result do not fit each other";
    if (time < 0 || time >= from->rank || batch < 0 || batch >= from->rank || time == batch)
        return "an axis is no dimension of the source";
    return unless(tensor_is_vector_of(lengths, from->dims[batch]),
                  "there is not one length for each of the batch");
}

const char *check_one_hot(const struct graph *g, const struct node *n)
{
    const struct tensor *indices = step_src(g, n, 0), *to = step_dst(g, n),
                        *values = step_optional_src(g, n, 2);
    int axis = step_axis(n, -1, to->rank);
    if (!is_index(indices) && indices->type != TYPE_f32)
        return "its indices have another type";
    if (!values || tensor_elements(values) != 2 || values->type != to->type)
        return "its values are not two of the result's type";
    return unless(axis != NONE && to->rank == indices->rank + 1 && holds(to, 0, indices, 0, axis) &&
                      holds(to, axis + 1, indices, axis, indices->rank),
                  "the result does not fit the indices");
}
