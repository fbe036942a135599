// Tan et al., "MnasNet: Platform-aware neural architecture search for mobile", arXiv 1807.11626,
// figure 7 without squeeze-and-excitation (MnasNet-B1).
#include "datasets/blocks.h"
#include "datasets/zoo.h"

struct mnasnet {
    int first, separable; // maps of the first two layers
    int channels[6];      // of the stages
};

static const struct row {
    int kernel, stride, expansion, repeated;
} figure7[] = {
    {3, 2, 3, 3}, {5, 2, 3, 3}, {5, 2, 6, 3}, {3, 1, 6, 2}, {5, 2, 6, 4}, {3, 1, 6, 1},
};

static void build(struct graph *g, const void *arguments)
{
    const struct mnasnet *m = arguments;
    struct maps x = conv_bn_relu(image(g, 224), "conv", m->first, same(3, 2));
    x = conv_bn_relu(x, "depthwise", x.channels, depthwise(x, 3, 1));
    x = conv_bn(x, "pointwise", m->separable, w1x1);
    for (size_t s = 0; s < sizeof figure7 / sizeof *figure7; s++) {
        const struct row *r = &figure7[s];
        for (int i = 0; i < r->repeated; i++) {
            x = scope(x, "stage%zu.%d", s + 1, i);
            x = mbconv(x, (struct mbconv){.kernel = r->kernel,
                                          .stride = i ? 1 : r->stride,
                                          .hidden = r->expansion * x.channels,
                                          .channels = m->channels[s],
                                          .act = ACT_relu});
        }
    }
    x = conv_bn_relu(scope(x, "last"), "conv", 1280, w1x1);
    classifier(x, "classifier.1", 1000);
}

#define MNASNET                                                                                    \
    LIST_modern, "classification", 2018, "Tan et al., arXiv 1807.11626, figure 7",                 \
        .figures = TORCHVISION,                                                                    \
        .deviation = "MnasNet-B1, as in torchvision: the figure without squeeze-and-excitation"
#define ARGUMENTS .arguments = &(const struct mnasnet)

static const struct zoo_entry rows[] = {
    {"mnasnet0_5", MNASNET, .parameters = 2218512, .gmacs = 0.104,
     ARGUMENTS{16, 8, {16, 24, 40, 48, 96, 160}}},
    {"mnasnet1_0", MNASNET, .parameters = 4383312, .gmacs = 0.314,
     ARGUMENTS{32, 16, {24, 40, 80, 96, 192, 320}}},
    {"mnasnet1_3", MNASNET, .parameters = 6282256, .gmacs = 0.526,
     ARGUMENTS{40, 24, {32, 56, 104, 128, 248, 416}}},
};

const struct zoo_family family_mnasnet = {"mnasnet", build, ZOO_ROWS(rows)};
