// Reference of matrix products.
#include "runner/reference_kernels.h"

// A row of a and a column of b: where they start and how far their elements are apart.
struct line {
    int64_t offset, stride;
};

static double dot(const struct operand *a, struct line row, const struct operand *b,
                  struct line column, int64_t k)
{
    double sum = 0;
    for (int64_t i = 0; i < k; i++)
        sum += operand_read(a, row.offset + i * row.stride) *
               operand_read(b, column.offset + i * column.stride);
    return sum;
}

// dst [m, n] = alpha * A B + beta * C, A and B transposed on demand.
void reference_gemm(const struct reference_step *s)
{
    const struct operand *a = &s->src[0], *b = &s->src[1];
    int a_row = node_int(s->node, ATTR_transA, 0) ? 1 : 0;
    int b_column = node_int(s->node, ATTR_transB, 0) ? 0 : 1;
    double alpha = (double)node_float(s->node, ATTR_gemm_alpha, 1);
    double beta = (double)node_float(s->node, ATTR_gemm_beta, 1);
    const struct operand *c = optional_source(s, 2);
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->dst, i, at);
        struct line row = {at[0] * a->strides[a_row], a->strides[1 - a_row]};
        struct line column = {at[1] * b->strides[b_column], b->strides[1 - b_column]};
        s->out[i] = alpha * dot(a, row, b, column, a->t->dims[1 - a_row]);
        if (c)
            s->out[i] += beta * operand_read(c, operand_broadcast(c, 2, at));
    }
}

// Start of the matrix of o that belongs to coordinates `at` of the batch dimensions.
static int64_t matrix_start(const struct operand *o, int n_batch, const int64_t at[MAX_RANK])
{
    int64_t offset = 0;
    int own = o->t->rank - 2; // batch dimensions of o
    for (int d = 0; d < own; d++) {
        if (o->t->dims[d] != 1)
            offset += at[n_batch - own + d] * o->strides[d];
    }
    return offset;
}

// As numpy.matmul: a vector on the left is a row, one on the right a column; their dimension is
// missing in dst.
void reference_matmul(const struct reference_step *s)
{
    const struct operand *a = &s->src[0], *b = &s->src[1];
    bool a_vector = a->t->rank == 1, b_vector = b->t->rank == 1;
    int n_batch = s->dst->rank - !a_vector - !b_vector;
    int64_t n = tensor_elements(s->dst);
#pragma omp parallel for
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK] = {0};
        tensor_coordinates(s->dst, i, at);
        struct line row = {0, a->strides[a->t->rank - 1]};
        struct line column = {0, b->strides[b_vector ? 0 : b->t->rank - 2]};
        if (!a_vector)
            row.offset = matrix_start(a, n_batch, at) + at[n_batch] * a->strides[a->t->rank - 2];
        if (!b_vector)
            column.offset =
                matrix_start(b, n_batch, at) + at[s->dst->rank - 1] * b->strides[b->t->rank - 1];
        s->out[i] = dot(a, row, b, column, a->t->dims[a->t->rank - 1]);
    }
}
