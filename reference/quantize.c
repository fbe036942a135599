// Reference of quantised operators: real = (quantised - zero point) * scale. The integer products
// are those of Conv and MatMul on what is so made real.
#include <math.h>
#include <stdlib.h>

#include "reference/kernels.h"

// Scale and zero point (either may be NULL) of a tensor: one, or one for each part of `axis`.
struct scaling {
    const struct operand *scale, *zero;
    int axis;
    int64_t block; // elements of the axis that share one; 0: all, or one each
};

// Number of o that belongs to coordinates `at` of what is scaled.
static long double parameter(const struct scaling *q, const struct operand *o, const int64_t *at,
                             int rank)
{
    if (!o || tensor_elements(o->t) == 1)
        return o ? operand_element(o, 0) : 0;
    if (o->t->rank != rank)
        return operand_element(o, at[q->axis] / (q->block ? q->block : 1));
    int64_t place[MAX_RANK];
    for (int d = 0; d < rank; d++)
        place[d] = o->t->dims[d] == 1 ? 0 : d == q->axis && q->block ? at[d] / q->block : at[d];
    return operand_at(o, place);
}

static long double dequantized(const struct scaling *q, long double x, const int64_t *at, int rank)
{
    long double scale = q->scale ? parameter(q, q->scale, at, rank) : 1;
    return (x - parameter(q, q->zero, at, rank)) * scale;
}

static long double limited(enum type type, long double x)
{
    long double least = type == TYPE_u8 ? 0 : type == TYPE_s8 ? -128 : -0x1p31L;
    long double most = type == TYPE_u8 ? 255 : type == TYPE_s8 ? 127 : 0x1p31L - 1;
    return fminl(fmaxl(x, least), most);
}

// Halves are rounded to even.
static long double quantized(const struct scaling *q, enum type type, long double x,
                             const int64_t *at, int rank)
{
    float ratio = (float)x / (float)parameter(q, q->scale, at, rank);
    return limited(type, rintl((long double)ratio) + parameter(q, q->zero, at, rank));
}

static struct scaling scaling_of(const struct reference_step *s, int scale, int zero, int axis)
{
    return (struct scaling){optional_source(s, scale), optional_source(s, zero), axis, 0};
}

static struct scaling linear_scaling(const struct reference_step *s)
{
    int rank = s->dst->rank;
    struct scaling q = scaling_of(s, 1, 2, node_axis(s->node, 1, rank));
    q.block = node_int(s->node, ATTR_block_size, 0);
    return q;
}

static long double quantize_at(const struct reference_step *s, const int64_t *at,
                               const void *context)
{
    return quantized(context, s->dst->type, operand_at(&s->src[0], at), at, s->dst->rank);
}

void reference_quantize(const struct reference_step *s)
{
    struct scaling q = linear_scaling(s);
    each_element(s, quantize_at, &q);
}

static long double dequantize_at(const struct reference_step *s, const int64_t *at,
                                 const void *context)
{
    return dequantized(context, operand_at(&s->src[0], at), at, s->dst->rank);
}

void reference_dequantize(const struct reference_step *s)
{
    struct scaling q = linear_scaling(s);
    each_element(s, dequantize_at, &q);
}

// Results: y in u8, its scale and zero point, which cover the range of x and 0.
void reference_dynamic_quantize(const struct reference_step *s)
{
    int64_t n = tensor_elements(s->src[0].t);
    long double *x = operand_numbers(&s->src[0]), least = 0, most = 0;
    for (int64_t i = 0; i < n; i++) {
        least = fminl(least, x[i]);
        most = fmaxl(most, x[i]);
    }
    float scale = (float)(most - least) / 255;
    long double zero =
        scale > 0 ? limited(TYPE_u8, rintl((long double)(-(float)least / scale))) : 0;
    for (int64_t i = 0; i < n && s->out; i++) {
        long double ratio = scale > 0 ? rintl((long double)((float)x[i] / scale)) : 0;
        s->out[i] = limited(TYPE_u8, ratio + zero);
    }
    if (optional_result(s, 1))
        s->results[1].out[0] = (long double)scale;
    if (optional_result(s, 2))
        s->results[2].out[0] = zero;
    free(x);
}

// A source as real numbers: contents that the caller frees, tensor *t.
static struct operand real_operand(const struct operand *from, const struct scaling *q,
                                   struct tensor *t)
{
    struct operand o = {.t = t};
    *t = *from->t;
    t->type = TYPE_f64;
    t->layout = LAYOUT_row;
    tensor_strides(t, o.strides);
    double *data = xcalloc((size_t)tensor_elements(t), sizeof *data);
    for (int64_t i = 0; i < tensor_elements(t); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(t, i, at);
        data[i] = (double)dequantized(q, operand_at(from, at), at, t->rank);
    }
    o.data = (const char *)data;
    return o;
}

// Runs `kernel` on sources x and w made real.
static void run_real(const struct reference_step *s, reference_kernel *kernel, int x, int w,
                     const struct scaling *x_scaling, const struct scaling *w_scaling)
{
    struct tensor tensors[2];
    struct operand src[2] = {real_operand(&s->src[x], x_scaling, &tensors[0]),
                             real_operand(&s->src[w], w_scaling, &tensors[1])};
    struct reference_step inner = *s;
    inner.src = src;
    inner.n_src = 2;
    kernel(&inner);
    free((void *)(uintptr_t)src[0].data);
    free((void *)(uintptr_t)src[1].data);
}

// The dimension whose parts have scales of their own: rows of A, columns of B.
static int matrix_axis(const struct operand *o, bool rows)
{
    return o->t->rank == 1 ? 0 : o->t->rank - (rows ? 2 : 1);
}

void reference_matmul_integer(const struct reference_step *s)
{
    struct scaling a = scaling_of(s, -1, 2, matrix_axis(&s->src[0], true));
    struct scaling b = scaling_of(s, -1, 3, matrix_axis(&s->src[1], false));
    run_real(s, reference_matmul, 0, 1, &a, &b);
}

void reference_conv_integer(const struct reference_step *s)
{
    struct scaling x = scaling_of(s, -1, 2, 0), w = scaling_of(s, -1, 3, 0);
    run_real(s, reference_conv, 0, 1, &x, &w);
}

static void requantize(const struct reference_step *s)
{
    struct scaling y = scaling_of(s, 6, 7, s->dst->rank - 1);
    for (int64_t i = 0; i < tensor_elements(s->dst); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        s->out[i] = quantized(&y, s->dst->type, s->out[i], at, s->dst->rank);
    }
}

// Sources: a, its scale, its zero point, b ..., y's scale and zero point.
void reference_qlinear_matmul(const struct reference_step *s)
{
    struct scaling a = scaling_of(s, 1, 2, matrix_axis(&s->src[0], true));
    struct scaling b = scaling_of(s, 4, 5, matrix_axis(&s->src[3], false));
    run_real(s, reference_matmul, 0, 3, &a, &b);
    requantize(s);
}

// The same, then a bias of s32 in units of the product of both scales.
void reference_qlinear_conv(const struct reference_step *s)
{
    const struct operand *bias = optional_source(s, 8);
    struct scaling x = scaling_of(s, 1, 2, 0), w = scaling_of(s, 4, 5, 0);
    run_real(s, reference_conv, 0, 3, &x, &w);
    for (int64_t i = 0; bias && i < tensor_elements(s->dst); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        s->out[i] += operand_read(bias, at[1]) * operand_element(&s->src[1], 0) *
                     parameter(&w, &s->src[4], at + 1, s->src[3].t->rank);
    }
    requantize(s);
}
