// Loops that run through tensors of any strides: copies, concatenation, broadcast arithmetic.
#include "runner/loops_isa.h"

#include <string.h>

#include "base/error.h"

// ---- nests ---------------------------------------------------------------------------------

static void swap_dims(struct loop_nest *nest, int a, int b)
{
    int64_t dim = nest->dims[a];
    nest->dims[a] = nest->dims[b];
    nest->dims[b] = dim;
    for (int t = 0; t < nest->n; t++) {
        int64_t stride = nest->strides[t][a];
        nest->strides[t][a] = nest->strides[t][b];
        nest->strides[t][b] = stride;
    }
}

// The result's largest stride first.
static void sort_dims(struct loop_nest *nest)
{
    const int64_t *key = nest->strides[nest->n - 1];
    for (int i = 1; i < nest->rank; i++)
        for (int k = i; k > 0 && key[k - 1] < key[k]; k--)
            swap_dims(nest, k - 1, k);
}

static bool mergeable(const struct loop_nest *nest, int outer, int inner)
{
    for (int t = 0; t < nest->n; t++)
        if (nest->strides[t][outer] != nest->strides[t][inner] * nest->dims[inner])
            return false;
    return true;
}

static void merge_dims(struct loop_nest *nest)
{
    int last = 0;
    for (int i = 1; i < nest->rank; i++) {
        if (mergeable(nest, last, i))
            nest->dims[i] *= nest->dims[last];
        else
            last++;
        nest->dims[last] = nest->dims[i];
        for (int t = 0; t < nest->n; t++)
            nest->strides[t][last] = nest->strides[t][i];
    }
    nest->rank = last + 1;
}

void loop_nest_make(struct loop_nest *nest, int n, int rank, const int64_t *dims,
                    const int64_t strides[][MAX_RANK], size_t item_bytes)
{
    *nest = (struct loop_nest){.n = n, .item_bytes = item_bytes};
    for (int i = 0; i < rank; i++) {
        if (dims[i] == 1)
            continue;
        nest->dims[nest->rank] = dims[i];
        for (int t = 0; t < n; t++)
            nest->strides[t][nest->rank] = strides[t][i];
        nest->rank++;
    }
    if (nest->rank == 0)
        nest->dims[nest->rank++] = 1;
    sort_dims(nest);
    merge_dims(nest);
}

void loop_nest_broadcast(struct loop_nest *nest, int n, const struct tensor *const *tensors)
{
    int64_t strides[3][MAX_RANK];
    const struct tensor *dst = tensors[n - 1];
    for (int t = 0; t < n; t++) {
        tensor_strides(tensors[t], strides[t]);
        for (int i = 0; i < dst->rank; i++)
            if (tensors[t]->dims[i] == 1)
                strides[t][i] = 0;
    }
    loop_nest_make(nest, n, dst->rank, dst->dims, strides, type_bytes(dst->type));
}

// A thread's part of a nest: whole rows of the innermost dimension, or a part of every row where
// there are fewer rows than threads.
struct rows {
    struct part row, inner;
};

LOOP_INLINE struct rows nest_part(const struct loop_nest *nest, int thread, int threads)
{
    int64_t n = 1, inner = nest->dims[nest->rank - 1];
    for (int i = 0; i < nest->rank - 1; i++)
        n *= nest->dims[i];
    if (n < threads)
        return (struct rows){{0, n}, loop_part(inner, thread, threads)};
    return (struct rows){loop_part(n, thread, threads), {0, inner}};
}

// Offset of a row's first element in tensor t.
LOOP_INLINE int64_t row_offset(const struct loop_nest *nest, int t, int64_t row)
{
    int64_t offset = 0;
    for (int i = nest->rank - 2; i >= 0; i--) {
        offset += row % nest->dims[i] * nest->strides[t][i];
        row /= nest->dims[i];
    }
    return offset;
}

// ---- copy ----------------------------------------------------------------------------------

LOOP_INLINE void copy_items(char *restrict dst, int64_t dst_stride, const char *restrict src,
                            int64_t src_stride, int64_t n, size_t bytes)
{
    if (dst_stride == 1 && src_stride == 1) {
        memcpy(dst, src, (size_t)n * bytes);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        memcpy(dst + (size_t)(i * dst_stride) * bytes, src + (size_t)(i * src_stride) * bytes,
               bytes);
}

LOOP_INLINE void copy_row(const struct loop_nest *nest, char *dst, const char *src, int64_t n)
{
    int64_t from = nest->strides[0][nest->rank - 1], to = nest->strides[1][nest->rank - 1];
    switch (nest->item_bytes) { // constants, so that memcpy becomes one move
    case 1:
        copy_items(dst, to, src, from, n, 1);
        break;
    case 2:
        copy_items(dst, to, src, from, n, 2);
        break;
    case 4:
        copy_items(dst, to, src, from, n, 4);
        break;
    case 8:
        copy_items(dst, to, src, from, n, 8);
        break;
    default:
        BUG("items of %zu bytes", nest->item_bytes);
    }
}

LOOP_INLINE void loop_copy_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_nest *nest = params;
    struct rows part = nest_part(nest, thread, threads);
    const int64_t from = nest->strides[0][nest->rank - 1], to = nest->strides[1][nest->rank - 1];
    for (int64_t row = part.row.from; row < part.row.to; row++) {
        int64_t src = row_offset(nest, 0, row) + part.inner.from * from;
        int64_t dst = row_offset(nest, 1, row) + part.inner.from * to;
        copy_row(nest, (char *)args[1] + (size_t)dst * nest->item_bytes,
                 (const char *)args[0] + (size_t)src * nest->item_bytes,
                 part.inner.to - part.inner.from);
    }
}
LOOP_DEFINE(loop_copy)

// ---- concatenation -------------------------------------------------------------------------

// Each thread writes one stretch of dst's bytes, wherever that begins and ends.
LOOP_INLINE void loop_concat_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_concat *c = params;
    char *dst = args[c->n];
    struct part part = loop_part(c->rows * (int64_t)c->row_bytes, thread, threads);
    for (int64_t row = part.from / (int64_t)c->row_bytes, at = part.from; at < part.to; row++) {
        int64_t begin = row * (int64_t)c->row_bytes;
        for (int k = 0; k < c->n && begin < part.to; k++) {
            int64_t bytes = (int64_t)c->piece_bytes[k], end = begin + bytes;
            int64_t to = end < part.to ? end : part.to;
            if (at < to)
                memcpy(dst + at, (const char *)args[k] + row * bytes + (at - begin),
                       (size_t)(to - at));
            at = at < to ? to : at;
            begin = end;
        }
    }
}
LOOP_DEFINE(loop_concat)

// ---- arithmetic ----------------------------------------------------------------------------

// dst may be a or b, but then of the same shape: an element is written after it was read.
#define ARITHMETIC(name, operator)                                                                 \
    LOOP_INLINE void name##_row(float *dst, const float *a, int64_t a_stride, const float *b,      \
                                int64_t b_stride, int64_t n)                                       \
    {                                                                                              \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++) dst[i] =                               \
            a[i * a_stride] operator b[i * b_stride];                                              \
    }                                                                                              \
    LOOP_INLINE void name##_body(const void *params, void *const *args, int thread, int threads)   \
    {                                                                                              \
        const struct loop_nest *nest = params;                                                     \
        const int inner = nest->rank - 1;                                                          \
        const int64_t sa = nest->strides[0][inner], sb = nest->strides[1][inner];                  \
        struct rows part = nest_part(nest, thread, threads);                                       \
        const int64_t n = part.inner.to - part.inner.from;                                         \
        for (int64_t row = part.row.from; row < part.row.to; row++) {                              \
            const float *a =                                                                       \
                (const float *)args[0] + row_offset(nest, 0, row) + part.inner.from * sa;          \
            const float *b =                                                                       \
                (const float *)args[1] + row_offset(nest, 1, row) + part.inner.from * sb;          \
            float *dst = (float *)args[2] + row_offset(nest, 2, row) + part.inner.from;            \
            if (sa == 1 && sb == 1)                                                                \
                name##_row(dst, a, 1, b, 1, n);                                                    \
            else if (sa == 1 && sb == 0)                                                           \
                name##_row(dst, a, 1, b, 0, n);                                                    \
            else if (sa == 0 && sb == 1)                                                           \
                name##_row(dst, a, 0, b, 1, n);                                                    \
            else                                                                                   \
                name##_row(dst, a, sa, b, sb, n);                                                  \
        }                                                                                          \
    }                                                                                              \
    LOOP_DEFINE(name)

ARITHMETIC(loop_add, +)
ARITHMETIC(loop_sub, -)
ARITHMETIC(loop_mul, *)
ARITHMETIC(loop_div, /)
