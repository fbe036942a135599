// He et al., "Deep residual learning for image recognition", arXiv 1512.03385, table 1, with the
// stride of a bottleneck in its 3 x 3 convolution (the "v1.5" that everybody publishes figures
// for), and two relatives that differ in the bottleneck's width only: ResNeXt (arXiv 1611.05431)
// and wide ResNet (arXiv 1605.07146).
#include "datasets/architectures.h"
#include "datasets/blocks.h"

enum { STAGES = 4 };

struct resnet {
    int blocks[STAGES];
    bool bottleneck;
    int groups, group_width; // of a bottleneck's 3 x 3 convolution in the first stage
};

// The shortcut changes shape by a convolution where the block does.
static struct maps shortcut(struct maps x, const char *block, int64_t channels, int stride)
{
    if (stride == 1 && x.channels == channels)
        return x;
    return conv_bn(x, layer_name(x, "%s.downsample.0", block),
                   layer_name(x, "%s.downsample.1", block), channels,
                   (struct window){.kernel = 1, .stride = stride});
}

// The i-th convolution of a block, as "layer1.0.conv2" and "layer1.0.bn2".
static struct maps numbered(struct maps x, const char *block, int i, int64_t channels,
                            struct window w)
{
    return conv_bn(x, layer_name(x, "%s.conv%d", block, i), layer_name(x, "%s.bn%d", block, i),
                   channels, w);
}

static struct maps numbered_relu(struct maps x, const char *block, int i, int64_t channels,
                                 struct window w)
{
    x = numbered(x, block, i, channels, w);
    return relu(x, layer_name(x, "%s.relu%d", block, i));
}

static struct maps join(struct maps x, struct maps residual, const char *block)
{
    x = add(x, residual, layer_name(x, "%s.add", block));
    return relu(x, layer_name(x, "%s.relu", block));
}

static struct maps basic_block(struct maps x, const char *block, int64_t channels, int stride)
{
    struct maps residual = shortcut(x, block, channels, stride);
    x = numbered_relu(x, block, 1, channels,
                      (struct window){.kernel = 3, .stride = stride, .pad = 1});
    x = numbered(x, block, 2, channels, (struct window){.kernel = 3, .pad = 1});
    return join(x, residual, block);
}

static struct maps bottleneck(struct maps x, const char *block, int64_t width, int64_t channels,
                              int stride, int groups)
{
    struct maps residual = shortcut(x, block, channels, stride);
    x = numbered_relu(x, block, 1, width, (struct window){.kernel = 1});
    x = numbered_relu(x, block, 2, width,
                      (struct window){.kernel = 3, .stride = stride, .pad = 1, .groups = groups});
    x = numbered(x, block, 3, channels, (struct window){.kernel = 1});
    return join(x, residual, block);
}

static struct maps stage(struct maps x, const struct resnet *r, int s)
{
    int64_t channels = (int64_t)64 << s;
    int64_t width = ((int64_t)r->groups * r->group_width) << s;
    for (int i = 0; i < r->blocks[s]; i++) {
        const char *block = layer_name(x, "layer%d.%d", s + 1, i);
        int stride = i == 0 && s > 0 ? 2 : 1;
        x = r->bottleneck ? bottleneck(x, block, width, 4 * channels, stride, r->groups)
                          : basic_block(x, block, channels, stride);
    }
    return x;
}

static void build(struct graph *g, const struct resnet *r)
{
    struct maps x = image(g, 224);
    x = conv_bn(x, "conv1", "bn1", 64, (struct window){.kernel = 7, .stride = 2, .pad = 3});
    x = relu(x, "relu");
    x = max_pool(x, "maxpool", (struct window){.kernel = 3, .stride = 2, .pad = 1});
    for (int s = 0; s < STAGES; s++)
        x = stage(x, r, s);
    x = global_average_pool(x, "avgpool");
    x = flatten(x, "flatten", 1);
    x = fc(x, "fc", 1000);
    classes(x);
}

void build_resnet18(struct graph *g)
{
    build(g, &(struct resnet){.blocks = {2, 2, 2, 2}});
}

void build_resnet34(struct graph *g)
{
    build(g, &(struct resnet){.blocks = {3, 4, 6, 3}});
}

void build_resnet50(struct graph *g)
{
    build(g, &(struct resnet){{3, 4, 6, 3}, .bottleneck = true, .groups = 1, .group_width = 64});
}

void build_resnet101(struct graph *g)
{
    build(g, &(struct resnet){{3, 4, 23, 3}, .bottleneck = true, .groups = 1, .group_width = 64});
}

void build_resnet152(struct graph *g)
{
    build(g, &(struct resnet){{3, 8, 36, 3}, .bottleneck = true, .groups = 1, .group_width = 64});
}

void build_resnext50_32x4d(struct graph *g)
{
    build(g, &(struct resnet){{3, 4, 6, 3}, .bottleneck = true, .groups = 32, .group_width = 4});
}

void build_wide_resnet50_2(struct graph *g)
{
    build(g, &(struct resnet){{3, 4, 6, 3}, .bottleneck = true, .groups = 1, .group_width = 128});
}
