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
    return emit_with_posts(l, &s, n, posts);
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
    bool is_scalar = is_number(b, dst) && !has_post(PRIM_POST_binary, n, posts);
    return tensor_equal(&a->t, &dst->t) && (tensor_equal(&b->t, &dst->t) || is_scalar);
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
    return emit_with_posts(l, &s, n, posts);
}

bool emit_eltwise(struct lowering *l, const struct fused *f, const struct operand *src,
                  const struct operand *dst, int n, const struct fused *posts)
{
    const double parameters[] = {(double)f->alpha, (double)f->beta};
    return emit_eltwise_primitive(l, f, src, dst, n, posts) ||
           emit_map(l, map_of_alg(f->alg), parameters, src, dst, n, posts);
}

// One number for all elements is for our loop: oneDNN takes 14 us for 8840 where it takes 1 (Zen 5,
// two threads).
bool emit_binary(struct lowering *l, dnnl_alg_kind_t alg, const struct operand *a,
                 const struct operand *b, const struct operand *dst, int n,
                 const struct fused *posts)
{
    bool swappable = alg != dnnl_binary_sub && alg != dnnl_binary_div;
    const struct operand operands[] = {*a, *b};
    bool by_number = is_number(a, dst) || is_number(b, dst);
    if (by_number && n == 0 && emit_map(l, map_of_alg(alg), NULL, operands, dst, 0, NULL))
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

bool emit_map(struct lowering *l, enum map map, const double *parameters, const struct operand *src,
              const struct operand *dst, int n, const struct fused *posts)
{
    const struct map_info *info = map_info(map);
    struct loop_map p = {.number = number_of(info->sources, src)};
    const struct tensor *tensors[MAP_SOURCES + 1];
    struct place args[MAP_SOURCES + 1];
    for (int k = 0; k <= info->sources; k++) {
        const struct operand *o = k < info->sources ? &src[k] : dst;
        if (!map_takes(o->t.type))
            return false;
        p.types[k] = o->t.type;
        tensors[k] = &o->t;
        args[k] = o->place;
    }
    p.block = info->block[p.number][lowering_isa(l)];
    for (int i = 0; parameters && i < MAP_PARAMETERS; i++)
        p.parameters[i] = parameters[i];
    loop_nest_broadcast(&p.nest, info->sources + 1, tensors);
    struct loop loop = loop_map;
    loop.name = info->name;
    return p.block &&
           emit_loop_with_posts(l, &loop, &p, sizeof p, info->sources + 1, args, dst, n, posts);
}
