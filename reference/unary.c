// Reference of elementwise operators of one source, alone and as posts.
#include <float.h>
#include <math.h>

#include "reference/kernels.h"

typedef long double unary_function(long double x, double alpha, double beta);

// f(x, a, b) as an expression. Real functions are computed in double.
#define FUNCTION(name, expression)                                                                 \
    static long double name(long double number, double a, double b)                                \
    {                                                                                              \
        double x = (double)number;                                                                 \
        (void)x, (void)a, (void)b;                                                                 \
        return expression;                                                                         \
    }

// As ONNX defines: what is not a number stays so, and of bounds the wrong way round the largest
// wins.
static long double bounded(long double x, long double least, long double most)
{
    x = x < least ? least : x;
    return x > most ? most : x;
}

FUNCTION(absolute, fabsl(number))
FUNCTION(negated, -number)
FUNCTION(floored, floorl(number))
FUNCTION(ceiled, ceill(number))
FUNCTION(rounded, rintl(number)) // halves to even
FUNCTION(sign, (long double)((number > 0) - (number < 0)))
FUNCTION(reciprocal, 1 / x)
FUNCTION(square_root, sqrt(x))
FUNCTION(exponential, exp(x))
FUNCTION(logarithm, log(x))
FUNCTION(error_function, erf(x))
FUNCTION(sine, sin(x))
FUNCTION(cosine, cos(x))
FUNCTION(tangent, tan(x))
FUNCTION(arcsine, asin(x))
FUNCTION(arccosine, acos(x))
FUNCTION(arctangent, atan(x))
FUNCTION(hyperbolic_sine, sinh(x))
FUNCTION(hyperbolic_cosine, cosh(x))
FUNCTION(hyperbolic_tangent, tanh(x))
FUNCTION(area_sine, asinh(x))
FUNCTION(area_cosine, acosh(x))
FUNCTION(area_tangent, atanh(x))
FUNCTION(not, number == 0)
FUNCTION(bitwise_not, (long double)~(int64_t)number)
FUNCTION(is_nan, number != number)
FUNCTION(is_infinite, (a != 0 && x == -INFINITY) || (b != 0 && x == INFINITY))

FUNCTION(relu, number > 0 ? number : 0)
FUNCTION(leaky_relu, x >= 0 ? x : a * x)
FUNCTION(thresholded_relu, x > a ? x : 0)
FUNCTION(elu, x >= 0 ? x : a * expm1(x))
FUNCTION(celu, fmax(x, 0) + fmin(a * expm1(x / a), 0))
FUNCTION(selu, b *(x > 0 ? x : a * expm1(x)))
FUNCTION(sigmoid, 1 / (1 + exp(-x)))
FUNCTION(hard_sigmoid, fmax(0, fmin(1, a *x + b)))
FUNCTION(hard_swish, x *fmax(0, fmin(1, x / 6 + 0.5)))
FUNCTION(swish, x / (1 + exp(-a * x)))
FUNCTION(softplus, x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)))
FUNCTION(softsign, x / (1 + fabs(x)))
FUNCTION(mish, x *tanh((double)softplus(number, 0, 0)))
FUNCTION(shrink, x<-b ? x + a : x> b ? x - a : 0)
FUNCTION(clip, bounded(number, (long double)a, (long double)b))
FUNCTION(gelu_erf, x / 2 * (1 + erf(x / sqrt(2))))
FUNCTION(gelu_tanh, x / 2 * (1 + tanh(sqrt(M_2_PI) * (x + 0.044715 * x * x * x))))
FUNCTION(gelu, a != 0 ? gelu_tanh(number, 0, 0) : gelu_erf(number, 0, 0))

// Where a node keeps a and b, with ONNX's values for absent ones.
static const struct unary {
    unary_function *f;
    enum attr_key a, b;
    float usual_a, usual_b;
} unary[N_OPS] = {
    [OP_Abs] = {.f = absolute},
    [OP_Neg] = {.f = negated},
    [OP_Sign] = {.f = sign},
    [OP_Floor] = {.f = floored},
    [OP_Ceil] = {.f = ceiled},
    [OP_Round] = {.f = rounded},
    [OP_Sqrt] = {.f = square_root},
    [OP_Reciprocal] = {.f = reciprocal},
    [OP_Exp] = {.f = exponential},
    [OP_Log] = {.f = logarithm},
    [OP_Erf] = {.f = error_function},
    [OP_Sin] = {.f = sine},
    [OP_Cos] = {.f = cosine},
    [OP_Tan] = {.f = tangent},
    [OP_Asin] = {.f = arcsine},
    [OP_Acos] = {.f = arccosine},
    [OP_Atan] = {.f = arctangent},
    [OP_Sinh] = {.f = hyperbolic_sine},
    [OP_Cosh] = {.f = hyperbolic_cosine},
    [OP_Tanh] = {.f = hyperbolic_tangent},
    [OP_Asinh] = {.f = area_sine},
    [OP_Acosh] = {.f = area_cosine},
    [OP_Atanh] = {.f = area_tangent},
    [OP_Not] = {.f = not },
    [OP_BitwiseNot] = {.f = bitwise_not},
    [OP_IsNaN] = {.f = is_nan},
    [OP_Relu] = {.f = relu},
    [OP_Sigmoid] = {.f = sigmoid},
    [OP_Softplus] = {.f = softplus},
    [OP_Softsign] = {.f = softsign},
    [OP_HardSwish] = {.f = hard_swish},
    [OP_Mish] = {.f = mish},
    [OP_IsInf] = {is_infinite, ATTR_detect_negative, ATTR_detect_positive, 1, 1},
    [OP_Clip] = {clip, ATTR_min, ATTR_max, -FLT_MAX, FLT_MAX},
    [OP_LeakyRelu] = {.f = leaky_relu, .a = ATTR_alpha, .usual_a = 0.01f},
    [OP_ThresholdedRelu] = {.f = thresholded_relu, .a = ATTR_alpha, .usual_a = 1},
    [OP_Elu] = {.f = elu, .a = ATTR_alpha, .usual_a = 1},
    [OP_Celu] = {.f = celu, .a = ATTR_alpha, .usual_a = 1},
    [OP_Selu] = {selu, ATTR_alpha, ATTR_gamma, 1.67326319217681884765625f,
                 1.05070102214813232421875f},
    [OP_HardSigmoid] = {hard_sigmoid, ATTR_alpha, ATTR_hard_beta, 0.2f, 0.5f},
    [OP_Shrink] = {shrink, ATTR_bias, ATTR_lambd, 0, 0.5f},
    [OP_Gelu] = {.f = gelu, .a = ATTR_approximate},
    [OP_Swish] = {.f = swish, .a = ATTR_alpha, .usual_a = 1},
    [OP_GeluTanh] = {.f = gelu_tanh},
    [OP_QuickGelu] = {.f = swish, .a = ATTR_alpha, .usual_a = 1.702f},
};

static const struct unary *unary_of(enum op op)
{
    if (!unary[op].f)
        BUG("%s is no unary elementwise operator", op_info(op)->name);
    return &unary[op];
}

static double scalar(const struct node *n, enum attr_key key, float usual)
{
    if (attr_info(key)->kind == ATTR_KIND_int)
        return (double)node_int(n, key, (int64_t)usual);
    return attr_info(key)->kind == ATTR_KIND_float ? (double)node_float(n, key, usual) : 0;
}

long double reference_apply_unary(enum op op, long double x, double alpha, double beta)
{
    return unary_of(op)->f(x, alpha, beta);
}

static long double unary_at(const struct reference_step *s, const int64_t *at, const void *context)
{
    const double *scalars = context;
    return unary_of(s->node->op)->f(source_at(s, 0, at), scalars[0], scalars[1]);
}

void reference_unary(const struct reference_step *s)
{
    const struct unary *u = unary_of(s->node->op);
    double scalars[] = {scalar(s->node, u->a, u->usual_a), scalar(s->node, u->b, u->usual_b)};
    each_element(s, unary_at, scalars);
}

// Bounds known only at run time are sources 1 and 2.
static long double clip_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    const struct operand *low = optional_source(s, 1), *high = optional_source(s, 2);
    long double x = source_at(s, 0, at);
    long double least =
        low ? operand_read(low, 0) : (long double)node_float(s->node, ATTR_min, -FLT_MAX);
    long double most =
        high ? operand_read(high, 0) : (long double)node_float(s->node, ATTR_max, FLT_MAX);
    return bounded(x, least, most);
}

void reference_clip(const struct reference_step *s)
{
    each_element(s, clip_at, NULL);
}

// GELU of X + bias, the bias optional: com.microsoft's BiasGelu and FastGelu.
static long double bias_gelu_at(const struct reference_step *s, const int64_t *at,
                                const void *unused)
{
    (void)unused;
    long double x = source_at(s, 0, at) + (optional_source(s, 1) ? source_at(s, 1, at) : 0);
    return gelu(x, s->node->op == OP_FastGelu, 0);
}

void reference_bias_gelu(const struct reference_step *s)
{
    each_element(s, bias_gelu_at, NULL);
}
