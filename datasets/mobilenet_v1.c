// Howard et al., "MobileNets: Efficient convolutional neural networks for mobile vision
// applications", arXiv 1704.04861, table 1.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

static const struct row {
    int channels, stride;
} table1[] = {
    {64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2},  {512, 1},
    {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1},
};

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = conv_bn_relu(image(g, 224), "conv1", 32, same(3, 2));
    for (size_t i = 0; i < sizeof table1 / sizeof *table1; i++) {
        x = scope(x, "block%zu", i + 1);
        x = conv_bn_relu(x, "depthwise", x.channels, depthwise(x, 3, table1[i].stride));
        x = conv_bn_relu(x, "pointwise", table1[i].channels, w1x1);
    }
    classifier(x, "fc", 1000);
}

static const struct zoo_entry rows[] = {
    {"mobilenet_v1", LIST_modern, "classification", 2017,
     "Howard et al., arXiv 1704.04861, table 1", .parameters = 4253864, .gmacs = 0.569,
     .with_statistics = true,
     .figures = "Keras applications (parameters of MobileNet); the paper, table 4 (multiply-adds)"},
};

const struct zoo_family family_mobilenet_v1 = {"mobilenet_v1", build, ZOO_ROWS(rows)};
