// Iizuka, Simo-Serra, Ishikawa, "Let there be color! Joint end-to-end learning of global and local
// image priors for automatic image colorization with simultaneous classification", SIGGRAPH 2016,
// table 1, without the classes.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

struct row {
    int channels, stride;
};
static const struct row low_level[] = {{64, 2}, {128, 1}, {128, 2}, {256, 1}, {256, 2}, {512, 1}};
static const struct row global[] = {{512, 2}, {512, 1}, {512, 2}, {512, 1}};

enum { SIZE = 224, FUSED = 256 };

// All layers but the last are normalized in batches.
static struct maps layer_of(struct maps x, const char *name, int64_t channels, struct window w)
{
    x = conv(x, name, channels, w);
    x = batch_norm(x, layer_name(x, "%s.bn", name));
    return relu(x, layer_name(x, "%s.relu", name));
}

static struct maps layers_of(struct maps x, int n, const struct row *rows)
{
    for (int i = 0; i < n; i++)
        x = layer_of(x, layer_name(x, "conv%d", i + 1), rows[i].channels, same(3, rows[i].stride));
    return x;
}

static struct maps fc_relu(struct maps x, const char *name, int64_t features)
{
    x = batch_norm(fc(x, name, features), layer_name(x, "%s.bn", name));
    return relu(x, layer_name(x, "%s.relu", name));
}

// What the whole image says, beside every pixel of x.
static struct maps fused(struct maps x, struct maps whole)
{
    const int64_t dims[4] = {1, FUSED, SIZE / 8, SIZE / 8};
    whole = reshape(whole, "pixel", 4, (int64_t[]){0, FUSED, 1, 1});
    int src[2] = {whole.value, constant_ints(whole, "everywhere", "shape", 4, dims)};
    layer(&whole, OP_Expand, "everywhere", 2, src);
    struct maps both[2] = {x, whole};
    return layer_of(scope(concat(2, both, "concat"), "fusion"), "conv", FUSED, w1x1);
}

static struct maps coloured(struct maps x)
{
    x = layer_of(scope(x, "color"), "conv1", 128, same(3, 1));
    x = resize_nearest(x, "up1", 2);
    x = layer_of(x, "conv2", 64, same(3, 1));
    x = layer_of(x, "conv3", 64, same(3, 1));
    x = resize_nearest(x, "up2", 2);
    x = layer_of(x, "conv4", 32, same(3, 1));
    x = conv_act(x, "conv5", 2, same(3, 1), ACT_sigmoid);
    return resize_nearest(x, "up3", 2);
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = maps_input(g, "lightness", TYPE_f32, 4, (int64_t[]){1, 1, SIZE, SIZE}, 1);
    x = layers_of(scope(x, "low"), 6, low_level);
    struct maps whole = layers_of(scope(x, "global"), 4, global);
    whole = flatten(whole, "flatten", SIZE / 32);
    whole = fc_relu(whole, "fc1", 1024);
    whole = fc_relu(whole, "fc2", 512);
    whole = fc_relu(whole, "fc3", FUSED);
    x = layer_of(scope(x, "mid"), "conv1", 512, same(3, 1));
    x = layer_of(x, "conv2", FUSED, same(3, 1));
    output(coloured(fused(x, whole)));
}

static const char network;
#define COLORNET                                                                                   \
    LIST_dlbricks50, "translation", 2016,                                                          \
        "Iizuka et al., Let there be color!, SIGGRAPH 2016, "                                      \
        "table 1",                                                                                 \
        .layers = 62,                                                                              \
        .deviation = "the classes, which colours do not need, are left out; table 1 counts 7 "     \
                     "fewer layers, of which nothing is published",                                \
        .arguments = &network

static const struct zoo_entry rows[] = {
    {"colornet_imagenet", COLORNET},
    {"colornet_places", COLORNET},
};

const struct zoo_family family_colornet = {"colornet", build, ZOO_ROWS(rows)};
