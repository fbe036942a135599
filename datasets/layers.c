#include "datasets/layers.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MAX_NAME = 128 };

static struct tensor tensor_of(enum type type, int rank, const int64_t *dims)
{
    struct tensor t = {.type = type, .rank = rank};
    if (rank > 0)
        memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    return t;
}

// --- names ---

static const char *named(struct maps x, const char *prefix, const char *format, va_list args)
{
    char name[MAX_NAME];
    vsnprintf(name, sizeof name, format, args);
    return prefix ? arena_printf(&x.g->arena, "%s.%s", prefix, name)
                  : arena_strdup(&x.g->arena, name);
}

const char *layer_name(struct maps x, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *name = named(x, NULL, format, args);
    va_end(args);
    return name;
}

struct maps scope(struct maps x, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    x.scope = named(x, NULL, format, args);
    va_end(args);
    return x;
}

struct maps within(struct maps x, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    x.scope = named(x, x.scope, format, args);
    va_end(args);
    return x;
}

struct maps rescope(struct maps x, struct maps as)
{
    x.scope = as.scope;
    return x;
}

static const char *full_name(struct maps x, const char *name)
{
    return x.scope ? layer_name(x, "%s.%s", x.scope, name) : name;
}

// --- inputs, outputs, constants, nodes ---

struct maps maps_input(struct graph *g, const char *name, enum type type, int rank,
                       const int64_t *dims, int64_t channels)
{
    struct tensor t = tensor_of(type, rank, dims);
    return (struct maps){.g = g, .value = graph_add_input(g, name, &t), .channels = channels};
}

struct maps image(struct graph *g, int64_t size)
{
    return maps_input(g, "input", TYPE_f32, 4, (int64_t[]){1, 3, size, size}, 3);
}

void output(struct maps x)
{
    graph_add_output(x.g, x.value);
}

// Weight `name`, if it is there already, of a layer that is used several times; else NONE.
static int earlier(const struct graph *g, const char *name)
{
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].kind == VALUE_weight && strcmp(g->values[v].name, name) == 0)
            return v;
    return NONE;
}

int weight(struct maps x, const char *name, const char *what, int rank, const int64_t *dims)
{
    struct tensor t = tensor_of(TYPE_f32, rank, dims);
    char *full = arena_printf(&x.g->arena, "%s.%s", full_name(x, name), what);
    char *use = strchr(full, '#');
    if (use) {
        const char *rest = strchr(use, '.');
        memmove(use, rest, strlen(rest) + 1);
    }
    int v = use ? earlier(x.g, full) : NONE;
    return v != NONE ? v : graph_add_value(x.g, VALUE_weight, full, &t);
}

static int known(struct maps x, const char *name, const char *what, struct tensor t,
                 const void *contents)
{
    const char *full = arena_printf(&x.g->arena, "%s.%s", full_name(x, name), what);
    int v = graph_add_value(x.g, VALUE_weight, full, &t);
    x.g->values[v].data = arena_copy(&x.g->arena, contents, tensor_bytes(&t));
    return v;
}

int scalar(struct maps x, const char *name, const char *what, float value)
{
    return known(x, name, what, tensor_of(TYPE_f32, 0, NULL), &value);
}

int constant_ints(struct maps x, const char *name, const char *what, int n, const int64_t *values)
{
    return known(x, name, what, tensor_of(TYPE_s64, 1, (int64_t[]){n}), values);
}

struct node *layer(struct maps *x, enum op op, const char *name, int n_src, const int *src)
{
    const char *full = full_name(*x, name);
    int dst = graph_add_value(x->g, VALUE_node, full, NULL);
    x->value = dst;
    return graph_add_node(x->g, op, full, n_src, src, 1, &dst);
}

// --- convolutions and products ---

static int or_one(int given)
{
    return given ? given : 1;
}

static int width(struct window w)
{
    return w.width ? w.width : w.kernel;
}

static void set_window(struct graph *g, struct node *n, struct window w)
{
    int64_t stride = or_one(w.stride), side = w.width ? w.pad_width : w.pad;
    node_set_ints(g, n, ATTR_kernel_shape, 2, (int64_t[]){w.kernel, width(w)});
    node_set_ints(g, n, ATTR_strides, 2, (int64_t[]){stride, stride});
    node_set_ints(g, n, ATTR_pads, 4, (int64_t[]){w.pad, side, w.pad, side});
}

static struct node *convolution(struct maps *x, enum op op, const char *name, int64_t channels,
                                struct window w, const int64_t dims[4])
{
    int64_t dilation = or_one(w.dilation);
    int src[3] = {x->value, weight(*x, name, "weight", 4, dims)};
    if (!w.no_bias)
        src[2] = weight(*x, name, "bias", 1, &channels);
    struct node *n = layer(x, op, name, w.no_bias ? 2 : 3, src);
    set_window(x->g, n, w);
    node_set_ints(x->g, n, ATTR_dilations, 2, (int64_t[]){dilation, dilation});
    node_set_int(x->g, n, ATTR_group, or_one(w.groups));
    x->channels = channels;
    return n;
}

struct maps conv(struct maps x, const char *name, int64_t channels, struct window w)
{
    int64_t per_group = x.channels / or_one(w.groups);
    convolution(&x, OP_Conv, name, channels, w,
                (int64_t[]){channels, per_group, w.kernel, width(w)});
    return x;
}

struct maps conv_transpose(struct maps x, const char *name, int64_t channels, struct window w,
                           int output_pad)
{
    int64_t per_group = channels / or_one(w.groups);
    struct node *n = convolution(&x, OP_ConvTranspose, name, channels, w,
                                 (int64_t[]){x.channels, per_group, w.kernel, width(w)});
    if (output_pad)
        node_set_ints(x.g, n, ATTR_output_padding, 2, (int64_t[]){output_pad, output_pad});
    return x;
}

struct maps fc(struct maps x, const char *name, int64_t features)
{
    int src[3] = {x.value};
    src[1] = weight(x, name, "weight", 2, (int64_t[]){features, x.channels});
    src[2] = weight(x, name, "bias", 1, &features);
    struct node *n = layer(&x, OP_Gemm, name, 3, src);
    node_set_int(x.g, n, ATTR_transB, 1);
    x.channels = features;
    return x;
}

// --- normalization ---

// A normalization of the channels by the weights called so.
static struct maps norm(struct maps x, enum op op, const char *name, float epsilon, int n,
                        const char *const *weights)
{
    int src[5] = {x.value};
    for (int i = 0; i < n; i++)
        src[i + 1] = weight(x, name, weights[i], 1, &x.channels);
    struct node *node = layer(&x, op, name, n + 1, src);
    node_set_float(x.g, node, ATTR_epsilon, epsilon);
    return x;
}

static const char *const norm_weights[] = {"weight", "bias", "running_mean", "running_var"};

struct maps batch_norm(struct maps x, const char *name)
{
    return norm(x, OP_BatchNormalization, name, 1e-5f, 4, norm_weights);
}

struct maps instance_norm(struct maps x, const char *name)
{
    return norm(x, OP_InstanceNormalization, name, 1e-5f, 2, norm_weights);
}

struct maps layer_norm(struct maps x, const char *name, float epsilon)
{
    return norm(x, OP_LayerNormalization, name, epsilon, 2, norm_weights); // axis -1
}

struct maps local_response_norm(struct maps x, const char *name, int size)
{
    struct node *n = layer(&x, OP_LRN, name, 1, (int[]){x.value});
    node_set_int(x.g, n, ATTR_size, size);
    return x;
}

// --- pooling ---

struct maps max_pool(struct maps x, const char *name, struct window w)
{
    struct node *n = layer(&x, OP_MaxPool, name, 1, (int[]){x.value});
    set_window(x.g, n, w);
    node_set_int(x.g, n, ATTR_ceil_mode, w.ceil);
    return x;
}

struct maps average_pool(struct maps x, const char *name, struct window w)
{
    struct node *n = layer(&x, OP_AveragePool, name, 1, (int[]){x.value});
    set_window(x.g, n, w);
    node_set_int(x.g, n, ATTR_ceil_mode, w.ceil);
    node_set_int(x.g, n, ATTR_count_include_pad, w.count_pads);
    return x;
}

struct maps global_average_pool(struct maps x, const char *name)
{
    layer(&x, OP_GlobalAveragePool, name, 1, (int[]){x.value});
    return x;
}
