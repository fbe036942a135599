// Shapes of com.microsoft's attention.
#include "decompose/passes.h"

// What both kinds know of their keys.
struct attention {
    int64_t batch, heads, queries, past, keys; // keys: with the past
};

// A mask says which keys are valid: their number, or which they are for all queries or for each.
static int check_key_mask(const struct attention *a, const struct graph *g, const struct node *n,
                          int k, struct error *err)
{
    const struct tensor *mask = node_src_tensor(g, n, k);
    struct tensor wanted[] = {
        {.rank = 1, .dims = {a->batch}},
        {.rank = 2, .dims = {a->batch, a->keys}},
        {.rank = 3, .dims = {a->batch, a->queries, a->keys}},
    };
    for (int i = 0; mask && i < 3; i++)
        if (tensor_same_shape(mask, &wanted[i]))
            return 0;
    return mask ? node_unsupported(g, n, err, "a mask of %s for %lld keys is not supported",
                                   dims_text(mask).s, (long long)a->keys)
                : 0;
}

static int check_bias(const struct attention *a, const struct graph *g, const struct node *n, int k,
                      struct error *err)
{
    const struct tensor *bias = node_src_tensor(g, n, k);
    struct tensor scores = {.rank = 4, .dims = {a->batch, a->heads, a->queries, a->keys}}, sum;
    if (bias && (!broadcast_shapes(&scores, bias, &sum) || !tensor_same_shape(&scores, &sum)))
        return node_fail(g, n, err, "an attention_bias of %s does not fit scores of %s",
                         dims_text(bias).s, dims_text(&scores).s);
    return 0;
}

static int check_plain(const struct graph *g, const struct node *n, int given, struct error *err)
{
    if (node_src_tensor(g, n, 0)->type != TYPE_f32)
        return node_unsupported(g, n, err, "attention in %s is not supported",
                                type_name(node_src_tensor(g, n, 0)->type));
    if (node_int(n, ATTR_do_rotary, 0) || node_int(n, ATTR_past_present_share_buffer, 0))
        return node_unsupported(g, n, err,
                                "do_rotary and past_present_share_buffer are not "
                                "supported");
    if (n->n_src > given)
        return node_unsupported(g, n, err, "its input %d is not supported", given);
    return 0;
}

// ---- Attention -----------------------------------------------------------------------------

// Sizes of queries, keys and values, of all heads; a third of the weights' columns each if they
// are not given.
static int read_sizes(struct graph *g, struct node *n, const struct attention *a, int64_t sizes[3],
                      struct error *err)
{
    const struct tensor *w = node_src_tensor(g, n, 1), *bias = node_src_tensor(g, n, 2);
    int count;
    const int64_t *given = node_ints(n, ATTR_qkv_hidden_sizes, &count);
    int64_t sum = 0;
    for (int k = 0; k < 3; k++)
        sum += sizes[k] = count == 3 ? given[k] : w->dims[1] / 3;
    bool fits = sum == w->dims[1] && sizes[0] == sizes[1] && a->heads > 0 && sizes[0] > 0 &&
                sizes[2] > 0 && sizes[0] % a->heads == 0 && sizes[2] % a->heads == 0;
    if (!fits || (bias && (bias->rank != 1 || bias->dims[0] != sum)))
        return node_fail(g, n, err, "weights of %s cannot be split into %lld heads", dims_text(w).s,
                         (long long)a->heads);
    node_set_ints(g, n, ATTR_qkv_hidden_sizes, 3, sizes);
    return 0;
}

// Sources: X [batch, positions, channels], weights [channels, queries keys values], their bias,
// mask, past [keys or values, batch, heads, positions, size], what is added to the scores.
int infer_self_attention(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *x = node_src_tensor(g, n, 0), *w = node_src_tensor(g, n, 1),
                        *past = node_src_tensor(g, n, 4);
    int64_t sizes[3];
    if (x->rank != 3 || w->rank != 2 || x->dims[2] != w->dims[0])
        return node_fail(g, n, err, "weights of %s do not fit '%s' of %s", dims_text(w).s,
                         value_name(g, n->src[0]).s, dims_text(x).s);
    struct attention a = {x->dims[0], node_int(n, ATTR_num_heads, 0), x->dims[1], 0, x->dims[1]};
    if (check_plain(g, n, 6, err) || read_sizes(g, n, &a, sizes, err))
        return -1;
    struct tensor present = {
        .type = x->type, .rank = 5, .dims = {2, a.batch, a.heads, a.queries, sizes[0] / a.heads}};
    if (past) {
        struct tensor now = *past;
        now.dims[3] = a.queries;
        if (past->rank != 5 || !tensor_equal(&now, &present) || sizes[0] != sizes[2])
            return node_fail(g, n, err, "a past of %s does not fit keys of %s", dims_text(past).s,
                             dims_text(&present).s);
        a.past = past->dims[3];
        a.keys = present.dims[3] += a.past;
    }
    if (node_dst_used(g, n, 1) && sizes[0] != sizes[2])
        return node_unsupported(g, n, err,
                                "keys and values of different sizes as one output are "
                                "not supported");
    if (check_key_mask(&a, g, n, 3, err) || check_bias(&a, g, n, 5, err))
        return -1;
    struct tensor y = *x;
    y.dims[2] = sizes[2];
    return node_set_dst(g, n, 0, &y, err) || node_set_dst(g, n, 1, &present, err) ? -1 : 0;
}

// ---- MultiHeadAttention --------------------------------------------------------------------

// Keys or values as [batch, heads, positions, size]; false if they are neither that nor [batch,
// positions, heads * size].
static bool read_heads(const struct tensor *given, const struct attention *a, struct tensor *t)
{
    *t = *given;
    if (t->rank == 4)
        return t->dims[0] == a->batch && t->dims[1] == a->heads;
    if (t->rank != 3 || t->dims[0] != a->batch || t->dims[2] % a->heads != 0)
        return false;
    *t = (struct tensor){.type = t->type,
                         .rank = 4,
                         .dims = {a->batch, a->heads, t->dims[1], t->dims[2] / a->heads}};
    return true;
}

// The bias of queries, of keys and of values, one behind the other; without keys of now only of
// the first.
static int check_projection_bias(const struct graph *g, const struct node *n,
                                 const struct tensor *q, const struct tensor *k,
                                 const struct tensor *v, struct error *err)
{
    const struct tensor *bias = node_src_tensor(g, n, 3);
    int64_t heads = q->dims[1], sum = heads * (q->dims[3] + k->dims[3] + v->dims[3]);
    if (!bias)
        return 0;
    if (bias->rank != 1 || bias->dims[0] != sum)
        return node_fail(g, n, err, "a bias of %s does not fit %lld channels", dims_text(bias).s,
                         (long long)sum);
    if (!graph_is_weight(g, n->src[3]))
        return node_unsupported(g, n, err, "a bias that is no constant is not supported");
    return 0;
}

// Sources: queries [batch, positions, heads * size], keys and values likewise or with the heads
// apart, their bias, mask, what is added to the scores, keys and values of the past.
int infer_multi_head_attention(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *query = node_src_tensor(g, n, 0);
    struct attention a = {query->dims[0], node_int(n, ATTR_num_heads, 0), 0, 0, 0};
    struct tensor q, k, v;
    if (query->rank != 3 || node_src(n, 1) == NONE || node_src(n, 2) == NONE)
        return node_unsupported(g, n, err,
                                "queries, keys and values in one tensor are not "
                                "supported");
    if (check_plain(g, n, 8, err))
        return -1;
    if (a.heads < 1 || !read_heads(query, &a, &q) ||
        !read_heads(node_src_tensor(g, n, 1), &a, &k) ||
        !read_heads(node_src_tensor(g, n, 2), &a, &v) || q.dims[3] != k.dims[3] ||
        k.dims[2] != v.dims[2])
        return node_fail(g, n, err, "its sources cannot be split into %lld heads that fit",
                         (long long)a.heads);
    if (check_projection_bias(g, n, &q, &k, &v, err) || add_past(g, n, 6, &k, err) ||
        add_past(g, n, 7, &v, err))
        return -1;
    a.queries = q.dims[2];
    a.keys = k.dims[2];
    if (a.keys != v.dims[2])
        return node_fail(g, n, err, "its past has another length for keys than for values");
    if (node_dst_used(g, n, 3))
        return node_unsupported(g, n, err, "its scores are used, which is not supported");
    if (check_key_mask(&a, g, n, 4, err) || check_bias(&a, g, n, 5, err))
        return -1;
    struct tensor y = *query;
    y.dims[2] = a.heads * v.dims[3];
    return node_set_dst(g, n, 0, &y, err) || node_set_dst(g, n, 1, &k, err) ||
                   node_set_dst(g, n, 2, &v, err)
               ? -1
               : 0;
}
