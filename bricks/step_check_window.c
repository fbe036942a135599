// Checks of convolutions and pooling.
#include "bricks/step_checks.h"

// ---- windows -------------------------------------------------------------------------------

struct window {
    int n;
    int64_t kernel[MAX_SPATIAL], strides[MAX_SPATIAL], dilations[MAX_SPATIAL];
    int64_t pads[2 * MAX_SPATIAL];
};

static bool read_window(const struct node *n, int spatial, struct window *w)
{
    w->n = spatial;
    return step_read_ints(n, ATTR_kernel_shape, spatial, 1, 1, w->kernel) &&
           step_read_ints(n, ATTR_strides, spatial, 1, 1, w->strides) &&
           step_read_ints(n, ATTR_dilations, spatial, 1, 1, w->dilations) &&
           step_read_ints(n, ATTR_pads, 2 * spatial, 0, 0, w->pads);
}

// Whether the window has dst's extents; one that was rounded up has one more, which begins inside
// the source or the padding before it.
static bool window_fits(const struct window *w, const struct tensor *from, const struct tensor *to,
                        bool may_round_up)
{
    for (int i = 0; i < w->n; i++) {
        int64_t begun = from->dims[2 + i] + w->pads[i];
        int64_t room = begun + w->pads[w->n + i] - (w->kernel[i] - 1) * w->dilations[i] - 1;
        int64_t count = room / w->strides[i] + 1, extent = to->dims[2 + i];
        bool one_more = may_round_up && extent == count + 1 && count * w->strides[i] < begun;
        if (room < 0 || (extent != count && !one_more))
            return false;
    }
    return true;
}

static bool pads_are_inside(const struct window *w)
{
    for (int i = 0; i < 2 * w->n; i++)
        if (w->pads[i] > (w->kernel[i % w->n] - 1) * w->dilations[i % w->n])
            return false;
    return true;
}

// The window of a convolution, whose kernel has the extents of the weights.
static bool read_weights_window(const struct node *n, const struct tensor *weights,
                                struct window *w)
{
    if (!read_window(n, weights->rank - 2, w))
        return false;
    for (int i = 0; i < w->n; i++) {
        if (weights->dims[2 + i] > INT32_MAX ||
            (node_has(n, ATTR_kernel_shape) && w->kernel[i] != weights->dims[2 + i]))
            return false;
        w->kernel[i] = weights->dims[2 + i];
    }
    return true;
}

static bool conv_weights_fit(const struct node *n, const struct tensor *from,
                             const struct tensor *weights, const struct tensor *to)
{
    int64_t group = node_int(n, ATTR_group, 1);
    return weights->rank == from->rank && group >= 1 && weights->dims[0] % group == 0 &&
           from->dims[1] % group == 0 && weights->dims[1] == from->dims[1] / group &&
           to->dims[0] == from->dims[0] && to->dims[1] == weights->dims[0];
}

const char *check_conv(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *weights = step_src(g, n, 1),
                        *bias = step_optional_src(g, n, 2);
    const struct tensor *to = step_dst(g, n);
    struct window w;
    if (!tensor_is_spatial(from) || to->rank != from->rank)
        return "a convolution has one to three spatial dimensions";
    if (!conv_weights_fit(n, from, weights, to))
        return "the weights and groups do not fit source and result";
    if (bias && !tensor_is_vector_of(bias, weights->dims[0]))
        return "the bias does not fit the output channels";
    if (!read_weights_window(n, weights, &w))
        return "the window's attributes do not fit the weights";
    return unless(window_fits(&w, from, to, false), "the result has not the window's extents");
}

// ---- images read between their elements ----------------------------------------------------

static bool same_images(const struct tensor *from, const struct tensor *to)
{
    return tensor_is_spatial(from) && to->rank == from->rank && to->dims[1] == from->dims[1] &&
           to->type == from->type;
}

const char *check_grid_sample(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *grid = step_src(g, n, 1), *to = step_dst(g, n);
    struct tensor wanted = {.rank = to->rank};
    if (!same_images(from, to) || from->dims[0] != to->dims[0])
        return "the result does not fit its source";
    wanted.dims[0] = to->dims[0];
    for (int i = 2; i < to->rank; i++)
        wanted.dims[i - 1] = to->dims[i];
    wanted.dims[to->rank - 1] = to->rank - 2;
    if (!tensor_same_shape(grid, &wanted) || !tensor_is_row_major(grid))
        return "the grid does not fit the result";
    return unless(attr_allows(ATTR_resize_mode, node_int(n, ATTR_resize_mode, 1)) &&
                      attr_allows(ATTR_padding_mode, node_int(n, ATTR_padding_mode, 0)),
                  "there is no such mode");
}

const char *check_roi_align(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *regions = step_src(g, n, 1),
                        *images = step_src(g, n, 2), *to = step_dst(g, n);
    int64_t ratio = node_int(n, ATTR_sampling_ratio, 0);
    if (!same_images(from, to) || from->rank != 4)
        return "the result does not fit its source";
    if (!tensor_has_dims(regions, 2, (int64_t[]){to->dims[0], 4}) ||
        !tensor_is_vector_of(images, to->dims[0]) ||
        (images->type != TYPE_s32 && images->type != TYPE_s64))
        return "regions and their images do not fit the result";
    return unless(ratio >= 0 && ratio <= INT16_MAX, "there is no such sampling_ratio");
}

const char *check_pool(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    struct window w;
    if (!tensor_is_spatial(from) || to->rank != from->rank || to->dims[0] != from->dims[0] ||
        to->dims[1] != from->dims[1])
        return "the result of a pooling does not fit its source";
    if (n->n_dst > 1 && n->dst[1] != NONE &&
        (g->values[n->dst[1]].t.type != TYPE_s64 ||
         !tensor_same_shape(&g->values[n->dst[1]].t, to)))
        return "the indices do not fit the result";
    if (from->type != to->type)
        return "the result has not the type of the source";
    if (node_int(n, ATTR_p, 2) < 1)
        return "there is no such norm";
    if (!op_has_attr(n->op, ATTR_kernel_shape))
        return unless(dims_count(to->dims, 2, to->rank) == 1, "a global pooling has one result");
    if (!node_has(n, ATTR_kernel_shape) || !read_window(n, from->rank - 2, &w))
        return "the window's attributes do not fit the source";
    if (!pads_are_inside(&w))
        return "pads reach over the whole window";
    return unless(window_fits(&w, from, to, true), "the result has not the window's extents");
}

// The result may reach beyond what the source gives, by less than a stride or dilation.
static bool transposed_window_fits(const struct window *w, const struct tensor *from,
                                   const struct tensor *to)
{
    for (int i = 0; i < w->n; i++) {
        int64_t s = w->strides[i], d = w->dilations[i], room = s > d ? s : d;
        int64_t reach = (from->dims[2 + i] - 1) * s + (w->kernel[i] - 1) * d + 1;
        int64_t more = to->dims[2 + i] - (reach - w->pads[i] - w->pads[w->n + i]);
        if (from->dims[2 + i] > INT32_MAX || more < 0 || more >= room)
            return false;
    }
    return true;
}

static bool transposed_weights_fit(const struct node *n, const struct tensor *from,
                                   const struct tensor *weights, const struct tensor *to)
{
    int64_t group = node_int(n, ATTR_group, 1);
    return weights->rank == from->rank && group >= 1 && to->dims[1] % group == 0 &&
           from->dims[1] % group == 0 && weights->dims[0] == from->dims[1] &&
           weights->dims[1] == to->dims[1] / group && to->dims[0] == from->dims[0];
}

const char *check_conv_transpose(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *weights = step_src(g, n, 1),
                        *bias = step_optional_src(g, n, 2), *to = step_dst(g, n);
    struct window w;
    if (!tensor_is_spatial(from) || to->rank != from->rank)
        return "a convolution has one to three spatial dimensions";
    if (!transposed_weights_fit(n, from, weights, to))
        return "the weights and groups do not fit source and result";
    if (bias && !tensor_is_vector_of(bias, to->dims[1]))
        return "the bias does not fit the output channels";
    return read_weights_window(n, weights, &w) ? unless(transposed_window_fits(&w, from, to),
                                                        "the result has not the window's extents")
                                               : "the window's attributes do not fit the weights";
}
