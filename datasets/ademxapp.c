// Wu, Shen, van den Hengel, "Wider or deeper: Revisiting the ResNet model for visual recognition",
// arXiv 1611.10080, table 1 and figure 2, and github.com/itijyou/ademxapp: model A halves by
// pooling, for classification; A1 by strides, and for segmentation only to an eighth, from where it
// dilates.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

struct ademxapp {
    int size;
    int classes;
    bool segments; // A1 with scores for each pixel
};

// Stages B2 to B7: blocks of two 3 x 3 convolutions, or of 1 x 1, 3 x 3, 1 x 1 where `wide` is set.
static const struct row {
    int repeated, first, second, wide;
    int stride, dilation; // where the network segments
} table1[] = {
    {3, 128, 128, 0, 2, 1},  {3, 256, 256, 0, 2, 1},     {6, 512, 512, 0, 2, 1},
    {3, 512, 1024, 0, 1, 2}, {1, 512, 1024, 2048, 1, 4}, {1, 1024, 2048, 4096, 1, 4},
};
enum { STAGES = sizeof table1 / sizeof *table1 };

static struct window dilated(int kernel, int stride, int dilation)
{
    return (struct window){.kernel = kernel,
                           .stride = stride,
                           .pad = kernel / 2 * dilation,
                           .dilation = dilation,
                           .no_bias = true};
}

// The first block of a stage has a convolution as shortcut, and its first 3 x 3 dilates as the
// stage before did.
static struct maps block(struct maps x, const struct row *r, int stride, int before, int dilation)
{
    struct maps in = x;
    int channels = r->wide ? r->wide : r->second;
    x = relu(batch_norm(x, "conv1.bn"), "conv1.relu");
    if (in.channels != channels)
        in = conv(x, "shortcut", channels, dilated(1, stride, 1));
    x = conv(x, "conv1", r->first, r->wide ? dilated(1, stride, 1) : dilated(3, stride, before));
    x = bn_relu_conv(x, "conv2", r->second, dilated(3, 1, dilation));
    if (r->wide)
        x = bn_relu_conv(x, "conv3", r->wide, w1x1);
    return add(x, in, "add");
}

static struct maps stage(struct maps x, const struct ademxapp *a, int s)
{
    const struct row *r = &table1[s];
    int dilation = a->segments ? r->dilation : 1;
    int before = a->segments && s > 0 ? table1[s - 1].dilation : 1;
    if (!a->segments && s < STAGES - 1)
        x = max_pool(scope(x, "B%d", s + 2), "pool", same(3, 2));
    for (int i = 0; i < r->repeated; i++)
        x = block(scope(x, "B%d.%d", s + 2, i), r, a->segments && i == 0 ? r->stride : 1,
                  i == 0 ? before : dilation, dilation);
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    const struct ademxapp *a = arguments;
    struct maps x = conv(image(g, a->size), "B1", 64, dilated(3, 1, 1));
    for (int s = 0; s < STAGES; s++)
        x = stage(x, a, s);
    x = relu(batch_norm(scope(x, "head"), "bn"), "relu");
    if (!a->segments) {
        classifier(x, "fc", a->classes);
        return;
    }
    x = conv_bn_relu(x, "conv1", 512, dilated(3, 1, 12));
    output(conv(x, "conv2", a->classes, dilated(3, 1, 12)));
}

#define ADEMXAPP(what) .source = "Wu et al., arXiv 1611.10080, " what, .year = 2016
#define SEGMENTS                                                                                   \
    LIST_dlbricks50, "segmentation", ADEMXAPP("model A1"),                                         \
        .layers = 141,                                                                             \
        .deviation = "scores stay at an eighth of the image; table 1 counts 3 more "               \
                     "layers: as many as enlarging them and softmax, and an unknown one"

static const struct zoo_entry rows[] = {
    {"ademxapp_a", LIST_dlbricks50, "classification", ADEMXAPP("model A"), .layers = 142,
     .arguments = &(const struct ademxapp){224, 1000, false}},
    {"ademxapp_a1_ade20k", SEGMENTS, .arguments = &(const struct ademxapp){504, 150, true}},
    {"ademxapp_a1_voc_coco", SEGMENTS, .arguments = &(const struct ademxapp){504, 21, true}},
};

const struct zoo_family family_ademxapp = {"ademxapp", build, ZOO_ROWS(rows)};
