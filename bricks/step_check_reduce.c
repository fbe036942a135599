// Checks of reductions and of what runs along an axis.
#include "bricks/step_checks.h"

// The result of leaving out the dimensions marked gone, or of keeping them with extent 1.
static bool is_reduced(const struct tensor *from, unsigned gone, const struct tensor *to)
{
    struct tensor left = {0}, kept = *from;
    for (int i = 0; i < from->rank; i++) {
        if (gone >> i & 1)
            kept.dims[i] = 1;
        else
            left.dims[left.rank++] = from->dims[i];
    }
    return tensor_same_shape(&left, to) || tensor_same_shape(&kept, to);
}

const char *check_reduce(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    int count;
    unsigned gone = 0;
    const int64_t *axes = node_ints(n, ATTR_axes, &count);
    for (int i = 0; i < count; i++) {
        if (axes[i] < 0 || axes[i] >= from->rank)
            return "an axis is no dimension of the source";
        gone |= 1u << axes[i];
    }
    return unless(from->type == to->type && is_reduced(from, gone, to),
                  "the result does not fit source and axes");
}

const char *check_arg(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    int64_t axis = node_int(n, ATTR_axis, 0);
    if (axis < 0 || axis >= from->rank || to->type != TYPE_s64)
        return "the axis is no dimension of the source, or the result no index";
    return unless(is_reduced(from, 1u << axis, to), "the result does not fit source and axis");
}

const char *check_topk(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    int64_t axis = node_int(n, ATTR_axis, 0);
    if (axis < 0 || axis >= from->rank || to->rank != from->rank || to->type != from->type ||
        to->dims[axis] > from->dims[axis])
        return "the result does not fit source and axis";
    struct tensor all = *to;
    all.dims[axis] = from->dims[axis];
    if (!tensor_same_shape(&all, from))
        return "the result does not fit source and axis";
    if (n->n_dst < 2 || n->dst[1] == NONE)
        return NULL;
    const struct tensor *indices = &g->values[n->dst[1]].t;
    return unless(indices->type == TYPE_s64 && tensor_same_shape(indices, to) &&
                      tensor_is_row_major(indices),
                  "the indices do not fit the values");
}

const char *check_hardmax(const struct graph *g, const struct node *n)
{
    return check_cumsum(g, n);
}

const char *check_cumsum(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    int64_t axis = node_int(n, ATTR_axis, 0);
    return unless(axis >= 0 && axis < from->rank && tensor_same_shape(from, to) &&
                      from->type == to->type,
                  "the result does not fit source and axis");
}
