// Reference of elementwise operators, alone and as posts.
#include <float.h>
#include <math.h>

#include "runner/reference_kernels.h"

typedef double unary_function(double x, double alpha, double beta);
typedef double binary_function(double x, double y);

static double relu(double x, double alpha, double beta)
{
    (void)alpha, (void)beta;
    return x > 0 ? x : 0;
}

static double sigmoid(double x, double alpha, double beta)
{
    (void)alpha, (void)beta;
    return 1 / (1 + exp(-x));
}

static double hyperbolic_tangent(double x, double alpha, double beta)
{
    (void)alpha, (void)beta;
    return tanh(x);
}

static double leaky_relu(double x, double alpha, double beta)
{
    (void)beta;
    return x >= 0 ? x : alpha * x;
}

static double elu(double x, double alpha, double beta)
{
    (void)beta;
    return x >= 0 ? x : alpha * expm1(x);
}

static double clip(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

static double sum(double x, double y)
{
    return x + y;
}

static double difference(double x, double y)
{
    return x - y;
}

static double product(double x, double y)
{
    return x * y;
}

static double quotient(double x, double y)
{
    return x / y;
}

// Where a node keeps alpha and beta, with ONNX's values for absent ones.
static const struct unary {
    unary_function *f;
    enum attr_key alpha, beta;
    float usual_alpha, usual_beta;
} unary[N_OPS] = {
    [OP_Relu] = {.f = relu},
    [OP_Sigmoid] = {.f = sigmoid},
    [OP_Tanh] = {.f = hyperbolic_tangent},
    [OP_LeakyRelu] = {.f = leaky_relu, .alpha = ATTR_alpha, .usual_alpha = 0.01f},
    [OP_Elu] = {.f = elu, .alpha = ATTR_alpha, .usual_alpha = 1},
    [OP_Clip] = {clip, ATTR_min, ATTR_max, -FLT_MAX, FLT_MAX},
};

static binary_function *const binary[N_OPS] = {
    [OP_Add] = sum,
    [OP_Sub] = difference,
    [OP_Mul] = product,
    [OP_Div] = quotient,
};

double reference_apply_unary(enum op op, double x, double alpha, double beta)
{
    if (!unary[op].f)
        BUG("%s is no unary elementwise operator", op_info(op)->name);
    return unary[op].f(x, alpha, beta);
}

double reference_apply_binary(enum op op, double x, double y)
{
    if (!binary[op])
        BUG("%s is no binary elementwise operator", op_info(op)->name);
    return binary[op](x, y);
}

static double operand_at(const struct operand *o, const struct tensor *dst, int64_t i)
{
    int64_t at[MAX_RANK];
    tensor_coordinates(dst, i, at);
    return operand_read(o, operand_broadcast(o, dst->rank, at));
}

void reference_unary(const struct reference_step *s)
{
    const struct unary *u = &unary[s->node->op];
    double alpha = (double)node_float(s->node, u->alpha, u->usual_alpha);
    double beta = (double)node_float(s->node, u->beta, u->usual_beta);
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++)
        s->out[i] =
            reference_apply_unary(s->node->op, operand_at(&s->src[0], s->dst, i), alpha, beta);
}

void reference_binary(const struct reference_step *s)
{
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++)
        s->out[i] = reference_apply_binary(s->node->op, operand_at(&s->src[0], s->dst, i),
                                           operand_at(&s->src[1], s->dst, i));
}
