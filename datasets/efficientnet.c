// Tan and Le, "EfficientNet: Rethinking model scaling for convolutional neural networks", arXiv
// 1905.11946, table 1 and its scaling in tenths: widths and depths of B1 to B7, each for a
// resolution of its own.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

struct efficientnet {
    int width, depth; // times those of B0, in tenths
    int size;
};

static const struct row {
    int expansion, kernel, stride, channels, repeated;
} table1[] = {
    {1, 3, 1, 16, 1},  {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2},  {6, 3, 2, 80, 3},
    {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1},
};

static int64_t scaled(const struct efficientnet *e, int channels)
{
    return divisible(channels * e->width / 10.0, 8);
}

static struct maps block(struct maps x, const struct row *r, int64_t channels, int stride)
{
    return mbconv(x, (struct mbconv){.kernel = r->kernel,
                                     .stride = stride,
                                     .hidden = x.channels * r->expansion,
                                     .channels = channels,
                                     .squeezed = x.channels / 4,
                                     .act = ACT_silu,
                                     .se_inner = ACT_silu,
                                     .se_gate = ACT_sigmoid});
}

static void build(struct graph *g, const void *arguments)
{
    const struct efficientnet *e = arguments;
    struct maps x = conv_bn_act(image(g, e->size), "stem", scaled(e, 32), same(3, 2), ACT_silu);
    for (size_t s = 0; s < sizeof table1 / sizeof *table1; s++) {
        const struct row *r = &table1[s];
        int repeated = (r->repeated * e->depth + 9) / 10; // rounded up
        for (int i = 0; i < repeated; i++)
            x = block(scope(x, "features.%zu.%d", s + 1, i), r, scaled(e, r->channels),
                      i ? 1 : r->stride);
    }
    x = conv_bn_act(scope(x, "last"), "conv", 4 * x.channels, w1x1, ACT_silu);
    classifier(x, "classifier.1", 1000);
}

#define EFFICIENTNET                                                                               \
    LIST_modern, "classification", 2019, "Tan, Le, arXiv 1905.11946, table 1",                     \
        .figures = TORCHVISION
#define ARGUMENTS .arguments = &(const struct efficientnet)

static const struct zoo_entry rows[] = {
    {"efficientnet_b0", EFFICIENTNET, .parameters = 5288548, .gmacs = 0.386,
     ARGUMENTS{10, 10, 224}},
    {"efficientnet_b1", EFFICIENTNET, .parameters = 7794184, .gmacs = 0.687,
     ARGUMENTS{10, 11, 240}},
    {"efficientnet_b2", EFFICIENTNET, .parameters = 9109994, .gmacs = 1.088,
     ARGUMENTS{11, 12, 288}},
    {"efficientnet_b3", EFFICIENTNET, .parameters = 12233232, .gmacs = 1.827,
     ARGUMENTS{12, 14, 300}},
    {"efficientnet_b4", EFFICIENTNET, .parameters = 19341616, .gmacs = 4.394,
     ARGUMENTS{14, 18, 380}},
    {"efficientnet_b5", EFFICIENTNET, .parameters = 30389784, .gmacs = 10.266,
     ARGUMENTS{16, 22, 456}},
};

const struct zoo_family family_efficientnet = {"efficientnet", build, ZOO_ROWS(rows)};
