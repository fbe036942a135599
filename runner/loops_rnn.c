// What recurrent networks need before oneDNN can take their parameters.
#include "runner/loops_isa.h"

#include <string.h>

#include "bricks/graph.h"

LOOP_INLINE void gate_add(float *restrict dst, const float *restrict src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] += src[i];
}

LOOP_INLINE void loop_gates_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_gates *p = params;
    struct part part = loop_part(p->rows * p->n_to, thread, threads);
    for (int64_t gate = part.from; gate < part.to; gate++) {
        const int *from = p->from[gate % p->n_to];
        const float *src = (const float *)args[0] + gate / p->n_to * p->n_from * p->items;
        float *dst = (float *)args[1] + gate * p->items;
        memcpy(dst, src + from[0] * p->items, (size_t)p->items * sizeof *dst);
        if (from[1] != NONE)
            gate_add(dst, src + from[1] * p->items, p->items);
    }
}
LOOP_DEFINE(loop_gates)

LOOP_INLINE void loop_zero_body(const void *params, void *const *args, int thread, int threads)
{
    const size_t *bytes = params;
    if (thread == threads - 1) // a few
        memset(args[0], 0, *bytes);
}
LOOP_DEFINE(loop_zero)
