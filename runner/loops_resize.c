#include "runner/loops_resize.h"

#include "runner/loops_isa.h"

// dst = src * weight, or added to what is there.
LOOP_INLINE void add_weighted(float *restrict dst, const float *restrict src, float weight,
                              int64_t n, bool first)
{
    if (first)
        for (int64_t c = 0; c < n; c++)
            dst[c] = weight * src[c];
    else
        for (int64_t c = 0; c < n; c++)
            dst[c] += weight * src[c];
}

LOOP_INLINE void interpolate(const struct loop_resize *p, float *dst, const float *src,
                             const int64_t *at)
{
    const struct loop_taps *d = p->dims;
    bool first = true;
    for (int64_t a = at[0] * d[0].taps; a < (at[0] + 1) * d[0].taps; a++)
        for (int64_t b = at[1] * d[1].taps; b < (at[1] + 1) * d[1].taps; b++)
            for (int64_t c = at[2] * d[2].taps; c < (at[2] + 1) * d[2].taps; c++) {
                const float weight = d[0].weight[a] * d[1].weight[b] * d[2].weight[c];
                int64_t from = (d[0].index[a] * d[1].in + d[1].index[b]) * d[2].in + d[2].index[c];
                add_weighted(dst, src + from * p->inner, weight, p->inner, first);
                first = false;
            }
}

LOOP_INLINE bool is_outside(const struct loop_resize *p, const int64_t *at)
{
    for (int d = 0; d < RESIZE_DIMS; d++)
        if (p->dims[d].index[at[d] * p->dims[d].taps] == RESIZE_OUTSIDE)
            return true;
    return false;
}

LOOP_INLINE void loop_resize_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_resize *p = params;
    const struct loop_taps *d = p->dims;
    const int64_t in = d[0].in * d[1].in * d[2].in;
    struct part part = loop_part(p->outer * d[0].out * d[1].out * d[2].out, thread, threads);
    for (int64_t i = part.from; i < part.to; i++) {
        int64_t at[RESIZE_DIMS] = {i / d[2].out / d[1].out % d[0].out, i / d[2].out % d[1].out,
                                   i % d[2].out};
        int64_t outer = i / d[2].out / d[1].out / d[0].out;
        float *dst = (float *)args[1] + i * p->inner;
        if (!is_outside(p, at))
            interpolate(p, dst, (const float *)args[0] + outer * in * p->inner, at);
        else
            for (int64_t c = 0; c < p->inner; c++)
                dst[c] = p->outside;
    }
}
LOOP_DEFINE(loop_resize)
