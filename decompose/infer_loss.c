// Shapes of losses, which some exports of training keep.
#include "decompose/passes.h"

// Scores [N, C, d...] and the right class of each [N, d...].
int infer_nll_loss(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *classes = node_src_tensor(g, n, 1);
    struct tensor t = {.type = src->type, .rank = src->rank - 1};
    if (src->rank < 2)
        return node_fail(g, n, err, "'%s' of %s has no classes", value_name(g, n->src[0]).s,
                         dims_text(src).s);
    for (int i = 0; i < t.rank; i++)
        t.dims[i] = src->dims[i ? i + 1 : 0];
    if (!tensor_same_shape(&t, classes))
        return node_fail(g, n, err, "classes of %s do not fit '%s' of %s", dims_text(classes).s,
                         value_name(g, n->src[0]).s, dims_text(src).s);
    int64_t reduction = node_int(n, ATTR_loss_reduction, WORD_loss_reduction_mean);
    node_set_int(g, n, ATTR_loss_reduction, reduction);
    if (reduction != WORD_loss_reduction_none)
        t.rank = 0;
    return node_set_dst(g, n, 0, &t, err);
}

// The second result is the logarithm of the probabilities.
int infer_cross_entropy(struct graph *g, struct node *n, struct error *err)
{
    return infer_nll_loss(g, n, err) || node_set_dst(g, n, 1, node_src_tensor(g, n, 0), err) ? -1
                                                                                             : 0;
}
