// Ma et al., "ShuffleNet V2: Practical guidelines for efficient CNN architecture design", arXiv
// 1807.11164, table 5 and figure 3 (c, d).
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { STAGES = 3 };

struct shufflenet_v2 {
    int channels[STAGES];
    int last;
};

// Maps of two halves in turn; the maps are size x size pixels.
static struct maps shuffle(struct maps x, int64_t size)
{
    int64_t channels = x.channels;
    x = reshape(x, "halves", 5, (int64_t[]){0, 2, channels / 2, size, size});
    x = transpose(x, "turns", 5, (int64_t[]){0, 2, 1, 3, 4});
    return reshape(x, "shuffled", 4, (int64_t[]){0, channels, size, size});
}

static struct maps branch(struct maps x, int64_t channels, int stride)
{
    x = conv_bn_relu(x, "conv1", channels, w1x1);
    x = conv_bn(x, "depthwise", channels, depthwise(x, 3, stride));
    return conv_bn_relu(x, "conv2", channels, w1x1);
}

static struct maps unit(struct maps x, int64_t channels, int64_t size)
{
    struct maps halves[2] = {channels_of(x, "kept", 0, channels / 2),
                             channels_of(x, "worked", channels / 2, channels / 2)};
    halves[1] = branch(halves[1], channels / 2, 1);
    return shuffle(concat(2, halves, "concat"), size);
}

static struct maps halving_unit(struct maps x, int64_t channels, int64_t size)
{
    struct maps halves[2];
    halves[0] = conv_bn(x, "shortcut.depthwise", x.channels, depthwise(x, 3, 2));
    halves[0] = conv_bn_relu(halves[0], "shortcut.conv", channels / 2, w1x1);
    halves[1] = branch(x, channels / 2, 2);
    return shuffle(concat(2, halves, "concat"), size);
}

static void build(struct graph *g, const void *arguments)
{
    static const int repeated[STAGES] = {4, 8, 4};
    const struct shufflenet_v2 *n = arguments;
    struct maps x = conv_bn_relu(image(g, 224), "conv1", 24, same(3, 2));
    x = max_pool(x, "maxpool", same(3, 2));
    for (int s = 0; s < STAGES; s++) {
        int64_t size = 28 >> s;
        for (int i = 0; i < repeated[s]; i++) {
            x = scope(x, "stage%d.%d", s + 2, i);
            x = i ? unit(x, n->channels[s], size) : halving_unit(x, n->channels[s], size);
        }
    }
    x = conv_bn_relu(scope(x, "last"), "conv5", n->last, w1x1);
    classifier(x, "fc", 1000);
}

#define SHUFFLENET                                                                                 \
    LIST_modern, "classification", 2018, "Ma et al., arXiv 1807.11164, table 5",                   \
        .figures = TORCHVISION
#define ARGUMENTS .arguments = &(const struct shufflenet_v2)

static const struct zoo_entry rows[] = {
    {"shufflenet_v2_x0_5", SHUFFLENET, .parameters = 1366792, .gmacs = 0.040,
     ARGUMENTS{{48, 96, 192}, 1024}},
    {"shufflenet_v2_x1_0", SHUFFLENET, .parameters = 2278604, .gmacs = 0.145,
     ARGUMENTS{{116, 232, 464}, 1024}},
    {"shufflenet_v2_x2_0", SHUFFLENET, .parameters = 7393996, .gmacs = 0.583,
     ARGUMENTS{{244, 488, 976}, 2048}},
};

const struct zoo_family family_shufflenet_v2 = {"shufflenet_v2", build, ZOO_ROWS(rows)};
