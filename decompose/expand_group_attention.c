// com.microsoft's GroupQueryAttention: queries and keys are turned by their positions, then it is
// causal attention behind the past.
#include <math.h>

#include "decompose/expand_attention.h"
#include "decompose/expand_rotary.h"
#include "decompose/passes.h"

// Queries, keys and values are sources of their own or one after the other in the first.
static void take_apart(struct attention *a, const struct node *n)
{
    struct graph *g = a->g;
    int parts[] = {n->src[0], node_src(n, 1), node_src(n, 2)};
    int64_t heads = node_int(n, ATTR_num_heads, 1), groups = node_int(n, ATTR_kv_num_heads, 1);
    if (parts[1] == NONE) {
        int64_t size = g->values[parts[0]].t.dims[2] / (heads + 2 * groups);
        expand_split(g, a->node, parts[0], 2, 3,
                     (const int64_t[]){heads * size, groups * size, groups * size}, parts);
    }
    a->q = heads_split(a, parts[0], heads);
    a->k = heads_split(a, parts[1], groups);
    a->v = heads_split(a, parts[2], groups);
}

static void turn(struct attention *a, const struct node *n, int64_t past)
{
    struct graph *g = a->g;
    int ids = node_src(n, 9);
    if (!node_int(n, ATTR_do_rotary, 0))
        return;
    if (ids == NONE)
        ids = expand_range(g, a->node, past, heads_positions(a, a->q));
    struct rotation r = {
        .cos = expand_rows(g, a->node, n->src[7], ids),
        .sin = expand_rows(g, a->node, n->src[8], ids),
        .heads_first = !a->q.swapped,
        .interleaved = node_int(n, ATTR_rotary_interleaved, 0) != 0,
    };
    a->q.value = rotation_apply(g, a->node, a->q.value, &r);
    a->k.value = rotation_apply(g, a->node, a->k.value, &r);
}

int expand_group_query_attention(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    int past = node_src(&n, 3), bias = node_src(&n, 10);
    int64_t before = past == NONE ? 0 : g->values[past].t.dims[2];
    int64_t window = node_int(&n, ATTR_local_window_size, NONE);
    float scale = node_float(&n, ATTR_scale, 0);
    struct attention a = {
        .g = g, .node = i, .softcap = node_float(&n, ATTR_softcap, 0), .mask = bias};
    take_apart(&a, &n);
    turn(&a, &n, before);
    a.k = heads_with_past(&a, a.k, past, attention_result(&a, 1));
    a.v = heads_with_past(&a, a.v, node_src(&n, 4), attention_result(&a, 2));
    a.scale = scale > 0 ? scale : (float)(1 / sqrt((double)heads_tensor(&a, a.q)->dims[3]));
    attention_see(&a, before, window > 0 ? window - 1 : NONE, 0);
    attention_become(&a);
    return 0;
}
