// Products of a row and a matrix each.
#include "runner/loops_isa.h"

// dst[n] = row[k] * matrix[k][n], read as it lies.
LOOP_INLINE void row_product(const struct loop_row_products *p, const float *restrict row,
                             const float *restrict matrix, float *restrict dst)
{
    const int64_t n = p->n;
    int64_t i = 0;
    for (int64_t j = 0; j < n; j++)
        dst[j] = 0;
    for (; i + 4 <= p->k; i += 4, matrix += 4 * n) // dst is read and written once for four
        for (int64_t j = 0; j < n; j++)
            dst[j] += row[i] * matrix[j] + row[i + 1] * matrix[n + j] +
                      row[i + 2] * matrix[2 * n + j] + row[i + 3] * matrix[3 * n + j];
    for (; i < p->k; i++, matrix += n)
        for (int64_t j = 0; j < n; j++)
            dst[j] += row[i] * matrix[j];
}

LOOP_INLINE void loop_row_products_body(const void *params, void *const *args, int thread,
                                        int threads)
{
    const struct loop_row_products *p = params;
    struct part part = loop_part(p->batches, thread, threads);
    for (int64_t b = part.from; b < part.to; b++)
        row_product(p, (const float *)args[0] + b * p->k, (const float *)args[1] + b * p->k * p->n,
                    (float *)args[2] + b * p->n);
}
LOOP_DEFINE(loop_row_products)
