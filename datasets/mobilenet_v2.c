// Sandler et al., "MobileNetV2: Inverted residuals and linear bottlenecks", arXiv 1801.04381,
// table 2.
#include "datasets/architectures.h"
#include "datasets/blocks.h"

// Expansion factor t, output channels c, repetitions n, stride s of the first of them.
static const struct row {
    int t, c, n, s;
} rows[] = {
    {1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2},  {6, 64, 4, 2},
    {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};

// Layers of a group are called "<group>.0" to "<group>.2".
static struct maps conv_bn_relu6(struct maps x, const char *group, int64_t channels,
                                 struct window w)
{
    x = conv_bn(x, layer_name(x, "%s.0", group), layer_name(x, "%s.1", group), channels, w);
    return relu6(x, layer_name(x, "%s.2", group));
}

static struct maps inverted_residual(struct maps x, const char *block, int t, int64_t channels,
                                     int stride)
{
    struct maps in = x;
    int64_t hidden = x.channels * t;
    int i = 0;
    if (t != 1)
        x = conv_bn_relu6(x, layer_name(x, "%s.conv.%d", block, i++), hidden,
                          (struct window){.kernel = 1});
    x = conv_bn_relu6(
        x, layer_name(x, "%s.conv.%d", block, i++), hidden,
        (struct window){.kernel = 3, .stride = stride, .pad = 1, .groups = (int)hidden});
    x = conv_bn(x, layer_name(x, "%s.conv.%d", block, i), layer_name(x, "%s.conv.%d", block, i + 1),
                channels, (struct window){.kernel = 1});
    if (stride == 1 && in.channels == channels)
        x = add(in, x, layer_name(x, "%s.add", block));
    return x;
}

void build_mobilenet_v2(struct graph *g)
{
    int block = 0;
    struct maps x = image(g, 224);
    x = conv_bn_relu6(x, layer_name(x, "features.%d", block++), 32,
                      (struct window){.kernel = 3, .stride = 2, .pad = 1});
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        for (int i = 0; i < rows[r].n; i++)
            x = inverted_residual(x, layer_name(x, "features.%d", block++), rows[r].t, rows[r].c,
                                  i == 0 ? rows[r].s : 1);
    }
    x = conv_bn_relu6(x, layer_name(x, "features.%d", block), 1280, (struct window){.kernel = 1});
    x = global_average_pool(x, "avgpool");
    x = flatten(x, "flatten", 1);
    x = fc(x, "classifier.1", 1000);
    classes(x);
}
