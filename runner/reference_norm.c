// Reference of operators that normalise: over stored statistics, neighbouring channels, or an
// axis.
#include <math.h>

#include "runner/reference_kernels.h"

// Sources: X, scale, B, mean, var, the last four [channels].
void reference_batchnorm(const struct reference_step *s)
{
    double epsilon = (double)node_float(s->node, ATTR_epsilon, 1e-5f);
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        int64_t c = s->dst->rank > 1 ? at[1] : 0;
        double x = operand_read(&s->src[0], operand_broadcast(&s->src[0], s->dst->rank, at));
        double scale = operand_read(&s->src[1], c) / sqrt(operand_read(&s->src[4], c) + epsilon);
        s->out[i] = (x - operand_read(&s->src[3], c)) * scale + operand_read(&s->src[2], c);
    }
}

// Sum of squares over the channels from - (size - 1) / 2 to + size / 2 around `at`.
static double square_sum(const struct operand *src, int64_t size, const int64_t at[MAX_RANK])
{
    int64_t first = at[1] - (size - 1) / 2, last = at[1] + size / 2;
    double sum = 0;
    for (int64_t c = first; c <= last; c++) {
        if (c < 0 || c >= src->t->dims[1])
            continue;
        double x = operand_read(src, operand_broadcast(src, src->t->rank, at) +
                                         (c - at[1]) * src->strides[1]);
        sum += x * x;
    }
    return sum;
}

void reference_lrn(const struct reference_step *s)
{
    double alpha = (double)node_float(s->node, ATTR_alpha, 1e-4f);
    double beta = (double)node_float(s->node, ATTR_lrn_beta, 0.75f);
    double bias = (double)node_float(s->node, ATTR_bias, 1);
    int64_t size = node_int(s->node, ATTR_size, 1);
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        double x = operand_read(&s->src[0], operand_broadcast(&s->src[0], s->dst->rank, at));
        double squares = square_sum(&s->src[0], size, at);
        s->out[i] = x / pow(bias + alpha / (double)size * squares, beta);
    }
}

// One line of `n` elements along the axis; line points to its first element in row-major order.
static void softmax_line(double *line, int64_t n, int64_t stride)
{
    double largest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, line[i * stride]);
    for (int64_t i = 0; i < n; i++) {
        line[i * stride] = exp(line[i * stride] - largest);
        sum += line[i * stride];
    }
    for (int64_t i = 0; i < n; i++)
        line[i * stride] /= sum;
}

// By the definition of ONNX 13: along one axis.
void reference_softmax(const struct reference_step *s)
{
    const struct tensor *t = s->dst;
    int64_t axis = node_int(s->node, ATTR_axis, -1);
    axis += axis < 0 ? t->rank : 0;
    int64_t length = t->dims[axis], stride = dims_count(t->dims, (int)axis + 1, t->rank);
    int64_t outer = dims_count(t->dims, 0, (int)axis), n = tensor_elements(t);
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(t, i, at);
        s->out[i] = operand_read(&s->src[0], operand_broadcast(&s->src[0], t->rank, at));
    }
#pragma omp parallel for
    for (int64_t line = 0; line < outer * stride; line++)
        softmax_line(s->out + line / stride * length * stride + line % stride, length, stride);
}
