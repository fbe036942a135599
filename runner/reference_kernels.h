// What the files of the reference share. A reference kernel computes the whole result of one step
// into doubles in row-major order of the logical shape; runner/reference.c applies the posts and
// stores the result in dst's type and layout. As nothing is stored before all is read, the memory
// of a result may be that of a source.
#ifndef RUNNER_REFERENCE_KERNELS_H
#define RUNNER_REFERENCE_KERNELS_H

#include "bricks/graph.h"

// One source as the step sees it.
struct operand {
    const char *data; // NULL: an omitted optional source
    const struct tensor *t;
    int64_t strides[MAX_RANK]; // in elements
};

struct reference_step {
    const struct node *node;
    int n_src;                 // of the operator itself: operands of posts come behind them
    const struct operand *src; // all
    const struct tensor *dst;
    double *out; // elements of dst, row-major
};

typedef void reference_kernel(const struct reference_step *s);

// Element at `offset` elements from the start. Types other than f32 are only moved: their bytes
// travel in the double's place.
static inline double operand_read(const struct operand *o, int64_t offset)
{
    double x = 0;
    if (o->t->type == TYPE_f32)
        return (double)((const float *)(const void *)o->data)[offset];
    size_t bytes = type_bytes(o->t->type);
    __builtin_memcpy(&x, o->data + (size_t)offset * bytes, bytes);
    return x;
}

// An optional source, or NULL if the step does not have it.
static inline const struct operand *optional_source(const struct reference_step *s, int k)
{
    return k < s->n_src && s->src[k].data ? &s->src[k] : NULL;
}

// Coordinates of element i in row-major order of the logical shape.
void tensor_coordinates(const struct tensor *t, int64_t i, int64_t at[MAX_RANK]);

// Place of the element of o that belongs to coordinates `at` of a tensor of that rank, by ONNX's
// broadcasting: dimensions are aligned at the end, one of size 1 is repeated.
int64_t operand_broadcast(const struct operand *o, int rank, const int64_t at[MAX_RANK]);

// The scalar functions of elementwise operators, also those of posts. Both fail with BUG for an
// operator that is not of that kind. alpha and beta as in struct post.
double reference_apply_unary(enum op op, double x, double alpha, double beta);
double reference_apply_binary(enum op op, double x, double y);

// The kernels of the column `reference` in ops.def.
reference_kernel reference_conv, reference_pool, reference_batchnorm, reference_lrn,
    reference_softmax, reference_gemm, reference_matmul, reference_unary, reference_binary,
    reference_concat, reference_transpose, reference_reorder, reference_shuffle;

#endif
