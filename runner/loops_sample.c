#include "runner/loops_sample.h"

#include <math.h>

#include "runner/loops_isa.h"

// dst += src * weight
LOOP_INLINE void add_weighted(float *restrict dst, const float *restrict src, float weight,
                              int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        dst[c] += weight * src[c];
}

LOOP_INLINE void fill(float *dst, float x, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        dst[c] = x;
}

// ---- at the places of a grid ---------------------------------------------------------------

// The elements of one dimension around a place; an index of -1: nothing.
struct taps {
    int n;
    int64_t index[4];
    float weight[4];
};

// Back and forth between the outer elements' centres, or their edges.
LOOP_INLINE double reflected(const struct loop_grid_sample *p, double x, double size)
{
    double low = p->align ? 0 : -0.5, range = p->align ? size - 1 : size;
    if (range <= 0)
        return 0;
    double over = fmod(fabs(x - low), 2 * range);
    return low + (over > range ? 2 * range - over : over);
}

// Where x, from -1 to 1, lies in a dimension. Far outside is no further than a few elements.
LOOP_INLINE double place_of_grid(const struct loop_grid_sample *p, double x, double size)
{
    double low = p->align ? 0 : -0.5, high = p->align ? size - 1 : size - 0.5;
    x = x == x ? fmin(fmax(x, -1e9), 1e9) : -1;
    double at = p->align ? (x + 1) / 2 * (size - 1) : ((x + 1) * size - 1) / 2;
    at = p->mode == SAMPLE_nearest ? rint(at) : at;
    if (at >= low && at <= high)
        return at;
    if (p->padding == SAMPLE_border)
        return fmin(fmax(at, 0), size - 1);
    return p->padding == SAMPLE_reflection ? reflected(p, at, size) : fmin(fmax(at, -8), size + 8);
}

LOOP_INLINE int64_t inside(const struct loop_grid_sample *p, int64_t i, int64_t size)
{
    if (i >= 0 && i < size)
        return i;
    if (p->padding == SAMPLE_zeros)
        return -1;
    double at = p->padding == SAMPLE_reflection ? reflected(p, (double)i, (double)size) : (double)i;
    return at < 0 ? 0 : at >= (double)size ? size - 1 : (int64_t)at;
}

LOOP_INLINE double cubic(double x)
{
    const double a = -0.75;
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

LOOP_INLINE struct taps taps_at(const struct loop_grid_sample *p, double place, int64_t size)
{
    struct taps t = {.n = p->mode == SAMPLE_cubic ? 4 : 2};
    int64_t first = (int64_t)floor(place) - (p->mode == SAMPLE_cubic);
    if (p->mode == SAMPLE_nearest)
        return (struct taps){1, {inside(p, (int64_t)rint(place), size)}, {1}};
    for (int i = 0; i < t.n; i++) {
        double distance = fabs(place - (double)(first + i));
        t.index[i] = inside(p, first + i, size);
        t.weight[i] = (float)(p->mode == SAMPLE_cubic ? cubic(distance) : 1 - distance);
    }
    return t;
}

// The weighted sum of all combinations of the dimensions' elements.
LOOP_INLINE void sum_taps(const struct loop_grid_sample *p, float *dst, const float *src,
                          const struct taps *t)
{
    fill(dst, 0, p->channels);
    for (int a = 0; a < t[0].n; a++)
        for (int b = 0; b < t[1].n; b++)
            for (int c = 0; c < t[2].n; c++) {
                int64_t x = t[0].index[a], y = t[1].index[b], z = t[2].index[c];
                if (x < 0 || y < 0 || z < 0)
                    continue;
                add_weighted(dst, src + ((x * p->in[1] + y) * p->in[2] + z) * p->channels,
                             t[0].weight[a] * t[1].weight[b] * t[2].weight[c], p->channels);
            }
}

LOOP_INLINE void loop_grid_sample_body(const void *params, void *const *args, int thread,
                                       int threads)
{
    const struct loop_grid_sample *p = params;
    const int64_t from = p->in[0] * p->in[1] * p->in[2], to = p->out[0] * p->out[1] * p->out[2];
    struct part part = loop_part(p->n * to, thread, threads);
    struct taps t[SAMPLE_DIMS];
    for (int d = 0; d < SAMPLE_DIMS; d++)
        t[d] = (struct taps){1, {0}, {1}};
    for (int64_t i = part.from; i < part.to; i++) {
        const float *grid = (const float *)args[1] + i * p->rank;
        for (int k = 0; k < p->rank; k++) {
            int d = SAMPLE_DIMS - 1 - k;
            double place = place_of_grid(p, (double)grid[k], (double)p->in[d]);
            t[d] = taps_at(p, place, p->in[d]);
        }
        sum_taps(p, (float *)args[2] + i * p->channels,
                 (const float *)args[0] + i / to * from * p->channels, t);
    }
}
LOOP_DEFINE(loop_grid_sample)

// ---- regions -------------------------------------------------------------------------------

// One dimension of a region: its bins and how many samples they have.
struct bins {
    double begin, size;
    int64_t samples;
};

LOOP_INLINE struct bins bins_of(const struct loop_roi_align *p, float from, float to, int64_t n)
{
    double extent = ((double)to - (double)from) * (double)p->scale;
    struct bins b = {.begin = (double)from * (double)p->scale - (p->half ? 0.5 : 0)};
    b.size = (p->half ? extent : fmax(extent, 1)) / (double)n;
    b.samples = p->ratio > 0 ? p->ratio : (int64_t)ceil(fmin(fmax(b.size, 0), 4096));
    return b;
}

// The two elements around a place, or as many as there are; none if it lies outside.
LOOP_INLINE struct taps pixels_at(double place, int64_t size)
{
    if (!(place >= -1 && place <= (double)size))
        return (struct taps){0};
    place = fmin(fmax(place, 0), (double)(size - 1));
    int64_t first = (int64_t)place;
    float behind = (float)(place - (double)first);
    return (struct taps){first + 1 < size ? 2 : 1, {first, first + 1}, {1 - behind, behind}};
}

LOOP_INLINE void take_larger(float *restrict dst, const float *restrict src, float weight,
                             int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        dst[c] = weight * src[c] > dst[c] ? weight * src[c] : dst[c];
}

// What one sample adds to a bin. Outside of the image lies 0.
LOOP_INLINE void add_sample(const struct loop_roi_align *p, float *dst, const float *image,
                            double row, double column, float share)
{
    struct taps y = pixels_at(row, p->in[0]), x = pixels_at(column, p->in[1]);
    for (int i = 0; i < y.n * x.n; i++) {
        int64_t at = y.index[i / x.n] * p->in[1] + x.index[i % x.n];
        float weight = y.weight[i / x.n] * x.weight[i % x.n];
        if (p->largest)
            take_larger(dst, image + at * p->channels, weight, p->channels);
        else
            add_weighted(dst, image + at * p->channels, weight * share, p->channels);
    }
    for (int64_t c = 0; p->largest && y.n * x.n == 0 && c < p->channels; c++)
        dst[c] = dst[c] > 0 ? dst[c] : 0;
}

LOOP_INLINE int64_t image_of(const struct loop_roi_align *p, const void *images, int64_t region)
{
    int64_t i = p->image_type == TYPE_s64 ? ((const int64_t *)images)[region]
                                          : ((const int32_t *)images)[region];
    return i < 0 ? 0 : i < p->n ? i : p->n - 1; // data must not lead anywhere else
}

LOOP_INLINE void loop_roi_align_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_roi_align *p = params;
    struct part part = loop_part(p->n_regions * p->bins[0] * p->bins[1], thread, threads);
    for (int64_t i = part.from; i < part.to; i++) {
        int64_t column = i % p->bins[1], row = i / p->bins[1] % p->bins[0];
        int64_t region = i / p->bins[1] / p->bins[0];
        const float *r = (const float *)args[1] + 4 * region;
        const float *image = (const float *)args[0] +
                             image_of(p, args[2], region) * p->in[0] * p->in[1] * p->channels;
        struct bins y = bins_of(p, r[1], r[3], p->bins[0]), x = bins_of(p, r[0], r[2], p->bins[1]);
        float *dst = (float *)args[3] + i * p->channels;
        int64_t samples = y.samples * x.samples;
        fill(dst, p->largest && samples > 0 ? -INFINITY : 0, p->channels);
        for (int64_t k = 0; k < samples; k++) {
            double down = ((double)(k / x.samples) + 0.5) / (double)y.samples;
            double across = ((double)(k % x.samples) + 0.5) / (double)x.samples;
            add_sample(p, dst, image, y.begin + ((double)row + down) * y.size,
                       x.begin + ((double)column + across) * x.size, 1 / (float)samples);
        }
    }
}
LOOP_DEFINE(loop_roi_align)
