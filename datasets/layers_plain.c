// Layers without parameters: activations, joins, and what moves elements.
#include "datasets/layers.h"

#include <math.h>

enum { MAX_BRANCHES = 8 };

// --- activations ---

static struct maps unary(struct maps x, enum op op, const char *name)
{
    layer(&x, op, name, 1, (int[]){x.value});
    return x;
}

static struct maps binary(struct maps x, enum op op, const char *name, int a, int b)
{
    layer(&x, op, name, 2, (int[]){a, b});
    return x;
}

static struct maps relu6(struct maps x, const char *name)
{
    int src[3] = {x.value, scalar(x, name, "min", 0), scalar(x, name, "max", 6)};
    layer(&x, OP_Clip, name, 3, src);
    return x;
}

static struct maps with_slope(struct maps x, enum op op, const char *name, float alpha)
{
    struct node *n = layer(&x, op, name, 1, (int[]){x.value});
    node_set_float(x.g, n, ATTR_alpha, alpha);
    return x;
}

static struct maps hardsigmoid(struct maps x, const char *name)
{
    struct node *n = layer(&x, OP_HardSigmoid, name, 1, (int[]){x.value});
    node_set_float(x.g, n, ATTR_alpha, 1.0f / 6);
    node_set_float(x.g, n, ATTR_hard_beta, 0.5f);
    return x;
}

static struct maps silu(struct maps x, const char *name)
{
    struct maps gate = unary(x, OP_Sigmoid, layer_name(x, "%s.sigmoid", name));
    return mul(x, gate, name);
}

// x / 2 (1 + erf(x / sqrt 2))
static struct maps gelu(struct maps x, const char *name)
{
    struct maps y = binary(x, OP_Div, layer_name(x, "%s.div", name), x.value,
                           scalar(x, name, "root2", sqrtf(2)));
    y = unary(y, OP_Erf, layer_name(x, "%s.erf", name));
    y = binary(y, OP_Add, layer_name(x, "%s.add", name), y.value, scalar(x, name, "one", 1));
    y = mul(x, y, layer_name(x, "%s.mul", name));
    return binary(y, OP_Mul, name, y.value, scalar(x, name, "half", 0.5f));
}

struct maps act(struct maps x, const char *name, enum activation a)
{
    static const enum op plain[N_ACTIVATIONS] = {
        [ACT_relu] = OP_Relu,
        [ACT_hardswish] = OP_HardSwish,
        [ACT_sigmoid] = OP_Sigmoid,
        [ACT_tanh] = OP_Tanh,
    };
    switch (a) {
    case ACT_none:
        return x;
    case ACT_relu6:
        return relu6(x, name);
    case ACT_leaky_relu:
        return with_slope(x, OP_LeakyRelu, name, 0.1f);
    case ACT_leaky_relu2:
        return with_slope(x, OP_LeakyRelu, name, 0.2f);
    case ACT_hardsigmoid:
        return hardsigmoid(x, name);
    case ACT_silu:
        return silu(x, name);
    case ACT_gelu:
        return gelu(x, name);
    default:
        return unary(x, plain[a], name);
    }
}

struct maps relu(struct maps x, const char *name)
{
    return act(x, name, ACT_relu);
}

struct maps softmax(struct maps x, const char *name, int axis)
{
    struct node *n = layer(&x, OP_Softmax, name, 1, (int[]){x.value});
    node_set_int(x.g, n, ATTR_axis, axis);
    return x;
}

// --- joins ---

struct maps add(struct maps a, struct maps b, const char *name)
{
    return binary(a, OP_Add, name, a.value, b.value);
}

struct maps mul(struct maps a, struct maps b, const char *name)
{
    return binary(a, OP_Mul, name, a.value, b.value);
}

struct maps concat(int n, const struct maps *branches, const char *name)
{
    int src[MAX_BRANCHES];
    struct maps x = branches[0];
    if (n > MAX_BRANCHES)
        BUG("%s: %d branches", name, n);
    x.channels = 0;
    for (int i = 0; i < n; i++) {
        src[i] = branches[i].value;
        x.channels += branches[i].channels;
    }
    struct node *node = layer(&x, OP_Concat, name, n, src);
    node_set_int(x.g, node, ATTR_axis, 1);
    return x;
}

struct maps channels_of(struct maps x, const char *name, int64_t first, int64_t n)
{
    int src[4] = {x.value};
    src[1] = constant_ints(x, name, "starts", 1, &first);
    src[2] = constant_ints(x, name, "ends", 1, (int64_t[]){first + n});
    src[3] = constant_ints(x, name, "axes", 1, (int64_t[]){1});
    layer(&x, OP_Slice, name, 4, src);
    x.channels = n;
    return x;
}

// --- shapes ---

struct maps flatten(struct maps x, const char *name, int64_t size)
{
    struct node *n = layer(&x, OP_Flatten, name, 1, (int[]){x.value});
    node_set_int(x.g, n, ATTR_axis, 1);
    x.channels *= size * size;
    return x;
}

struct maps reshape(struct maps x, const char *name, int rank, const int64_t *dims)
{
    return binary(x, OP_Reshape, name, x.value, constant_ints(x, name, "shape", rank, dims));
}

struct maps transpose(struct maps x, const char *name, int rank, const int64_t *perm)
{
    struct node *n = layer(&x, OP_Transpose, name, 1, (int[]){x.value});
    node_set_ints(x.g, n, ATTR_perm, rank, perm);
    return x;
}

static struct node *resize(struct maps *x, const char *name, float factor)
{
    const float scales[4] = {1, 1, factor, factor};
    int v = weight(*x, name, "scales", 1, (int64_t[]){4});
    x->g->values[v].data = arena_copy(&x->g->arena, scales, sizeof scales);
    return layer(x, OP_Resize, name, 3, (int[]){x->value, NONE, v});
}

struct maps resize_bilinear(struct maps x, const char *name, float factor)
{
    struct node *n = resize(&x, name, factor);
    node_set_int(x.g, n, ATTR_resize_mode, WORD_resize_mode_linear);
    node_set_int(x.g, n, ATTR_coordinates, WORD_coordinates_half_pixel);
    return x;
}

struct maps resize_nearest(struct maps x, const char *name, float factor)
{
    struct node *n = resize(&x, name, factor);
    node_set_int(x.g, n, ATTR_resize_mode, WORD_resize_mode_nearest);
    node_set_int(x.g, n, ATTR_coordinates, WORD_coordinates_asymmetric);
    node_set_int(x.g, n, ATTR_nearest_mode, WORD_nearest_mode_floor);
    return x;
}

struct maps pad(struct maps x, const char *name, int top_left, int bottom_right, bool reflect)
{
    const int64_t pads[8] = {0, 0, top_left, top_left, 0, 0, bottom_right, bottom_right};
    struct maps y = binary(x, OP_Pad, name, x.value, constant_ints(x, name, "pads", 8, pads));
    struct node *n = &y.g->nodes[y.g->n_nodes - 1];
    node_set_int(y.g, n, ATTR_pad_mode, reflect ? WORD_pad_mode_reflect : WORD_pad_mode_constant);
    return y;
}
