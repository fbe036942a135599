// Radosavovic et al., "Designing network design spaces", arXiv 2003.13678, figures 16 (RegNetX) and
// 18 (RegNetY, with squeeze-and-excitation).
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { STAGES = 4 };

struct regnet {
    int depths[STAGES], widths[STAGES];
    int group; // maps per group; fewer where the stage is not as wide
    bool squeezes;
};

static struct maps block(struct maps x, const struct regnet *r, int width, int stride)
{
    struct maps in = x;
    struct window middle = same(3, stride);
    middle.groups = width > r->group ? width / r->group : 1;
    if (stride != 1 || x.channels != width)
        in = conv_bn(x, "proj", width, (struct window){.kernel = 1, .stride = stride});
    int64_t squeezed = (in.value == x.value ? width : x.channels) / 4;
    x = conv_bn_relu(x, "a", width, w1x1);
    x = conv_bn_relu(x, "b", width, middle);
    if (r->squeezes)
        x = squeeze_excite(x, "se", squeezed, ACT_relu, ACT_sigmoid);
    x = conv_bn(x, "c", width, w1x1);
    return relu(add(x, in, "add"), "relu");
}

static void build(struct graph *g, const void *arguments)
{
    const struct regnet *r = arguments;
    struct maps x = conv_bn_relu(image(g, 224), "stem", 32, same(3, 2));
    for (int s = 0; s < STAGES; s++)
        for (int i = 0; i < r->depths[s]; i++)
            x = block(scope(x, "block%d.%d", s + 1, i), r, r->widths[s], i ? 1 : 2);
    classifier(x, "fc", 1000);
}

#define REGNET                                                                                     \
    LIST_modern, "classification", 2020, "Radosavovic et al., arXiv 2003.13678",                   \
        .figures = TORCHVISION
#define ARGUMENTS .arguments = &(const struct regnet)

static const struct zoo_entry rows[] = {
    {"regnet_x_400mf", REGNET, .parameters = 5495976, .gmacs = 0.414,
     ARGUMENTS{{1, 2, 7, 12}, {32, 64, 160, 400}, 16, false}},
    {"regnet_x_3_2gf", REGNET, .parameters = 15296552, .gmacs = 3.177,
     ARGUMENTS{{2, 6, 15, 2}, {96, 192, 432, 1008}, 48, false}},
    {"regnet_y_400mf", REGNET, .parameters = 4344144, .gmacs = 0.402,
     ARGUMENTS{{1, 3, 6, 6}, {48, 104, 208, 440}, 8, true}},
    {"regnet_y_1_6gf", REGNET, .parameters = 11202430, .gmacs = 1.612,
     ARGUMENTS{{2, 6, 17, 2}, {48, 120, 336, 888}, 24, true}},
    {"regnet_y_8gf", REGNET, .parameters = 39381472, .gmacs = 8.473,
     ARGUMENTS{{2, 4, 10, 1}, {224, 448, 896, 2016}, 56, true}},
};

const struct zoo_family family_regnet = {"regnet", build, ZOO_ROWS(rows)};
