// Attention becomes ScaledDotProductAttention and what its sources need before: heads that stand
// apart, the past in front of keys and values, heads repeated for groups of queries, masks as
// numbers that are added.
#include <math.h>
#include <string.h>

#include "decompose/expand_attention.h"
#include "decompose/passes.h"

const struct tensor *heads_tensor(const struct attention *a, struct heads h)
{
    return &a->g->values[h.value].t;
}

static int64_t heads_count(const struct attention *a, struct heads h)
{
    return heads_tensor(a, h)->dims[h.swapped ? 2 : 1];
}

int64_t heads_positions(const struct attention *a, struct heads h)
{
    return heads_tensor(a, h)->dims[h.swapped ? 1 : 2];
}

struct heads heads_split(const struct attention *a, int v, int64_t count)
{
    struct tensor t = a->g->values[v].t;
    if (t.rank == 4)
        return (struct heads){v, false};
    t.rank = 4;
    t.dims[3] = t.dims[2] / count;
    t.dims[2] = count;
    return (struct heads){expand_emit(a->g, a->node, OP_Reshape, 1, &v, &t), true};
}

struct heads heads_first(const struct attention *a, struct heads h)
{
    struct tensor t = *heads_tensor(a, h);
    if (!h.swapped)
        return h;
    t.dims[1] = heads_tensor(a, h)->dims[2];
    t.dims[2] = heads_tensor(a, h)->dims[1];
    int v = expand_emit(a->g, a->node, OP_Transpose, 1, &h.value, &t);
    node_set_ints(a->g, expand_newest(a->g), ATTR_perm, 4, (const int64_t[]){0, 2, 1, 3});
    return (struct heads){v, false};
}

int attention_result(const struct attention *a, int dst)
{
    const struct node *n = &a->g->nodes[a->node];
    return node_dst_used(a->g, n, dst) ? n->dst[dst] : NONE;
}

struct heads heads_with_past(const struct attention *a, struct heads h, int past, int present)
{
    if (past == NONE && present == NONE)
        return h;
    h = heads_first(a, h);
    struct tensor t = *heads_tensor(a, h);
    if (past != NONE) {
        t.dims[2] += a->g->values[past].t.dims[2];
        h.value = expand_emit(a->g, a->node, OP_Concat, 2, (const int[]){past, h.value}, &t);
        node_set_int(a->g, expand_newest(a->g), ATTR_axis, 2);
    } else {
        h.value = expand_emit(a->g, a->node, OP_Reshape, 1, &h.value, &t);
    }
    if (present != NONE)
        h.value = expand_newest(a->g)->dst[0] = present;
    return h;
}

// Each head of keys or values serves several of the queries, one after the other: h0 h0 h1 h1.
static struct heads repeated(const struct attention *a, struct heads h, int64_t count)
{
    int at = h.swapped ? 2 : 1;
    struct tensor t = *heads_tensor(a, h), one = t;
    int64_t times = count / t.dims[at];
    if (times == 1)
        return h;
    one.rank = 5;
    memmove(one.dims + at + 2, t.dims + at + 1, (size_t)(3 - at) * sizeof *t.dims);
    one.dims[at + 1] = 1;
    struct tensor all = one;
    all.dims[at + 1] = times;
    t.dims[at] = count;
    int v = expand_emit(a->g, a->node, OP_Reshape, 1, &h.value, &one);
    v = expand_emit(a->g, a->node, OP_Expand, 1, &v, &all);
    return (struct heads){expand_emit(a->g, a->node, OP_Reshape, 1, &v, &t), h.swapped};
}

int attention_added_mask(struct graph *g, int i, int mask, float hidden)
{
    struct tensor t = g->values[mask].t;
    if (t.type != TYPE_boolean)
        return mask;
    t.type = TYPE_f32;
    const int src[] = {mask, expand_scalar(g, t.type, 0), expand_scalar(g, t.type, (double)hidden)};
    return expand_emit(g, i, OP_Where, 3, src, &t);
}

// A mask of fewer keys than there are does not let the others be seen.
static int whole_mask(struct graph *g, int i, int mask, int64_t keys)
{
    struct tensor t = g->values[mask].t;
    int64_t pads[2 * MAX_RANK] = {0}, *last = &t.dims[t.rank - 1];
    if (*last == keys)
        return mask;
    pads[2 * t.rank - 1] = keys - *last;
    *last = keys;
    int padded = expand_emit(g, i, OP_Pad, 1, &mask, &t);
    struct node *pad = expand_newest(g);
    node_set_ints(g, pad, ATTR_pads, 2 * t.rank, pads);
    node_set_int(g, pad, ATTR_pad_mode, WORD_pad_mode_constant);
    node_set_float(g, pad, ATTR_pad_value, -INFINITY);
    return padded;
}

// 1, 2 ... count as a column.
static int column_of_numbers(struct graph *g, int i, int64_t count)
{
    struct tensor t = {.type = TYPE_s64, .rank = 2, .dims = {count, 1}};
    int row = expand_range(g, i, 1, count);
    return expand_emit(g, i, OP_Reshape, 1, &row, &t);
}

int attention_length_mask(struct graph *g, int i, int lengths, int64_t queries, int64_t keys,
                          bool causal)
{
    struct tensor t = g->values[lengths].t;
    t = (struct tensor){.type = t.type, .rank = 4, .dims = {t.dims[0], 1, 1, 1}};
    int ends = expand_emit(g, i, OP_Reshape, 1, &lengths, &t);
    t.type = TYPE_s64;
    if (g->values[lengths].t.type != TYPE_s64)
        ends = expand_emit(g, i, OP_Cast, 1, &ends, &t);
    if (causal && queries > 1) {
        struct tensor rows = {.type = TYPE_s64, .rank = 2, .dims = {queries, 1}};
        const int back[] = {column_of_numbers(g, i, queries),
                            expand_scalar(g, TYPE_s64, (double)queries)};
        int behind = expand_emit(g, i, OP_Sub, 2, back, &rows);
        t.dims[2] = queries;
        ends = expand_emit(g, i, OP_Add, 2, (const int[]){ends, behind}, &t);
    }
    t.type = TYPE_boolean;
    t.dims[3] = keys;
    const int src[] = {expand_range(g, i, 1, keys), ends};
    return expand_emit(g, i, OP_LessOrEqual, 2, src, &t);
}

int attention_both_masks(struct graph *g, int i, int a, int b)
{
    if (a == NONE || b == NONE)
        return a == NONE ? b : a;
    struct tensor t;
    broadcast_shapes(&g->values[a].t, &g->values[b].t, &t);
    return expand_emit(g, i, OP_Add, 2, (const int[]){a, b}, &t);
}

void attention_become(struct attention *a)
{
    struct graph *g = a->g;
    a->k = repeated(a, a->k, heads_count(a, a->q));
    a->v = repeated(a, a->v, heads_count(a, a->q));
    const int src[] = {a->q.value, a->k.value, a->v.value, a->mask};
    struct tensor t = *heads_tensor(a, a->q);
    t.dims[3] = heads_tensor(a, a->v)->dims[3];
    enum op op = OP_ScaledDotProductAttention;
    int result = expand_emit(g, a->node, op, a->mask == NONE ? 3 : 4, src, &t);
    struct node *n = expand_newest(g);
    node_set_float(g, n, ATTR_scale, a->scale);
    if (a->softcap > 0)
        node_set_float(g, n, ATTR_softcap, a->softcap);
    if (a->ahead != NONE)
        node_set_int(g, n, ATTR_is_causal, 1);
    if (a->ahead > 0)
        node_set_int(g, n, ATTR_k, a->ahead);
    if (a->back != NONE)
        node_set_int(g, n, ATTR_left_window_size, a->back);
    if (a->blind_zero)
        node_set_int(g, n, ATTR_blind_zero, 1);
    if (a->q.swapped || a->k.swapped || a->v.swapped)
        node_set_ints(g, n, ATTR_swapped, 4,
                      (const int64_t[]){a->q.swapped, a->k.swapped, a->v.swapped, a->q.swapped});
    expand_become(g, a->node, OP_Reshape, 1, &result);
}

void attention_see(struct attention *a, int64_t past, int64_t left, int64_t right)
{
    int64_t keys = heads_positions(a, a->k);
    if (right < 0)
        right = left >= 0 ? keys : NONE;
    right = right > keys ? keys : right;
    a->ahead = right == NONE ? NONE : past + right;
    a->back = left >= 0 && left < keys ? left + right : NONE;
    if (a->back == NONE && a->ahead >= keys - 1)
        a->ahead = NONE;
}

// Whether a query may see no key at all.
static bool may_be_blind(const struct attention *a)
{
    int64_t last = heads_positions(a, a->q) - 1;
    return a->mask != NONE ||
           (a->back != NONE && last + a->ahead - a->back >= heads_positions(a, a->k));
}

int expand_attention(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    int mask = node_src(&n, 3), past = node_src(&n, 4), lengths = node_src(&n, 6);
    struct attention a = {
        .g = g, .node = i, .softcap = node_float(&n, ATTR_softcap, 0), .ahead = NONE, .back = NONE};
    a.q = heads_split(&a, n.src[0], node_int(&n, ATTR_q_num_heads, 1));
    a.k = heads_split(&a, n.src[1], node_int(&n, ATTR_kv_num_heads, 1));
    a.v = heads_split(&a, n.src[2], node_int(&n, ATTR_kv_num_heads, 1));
    a.k = heads_with_past(&a, a.k, past, attention_result(&a, 1));
    a.v = heads_with_past(&a, a.v, node_src(&n, 5), attention_result(&a, 2));
    int64_t keys = heads_positions(&a, a.k);
    a.mask =
        mask == NONE ? NONE : whole_mask(g, i, attention_added_mask(g, i, mask, -INFINITY), keys);
    double size = (double)heads_tensor(&a, a.q)->dims[3];
    a.scale = node_float(&n, ATTR_scale, (float)(1 / sqrt(size)));
    if (lengths == NONE) {
        attention_see(&a, past == NONE ? 0 : g->values[past].t.dims[2],
                      node_int(&n, ATTR_left_window_size, NONE),
                      node_int(&n, ATTR_is_causal, 0) ? 0
                                                      : node_int(&n, ATTR_right_window_size, NONE));
    } else {
        int64_t queries = heads_positions(&a, a.q);
        int valid =
            attention_length_mask(g, i, lengths, queries, keys, node_int(&n, ATTR_is_causal, 0));
        a.mask = attention_both_masks(g, i, a.mask, attention_added_mask(g, i, valid, -INFINITY));
    }
    a.blind_zero = may_be_blind(&a);
    attention_become(&a);
    return 0;
}
