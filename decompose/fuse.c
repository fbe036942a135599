// Fusion: what a step can do to its sources and to its result is taken into the step. Rules come
// in rounds; a round goes once through the graph, and applies to each node the first rule that
// fits, again and again. A rule that takes in what follows gives the result of that, so that the
// outputs of the model keep their names, and takes in nothing that someone else needs.
#include "decompose/fuse.h"

#include "decompose/decompose.h"
#include "decompose/fuse_weights.h"
#include "decompose/passes.h"

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

static bool is_f32(const struct graph *g, const struct node *n)
{
    return g->values[n->dst[0]].t.type == TYPE_f32;
}

// ---- constants that become weights ---------------------------------------------------------

// A step whose weights and bias are constants and can be scaled and shifted per channel, which is
// dimension 1 of its result.
static bool takes_affine(const struct graph *g, const struct node *n)
{
    bool product = (n->op == OP_MatMul || n->op == OP_Gemm) && !node_has(n, ATTR_gemm_alpha) &&
                   !node_has(n, ATTR_gemm_beta) && g->values[n->dst[0]].t.rank == 2 &&
                   g->values[n->src[1]].t.rank == 2;
    return (n->op == OP_Conv || product) && n->n_posts == 0 && is_f32(g, n) &&
           constant_sources(g, n, 1);
}

// True if there is one number of t for each channel of dst, or one for all.
static bool is_per_channel(const struct tensor *t, const struct tensor *dst)
{
    int at = t->rank - (dst->rank - 1);
    int64_t n = tensor_elements(t);
    if (t->type != TYPE_f32 || t->rank > dst->rank)
        return false;
    return n == 1 || (at >= 0 && t->dims[at] == n && n == dst->dims[1]);
}

// C of a Gemm may also be one number for all, one per row, or a matrix.
static bool has_plain_bias(const struct graph *g, const struct node *n)
{
    int c = node_src(n, 2);
    const struct tensor *dst = &g->values[n->dst[0]].t;
    if (c == NONE || n->op != OP_Gemm)
        return true;
    const struct tensor *t = &g->values[c].t;
    return is_per_channel(t, dst) && tensor_elements(t) == dst->dims[1];
}

static void product_to_gemm(struct graph *g, struct node *n)
{
    n->op = OP_Gemm;
    node_set_int(g, n, ATTR_transA, node_int(n, ATTR_transA, 0));
    node_set_int(g, n, ATTR_transB, node_int(n, ATTR_transB, 0));
}

// Node i does what its user does, a scale and a shift, and so needs a bias if there is a shift.
static void take_affine(struct fusion *f, int i, int user, struct affine *a, bool scale, bool shift)
{
    if (scale)
        node_scale_weights(f->g, i, a);
    if (shift || node_src(&f->g->nodes[i], 2) != NONE)
        node_shift_bias(f->g, i, a);
    affine_release(a);
    if (f->g->nodes[i].op == OP_MatMul && f->g->nodes[i].n_src > 2)
        product_to_gemm(f->g, &f->g->nodes[i]);
    fusion_absorb(f, i, user);
}

static bool fuse_batchnorm(struct fusion *f, int i)
{
    const struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    int user = takes_affine(g, n) ? fusion_user_of_kind(f, i, OP_BatchNormalization) : NONE;
    if (user == NONE || !has_plain_bias(g, n))
        return false;
    const struct node *norm = &g->nodes[user];
    if (norm->src[0] != n->dst[0] || !constant_sources(g, norm, 1))
        return false;
    struct affine a = affine_of_batchnorm(g, norm);
    take_affine(f, i, user, &a, true, true);
    return true;
}

// Adding a constant per channel, or multiplying by one.
static bool fuse_constant(struct fusion *f, int i)
{
    const struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    int user = takes_affine(g, n) ? fusion_user(f, n->dst[0]) : NONE;
    if (user == NONE || !has_plain_bias(g, n))
        return false;
    const struct node *work = &g->nodes[user];
    bool factor = work->op == OP_Mul;
    if (!factor && work->op != OP_Add)
        return false;
    const struct tensor *dst = &g->values[n->dst[0]].t;
    int other = node_other_src(work, n->dst[0]);
    if (!weight_or_none(g, other) || !is_per_channel(&g->values[other].t, dst) ||
        !tensor_equal(&g->values[work->dst[0]].t, dst))
        return false;
    struct affine a = affine_of_constant(g, other, dst->dims[1], factor);
    take_affine(f, i, user, &a, factor, !factor);
    return true;
}

// ---- rounds --------------------------------------------------------------------------------

#define ROUND(...)                                                                                 \
    {                                                                                              \
        (fusion_rule *const[]){__VA_ARGS__},                                                       \
            sizeof((fusion_rule *[]){__VA_ARGS__}) / sizeof(fusion_rule *)                         \
    }

static const struct round {
    fusion_rule *const *rules;
    size_t n_rules;
} rounds[] = {
    ROUND(fuse_activation_idiom, fuse_norm_idiom, fuse_norm_bias, fuse_group_norm),
    ROUND(fuse_unmoving, fuse_transposes, fuse_shuffle, fuse_blocks, fuse_views, fuse_pad),
    ROUND(fuse_views, fuse_sunk_view),
    ROUND(fuse_added_constants, fuse_attention, fuse_attention_heads),
    ROUND(fuse_transposed_operand, fuse_product_scale, fuse_operand_scale, fuse_flat_product),
    ROUND(fuse_views, fuse_sunk_view),
    ROUND(fuse_sunk_transpose),
    ROUND(fuse_views, fuse_sunk_view),
    ROUND(fuse_batchnorm, fuse_constant, fuse_activation, fuse_residual, fuse_chain),
};

int fuse(struct graph *g, struct error *err)
{
    for (size_t k = 0; k < sizeof rounds / sizeof *rounds; k++)
        if (fusion_run(g, rounds[k].rules, rounds[k].n_rules, err))
            return -1;
    return 0;
}
