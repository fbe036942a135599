#include "datasets/blocks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 128, MAX_BRANCHES = 8 };

static struct tensor f32_tensor(int rank, const int64_t *dims)
{
    struct tensor t = {.type = TYPE_f32, .rank = rank};
    if (rank > 0)
        memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    return t;
}

static int weight(struct graph *g, const char *layer, const char *what, int rank,
                  const int64_t *dims)
{
    char name[MAX_NAME];
    snprintf(name, sizeof name, "%s.%s", layer, what);
    struct tensor t = f32_tensor(rank, dims);
    return graph_add_value(g, VALUE_weight, name, &t);
}

static int scalar(struct graph *g, const char *layer, const char *what, float x)
{
    int v = weight(g, layer, what, 0, NULL);
    g->values[v].data = arena_copy(&g->arena, &x, sizeof x);
    return v;
}

// Adds a node whose only result is called as the layer; *x moves on to that result.
static struct node *layer(struct maps *x, enum op op, const char *name, int n_src, const int *src)
{
    int dst = graph_add_value(x->g, VALUE_node, name, NULL);
    x->value = dst;
    return graph_add_node(x->g, op, name, n_src, src, 1, &dst);
}

static int or_one(int given)
{
    return given ? given : 1;
}

static void set_window(struct graph *g, struct node *n, struct window w)
{
    int64_t stride = or_one(w.stride);
    node_set_ints(g, n, ATTR_kernel_shape, 2, (int64_t[]){w.kernel, w.kernel});
    node_set_ints(g, n, ATTR_strides, 2, (int64_t[]){stride, stride});
    node_set_ints(g, n, ATTR_pads, 4, (int64_t[]){w.pad, w.pad, w.pad, w.pad});
}

static struct maps convolution(struct maps x, const char *name, int64_t channels, struct window w,
                               bool bias)
{
    int64_t groups = or_one(w.groups);
    int src[3] = {x.value};
    src[1] = weight(x.g, name, "weight", 4,
                    (int64_t[]){channels, x.channels / groups, w.kernel, w.kernel});
    if (bias)
        src[2] = weight(x.g, name, "bias", 1, &channels);
    struct node *n = layer(&x, OP_Conv, name, bias ? 3 : 2, src);
    set_window(x.g, n, w);
    node_set_ints(x.g, n, ATTR_dilations, 2, (int64_t[]){1, 1});
    node_set_int(x.g, n, ATTR_group, groups);
    x.channels = channels;
    return x;
}

struct maps image(struct graph *g, int64_t size)
{
    struct tensor t = f32_tensor(4, (int64_t[]){1, 3, size, size});
    return (struct maps){g, graph_add_input(g, "input", &t), 3};
}

void classes(struct maps x)
{
    graph_add_output(x.g, x.value);
}

const char *layer_name(struct maps x, const char *format, ...)
{
    char name[MAX_NAME];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    return arena_strdup(&x.g->arena, name);
}

struct maps conv(struct maps x, const char *name, int64_t channels, struct window w)
{
    return convolution(x, name, channels, w, true);
}

struct maps conv_bn(struct maps x, const char *conv_name, const char *bn_name, int64_t channels,
                    struct window w)
{
    x = convolution(x, conv_name, channels, w, false);
    int src[5] = {x.value};
    src[1] = weight(x.g, bn_name, "weight", 1, &channels);
    src[2] = weight(x.g, bn_name, "bias", 1, &channels);
    src[3] = weight(x.g, bn_name, "running_mean", 1, &channels);
    src[4] = weight(x.g, bn_name, "running_var", 1, &channels);
    struct node *n = layer(&x, OP_BatchNormalization, bn_name, 5, src);
    node_set_float(x.g, n, ATTR_epsilon, 1e-5f);
    return x;
}

struct maps relu(struct maps x, const char *name)
{
    layer(&x, OP_Relu, name, 1, (int[]){x.value});
    return x;
}

struct maps relu6(struct maps x, const char *name)
{
    int src[3] = {x.value, scalar(x.g, name, "min", 0), scalar(x.g, name, "max", 6)};
    layer(&x, OP_Clip, name, 3, src);
    return x;
}

struct maps max_pool(struct maps x, const char *name, struct window w)
{
    struct node *n = layer(&x, OP_MaxPool, name, 1, (int[]){x.value});
    set_window(x.g, n, w);
    node_set_int(x.g, n, ATTR_ceil_mode, w.ceil);
    return x;
}

struct maps global_average_pool(struct maps x, const char *name)
{
    layer(&x, OP_GlobalAveragePool, name, 1, (int[]){x.value});
    return x;
}

struct maps add(struct maps a, struct maps b, const char *name)
{
    layer(&a, OP_Add, name, 2, (int[]){a.value, b.value});
    return a;
}

struct maps concat(int n, const struct maps *branches, const char *name)
{
    int src[MAX_BRANCHES];
    struct maps x = {.g = branches[0].g};
    if (n > MAX_BRANCHES)
        BUG("%s: %d branches", name, n);
    for (int i = 0; i < n; i++) {
        src[i] = branches[i].value;
        x.channels += branches[i].channels;
    }
    struct node *node = layer(&x, OP_Concat, name, n, src);
    node_set_int(x.g, node, ATTR_axis, 1);
    return x;
}

struct maps flatten(struct maps x, const char *name, int64_t size)
{
    struct node *n = layer(&x, OP_Flatten, name, 1, (int[]){x.value});
    node_set_int(x.g, n, ATTR_axis, 1);
    x.channels *= size * size;
    return x;
}

struct maps fc(struct maps x, const char *name, int64_t features)
{
    int src[3] = {x.value};
    src[1] = weight(x.g, name, "weight", 2, (int64_t[]){features, x.channels});
    src[2] = weight(x.g, name, "bias", 1, &features);
    struct node *n = layer(&x, OP_Gemm, name, 3, src);
    node_set_int(x.g, n, ATTR_transB, 1);
    x.channels = features;
    return x;
}
