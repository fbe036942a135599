// Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", arXiv 1801.04381,
// table 2.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

// Expansion factor t, output channels c, repetitions n, stride s of the first of them.
static const struct row {
    int t, c, n, s;
} table2[] = {
    {1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2},  {6, 64, 4, 2},
    {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    int block = 1;
    struct maps x = conv_bn_act(image(g, 224), "features.0", 32, same(3, 2), ACT_relu6);
    for (const struct row *r = table2; r < table2 + sizeof table2 / sizeof *table2; r++) {
        for (int i = 0; i < r->n; i++) {
            x = scope(x, "features.%d", block++);
            x = mbconv(x, (struct mbconv){.kernel = 3,
                                          .stride = i == 0 ? r->s : 1,
                                          .hidden = x.channels * r->t,
                                          .channels = r->c,
                                          .act = ACT_relu6});
        }
    }
    x = scope(x, "features.%d", block);
    x = conv_bn_act(x, "conv", 1280, w1x1, ACT_relu6);
    classifier(x, "classifier.1", 1000);
}

static const struct zoo_entry rows[] = {
    {"mobilenet_v2", LIST_dlbricks50 | LIST_modern, "classification", 2018,
     "Sandler et al., arXiv 1801.04381, table 2", 3504872, 0.301, .layers = 153,
     .figures = TORCHVISION},
};

const struct zoo_family family_mobilenet_v2 = {"mobilenet_v2", build, ZOO_ROWS(rows)};
