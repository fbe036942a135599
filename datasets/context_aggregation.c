// Yu and Koltun, "Multi-scale context aggregation by dilated convolutions", arXiv 1511.07122: a
// VGG-16 that dilates instead of pooling the last two times (section 4), and the basic context
// module (table 1).
#include "datasets/vgg.h"
#include "datasets/zoo.h"

enum { CLASSES = 11 };

static struct window dilated(int kernel, int dilation)
{
    return (struct window){.kernel = kernel, .pad = kernel / 2 * dilation, .dilation = dilation};
}

static struct maps front_end(struct maps x)
{
    static const int depth[] = {2, 2, 3, 3};
    for (int s = 0; s < 4; s++) {
        x = vgg_stage(x, s, depth[s]);
        if (s < 3)
            x = max_pool(x, layer_name(x, "pool%d", s + 1),
                         (struct window){.kernel = 2, .stride = 2});
    }
    for (int i = 1; i <= 3; i++)
        x = conv_act(x, layer_name(x, "conv5_%d", i), 512, dilated(3, 2), ACT_relu);
    x = conv_act(x, "fc6", 4096, dilated(7, 4), ACT_relu);
    x = conv_act(x, "fc7", 4096, w1x1, ACT_relu);
    return conv(x, "final", CLASSES, w1x1);
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    static const int dilations[] = {1, 1, 2, 4, 8, 16, 1};
    struct maps x = maps_input(g, "input", TYPE_f32, 4, (int64_t[]){1, 3, 360, 480}, 3);
    x = scope(front_end(x), "context");
    for (int i = 0; i < 7; i++)
        x = conv_act(x, layer_name(x, "conv%d", i + 1), CLASSES, dilated(3, dilations[i]),
                     ACT_relu);
    x = conv(x, "conv8", CLASSES, w1x1);
    output(softmax(x, "softmax", 1));
}

static const struct zoo_entry rows[] = {
    {"context_aggregation_camvid", LIST_dlbricks50, "segmentation", 2015,
     "Yu, Koltun, arXiv 1511.07122, section 4 and table 1", .layers = 53,
     .deviation = "480 x 360 pixels, as CamVid's images are evaluated, with padding in each "
                  "convolution instead of a frame around the image; classes stay at an eighth; "
                  "table 1 counts 3 more layers: as many as the frame, enlarging and cropping"},
};

const struct zoo_family family_context_aggregation = {"context_aggregation", build, ZOO_ROWS(rows)};
