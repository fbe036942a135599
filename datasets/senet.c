// Hu et al., "Squeeze-and-excitation networks", arXiv 1709.01507: SENet-154, a ResNeXt-152 of 64
// groups with twice the filters of a bottleneck's first 1 x 1 convolution halved, a stem of three
// 3 x 3 convolutions, and shortcuts of 3 x 3 (appendix).
#include "datasets/blocks.h"
#include "datasets/zoo.h"

static struct maps block(struct maps x, int64_t width, int stride, int shortcut_kernel)
{
    struct maps in = x;
    struct window middle = same(3, stride);
    middle.groups = 64;
    if (shortcut_kernel)
        in = conv_bn(x, "downsample", 4 * width, same(shortcut_kernel, stride));
    x = conv_bn_relu(x, "conv1", 2 * width, w1x1);
    x = conv_bn_relu(x, "conv2", 4 * width, middle);
    x = conv_bn(x, "conv3", 4 * width, w1x1);
    x = squeeze_excite(x, "se", 4 * width / 16, ACT_relu, ACT_sigmoid);
    return relu(add(x, in, "add"), "relu");
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    static const int blocks[] = {3, 8, 36, 3};
    struct maps x = conv_bn_relu(image(g, 224), "conv1", 64, same(3, 2));
    x = conv_bn_relu(x, "conv2", 64, same(3, 1));
    x = conv_bn_relu(x, "conv3", 128, same(3, 1));
    x = max_pool(x, "pool", (struct window){.kernel = 3, .stride = 2, .ceil = true});
    for (int s = 0; s < 4; s++) {
        for (int i = 0; i < blocks[s]; i++) {
            int shortcut = i ? 0 : s ? 3 : 1;
            x = block(scope(x, "layer%d.%d", s + 1, i), (int64_t)64 << s, i == 0 && s ? 2 : 1,
                      shortcut);
        }
    }
    classifier(x, "last_linear", 1000);
}

static const struct zoo_entry rows[] = {
    {"senet154", LIST_dlbricks50 | LIST_modern, "classification", 2017,
     "Hu et al., arXiv 1709.01507, appendix", .parameters = 115.09e6, .gmacs = 20.77,
     .figures = "timm, results of 224 x 224 (param_count, macs)", .layers = 874,
     .deviation = "table 1 counts 53 more layers: as many as dropout, softmax, padding for the "
                  "pooling that rounds up and one in each of the 50 squeezes"},
};

const struct zoo_family family_senet = {"senet", build, ZOO_ROWS(rows)};
