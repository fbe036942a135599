// Shapes of what resamples images, and of what trades channels for space.
#include "decompose/passes.h"

#include <math.h>
#include <string.h>

// ---- Resize, Upsample -----------------------------------------------------------------------

struct resize {
    int n, axes[MAX_RANK]; // dimensions that are named; all if no axes are given
    float scales[MAX_RANK], roi[2 * MAX_RANK];
    int64_t sizes[MAX_RANK];
    bool by_size, keeps_aspect;
};

static int read_resize_axes(struct resize *r, const struct graph *g, const struct node *n, int rank,
                            struct error *err)
{
    int64_t axes[MAX_RANK];
    if (node_axes(g, n, n->n_src, rank, axes, &r->n, err))
        return -1;
    for (int i = 0; i < r->n; i++)
        r->axes[i] = (int)axes[i];
    if (!node_has(n, ATTR_axes))
        for (r->n = 0; r->n < rank; r->n++)
            r->axes[r->n] = r->n;
    return 0;
}

static bool is_given(const struct graph *g, const struct node *n, int k)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    return t && tensor_elements(t) > 0;
}

static int read_scales(struct resize *r, const struct graph *g, const struct node *n, int k,
                       struct error *err)
{
    int count;
    const float *attribute = node_floats(n, ATTR_scales, &count);
    if (attribute && count <= MAX_RANK)
        memcpy(r->scales, attribute, (size_t)count * sizeof *attribute);
    else if (node_src_floats(g, n, k, "scales", MAX_RANK, r->scales, &count, err))
        return -1;
    if (node_check_count(g, n, "scales", count, r->n, err))
        return -1;
    for (int i = 0; i < r->n; i++)
        if (!(r->scales[i] > 0 && r->scales[i] < 65536))
            return node_fail(g, n, err, "a scale of %g is not supported", (double)r->scales[i]);
    return 0;
}

static int read_sizes(struct resize *r, const struct graph *g, const struct node *n,
                      struct error *err)
{
    int count;
    r->by_size = true;
    if (node_src_ints(g, n, 3, "sizes", r->sizes, &count, err) ||
        node_check_count(g, n, "sizes", count, r->n, err))
        return -1;
    for (int i = 0; i < r->n; i++)
        if (r->sizes[i] < 1 || r->sizes[i] > INT32_MAX)
            return node_fail(g, n, err, "a size of %lld is not supported", (long long)r->sizes[i]);
    return 0;
}

// keep_aspect_ratio_policy: one scale for all dimensions, the smallest or the largest asked for.
static void keep_aspect(struct resize *r, const struct node *n, const struct tensor *src)
{
    int64_t policy = node_int(n, ATTR_aspect_policy, WORD_aspect_policy_stretch);
    if (policy == WORD_aspect_policy_stretch)
        return;
    float scale = 0;
    for (int i = 0; i < r->n; i++) {
        float asked = (float)r->sizes[i] / (float)src->dims[r->axes[i]];
        bool take = policy == WORD_aspect_policy_not_larger ? asked < scale : asked > scale;
        scale = i == 0 || take ? asked : scale;
    }
    r->keeps_aspect = true;
    for (int i = 0; i < r->n; i++) {
        r->scales[i] = scale;
        r->sizes[i] = (int64_t)floorf(scale * (float)src->dims[r->axes[i]] + 0.5f);
    }
}

// Part of each dimension that is resized, begins then ends: of use to one coordinate mode only.
static int read_roi(struct resize *r, const struct graph *g, const struct node *n,
                    struct error *err)
{
    int count;
    if (node_src_floats(g, n, 1, "roi", 2 * MAX_RANK, r->roi, &count, err))
        return -1;
    return node_check_count(g, n, "roi", count, 2 * r->n, err);
}

static void set_roi(const struct resize *r, struct graph *g, struct node *n, int rank)
{
    float roi[2 * MAX_RANK];
    for (int i = 0; i < rank; i++) {
        roi[i] = 0;
        roi[i + rank] = 1;
    }
    for (int i = 0; i < r->n; i++) {
        roi[r->axes[i]] = r->roi[i];
        roi[r->axes[i] + rank] = r->roi[i + r->n];
    }
    node_set_floats(g, n, ATTR_roi, 2 * rank, roi);
}

// Leaves one scale per dimension.
static int resize_apply(const struct resize *r, struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    float scales[MAX_RANK];
    for (int i = 0; i < t.rank; i++)
        scales[i] = 1;
    for (int i = 0; i < r->n; i++) {
        int64_t *extent = &t.dims[r->axes[i]];
        float from = (float)*extent;
        *extent = r->by_size ? r->sizes[i] : (int64_t)floorf(from * r->scales[i]);
        bool derived = r->by_size && !r->keeps_aspect;
        scales[r->axes[i]] = derived ? (float)*extent / from : r->scales[i];
    }
    node_set_floats(g, n, ATTR_scales, t.rank, scales);
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}

// What the mode does not look at is no attribute of the step.
static void drop_unused(struct node *n)
{
    int64_t mode = node_int(n, ATTR_resize_mode, WORD_resize_mode_nearest);
    if (mode != WORD_resize_mode_nearest)
        node_drop(n, ATTR_nearest_mode);
    if (mode == WORD_resize_mode_nearest || !node_int(n, ATTR_antialias, 0))
        node_drop(n, ATTR_antialias);
    if (mode != WORD_resize_mode_cubic)
        node_drop(n, ATTR_cubic_coeff_a);
    node_drop(n, ATTR_axes);
    node_drop(n, ATTR_aspect_policy);
}

// Before opset 11 Resize was Upsample, but also made smaller: then it took the next element.
static int resize_as_upsample(struct resize *r, struct graph *g, struct node *n, struct error *err)
{
    if (read_scales(r, g, n, 1, err))
        return -1;
    bool smaller = false;
    for (int i = 0; i < r->n; i++)
        smaller |= r->scales[i] < 1;
    int64_t mode = node_int(n, ATTR_resize_mode, WORD_resize_mode_nearest);
    n->op = OP_Resize;
    node_set_int(g, n, ATTR_resize_mode, mode);
    node_set_int(g, n, ATTR_coordinates, WORD_coordinates_asymmetric);
    node_set_int(g, n, ATTR_nearest_mode,
                 smaller ? WORD_nearest_mode_ceil : WORD_nearest_mode_floor);
    drop_unused(n);
    return resize_apply(r, g, n, err);
}

int infer_upsample(struct graph *g, struct node *n, struct error *err)
{
    struct resize r = {0};
    if (read_resize_axes(&r, g, n, node_src_tensor(g, n, 0)->rank, err))
        return -1;
    return resize_as_upsample(&r, g, n, err);
}

int infer_resize(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    struct resize r = {0};
    if (g->opset < 11)
        return infer_upsample(g, n, err);
    if (read_resize_axes(&r, g, n, src->rank, err))
        return -1;
    if (is_given(g, n, 3) ? read_sizes(&r, g, n, err) : read_scales(&r, g, n, 2, err))
        return -1;
    if (r.by_size)
        keep_aspect(&r, n, src);
    int64_t coordinates = node_int(n, ATTR_coordinates, WORD_coordinates_half_pixel);
    if (coordinates == WORD_coordinates_tf_crop_and_resize) {
        if (read_roi(&r, g, n, err))
            return -1;
        set_roi(&r, g, n, src->rank);
    }
    int64_t mode = node_int(n, ATTR_resize_mode, WORD_resize_mode_nearest);
    node_set_int(g, n, ATTR_resize_mode, mode);
    node_set_int(g, n, ATTR_coordinates, coordinates);
    if (mode == WORD_resize_mode_nearest && !node_has(n, ATTR_nearest_mode))
        node_set_int(g, n, ATTR_nearest_mode, WORD_nearest_mode_round_prefer_floor);
    drop_unused(n);
    return resize_apply(&r, g, n, err);
}

// ---- DepthToSpace, SpaceToDepth -------------------------------------------------------------

static int read_block(const struct graph *g, const struct node *n, int64_t *block,
                      struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    *block = node_int(n, ATTR_blocksize, 0);
    if (src->rank != 4)
        return node_fail(g, n, err, "'%s' of %s is no image", value_name(g, n->src[0]).s,
                         dims_text(src).s);
    if (*block < 1 || *block > INT16_MAX)
        return node_fail(g, n, err, "blocksize %lld is not supported", (long long)*block);
    return 0;
}

static int block_does_not_fit(const struct graph *g, const struct node *n, int64_t block,
                              struct error *err)
{
    return node_fail(g, n, err, "blocks of %lld do not fit '%s' of %s", (long long)block,
                     value_name(g, n->src[0]).s, dims_text(node_src_tensor(g, n, 0)).s);
}

int infer_depth_to_space(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t block;
    if (read_block(g, n, &block, err))
        return -1;
    if (t.dims[1] % (block * block) != 0)
        return block_does_not_fit(g, n, block, err);
    node_set_int(g, n, ATTR_depth_mode, node_int(n, ATTR_depth_mode, WORD_depth_mode_dcr));
    t.dims[1] /= block * block;
    t.dims[2] *= block;
    t.dims[3] *= block;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_space_to_depth(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t block;
    if (read_block(g, n, &block, err))
        return -1;
    if (t.dims[2] % block != 0 || t.dims[3] % block != 0)
        return block_does_not_fit(g, n, block, err);
    if (node_int(n, ATTR_depth_mode, WORD_depth_mode_dcr) == WORD_depth_mode_dcr)
        node_drop(n, ATTR_depth_mode); // as before it could be said
    t.dims[1] *= block * block;
    t.dims[2] /= block;
    t.dims[3] /= block;
    return node_set_dst(g, n, 0, &t, err);
}

// ---- sampling at given places ---------------------------------------------------------------

// [N, C, D...] at the points of a grid [N, d..., spatial dimensions].
int infer_grid_sample(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    const struct tensor *grid = node_src_tensor(g, n, 1);
    if (t.rank < 3 || grid->rank != t.rank || grid->dims[t.rank - 1] != t.rank - 2 ||
        grid->dims[0] != t.dims[0])
        return node_fail(g, n, err, "a grid of %s does not fit '%s' of %s", dims_text(grid).s,
                         value_name(g, n->src[0]).s, dims_text(&t).s);
    memcpy(t.dims + 2, grid->dims + 1, (size_t)(t.rank - 2) * sizeof *t.dims);
    node_set_int(g, n, ATTR_resize_mode, node_int(n, ATTR_resize_mode, WORD_resize_mode_linear));
    node_set_int(g, n, ATTR_padding_mode, node_int(n, ATTR_padding_mode, WORD_padding_mode_zeros));
    node_set_flag(g, n, ATTR_align_corners);
    return node_set_dst(g, n, 0, &t, err);
}

// Matrices [N, d, d + 1] to a grid [N, spatial dimensions..., d].
int infer_affine_grid(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *theta = node_src_tensor(g, n, 0);
    int64_t size[MAX_RANK]; // N, C, spatial dimensions
    int count;
    if (node_src_ints(g, n, 1, "size", size, &count, err))
        return -1;
    int spatial = count - 2;
    if (spatial < 2 || spatial > 3 || theta->rank != 3 || theta->dims[0] != size[0] ||
        theta->dims[1] != spatial || theta->dims[2] != spatial + 1)
        return node_fail(g, n, err, "'%s' of %s does not fit a size of %d numbers",
                         value_name(g, n->src[0]).s, dims_text(theta).s, count);
    struct tensor t = {.type = theta->type, .rank = spatial + 2, .dims = {size[0]}};
    for (int i = 0; i < spatial; i++)
        t.dims[1 + i] = size[2 + i];
    t.dims[1 + spatial] = spatial;
    node_set_flag(g, n, ATTR_align_corners);
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}

static int set_regions(struct graph *g, struct node *n, int columns, int64_t height, int64_t width,
                       struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *rois = node_src_tensor(g, n, 1);
    if (src->rank != 4 || rois->rank != 2 || rois->dims[1] != columns)
        return node_fail(g, n, err, "regions of %s do not fit '%s' of %s", dims_text(rois).s,
                         value_name(g, n->src[0]).s, dims_text(src).s);
    if (height < 1 || width < 1 || height > INT32_MAX || width > INT32_MAX)
        return node_fail(g, n, err, "a result of %lldx%lld is not supported", (long long)height,
                         (long long)width);
    struct tensor t = {
        .type = src->type, .rank = 4, .dims = {rois->dims[0], src->dims[1], height, width}};
    return node_set_dst(g, n, 0, &t, err);
}

// Regions as (x1, y1, x2, y2), and the image of each. Opset 16 moved the coordinates by default.
int infer_roi_align(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *images = node_src_tensor(g, n, 2), *rois = node_src_tensor(g, n, 1);
    if (images->rank != 1 || rois->rank < 1 || images->dims[0] != rois->dims[0])
        return node_fail(g, n, err, "batch_indices of %s do not fit regions of %s",
                         dims_text(images).s, dims_text(rois).s);
    int64_t usual =
        g->opset < 16 ? WORD_coordinates_output_half_pixel : WORD_coordinates_half_pixel;
    node_set_int(g, n, ATTR_coordinates, node_int(n, ATTR_coordinates, usual));
    node_set_int(g, n, ATTR_roi_mode, node_int(n, ATTR_roi_mode, WORD_roi_mode_avg));
    node_set_int(g, n, ATTR_sampling_ratio, node_int(n, ATTR_sampling_ratio, 0));
    return set_regions(g, n, 4, node_int(n, ATTR_output_height, 1),
                       node_int(n, ATTR_output_width, 1), err);
}

// Regions as (image, x1, y1, x2, y2).
int infer_max_roi_pool(struct graph *g, struct node *n, struct error *err)
{
    int count;
    const int64_t *shape = node_ints(n, ATTR_pooled_shape, &count);
    if (count != 2)
        return node_fail(g, n, err, "pooled_shape has %d numbers instead of 2", count);
    return set_regions(g, n, 5, shape[0], shape[1], err);
}
