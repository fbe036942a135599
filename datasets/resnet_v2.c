// He et al., "Identity mappings in deep residual networks", arXiv 1603.05027: normalization and
// activation before each convolution, nothing behind the addition.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { STAGES = 4 };

struct resnet_v2 {
    int blocks[STAGES];
    int classes;
    bool input_norm; // batch normalization of the image, as MXNet's has
};

// The activation in front of the block's first convolution is also its shortcut's, where that is a
// convolution.
static struct maps block(struct maps x, int64_t width, int stride)
{
    struct maps in = x;
    const struct window plain = {.kernel = 1, .no_bias = true};
    const struct window shortcut = {.kernel = 1, .stride = stride, .no_bias = true};
    x = relu(batch_norm(x, "conv1.bn"), "conv1.relu");
    if (in.channels != 4 * width || stride != 1)
        in = conv(x, "shortcut", 4 * width, shortcut);
    x = conv(x, "conv1", width, plain);
    x = bn_relu_conv(x, "conv2", width, same(3, stride));
    x = bn_relu_conv(x, "conv3", 4 * width, w1x1);
    return add(x, in, "add");
}

static void build(struct graph *g, const void *arguments)
{
    const struct resnet_v2 *r = arguments;
    struct window stem = same(7, 2);
    struct maps x = image(g, 224);
    stem.no_bias = true;
    if (r->input_norm)
        x = batch_norm(x, "bn_data");
    x = conv(x, "conv0", 64, stem);
    if (r->input_norm)
        x = relu(batch_norm(x, "bn0"), "relu0");
    x = max_pool(x, "pool0", same(3, 2));
    for (int s = 0; s < STAGES; s++)
        for (int i = 0; i < r->blocks[s]; i++)
            x = block(scope(x, "stage%d.unit%d", s + 1, i + 1), (int64_t)64 << s,
                      i == 0 && s > 0 ? 2 : 1);
    x = relu(batch_norm(scope(x, "final"), "bn"), "relu");
    classifier(x, "fc1", r->classes);
}

#define SOURCE .source = "He et al., arXiv 1603.05027", .year = 2016, .task = "classification"
#define ARGUMENTS .arguments = &(const struct resnet_v2)

static const struct zoo_entry rows[] = {
    {"resnet50_v2", LIST_modern, SOURCE, .parameters = 25.55e6, .gmacs = 4.11, .figures = TIMM,
     ARGUMENTS{{3, 4, 6, 3}, 1000, false}},
    {"resnet101_yfcc100m", LIST_dlbricks50, SOURCE, .layers = 344,
     .deviation = "which ResNet-101 was trained is not published; taken is MXNet's example, whose "
                  "layers are as many",
     ARGUMENTS{{3, 4, 23, 3}, 15527, true}},
};

const struct zoo_family family_resnet_v2 = {"resnet_v2", build, ZOO_ROWS(rows)};
