// Stacked hourglasses, Newell et al., arXiv 1603.06937, in two networks for faces: Bulat and
// Tzimiropoulos, "How far are we from solving the 2D & 3D face alignment problem?", arXiv
// 1703.07332 (FAN, figure 2), and Jackson et al., "Large pose 3D face reconstruction from a single
// image via direct volumetric CNN regression", arXiv 1703.07834 (VRN, unguided).
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { DEPTH = 4, FEATURES = 256 };

struct hourglass {
    int size;      // of the image
    int stacked;   // hourglasses
    int blocks;    // in a row, in each place of an hourglass
    bool parallel; // the blocks of FAN, whose three convolutions all end in the result
    int outputs;   // maps
    bool volume;   // they are enlarged to the image's size
};

// Three 3 x 3 convolutions of a half, a quarter and a quarter of the result's maps.
static struct maps parallel_block(struct maps x, int64_t channels)
{
    struct maps in = x, parts[3];
    parts[0] = bn_relu_conv(x, "conv1", channels / 2, same(3, 1));
    parts[1] = bn_relu_conv(parts[0], "conv2", channels / 4, same(3, 1));
    parts[2] = bn_relu_conv(parts[1], "conv3", channels / 4, same(3, 1));
    x = concat(3, parts, "concat");
    if (in.channels != channels)
        in = bn_relu_conv(in, "shortcut", channels, w1x1);
    return add(x, in, "add");
}

static struct maps bottleneck(struct maps x, int64_t channels)
{
    struct maps in = x;
    x = bn_relu_conv(x, "conv1", channels / 2, w1x1);
    x = bn_relu_conv(x, "conv2", channels / 2, same(3, 1));
    x = bn_relu_conv(x, "conv3", channels, w1x1);
    if (in.channels != channels)
        in = conv(in, "shortcut", channels, w1x1);
    return add(x, in, "add");
}

static struct maps block(struct maps x, const struct hourglass *h, const char *name,
                         int64_t channels)
{
    struct maps y = within(x, "%s", name);
    return rescope(h->parallel ? parallel_block(y, channels) : bottleneck(y, channels), x);
}

static struct maps blocks(struct maps x, const struct hourglass *h, const char *name)
{
    for (int i = 0; i < h->blocks; i++)
        x = block(x, h, layer_name(x, "%s.%d", name, i), FEATURES);
    return x;
}

static struct maps half(struct maps x, const struct hourglass *h, const char *name)
{
    const struct window w = {.kernel = 2, .stride = 2};
    return h->parallel ? average_pool(x, name, w) : max_pool(x, name, w);
}

static struct maps hourglass(struct maps x, const struct hourglass *h, int depth)
{
    struct maps outer = x;
    struct maps up = blocks(x, h, layer_name(x, "b1_%d", depth));
    struct maps low = half(x, h, layer_name(x, "pool_%d", depth));
    low = blocks(low, h, layer_name(x, "b2_%d", depth));
    low = depth > 1 ? hourglass(low, h, depth - 1) : blocks(low, h, "b2_plus");
    low = blocks(low, h, layer_name(x, "b3_%d", depth));
    low = resize_nearest(low, layer_name(x, "up_%d", depth), 2);
    return rescope(add(up, low, layer_name(x, "add_%d", depth)), outer);
}

static struct maps stem(struct maps x, const struct hourglass *h)
{
    x = conv(x, "conv1", 64, same(7, 2));
    x = relu(batch_norm(x, "bn1"), "relu1");
    x = block(x, h, "conv2", 128);
    x = half(x, h, "pool");
    x = block(x, h, "conv3", 128);
    return block(x, h, "conv4", FEATURES);
}

static void build(struct graph *g, const void *arguments)
{
    const struct hourglass *h = arguments;
    struct maps x = stem(image(g, h->size), h), result = x;
    for (int i = 0; i < h->stacked; i++) {
        struct maps y = hourglass(scope(x, "hourglass%d", i), h, DEPTH);
        y = block(y, h, "top", FEATURES);
        y = conv(y, "last", FEATURES, w1x1);
        y = relu(batch_norm(y, "last.bn"), "last.relu");
        result = conv(y, "result", h->outputs, w1x1);
        if (i == h->stacked - 1)
            break;
        y = add(conv(y, "features", FEATURES, w1x1), conv(result, "again", FEATURES, w1x1), "sum");
        x = add(x, y, layer_name(x, "join%d", i));
    }
    output(h->volume ? act(resize_bilinear(result, "enlarged", 4), "sigmoid", ACT_sigmoid)
                     : result);
}

static const struct hourglass fan = {256, 4, 1, true, 68, false};
#define FAN                                                                                        \
    LIST_dlbricks50, "regression", 2017,                                                           \
        "Bulat, Tzimiropoulos, arXiv 1703.07332, figure 2 and section 3",                          \
        .deviation = "none known; why table 1 counts 232 more layers is not published",            \
        .layers = 967, .arguments = &fan

static const struct zoo_entry rows[] = {
    {"face_alignment_2d", FAN},
    {"face_alignment_3d", FAN},
    {"vrn_unguided", LIST_dlbricks50, "regression", 2017,
     "Jackson et al., arXiv 1703.07834, figure 3", .layers = 1029,
     .deviation =
         "the paper does not say how many residual blocks an hourglass has in a row: three "
         "are taken, four would give 1134 layers, table 1 counts 1029; the volume is enlarged "
         "bilinearly",
     .arguments = &(const struct hourglass){192, 2, 3, false, 200, true}},
};

const struct zoo_family family_hourglass = {"hourglass", build, ZOO_ROWS(rows)};
