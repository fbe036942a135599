// Images read at places that data name.
#include "runner/loops_sample.h"
#include "runner/lower.h"

static int check_image(const struct lowering *l, const struct operand *src)
{
    if (src->t.type != TYPE_f32 || lowering_operand(l, 1).t.type != TYPE_f32)
        return unsupported(l, "only f32 can be computed with");
    if (!channels_innermost(&src->t) || !channels_innermost(&l->dst.t))
        return unsupported(l, "it is not channels-last");
    return 0;
}

static void spatial_dims(const struct tensor *t, int64_t dims[SAMPLE_DIMS])
{
    for (int d = 0; d < SAMPLE_DIMS; d++) {
        int i = t->rank - SAMPLE_DIMS + d;
        dims[d] = i < 2 ? 1 : t->dims[i];
    }
}

int lower_grid_sample(struct lowering *l)
{
    static const enum sample_mode modes[] = {
        [WORD_resize_mode_nearest] = SAMPLE_nearest,
        [WORD_resize_mode_linear] = SAMPLE_linear,
        [WORD_resize_mode_cubic] = SAMPLE_cubic,
    };
    static const enum sample_padding paddings[] = {
        [WORD_padding_mode_zeros] = SAMPLE_zeros,
        [WORD_padding_mode_border] = SAMPLE_border,
        [WORD_padding_mode_reflection] = SAMPLE_reflection,
    };
    struct operand src = lowering_operand(l, 0);
    struct loop_grid_sample p = {
        .n = src.t.dims[0],
        .channels = src.t.dims[1],
        .rank = src.t.rank - 2,
        .mode = modes[node_int(l->n, ATTR_resize_mode, WORD_resize_mode_linear)],
        .padding = paddings[node_int(l->n, ATTR_padding_mode, WORD_padding_mode_zeros)],
        .align = node_int(l->n, ATTR_align_corners, 0) != 0,
    };
    struct place args[] = {src.place, place_of(1), l->dst.place};
    if (check_image(l, &src))
        return -1;
    spatial_dims(&src.t, p.in);
    spatial_dims(&l->dst.t, p.out);
    if (emit_loop_with_posts(l, &loop_grid_sample, &p, sizeof p, 3, args, &l->dst, l->n_posts,
                             l->posts))
        return 0;
    return unsupported(l, "what follows it has no kernel");
}

int lower_roi_align(struct lowering *l)
{
    struct operand src = lowering_operand(l, 0);
    struct loop_roi_align p = {
        .n = src.t.dims[0],
        .n_regions = l->dst.t.dims[0],
        .channels = src.t.dims[1],
        .in = {src.t.dims[2], src.t.dims[3]},
        .bins = {l->dst.t.dims[2], l->dst.t.dims[3]},
        .ratio = node_int(l->n, ATTR_sampling_ratio, 0),
        .image_type = lowering_operand(l, 2).t.type,
        .scale = node_float(l->n, ATTR_spatial_scale, 1),
        .half = node_int(l->n, ATTR_coordinates, WORD_coordinates_half_pixel) ==
                WORD_coordinates_half_pixel,
        .largest = node_int(l->n, ATTR_roi_mode, WORD_roi_mode_avg) == WORD_roi_mode_max,
    };
    struct place args[] = {src.place, place_of(1), place_of(2), l->dst.place};
    if (check_image(l, &src))
        return -1;
    if (emit_loop_with_posts(l, &loop_roi_align, &p, sizeof p, 4, args, &l->dst, l->n_posts,
                             l->posts))
        return 0;
    return unsupported(l, "what follows it has no kernel");
}
