// Shapes of what reads or writes at indices, of what is made of numbers, and of what cannot be
// known before the model runs.
#include "decompose/passes.h"

#include <string.h>

// ---- indices --------------------------------------------------------------------------------

static int check_indices(const struct graph *g, const struct node *n, int k, struct error *err)
{
    enum type type = node_src_tensor(g, n, k)->type;
    if (type != TYPE_s64 && type != TYPE_s32)
        return node_fail(g, n, err, "indices '%s' are %s", value_name(g, n->src[k]).s,
                         type_name(type));
    return 0;
}

static int check_rank(const struct graph *g, const struct node *n, int rank, struct error *err)
{
    if (rank > MAX_RANK)
        return node_unsupported(g, n, err, "a result of %d dimensions is not supported", rank);
    return 0;
}

static int does_not_fit(const struct graph *g, const struct node *n, int k, struct error *err)
{
    return node_fail(g, n, err, "'%s' of %s does not fit '%s' of %s", value_name(g, n->src[k]).s,
                     dims_text(node_src_tensor(g, n, k)).s, value_name(g, n->src[0]).s,
                     dims_text(node_src_tensor(g, n, 0)).s);
}

static void add_dims(struct tensor *t, const struct tensor *from, int first, int end)
{
    for (int i = first; i < end; i++)
        t->dims[t->rank++] = from->dims[i];
}

int infer_gather(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *indices = node_src_tensor(g, n, 1);
    if (node_normal_axis(g, n, 0, src->rank, err) || check_indices(g, n, 1, err) ||
        check_rank(g, n, src->rank - 1 + indices->rank, err))
        return -1;
    int axis = (int)node_int(n, ATTR_axis, 0);
    struct tensor t = {.type = src->type};
    add_dims(&t, src, 0, axis);
    add_dims(&t, indices, 0, indices->rank);
    add_dims(&t, src, axis + 1, src->rank);
    return node_set_dst(g, n, 0, &t, err);
}

// Whether source k has at most the extents of source 0 in all dimensions but `axis`.
static bool is_inside(const struct graph *g, const struct node *n, int k, int64_t axis)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *t = node_src_tensor(g, n, k);
    bool fits = t->rank == src->rank;
    for (int i = 0; fits && i < src->rank; i++)
        fits = i == axis || t->dims[i] <= src->dims[i];
    return fits;
}

int infer_gather_elements(struct graph *g, struct node *n, struct error *err)
{
    if (node_normal_axis(g, n, 0, node_src_tensor(g, n, 0)->rank, err) ||
        check_indices(g, n, 1, err))
        return -1;
    if (!is_inside(g, n, 1, node_int(n, ATTR_axis, 0)))
        return does_not_fit(g, n, 1, err);
    struct tensor t = *node_src_tensor(g, n, 1);
    t.type = node_src_tensor(g, n, 0)->type;
    return node_set_dst(g, n, 0, &t, err);
}

static int check_updates_type(const struct graph *g, const struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *updates = node_src_tensor(g, n, 2);
    if (src->type != updates->type)
        return node_fail(g, n, err, "'%s' is %s, '%s' is %s", value_name(g, n->src[0]).s,
                         type_name(src->type), value_name(g, n->src[2]).s,
                         type_name(updates->type));
    return 0;
}

int infer_scatter_elements(struct graph *g, struct node *n, struct error *err)
{
    if (node_normal_axis(g, n, 0, node_src_tensor(g, n, 0)->rank, err) ||
        check_indices(g, n, 1, err) || check_updates_type(g, n, err))
        return -1;
    if (!is_inside(g, n, 1, node_int(n, ATTR_axis, 0)))
        return does_not_fit(g, n, 1, err);
    if (!tensor_same_shape(node_src_tensor(g, n, 1), node_src_tensor(g, n, 2)))
        return does_not_fit(g, n, 2, err);
    node_set_int(g, n, ATTR_reduction, node_int(n, ATTR_reduction, WORD_reduction_none));
    return infer_same(g, n, err);
}

// The last dimension of the indices holds a place in the source's dimensions from `batch` on: how
// many of them, or -1 if they do not fit.
static int place_size(const struct graph *g, const struct node *n, int batch)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *indices = node_src_tensor(g, n, 1);
    if (src->rank < 1 || indices->rank < 1 || batch < 0 || batch >= indices->rank)
        return -1;
    int64_t size = indices->dims[indices->rank - 1];
    for (int i = 0; i < batch; i++)
        if (i >= src->rank || src->dims[i] != indices->dims[i])
            return -1;
    return size >= 1 && size <= src->rank - batch ? (int)size : -1;
}

int infer_gather_nd(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *indices = node_src_tensor(g, n, 1);
    int64_t batch = node_int(n, ATTR_batch_dims, 0);
    if (check_indices(g, n, 1, err))
        return -1;
    int size = batch < 0 || batch >= MAX_RANK ? -1 : place_size(g, n, (int)batch);
    if (size < 0)
        return does_not_fit(g, n, 1, err);
    int first = (int)batch + size;
    if (check_rank(g, n, indices->rank - 1 + src->rank - first, err))
        return -1;
    struct tensor t = {.type = src->type};
    add_dims(&t, indices, 0, indices->rank - 1);
    add_dims(&t, src, first, src->rank);
    node_set_int(g, n, ATTR_batch_dims, batch);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_scatter_nd(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *indices = node_src_tensor(g, n, 1);
    if (check_indices(g, n, 1, err) || check_updates_type(g, n, err))
        return -1;
    int size = place_size(g, n, 0);
    if (size < 0 || check_rank(g, n, indices->rank - 1 + src->rank - size, err))
        return size < 0 ? does_not_fit(g, n, 1, err) : -1;
    struct tensor updates = {.type = src->type};
    add_dims(&updates, indices, 0, indices->rank - 1);
    add_dims(&updates, src, size, src->rank);
    if (!tensor_same_shape(&updates, node_src_tensor(g, n, 2)))
        return does_not_fit(g, n, 2, err);
    node_set_int(g, n, ATTR_reduction, node_int(n, ATTR_reduction, WORD_reduction_none));
    return infer_same(g, n, err);
}

// The depth shows in dst.
int infer_onehot(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *indices = node_src_tensor(g, n, 0), *values = node_src_tensor(g, n, 2);
    float depth[1];
    int count;
    if (check_rank(g, n, indices->rank + 1, err) ||
        node_normal_axis(g, n, -1, indices->rank + 1, err) ||
        node_src_floats(g, n, 1, "depth", 1, depth, &count, err))
        return -1;
    if (count != 1 || !(depth[0] >= 1 && depth[0] <= 1 << 24))
        return node_fail(g, n, err, "its depth is not supported");
    if (!values || values->rank != 1 || values->dims[0] != 2)
        return node_fail(g, n, err, "its values are not two numbers");
    int axis = (int)node_int(n, ATTR_axis, 0);
    struct tensor t = {.type = values->type};
    add_dims(&t, indices, 0, axis);
    t.dims[t.rank++] = (int64_t)depth[0];
    add_dims(&t, indices, axis, indices->rank);
    node_omit_src(n, 1);
    return node_set_dst(g, n, 0, &t, err);
}

// ---- made of numbers ------------------------------------------------------------------------

static long double ceiling(long double x)
{
    long double whole = (long double)(int64_t)x;
    return whole < x ? whole + 1 : whole;
}

int infer_range(struct graph *g, struct node *n, struct error *err)
{
    enum type type = node_src_tensor(g, n, 0)->type;
    long double number[3]; // start, limit, delta
    for (int k = 0; k < 3; k++) {
        const struct tensor *t = node_src_tensor(g, n, k);
        const void *data = value_data(g, n->src[k]);
        if (!data)
            return node_unsupported(g, n, err,
                                    "its input '%s' is known only at run time, which is not "
                                    "supported",
                                    value_name(g, n->src[k]).s);
        if (t->type != type || !number_type(type) || tensor_elements(t) != 1)
            return node_fail(g, n, err, "its input '%s' of %s is no scalar of type %s",
                             value_name(g, n->src[k]).s, dims_text(t).s, type_name(type));
        number[k] = number_read(type, data, 0);
    }
    long double count = number[2] == 0 ? -1 : (number[1] - number[0]) / number[2];
    if (number[2] == 0 || !(count < 0x1p40L))
        return node_fail(g, n, err, "it has no end");
    struct tensor t = {.type = type, .rank = 1, .dims = {count > 0 ? (int64_t)ceiling(count) : 0}};
    return node_set_dst(g, n, 0, &t, err);
}

static int set_type(const struct graph *g, const struct node *n, enum attr_key key,
                    struct tensor *t, struct error *err)
{
    if (!node_has(n, key))
        return 0;
    t->type = type_from_onnx(node_int(n, key, 0));
    if (t->type == TYPE_none)
        return node_unsupported(g, n, err, "element type %lld is not supported",
                                (long long)node_int(n, key, 0));
    return 0;
}

int infer_eye_like(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    if (t.rank != 2)
        return node_fail(g, n, err, "'%s' of %s is no matrix", value_name(g, n->src[0]).s,
                         dims_text(&t).s);
    if (set_type(g, n, ATTR_dtype, &t, err))
        return -1;
    node_drop(n, ATTR_dtype);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_random(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = {.type = TYPE_f32};
    const int64_t *shape = node_ints(n, ATTR_random_shape, &t.rank);
    if (check_rank(g, n, t.rank, err) || set_type(g, n, ATTR_dtype, &t, err))
        return -1;
    for (int i = 0; i < t.rank; i++) {
        t.dims[i] = shape[i];
        if (shape[i] < 0)
            return node_fail(g, n, err, "dimension %d of its shape is %lld", i,
                             (long long)shape[i]);
    }
    node_drop(n, ATTR_dtype);
    node_drop(n, ATTR_random_shape);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_random_like(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    if (set_type(g, n, ATTR_dtype, &t, err))
        return -1;
    node_drop(n, ATTR_dtype);
    return node_set_dst(g, n, 0, &t, err);
}

int infer_trilu(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    int64_t k = 0;
    if (src->rank < 2)
        return node_fail(g, n, err, "'%s' of %s is no matrix", value_name(g, n->src[0]).s,
                         dims_text(src).s);
    if (node_src(n, 1) != NONE && node_src_int(g, n, 1, "k", &k, err))
        return -1;
    node_set_int(g, n, ATTR_k, k);
    node_set_int(g, n, ATTR_upper, node_int(n, ATTR_upper, 1) != 0);
    n->n_src = 1;
    return infer_same(g, n, err);
}

// ---- unknown before the model runs ----------------------------------------------------------

// Coordinates of what is not 0; older exporters ask for those of a constant.
int infer_nonzero(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0);
    const void *data = value_data(g, n->src[0]);
    struct tensor t = {.type = TYPE_s64, .rank = 2, .dims = {src->rank}};
    if (!data)
        return infer_data_shape(g, n, err);
    for (int64_t i = 0; i < tensor_elements(src); i++)
        t.dims[1] += number_read(src->type, data, i) != 0;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_data_shape(struct graph *g, struct node *n, struct error *err)
{
    return node_unsupported(g, n, err, "the shape of its result depends on data");
}
