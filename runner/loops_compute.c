// Loops over f32 tensors with the channels innermost, written so that the compiler vectorises
// over channels.
#include "runner/loops_isa.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"

enum loop_isa loop_isa_of(const char *isa)
{
    if (strncmp(isa, "avx512", 6) == 0)
        return LOOP_avx512;
    return strncmp(isa, "avx2", 4) == 0 ? LOOP_avx2 : LOOP_sse2;
}

const char *loop_isa_name(enum loop_isa isa)
{
    static const char *const names[N_LOOP_ISAS] = {"sse2", "avx2", "avx512"};
    return names[isa];
}

// ---- windows -------------------------------------------------------------------------------

// One position of a window: per dimension, where it begins in the source (may be outside) and
// which of its elements [from, to) lie inside.
struct spot {
    int64_t origin[3], from[3], to[3];
};

LOOP_INLINE int64_t positions(const struct loop_window *w)
{
    return w->n * w->out[0] * w->out[1] * w->out[2];
}

// Output position number `at` of [n][out...]; returns the image.
LOOP_INLINE int64_t find_spot(const struct loop_window *w, int64_t at, struct spot *s)
{
    for (int d = 2; d >= 0; d--) {
        int64_t origin = at % w->out[d] * w->stride[d] - w->begin[d];
        at /= w->out[d];
        int64_t step = w->dilation[d], room = w->in[d] - origin;
        s->origin[d] = origin;
        s->from[d] = origin < 0 ? (-origin + step - 1) / step : 0;
        s->to[d] = room > 0 ? (room + step - 1) / step : 0;
        if (s->to[d] > w->kernel[d])
            s->to[d] = w->kernel[d];
    }
    return at;
}

// Number of the source position under element (k0, k1, k2) of a window.
LOOP_INLINE int64_t source_at(const struct loop_window *w, const struct spot *s, int64_t image,
                              int64_t k0, int64_t k1, int64_t k2)
{
    int64_t p0 = s->origin[0] + k0 * w->dilation[0];
    int64_t p1 = s->origin[1] + k1 * w->dilation[1];
    int64_t p2 = s->origin[2] + k2 * w->dilation[2];
    return ((image * w->in[0] + p0) * w->in[1] + p1) * w->in[2] + p2;
}

// The same for a window that is laid over the result: all its elements, and where the result lies
// in what the source's windows cover.
LOOP_INLINE int64_t find_transposed_spot(const struct loop_window *w, int64_t at, struct spot *s)
{
    for (int d = 2; d >= 0; d--) {
        s->origin[d] = at % w->out[d] + w->begin[d];
        s->from[d] = 0;
        s->to[d] = w->kernel[d];
        at /= w->out[d];
    }
    return at;
}

// Number of the source position whose window has element (k0, k1, k2) there; -1 if there is none.
LOOP_INLINE int64_t transposed_source_at(const struct loop_window *w, const struct spot *s,
                                         int64_t image, const int64_t k[3])
{
    int64_t at = image;
    for (int d = 0; d < 3; d++) {
        int64_t begin = s->origin[d] - k[d] * w->dilation[d], p = begin / w->stride[d];
        if (begin < 0 || begin % w->stride[d] != 0 || p >= w->in[d])
            return -1;
        at = at * w->in[d] + p;
    }
    return at;
}

// Runs the statement for every element of the window that lies inside the source.
#define FOR_WINDOW(s, k0, k1, k2)                                                                  \
    for (int64_t k0 = (s).from[0]; k0 < (s).to[0]; k0++)                                           \
        for (int64_t k1 = (s).from[1]; k1 < (s).to[1]; k1++)                                       \
            for (int64_t k2 = (s).from[2]; k2 < (s).to[2]; k2++)

// ---- convolution ---------------------------------------------------------------------------

enum { CONV_BLOCK = 64 }; // output channels in registers

// acc[o] += src[i] * weights[i][o]: one element of the window, one group.
LOOP_INLINE void conv_element(float *restrict acc, const float *restrict src,
                              const float *restrict weights, int64_t ic, int64_t oc, int64_t n)
{
    for (int64_t i = 0; i < ic; i++, weights += oc)
        for (int64_t o = 0; o < n; o++)
            acc[o] += src[i] * weights[o];
}

// Output channels [first, first + n) of one group at one position.
LOOP_INLINE void conv_block(const struct loop_conv *c, const struct spot *s, int64_t image,
                            int64_t group, int64_t first, int64_t n, void *const *args, float *dst,
                            bool transposed)
{
    const struct loop_window *w = &c->w;
    const float *src = (const float *)args[0] + group * c->ic;
    const float *weights = (const float *)args[1] +
                           group * w->kernel[0] * w->kernel[1] * w->kernel[2] * c->ic * c->oc +
                           first;
    const float *bias = args[2];
    float acc[CONV_BLOCK];
    for (int64_t o = 0; o < n; o++)
        acc[o] = bias ? bias[group * c->oc + first + o] : 0;
    FOR_WINDOW(*s, k0, k1, k2)
    {
        int64_t at = transposed ? transposed_source_at(w, s, image, (const int64_t[]){k0, k1, k2})
                                : source_at(w, s, image, k0, k1, k2);
        int64_t element = (k0 * w->kernel[1] + k1) * w->kernel[2] + k2;
        if (at >= 0)
            conv_element(acc, src + at * c->groups * c->ic, weights + element * c->ic * c->oc,
                         c->ic, c->oc, n);
    }
    memcpy(dst + group * c->oc + first, acc, (size_t)n * sizeof *acc);
}

LOOP_INLINE void conv_part(const struct loop_conv *c, void *const *args, struct part part,
                           bool transposed)
{
    for (int64_t at = part.from; at < part.to; at++) {
        struct spot s;
        int64_t image = transposed ? find_transposed_spot(&c->w, at, &s) : find_spot(&c->w, at, &s);
        float *dst = (float *)args[3] + at * c->groups * c->oc;
        for (int64_t group = 0; group < c->groups; group++)
            for (int64_t first = 0; first < c->oc; first += CONV_BLOCK) {
                int64_t n = c->oc - first < CONV_BLOCK ? c->oc - first : CONV_BLOCK;
                conv_block(c, &s, image, group, first, n, args, dst, transposed);
            }
    }
}

LOOP_INLINE void loop_conv_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_conv *c = params;
    conv_part(c, args, loop_part(positions(&c->w), thread, threads), false);
}
LOOP_DEFINE(loop_conv)

LOOP_INLINE void loop_conv_transpose_body(const void *params, void *const *args, int thread,
                                          int threads)
{
    const struct loop_conv *c = params;
    conv_part(c, args, loop_part(positions(&c->w), thread, threads), true);
}
LOOP_DEFINE(loop_conv_transpose)

// ---- pooling -------------------------------------------------------------------------------

// How many positions an average divides by.
LOOP_INLINE int64_t pool_count(const struct loop_pool *p, const struct spot *s)
{
    int64_t count = 1;
    for (int d = 0; d < 3; d++) {
        int64_t step = p->w.dilation[d], room = p->padded_end[d] - s->origin[d];
        int64_t padded = room > 0 ? (room + step - 1) / step : 0;
        if (padded > p->w.kernel[d])
            padded = p->w.kernel[d];
        count *= p->include_pad ? padded : s->to[d] - s->from[d];
    }
    return count;
}

LOOP_INLINE void pool_max(float *restrict dst, const float *restrict src, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        dst[c] = src[c] > dst[c] ? src[c] : dst[c];
}

LOOP_INLINE void pool_add(float *restrict dst, const float *restrict src, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        dst[c] += src[c];
}

LOOP_INLINE void pool_add_powers(float *restrict dst, const float *restrict src, int64_t n, int p)
{
    for (int64_t c = 0; c < n; c++)
        dst[c] += p == 1 ? fabsf(src[c]) : p == 2 ? src[c] * src[c] : powf(fabsf(src[c]), (float)p);
}

LOOP_INLINE void pool_roots(float *dst, int64_t n, int p)
{
    for (int64_t c = 0; c < n && p != 1; c++)
        dst[c] = p == 2 ? sqrtf(dst[c]) : powf(dst[c], 1 / (float)p);
}

LOOP_INLINE void pool_take(const struct loop_pool *p, float *dst, const float *from)
{
    if (p->max)
        pool_max(dst, from, p->channels);
    else if (p->p > 0)
        pool_add_powers(dst, from, p->channels, p->p);
    else
        pool_add(dst, from, p->channels);
}

LOOP_INLINE void loop_pool_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_pool *p = params;
    const float *src = args[0];
    const int64_t n = p->channels;
    struct part part = loop_part(positions(&p->w), thread, threads);
    for (int64_t at = part.from; at < part.to; at++) {
        struct spot s;
        int64_t image = find_spot(&p->w, at, &s);
        float *dst = (float *)args[1] + at * n;
        for (int64_t c = 0; c < n; c++)
            dst[c] = p->max ? -FLT_MAX : 0;
        FOR_WINDOW(s, k0, k1, k2)
        {
            pool_take(p, dst, src + source_at(&p->w, &s, image, k0, k1, k2) * n);
        }
        int64_t count = p->max || p->p > 0 ? 1 : pool_count(p, &s);
        for (int64_t c = 0; c < n && count > 1; c++)
            dst[c] /= (float)count;
        if (p->p > 0)
            pool_roots(dst, n, p->p);
    }
}
LOOP_DEFINE(loop_pool)

// Number of element (k0, k1, k2) of the window among the source's spatial elements.
LOOP_INLINE int64_t spatial_index(const struct loop_window *w, const struct spot *s,
                                  const int64_t k[3], bool reversed)
{
    int64_t index = 0;
    for (int i = 0; i < 3; i++) {
        int d = reversed ? 2 - i : i;
        index = index * w->in[d] + s->origin[d] + k[d] * w->dilation[d];
    }
    return index;
}

LOOP_INLINE int64_t index_of_largest(const struct loop_pool_indices *p, const struct spot *s,
                                     const float *src, int64_t image, int64_t c)
{
    float largest = -FLT_MAX;
    int64_t index = 0;
    FOR_WINDOW(*s, k0, k1, k2)
    {
        float x = src[source_at(&p->w, s, image, k0, k1, k2) * p->channels + c];
        if (x > largest) {
            largest = x;
            index = spatial_index(&p->w, s, (const int64_t[]){k0, k1, k2}, p->reversed);
        }
    }
    return (image * p->channels + c) * p->w.in[0] * p->w.in[1] * p->w.in[2] + index;
}

LOOP_INLINE void loop_pool_indices_body(const void *params, void *const *args, int thread,
                                        int threads)
{
    const struct loop_pool_indices *p = params;
    const int64_t pixels = p->w.out[0] * p->w.out[1] * p->w.out[2];
    struct part part = loop_part(positions(&p->w), thread, threads);
    for (int64_t at = part.from; at < part.to; at++) {
        struct spot s;
        int64_t image = find_spot(&p->w, at, &s);
        for (int64_t c = 0; c < p->channels; c++) {
            int64_t row = (image * p->channels + c) * pixels + at % pixels;
            int64_t to = p->last ? at * p->channels + c : row;
            ((int64_t *)args[1])[to] = index_of_largest(p, &s, args[0], image, c);
        }
    }
}
LOOP_DEFINE(loop_pool_indices)

// ---- normalisation -------------------------------------------------------------------------

// dst[c] = sum of squares of src[c - before .. c + after], as far as they exist.
LOOP_INLINE void lrn_squares(float *restrict dst, const float *restrict src,
                             const struct loop_lrn *p)
{
    for (int64_t c = 0; c < p->channels; c++)
        dst[c] = 0;
    for (int64_t shift = -p->before; shift <= p->after; shift++) {
        int64_t from = shift < 0 ? -shift : 0;
        int64_t to = shift > 0 ? p->channels - shift : p->channels;
        for (int64_t c = from; c < to; c++)
            dst[c] += src[c + shift] * src[c + shift];
    }
}

LOOP_INLINE void loop_lrn_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_lrn *p = params;
    struct part part = loop_part(p->rows, thread, threads);
    for (int64_t row = part.from; row < part.to; row++) {
        const float *src = (const float *)args[0] + row * p->channels;
        float *dst = (float *)args[1] + row * p->channels;
        lrn_squares(dst, src, p);
        for (int64_t c = 0; c < p->channels; c++)
            dst[c] = src[c] * powf(p->bias + p->alpha * dst[c], -p->beta);
    }
}
LOOP_DEFINE(loop_lrn)

LOOP_INLINE void loop_batchnorm_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_batchnorm *p = params;
    const float *scale = args[1], *shift = args[2], *mean = args[3], *variance = args[4];
    struct part part = loop_part(p->outer * p->channels, thread, threads);
    for (int64_t row = part.from; row < part.to; row++) {
        int64_t c = row % p->channels;
        float factor = scale[c] / sqrtf(variance[c] + p->epsilon);
        float offset = shift[c] - mean[c] * factor;
        const float *src = (const float *)args[0] + row * p->inner;
        float *dst = (float *)args[5] + row * p->inner;
        for (int64_t i = 0; i < p->inner; i++)
            dst[i] = src[i] * factor + offset;
    }
}
LOOP_DEFINE(loop_batchnorm)
