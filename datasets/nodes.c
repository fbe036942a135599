#include "datasets/nodes.h"

#include <string.h>

enum { MAX_PARTS = 32, MAX_GROUPS = 512 };

// Value v in the scope of x.
static struct maps moved(struct maps x, int v, int64_t channels)
{
    x.value = v;
    x.channels = channels;
    return x;
}

struct maps parameter(struct maps x, const char *name, const char *what, int rank,
                      const int64_t *dims)
{
    return moved(x, weight(x, name, what, rank, dims), dims[rank - 1]);
}

struct maps constant(struct maps x, const char *name, enum type type, int rank, const int64_t *dims,
                     const void *contents)
{
    struct tensor t = {.type = type, .rank = rank};
    if (rank > 0)
        memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    const char *full = x.scope ? layer_name(x, "%s.%s", x.scope, name) : name;
    int v = graph_add_value(x.g, VALUE_weight, full, &t);
    x.g->values[v].data = arena_copy(&x.g->arena, contents, tensor_bytes(&t));
    return moved(x, v, rank ? dims[rank - 1] : 1);
}

struct maps indices(struct maps x, const char *name, int n, const int64_t *contents)
{
    return constant(x, name, TYPE_s64, 1, (const int64_t[]){n}, contents);
}

struct maps unary(struct maps x, const char *name, enum op op)
{
    layer(&x, op, name, 1, (int[]){x.value});
    return x;
}

struct maps binary(struct maps a, const char *name, enum op op, struct maps b)
{
    layer(&a, op, name, 2, (int[]){a.value, b.value});
    if (b.channels > a.channels)
        a.channels = b.channels;
    return a;
}

struct maps with_number(struct maps x, const char *name, enum op op, float number)
{
    layer(&x, op, name, 2, (int[]){x.value, scalar(x, name, "number", number)});
    return x;
}

struct maps number_with(float number, const char *name, enum op op, struct maps x)
{
    layer(&x, op, name, 2, (int[]){scalar(x, name, "number", number), x.value});
    return x;
}

struct maps where(struct maps condition, const char *name, struct maps a, struct maps b)
{
    layer(&a, OP_Where, name, 3, (int[]){condition.value, a.value, b.value});
    return a;
}

struct maps matmul(struct maps a, const char *name, struct maps b)
{
    layer(&a, OP_MatMul, name, 2, (int[]){a.value, b.value});
    a.channels = b.channels;
    return a;
}

struct maps cast(struct maps x, const char *name, enum type type)
{
    struct node *n = layer(&x, OP_Cast, name, 1, (int[]){x.value});
    node_set_int(x.g, n, ATTR_to, type_onnx(type));
    return x;
}

struct maps reduce_mean(struct maps x, const char *name, int64_t axis, bool keep)
{
    struct node *n = layer(&x, OP_ReduceMean, name, 1, (int[]){x.value});
    node_set_ints(x.g, n, ATTR_axes, 1, &axis);
    node_set_int(x.g, n, ATTR_keepdims, keep);
    return x;
}

static struct maps with_axes(struct maps x, const char *name, enum op op, int n,
                             const int64_t *axes)
{
    layer(&x, op, name, 2, (int[]){x.value, constant_ints(x, name, "axes", n, axes)});
    return x;
}

struct maps unsqueeze(struct maps x, const char *name, int n, const int64_t *axes)
{
    return with_axes(x, name, OP_Unsqueeze, n, axes);
}

struct maps squeeze(struct maps x, const char *name, int n, const int64_t *axes)
{
    return with_axes(x, name, OP_Squeeze, n, axes);
}

static struct maps sliced(struct maps x, const char *name, int64_t axis, int64_t from, int64_t to,
                          int64_t step)
{
    int src[5] = {x.value};
    src[1] = constant_ints(x, name, "starts", 1, &from);
    src[2] = constant_ints(x, name, "ends", 1, &to);
    src[3] = constant_ints(x, name, "axes", 1, &axis);
    if (step != 1)
        src[4] = constant_ints(x, name, "steps", 1, &step);
    layer(&x, OP_Slice, name, step == 1 ? 4 : 5, src);
    return x;
}

struct maps slice(struct maps x, const char *name, int64_t axis, int64_t from, int64_t to)
{
    int64_t channels = axis == -1 ? (to == INT64_MAX ? x.channels : to) - from : x.channels;
    x = sliced(x, name, axis, from, to, 1);
    x.channels = channels;
    return x;
}

struct maps every_second(struct maps x, const char *name, int64_t axis, int64_t first)
{
    return sliced(x, name, axis, first, INT64_MAX, 2);
}

void split_into(struct maps x, const char *name, int64_t axis, int n, const int64_t *sizes,
                struct maps *parts)
{
    int src[] = {x.value, constant_ints(x, name, "sizes", n, sizes)}, dst[MAX_PARTS];
    if (n > MAX_PARTS)
        BUG("%s: %d parts", name, n);
    struct node *node = layer(&x, OP_Split, name, 2, src);
    node_set_int(x.g, node, ATTR_axis, axis);
    for (int k = 0; k < n; k++) {
        const char *part = layer_name(x, "%s.%d", x.g->values[x.value].name, k);
        dst[k] = k == 0 ? x.value : graph_add_value(x.g, VALUE_node, part, NULL);
        parts[k] = moved(x, dst[k], axis == -1 ? sizes[k] : x.channels);
    }
    node->n_dst = n;
    node->dst = arena_copy(&x.g->arena, dst, (size_t)n * sizeof *dst);
}

struct maps join(const char *name, int64_t axis, int n, const struct maps *parts)
{
    int src[MAX_PARTS];
    struct maps x = parts[0];
    if (n > MAX_PARTS)
        BUG("%s: %d parts", name, n);
    for (int k = 0; k < n; k++) {
        src[k] = parts[k].value;
        x.channels += k && axis == -1 ? parts[k].channels : 0;
    }
    struct node *node = layer(&x, OP_Concat, name, n, src);
    node_set_int(x.g, node, ATTR_axis, axis);
    return x;
}

struct maps gather(struct maps table, const char *name, int64_t axis, struct maps places)
{
    struct maps x = moved(places, NONE, table.channels);
    struct node *n = layer(&x, OP_Gather, name, 2, (int[]){table.value, places.value});
    node_set_int(x.g, n, ATTR_axis, axis);
    return x;
}

// As exporters write it: the batch is read from the shape of what has one.
struct maps repeat_for(struct maps x, const char *name, struct maps like, int n,
                       const int64_t *others)
{
    struct maps dims[2], at = within(moved(like, like.value, x.channels), "%s", name);
    dims[0] = slice(unary(at, "shape", OP_Shape), "batch", 0, 0, 1);
    dims[1] = indices(at, "others", n, others);
    struct maps shape = join("dims", 0, 2, dims);
    x = rescope(x, like);
    layer(&x, OP_Expand, name, 2, (int[]){x.value, shape.value});
    return x;
}

struct maps conv1d(struct maps x, const char *name, int64_t channels, struct window w)
{
    int64_t groups = w.groups ? w.groups : 1, stride = w.stride ? w.stride : 1;
    int src[3] = {x.value};
    src[1] = weight(x, name, "weight", INTS(channels, x.channels / groups, w.kernel));
    if (!w.no_bias)
        src[2] = weight(x, name, "bias", INTS(channels));
    struct node *n = layer(&x, OP_Conv, name, w.no_bias ? 2 : 3, src);
    node_set_ints(x.g, n, ATTR_kernel_shape, INTS(w.kernel));
    node_set_ints(x.g, n, ATTR_strides, INTS(stride));
    node_set_ints(x.g, n, ATTR_pads, INTS(w.pad, w.pad));
    node_set_int(x.g, n, ATTR_group, groups);
    x.channels = channels;
    return x;
}

// n times the same number.
static int filled(struct maps x, const char *name, int n, float number)
{
    float contents[MAX_GROUPS];
    if (n > MAX_GROUPS)
        BUG("%s: %d groups", name, n);
    for (int i = 0; i < n; i++)
        contents[i] = number;
    return constant(x, name, TYPE_f32, INTS(n), contents).value;
}

struct maps group_norm(struct maps x, const char *name, int groups, int spatial, float epsilon)
{
    const int64_t channels[] = {x.channels, 1, 1};
    struct maps gamma = parameter(x, name, "weight", spatial + 1, channels);
    struct maps beta = parameter(x, name, "bias", spatial + 1, channels);
    struct maps at = within(x, "%s", name), shape = unary(at, "shape", OP_Shape);
    at = reshape(at, "split", INTS(0, groups, -1));
    int src[] = {at.value, filled(at, "ones", groups, 1), filled(at, "zeros", groups, 0)};
    struct node *n = layer(&at, OP_InstanceNormalization, "norm", 3, src);
    node_set_float(x.g, n, ATTR_epsilon, epsilon);
    at = mul(binary(at, "join", OP_Reshape, shape), gamma, "scale");
    at.channels = x.channels;
    return add(rescope(at, x), beta, name);
}

struct maps embedding(struct maps ids, const char *name, int64_t rows, int64_t channels)
{
    return gather(parameter(ids, name, "weight", INTS(rows, channels)), name, 0, ids);
}

struct maps perceptron(struct maps x, const char *name, int n, const int64_t *features,
                       enum activation last)
{
    for (int i = 0; i < n; i++) {
        x = fc(x, layer_name(x, "%s.%d", name, i), features[i]);
        x = act(x, layer_name(x, "%s.%d.act", name, i), i < n - 1 ? ACT_relu : last);
    }
    return x;
}

struct maps recurrent(struct maps x, const char *name, enum op op, int64_t hidden, bool only_last)
{
    int64_t rows = (op == OP_LSTM ? 4 : 3) * hidden; // of all gates
    int src[4] = {x.value};
    src[1] = weight(x, name, "weight_ih", INTS(1, rows, x.channels));
    src[2] = weight(x, name, "weight_hh", INTS(1, rows, hidden));
    src[3] = weight(x, name, "bias", INTS(1, 2 * rows));
    struct node *n = layer(&x, op, name, 4, src);
    node_set_int(x.g, n, ATTR_hidden_size, hidden);
    if (op == OP_GRU)
        node_set_int(x.g, n, ATTR_linear_before_reset, 1);
    if (only_last) {
        n->n_dst = 2;
        n->dst = arena_copy(&x.g->arena, (int[]){NONE, x.value}, 2 * sizeof *n->dst);
    }
    x.channels = hidden;
    return squeeze(x, layer_name(x, "%s.squeeze", name), INTS(only_last ? 0 : 1));
}
