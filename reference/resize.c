// Reference of Resize: every element of dst is a weighted sum of src's around its place.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reference/kernels.h"

// How one dimension is resized. A scale is dst / src.
struct axis {
    const struct node *node;
    int64_t mode, coordinates, src, dst;
    double scale, roi_begin, roi_end;
};

// What one position of dst takes of the dimension: consecutive positions of src from `first` on,
// which may lie beyond its ends.
struct taps {
    int64_t first, n;
    double *weights;
    bool outside; // of the region of interest
};

// Coordinate in src that belongs to coordinate x of dst.
static double source_coordinate(const struct axis *a, double x)
{
    double length = a->scale * (double)a->src; // of dst, before it is rounded
    switch (a->coordinates) {
    case WORD_coordinates_align_corners:
        return length == 1 ? 0 : x * (double)(a->src - 1) / (length - 1);
    case WORD_coordinates_asymmetric:
        return x / a->scale;
    case WORD_coordinates_pytorch_half_pixel:
        return a->dst > 1 ? (x + 0.5) / a->scale - 0.5 : 0;
    case WORD_coordinates_tf_half_pixel_for_nn:
        return (x + 0.5) / a->scale;
    case WORD_coordinates_half_pixel_symmetric:
        return (double)a->src / 2 * (1 - (double)a->dst / length) + (x + 0.5) / a->scale - 0.5;
    case WORD_coordinates_tf_crop_and_resize:
        if (a->dst == 1)
            return 0.5 * (a->roi_begin + a->roi_end) * (double)(a->src - 1);
        return (double)(a->src - 1) *
               (a->roi_begin + x * (a->roi_end - a->roi_begin) / (double)(a->dst - 1));
    default:
        return (x + 0.5) / a->scale - 0.5;
    }
}

static double nearest(int64_t mode, double x)
{
    switch (mode) {
    case WORD_nearest_mode_floor:
        return floor(x);
    case WORD_nearest_mode_ceil:
        return ceil(x);
    case WORD_nearest_mode_round_prefer_ceil:
        return floor(x + 0.5);
    default:
        return ceil(x - 0.5);
    }
}

// The interpolating functions: of the distance, which is 0 at the element itself.
static double triangle(double x)
{
    return fmax(0, 1 - fabs(x));
}

static double cubic(double x, double a)
{
    double d = fabs(x);
    if (d >= 2)
        return 0;
    return d < 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

static double kernel(const struct axis *a, double distance)
{
    if (a->mode == WORD_resize_mode_linear)
        return triangle(distance);
    return cubic(distance, (double)node_float(a->node, ATTR_cubic_coeff_a, -0.75f));
}

// Weights that sum to 1; with exclude_outside those beyond the ends are 0.
static void normalise(const struct axis *a, struct taps *t)
{
    bool exclude = node_int(a->node, ATTR_exclude_outside, 0) != 0;
    double sum = 0;
    for (int64_t i = 0; i < t->n; i++) {
        int64_t x = t->first + i;
        if (exclude && (x < 0 || x >= a->src))
            t->weights[i] = 0;
        sum += t->weights[i];
    }
    for (int64_t i = 0; i < t->n; i++)
        t->weights[i] /= sum;
}

// With antialias the function is stretched to cover all that goes into one element of dst.
static struct taps taps_of(const struct axis *a, int64_t position)
{
    double x = source_coordinate(a, (double)position);
    struct taps t = {.n = 1};
    bool crops = a->coordinates == WORD_coordinates_tf_crop_and_resize;
    t.outside = crops && (x < 0 || x > (double)(a->src - 1));
    if (a->mode == WORD_resize_mode_nearest) {
        t.first = (int64_t)nearest(
            node_int(a->node, ATTR_nearest_mode, WORD_nearest_mode_round_prefer_floor), x);
        t.weights = xcalloc(1, sizeof *t.weights);
        t.weights[0] = 1;
        return t;
    }
    bool antialias = node_int(a->node, ATTR_antialias, 0) != 0 && a->scale < 1;
    double stretch = antialias ? 1 / a->scale : 1;
    double reach = (a->mode == WORD_resize_mode_linear ? 1 : 2) * stretch;
    t.first = (int64_t)floor(x - reach) + 1;
    t.n = (int64_t)ceil(x + reach) - t.first;
    t.weights = xcalloc((size_t)t.n, sizeof *t.weights);
    for (int64_t i = 0; i < t.n; i++)
        t.weights[i] = kernel(a, ((double)(t.first + i) - x) / stretch);
    normalise(a, &t);
    return t;
}

static int64_t clamp(int64_t x, int64_t size)
{
    return x < 0 ? 0 : x >= size ? size - 1 : x;
}

// Replaces dimension `axis` of the numbers, which has src elements, by one of dst elements.
static long double *resize_axis(const struct axis *a, const struct tensor *t, int axis,
                                const long double *from, long double outside)
{
    int64_t outer = dims_count(t->dims, 0, axis), inner = dims_count(t->dims, axis + 1, t->rank);
    long double *to = xcalloc((size_t)(outer * a->dst * inner), sizeof *to);
    for (int64_t x = 0; x < a->dst; x++) {
        struct taps taps = taps_of(a, x);
        for (int64_t line = 0; line < outer * inner; line++) {
            long double *sum = &to[(line / inner * a->dst + x) * inner + line % inner];
            for (int64_t i = 0; i < taps.n; i++)
                *sum += (long double)taps.weights[i] *
                        from[(line / inner * a->src + clamp(taps.first + i, a->src)) * inner +
                             line % inner];
            if (taps.outside)
                *sum = outside;
        }
        free(taps.weights);
    }
    return to;
}

static double item(const struct node *n, enum attr_key key, int i, double fallback)
{
    int count;
    const float *items = node_floats(n, key, &count);
    return i < count ? (double)items[i] : fallback;
}

static struct axis axis_of(const struct reference_step *s, int d)
{
    int rank = s->dst->rank;
    struct axis a = {
        .node = s->node,
        .mode = node_int(s->node, ATTR_resize_mode, WORD_resize_mode_nearest),
        .coordinates = node_int(s->node, ATTR_coordinates, WORD_coordinates_half_pixel),
        .src = s->src[0].t->dims[d],
        .dst = s->dst->dims[d],
        .roi_begin = item(s->node, ATTR_roi, d, 0),
        .roi_end = item(s->node, ATTR_roi, rank + d, 1),
    };
    a.scale = item(s->node, ATTR_scales, d, (double)a.dst / (double)a.src);
    return a;
}

// Separable: one dimension after the other, those that shrink first, so that nothing between is
// larger than source and result.
void reference_resize(const struct reference_step *s)
{
    struct tensor t = *s->src[0].t;
    long double *numbers = operand_numbers(&s->src[0]);
    for (int k = 0; k < 2 * t.rank; k++) {
        int d = k % t.rank;
        struct axis a = axis_of(s, d);
        bool crops = a.coordinates == WORD_coordinates_tf_crop_and_resize, grows = k >= t.rank;
        if ((a.src == a.dst && a.scale == 1 && !crops) || (a.dst > a.src) != grows)
            continue;
        long double *next = resize_axis(
            &a, &t, d, numbers, (long double)node_float(s->node, ATTR_extrapolation_value, 0));
        free(numbers);
        numbers = next;
        t.dims[d] = a.dst;
    }
    memcpy(s->out, numbers, (size_t)tensor_elements(s->dst) * sizeof *numbers);
    free(numbers);
}
