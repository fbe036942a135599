// How a loop gets its three versions: its body is written once, always inlined, and wrapped for
// each instruction set.
#ifndef RUNNER_LOOPS_ISA_H
#define RUNNER_LOOPS_ISA_H

#include "runner/loops.h"

#define LOOP_INLINE static inline __attribute__((always_inline))

#define LOOP_VERSION(id, isa, attributes)                                                          \
    attributes static void id##_##isa(const void *params, void *const *args, int thread,           \
                                      int threads)                                                 \
    {                                                                                              \
        id##_body(params, args, thread, threads);                                                  \
    }

#define LOOP_TARGET_avx2 __attribute__((target("avx2,fma")))
#define LOOP_TARGET_avx512                                                                         \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,prefer-vector-width=512")))

// Defines loop `id` of loops.h from id_body.
#define LOOP_DEFINE(id)                                                                            \
    LOOP_VERSION(id, sse2, )                                                                       \
    LOOP_VERSION(id, avx2, LOOP_TARGET_avx2)                                                       \
    LOOP_VERSION(id, avx512, LOOP_TARGET_avx512)                                                   \
    const struct loop id = {#id, {id##_sse2, id##_avx2, id##_avx512}};

// Part of [0, n) that one thread takes.
struct part {
    int64_t from, to;
};

LOOP_INLINE struct part loop_part(int64_t n, int thread, int threads)
{
    return (struct part){n * thread / threads, n * (thread + 1) / threads};
}

// A thread's part of a nest, row by row of the innermost dimension; the first and the last one may
// be parts of a row.
struct rows {
    int64_t at, end;  // elements in the nest's order
    int64_t row;      // number of the row
    int64_t begin, n; // its elements begin .. begin + n - 1
};

LOOP_INLINE void rows_find(struct rows *r, const struct loop_nest *nest)
{
    int64_t inner = nest->dims[nest->rank - 1];
    r->row = r->at / inner;
    r->begin = r->at % inner;
    r->n = inner - r->begin < r->end - r->at ? inner - r->begin : r->end - r->at;
}

LOOP_INLINE struct rows rows_first(const struct loop_nest *nest, int thread, int threads)
{
    struct part part = loop_part(dims_count(nest->dims, 0, nest->rank), thread, threads);
    struct rows r = {.at = part.from, .end = part.to};
    rows_find(&r, nest);
    return r;
}

LOOP_INLINE void rows_next(struct rows *r, const struct loop_nest *nest)
{
    r->at += r->n;
    rows_find(r, nest);
}

#define FOR_ROWS(r, nest, thread, threads)                                                         \
    for (struct rows r = rows_first(nest, thread, threads); r.at < r.end; rows_next(&r, nest))

// Where a row's first element lies in tensor t.
LOOP_INLINE int64_t row_offset(const struct loop_nest *nest, int t, const struct rows *r)
{
    int64_t row = r->row, offset = r->begin * nest->strides[t][nest->rank - 1];
    for (int i = nest->rank - 2; i >= 0; i--) {
        offset += row % nest->dims[i] * nest->strides[t][i];
        row /= nest->dims[i];
    }
    return offset;
}

#endif
