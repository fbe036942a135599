// Shapes of operators that only move or rename elements.
#include "decompose/passes.h"

#include <string.h>

// Sources without elements, unless all are.
static void leave_out_empty_sources(const struct graph *g, struct node *n)
{
    int kept = 0;
    for (int k = 0; k < n->n_src; k++)
        if (tensor_elements(node_src_tensor(g, n, k)) > 0)
            n->src[kept++] = n->src[k];
    n->n_src = kept ? kept : n->n_src;
}

int infer_concat(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    if (g->opset >= 4 && !node_has(n, ATTR_axis))
        return node_fail(g, n, err, "axis is missing");
    if (node_normal_axis(g, n, 1, t.rank, err))
        return -1;
    int64_t axis = node_int(n, ATTR_axis, 0);
    for (int k = 1; k < n->n_src; k++) {
        const struct tensor *next = node_src_tensor(g, n, k);
        if (!next)
            return node_fail(g, n, err, "its input %d is missing", k);
        struct tensor expected = t;
        if (next->rank == t.rank)
            expected.dims[axis] = next->dims[axis];
        if (!tensor_same_shape(&expected, next) || expected.type != next->type)
            return node_fail(g, n, err, "'%s' of %s cannot be joined to %s along dimension %lld",
                             value_name(g, n->src[k]).s, dims_text(next).s, dims_text(&t).s,
                             (long long)axis);
        t.dims[axis] += next->dims[axis];
    }
    leave_out_empty_sources(g, n);
    return node_set_dst(g, n, 0, &t, err);
}

// Reads perm, by default the dimensions in reverse; false if it is no permutation.
static bool read_perm(const struct node *n, int rank, int64_t *perm)
{
    bool seen[MAX_RANK] = {false};
    int given;
    const int64_t *ints = node_ints(n, ATTR_perm, &given);
    if (given && given != rank)
        return false;
    for (int i = 0; i < rank; i++) {
        perm[i] = given ? ints[i] : rank - 1 - i;
        if (perm[i] < 0 || perm[i] >= rank || seen[perm[i]])
            return false;
        seen[perm[i]] = true;
    }
    return true;
}

int infer_transpose(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    int64_t perm[MAX_RANK];
    if (!read_perm(n, src->rank, perm))
        return node_fail(g, n, err, "perm is no permutation of the dimensions of %s",
                         dims_text(src).s);
    struct tensor t = *src;
    for (int i = 0; i < t.rank; i++)
        t.dims[i] = src->dims[perm[i]];
    node_set_ints(g, n, ATTR_perm, t.rank, perm);
    return node_set_dst(g, n, 0, &t, err);
}

// Puts in what 0 (the source's dimension) and -1 (what is left) stand for; t->dims holds the
// shape as asked for. False if it cannot hold as many elements as src.
static bool resolve_shape(const struct tensor *src, bool allow_zero, struct tensor *t)
{
    int rest = NONE;
    int64_t known = 1, elements = tensor_elements(src);
    for (int i = 0; i < t->rank; i++) {
        if (t->dims[i] == 0 && !allow_zero) {
            if (i >= src->rank)
                return false;
            t->dims[i] = src->dims[i];
        }
        if (t->dims[i] == -1 && rest == NONE)
            rest = i;
        else if (t->dims[i] < 0 || __builtin_mul_overflow(known, t->dims[i], &known))
            return false;
    }
    if (rest == NONE)
        return known == elements;
    if (known == 0 || elements % known)
        return false;
    t->dims[rest] = elements / known;
    return true;
}

int infer_reshape(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    struct tensor t = {.type = src->type};
    if (node_src_ints(g, n, 1, "shape", t.dims, &t.rank, err))
        return -1;
    struct tensor asked = t;
    if (!resolve_shape(src, node_int(n, ATTR_allowzero, 0) != 0, &t))
        return node_fail(g, n, err, "'%s' of %s cannot take the shape %s",
                         value_name(g, n->src[0]).s, dims_text(src).s, dims_text(&asked).s);
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_flatten(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    int64_t axis = node_int(n, ATTR_axis, 1);
    if (axis < 0)
        axis += src->rank;
    if (axis < 0 || axis > src->rank)
        return node_fail(g, n, err, "axis %lld does not split the dimensions of %s",
                         (long long)node_int(n, ATTR_axis, 1), dims_text(src).s);
    struct tensor t = {
        .type = src->type,
        .rank = 2,
        .dims = {dims_count(src->dims, 0, (int)axis), dims_count(src->dims, (int)axis, src->rank)}};
    return node_set_dst(g, n, 0, &t, err);
}

// Marks those of `rank` dimensions that axes names.
static int read_axes(const struct graph *g, const struct node *n, int rank, bool named[MAX_RANK],
                     int *count, struct error *err)
{
    int64_t axes[MAX_RANK];
    if (node_axes(g, n, 1, rank, axes, count, err))
        return -1;
    memset(named, 0, MAX_RANK * sizeof *named);
    for (int i = 0; i < *count; i++)
        named[axes[i]] = true;
    return 0;
}

int infer_squeeze(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    bool named[MAX_RANK];
    int count;
    if (read_axes(g, n, src->rank, named, &count, err))
        return -1;
    struct tensor t = {.type = src->type};
    for (int i = 0; i < src->rank; i++) {
        if (named[i] && src->dims[i] != 1)
            return node_fail(g, n, err, "dimension %d of %s is not 1", i, dims_text(src).s);
        if (count ? !named[i] : src->dims[i] != 1)
            t.dims[t.rank++] = src->dims[i];
    }
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_unsqueeze(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    bool named[MAX_RANK];
    int count;
    int given = 0;
    if (node_src(n, 1) != NONE)
        given = (int)tensor_elements(node_src_tensor(g, n, 1));
    else
        node_ints(n, ATTR_axes, &given);
    if (given < 0 || src->rank + given > MAX_RANK)
        return node_fail(g, n, err, "a result of %d dimensions is not supported",
                         src->rank + given);
    struct tensor t = {.type = src->type, .rank = src->rank + given};
    if (read_axes(g, n, t.rank, named, &count, err))
        return -1;
    for (int i = 0, from = 0; i < t.rank; i++)
        t.dims[i] = named[i] ? 1 : src->dims[from++];
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}
