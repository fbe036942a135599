// Matrix products by OpenBLAS, called by every thread of the team for its own part: inside a
// parallel region its OpenMP build runs on the calling thread alone.
#include <cblas.h>

#include "runner/loops_isa.h"

enum { LINE = 16 }; // f32 of one cache line: no two threads write to one

// Of the result, where only columns [from, to) are wanted.
static void columns(const struct loop_gemm *g, int from, int to, const float *a, const float *b,
                    float *c)
{
    int m = (int)g->m, n = (int)g->n, k = (int)g->k, ldb = g->transposed ? k : n;
    b += g->transposed ? (size_t)from * (size_t)k : (size_t)from;
    if (m > 1)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, g->transposed ? CblasTrans : CblasNoTrans, m,
                    to - from, k, 1, a, k, b, ldb, 0, c + from, n);
    else if (g->transposed)
        cblas_sgemv(CblasRowMajor, CblasNoTrans, to - from, k, 1, b, ldb, a, 1, 0, c + from, 1);
    else
        cblas_sgemv(CblasRowMajor, CblasTrans, k, to - from, 1, b, ldb, a, 1, 0, c + from, 1);
}

static void by_columns(const struct loop_gemm *g, float *const *args, int thread, int threads)
{
    struct part part = loop_part((g->n + LINE - 1) / LINE, thread, threads);
    int64_t to = part.to * LINE < g->n ? part.to * LINE : g->n;
    if (part.from * LINE < to)
        columns(g, (int)(part.from * LINE), (int)to, args[0], args[1], args[2]);
}

static void by_rows(const struct loop_gemm *g, float *const *args, int thread, int threads)
{
    struct part part = loop_part(g->m, thread, threads);
    struct loop_gemm mine = *g;
    mine.m = part.to - part.from;
    if (mine.m > 0)
        columns(&mine, 0, (int)g->n, args[0] + part.from * g->k, args[1],
                args[2] + part.from * g->n);
}

static void multiply(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_gemm *g = params;
    float *const matrices[] = {args[0], args[1], args[2]};
    (g->m > g->n ? by_rows : by_columns)(g, matrices, thread, threads);
}

const struct loop loop_gemm_blas = {"openblas", {multiply, multiply, multiply}};

bool loop_gemm_exists(void)
{
    return openblas_get_parallel() == OPENBLAS_OPENMP; // others start threads or lock
}
