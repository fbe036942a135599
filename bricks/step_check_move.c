// Checks of steps that only move elements.
#include "bricks/step_checks.h"

static bool same_type(const struct graph *g, const struct node *n, int k)
{
    return step_src(g, n, k)->type == step_dst(g, n)->type;
}

static const char *const other_type = "the result has not the type of the source";

const char *check_concat(const struct graph *g, const struct node *n)
{
    const struct tensor *to = step_dst(g, n);
    int axis = step_axis(n, 0, to->rank);
    int64_t sum = 0;
    if (axis == NONE)
        return "the axis is no dimension of the result";
    for (int k = 0; k < step_own_sources(n); k++) {
        struct tensor piece = *step_src(g, n, k);
        if (piece.rank != to->rank || !same_type(g, n, k))
            return "the sources do not have the rank and type of the result";
        sum += piece.dims[axis];
        piece.dims[axis] = to->dims[axis];
        if (!tensor_same_shape(&piece, to))
            return "the sources do not fit the result";
    }
    return unless(sum == to->dims[axis], "the sources do not add up to the result");
}

const char *check_transpose(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    int given;
    const int64_t *perm = node_ints(n, ATTR_perm, &given);
    bool seen[MAX_RANK] = {false};
    if (!same_type(g, n, 0))
        return other_type;
    if (to->rank != from->rank || (given && given != from->rank))
        return "perm and result do not have the rank of the source";
    for (int i = 0; i < from->rank; i++) {
        int64_t at = given ? perm[i] : from->rank - 1 - i;
        if (at < 0 || at >= from->rank || seen[at])
            return "perm is no permutation";
        seen[at] = true;
        if (to->dims[i] != from->dims[at])
            return "the result is not the source permuted";
    }
    return NULL;
}

const char *check_reorder(const struct graph *g, const struct node *n)
{
    return unless(tensor_same_shape(step_src(g, n, 0), step_dst(g, n)) && same_type(g, n, 0),
                  "the result has not the shape and type of the source");
}

const char *check_shuffle(const struct graph *g, const struct node *n)
{
    const struct tensor *to = step_dst(g, n);
    int64_t groups = node_int(n, ATTR_groups, 1);
    if (to->rank < 2 || to->rank >= MAX_RANK || groups < 1 || to->dims[1] % groups != 0)
        return "the channels cannot be divided into the groups";
    return check_reorder(g, n);
}

const char *check_split(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0);
    int axis = step_axis(n, 0, from->rank);
    int64_t sum = 0;
    if (axis == NONE)
        return "the axis is no dimension of the source";
    for (int k = 0; k < n->n_dst; k++) {
        if (n->dst[k] == NONE)
            return "a result is left out";
        struct tensor piece = g->values[n->dst[k]].t;
        if (piece.rank != from->rank || piece.type != from->type || piece.dims[axis] < 1)
            return "the results do not have the rank and type of the source";
        sum += piece.dims[axis];
        piece.dims[axis] = from->dims[axis];
        if (!tensor_same_shape(&piece, from))
            return "the results do not fit the source";
    }
    return unless(sum == from->dims[axis], "the results do not add up to the source");
}

// ---- parts and repetitions -----------------------------------------------------------------

const char *check_repeat(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    bool fits = same_type(g, n, 0);
    if (n->op == OP_Expand)
        return unless(fits && tensor_broadcasts_to(from, to), "the source does not expand to it");
    fits = fits && from->rank == to->rank;
    for (int i = 0; fits && i < to->rank; i++)
        fits = to->dims[i] % from->dims[i] == 0;
    return unless(fits, "the result does not consist of repetitions of the source");
}

const char *check_slice(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    int64_t starts[MAX_RANK], steps[MAX_RANK];
    if (from->rank != to->rank || !same_type(g, n, 0))
        return "the result has not the rank and type of the source";
    if (!step_read_ints(n, ATTR_starts, from->rank, 0, 0, starts) ||
        !step_read_ints(n, ATTR_steps, from->rank, -INT32_MAX, 1, steps))
        return "starts and steps do not fit the source";
    for (int i = 0; i < from->rank; i++) {
        int64_t last;
        if (__builtin_mul_overflow(to->dims[i] - 1, steps[i], &last) ||
            __builtin_add_overflow(last, starts[i], &last) || starts[i] >= from->dims[i] ||
            last < 0 || last >= from->dims[i])
            return "the slice reaches beyond the source";
    }
    return NULL;
}

const char *check_pad(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    int64_t pads[2 * MAX_RANK], mode = node_int(n, ATTR_pad_mode, 0);
    if (from->rank != to->rank || !same_type(g, n, 0))
        return "the result has not the rank and type of the source";
    if (!step_read_ints(n, ATTR_pads, 2 * from->rank, -INT32_MAX, 0, pads) ||
        mode < WORD_pad_mode_constant || mode > WORD_pad_mode_wrap)
        return "the pads do not fit the source";
    for (int i = 0; i < from->rank; i++)
        if (to->dims[i] != from->dims[i] + pads[i] + pads[i + from->rank])
            return "the result has not the extents of the padded source";
    return NULL;
}

static bool is_within(const struct node *n, enum attr_key key, int64_t most)
{
    int64_t word = node_int(n, key, 0);
    return word >= 0 && word <= most;
}

const char *check_resize(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    if (!is_within(n, ATTR_resize_mode, WORD_resize_mode_cubic) ||
        !is_within(n, ATTR_coordinates, WORD_coordinates_half_pixel_symmetric) ||
        !is_within(n, ATTR_nearest_mode, WORD_nearest_mode_ceil))
        return "there is no such mode";
    return unless(from->rank == to->rank && same_type(g, n, 0),
                  "the result has not the rank and type of the source");
}

// ---- images --------------------------------------------------------------------------------

// Whether blocks of `wide` become channels of `deep`.
static const char *check_blocks(const struct node *n, const struct tensor *deep,
                                const struct tensor *wide)
{
    int64_t b = node_int(n, ATTR_blocksize, 0), mode = node_int(n, ATTR_depth_mode, 0);
    if (deep->rank != 4 || wide->rank != 4 || deep->type != wide->type || b < 1 || b > INT16_MAX ||
        mode < WORD_depth_mode_dcr || mode > WORD_depth_mode_crd)
        return "the source is no image, or there are no such blocks";
    return unless(deep->dims[0] == wide->dims[0] && deep->dims[1] / (b * b) == wide->dims[1] &&
                      deep->dims[1] % (b * b) == 0 && wide->dims[2] % b == 0 &&
                      wide->dims[2] / b == deep->dims[2] && wide->dims[3] % b == 0 &&
                      wide->dims[3] / b == deep->dims[3],
                  "the result does not fit the source's blocks");
}

const char *check_depth_to_space(const struct graph *g, const struct node *n)
{
    return check_blocks(n, step_src(g, n, 0), step_dst(g, n));
}

const char *check_space_to_depth(const struct graph *g, const struct node *n)
{
    return check_blocks(n, step_dst(g, n), step_src(g, n, 0));
}

const char *check_trilu(const struct graph *g, const struct node *n)
{
    int64_t k = node_int(n, ATTR_k, 0);
    if (step_dst(g, n)->rank < 2 || !tensor_is_row_major(step_dst(g, n)) ||
        !tensor_is_row_major(step_src(g, n, 0)))
        return "the source is no row-major matrix";
    if (k < -INT32_MAX || k > INT32_MAX)
        return "there is no such diagonal";
    return check_reorder(g, n);
}
