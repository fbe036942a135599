// Networks on a ResNet that stays at an eighth of the image: Long, Shelhamer, Darrell, "Fully
// convolutional networks for semantic segmentation", arXiv 1411.4038, and Chen et al., "Rethinking
// atrous convolution for semantic image segmentation" (DeepLab v3), arXiv 1706.05587, section 3.3;
// both as in torchvision, with the auxiliary head, which it also runs.
#include "datasets/resnet.h"
#include "datasets/zoo.h"

enum { SIZE = 520, CLASSES = 21, ATROUS = 256 };

struct segmentation {
    struct resnet backbone;
    bool pyramid; // DeepLab's
};

static void scores(struct maps x, const char *name)
{
    x = conv(x, "classes", CLASSES, w1x1);
    output(resize_bilinear(x, name, 8));
}

static void fcn_head(struct maps x, const char *name)
{
    x = conv_bn_relu(scope(x, "%s", name), "conv", x.channels / 4, same(3, 1));
    scores(x, "enlarged");
}

static struct maps pyramid(struct maps x)
{
    struct maps b[5];
    b[0] = conv_bn_relu(x, "plain", ATROUS, w1x1);
    for (int i = 1; i <= 3; i++) {
        const struct window w = {.kernel = 3, .pad = 12 * i, .dilation = 12 * i};
        b[i] = conv_bn_relu(x, layer_name(x, "atrous%d", w.dilation), ATROUS, w);
    }
    b[4] = conv_bn_relu(global_average_pool(x, "pool"), "pooled", ATROUS, w1x1);
    b[4] = resize_bilinear(b[4], "everywhere", SIZE / 8);
    return conv_bn_relu(concat(5, b, "concat"), "project", ATROUS, w1x1);
}

static void build(struct graph *g, const void *arguments)
{
    const struct segmentation *s = arguments;
    struct maps stages[RESNET_STAGES];
    struct maps x = resnet_features(image(g, SIZE), &s->backbone, stages);
    if (s->pyramid) {
        x = conv_bn_relu(pyramid(scope(x, "classifier")), "conv", ATROUS, same(3, 1));
        scores(x, "enlarged");
    } else
        fcn_head(x, "classifier");
    fcn_head(stages[RESNET_STAGES - 2], "aux_classifier");
}

#define RESNET50                                                                                   \
    {                                                                                              \
        .blocks = {3, 4, 6, 3}, .group_width = 64, .undivided = 2                                  \
    }
#define RESNET101                                                                                  \
    {                                                                                              \
        .blocks = {3, 4, 23, 3}, .group_width = 64, .undivided = 2                                 \
    }
#define SEGMENTATION LIST_modern, "segmentation", .figures = TORCHVISION
#define FCN SEGMENTATION, .year = 2014, .source = "Long et al., arXiv 1411.4038"
#define DEEPLAB SEGMENTATION, .year = 2017, .source = "Chen et al., arXiv 1706.05587"
#define ARGUMENTS .arguments = &(const struct segmentation)

static const struct zoo_entry rows[] = {
    {"fcn_resnet50", FCN, .parameters = 35322218, .gmacs = 152.717, ARGUMENTS{RESNET50, false}},
    {"deeplabv3_resnet50", DEEPLAB, .parameters = 42004074, .gmacs = 178.722,
     ARGUMENTS{RESNET50, true}},
    {"deeplabv3_resnet101", DEEPLAB, .parameters = 60996202, .gmacs = 258.743,
     ARGUMENTS{RESNET101, true}},
};

const struct zoo_family family_dilated_resnet = {"dilated_resnet", build, ZOO_ROWS(rows)};
