// Building blocks of convolutional networks, each once. A block's layers are called after it:
// conv_bn_relu(x, "conv1", ...) adds "conv1", "conv1.bn" and "conv1.relu".
#ifndef DATASETS_BLOCKS_H
#define DATASETS_BLOCKS_H

#include "datasets/layers.h"

// The window that halves (stride 2) or keeps (stride 1) the size of maps; kernel is odd.
struct window same(int kernel, int stride);
// The same with one filter for every map.
struct window depthwise(struct maps x, int kernel, int stride);
// The multiple of `by` next to n, but at least 0.9 n: how mobile networks round.
int64_t divisible(double n, int by);

static const struct window w1x1 = {.kernel = 1};

struct maps conv_act(struct maps x, const char *name, int64_t channels, struct window w,
                     enum activation a);
// Convolution without bias, then batch normalization.
struct maps conv_bn(struct maps x, const char *name, int64_t channels, struct window w);
struct maps conv_bn_act(struct maps x, const char *name, int64_t channels, struct window w,
                        enum activation a);
struct maps conv_bn_relu(struct maps x, const char *name, int64_t channels, struct window w);
// Batch normalization and activation first, as in "identity mappings".
struct maps bn_relu_conv(struct maps x, const char *name, int64_t channels, struct window w);

// Maps weighted by what all of them say: pooled, two 1 x 1 convolutions, multiplied.
struct maps squeeze_excite(struct maps x, const char *name, int64_t squeezed, enum activation inner,
                           enum activation gate);

// Inverted residual: expansion by 1 x 1 (none if `hidden` is x's channels), depthwise,
// squeeze-and-excitation (if `squeezed`), projection by 1 x 1; a residual where the shape stays.
struct mbconv {
    int kernel, stride;
    int64_t hidden, channels;
    int64_t squeezed;
    enum activation act; // behind expansion and depthwise convolution
    enum activation se_inner, se_gate;
};
struct maps mbconv(struct maps x, struct mbconv b);

// Pooled to one pixel, flattened, "fc" to the features; this becomes the output.
void classifier(struct maps x, const char *name, int64_t features);

#endif
