// One ONNX node each (a few where ONNX has no single one): what the blocks of the zoo's
// architectures are made of. Weights have shapes but no contents; what has contents (a bound, a
// shape) is a constant of the architecture and no parameter. Batch normalization and activation
// are nodes of their own, as a framework exports them. Functions are linked with all other folders:
// no name of theirs (nm finds out) may be taken here.
#ifndef DATASETS_LAYERS_H
#define DATASETS_LAYERS_H

#include "bricks/graph.h"

// Feature maps [batch, channels, height, width], or rows of features, `channels` in the last
// dimension. Layers that are added behind it are called "<scope>.<name>".
struct maps {
    struct graph *g;
    int value;
    int64_t channels;
    const char *scope; // NULL: none
};

// Window of a convolution or a pooling.
struct window {
    int kernel;      // height, and width where that is not given
    int width;       // 0: as high
    int stride;      // 0 means 1
    int pad;         // above, below, left and right
    int pad_width;   // left and right where width is given
    int dilation;    // 0 means 1
    int groups;      // 0 means 1; convolutions only
    bool ceil;       // the last, incomplete window counts; pooling only
    bool no_bias;    // convolutions only
    bool count_pads; // padding counts as zeros; average pooling only
};

enum activation {
    ACT_none,
    ACT_relu,
    ACT_relu6,
    ACT_leaky_relu,  // slope 0.1
    ACT_leaky_relu2, // slope 0.2
    ACT_hardswish,
    ACT_hardsigmoid,
    ACT_sigmoid,
    ACT_silu,
    ACT_gelu,
    ACT_tanh,
    N_ACTIVATIONS
};

// The graph's input: one image [1, channels, size, size].
struct maps image(struct graph *g, int64_t size);
struct maps maps_input(struct graph *g, const char *name, enum type type, int rank,
                       const int64_t *dims, int64_t channels);
// Makes x an output of the graph.
void output(struct maps x);

// A text in the graph's arena.
const char *layer_name(struct maps x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// x, whose next layers are called "<text>.<name>"; and "<its scope>.<text>.<name>".
struct maps scope(struct maps x, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct maps within(struct maps x, const char *format, ...) __attribute__((format(printf, 2, 3)));
// x in the scope of another one: how a block leaves the scopes that it opened.
struct maps rescope(struct maps x, struct maps as);

// A parameter of layer `name`, called "<scope>.<name>.<what>". Uses of one layer are told apart by
// "#" and what follows up to the next dot: "head#3.conv" has the weights of "head.conv".
int weight(struct maps x, const char *name, const char *what, int rank, const int64_t *dims);
// Constants of the architecture.
int scalar(struct maps x, const char *name, const char *what, float value);
int constant_ints(struct maps x, const char *name, const char *what, int n, const int64_t *values);
// Adds a node with one result, on which *x moves. Sources are values, NONE for omitted ones.
struct node *layer(struct maps *x, enum op op, const char *name, int n_src, const int *src);

struct maps conv(struct maps x, const char *name, int64_t channels, struct window w);
// Stride times as high and wide where 2 pad = kernel - stride - output_pad.
struct maps conv_transpose(struct maps x, const char *name, int64_t channels, struct window w,
                           int output_pad);
struct maps fc(struct maps x, const char *name, int64_t features);
struct maps batch_norm(struct maps x, const char *name);
struct maps instance_norm(struct maps x, const char *name);
// Over the last dimension.
struct maps layer_norm(struct maps x, const char *name, float epsilon);
// Across neighbouring channels.
struct maps local_response_norm(struct maps x, const char *name, int size);

struct maps act(struct maps x, const char *name, enum activation a);
struct maps relu(struct maps x, const char *name);
struct maps softmax(struct maps x, const char *name, int axis);

struct maps max_pool(struct maps x, const char *name, struct window w);
struct maps average_pool(struct maps x, const char *name, struct window w);
struct maps global_average_pool(struct maps x, const char *name);

struct maps add(struct maps a, struct maps b, const char *name);
struct maps mul(struct maps a, struct maps b, const char *name);
struct maps concat(int n, const struct maps *branches, const char *name); // of channels
// Channels first to first + n.
struct maps channels_of(struct maps x, const char *name, int64_t first, int64_t n);

// Maps of size x size pixels become one row of features per image.
struct maps flatten(struct maps x, const char *name, int64_t size);
// 0: the dimension as it is; -1: what remains.
struct maps reshape(struct maps x, const char *name, int rank, const int64_t *dims);
struct maps transpose(struct maps x, const char *name, int rank, const int64_t *perm);
struct maps resize_bilinear(struct maps x, const char *name, float factor);
struct maps resize_nearest(struct maps x, const char *name, float factor);
// Zeros, or the reflection, around every map.
struct maps pad(struct maps x, const char *name, int top_left, int bottom_right, bool reflect);

#endif
