// Liu et al., "SSD", arXiv 1512.02325, on the MobileNet of Howard et al., arXiv 1704.04861, table 1
// and section 4.6, up to the scores and boxes of all anchors; layers and anchors as in TensorFlow's
// ssd_mobilenet_v1_coco, for the 91 classes of COCO.
#include "datasets/mobilenet_v1.h"
#include "datasets/nodes.h"
#include "datasets/zoo.h"

enum { SIZE = 300, CLASSES = 91, SCALES = 6, EXTRAS = 4 };

static const struct {
    int inner, channels;
} extras[EXTRAS] = {{256, 512}, {128, 256}, {128, 256}, {64, 128}};

static struct maps conv_relu6(struct maps x, const char *name, int64_t channels, struct window w)
{
    return conv_bn_act(x, name, channels, w, ACT_relu6);
}

static void features(struct maps x, struct maps scales[SCALES])
{
    x = scales[1] = mobilenet_v1_features(x, ACT_relu6, &scales[0]);
    for (int i = 0; i < EXTRAS; i++) {
        x = conv_relu6(scope(x, "extra%d", i), "reduce", extras[i].inner, w1x1);
        x = scales[i + 2] = conv_relu6(x, "conv", extras[i].channels, same(3, 2));
    }
}

// [batch, anchors of all scales, fields]
static void predict(const struct maps *scales, const char *name, int64_t fields)
{
    struct maps all[SCALES];
    for (int i = 0; i < SCALES; i++) {
        struct maps x = scope(scales[i], "%s.%d", name, i);
        x = conv(x, "conv", (i == 0 ? 3 : 6) * fields, w1x1);
        x = transpose(x, "permute", INTS(0, 2, 3, 1));
        all[i] = reshape(x, "reshape", INTS(0, -1, fields));
        all[i].scope = NULL;
    }
    output(join(name, 1, SCALES, all));
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps scales[SCALES];
    features(image(g, SIZE), scales);
    predict(scales, "scores", CLASSES);
    predict(scales, "boxes", 4);
}

static const struct zoo_entry entries[] = {
    {"ssd300_mobilenet_v1", LIST_modern, "detection", 2017,
     "Howard et al., arXiv 1704.04861, section 4.6", .parameters = 6.807e6, .gmacs = 1.247,
     .figures = "OpenVINO's Open Model Zoo, ssd_mobilenet_v1_coco, normalization folded: 2.494 "
                "GFLOPs; arXiv 1704.04861, table 13, has 6.8e6 and 1.2e9",
     .deviation =
         "boxes are neither decoded nor suppressed; layers behind MobileNet as in TensorFlow"},
};

const struct zoo_family family_ssd_mobilenet = {"ssd_mobilenet", build, ZOO_ROWS(entries)};
