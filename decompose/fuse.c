// Fusion: what a step can do to its result before storing it is taken into the step. The rules are
// small, semantic and independent of the CPU; each looks at one node and at the only user of its
// result, and takes that user in. The user's result becomes the node's, so that the outputs of
// the model keep their names and no value that someone else needs vanishes.
#include "decompose/decompose.h"

#include <float.h>
#include <stdlib.h>

#include "decompose/fuse_weights.h"
#include "decompose/passes.h"

typedef bool fuse_rule(struct graph *g, int i);

// Node `into` gives the result of node `from`, which comes later and vanishes.
static void absorb(struct graph *g, int into, int from)
{
    bool *dead = xcalloc((size_t)g->n_nodes, sizeof *dead);
    struct node *n = &g->nodes[into];
    n->dst[0] = g->nodes[from].dst[0];
    node_add_layers(g, n, g->nodes[from].n_layers, g->nodes[from].layers);
    dead[from] = true;
    graph_drop_nodes(g, dead);
    free(dead);
}

// The only user of node i's result if it is of this kind, else NONE.
static int single_user_of_kind(const struct graph *g, int i, enum op op)
{
    int user = node_single_user(g, i);
    return user != NONE && g->nodes[user].op == op ? user : NONE;
}

static bool weight_or_none(const struct graph *g, int v)
{
    return v == NONE || (graph_is_weight(g, v) && g->values[v].t.type == TYPE_f32);
}

static bool constant_sources(const struct graph *g, const struct node *n, int first)
{
    for (int k = first; k < n->n_src; k++)
        if (!weight_or_none(g, n->src[k]))
            return false;
    return true;
}

// The source of a two-operand node that is not v.
static int other_operand(const struct node *n, int v)
{
    return n->src[0] == v ? n->src[1] : n->src[0];
}

static bool fuse_batchnorm(struct graph *g, int i)
{
    int user = single_user_of_kind(g, i, OP_BatchNormalization);
    const struct node *n = &g->nodes[i];
    if (n->op != OP_Conv || n->n_posts || user == NONE || !constant_sources(g, n, 1))
        return false;
    const struct node *norm = &g->nodes[user];
    if (norm->src[0] != n->dst[0] || !constant_sources(g, norm, 1))
        return false;
    struct affine a = affine_of_batchnorm(g, norm);
    conv_scale_weights(g, i, &a);
    node_shift_bias(g, i, &a);
    affine_release(&a);
    absorb(g, i, user);
    return true;
}

// True if constant t holds one number per element of dimension `dim` of dst, and no more.
static bool is_per_channel(const struct tensor *t, const struct tensor *dst, int dim)
{
    int at = t->rank - (dst->rank - dim);
    return t->rank <= dst->rank && at >= 0 && t->dims[at] == dst->dims[dim] &&
           tensor_elements(t) == dst->dims[dim];
}

// A product of matrices with constant weights is a Gemm once it has a bias.
static bool can_take_bias(const struct graph *g, const struct node *n)
{
    if (n->op == OP_Conv)
        return constant_sources(g, n, 2);
    bool product = n->op == OP_MatMul || (n->op == OP_Gemm && n->n_src == 2);
    return product && g->values[n->dst[0]].t.rank == 2 && graph_is_weight(g, n->src[1]);
}

static void product_to_gemm(struct graph *g, struct node *n)
{
    n->op = OP_Gemm;
    node_set_int(g, n, ATTR_transA, node_int(n, ATTR_transA, 0));
    node_set_int(g, n, ATTR_transB, node_int(n, ATTR_transB, 0));
}

static bool fuse_bias(struct graph *g, int i)
{
    int user = single_user_of_kind(g, i, OP_Add);
    const struct node *n = &g->nodes[i];
    if (user == NONE || n->n_posts || !can_take_bias(g, n))
        return false;
    int bias = other_operand(&g->nodes[user], n->dst[0]);
    if (!graph_is_weight(g, bias) || !weight_or_none(g, bias) ||
        !is_per_channel(&g->values[bias].t, &g->values[n->dst[0]].t, 1))
        return false;
    struct affine a = affine_of_constant(g, bias);
    node_shift_bias(g, i, &a);
    affine_release(&a);
    if (g->nodes[i].op != OP_Conv)
        product_to_gemm(g, &g->nodes[i]);
    absorb(g, i, user);
    return true;
}

static bool takes_activation(enum op op)
{
    return op == OP_Conv || op == OP_Gemm || op == OP_MatMul || op == OP_Add;
}

static bool is_activation(enum op op)
{
    return op == OP_Relu || op == OP_Clip || op == OP_Sigmoid || op == OP_Tanh ||
           op == OP_LeakyRelu || op == OP_Elu;
}

static struct post activation_post(const struct node *n)
{
    struct post p = {.op = n->op, .src = NONE};
    if (n->op == OP_Clip) {
        p.alpha = node_float(n, ATTR_min, -FLT_MAX);
        p.beta = node_float(n, ATTR_max, FLT_MAX);
    } else {
        p.alpha = node_float(n, ATTR_alpha, 0);
    }
    return p;
}

static bool fuse_activation(struct graph *g, int i)
{
    struct node *n = &g->nodes[i];
    int user = node_single_user(g, i);
    if (!takes_activation(n->op) || n->n_posts == MAX_POSTS || user == NONE ||
        !is_activation(g->nodes[user].op))
        return false;
    n->posts[n->n_posts++] = activation_post(&g->nodes[user]);
    absorb(g, i, user);
    return true;
}

// A convolution adds what exists before it runs, as large as its own result. Of two convolutions
// that are added the later one does it.
static bool fuse_residual(struct graph *g, int i)
{
    int user = single_user_of_kind(g, i, OP_Add);
    struct node *n = &g->nodes[i];
    if (n->op != OP_Conv || n->n_posts || user == NONE)
        return false;
    int other = other_operand(&g->nodes[user], n->dst[0]);
    if (graph_is_weight(g, other) || g->values[other].producer >= i ||
        !tensor_equal(&g->values[other].t, &g->values[n->dst[0]].t))
        return false;
    node_add_src(g, n, other);
    n->posts[n->n_posts++] = (struct post){.op = OP_Add, .src = n->n_src - 1};
    absorb(g, i, user);
    return true;
}

// Splits channels into groups, swaps group and channel, and joins them again:
// [N, C, ...] -> [N, groups, C / groups, ...] -> [N, C / groups, groups, ...] -> [N, C, ...]
static bool is_shuffle(const struct graph *g, int split, int swap, int join)
{
    const struct tensor *src = &g->values[g->nodes[split].src[0]].t;
    const struct tensor *parts = &g->values[g->nodes[split].dst[0]].t;
    if (!tensor_same_shape(src, &g->values[g->nodes[join].dst[0]].t) || src->rank < 3 ||
        src->rank > 2 + MAX_SPATIAL || parts->rank != src->rank + 1 ||
        parts->dims[0] != src->dims[0] || parts->dims[1] * parts->dims[2] != src->dims[1])
        return false;
    int rank;
    const int64_t *perm = node_ints(&g->nodes[swap], ATTR_perm, &rank);
    bool same = perm[0] == 0 && perm[1] == 2 && perm[2] == 1;
    for (int d = 3; same && d < rank; d++)
        same = perm[d] == d && parts->dims[d] == src->dims[d - 1];
    return same;
}

static bool fuse_shuffle(struct graph *g, int i)
{
    int swap = NONE, join = NONE;
    if (g->nodes[i].op == OP_Reshape)
        swap = single_user_of_kind(g, i, OP_Transpose);
    if (swap != NONE)
        join = single_user_of_kind(g, swap, OP_Reshape);
    if (join == NONE || !is_shuffle(g, i, swap, join))
        return false;
    int64_t groups = g->values[g->nodes[i].dst[0]].t.dims[1];
    struct node *n = &g->nodes[i];
    n->op = OP_ChannelShuffle;
    n->n_attrs = 0;
    node_set_int(g, n, ATTR_groups, groups);
    absorb(g, i, swap);
    absorb(g, i, value_user(g, g->nodes[i].dst[0]));
    return true;
}

// A view of a view is a view.
static bool fuse_views(struct graph *g, int i)
{
    int user = node_single_user(g, i);
    if (op_info(g->nodes[i].op)->layout != OP_LAYOUT_view || user == NONE ||
        op_info(g->nodes[user].op)->layout != OP_LAYOUT_view)
        return false;
    absorb(g, i, user);
    return true;
}

static fuse_rule *const rules[] = {
    fuse_shuffle, fuse_views, fuse_batchnorm, fuse_bias, fuse_activation, fuse_residual,
};

static bool apply_any(struct graph *g, int i)
{
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++)
        if (rules[k](g, i))
            return true;
    return false;
}

// One pass is enough: a rule changes node i and removes later ones, and nothing that a rule asks
// of an earlier node changes by that.
void fuse(struct graph *g)
{
    graph_index(g);
    for (int i = 0; i < g->n_nodes; i++)
        while (apply_any(g, i))
            ;
}
