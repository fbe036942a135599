// Checks of normalisations.
#include "bricks/step_checks.h"

const char *check_batchnorm(const struct graph *g, const struct node *n)
{
    if (step_dst(g, n)->rank < 2)
        return "there is no channel dimension";
    for (int k = 1; k < 5; k++)
        if (!tensor_is_vector_of(step_src(g, n, k), step_dst(g, n)->dims[1]))
            return "a parameter does not fit the channels";
    return check_unary(g, n);
}

const char *check_lrn(const struct graph *g, const struct node *n)
{
    int64_t size = node_int(n, ATTR_size, 0);
    if (!tensor_is_spatial(step_dst(g, n)) || size < 1 || size > INT32_MAX)
        return "the size is no number of channels";
    return check_unary(g, n);
}

const char *check_softmax(const struct graph *g, const struct node *n)
{
    if (step_axis(n, -1, step_dst(g, n)->rank) == NONE)
        return "the axis is no dimension of the result";
    return check_unary(g, n);
}

const char *check_layernorm(const struct graph *g, const struct node *n)
{
    const struct tensor *to = step_dst(g, n), *shift = step_optional_src(g, n, 2);
    int axis = step_axis(n, -1, to->rank);
    if (axis == NONE)
        return "the axis is no dimension of the result";
    int64_t elements = dims_count(to->dims, axis, to->rank);
    if (tensor_elements(step_src(g, n, 1)) != elements ||
        (shift && tensor_elements(shift) != elements))
        return "a parameter does not fit the normalised dimensions";
    for (int k = 1; k < n->n_dst; k++)
        if (n->dst[k] != NONE &&
            tensor_elements(&g->values[n->dst[k]].t) != dims_count(to->dims, 0, axis))
            return "a statistic does not fit the other dimensions";
    return check_unary(g, n);
}

const char *check_lpnorm(const struct graph *g, const struct node *n)
{
    int64_t p = node_int(n, ATTR_p, 2);
    return p == 1 || p == 2 ? check_softmax(g, n) : "there is no such norm";
}

const char *check_groupnorm(const struct graph *g, const struct node *n)
{
    const struct tensor *to = step_dst(g, n);
    bool instance = n->op == OP_InstanceNormalization;
    if (to->rank < 3)
        return "there is no spatial dimension";
    int64_t groups = instance ? to->dims[1] : node_int(n, ATTR_num_groups, 1);
    if (groups < 1 || to->dims[1] % groups != 0)
        return "the channels cannot be divided into the groups";
    int64_t parameters = step_src(g, n, 1)->dims[0];
    for (int k = 1; k < 3; k++)
        if (!tensor_is_vector_of(step_src(g, n, k), parameters) ||
            (parameters != groups && parameters != to->dims[1]))
            return "a parameter does not fit the channels";
    return check_unary(g, n);
}
