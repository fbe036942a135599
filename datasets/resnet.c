// He et al., "Deep residual learning for image recognition", arXiv 1512.03385, table 1, with the
// stride of a bottleneck in its 3 x 3 convolution (the "v1.5" that everybody publishes figures
// for) unless a row says otherwise, and two relatives that differ in the bottleneck's width only:
// ResNeXt (arXiv 1611.05431) and wide ResNet (arXiv 1605.07146).
#include "datasets/resnet.h"

#include "datasets/zoo.h"

static int or_else(int given, int otherwise)
{
    return given ? given : otherwise;
}

static struct maps basic_block(struct maps x, int64_t channels, int stride)
{
    x = conv_bn_relu(x, "conv1", channels, same(3, stride));
    return conv_bn(x, "conv2", channels, same(3, 1));
}

static struct maps bottleneck(struct maps x, const struct resnet *r, int64_t width,
                              int64_t channels, int stride, int dilation)
{
    const struct window first = {.kernel = 1, .stride = r->early_stride ? stride : 1};
    const struct window middle = {.kernel = 3,
                                  .stride = r->early_stride ? 1 : stride,
                                  .pad = dilation,
                                  .dilation = dilation,
                                  .groups = r->groups};
    x = conv_bn_relu(x, "conv1", width, first);
    x = conv_bn_relu(x, "conv2", width, middle);
    return conv_bn(x, "conv3", channels, w1x1);
}

// The shortcut changes shape by a convolution where the block does.
static struct maps residual_block(struct maps x, const struct resnet *r, int s, int stride,
                                  int dilation)
{
    int64_t width = (int64_t)or_else(r->width, 64) << s;
    int64_t channels = r->group_width ? 4 * width : width;
    int64_t inner = ((int64_t)or_else(r->groups, 1) * r->group_width) << s;
    struct maps shortcut = x;
    if (stride != 1 || x.channels != channels)
        shortcut =
            conv_bn(x, "downsample", channels, (struct window){.kernel = 1, .stride = stride});
    x = r->group_width ? bottleneck(x, r, inner, channels, stride, dilation)
                       : basic_block(x, channels, stride);
    return relu(add(x, shortcut, "add"), "relu");
}

// A stage that does not halve dilates, but its first block only as much as the stage before.
static struct maps stage(struct maps x, const struct resnet *r, int s)
{
    int kept = s - (RESNET_STAGES - 1 - r->undivided); // stages up to here that were not halved
    int dilation = kept > 0 ? 1 << kept : 1;
    for (int i = 0; i < r->blocks[s]; i++) {
        bool first = i == 0 && s > 0;
        x = scope(x, "layer%d.%d", s + 1, i);
        x = residual_block(x, r, s, first && kept <= 0 ? 2 : 1,
                           first && kept > 0 ? dilation / 2 : dilation);
    }
    return x;
}

struct maps resnet_features(struct maps x, const struct resnet *r, struct maps *stages)
{
    struct window stem = same(7, 2);
    stem.no_bias = !r->stem_bias;
    x = conv(x, "conv1", 64, stem);
    x = relu(batch_norm(x, "conv1.bn"), "conv1.act");
    x = max_pool(x, "maxpool", same(3, 2));
    for (int s = 0; s < RESNET_STAGES; s++) {
        x = stage(x, r, s);
        if (stages)
            stages[s] = x;
    }
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    const struct resnet *r = arguments;
    struct maps x = resnet_features(image(g, 224), r, NULL);
    classifier(x, "fc", or_else(r->classes, 1000));
}

const struct resnet resnet50 = {.blocks = {3, 4, 6, 3}, .group_width = 64};
const struct resnet resnet101 = {.blocks = {3, 4, 23, 3}, .group_width = 64};

// The authors' own networks and what was made of them: the stride in the first 1 x 1 convolution.
#define ORIGINAL                                                                                   \
    .lists = LIST_dlbricks50, .task = "classification", .year = 2015,                              \
    .source = "He et al., arXiv 1512.03385, table 1; github.com/KaimingHe/deep-residual-networks", \
    .figures = "the paper, table 1 (FLOPs, which are multiply-adds)"
#define V1_5 .deviation = "the stride is in the 3 x 3 convolution (v1.5), as in torchvision"
#define CLASSIFICATION .task = "classification", .figures = TORCHVISION
#define RESNET                                                                                     \
    LIST_modern, CLASSIFICATION, .year = 2015, .source = "He et al., arXiv 1512.03385, table 1"
#define RESNEXT                                                                                    \
    LIST_modern, CLASSIFICATION, .year = 2016, .source = "Xie et al., arXiv 1611.05431, table 1"
#define WIDE(lists)                                                                                \
    lists, CLASSIFICATION, .year = 2016, .source = "Zagoruyko, Komodakis, arXiv 1605.07146"
#define ARGUMENTS .arguments = &(const struct resnet)

static const struct zoo_entry rows[] = {
    {"resnet18", RESNET, .parameters = 11689512, .gmacs = 1.814, ARGUMENTS{.blocks = {2, 2, 2, 2}}},
    {"resnet34", RESNET, .parameters = 21797672, .gmacs = 3.664, ARGUMENTS{.blocks = {3, 4, 6, 3}}},
    {"resnet50", RESNET, .parameters = 25557032, .gmacs = 4.089, V1_5, .arguments = &resnet50},
    {"resnet101", RESNET, .parameters = 44549160, .gmacs = 7.801, V1_5, .arguments = &resnet101},
    {"resnet152", RESNET, .parameters = 60192808, .gmacs = 11.514, V1_5,
     ARGUMENTS{.blocks = {3, 8, 36, 3}, .group_width = 64}},
    {"resnext50_32x4d", RESNEXT, .parameters = 25028904, .gmacs = 4.230,
     ARGUMENTS{.blocks = {3, 4, 6, 3}, .group_width = 4, .groups = 32}},
    {"resnext101_32x8d", RESNEXT, .parameters = 88791336, .gmacs = 16.414,
     ARGUMENTS{.blocks = {3, 4, 23, 3}, .group_width = 8, .groups = 32}},
    {"wide_resnet50_2", WIDE(LIST_dlbricks50 | LIST_modern), .parameters = 68883240,
     .gmacs = 11.398, .layers = 176, ARGUMENTS{.blocks = {3, 4, 6, 3}, .group_width = 128}},
    {"wide_resnet101_2", WIDE(LIST_modern), .parameters = 126886696, .gmacs = 22.753,
     ARGUMENTS{.blocks = {3, 4, 23, 3}, .group_width = 128}},
    {"resnet50_v1", ORIGINAL, .gmacs = 3.8, .layers = 177,
     ARGUMENTS{.blocks = {3, 4, 6, 3}, .group_width = 64, .early_stride = true, .stem_bias = true}},
    {"resnet101_v1", ORIGINAL, .gmacs = 7.6, .layers = 347,
     ARGUMENTS{.blocks = {3, 4, 23, 3}, .group_width = 64, .early_stride = true}},
    {"resnet152_v1", ORIGINAL, .gmacs = 11.3, .layers = 517,
     ARGUMENTS{.blocks = {3, 8, 36, 3}, .group_width = 64, .early_stride = true}},
    {"open_nsfw", LIST_dlbricks50, .task = "classification", .year = 2016,
     .source = "Mahadeokar, Pesavento, github.com/yahoo/open_nsfw: ResNet-50 of half the filters",
     .layers = 177,
     ARGUMENTS{.blocks = {3, 4, 6, 3},
               .width = 32,
               .group_width = 32,
               .classes = 2,
               .early_stride = true}},
};

const struct zoo_family family_resnet = {"resnet", build, ZOO_ROWS(rows)};
