// Elementwise operators as primitives of oneDNN, or as loops of our own for what it has none for.
#include "runner/lower.h"

#include "reference/number.h"
#include "runner/loops_map.h"

// ---- functions -----------------------------------------------------------------------------

// The same function in oneDNN and in our loops, with the same parameters, and the operators that
// are this function. Log is missing: oneDNN's is off by 1e-6 near 1, where the result is 0.
static const struct function {
    enum op op; // N_OPS: none
    dnnl_alg_kind_t alg;
    enum map map;
} functions[] = {
    {OP_Relu, dnnl_eltwise_relu, MAP_LeakyRelu},
    {OP_LeakyRelu, dnnl_eltwise_relu, MAP_LeakyRelu},
    {OP_Clip, dnnl_eltwise_clip, MAP_Clip},
    {OP_Sigmoid, dnnl_eltwise_logistic, MAP_Sigmoid},
    {OP_Tanh, dnnl_eltwise_tanh, MAP_Tanh},
    {OP_Elu, dnnl_eltwise_elu, MAP_Elu},
    {OP_Abs, dnnl_eltwise_abs, MAP_Abs},
    {OP_Sqrt, dnnl_eltwise_sqrt, MAP_Sqrt},
    {OP_Exp, dnnl_eltwise_exp, MAP_Exp},
    {OP_Round, dnnl_eltwise_round, MAP_Round},
    {OP_Softplus, dnnl_eltwise_soft_relu, MAP_Softplus},
    {OP_Gelu, dnnl_eltwise_gelu_erf, MAP_Gelu},
    {OP_GeluTanh, dnnl_eltwise_gelu_tanh, MAP_GeluTanh},
    {OP_Swish, dnnl_eltwise_swish, MAP_Swish},
    {OP_QuickGelu, dnnl_eltwise_swish, MAP_Swish},
    {OP_HardSwish, dnnl_eltwise_hardswish, MAP_HardSwish},
    {OP_Mish, dnnl_eltwise_mish, MAP_Mish},
    {N_OPS, dnnl_eltwise_linear, MAP_Linear},
    {OP_Add, dnnl_binary_add, MAP_Add},
    {OP_Sub, dnnl_binary_sub, MAP_Sub},
    {OP_Mul, dnnl_binary_mul, MAP_Mul},
    {OP_Div, dnnl_binary_div, MAP_Div},
    {OP_Max, dnnl_binary_max, MAP_Max},
    {OP_Min, dnnl_binary_min, MAP_Min},
};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

dnnl_alg_kind_t alg_of_op(enum op op)
{
    for (int i = 0; i < N_FUNCTIONS; i++)
        if (functions[i].op == op)
            return functions[i].alg;
    return dnnl_alg_kind_undef;
}

static enum map map_of_alg(dnnl_alg_kind_t alg)
{
    for (int i = 0; i < N_FUNCTIONS; i++)
        if (functions[i].alg == alg)
            return functions[i].map;
    BUG("algorithm %d of oneDNN is no function of map.def", (int)alg);
}

static enum map map_of_fused(const struct fused *f)
{
    return f->alg == dnnl_alg_kind_undef ? f->map : map_of_alg(f->alg);
}

// What oneDNN does not do in one pass over memory, our loop does.
static bool emit_in_one_pass(struct lowering *l, const struct step_spec *s, int n,
                             const struct fused *posts)
{
    return (n > 0 ? emit_generated : emit_with_posts)(l, s, n, posts);
}

// ---- primitives ----------------------------------------------------------------------------

// All operands have dst's shape and layout: where the bytes lie does not matter, and one dimension
// will do.
static struct md *flat_md(const struct operand *o)
{
    int64_t n = tensor_elements(&o->t), one = 1;
    return md_strides(o->t.type, 1, &n, &one);
}

static bool emit_eltwise_primitive(struct lowering *l, const struct fused *f,
                                   const struct operand *src, const struct operand *dst, int n,
                                   const struct fused *posts)
{
    struct step_spec s = {.prim = {.prim = PRIM_eltwise, .alg = f->alg}, .reshaped = true};
    s.prim.alpha = f->alpha;
    s.prim.beta = f->beta;
    step_bind(&s, DNNL_ARG_SRC, lowering_keep(l, flat_md(src)), src->place);
    step_bind(&s, DNNL_ARG_DST, lowering_keep(l, flat_md(dst)), dst->place);
    s.dst = *dst;
    return emit_in_one_pass(l, &s, n, posts);
}

static bool is_number(const struct operand *o, const struct operand *dst)
{
    return tensor_elements(&o->t) == 1 && tensor_elements(&dst->t) > 1;
}

// Operands that need no shape: all are dst's, or the second one is one number for all elements,
// for which oneDNN takes 32 us instead of 2 where dst has a shape (1x8840x2, Zen 5, two threads).
static bool are_flat(const struct operand *a, const struct operand *b, const struct operand *dst,
                     int n, const struct fused *posts)
{
    return tensor_equal(&a->t, &dst->t) && (tensor_equal(&b->t, &dst->t) || is_number(b, dst)) &&
           !has_post(PRIM_POST_binary, n, posts);
}

static bool emit_binary_primitive(struct lowering *l, dnnl_alg_kind_t alg, const struct operand *a,
                                  const struct operand *b, const struct operand *dst, int n,
                                  const struct fused *posts)
{
    bool flat = are_flat(a, b, dst, n, posts);
    struct step_spec s = {.prim = {.prim = PRIM_binary, .alg = alg}, .reshaped = flat};
    const struct operand *operands[] = {a, b, dst};
    static const int args[] = {DNNL_ARG_SRC_0, DNNL_ARG_SRC_1, DNNL_ARG_DST};
    for (int i = 0; i < 3; i++) {
        struct md *md = flat ? flat_md(operands[i]) : md_tensor(&operands[i]->t);
        step_bind(&s, args[i], lowering_keep(l, md), operands[i]->place);
    }
    s.dst = *dst;
    return emit_in_one_pass(l, &s, n, posts);
}

bool emit_eltwise(struct lowering *l, const struct fused *f, const struct operand *src,
                  const struct operand *dst, int n, const struct fused *posts)
{
    const double parameters[] = {(double)f->alpha, (double)f->beta};
    return (f->alg != dnnl_alg_kind_undef && emit_eltwise_primitive(l, f, src, dst, n, posts)) ||
           emit_map(l, map_of_fused(f), parameters, src, dst, n, posts);
}

// Whether oneDNN takes far longer than our loop (Zen 5): for one number for all elements (14 us
// instead of 1 for 8840), and for rows of few elements that have an operand of their own or share
// one (1x16x56x56 channels-last by one factor per channel: 19 us instead of 5; of 64 channels 26
// and 21, of 96 29 and 32).
static bool is_for_loop(const struct operand *a, const struct operand *b, const struct operand *dst,
                        int n, const struct fused *posts)
{
    enum { FEW = 64 };
    const struct tensor *tensors[LOOP_TENSORS] = {&a->t, &b->t};
    struct loop_nest nest;
    int count = 2;
    bool by_number = is_number(a, dst) || is_number(b, dst);
    for (int i = 0; i < n && i < MAX_POSTS; i++)
        if (posts[i].kind == PRIM_POST_binary) {
            by_number |= is_number(&posts[i].operand, dst);
            tensors[count++] = &posts[i].operand.t;
        }
    tensors[count++] = &dst->t;
    loop_nest_broadcast(&nest, count, tensors);
    bool only_functions =
        !has_post(PRIM_POST_binary, n, posts) && !has_post(PRIM_POST_sum, n, posts);
    return (by_number && (n == 0 || !only_functions)) ||
           (nest.rank > 1 && nest.dims[nest.rank - 1] <= FEW);
}

bool emit_binary(struct lowering *l, dnnl_alg_kind_t alg, const struct operand *a,
                 const struct operand *b, const struct operand *dst, int n,
                 const struct fused *posts)
{
    bool swappable = alg != dnnl_binary_sub && alg != dnnl_binary_div;
    const struct operand operands[] = {*a, *b};
    if (is_for_loop(a, b, dst, n, posts) &&
        emit_map(l, map_of_alg(alg), NULL, operands, dst, n, posts))
        return true;
    return emit_binary_primitive(l, alg, a, b, dst, n, posts) ||
           (swappable && emit_binary_primitive(l, alg, b, a, dst, n, posts)) ||
           emit_map(l, map_of_alg(alg), NULL, operands, dst, n, posts);
}

// ---- loops ---------------------------------------------------------------------------------

// Numbers to compute with: as wide as the widest real source, whole ones if there is none.
static enum map_number number_of(int n, const struct operand *src)
{
    enum map_number number = MAP_s64;
    for (int k = 0; k < n && number != MAP_f64; k++)
        if (type_is_real(src[k].t.type))
            number = src[k].t.type == TYPE_f64 ? MAP_f64 : MAP_f32;
    return number;
}

struct chain {
    struct loop_map p;
    int n; // tensors so far
    const struct tensor *tensors[LOOP_TENSORS];
    struct place args[LOOP_TENSORS];
};

static bool chain_add(struct chain *c, const struct operand *o)
{
    c->p.types[c->n] = o->t.type;
    c->tensors[c->n] = &o->t;
    c->args[c->n++] = o->place;
    return map_takes(o->t.type);
}

static bool chain_add_stage(struct lowering *l, struct chain *c, enum map map,
                            const double *parameters)
{
    struct map_stage *stage = &c->p.stages[c->p.n_stages++];
    stage->block = map_info(map)->block[c->p.number][lowering_isa(l)];
    for (int i = 0; parameters && i < MAP_PARAMETERS; i++)
        stage->parameters[i] = parameters[i];
    return stage->block;
}

static bool chain_add_post(struct lowering *l, struct chain *c, const struct fused *f,
                           const struct operand *dst)
{
    const double parameters[] = {(double)f->alpha, (double)f->beta};
    if (!chain_add_stage(l, c, map_of_fused(f), parameters))
        return false;
    if (f->kind == PRIM_POST_eltwise)
        return true;
    c->p.stages[c->p.n_stages - 1].operand = c->n;
    return chain_add(c, f->kind == PRIM_POST_sum ? dst : &f->operand);
}

bool emit_map(struct lowering *l, enum map map, const double *parameters, const struct operand *src,
              const struct operand *dst, int n, const struct fused *posts)
{
    const struct map_info *info = map_info(map);
    struct chain c = {.p = {.number = number_of(info->sources, src), .sources = info->sources}};
    bool chained = c.p.number == MAP_f32 && dst->t.type == TYPE_f32 && n < MAP_STAGES;
    bool ok = chain_add_stage(l, &c, map, parameters);
    for (int k = 0; k < info->sources; k++)
        ok = ok && chain_add(&c, &src[k]);
    for (int i = 0; chained && i < n; i++)
        ok = ok && chain_add_post(l, &c, &posts[i], dst);
    if (!ok || !chain_add(&c, dst))
        return false;
    loop_nest_broadcast(&c.p.nest, c.n, c.tensors);
    struct loop loop = loop_map;
    loop.name = info->name;
    return emit_loop_with_posts(l, &loop, &c.p, sizeof c.p, c.n, c.args, dst, chained ? 0 : n,
                                posts);
}
