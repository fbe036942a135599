// Reference of matrix products.
#include <math.h>
#include <stdlib.h>

#include "reference/kernels.h"

// dst [m, n] = alpha * A B + beta * C, A and B transposed on demand.
static long double gemm_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    const struct operand *a = &s->src[0], *b = &s->src[1], *c = optional_source(s, 2);
    int a_row = node_int(s->node, ATTR_transA, 0) ? 1 : 0;
    int b_column = node_int(s->node, ATTR_transB, 0) ? 0 : 1;
    struct span row = {at[0] * a->strides[a_row], a->strides[1 - a_row]};
    struct span column = {at[1] * b->strides[b_column], b->strides[1 - b_column]};
    long double x = dot(a, row, b, column, a->t->dims[1 - a_row]);
    x *= (long double)node_float(s->node, ATTR_gemm_alpha, 1);
    return c ? x + (long double)node_float(s->node, ATTR_gemm_beta, 1) * source_at(s, 2, at) : x;
}

void reference_gemm(const struct reference_step *s)
{
    each_element(s, gemm_at, NULL);
}

struct factors {
    struct operand a, b;
    struct tensor a_tensor, b_tensor;
    long double alpha;
};

// Start of the matrix of o that belongs to coordinates `at` of the batch dimensions.
static int64_t matrix_start(const struct operand *o, int n_batch, const int64_t *at)
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
static long double matmul_at(const struct reference_step *s, const int64_t *at, const void *context)
{
    const struct factors *f = context;
    const struct operand *a = &f->a, *b = &f->b;
    bool a_vector = a->t->rank == 1, b_vector = b->t->rank == 1;
    int n_batch = s->dst->rank - !a_vector - !b_vector;
    struct span row = {0, a->strides[a->t->rank - 1]};
    struct span column = {0, b->strides[b_vector ? 0 : b->t->rank - 2]};
    if (!a_vector)
        row.offset = matrix_start(a, n_batch, at) + at[n_batch] * a->strides[a->t->rank - 2];
    if (!b_vector)
        column.offset =
            matrix_start(b, n_batch, at) + at[s->dst->rank - 1] * b->strides[b->t->rank - 1];
    return f->alpha * dot(a, row, b, column, a->t->dims[a->t->rank - 1]);
}

void reference_matmul(const struct reference_step *s)
{
    struct factors f = {.a = s->src[0], .b = s->src[1], .alpha = 1};
    each_element(s, matmul_at, &f);
}

// Moves dimension `from` of an operand to place `to`.
static void move_dimension(struct operand *o, struct tensor *t, int from, int to)
{
    int64_t dim = t->dims[from], stride = o->strides[from];
    for (int d = from, step = from < to ? 1 : -1; d != to; d += step) {
        t->dims[d] = t->dims[d + step];
        o->strides[d] = o->strides[d + step];
    }
    t->dims[to] = dim;
    o->strides[to] = stride;
}

// transBatch brings the first dimension behind the other batch dimensions, then trans exchanges
// the last two.
static struct operand transposed(const struct reference_step *s, int k, struct tensor *t)
{
    static const enum attr_key batch[] = {ATTR_transBatchA, ATTR_transBatchB};
    static const enum attr_key matrix[] = {ATTR_transA, ATTR_transB};
    struct operand o = s->src[k];
    *t = *o.t;
    o.t = t;
    if (t->rank > 2 && node_int(s->node, batch[k], 0))
        move_dimension(&o, t, 0, t->rank - 2);
    if (t->rank > 1 && node_int(s->node, matrix[k], 0))
        move_dimension(&o, t, t->rank - 2, t->rank - 1);
    return o;
}

// com.microsoft: alpha * A B.
void reference_fused_matmul(const struct reference_step *s)
{
    struct factors f = {.alpha = (long double)node_float(s->node, ATTR_gemm_alpha, 1)};
    f.a = transposed(s, 0, &f.a_tensor);
    f.b = transposed(s, 1, &f.b_tensor);
    each_element(s, matmul_at, &f);
}

static void swap_rows(long double *x, long double *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        long double z = x[i];
        x[i] = y[i];
        y[i] = z;
    }
}

// By elimination with the largest pivot; destroys m [n, n].
static long double determinant(long double *m, int64_t n)
{
    long double product = 1;
    for (int64_t k = 0; k < n; k++) {
        int64_t pivot = k;
        for (int64_t i = k + 1; i < n; i++)
            pivot = fabsl(m[i * n + k]) > fabsl(m[pivot * n + k]) ? i : pivot;
        if (m[pivot * n + k] == 0)
            return 0;
        if (pivot != k)
            swap_rows(m + k * n, m + pivot * n, n);
        product *= pivot != k ? -m[k * n + k] : m[k * n + k];
        for (int64_t i = k + 1; i < n; i++) {
            long double factor = m[i * n + k] / m[k * n + k];
            for (int64_t j = k; j < n; j++)
                m[i * n + j] -= factor * m[k * n + j];
        }
    }
    return product;
}

// Of every matrix of src [..., n, n].
void reference_det(const struct reference_step *s)
{
    const struct tensor *t = s->src[0].t;
    int64_t n = t->dims[t->rank - 1];
    long double *numbers = operand_numbers(&s->src[0]);
    for (int64_t i = 0; i < tensor_elements(s->dst); i++)
        s->out[i] = determinant(numbers + i * n * n, n);
    free(numbers);
}
