// Elementwise operators, alone and as posts.
#include "runner/lower.h"

#include <float.h>

#include "bricks/step.h"

// ---- parameters ----------------------------------------------------------------------------

// Where alpha and beta of an operator's function come from; N_ATTRS: they are the fallback.
static const struct parameters {
    enum op op;
    enum attr_key alpha, beta;
    float alpha_fallback, beta_fallback;
} parameters[] = {
    {OP_Clip, ATTR_min, ATTR_max, -FLT_MAX, FLT_MAX},
    {OP_LeakyRelu, ATTR_alpha, N_ATTRS, 0.01f, 0},
    {OP_ThresholdedRelu, ATTR_alpha, N_ATTRS, 1, 0},
    {OP_Elu, ATTR_alpha, N_ATTRS, 1, 0},
    {OP_Celu, ATTR_alpha, N_ATTRS, 1, 0},
    {OP_Selu, ATTR_alpha, ATTR_gamma, 1.67326319f, 1.05070102f},
    {OP_HardSigmoid, ATTR_alpha, ATTR_hard_beta, 0.2f, 0.5f},
    {OP_HardSwish, N_ATTRS, N_ATTRS, 1.f / 6, 0.5f},
    {OP_Softplus, N_ATTRS, N_ATTRS, 1, 0},
    {OP_Swish, ATTR_alpha, N_ATTRS, 1, 0},
    {OP_QuickGelu, ATTR_alpha, N_ATTRS, 1.702f, 0},
    {OP_Shrink, ATTR_lambd, ATTR_bias, 0.5f, 0},
};

static const struct parameters *parameters_of_op(enum op op)
{
    static const struct parameters none = {N_OPS, N_ATTRS, N_ATTRS, 0, 0};
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters; i++)
        if (parameters[i].op == op)
            return &parameters[i];
    return &none;
}

static float parameter(const struct node *n, enum attr_key key, float fallback)
{
    return key == N_ATTRS ? fallback : node_float(n, key, fallback);
}

// The function of a unary operator with its parameters; alg is undefined if oneDNN has none.
static struct fused function_of_node(const struct node *n)
{
    const struct parameters *p = parameters_of_op(n->op);
    bool tanh = n->op == OP_Gelu && node_int(n, ATTR_approximate, 0) == WORD_approximate_tanh;
    return (struct fused){
        .kind = PRIM_POST_eltwise,
        .alg = alg_of_op(tanh ? OP_GeluTanh : n->op),
        .alpha = parameter(n, p->alpha, p->alpha_fallback),
        .beta = parameter(n, p->beta, p->beta_fallback),
    };
}

// ---- posts ---------------------------------------------------------------------------------

static int read_unary_post(struct lowering *l, const struct post *post, struct fused *f)
{
    const struct parameters *p = parameters_of_op(post->op);
    int map = map_of_op(post->op);
    *f = (struct fused){.kind = PRIM_POST_eltwise, .alg = alg_of_op(post->op)};
    f->alpha = p->alpha == N_ATTRS ? p->alpha_fallback : post->alpha;
    f->beta = p->beta == N_ATTRS ? p->beta_fallback : post->beta;
    if (f->alg == dnnl_alg_kind_undef && map < 0)
        return unsupported(l, "there is no kernel for one of its posts");
    f->map = map < 0 ? 0 : (enum map)map;
    return 0;
}

static int read_binary_post(struct lowering *l, const struct post *post, struct fused *f)
{
    *f = (struct fused){.kind = post->accumulate ? PRIM_POST_sum : PRIM_POST_binary};
    f->alg = alg_of_op(post->op);
    if (f->alg == dnnl_alg_kind_undef)
        return unsupported(l, "one of its posts is no arithmetic operator of oneDNN");
    if (!post->accumulate && !lowering_align(l, post->src, &f->operand))
        return unsupported(l, "the operand of a post has a layout of its own");
    return 0;
}

int lowering_read_posts(struct lowering *l)
{
    for (int i = 0; i < l->n->n_posts; i++) {
        const struct post *p = &l->n->posts[i];
        struct fused *f = &l->posts[l->n_posts++];
        if ((p->src == NONE ? read_unary_post : read_binary_post)(l, p, f))
            return -1;
    }
    return 0;
}

// ---- one operator --------------------------------------------------------------------------

// Source k as dst's shape sees it.
static int read_operand(struct lowering *l, int k, struct operand *o)
{
    return lowering_align(l, k, o) ? 0
                                   : unsupported(l, "the layouts of its sources do not fit dst's");
}

static bool all_f32(const struct lowering *l, int n, const struct operand *src)
{
    for (int k = 0; k < n; k++)
        if (src[k].t.type != TYPE_f32)
            return false;
    return l->dst.t.type == TYPE_f32;
}

// Runs what only our loops have.
static int lower_map(struct lowering *l, enum map map, const double *values,
                     const struct operand *src)
{
    if (emit_map(l, map, values, src, &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "there is no kernel for these types");
}

int lower_unary(struct lowering *l)
{
    struct operand src;
    struct fused f = function_of_node(l->n);
    if (read_operand(l, 0, &src))
        return -1;
    if (src.t.layout != l->dst.t.layout)
        return unsupported(l, "source and result have different layouts");
    if (f.alg != dnnl_alg_kind_undef && all_f32(l, 1, &src))
        return emit_eltwise(l, &f, &src, &l->dst, l->n_posts, l->posts)
                   ? 0
                   : unsupported(l, "there is no kernel for what follows it");
    double values[] = {(double)f.alpha, (double)f.beta};
    if (l->n->op == OP_IsInf) {
        values[0] = (double)node_int(l->n, ATTR_detect_positive, 1);
        values[1] = (double)node_int(l->n, ATTR_detect_negative, 1);
    }
    return lower_map(l, (enum map)map_of_op(l->n->op), values, &src);
}

// Bounds that are not constant, one after the other; in whole numbers also those that are.
static int lower_bound(struct lowering *l, struct operand *src, int k, enum map map, bool last)
{
    struct operand pair[] = {*src, {.place = {0}}};
    if (read_operand(l, k, &pair[1]))
        return -1;
    if (last)
        return lower_map(l, map, NULL, pair);
    src->place = l->dst.place;
    return emit_map(l, map, NULL, pair, &l->dst, 0, NULL)
               ? 0
               : unsupported(l, "there is no kernel for these types");
}

int lower_clip(struct lowering *l)
{
    struct operand src;
    bool least = lowering_has(l, 1), most = lowering_has(l, 2);
    if (!least && !most)
        return lower_unary(l);
    if (read_operand(l, 0, &src))
        return -1;
    if (least && lower_bound(l, &src, 1, MAP_Max, !most))
        return -1;
    return most ? lower_bound(l, &src, 2, MAP_Min, true) : 0;
}

// ---- several operands ----------------------------------------------------------------------

static enum map map_of_node(const struct node *n)
{
    if (n->op == OP_Mod && node_int(n, ATTR_fmod, 0))
        return MAP_Fmod;
    if (n->op == OP_BitShift)
        return node_int(n, ATTR_shift_direction, 0) == WORD_shift_direction_left ? MAP_ShiftLeft
                                                                                 : MAP_ShiftRight;
    return n->op == OP_Sum || n->op == OP_Mean ? MAP_Add : (enum map)map_of_op(n->op);
}

int lower_binary(struct lowering *l)
{
    struct operand src[2];
    dnnl_alg_kind_t alg = alg_of_op(l->n->op);
    if (read_operand(l, 0, &src[0]) || read_operand(l, 1, &src[1]))
        return -1;
    if (alg == dnnl_alg_kind_undef || !all_f32(l, 2, src))
        return lower_map(l, map_of_node(l->n), NULL, src);
    if (emit_binary(l, alg, &src[0], &src[1], &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "there is no kernel for what follows it");
}

int lower_where(struct lowering *l)
{
    struct operand src[3];
    for (int k = 0; k < 3; k++)
        if (read_operand(l, k, &src[k]))
            return -1;
    return lower_map(l, MAP_Where, NULL, src);
}

_Static_assert(MAX_NARY_SOURCES + MAX_POSTS <= MAX_KERNEL_OPS, "one op per source");

// Two by two into dst; the last op is the operator's own, for a mean the division.
int lower_nary(struct lowering *l)
{
    struct operand pair[2];
    int n = step_own_sources(l->n);
    const double mean[] = {1 / (double)n, 0};
    bool divides = l->n->op == OP_Mean && n > 1;
    if (n > MAX_NARY_SOURCES || l->n_posts > 0)
        return unsupported(l, "it has too many sources, or something follows it");
    if (read_operand(l, 0, &pair[0]))
        return -1;
    for (int k = 1; k < n; k++, pair[0] = l->dst)
        if (read_operand(l, k, &pair[1]) || lower_map(l, map_of_node(l->n), NULL, pair))
            return -1;
    if (n > 1 && !divides)
        return 0;
    return lower_map(l, divides ? MAP_Linear : MAP_Cast, divides ? mean : NULL, pair);
}
