// Howard et al., "MobileNets: Efficient convolutional neural networks for mobile vision
// applications", arXiv 1704.04861, table 1.
#include "datasets/mobilenet_v1.h"

#include "datasets/zoo.h"

static const struct row {
    int channels, stride;
} table1[] = {
    {64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2},  {512, 1},
    {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1},
};

enum { LAST_OF_STRIDE_16 = 10 };

struct maps mobilenet_v1_features(struct maps x, enum activation a, struct maps *stride16)
{
    x = conv_bn_act(x, "conv1", 32, same(3, 2), a);
    for (int i = 0; i < (int)(sizeof table1 / sizeof *table1); i++) {
        x = scope(x, "block%d", i + 1);
        x = conv_bn_act(x, "depthwise", x.channels, depthwise(x, 3, table1[i].stride), a);
        x = conv_bn_act(x, "pointwise", table1[i].channels, w1x1, a);
        if (stride16 && i == LAST_OF_STRIDE_16)
            *stride16 = x;
    }
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    classifier(mobilenet_v1_features(image(g, 224), ACT_relu, NULL), "fc", 1000);
}

static const struct zoo_entry rows[] = {
    {"mobilenet_v1", LIST_modern, "classification", 2017,
     "Howard et al., arXiv 1704.04861, table 1", .parameters = 4253864, .gmacs = 0.569,
     .with_statistics = true,
     .figures = "Keras applications (parameters of MobileNet); the paper, table 4 (multiply-adds)"},
};

const struct zoo_family family_mobilenet_v1 = {"mobilenet_v1", build, ZOO_ROWS(rows)};
