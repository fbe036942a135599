// Reference of operators that normalise every element by what its neighbours are: over stored
// statistics, neighbouring channels, a line, or a block.
#include <math.h>
#include <stdlib.h>

#include "reference/kernels.h"

// Sources: X, scale, B, mean, var, the last four [channels].
static long double batchnorm_at(const struct reference_step *s, const int64_t *at,
                                const void *unused)
{
    (void)unused;
    int64_t c = s->dst->rank > 1 ? at[1] : 0;
    long double epsilon = (long double)node_float(s->node, ATTR_epsilon, 1e-5f);
    long double deviation = sqrtl(operand_read(&s->src[4], c) + epsilon);
    long double x = (operand_at(&s->src[0], at) - operand_read(&s->src[3], c)) / deviation;
    return x * operand_read(&s->src[1], c) + operand_read(&s->src[2], c);
}

void reference_batchnorm(const struct reference_step *s)
{
    each_element(s, batchnorm_at, NULL);
}

// Sum of squares over the channels from - (size - 1) / 2 to + size / 2 around `at`.
static long double square_sum(const struct operand *src, int64_t size, const int64_t *at)
{
    int64_t first = at[1] - (size - 1) / 2, last = at[1] + size / 2;
    int64_t here = operand_offset(src, at);
    long double sum = 0;
    for (int64_t c = first; c <= last; c++) {
        if (c < 0 || c >= src->t->dims[1])
            continue;
        long double x = operand_read(src, here + (c - at[1]) * src->strides[1]);
        sum += x * x;
    }
    return sum;
}

static long double lrn_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    double alpha = (double)node_float(s->node, ATTR_alpha, 1e-4f);
    double bias = (double)node_float(s->node, ATTR_bias, 1);
    int64_t size = node_int(s->node, ATTR_size, 1);
    double squares = (double)square_sum(&s->src[0], size, at);
    double beta = (double)node_float(s->node, ATTR_lrn_beta, 0.75f);
    return operand_at(&s->src[0], at) /
           (long double)pow(bias + alpha / (double)size * squares, beta);
}

void reference_lrn(const struct reference_step *s)
{
    each_element(s, lrn_at, NULL);
}

typedef void line_function(const struct node *n, long double *x, int64_t length, int64_t stride);

// Calls f for every line of dst along `axis`, which then holds the numbers of source 0.
static void each_line(const struct reference_step *s, line_function *f)
{
    struct lines l = lines_along(s->dst, node_axis(s->node, -1, s->dst->rank));
    reference_copy(s);
#pragma omp parallel for if (s->threaded)
    for (int64_t i = 0; i < l.n; i++)
        f(s->node, s->out + line_start(&l, i), l.length, l.stride);
}

static long double largest_of(const long double *x, int64_t length, int64_t stride)
{
    long double largest = -INFINITY;
    for (int64_t i = 0; i < length; i++)
        largest = fmaxl(largest, x[i * stride]);
    return largest;
}

// Sum of exp(x - shift).
static double exponential_sum(const long double *x, int64_t length, int64_t stride,
                              long double shift)
{
    double sum = 0;
    for (int64_t i = 0; i < length; i++)
        sum += exp((double)(x[i * stride] - shift));
    return sum;
}

static void softmax_line(const struct node *n, long double *x, int64_t length, int64_t stride)
{
    long double shift = largest_of(x, length, stride);
    double sum = exponential_sum(x, length, stride, shift);
    for (int64_t i = 0; i < length; i++) {
        double y = (double)(x[i * stride] - shift);
        x[i * stride] = (long double)(n->op == OP_LogSoftmax ? y - log(sum) : exp(y) / sum);
    }
}

// By the definition of ONNX 13: along one axis.
void reference_softmax(const struct reference_step *s)
{
    each_line(s, softmax_line);
}

// 1 at the first largest element.
static void hardmax_line(const struct node *n, long double *x, int64_t length, int64_t stride)
{
    (void)n;
    long double largest = largest_of(x, length, stride);
    bool found = false;
    for (int64_t i = 0; i < length; i++) {
        bool hit = !found && x[i * stride] == largest;
        x[i * stride] = hit;
        found = found || hit;
    }
}

void reference_hardmax(const struct reference_step *s)
{
    each_line(s, hardmax_line);
}

static void lp_line(const struct node *n, long double *x, int64_t length, int64_t stride)
{
    bool l1 = node_int(n, ATTR_p, 2) == 1;
    long double sum = 0;
    for (int64_t i = 0; i < length; i++)
        sum += l1 ? fabsl(x[i * stride]) : x[i * stride] * x[i * stride];
    long double norm = l1 ? sum : sqrtl(sum);
    for (int64_t i = 0; i < length && norm != 0; i++)
        x[i * stride] /= norm;
}

void reference_lpnorm(const struct reference_step *s)
{
    each_line(s, lp_line);
}
