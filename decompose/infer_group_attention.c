// Shapes of com.microsoft's GroupQueryAttention, as which decoders of language models are written.
#include "decompose/passes.h"

enum {
    QUERY,
    KEY,
    VALUE,
    PAST_KEY,
    PAST_VALUE,
    LENGTHS,
    TOTAL,
    COSINES,
    SINES,
    POSITIONS,
    BIAS,
    N_KNOWN
};

struct attention {
    int64_t batch, queries, heads, groups, size;
    struct tensor k, v; // [batch, groups, positions, size], with the past
};

static int check_known(const struct graph *g, const struct node *n, struct error *err)
{
    const struct tensor *q = node_src_tensor(g, n, QUERY);
    if (q->type != TYPE_f32)
        return node_unsupported(g, n, err, "attention in %s is not supported", type_name(q->type));
    for (int k = N_KNOWN; k < n->n_src; k++)
        if (n->src[k] != NONE)
            return node_unsupported(g, n, err, "its input %d is not supported", k);
    if (node_int(n, ATTR_smooth_softmax, 0) > 0 || node_int(n, ATTR_qk_output, 0) ||
        node_dst_used(g, n, 3))
        return node_unsupported(g, n, err, "smooth_softmax and its scores are not supported");
    return 0;
}

// Queries, keys and values are [batch, positions, heads * size] each, or one tensor of all.
static int read_heads(struct attention *a, const struct graph *g, const struct node *n,
                      struct error *err)
{
    const struct tensor *q = node_src_tensor(g, n, QUERY), *k = node_src_tensor(g, n, KEY),
                        *v = node_src_tensor(g, n, VALUE);
    int64_t heads = node_int(n, ATTR_num_heads, 0), groups = node_int(n, ATTR_kv_num_heads, 0);
    bool counted = heads > 0 && groups > 0 && heads <= INT32_MAX && heads % groups == 0;
    int64_t columns = !counted ? 1 : k ? heads : heads + 2 * groups;
    bool fits = counted && !k == !v && q->rank == 3 && q->dims[2] % columns == 0;
    if (fits) {
        *a = (struct attention){.batch = q->dims[0],
                                .queries = q->dims[1],
                                .heads = heads,
                                .groups = groups,
                                .size = q->dims[2] / columns};
        struct tensor wanted = *q;
        wanted.dims[2] = groups * a->size;
        fits = a->size > 0 && (!k || (tensor_equal(k, &wanted) && tensor_equal(v, &wanted)));
    }
    if (!fits)
        return node_fail(g, n, err, "its sources cannot be split into %lld and %lld heads that fit",
                         (long long)heads, (long long)groups);
    a->k = a->v = (struct tensor){
        .type = q->type, .rank = 4, .dims = {a->batch, groups, a->queries, a->size}};
    return 0;
}

// The number of element i of source k where that is a constant; else the fallback.
static int64_t known_number(const struct graph *g, const struct node *n, int k, int64_t i,
                            int64_t fallback)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    const void *data = t ? value_data(g, n->src[k]) : NULL;
    bool whole = t && (t->type == TYPE_s32 || t->type == TYPE_s64) && i < tensor_elements(t);
    return data && whole ? (int64_t)number_read(t->type, data, i) : fallback;
}

// All sequences are as long as past and present together: inputs that say how long they are are
// taken at that, as others would have other shapes.
static int check_lengths(const struct attention *a, const struct graph *g, const struct node *n,
                         struct error *err)
{
    const struct tensor *lengths = node_src_tensor(g, n, LENGTHS);
    int64_t keys = a->k.dims[2], total = known_number(g, n, TOTAL, 0, keys);
    if (!lengths || tensor_elements(lengths) != a->batch)
        return node_fail(g, n, err, "seqlens_k is not one number for each of %lld sequences",
                         (long long)a->batch);
    if (total != keys)
        return node_unsupported(
            g, n, err,
            "total_sequence_length is %lld, but %lld positions of the past and %lld of now are "
            "%lld; other dimensions (--dim) may make them agree",
            (long long)total, (long long)(keys - a->queries), (long long)a->queries,
            (long long)keys);
    for (int64_t i = 0; keys > a->queries && i < a->batch; i++)
        if (known_number(g, n, LENGTHS, i, keys - 1) != keys - 1)
            return node_unsupported(g, n, err,
                                    "sequences that are shorter than their past and present are "
                                    "not supported");
    return 0;
}

static int check_rotary(const struct attention *a, const struct graph *g, const struct node *n,
                        struct error *err)
{
    const struct tensor *cos = node_src_tensor(g, n, COSINES), *sin = node_src_tensor(g, n, SINES),
                        *ids = node_src_tensor(g, n, POSITIONS);
    if (!node_int(n, ATTR_do_rotary, 0))
        return 0;
    if (!cos || !sin)
        return node_fail(g, n, err, "do_rotary needs cosines and sines");
    if (cos->rank != 2 || !tensor_equal(cos, sin) || cos->type != TYPE_f32 ||
        2 * cos->dims[1] > a->size || (!ids && cos->dims[0] < a->k.dims[2]))
        return node_fail(
            g, n, err, "cosines of %s and sines of %s do not fit %lld positions of %lld",
            dims_text(cos).s, dims_text(sin).s, (long long)a->k.dims[2], (long long)a->size);
    if (ids && (ids->rank != 2 || ids->dims[0] != a->batch || ids->dims[1] != a->queries))
        return node_fail(g, n, err, "position_ids of %s do not fit queries of %s", dims_text(ids).s,
                         dims_text(node_src_tensor(g, n, QUERY)).s);
    return 0;
}

static int check_bias(const struct attention *a, const struct graph *g, const struct node *n,
                      struct error *err)
{
    const struct tensor *bias = node_src_tensor(g, n, BIAS);
    struct tensor sum, scores = {.type = TYPE_f32,
                                 .rank = 4,
                                 .dims = {a->batch, a->heads, a->queries, a->k.dims[2]}};
    if (bias && (!broadcast_shapes(&scores, bias, &sum) || !tensor_same_shape(&sum, &scores)))
        return node_fail(g, n, err, "an attention_bias of %s does not fit scores of %s",
                         dims_text(bias).s, dims_text(&scores).s);
    return 0;
}

int infer_group_query_attention(struct graph *g, struct node *n, struct error *err)
{
    struct attention a;
    if (check_known(g, n, err) || read_heads(&a, g, n, err) ||
        add_past(g, n, PAST_KEY, &a.k, err) || add_past(g, n, PAST_VALUE, &a.v, err))
        return -1;
    if (a.k.dims[2] != a.v.dims[2])
        return node_fail(g, n, err, "its past has another length for keys than for values");
    if (check_lengths(&a, g, n, err) || check_rotary(&a, g, n, err) || check_bias(&a, g, n, err))
        return -1;
    struct tensor y = {.type = TYPE_f32, .rank = 3, .dims = {a.batch, a.queries, a.heads * a.size}};
    return node_set_dst(g, n, 0, &y, err) || node_set_dst(g, n, 1, &a.k, err) ||
                   node_set_dst(g, n, 2, &a.v, err)
               ? -1
               : 0;
}
