// Howard et al., "Searching for MobileNetV3", arXiv 1905.02244, tables 1 (large) and 2 (small).
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { MAX_BLOCKS = 15 };

struct mobilenet_v3 {
    int last; // maps of the last convolution
    int features;
    int n_blocks;
    struct row {
        int kernel, hidden, channels;
        bool squeezes;
        enum activation act;
        int stride;
    } blocks[MAX_BLOCKS];
};

static struct maps block(struct maps x, const struct row *r)
{
    return mbconv(x, (struct mbconv){.kernel = r->kernel,
                                     .stride = r->stride,
                                     .hidden = r->hidden,
                                     .channels = r->channels,
                                     .squeezed = r->squeezes ? divisible(r->hidden / 4, 8) : 0,
                                     .act = r->act,
                                     .se_inner = ACT_relu,
                                     .se_gate = ACT_hardsigmoid});
}

static void build(struct graph *g, const void *arguments)
{
    const struct mobilenet_v3 *m = arguments;
    struct maps x = conv_bn_act(image(g, 224), "features.0", 16, same(3, 2), ACT_hardswish);
    for (int i = 0; i < m->n_blocks; i++)
        x = block(scope(x, "features.%d", i + 1), &m->blocks[i]);
    x = conv_bn_act(scope(x, "last"), "conv", m->last, w1x1, ACT_hardswish);
    x = flatten(global_average_pool(scope(x, "classifier"), "avgpool"), "flatten", 1);
    x = act(fc(x, "0", m->features), "1", ACT_hardswish);
    output(fc(x, "3", 1000));
}

#define RE ACT_relu
#define HS ACT_hardswish
static const struct mobilenet_v3 large = {
    960,
    1280,
    15,
    {{3, 16, 16, false, RE, 1},
     {3, 64, 24, false, RE, 2},
     {3, 72, 24, false, RE, 1},
     {5, 72, 40, true, RE, 2},
     {5, 120, 40, true, RE, 1},
     {5, 120, 40, true, RE, 1},
     {3, 240, 80, false, HS, 2},
     {3, 200, 80, false, HS, 1},
     {3, 184, 80, false, HS, 1},
     {3, 184, 80, false, HS, 1},
     {3, 480, 112, true, HS, 1},
     {3, 672, 112, true, HS, 1},
     {5, 672, 160, true, HS, 2},
     {5, 960, 160, true, HS, 1},
     {5, 960, 160, true, HS, 1}},
};
static const struct mobilenet_v3 small = {
    576,
    1024,
    11,
    {{3, 16, 16, true, RE, 2},
     {3, 72, 24, false, RE, 2},
     {3, 88, 24, false, RE, 1},
     {5, 96, 40, true, HS, 2},
     {5, 240, 40, true, HS, 1},
     {5, 240, 40, true, HS, 1},
     {5, 120, 48, true, HS, 1},
     {5, 144, 48, true, HS, 1},
     {5, 288, 96, true, HS, 2},
     {5, 576, 96, true, HS, 1},
     {5, 576, 96, true, HS, 1}},
};

#define MOBILENET_V3(table)                                                                        \
    LIST_modern, "classification", 2019, "Howard et al., arXiv 1905.02244, " table,                \
        .figures = TORCHVISION

static const struct zoo_entry rows[] = {
    {"mobilenet_v3_large", MOBILENET_V3("table 1"), .parameters = 5483032, .gmacs = 0.217,
     .arguments = &large},
    {"mobilenet_v3_small", MOBILENET_V3("table 2"), .parameters = 2542856, .gmacs = 0.057,
     .arguments = &small},
};

const struct zoo_family family_mobilenet_v3 = {"mobilenet_v3", build, ZOO_ROWS(rows)};
