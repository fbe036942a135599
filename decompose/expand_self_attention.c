// com.microsoft's attention, which graph optimisers write: the projections, their bias and masks of
// whole numbers come apart from what ONNX's has too.
#include <math.h>

#include "decompose/expand_attention.h"
#include "decompose/passes.h"

static const float hidden_by_default = -10000;

// A mask of valid keys as what is added to the scores; NONE for NONE.
static int key_mask(const struct attention *a, const struct node *n, int k, int64_t queries,
                    int64_t keys)
{
    struct graph *g = a->g;
    int mask = node_src(n, k);
    if (mask == NONE)
        return NONE;
    struct tensor t = g->values[mask].t, shown = t;
    if (t.rank == 1) {
        mask = attention_length_mask(g, a->node, mask, queries, keys, false);
    } else {
        t.type = TYPE_boolean;
        if (shown.type != TYPE_boolean)
            mask = expand_emit(g, a->node, OP_Cast, 1, &mask, &t);
        shown = (struct tensor){
            .type = t.type, .rank = 4, .dims = {t.dims[0], 1, t.rank == 3 ? t.dims[1] : 1, keys}};
        mask = expand_emit(g, a->node, OP_Reshape, 1, &mask, &shown);
    }
    float hidden = node_float(n, ATTR_mask_filter_value, hidden_by_default);
    return attention_added_mask(g, a->node, mask, hidden);
}

// What stands behind queries, keys and values: masks, the scale, and what lies ahead.
static void finish(struct attention *a, const struct node *n, int mask, int bias, int64_t past)
{
    int64_t queries = heads_positions(a, a->q), keys = heads_positions(a, a->k);
    double size = (double)heads_tensor(a, a->q)->dims[3];
    float scale = node_float(n, ATTR_scale, 0);
    a->mask =
        attention_both_masks(a->g, a->node, key_mask(a, n, mask, queries, keys), node_src(n, bias));
    a->scale = scale > 0 ? scale : (float)(1 / sqrt(size));
    a->back = NONE;
    a->ahead = node_int(n, ATTR_unidirectional, 0) && past < keys - 1 ? past : NONE;
    attention_become(a);
}

// ---- Attention -----------------------------------------------------------------------------

// The product with all weights, cut into queries, keys and values.
static void project(struct attention *a, const struct node *n, int parts[3])
{
    struct graph *g = a->g;
    int count, bias = node_src(n, 2);
    const int64_t *sizes = node_ints(n, ATTR_qkv_hidden_sizes, &count);
    struct tensor t = g->values[n->src[0]].t;
    t.dims[2] = g->values[n->src[1]].t.dims[1];
    int all = expand_emit(g, a->node, OP_MatMul, 2, n->src, &t);
    if (bias != NONE)
        all = expand_emit(g, a->node, OP_Add, 2, (const int[]){all, bias}, &t);
    expand_split(g, a->node, all, 2, 3, sizes, parts);
}

// Keys and values of the past, which come as one tensor; NONE if there are none.
static void split_past(const struct attention *a, int past, int parts[2])
{
    struct graph *g = a->g;
    parts[0] = parts[1] = NONE;
    if (past == NONE)
        return;
    struct tensor t = g->values[past].t, whole = t;
    expand_split(g, a->node, past, 0, 2, (const int64_t[]){1, 1}, parts);
    t.rank = 4;
    for (int d = 0; d < 4; d++)
        t.dims[d] = whole.dims[d + 1];
    for (int k = 0; k < 2; k++)
        parts[k] = expand_emit(g, a->node, OP_Reshape, 1, &parts[k], &t);
}

// Keys and values as the one tensor `present`.
static void join_present(struct attention *a, int present)
{
    struct graph *g = a->g;
    struct tensor t = g->values[present].t;
    int parts[2];
    a->k = heads_first(a, a->k);
    a->v = heads_first(a, a->v);
    t.dims[0] = 1;
    parts[0] = expand_emit(g, a->node, OP_Reshape, 1, &a->k.value, &t);
    parts[1] = expand_emit(g, a->node, OP_Reshape, 1, &a->v.value, &t);
    graph_add_node(g, OP_Concat, g->nodes[a->node].name, 2, parts, 1, &present);
    node_set_int(g, expand_newest(g), ATTR_axis, 0);
}

int expand_self_attention(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    struct attention a = {.g = g, .node = i};
    int64_t heads = node_int(&n, ATTR_num_heads, 1);
    int parts[3], past[2], present = attention_result(&a, 1);
    project(&a, &n, parts);
    split_past(&a, node_src(&n, 4), past);
    a.q = heads_split(&a, parts[0], heads);
    a.k = heads_with_past(&a, heads_split(&a, parts[1], heads), past[0], NONE);
    a.v = heads_with_past(&a, heads_split(&a, parts[2], heads), past[1], NONE);
    if (present != NONE)
        join_present(&a, present);
    finish(&a, &n, 3, 5, past[0] == NONE ? 0 : g->values[past[0]].t.dims[2]);
    return 0;
}

// ---- MultiHeadAttention --------------------------------------------------------------------

// Source k with its part of the bias, from number `first` on; keys and values that have their heads
// apart come from elsewhere and have none.
static int with_bias(const struct attention *a, const struct node *n, int k, int64_t first)
{
    struct graph *g = a->g;
    struct tensor t = g->values[n->src[k]].t, part = {.type = t.type, .rank = 1};
    int bias = node_src(n, 3);
    if (bias == NONE || t.rank == 4)
        return n->src[k];
    const char *data = value_data(g, bias);
    part.dims[0] = t.dims[2];
    int v = graph_add_value(g, VALUE_weight, NULL, &part);
    g->values[v].data = data ? data + (size_t)first * type_bytes(t.type) : NULL;
    return expand_emit(g, a->node, OP_Add, 2, (const int[]){n->src[k], v}, &t);
}

static int64_t channels(const struct graph *g, int v)
{
    const struct tensor *t = &g->values[v].t;
    return t->rank == 4 ? t->dims[1] * t->dims[3] : t->dims[2];
}

int expand_multi_head_attention(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    struct attention a = {.g = g, .node = i};
    int64_t heads = node_int(&n, ATTR_num_heads, 1), keys_at = channels(g, n.src[0]);
    int64_t values_at = keys_at + channels(g, n.src[1]);
    int past = node_src(&n, 6);
    a.q = heads_split(&a, with_bias(&a, &n, 0, 0), heads);
    a.k = heads_split(&a, with_bias(&a, &n, 1, keys_at), heads);
    a.v = heads_split(&a, with_bias(&a, &n, 2, values_at), heads);
    a.k = heads_with_past(&a, a.k, past, attention_result(&a, 1));
    a.v = heads_with_past(&a, a.v, node_src(&n, 7), attention_result(&a, 2));
    finish(&a, &n, 4, 5, past == NONE ? 0 : g->values[past].t.dims[2]);
    return 0;
}
