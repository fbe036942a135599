// Reference of operators that put every element of a source somewhere else.
#include "reference/kernels.h"

#include <string.h>

// The source that holds position *x of dst along the axis; *x becomes the position in it.
static const struct operand *concat_part(const struct reference_step *s, int axis, int64_t *x)
{
    const struct operand *part = s->src;
    while (*x >= part->t->dims[axis])
        *x -= part++->t->dims[axis];
    return part;
}

static long double concat_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int axis = node_axis(s->node, 1, s->dst->rank);
    int64_t from[MAX_RANK];
    memcpy(from, at, sizeof from);
    const struct operand *part = concat_part(s, axis, &from[axis]);
    return operand_at(part, from);
}

void reference_concat(const struct reference_step *s)
{
    each_element(s, concat_at, NULL);
}

// Dimension d of dst is dimension perm[d] of src; by default the dimensions are reversed.
static long double transpose_at(const struct reference_step *s, const int64_t *at,
                                const void *unused)
{
    (void)unused;
    int64_t from[MAX_RANK];
    int rank = s->dst->rank;
    for (int d = 0; d < rank; d++)
        from[node_item(s->node, ATTR_perm, d, rank - 1 - d)] = at[d];
    return operand_at(&s->src[0], from);
}

void reference_transpose(const struct reference_step *s)
{
    each_element(s, transpose_at, NULL);
}

// The same elements in row-major order of the logical shape, in another layout, type or shape.
static long double copy_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    return operand_element(&s->src[0], tensor_index(s->dst, at));
}

void reference_copy(const struct reference_step *s)
{
    each_element(s, copy_at, NULL);
}

// Channels seen as [groups, channels / groups] are transposed: ShuffleNet, arXiv 1707.01083.
static long double shuffle_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int64_t groups = node_int(s->node, ATTR_groups, 1), from[MAX_RANK];
    memcpy(from, at, sizeof from);
    from[1] = at[1] % groups * (s->dst->dims[1] / groups) + at[1] / groups;
    return operand_at(&s->src[0], from);
}

void reference_shuffle(const struct reference_step *s)
{
    each_element(s, shuffle_at, NULL);
}

static long double slice_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int64_t from[MAX_RANK];
    for (int d = 0; d < s->dst->rank; d++)
        from[d] =
            node_item(s->node, ATTR_starts, d, 0) + at[d] * node_item(s->node, ATTR_steps, d, 1);
    return operand_at(&s->src[0], from);
}

// starts and steps of every dimension.
void reference_slice(const struct reference_step *s)
{
    each_element(s, slice_at, NULL);
}

static void split_part(const struct operand *src, const struct result *part, int axis,
                       int64_t first)
{
    for (int64_t i = 0; i < tensor_elements(part->t); i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(part->t, i, at);
        at[axis] += first;
        part->out[i] = operand_at(src, at);
    }
}

// Parts that nobody uses have the size that `split` says.
void reference_split(const struct reference_step *s)
{
    int axis = node_axis(s->node, 0, s->src[0].t->rank);
    int64_t first = 0;
    for (int k = 0; k < s->n_dst; k++) {
        const struct result *part = optional_result(s, k);
        int64_t size = node_item(s->node, ATTR_split, k, part ? part->t->dims[axis] : 0);
        if (part)
            split_part(&s->src[0], part, axis, first);
        first += size;
    }
}

// Position in a dimension of `size` for one beyond its ends; -1 where a constant stands.
static int64_t padded(int64_t mode, int64_t x, int64_t size)
{
    if (x >= 0 && x < size)
        return x;
    if (mode == WORD_pad_mode_edge)
        return x < 0 ? 0 : size - 1;
    int64_t period = mode == WORD_pad_mode_wrap ? size : size > 1 ? 2 * (size - 1) : 1;
    x = (x % period + period) % period;
    if (mode == WORD_pad_mode_reflect)
        return x < size ? x : period - x;
    return mode == WORD_pad_mode_wrap ? x : -1;
}

static long double pad_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int64_t from[MAX_RANK], mode = node_int(s->node, ATTR_pad_mode, WORD_pad_mode_constant);
    for (int d = 0; d < s->dst->rank; d++) {
        from[d] = padded(mode, at[d] - node_item(s->node, ATTR_pads, d, 0), s->src[0].t->dims[d]);
        if (from[d] >= 0)
            continue;
        const struct operand *value = optional_source(s, 2);
        return value ? operand_read(value, 0) : (long double)node_float(s->node, ATTR_pad_value, 0);
    }
    return operand_at(&s->src[0], from);
}

// pads of every dimension; negative ones cut off.
void reference_pad(const struct reference_step *s)
{
    each_element(s, pad_at, NULL);
}

static long double expand_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    return source_at(s, 0, at);
}

void reference_expand(const struct reference_step *s)
{
    each_element(s, expand_at, NULL);
}

static long double tile_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int64_t from[MAX_RANK];
    for (int d = 0; d < s->dst->rank; d++)
        from[d] = at[d] % s->src[0].t->dims[d];
    return operand_at(&s->src[0], from);
}

void reference_tile(const struct reference_step *s)
{
    each_element(s, tile_at, NULL);
}

// Channels of src are [block, block, c] (DCR) or [c, block, block] (CRD).
static long double depth_to_space_at(const struct reference_step *s, const int64_t *at,
                                     const void *unused)
{
    (void)unused;
    int64_t block = node_int(s->node, ATTR_blocksize, 1), channels = s->dst->dims[1];
    int64_t phase = at[2] % block * block + at[3] % block;
    bool crd = node_int(s->node, ATTR_depth_mode, WORD_depth_mode_dcr) == WORD_depth_mode_crd;
    int64_t c = crd ? at[1] * block * block + phase : phase * channels + at[1];
    return operand_at(&s->src[0], (const int64_t[]){at[0], c, at[2] / block, at[3] / block});
}

void reference_depth_to_space(const struct reference_step *s)
{
    each_element(s, depth_to_space_at, NULL);
}

// Channels of dst are [block, block, c] (DCR) or [c, block, block] (CRD).
static long double space_to_depth_at(const struct reference_step *s, const int64_t *at,
                                     const void *unused)
{
    (void)unused;
    int64_t block = node_int(s->node, ATTR_blocksize, 1), channels = s->src[0].t->dims[1];
    bool crd = node_int(s->node, ATTR_depth_mode, WORD_depth_mode_dcr) == WORD_depth_mode_crd;
    int64_t phase = crd ? at[1] % (block * block) : at[1] / channels;
    int64_t c = crd ? at[1] / (block * block) : at[1] % channels;
    return operand_at(&s->src[0], (const int64_t[]){at[0], c, at[2] * block + phase / block,
                                                    at[3] * block + phase % block});
}

void reference_space_to_depth(const struct reference_step *s)
{
    each_element(s, space_to_depth_at, NULL);
}

// Above the diagonal k (upper) or below it, in the last two dimensions; 0 elsewhere.
static long double trilu_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    int64_t diagonal = at[s->dst->rank - 1] - at[s->dst->rank - 2];
    int64_t k = node_int(s->node, ATTR_k, 0);
    bool upper = node_int(s->node, ATTR_upper, 1) != 0;
    return (upper ? diagonal >= k : diagonal <= k) ? operand_at(&s->src[0], at) : 0;
}

void reference_trilu(const struct reference_step *s)
{
    each_element(s, trilu_at, NULL);
}

static long double reverse_sequence_at(const struct reference_step *s, const int64_t *at,
                                       const void *unused)
{
    (void)unused;
    int time = (int)node_int(s->node, ATTR_time_axis, 0);
    int64_t length =
        (int64_t)operand_element(&s->src[1], at[node_int(s->node, ATTR_batch_axis, 1)]);
    int64_t from[MAX_RANK];
    if (length < 0 || length > s->dst->dims[time]) {
        step_refuse(s, "a sequence longer than the data");
        return 0;
    }
    memcpy(from, at, sizeof from);
    if (at[time] < length)
        from[time] = length - 1 - at[time];
    return operand_at(&s->src[0], from);
}

void reference_reverse_sequence(const struct reference_step *s)
{
    each_element(s, reverse_sequence_at, NULL);
}
