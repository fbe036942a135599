// Lin et al., "Focal loss for dense object detection", arXiv 1708.02002, section 4: RetinaNet with
// ResNet-50 and a feature pyramid (Lin et al., arXiv 1612.03144), up to the scores and boxes of all
// anchors; as in torchvision, for the 91 classes of COCO.
#include "datasets/nodes.h"
#include "datasets/resnet.h"
#include "datasets/zoo.h"

enum { SIZE = 800, LEVELS = 5, CHANNELS = 256, ANCHORS = 9, CLASSES = 91 };

static struct maps lateral(struct maps stage, int level)
{
    return conv(scope(stage, "fpn.%d", level), "inner", CHANNELS, w1x1);
}

// Levels 3 to 7: the last three stages, each with what is above it, and two more.
static void pyramid(const struct maps *stages, struct maps levels[LEVELS])
{
    struct maps sums[3];
    sums[2] = lateral(stages[3], 2);
    for (int i = 1; i >= 0; i--) {
        struct maps here = lateral(stages[i + 1], i);
        sums[i] = add(here, resize_nearest(rescope(sums[i + 1], here), "upsample", 2), "sum");
    }
    for (int i = 0; i < 3; i++)
        levels[i] = conv(sums[i], "layer", CHANNELS, same(3, 1));
    levels[3] = conv(scope(levels[2], "fpn"), "p6", CHANNELS, same(3, 2));
    levels[4] = conv(relu(levels[3], "p6.relu"), "p7", CHANNELS, same(3, 2));
}

// Four convolutions and one to `fields` for every anchor, with the same weights on all levels:
// [batch, anchors of all levels, fields].
static void head(const struct maps *levels, const char *name, int64_t fields)
{
    struct maps all[LEVELS];
    for (int i = 0; i < LEVELS; i++) {
        struct maps x = scope(levels[i], "%s#%d", name, i);
        for (int k = 0; k < 4; k++)
            x = conv_act(x, layer_name(x, "conv%d", k), CHANNELS, same(3, 1), ACT_relu);
        x = conv(x, "predict", ANCHORS * fields, same(3, 1));
        int64_t side = (SIZE + (8 << i) - 1) / (8 << i);
        x = reshape(x, "view", INTS(0, ANCHORS, fields, side, side));
        x = transpose(x, "permute", INTS(0, 3, 4, 1, 2));
        all[i] = reshape(x, "reshape", INTS(0, -1, fields));
        all[i].scope = NULL;
    }
    output(join(name, 1, LEVELS, all));
}

static void build(struct graph *g, const void *arguments)
{
    struct maps stages[RESNET_STAGES], levels[LEVELS];
    resnet_features(image(g, SIZE), arguments, stages);
    pyramid(stages, levels);
    head(levels, "classification", CLASSES);
    head(levels, "regression", 4);
}

static const struct zoo_entry entries[] = {
    {"retinanet_resnet50_fpn", LIST_modern, "detection", 2017,
     "Lin et al., arXiv 1708.02002, section 4", .parameters = 34014999, .gmacs = 151.54,
     .figures = TORCHVISION, .deviation = "boxes are neither decoded nor suppressed",
     .arguments = &resnet50},
};

const struct zoo_family family_retinanet = {"retinanet", build, ZOO_ROWS(entries)};
