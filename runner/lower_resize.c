// Resize: choosing elements is a copy; interpolating is a weighted sum per dimension.
#include <math.h>

#include "runner/loops_resize.h"
#include "runner/lower.h"

// One dimension. A scale is out / in, where the result was not rounded to whole elements.
struct axis {
    const struct node *node;
    enum word mode, coordinates;
    int64_t in, out;
    double scale, from, to; // from, to: the region that is resized, as parts of the extent
};

static double item(const struct node *n, enum attr_key key, int i, double fallback)
{
    int count;
    const float *items = node_floats(n, key, &count);
    return i < count ? (double)items[i] : fallback;
}

static struct axis read_axis(const struct lowering *l, const struct tensor *src, int i)
{
    const struct node *n = l->n;
    struct axis a = {
        .node = n,
        .mode = (enum word)node_int(n, ATTR_resize_mode, WORD_resize_mode_nearest),
        .coordinates = (enum word)node_int(n, ATTR_coordinates, WORD_coordinates_half_pixel),
        .in = src->dims[i],
        .out = l->dst.t.dims[i],
        .from = item(n, ATTR_roi, i, 0),
        .to = item(n, ATTR_roi, src->rank + i, 1),
    };
    a.scale = item(n, ATTR_scales, i, (double)a.out / (double)a.in);
    return a;
}

static bool crops(const struct axis *a)
{
    return a->coordinates == WORD_coordinates_tf_crop_and_resize;
}

static bool changes(const struct axis *a)
{
    bool whole = !crops(a) || (a->from <= 0 && a->from >= 0 && a->to <= 1 && a->to >= 1);
    return a->in != a->out || a->scale < 1 || a->scale > 1 || !whole;
}

// Where element i of the result lies in the source.
static double place_in_source(const struct axis *a, double i)
{
    double wanted = a->scale * (double)a->in, half = (i + 0.5) / a->scale - 0.5;
    double last = (double)(a->in - 1);
    switch (a->coordinates) {
    case WORD_coordinates_pytorch_half_pixel:
        return a->out > 1 ? half : 0;
    case WORD_coordinates_align_corners:
        return wanted > 1 || wanted < 1 ? i * last / (wanted - 1) : 0;
    case WORD_coordinates_asymmetric:
        return i / a->scale;
    case WORD_coordinates_tf_half_pixel_for_nn:
        return half + 0.5;
    case WORD_coordinates_half_pixel_symmetric:
        return (double)a->in / 2 * (1 - (double)a->out / wanted) + half;
    case WORD_coordinates_tf_crop_and_resize:
        return last * (a->out > 1 ? a->from + i * (a->to - a->from) / (double)(a->out - 1)
                                  : (a->from + a->to) / 2);
    default:
        return half;
    }
}

static bool is_outside(const struct axis *a, double place)
{
    return crops(a) && !(place >= 0 && place <= (double)(a->in - 1));
}

static int64_t nearest_to(const struct axis *a, double place)
{
    switch ((enum word)node_int(a->node, ATTR_nearest_mode, WORD_nearest_mode_round_prefer_floor)) {
    case WORD_nearest_mode_round_prefer_ceil:
        place = floor(place + 0.5);
        break;
    case WORD_nearest_mode_floor:
        place = floor(place);
        break;
    case WORD_nearest_mode_ceil:
        place = ceil(place);
        break;
    default:
        place = ceil(place - 0.5);
    }
    return (int64_t)fmin(fmax(place, 0), (double)(a->in - 1));
}

// ---- choosing ------------------------------------------------------------------------------

static int lower_nearest(struct lowering *l, const struct tensor *src)
{
    const int64_t *index[MAX_RANK] = {NULL};
    for (int d = 0; d < src->rank; d++) {
        struct axis a = read_axis(l, src, d);
        if (!changes(&a))
            continue;
        int64_t *chosen = arena_alloc(&l->k->arena, (size_t)a.out * sizeof *chosen);
        for (int64_t i = 0; i < a.out; i++) {
            double place = place_in_source(&a, (double)i);
            chosen[i] = is_outside(&a, place) ? LOOP_FILL : nearest_to(&a, place);
        }
        index[d] = chosen;
    }
    return lower_choice(l, index, (double)node_float(l->n, ATTR_extrapolation_value, 0));
}

// ---- interpolating -------------------------------------------------------------------------

static double cubic(double x, double a)
{
    if (x < 1)
        return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}

static double weight_at(const struct axis *a, double distance)
{
    double x = fabs(distance);
    if (a->mode == WORD_resize_mode_cubic)
        return cubic(x, (double)node_float(a->node, ATTR_cubic_coeff_a, -0.75f));
    return x < 1 ? 1 - x : 0;
}

// Elements on either side that count; more of them if the result is smaller and to be smoothed.
static double reach_of(const struct axis *a, double *stretch)
{
    bool smooth = node_int(a->node, ATTR_antialias, 0) != 0 && a->scale < 1;
    *stretch = smooth ? 1 / a->scale : 1;
    return (a->mode == WORD_resize_mode_cubic ? 2 : 1) * *stretch;
}

static void fill_taps(const struct axis *a, double place, int64_t taps, int64_t *index,
                      float *weight)
{
    double stretch, reach = reach_of(a, &stretch), sum = 0;
    bool exclude = node_int(a->node, ATTR_exclude_outside, 0) != 0;
    int64_t first = (int64_t)floor(place - reach) + 1;
    for (int64_t i = 0; i < taps; i++) {
        int64_t at = first + i;
        bool inside = at >= 0 && at < a->in;
        double w = inside || !exclude ? weight_at(a, ((double)at - place) / stretch) : 0;
        sum += w;
        index[i] = at < 0 ? 0 : inside ? at : a->in - 1;
        weight[i] = (float)w;
    }
    for (int64_t i = 0; i < taps; i++)
        weight[i] /= (float)sum;
}

static struct loop_taps make_taps(struct lowering *l, const struct axis *a)
{
    double stretch;
    bool changed = changes(a);
    struct loop_taps t = {.in = a->in, .out = a->out};
    t.taps = changed ? (int64_t)ceil(2 * reach_of(a, &stretch)) : 1;
    int64_t *index = arena_alloc(&l->k->arena, (size_t)(a->out * t.taps) * sizeof *index);
    float *weight = arena_alloc(&l->k->arena, (size_t)(a->out * t.taps) * sizeof *weight);
    for (int64_t i = 0; i < a->out; i++) {
        double place = changed ? place_in_source(a, (double)i) : (double)i;
        index[i * t.taps] = i;
        weight[i * t.taps] = 1;
        if (changed)
            fill_taps(a, place, t.taps, index + i * t.taps, weight + i * t.taps);
        if (is_outside(a, place))
            index[i * t.taps] = RESIZE_OUTSIDE;
    }
    t.index = index;
    t.weight = weight;
    return t;
}

// Number i of the dimensions in the order of the tensor's bytes.
static int dim_in_memory(const struct tensor *t, int i)
{
    if (t->layout != LAYOUT_last || i == 0)
        return i;
    return i == t->rank - 1 ? 1 : i + 1;
}

static int lower_interpolation(struct lowering *l, const struct tensor *src)
{
    struct loop_resize p = {
        .outer = 1,
        .inner = 1,
        .outside = node_float(l->n, ATTR_extrapolation_value, 0),
    };
    struct axis axes[MAX_RANK], one = {.node = l->n, .in = 1, .out = 1, .scale = 1};
    int first = src->rank, last = -1;
    for (int i = 0; i < src->rank; i++) {
        axes[i] = read_axis(l, src, dim_in_memory(src, i));
        if (changes(&axes[i])) {
            first = i < first ? i : first;
            last = i;
        }
    }
    if (last - first >= RESIZE_DIMS)
        return unsupported(l, "more than three dimensions are interpolated");
    for (int i = 0; i < src->rank; i++)
        *(i < first ? &p.outer : &p.inner) *= i < first || i > last ? axes[i].in : 1;
    for (int n = 0; n < RESIZE_DIMS; n++)
        p.dims[n] = make_taps(l, first + n <= last ? &axes[first + n] : &one);
    struct place args[] = {place_of(0), l->dst.place};
    if (emit_loop_with_posts(l, &loop_resize, &p, sizeof p, 2, args, &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "what follows it has no kernel");
}

int lower_resize(struct lowering *l)
{
    struct operand src = lowering_operand(l, 0);
    if (node_int(l->n, ATTR_resize_mode, WORD_resize_mode_nearest) == WORD_resize_mode_nearest)
        return lower_nearest(l, &src.t);
    if (src.t.type != TYPE_f32)
        return unsupported(l, "only f32 can be interpolated");
    if (src.t.layout != l->dst.t.layout)
        return unsupported(l, "source and result have different layouts");
    return lower_interpolation(l, &src.t);
}
