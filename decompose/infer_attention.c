// Shapes of attention.
#include "decompose/passes.h"

// Sources 0 to 2 as [batch, heads, sequence, size] whatever their rank; false if they are neither
// that nor [batch, sequence, heads * size].
static bool read_heads(const struct graph *g, const struct node *n, int k, enum attr_key heads,
                       struct tensor *t)
{
    *t = *node_src_tensor(g, n, k);
    int64_t count = node_int(n, heads, 0);
    if (t->rank == 4)
        return true;
    if (t->rank != 3 || count < 1 || t->dims[2] % count != 0)
        return false;
    *t = (struct tensor){
        .type = t->type, .rank = 4, .dims = {t->dims[0], count, t->dims[1], t->dims[2] / count}};
    return true;
}

struct attention {
    struct tensor q, k, v; // [batch, heads, sequence, size]; keys and values with the past
};

static bool heads_fit(const struct attention *a)
{
    return a->q.dims[0] == a->k.dims[0] && a->k.dims[0] == a->v.dims[0] &&
           a->k.dims[1] == a->v.dims[1] && a->k.dims[2] == a->v.dims[2] &&
           a->q.dims[3] == a->k.dims[3] && a->k.dims[1] > 0 && a->q.dims[1] % a->k.dims[1] == 0;
}

int add_past(const struct graph *g, const struct node *n, int k, struct tensor *t,
             struct error *err)
{
    const struct tensor *past = node_src_tensor(g, n, k);
    if (!past)
        return 0;
    struct tensor now = *past;
    now.dims[2] = t->dims[2];
    if (past->rank != 4 || !tensor_equal(&now, t))
        return node_fail(g, n, err, "'%s' of %s does not fit in front of %s",
                         value_name(g, n->src[k]).s, dims_text(past).s, dims_text(t).s);
    t->dims[2] += past->dims[2];
    return 0;
}

static int read_attention(struct attention *a, const struct graph *g, const struct node *n,
                          struct error *err)
{
    if (!read_heads(g, n, 0, ATTR_q_num_heads, &a->q) ||
        !read_heads(g, n, 1, ATTR_kv_num_heads, &a->k) ||
        !read_heads(g, n, 2, ATTR_kv_num_heads, &a->v))
        return node_fail(g, n, err, "its sources cannot be split into heads");
    if (!heads_fit(a))
        return node_fail(g, n, err, "queries of %s, keys of %s and values of %s do not fit",
                         dims_text(&a->q).s, dims_text(&a->k).s, dims_text(&a->v).s);
    if (add_past(g, n, 4, &a->k, err) || add_past(g, n, 5, &a->v, err))
        return -1;
    if (a->k.dims[2] != a->v.dims[2])
        return node_fail(g, n, err, "its past has another length for keys than for values");
    return 0;
}

// A mask broadcasts to the scores, but may have fewer keys: the last ones are then not seen.
static int check_mask(const struct attention *a, const struct graph *g, const struct node *n,
                      struct error *err)
{
    const struct tensor *mask = node_src_tensor(g, n, 3);
    struct tensor scores = a->q, sum, whole;
    scores.dims[3] = a->k.dims[2];
    if (!mask)
        return 0;
    whole = *mask;
    if (mask->rank > 0 && mask->dims[mask->rank - 1] < scores.dims[3])
        whole.dims[mask->rank - 1] = scores.dims[3];
    if (mask->rank < 1 || !broadcast_shapes(&scores, &whole, &sum) ||
        !tensor_same_shape(&sum, &scores))
        return node_fail(g, n, err, "a mask of %s does not fit scores of %s", dims_text(mask).s,
                         dims_text(&scores).s);
    if (mask->type != TYPE_boolean && mask->type != a->q.type)
        return node_fail(g, n, err, "'%s' is %s, '%s' is %s", value_name(g, n->src[0]).s,
                         type_name(a->q.type), value_name(g, n->src[3]).s, type_name(mask->type));
    return 0;
}

// What dlbricks has no steps for.
static int check_supported(const struct attention *a, const struct graph *g, const struct node *n,
                           struct error *err)
{
    if (a->q.type != TYPE_f32)
        return node_unsupported(g, n, err, "attention in %s is not supported",
                                type_name(a->q.type));
    if (node_dst_used(g, n, 3))
        return node_unsupported(g, n, err, "its scores are used, which is not supported");
    return 0;
}

// Numbers of valid keys, instead of a past.
static int check_lengths(const struct attention *a, const struct graph *g, const struct node *n,
                         struct error *err)
{
    const struct tensor *lengths = node_src_tensor(g, n, 6);
    if (!lengths)
        return 0;
    if (lengths->rank != 1 || lengths->dims[0] != a->q.dims[0] || node_src(n, 4) != NONE)
        return node_fail(g, n, err, "nonpad_kv_seqlen of %s does not fit queries of %s",
                         dims_text(lengths).s, dims_text(&a->q).s);
    if (node_int(n, ATTR_left_window_size, -1) >= 0 || node_int(n, ATTR_right_window_size, -1) >= 0)
        return node_unsupported(g, n, err,
                                "a window behind a number of valid keys that is known only at run "
                                "time is not supported");
    return 0;
}

int infer_attention(struct graph *g, struct node *n, struct error *err)
{
    struct attention a;
    if (read_attention(&a, g, n, err) || check_mask(&a, g, n, err) ||
        check_lengths(&a, g, n, err) || check_supported(&a, g, n, err))
        return -1;
    struct tensor y = a.q;
    y.dims[3] = a.v.dims[3];
    if (node_src_tensor(g, n, 0)->rank == 3)
        y = (struct tensor){
            .type = y.type, .rank = 3, .dims = {y.dims[0], y.dims[2], y.dims[1] * y.dims[3]}};
    node_set_flag(g, n, ATTR_is_causal);
    while (n->n_dst > 1 && !node_dst_used(g, n, n->n_dst - 1))
        n->n_dst--;
    return node_set_dst(g, n, 0, &y, err) || node_set_dst(g, n, 1, &a.k, err) ||
                   node_set_dst(g, n, 2, &a.v, err)
               ? -1
               : 0;
}
