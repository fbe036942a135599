// Reference of operators that read images between their elements, or at places that data name.
#include <math.h>
#include <string.h>

#include "reference/window.h"

// One dimension around a coordinate: positions first .. first + n - 1 and their weights.
struct around {
    int64_t first;
    int n;
    double weights[4];
};

static double cubic(double distance)
{
    double d = fabs(distance), a = -0.75;
    if (d >= 2)
        return 0;
    return d < 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
}

static struct around around_of(int64_t mode, double x)
{
    struct around a = {.first = (int64_t)floor(x), .n = 2};
    if (mode == WORD_resize_mode_nearest)
        return (struct around){(int64_t)rint(x), 1, {1}};
    if (mode == WORD_resize_mode_cubic) {
        a.first--;
        a.n = 4;
    }
    for (int i = 0; i < a.n; i++) {
        double distance = x - (double)(a.first + i);
        a.weights[i] = a.n == 4 ? cubic(distance) : 1 - fabs(distance);
    }
    return a;
}

// GridSample's settings.
struct grid {
    int64_t mode, padding;
    bool align;
};

// Between the outer elements, or half an element further.
static double reflected(const struct grid *g, double x, int64_t size)
{
    double low = g->align ? 0 : -0.5, high = (double)size - (g->align ? 1 : 0.5);
    double range = high - low;
    if (range <= 0)
        return 0;
    double over = fmod(fabs(x - low), 2 * range);
    return low + (over > range ? 2 * range - over : over);
}

// x in [-1, 1] as a coordinate of a dimension.
static double grid_coordinate(const struct grid *g, double x, int64_t size)
{
    double at = g->align ? (x + 1) / 2 * (double)(size - 1) : ((x + 1) * (double)size - 1) / 2;
    if (g->mode == WORD_resize_mode_nearest)
        at = rint(at);
    if (at >= (g->align ? 0 : -0.5) && at <= (double)size - (g->align ? 1 : 0.5))
        return at;
    if (g->padding == WORD_padding_mode_border)
        return fmin(fmax(at, 0), (double)(size - 1));
    // What is far away is outside all the same, and fits an integer.
    return g->padding == WORD_padding_mode_reflection ? reflected(g, at, size)
                                                      : fmin(fmax(at, -8), (double)size + 8);
}

// Position in a dimension for one outside of it; -1 where there is nothing.
static int64_t inside(const struct grid *g, int64_t x, int64_t size)
{
    if (x >= 0 && x < size)
        return x;
    if (g->padding == WORD_padding_mode_zeros)
        return -1;
    double at =
        g->padding == WORD_padding_mode_reflection ? reflected(g, (double)x, size) : (double)x;
    return at < 0 ? 0 : at >= (double)size ? size - 1 : (int64_t)at;
}

// Weighted sum over all combinations of positions in dimensions d and on; place holds those before.
static long double sample(const struct operand *src, const struct grid *g,
                          const struct around *around, int d, int64_t *place)
{
    if (d == src->t->rank)
        return operand_at(src, place);
    long double sum = 0;
    for (int i = 0; i < around[d].n; i++) {
        place[d] = inside(g, around[d].first + i, src->t->dims[d]);
        if (place[d] >= 0)
            sum += (long double)around[d].weights[i] * sample(src, g, around, d + 1, place);
    }
    return sum;
}

// Sources: X [mb, c, spatial...], grid [mb, spatial of dst..., coordinates, the last one first].
static long double grid_sample_at(const struct reference_step *s, const int64_t *at,
                                  const void *context)
{
    const struct grid *g = context;
    const struct operand *src = &s->src[0];
    int rank = src->t->rank;
    struct around around[MAX_RANK];
    int64_t from[MAX_RANK] = {at[0]}, place[MAX_RANK] = {at[0], at[1]};
    memcpy(from + 1, at + 2, (size_t)(rank - 2) * sizeof *from);
    for (int d = 2; d < rank; d++) {
        from[rank - 1] = rank - 1 - d;
        double x = (double)operand_at(&s->src[1], from);
        around[d] = around_of(g->mode, grid_coordinate(g, x == x ? x : -1, src->t->dims[d]));
    }
    return sample(src, g, around, 2, place);
}

void reference_grid_sample(const struct reference_step *s)
{
    struct grid g = {
        .mode = node_int(s->node, ATTR_resize_mode, WORD_resize_mode_linear),
        .padding = node_int(s->node, ATTR_padding_mode, WORD_padding_mode_zeros),
        .align = node_int(s->node, ATTR_align_corners, 0) != 0,
    };
    each_element(s, grid_sample_at, &g);
}

// One region of interest along one dimension: dst's bins, each sampled at n points.
struct bins {
    double start, size; // of one bin
    int64_t n;
};

static struct bins bins_of(const struct reference_step *s, double begin, double end, int64_t count)
{
    double scale = (double)node_float(s->node, ATTR_spatial_scale, 1);
    bool half = node_int(s->node, ATTR_coordinates, WORD_coordinates_half_pixel) ==
                WORD_coordinates_half_pixel;
    int64_t ratio = node_int(s->node, ATTR_sampling_ratio, 0);
    struct bins b = {.start = begin * scale - (half ? 0.5 : 0)};
    double extent = (end - begin) * scale;
    if (!half)
        extent = fmax(extent, 1);
    b.size = extent / (double)count;
    b.n = ratio > 0 ? ratio : (int64_t)ceil(fmin(fmax(b.size, 0), 4096));
    return b;
}

// The pixels around a coordinate, which belongs to the border up to one pixel outside.
static struct around pixels_around(double x, int64_t size)
{
    if (!(x >= -1 && x <= (double)size))
        return (struct around){0, 0, {0}};
    x = fmin(fmax(x, 0), (double)(size - 1));
    struct around a = around_of(WORD_resize_mode_linear, x);
    a.n = a.first + 1 < size ? 2 : 1;
    return a;
}

// Weighted sum of the (at most) four pixels, or the largest of them.
static long double four_pixels(const struct reference_step *s, int64_t *place, double y, double x,
                               bool largest)
{
    struct around rows = pixels_around(y, s->src[0].t->dims[2]);
    struct around columns = pixels_around(x, s->src[0].t->dims[3]);
    long double sum = 0, most = -INFINITY;
    for (int i = 0; i < rows.n * columns.n; i++) {
        int row = i / columns.n, column = i % columns.n;
        place[2] = rows.first + row;
        place[3] = columns.first + column;
        long double part = (long double)(rows.weights[row] * columns.weights[column]) *
                           operand_at(&s->src[0], place);
        sum += part;
        most = fmaxl(most, part);
    }
    return largest && rows.n * columns.n > 0 ? most : sum;
}

// Sources: X [mb, c, h, w], regions [n, (x1, y1, x2, y2)], the image of each; dst [n, c, bins].
static long double roi_align_at(const struct reference_step *s, const int64_t *at,
                                const void *unused)
{
    (void)unused;
    double region[4];
    for (int64_t k = 0; k < 4; k++)
        region[k] = (double)operand_at(&s->src[1], (const int64_t[]){at[0], k});
    int64_t place[MAX_RANK] = {(int64_t)operand_element(&s->src[2], at[0]), at[1]};
    bool largest = node_int(s->node, ATTR_roi_mode, WORD_roi_mode_avg) == WORD_roi_mode_max;
    if (place[0] < 0 || place[0] >= s->src[0].t->dims[0]) {
        step_refuse(s, "an index is outside of the data");
        return 0;
    }
    struct bins y = bins_of(s, region[1], region[3], s->dst->dims[2]);
    struct bins x = bins_of(s, region[0], region[2], s->dst->dims[3]);
    long double sum = 0, most = -INFINITY;
    for (int64_t i = 0; i < y.n * x.n; i++) {
        double row = ((double)at[2] + ((double)(i / x.n) + 0.5) / (double)y.n) * y.size;
        double column = ((double)at[3] + ((double)(i % x.n) + 0.5) / (double)x.n) * x.size;
        long double pixel = four_pixels(s, place, y.start + row, x.start + column, largest);
        sum += pixel;
        most = fmaxl(most, pixel);
    }
    if (y.n * x.n == 0)
        return 0;
    return largest ? most : sum / (long double)(y.n * x.n);
}

void reference_roi_align(const struct reference_step *s)
{
    each_element(s, roi_align_at, NULL);
}

// Sources: X and, for each of its elements, the place in the result of the smallest size that
// pooling could have read; dst may be larger.
void reference_max_unpool(const struct reference_step *s)
{
    struct tensor smallest = *s->src[0].t;
    struct window w = window_of(s->node, smallest.rank, smallest.dims + 2);
    for (int i = 0; i < w.rank; i++)
        smallest.dims[2 + i] =
            (smallest.dims[2 + i] - 1) * w.stride[i] + w.kernel[i] - w.begin[i] - w.end[i];
    for (int64_t i = 0; i < tensor_elements(s->src[0].t); i++) {
        int64_t at[MAX_RANK], place = (int64_t)operand_element(&s->src[1], i);
        bool valid = place >= 0 && place < tensor_elements(&smallest);
        if (valid)
            tensor_coordinates(&smallest, place, at);
        for (int d = 0; d < smallest.rank && valid; d++)
            valid = at[d] < s->dst->dims[d];
        if (valid)
            s->out[tensor_index(s->dst, at)] = operand_element(&s->src[0], i);
        else
            step_refuse(s, "an index is outside of the data");
    }
}
