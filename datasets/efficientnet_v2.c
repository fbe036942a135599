// Tan and Le, "EfficientNetV2: Smaller models and faster training", arXiv 2104.00298, table 4 and
// the authors' code: the first stages expand by the 3 x 3 convolution itself ("fused").
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { MAX_STAGES = 7 };

struct efficientnet_v2 {
    int size, stages;
    struct row {
        bool fused;
        int expansion, stride, channels, repeated;
    } table4[MAX_STAGES];
};

static struct maps fused(struct maps x, int expansion, int64_t channels, int stride)
{
    struct maps in = x;
    x = conv_bn_act(x, "expand", expansion == 1 ? channels : x.channels * expansion,
                    same(3, stride), ACT_silu);
    if (expansion != 1)
        x = conv_bn(x, "project", channels, w1x1);
    return stride == 1 && in.channels == channels ? add(in, x, "add") : x;
}

static struct maps block(struct maps x, const struct row *r, int stride)
{
    if (r->fused)
        return fused(x, r->expansion, r->channels, stride);
    return mbconv(x, (struct mbconv){.kernel = 3,
                                     .stride = stride,
                                     .hidden = x.channels * r->expansion,
                                     .channels = r->channels,
                                     .squeezed = x.channels / 4,
                                     .act = ACT_silu,
                                     .se_inner = ACT_silu,
                                     .se_gate = ACT_sigmoid});
}

static void build(struct graph *g, const void *arguments)
{
    const struct efficientnet_v2 *e = arguments;
    struct maps x =
        conv_bn_act(image(g, e->size), "stem", e->table4[0].channels, same(3, 2), ACT_silu);
    for (int s = 0; s < e->stages; s++)
        for (int i = 0; i < e->table4[s].repeated; i++)
            x = block(scope(x, "features.%d.%d", s + 1, i), &e->table4[s],
                      i ? 1 : e->table4[s].stride);
    x = conv_bn_act(scope(x, "last"), "conv", 1280, w1x1, ACT_silu);
    classifier(x, "classifier.1", 1000);
}

static const struct efficientnet_v2 s = {384,
                                         6,
                                         {{true, 1, 1, 24, 2},
                                          {true, 4, 2, 48, 4},
                                          {true, 4, 2, 64, 4},
                                          {false, 4, 2, 128, 6},
                                          {false, 6, 1, 160, 9},
                                          {false, 6, 2, 256, 15}}};
static const struct efficientnet_v2 m = {480,
                                         7,
                                         {{true, 1, 1, 24, 3},
                                          {true, 4, 2, 48, 5},
                                          {true, 4, 2, 80, 5},
                                          {false, 4, 2, 160, 7},
                                          {false, 6, 1, 176, 14},
                                          {false, 6, 2, 304, 18},
                                          {false, 6, 1, 512, 5}}};

#define EFFICIENTNET                                                                               \
    LIST_modern, "classification", 2021, "Tan, Le, arXiv 2104.00298, table 4",                     \
        .figures = TORCHVISION

static const struct zoo_entry rows[] = {
    {"efficientnet_v2_s", EFFICIENTNET, .parameters = 21458488, .gmacs = 8.366, .arguments = &s},
    {"efficientnet_v2_m", EFFICIENTNET, .parameters = 54139356, .gmacs = 24.582, .arguments = &m},
};

const struct zoo_family family_efficientnet_v2 = {"efficientnet_v2", build, ZOO_ROWS(rows)};
