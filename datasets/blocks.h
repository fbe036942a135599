// Building blocks of the zoo's architectures: each exists once, adds ONNX nodes (opset 13) to a
// graph, and returns the feature maps that it makes. Weights have shapes but no contents; they are
// called as in the published code ("features.0.weight"), the result of a layer as the layer.
// Batch normalization and activation are nodes of their own, as a framework exports them.
#ifndef DATASETS_BLOCKS_H
#define DATASETS_BLOCKS_H

#include "bricks/graph.h"

// Feature maps [batch, channels, height, width] or, once flattened, features [batch, channels].
struct maps {
    struct graph *g;
    int value;
    int64_t channels;
};

// Square window of a convolution or a pooling.
struct window {
    int kernel;
    int stride; // 0 means 1
    int pad;    // on every side
    int groups; // 0 means 1; convolutions only
    bool ceil;  // the last, incomplete window counts; pooling only
};

// The graph's input "input": one RGB image, [1, 3, size, size].
struct maps image(struct graph *g, int64_t size);
// Makes x the graph's output.
void classes(struct maps x);

// A text in the graph's arena: layer names put together from a block's name.
const char *layer_name(struct maps x, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct maps conv(struct maps x, const char *name, int64_t channels, struct window w);
// Convolution without bias, then batch normalization.
struct maps conv_bn(struct maps x, const char *conv_name, const char *bn_name, int64_t channels,
                    struct window w);
struct maps relu(struct maps x, const char *name);
struct maps relu6(struct maps x, const char *name);
struct maps max_pool(struct maps x, const char *name, struct window w);
struct maps global_average_pool(struct maps x, const char *name);
struct maps add(struct maps a, struct maps b, const char *name);
struct maps concat(int n, const struct maps *branches, const char *name); // along channels
// Maps of size x size pixels become one row of features per image.
struct maps flatten(struct maps x, const char *name, int64_t size);
struct maps fc(struct maps x, const char *name, int64_t features);

#endif
