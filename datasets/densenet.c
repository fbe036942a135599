// Huang et al., "Densely connected convolutional networks", arXiv 1608.06993, table 1
// (DenseNet-BC). Each layer's maps are put behind all earlier ones, one concatenation after the
// other.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { STAGES = 4 };

struct densenet {
    int layers[STAGES];
    int growth; // k: maps that each layer adds
    int first;  // maps of the first convolution
};

static struct maps dense_layer(struct maps x, int growth)
{
    struct maps both[2] = {x};
    both[1] = bn_relu_conv(x, "conv1", 4 * growth, w1x1);
    both[1] = bn_relu_conv(both[1], "conv2", growth, same(3, 1));
    return concat(2, both, "concat");
}

static struct maps transition(struct maps x)
{
    x = bn_relu_conv(x, "conv", x.channels / 2, w1x1);
    return average_pool(x, "pool", (struct window){.kernel = 2, .stride = 2});
}

static void build(struct graph *g, const void *arguments)
{
    const struct densenet *d = arguments;
    struct maps x = conv_bn_relu(image(g, 224), "conv0", d->first, same(7, 2));
    x = max_pool(x, "pool0", same(3, 2));
    for (int s = 0; s < STAGES; s++) {
        for (int i = 0; i < d->layers[s]; i++)
            x = dense_layer(scope(x, "denseblock%d.denselayer%d", s + 1, i + 1), d->growth);
        if (s < STAGES - 1)
            x = transition(scope(x, "transition%d", s + 1));
    }
    x = relu(batch_norm(scope(x, "final"), "norm5"), "relu5");
    classifier(x, "classifier", 1000);
}

#define DENSENET                                                                                   \
    LIST_modern, "classification", 2016, "Huang et al., arXiv 1608.06993, table 1",                \
        .figures = TORCHVISION
#define ARGUMENTS .arguments = &(const struct densenet)

static const struct zoo_entry rows[] = {
    {"densenet121", DENSENET, .parameters = 7978856, .gmacs = 2.834,
     ARGUMENTS{{6, 12, 24, 16}, 32, 64}},
    {"densenet161", DENSENET, .parameters = 28681000, .gmacs = 7.728,
     ARGUMENTS{{6, 12, 36, 24}, 48, 96}},
    {"densenet169", DENSENET, .parameters = 14149480, .gmacs = 3.360,
     ARGUMENTS{{6, 12, 32, 32}, 32, 64}},
    {"densenet201", DENSENET, .parameters = 20013928, .gmacs = 4.291,
     ARGUMENTS{{6, 12, 48, 32}, 32, 64}},
};

const struct zoo_family family_densenet = {"densenet", build, ZOO_ROWS(rows)};
