// Shapes of what takes, repeats or adds parts of a tensor. What inputs said in later opsets are
// attributes afterwards, in full: one number per dimension.
#include "decompose/passes.h"

#include <string.h>

// ---- Slice ----------------------------------------------------------------------------------

struct slice {
    int n; // ranges as given
    int64_t starts[MAX_RANK], ends[MAX_RANK], axes[MAX_RANK], steps[MAX_RANK];
};

static int copy_ints(const struct graph *g, const struct node *n, enum attr_key key, int64_t *out,
                     int *count, struct error *err)
{
    const int64_t *ints = node_ints(n, key, count);
    if (*count > MAX_RANK)
        return node_fail(g, n, err, "%s has %d numbers", attr_info(key)->name, *count);
    memcpy(out, ints, (size_t)*count * sizeof *out);
    return 0;
}

// Attributes before opset 10, sources since.
static int read_ranges(struct slice *s, const struct graph *g, const struct node *n,
                       struct error *err)
{
    int ends;
    if (node_has(n, ATTR_starts) && node_has(n, ATTR_ends)) {
        if (copy_ints(g, n, ATTR_starts, s->starts, &s->n, err) ||
            copy_ints(g, n, ATTR_ends, s->ends, &ends, err))
            return -1;
    } else if (node_src_ints(g, n, 1, "starts", s->starts, &s->n, err) ||
               node_src_ints(g, n, 2, "ends", s->ends, &ends, err)) {
        return -1;
    }
    return node_check_count(g, n, "ends", ends, s->n, err);
}

static int read_slice(struct slice *s, const struct graph *g, const struct node *n, int rank,
                      struct error *err)
{
    int axes = 0, steps = 0;
    if (read_ranges(s, g, n, err) || node_axes(g, n, 3, rank, s->axes, &axes, err))
        return -1;
    bool has_axes = axes > 0 || node_src(n, 3) != NONE || node_has(n, ATTR_axes);
    for (int i = 0; !has_axes && i < s->n; i++)
        s->axes[i] = i;
    if (node_check_count(g, n, "axes", has_axes ? axes : s->n, s->n, err))
        return -1;
    if (s->n > rank)
        return node_fail(g, n, err, "starts has %d numbers for %d dimensions", s->n, rank);
    if (node_src(n, 4) == NONE) {
        for (int i = 0; i < s->n; i++)
            s->steps[i] = 1;
        return 0;
    }
    return node_src_ints(g, n, 4, "steps", s->steps, &steps, err) ||
                   node_check_count(g, n, "steps", steps, s->n, err)
               ? -1
               : 0;
}

static int64_t clamped(int64_t x, int64_t least, int64_t most)
{
    return x < least ? least : x > most ? most : x;
}

// Elements that a range takes of `extent`; *start becomes the first of them.
static int64_t range_count(int64_t *start, int64_t end, int64_t step, int64_t extent)
{
    if (extent == 0)
        return 0;
    int64_t from = *start < 0 ? *start + extent : *start, to = end < 0 ? end + extent : end;
    if (step > 0) {
        from = clamped(from, 0, extent);
        to = clamped(to, 0, extent);
        *start = from;
        return to > from ? (to - from - 1) / step + 1 : 0;
    }
    from = clamped(from, 0, extent - 1);
    // an end far below zero: down to the first element
    to = clamped(end < -extent ? -1 : to, -1, extent - 1);
    *start = from;
    return from > to ? (from - to - 1) / (step == INT64_MIN ? INT64_MAX : -step) + 1 : 0;
}

int infer_slice(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    struct slice s = {0};
    int64_t starts[MAX_RANK] = {0}, steps[MAX_RANK];
    if (read_slice(&s, g, n, t.rank, err))
        return -1;
    for (int i = 0; i < t.rank; i++)
        steps[i] = 1;
    for (int i = 0; i < s.n; i++) {
        int64_t axis = s.axes[i];
        if (s.steps[i] == 0)
            return node_fail(g, n, err, "a step is 0");
        t.dims[axis] = range_count(&s.starts[i], s.ends[i], s.steps[i], t.dims[axis]);
        starts[axis] = t.dims[axis] ? s.starts[i] : 0;
        steps[axis] = t.dims[axis] > 1 ? s.steps[i] : 1;
    }
    node_set_ints(g, n, ATTR_starts, t.rank, starts);
    node_set_ints(g, n, ATTR_steps, t.rank, steps);
    node_drop(n, ATTR_ends);
    node_drop(n, ATTR_axes);
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}

// ---- Split ----------------------------------------------------------------------------------

// Extent of part k: as `split` says (attribute before opset 13, source since), else equal parts,
// of which only the last may be smaller.
static int read_parts(const struct graph *g, const struct node *n, int64_t extent, int64_t *parts,
                      struct error *err)
{
    int count;
    const int64_t *split = node_ints(n, ATTR_split, &count);
    if (node_src(n, 1) != NONE) {
        if (node_src_list(g, n, 1, "split", n->n_dst, parts, &count, err))
            return -1;
        return node_check_count(g, n, "split", count, n->n_dst, err);
    }
    if (split) {
        if (node_check_count(g, n, "split", count, n->n_dst, err))
            return -1;
        memcpy(parts, split, (size_t)count * sizeof *parts);
        return 0;
    }
    int64_t wanted = node_int(n, ATTR_num_outputs, n->n_dst);
    if (wanted < n->n_dst)
        return node_fail(g, n, err, "num_outputs is %lld, but it has %d outputs", (long long)wanted,
                         n->n_dst);
    int64_t each = (extent + wanted - 1) / wanted;
    for (int k = 0; k < n->n_dst; k++)
        parts[k] = clamped(extent - each * k, 0, each);
    return 0;
}

static int set_parts(struct graph *g, struct node *n, const int64_t *parts, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t axis = node_int(n, ATTR_axis, 0), rest = t.dims[axis];
    for (int k = 0; k < n->n_dst; k++) {
        if (parts[k] < 0 || parts[k] > rest)
            return node_fail(g, n, err, "its parts do not fit dimension %lld of %s",
                             (long long)axis, dims_text(node_src_tensor(g, n, 0)).s);
        rest -= parts[k];
        t.dims[axis] = parts[k];
        if (node_set_dst(g, n, k, &t, err))
            return -1;
    }
    return 0;
}

// Parts without elements are constants.
static void leave_out_empty_parts(struct graph *g, struct node *n, int64_t *parts)
{
    int kept = 0;
    for (int k = 0; k < n->n_dst; k++) {
        if (parts[k] == 0 && n->dst[k] != NONE)
            g->values[n->dst[k]].kind = VALUE_weight;
        parts[kept] = parts[k];
        n->dst[kept] = n->dst[k];
        kept += parts[k] != 0;
    }
    n->n_dst = kept;
}

int infer_split(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    if (node_normal_axis(g, n, 0, src->rank, err))
        return -1;
    int64_t *parts = arena_alloc(&g->arena, (size_t)n->n_dst * sizeof *parts);
    if (read_parts(g, n, src->dims[node_int(n, ATTR_axis, 0)], parts, err) ||
        set_parts(g, n, parts, err))
        return -1;
    if (tensor_elements(src) > 0)
        leave_out_empty_parts(g, n, parts);
    node_drop(n, ATTR_split);
    node_drop(n, ATTR_num_outputs);
    n->n_src = 1;
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] == NONE) // whose length no result says
            node_set_ints(g, n, ATTR_split, n->n_dst, parts);
    return 0;
}

// ---- Pad ------------------------------------------------------------------------------------

// Pads of every dimension, begins then ends. Attribute before opset 11, source since; opset 18
// added axes.
static int read_pads(const struct graph *g, const struct node *n, int rank,
                     int64_t pads[2 * MAX_RANK], struct error *err)
{
    int64_t given[2 * MAX_RANK], axes[MAX_RANK];
    int count, n_axes = 0;
    const int64_t *attribute = node_ints(n, ATTR_pads, &count);
    if (attribute && count <= 2 * MAX_RANK)
        memcpy(given, attribute, (size_t)count * sizeof *given);
    else if (node_src_list(g, n, 1, "pads", 2 * MAX_RANK, given, &count, err))
        return -1;
    if (node_src(n, 3) != NONE && node_axes(g, n, 3, rank, axes, &n_axes, err))
        return -1;
    for (int i = 0; node_src(n, 3) == NONE && i < rank; i++)
        axes[n_axes++] = i;
    if (node_check_count(g, n, "pads", count, 2 * n_axes, err))
        return -1;
    memset(pads, 0, 2 * (size_t)rank * sizeof *pads);
    for (int i = 0; i < n_axes; i++) {
        pads[axes[i]] = given[i];
        pads[axes[i] + rank] = given[i + n_axes];
    }
    return 0;
}

// Takes a constant value into the attribute; what a float cannot hold stays a source.
static int take_pad_value(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *value = node_src_tensor(g, n, 2);
    if (!value)
        return 0;
    const void *data = value_data(g, n->src[2]);
    if (tensor_elements(value) != 1)
        return node_fail(g, n, err, "its value of %s is no scalar", dims_text(value).s);
    if (!data || !number_type(value->type))
        return 0;
    long double x = number_read(value->type, data, 0);
    if ((long double)(float)x != x)
        return 0;
    node_set_float(g, n, ATTR_pad_value, (float)x);
    node_omit_src(n, 2);
    return 0;
}

// Whether `pad` more elements can be made of `extent` by going back and forth, or can be cut off.
static bool pad_fits(int64_t mode, int64_t extent, int64_t pad)
{
    if (pad > INT32_MAX || pad < -extent)
        return false;
    return pad <= 0 || mode == WORD_pad_mode_constant || extent > 0;
}

int infer_pad(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t pads[2 * MAX_RANK], mode = node_int(n, ATTR_pad_mode, WORD_pad_mode_constant);
    if (read_pads(g, n, t.rank, pads, err))
        return -1;
    for (int i = 0; i < t.rank; i++) {
        int64_t begin = pads[i], end = pads[i + t.rank];
        if (!pad_fits(mode, t.dims[i], begin) || !pad_fits(mode, t.dims[i], end) ||
            t.dims[i] + begin + end < 0)
            return node_fail(g, n, err, "pads of %lld and %lld do not fit dimension %d of %s",
                             (long long)begin, (long long)end, i,
                             dims_text(node_src_tensor(g, n, 0)).s);
        t.dims[i] += begin + end;
    }
    node_set_ints(g, n, ATTR_pads, 2 * t.rank, pads);
    node_set_int(g, n, ATTR_pad_mode, mode);
    node_omit_src(n, 3);
    node_omit_src(n, 1);
    return take_pad_value(g, n, err) ? -1 : node_set_dst(g, n, 0, &t, err);
}

// ---- Expand, Tile ---------------------------------------------------------------------------

int infer_expand(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    struct tensor shape = {.type = src->type}, t;
    if (node_src_ints(g, n, 1, "shape", shape.dims, &shape.rank, err))
        return -1;
    if (!broadcast_shapes(src, &shape, &t))
        return node_fail(g, n, err, "%s cannot be expanded to %s", dims_text(src).s,
                         dims_text(&shape).s);
    for (int i = 0; i < t.rank; i++)
        if (t.dims[i] < 0)
            return node_fail(g, n, err, "dimension %d of its shape is %lld", i,
                             (long long)t.dims[i]);
    t.type = src->type;
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_tile(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t repeats[MAX_RANK];
    int count;
    if (node_src_ints(g, n, 1, "repeats", repeats, &count, err) ||
        node_check_count(g, n, "repeats", count, t.rank, err))
        return -1;
    for (int i = 0; i < t.rank; i++)
        if (repeats[i] < 0 || __builtin_mul_overflow(t.dims[i], repeats[i], &t.dims[i]))
            return node_fail(g, n, err, "dimension %d is repeated %lld times", i,
                             (long long)repeats[i]);
    n->n_src = 1;
    return node_set_dst(g, n, 0, &t, err);
}

// ---- CenterCropPad --------------------------------------------------------------------------

// The middle of what is larger, padded evenly where it is smaller: pads as of Pad, negative ones
// cut. An odd element goes to the end.
int infer_center_crop_pad(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    int64_t wanted[MAX_RANK], axes[MAX_RANK], pads[2 * MAX_RANK] = {0};
    int count, n_axes;
    if (node_src_ints(g, n, 1, "shape", wanted, &count, err) ||
        node_axes(g, n, n->n_src, t.rank, axes, &n_axes, err))
        return -1;
    for (int i = 0; !node_has(n, ATTR_axes) && i < t.rank; i++)
        axes[n_axes++] = i;
    if (node_check_count(g, n, "shape", count, n_axes, err))
        return -1;
    for (int i = 0; i < count; i++) {
        int64_t *extent = &t.dims[axes[i]], more = wanted[i] - *extent;
        if (wanted[i] < 0 || wanted[i] > INT32_MAX)
            return node_fail(g, n, err, "its shape holds %lld", (long long)wanted[i]);
        pads[axes[i]] = more / 2;
        pads[axes[i] + t.rank] = more - more / 2;
        *extent = wanted[i];
    }
    n->op = OP_Pad;
    n->n_src = 1;
    node_drop(n, ATTR_axes);
    node_set_ints(g, n, ATTR_pads, 2 * t.rank, pads);
    node_set_int(g, n, ATTR_pad_mode, WORD_pad_mode_constant);
    return node_set_dst(g, n, 0, &t, err);
}
