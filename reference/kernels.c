#include "reference/kernels.h"

#include <stdlib.h>

void step_refuse(const struct reference_step *s, const char *why)
{
#pragma omp critical(refusal)
    *s->refusal = why;
}

int64_t node_item(const struct node *n, enum attr_key key, int i, int64_t fallback)
{
    int count;
    const int64_t *items = node_ints(n, key, &count);
    return i < count ? items[i] : fallback;
}

int node_axis(const struct node *n, int64_t fallback, int rank)
{
    int64_t axis = node_int(n, ATTR_axis, fallback);
    return (int)(axis < 0 ? axis + rank : axis);
}

void tensor_coordinates(const struct tensor *t, int64_t i, int64_t at[MAX_RANK])
{
    for (int d = t->rank - 1; d >= 0; d--) {
        at[d] = i % t->dims[d];
        i /= t->dims[d];
    }
}

int64_t tensor_index(const struct tensor *t, const int64_t *at)
{
    int64_t i = 0;
    for (int d = 0; d < t->rank; d++)
        i = i * t->dims[d] + at[d];
    return i;
}

int64_t operand_offset(const struct operand *o, const int64_t *at)
{
    int64_t offset = 0;
    for (int d = 0; d < o->t->rank; d++)
        offset += at[d] * o->strides[d];
    return offset;
}

int64_t operand_broadcast(const struct operand *o, int rank, const int64_t *at)
{
    int64_t offset = 0;
    int skipped = rank - o->t->rank;
    for (int d = 0; d < o->t->rank; d++) {
        if (o->t->dims[d] != 1)
            offset += at[skipped + d] * o->strides[d];
    }
    return offset;
}

long double operand_at(const struct operand *o, const int64_t *at)
{
    return operand_read(o, operand_offset(o, at));
}

long double source_at(const struct reference_step *s, int k, const int64_t *at)
{
    return operand_read(&s->src[k], operand_broadcast(&s->src[k], s->dst->rank, at));
}

long double operand_element(const struct operand *o, int64_t i)
{
    int64_t at[MAX_RANK];
    if (o->t->layout == LAYOUT_row)
        return operand_read(o, i);
    tensor_coordinates(o->t, i, at);
    return operand_at(o, at);
}

// The sum of millions of products: float32, of which nearly all are, without a call per number.
static double dot_f32(const float *a, int64_t a_stride, const float *b, int64_t b_stride, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)a[i * a_stride] * (double)b[i * b_stride];
    return sum;
}

long double dot(const struct operand *a, struct span x, const struct operand *b, struct span y,
                int64_t n)
{
    long double sum = 0;
    if (a->t->type == TYPE_f32 && b->t->type == TYPE_f32)
        return (long double)dot_f32((const float *)(const void *)a->data + x.offset, x.stride,
                                    (const float *)(const void *)b->data + y.offset, y.stride, n);
    for (int64_t i = 0; i < n; i++)
        sum += operand_read(a, x.offset + i * x.stride) * operand_read(b, y.offset + i * y.stride);
    return sum;
}

// From one element's coordinates to those of the next one in row-major order.
static void advance(const struct tensor *t, int64_t at[MAX_RANK])
{
    for (int d = t->rank - 1; d >= 0 && ++at[d] == t->dims[d]; d--)
        at[d] = 0;
}

// In blocks, as coordinates cost more to find than to advance.
void each_element(const struct reference_step *s, element_function *element, const void *context)
{
    enum { BLOCK = 32 };
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for if (s->threaded)
    for (int64_t begin = 0; begin < n; begin += BLOCK) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, begin, at);
        for (int64_t i = begin; i < n && i < begin + BLOCK; i++, advance(s->dst, at))
            s->out[i] = element(s, at, context);
    }
}

struct lines lines_along(const struct tensor *t, int axis)
{
    struct lines l = {.length = t->dims[axis], .stride = dims_count(t->dims, axis + 1, t->rank)};
    l.n = dims_count(t->dims, 0, axis) * l.stride;
    return l;
}

int64_t line_start(const struct lines *l, int64_t i)
{
    return i / l->stride * l->length * l->stride + i % l->stride;
}

long double *operand_numbers(const struct operand *o)
{
    int64_t n = tensor_elements(o->t);
    long double *numbers = xcalloc((size_t)n, sizeof *numbers);
    for (int64_t i = 0; i < n; i++)
        numbers[i] = operand_element(o, i);
    return numbers;
}
