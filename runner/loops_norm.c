// Loops that normalise along a dimension or over the pixels of groups of channels.
#include <float.h>
#include <math.h>

#include "runner/loops_exp.h"
#include "runner/loops_isa.h"

// ---- softmax -------------------------------------------------------------------------------

enum { N_SIDE = 64 }; // lines side by side where the dimension is not the innermost one

LOOP_INLINE float row_largest(const float *src, int64_t n)
{
    float largest = -FLT_MAX;
#pragma omp simd reduction(max : largest)
    for (int64_t i = 0; i < n; i++)
        largest = src[i] > largest ? src[i] : largest;
    return largest;
}

LOOP_INLINE float row_exponentials(float *dst, const float *src, float largest, int64_t n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++) {
        dst[i] = loop_exp(src[i] - largest);
        sum += dst[i];
    }
    return sum;
}

LOOP_INLINE void row_scale(float *dst, const float *src, float factor, float offset, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        dst[i] = src[i] * factor + offset;
}

LOOP_INLINE void softmax_row(float *dst, const float *src, int64_t n, bool blind_zero)
{
    float sum = row_exponentials(dst, src, row_largest(src, n), n);
    row_scale(dst, dst, blind_zero && sum == 0 ? 0 : 1 / sum, 0, n);
}

LOOP_INLINE void log_softmax_row(float *dst, const float *src, int64_t n)
{
    float largest = row_largest(src, n), sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += loop_exp(src[i] - largest);
    row_scale(dst, src, 1, -largest - logf(sum), n);
}

LOOP_INLINE void side_largest(float *largest, const float *src, const struct loop_softmax *p,
                              int64_t width)
{
    for (int64_t k = 0; k < width; k++)
        largest[k] = -FLT_MAX;
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t k = 0; k < width; k++)
            largest[k] = src[i * p->inner + k] > largest[k] ? src[i * p->inner + k] : largest[k];
}

LOOP_INLINE void side_sums(float *sums, const float *src, const float *largest,
                           const struct loop_softmax *p, int64_t width)
{
    for (int64_t k = 0; k < width; k++)
        sums[k] = 0;
    for (int64_t i = 0; i < p->n; i++) {
        const float *row = src + i * p->inner;
#pragma omp simd
        for (int64_t k = 0; k < width; k++)
            sums[k] += loop_exp(row[k] - largest[k]);
    }
}

// `width` lines that lie side by side.
LOOP_INLINE void softmax_side(float *dst, const float *src, const struct loop_softmax *p,
                              int64_t width)
{
    float largest[N_SIDE], sums[N_SIDE];
    side_largest(largest, src, p, width);
    side_sums(sums, src, largest, p, width);
    for (int64_t k = 0; k < width; k++)
        sums[k] = p->log ? largest[k] + logf(sums[k]) : 1 / sums[k];
    for (int64_t i = 0; i < p->n; i++) {
        const float *from = src + i * p->inner;
        float *to = dst + i * p->inner;
#pragma omp simd
        for (int64_t k = 0; k < width; k++)
            to[k] = p->log ? from[k] - sums[k] : loop_exp(from[k] - largest[k]) * sums[k];
    }
}

LOOP_INLINE void softmax_rows(const struct loop_softmax *p, const float *src, float *dst,
                              struct part rows)
{
    for (int64_t row = rows.from; row < rows.to; row++) {
        if (p->log)
            log_softmax_row(dst + row * p->n, src + row * p->n, p->n);
        else
            softmax_row(dst + row * p->n, src + row * p->n, p->n, p->blind_zero);
    }
}

// Number of blocks of lines side by side in [outer][n][inner], and where block number `block` lies.
struct side {
    int64_t at, width;
};

LOOP_INLINE int64_t side_count(int64_t outer, int64_t inner)
{
    return outer * ((inner + N_SIDE - 1) / N_SIDE);
}

LOOP_INLINE struct side side_find(int64_t block, int64_t n, int64_t inner)
{
    int64_t blocks = (inner + N_SIDE - 1) / N_SIDE, first = block % blocks * N_SIDE;
    int64_t width = inner - first < N_SIDE ? inner - first : N_SIDE;
    return (struct side){block / blocks * n * inner + first, width};
}

LOOP_INLINE void loop_softmax_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_softmax *p = params;
    const float *src = args[0];
    float *dst = args[1];
    if (p->inner == 1) {
        softmax_rows(p, src, dst, loop_part(p->outer, thread, threads));
        return;
    }
    struct part part = loop_part(side_count(p->outer, p->inner), thread, threads);
    for (int64_t block = part.from; block < part.to; block++) {
        struct side side = side_find(block, p->n, p->inner);
        softmax_side(dst + side.at, src + side.at, p, side.width);
    }
}
LOOP_DEFINE(loop_softmax)

// ---- p-norms -------------------------------------------------------------------------------

LOOP_INLINE void lpnorm_side(float *dst, const float *src, const struct loop_lpnorm *p,
                             int64_t width)
{
    float norm[N_SIDE] = {0};
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t k = 0; k < width; k++) {
            float x = src[i * p->inner + k];
            norm[k] += p->p == 1 ? fabsf(x) : x * x;
        }
    for (int64_t k = 0; k < width; k++) {
        norm[k] = p->p == 1 ? norm[k] : sqrtf(norm[k]);
        norm[k] += norm[k] == 0; // a line of zeros stays one
    }
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t k = 0; k < width; k++)
            dst[i * p->inner + k] = src[i * p->inner + k] / norm[k];
}

LOOP_INLINE void loop_lpnorm_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_lpnorm *p = params;
    struct part part = loop_part(side_count(p->outer, p->inner), thread, threads);
    for (int64_t block = part.from; block < part.to; block++) {
        struct side side = side_find(block, p->n, p->inner);
        lpnorm_side((float *)args[1] + side.at, (const float *)args[0] + side.at, p, side.width);
    }
}
LOOP_DEFINE(loop_lpnorm)

// ---- rows ----------------------------------------------------------------------------------

LOOP_INLINE float row_mean(const float *src, int64_t n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += src[i];
    return sum / (float)n;
}

LOOP_INLINE float row_mean_square(const float *src, float mean, int64_t n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < n; i++)
        sum += (src[i] - mean) * (src[i] - mean);
    return sum / (float)n;
}

LOOP_INLINE void normalise_row(float *dst, const float *src, const float *scale, const float *shift,
                               float mean, float factor, int64_t n)
{
#pragma omp simd
    for (int64_t i = 0; i < n; i++)
        dst[i] = (src[i] - mean) * factor * scale[i];
    for (int64_t i = 0; shift && i < n; i++)
        dst[i] += shift[i];
}

LOOP_INLINE void loop_layernorm_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_layernorm *p = params;
    float *means = args[3], *factors = args[4], *dst = args[5];
    struct part part = loop_part(p->rows, thread, threads);
    for (int64_t row = part.from; row < part.to; row++) {
        const float *src = (const float *)args[0] + row * p->n;
        float mean = p->centred ? row_mean(src, p->n) : 0;
        float factor = 1 / sqrtf(row_mean_square(src, mean, p->n) + p->epsilon);
        normalise_row(dst + row * p->n, src, args[1], args[2], mean, factor, p->n);
        if (means)
            means[row] = mean;
        if (factors)
            factors[row] = factor;
    }
}
LOOP_DEFINE(loop_layernorm)

// ---- groups of channels --------------------------------------------------------------------

LOOP_INLINE float *slice_sums(const struct loop_groupnorm *p, float *sums, int64_t image,
                              int64_t slice)
{
    return sums + (image * LOOP_SLICES + slice) * 2 * p->channels;
}

LOOP_INLINE void add_pixel(float *restrict sums, float *restrict squares,
                           const float *restrict pixel, const float *restrict first, int64_t n)
{
    for (int64_t c = 0; c < n; c++) {
        float x = pixel[c] - first[c];
        sums[c] += x;
        squares[c] += x * x;
    }
}

// Distances from the image's first pixel are summed: small numbers, whatever the mean.
LOOP_INLINE void loop_group_sums_body(const void *params, void *const *args, int thread,
                                      int threads)
{
    const struct loop_groupnorm *p = params;
    struct part part = loop_part(p->n * LOOP_SLICES, thread, threads);
    for (int64_t task = part.from; task < part.to; task++) {
        const float *image = (const float *)args[0] + task / LOOP_SLICES * p->pixels * p->channels;
        float *sums = slice_sums(p, args[1], task / LOOP_SLICES, task % LOOP_SLICES);
        struct part pixels = loop_part(p->pixels, (int)(task % LOOP_SLICES), LOOP_SLICES);
        for (int64_t c = 0; c < 2 * p->channels; c++)
            sums[c] = 0;
        for (int64_t at = pixels.from; at < pixels.to; at++)
            add_pixel(sums, sums + p->channels, image + at * p->channels, image, p->channels);
    }
}
LOOP_DEFINE(loop_group_sums)

// Slice 0 becomes the sums of all slices, of channels [from, to).
LOOP_INLINE void add_slices(const struct loop_groupnorm *p, float *sums, int64_t image,
                            struct part channels)
{
    float *all = slice_sums(p, sums, image, 0);
    for (int64_t slice = 1; slice < LOOP_SLICES; slice++) {
        const float *more = slice_sums(p, sums, image, slice);
        for (int64_t c = channels.from; c < channels.to; c++) {
            all[c] += more[c];
            all[p->channels + c] += more[p->channels + c];
        }
    }
}

struct moments {
    float mean, variance;
};

LOOP_INLINE struct moments group_moments(const struct loop_groupnorm *p, const float *sums,
                                         const float *first, struct part channels)
{
    const float *squares = sums + p->channels;
    float pixels = (float)p->pixels, n = (float)(channels.to - channels.from), mean = 0, spread = 0;
    for (int64_t c = channels.from; c < channels.to; c++)
        mean += (first[c] + sums[c] / pixels) / n;
    for (int64_t c = channels.from; c < channels.to; c++) {
        float own = sums[c] / pixels, distance = first[c] + own - mean;
        spread += (squares[c] / pixels - own * own + distance * distance) / n;
    }
    return (struct moments){mean, spread > 0 ? spread : 0};
}

// The sums of an image become a factor and an offset per channel, in slice 0.
LOOP_INLINE void loop_group_factors_body(const void *params, void *const *args, int thread,
                                         int threads)
{
    const struct loop_groupnorm *p = params;
    const float *scale = args[1], *shift = args[2];
    const int64_t per_group = p->channels / p->groups;
    struct part part = loop_part(p->n * p->groups, thread, threads);
    for (int64_t task = part.from; task < part.to; task++) {
        int64_t image = task / p->groups, group = task % p->groups;
        struct part channels = {group * per_group, (group + 1) * per_group};
        const float *first = (const float *)args[0] + image * p->pixels * p->channels;
        float *sums = slice_sums(p, args[3], image, 0);
        add_slices(p, args[3], image, channels);
        struct moments m = group_moments(p, sums, first, channels);
        for (int64_t c = channels.from; c < channels.to; c++) {
            int64_t parameter = p->parameters == p->channels ? c : group;
            sums[c] = scale[parameter] / sqrtf(m.variance + p->epsilon);
            sums[p->channels + c] = shift[parameter] - m.mean * sums[c];
        }
    }
}
LOOP_DEFINE(loop_group_factors)

LOOP_INLINE void loop_batch_factors_body(const void *params, void *const *args, int thread,
                                         int threads)
{
    const struct loop_groupnorm *p = params;
    const float *scale = args[0], *shift = args[1], *mean = args[2], *variance = args[3];
    float *factor = args[4], *offset = factor + p->channels;
    struct part part = loop_part(p->channels, thread, threads);
    for (int64_t c = part.from; c < part.to; c++) {
        factor[c] = scale[c] / sqrtf(variance[c] + p->epsilon);
        offset[c] = shift[c] - mean[c] * factor[c];
    }
}
LOOP_DEFINE(loop_batch_factors)

LOOP_INLINE void scale_pixel(float *restrict dst, const float *restrict src,
                             const float *restrict factor, const float *restrict offset, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        dst[c] = src[c] * factor[c] + offset[c];
}

LOOP_INLINE void then(const struct loop_then *t, float *x, int64_t n)
{
    const void *const src[] = {x};
    if (t->block)
        t->block(x, src, n, t->parameters);
}

// Pixels [from, to) of all images, a few at a time.
LOOP_INLINE void scale_pixels(const struct loop_groupnorm *p, float *dst, const float *src,
                              float *sums, struct part part)
{
    enum { NEAR = 4096 }; // numbers
    const int64_t n = p->channels, few = NEAR / (n + 1) + 1;
    for (int64_t at = part.from; at < part.to; at += few) {
        int64_t end = at + few < part.to ? at + few : part.to;
        for (int64_t i = at; i < end; i++) {
            const float *factor = slice_sums(p, sums, i / p->pixels, 0);
            scale_pixel(dst + i * n, src + i * n, factor, factor + n, n);
        }
        then(&p->then, dst + at * n, (end - at) * n);
    }
}

LOOP_INLINE void loop_scale_channels_body(const void *params, void *const *args, int thread,
                                          int threads)
{
    const struct loop_groupnorm *p = params;
    scale_pixels(p, args[2], args[0], args[1], loop_part(p->n * p->pixels, thread, threads));
}
LOOP_DEFINE(loop_scale_channels)

// ---- attention -----------------------------------------------------------------------------

LOOP_INLINE void loop_causal_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_causal *p = params;
    struct part part = loop_part(p->n * p->queries, thread, threads);
    for (int64_t row = part.from; row < part.to; row++) {
        int64_t last = row % p->queries + p->ahead;
        float *scores = (float *)args[0] + row * p->keys;
        for (int64_t key = 0; key < last - p->back && key < p->keys; key++)
            scores[key] = -INFINITY;
        for (int64_t key = last + 1; key < p->keys; key++)
            scores[key] = -INFINITY;
    }
}
LOOP_DEFINE(loop_causal)
