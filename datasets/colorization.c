// Zhang, Isola, Efros, "Colorful image colorization", arXiv 1603.08511, table 4, and
// github.com/richzhang/colorization: from lightness to 313 colours of each fourth pixel, and their
// mean.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

// A group's convolutions of 3 x 3, the stride of the last and the dilation of all; normalization is
// behind the group.
static const struct row {
    int repeated, channels, stride, dilation;
} table4[] = {
    {2, 64, 2, 1},  {2, 128, 2, 1}, {3, 256, 2, 1}, {3, 512, 1, 1},
    {3, 512, 1, 2}, {3, 512, 1, 2}, {3, 512, 1, 1},
};
enum { GROUPS = sizeof table4 / sizeof *table4 };

static struct maps group(struct maps x, const struct row *r)
{
    for (int i = 0; i < r->repeated; i++) {
        const struct window w = {.kernel = 3,
                                 .stride = i == r->repeated - 1 ? r->stride : 1,
                                 .pad = r->dilation,
                                 .dilation = r->dilation};
        x = conv_act(x, layer_name(x, "conv%d", i + 1), r->channels, w, ACT_relu);
    }
    return batch_norm(x, "norm");
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    const struct window plain = {.kernel = 1, .no_bias = true};
    struct maps x = maps_input(g, "lightness", TYPE_f32, 4, (int64_t[]){1, 1, 256, 256}, 1);
    for (int i = 0; i < GROUPS; i++)
        x = group(scope(x, "conv%d", i + 1), &table4[i]);
    x = scope(x, "conv8");
    x = conv_transpose(x, "conv1", 256, (struct window){.kernel = 4, .stride = 2, .pad = 1}, 0);
    x = relu(x, "conv1.act");
    x = conv_act(x, "conv2", 256, same(3, 1), ACT_relu);
    x = conv_act(x, "conv3", 256, same(3, 1), ACT_relu);
    x = softmax(conv(x, "313", 313, w1x1), "softmax", 1);
    x = conv(x, "mean", 2, plain);
    output(resize_bilinear(x, "enlarged", 4));
}

static const struct zoo_entry rows[] = {
    {"colorful_colorization", LIST_dlbricks50, "translation", 2016,
     "Zhang, Isola, Efros, arXiv 1603.08511, table 4", .layers = 58,
     .deviation = "table 1 counts 3 more layers, of which nothing is published"},
};

const struct zoo_family family_colorization = {"colorization", build, ZOO_ROWS(rows)};
