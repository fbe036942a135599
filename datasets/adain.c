// Huang and Belongie, "Arbitrary style transfer in real-time with adaptive instance normalization",
// arXiv 1703.06868: VGG-19 up to relu4_1 for both images, the content's maps with the mean and
// deviation of the style's, and a mirrored decoder; layers as in
// github.com/xunhuang1995/AdaIN-style.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { SIZE = 256 };

// Maps of each convolution; 0: a pooling, and in the decoder an enlargement.
static const int encoder[] = {64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512};
static const int decoder[] = {256, 0, 256, 256, 256, 128, 0, 128, 64, 0, 64, 3};
enum { LAYERS = sizeof encoder / sizeof *encoder };

// Up to relu4_1, in x's scope.
static struct maps encoded(struct maps x)
{
    const struct window pool = {.kernel = 2, .stride = 2, .ceil = true};
    x = conv(x, "conv0", 3, w1x1);
    for (int i = 0; i < LAYERS; i++) {
        if (!encoder[i]) {
            x = max_pool(x, layer_name(x, "pool%d", i), pool);
            continue;
        }
        x = pad(x, layer_name(x, "pad%d", i), 1, 1, true);
        x = conv(x, layer_name(x, "conv%d", i + 1), encoder[i], (struct window){.kernel = 3});
        x = relu(x, layer_name(x, "relu%d", i + 1));
    }
    return x;
}

static struct maps mean_of(struct maps x, const char *name)
{
    struct node *n = layer(&x, OP_ReduceMean, name, 1, (int[]){x.value});
    node_set_ints(x.g, n, ATTR_axes, 2, (int64_t[]){2, 3});
    node_set_int(x.g, n, ATTR_keepdims, 1);
    return x;
}

// Mean and standard deviation of each map.
struct moments {
    struct maps mean, centred, deviation;
};

static struct moments moments(struct maps x)
{
    struct moments m = {.mean = mean_of(x, "mean"), .centred = x};
    layer(&m.centred, OP_Sub, "centred", 2, (int[]){x.value, m.mean.value});
    struct maps square = mean_of(mul(m.centred, m.centred, "square"), "variance"), epsilon = x;
    epsilon.value = scalar(x, "variance", "epsilon", 1e-5f);
    m.deviation = add(square, epsilon, "positive");
    layer(&m.deviation, OP_Sqrt, "deviation", 1, (int[]){m.deviation.value});
    return m;
}

static struct maps adain(struct maps content, struct maps style)
{
    struct moments c = moments(content), s = moments(style);
    struct maps x = scope(c.centred, "adain");
    layer(&x, OP_Div, "normalised", 2, (int[]){x.value, c.deviation.value});
    return add(mul(x, s.deviation, "scaled"), s.mean, "shifted");
}

static struct maps image_of(struct graph *g, const char *name)
{
    return maps_input(g, name, TYPE_f32, 4, (int64_t[]){1, 3, SIZE, SIZE}, 3);
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps content = encoded(scope(image_of(g, "content"), "encoder"));
    struct maps style = encoded(scope(image_of(g, "style"), "encoder#style"));
    struct maps x = scope(adain(content, style), "decoder");
    for (int i = 0; i < LAYERS; i++) {
        if (!decoder[i]) {
            x = resize_nearest(x, layer_name(x, "up%d", i), 2);
            continue;
        }
        x = pad(x, layer_name(x, "pad%d", i), 1, 1, true);
        x = conv(x, layer_name(x, "conv%d", i), decoder[i], (struct window){.kernel = 3});
        if (i < LAYERS - 1)
            x = relu(x, layer_name(x, "relu%d", i));
    }
    output(x);
}

static const struct zoo_entry rows[] = {
    {"adain_style", LIST_dlbricks50, "translation", 2017, "Huang, Belongie, arXiv 1703.06868",
     .layers = 109,
     .deviation =
         "both images are of 256 x 256; a global mean and deviation instead of the paper's "
         "instance normalization, as others write it; table 1 counts 3 more layers, of which "
         "nothing is published"},
};

const struct zoo_family family_adain = {"adain", build, ZOO_ROWS(rows)};
