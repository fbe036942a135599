// Redmon, Farhadi, "YOLOv3: An incremental improvement", arXiv 1804.02767, table 1 and section 2.3,
// up to the three maps from which boxes are read.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { SIZE = 416, STAGES = 5, CLASSES = 80, PREDICTED = 3 * (CLASSES + 5) };

static struct maps conv_leaky(struct maps x, const char *name, int64_t channels, struct window w)
{
    return conv_bn_act(x, name, channels, w, ACT_leaky_relu);
}

static struct maps residual(struct maps x, const char *name)
{
    int64_t channels = x.channels;
    struct maps y = within(x, "%s", name);
    y = conv_leaky(conv_leaky(y, "conv1", channels / 2, w1x1), "conv2", channels, same(3, 1));
    return rescope(add(x, rescope(y, x), layer_name(x, "%s.add", name)), x);
}

// Darknet-53: the results of all stages, each half as high and wide as the one before.
static void backbone(struct maps x, struct maps stages[STAGES])
{
    static const int residuals[STAGES] = {1, 2, 8, 8, 4};
    x = conv_leaky(scope(x, "backbone"), "conv", 32, same(3, 1));
    for (int s = 0; s < STAGES; s++) {
        x = scope(x, "backbone.%d", s);
        x = conv_leaky(x, "down", 2 * x.channels, same(3, 2));
        for (int i = 0; i < residuals[s]; i++)
            x = residual(x, layer_name(x, "%d", i));
        stages[s] = x;
    }
}

// Five convolutions, then two from whose result boxes are read.
static struct maps detect(struct maps x, int64_t channels)
{
    for (int i = 0; i < 5; i++)
        x = conv_leaky(x, layer_name(x, "conv%d", i), i % 2 ? 2 * channels : channels,
                       i % 2 ? same(3, 1) : w1x1);
    struct maps y = conv_leaky(x, "conv5", 2 * channels, same(3, 1));
    output(conv(y, "predict", PREDICTED, w1x1));
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps stages[STAGES], x;
    backbone(image(g, SIZE), stages);
    x = detect(scope(stages[4], "head.0"), 512);
    for (int i = 1; i <= 2; i++) {
        x = conv_leaky(scope(x, "head.%d", i), "lateral", x.channels / 2, w1x1);
        struct maps both[] = {resize_nearest(x, "upsample", 2), stages[4 - i]};
        x = detect(concat(2, both, "concat"), 512 >> i);
    }
}

static const struct zoo_entry entries[] = {
    {"yolov3", LIST_modern, "detection", 2018, "Redmon, Farhadi, arXiv 1804.02767, table 1",
     .parameters = 61949149, .gmacs = 32.93,
     .figures = "darknet, yolov3.cfg at 416 x 416: 65.86e9 FLOPs; ultralytics/yolov3: parameters",
     .deviation = "boxes are neither decoded nor suppressed"},
};

const struct zoo_family family_yolov3 = {"yolov3", build, ZOO_ROWS(entries)};
