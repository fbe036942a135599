// Szegedy et al., "Rethinking the inception architecture for computer vision", arXiv 1512.00567,
// table 1 and figures 5 to 7, without the auxiliary classifier; filters as in torchvision, which
// has them from TensorFlow.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

static const struct window w1x7 = {.kernel = 1, .width = 7, .pad_width = 3};
static const struct window w7x1 = {.kernel = 7, .width = 1, .pad = 3};
static const struct window w1x3 = {.kernel = 1, .width = 3, .pad_width = 1};
static const struct window w3x1 = {.kernel = 3, .width = 1, .pad = 1};
static const struct window valid3 = {.kernel = 3}, halve = {.kernel = 3, .stride = 2};

static struct maps pool_branch(struct maps x, int64_t channels)
{
    struct window w = same(3, 1);
    w.count_pads = true;
    return conv_bn_relu(average_pool(x, "pool", w), "branch_pool", channels, w1x1);
}

// Two or three convolutions of 3 x 3 behind one of 1 x 1.
static struct maps double3x3(struct maps x, const char *name, int64_t inner, int64_t channels,
                             struct window last)
{
    x = conv_bn_relu(within(x, "%s", name), "1", inner, w1x1);
    x = conv_bn_relu(x, "2", channels, same(3, 1));
    return conv_bn_relu(x, "3", channels, last);
}

static struct maps figure5(struct maps x, int64_t pooled)
{
    struct maps b[4];
    b[0] = conv_bn_relu(x, "branch1x1", 64, w1x1);
    b[1] = conv_bn_relu(x, "branch5x5_1", 48, w1x1);
    b[1] = conv_bn_relu(b[1], "branch5x5_2", 64, same(5, 1));
    b[2] = double3x3(x, "branch3x3dbl", 64, 96, same(3, 1));
    b[3] = pool_branch(x, pooled);
    return concat(4, b, "concat");
}

static struct maps reduce_to_17(struct maps x)
{
    struct maps b[3];
    b[0] = conv_bn_relu(x, "branch3x3", 384, halve);
    b[1] = double3x3(x, "branch3x3dbl", 64, 96, halve);
    b[2] = max_pool(x, "pool", halve);
    return concat(3, b, "concat");
}

static struct maps figure6(struct maps x, int64_t inner)
{
    struct maps b[4];
    b[0] = conv_bn_relu(x, "branch1x1", 192, w1x1);
    b[1] = conv_bn_relu(x, "branch7x7_1", inner, w1x1);
    b[1] = conv_bn_relu(b[1], "branch7x7_2", inner, w1x7);
    b[1] = conv_bn_relu(b[1], "branch7x7_3", 192, w7x1);
    b[2] = conv_bn_relu(x, "branch7x7dbl_1", inner, w1x1);
    b[2] = conv_bn_relu(b[2], "branch7x7dbl_2", inner, w7x1);
    b[2] = conv_bn_relu(b[2], "branch7x7dbl_3", inner, w1x7);
    b[2] = conv_bn_relu(b[2], "branch7x7dbl_4", inner, w7x1);
    b[2] = conv_bn_relu(b[2], "branch7x7dbl_5", 192, w1x7);
    b[3] = pool_branch(x, 192);
    return concat(4, b, "concat");
}

static struct maps reduce_to_8(struct maps x)
{
    struct maps b[3];
    b[0] = conv_bn_relu(x, "branch3x3_1", 192, w1x1);
    b[0] = conv_bn_relu(b[0], "branch3x3_2", 320, halve);
    b[1] = conv_bn_relu(x, "branch7x7x3_1", 192, w1x1);
    b[1] = conv_bn_relu(b[1], "branch7x7x3_2", 192, w1x7);
    b[1] = conv_bn_relu(b[1], "branch7x7x3_3", 192, w7x1);
    b[1] = conv_bn_relu(b[1], "branch7x7x3_4", 192, halve);
    b[2] = max_pool(x, "pool", halve);
    return concat(3, b, "concat");
}

static struct maps forked(struct maps x, const char *name)
{
    struct maps inner = within(x, "%s", name), b[2];
    b[0] = conv_bn_relu(inner, "a", 384, w1x3);
    b[1] = conv_bn_relu(inner, "b", 384, w3x1);
    return rescope(concat(2, b, "concat"), x);
}

static struct maps figure7(struct maps x)
{
    struct maps b[4];
    b[0] = conv_bn_relu(x, "branch1x1", 320, w1x1);
    b[1] = forked(conv_bn_relu(x, "branch3x3_1", 384, w1x1), "branch3x3_2");
    b[2] = conv_bn_relu(x, "branch3x3dbl_1", 448, w1x1);
    b[2] = forked(conv_bn_relu(b[2], "branch3x3dbl_2", 384, same(3, 1)), "branch3x3dbl_3");
    b[3] = pool_branch(x, 192);
    return concat(4, b, "concat");
}

static struct maps stem(struct maps x)
{
    x = conv_bn_relu(x, "Conv2d_1a_3x3", 32, halve);
    x = conv_bn_relu(x, "Conv2d_2a_3x3", 32, valid3);
    x = conv_bn_relu(x, "Conv2d_2b_3x3", 64, same(3, 1));
    x = max_pool(x, "maxpool1", halve);
    x = conv_bn_relu(x, "Conv2d_3b_1x1", 80, w1x1);
    x = conv_bn_relu(x, "Conv2d_4a_3x3", 192, valid3);
    return max_pool(x, "maxpool2", halve);
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = stem(image(g, 299));
    x = figure5(scope(x, "Mixed_5b"), 32);
    x = figure5(scope(x, "Mixed_5c"), 64);
    x = figure5(scope(x, "Mixed_5d"), 64);
    x = reduce_to_17(scope(x, "Mixed_6a"));
    x = figure6(scope(x, "Mixed_6b"), 128);
    x = figure6(scope(x, "Mixed_6c"), 160);
    x = figure6(scope(x, "Mixed_6d"), 160);
    x = figure6(scope(x, "Mixed_6e"), 192);
    x = reduce_to_8(scope(x, "Mixed_7a"));
    x = figure7(scope(x, "Mixed_7b"));
    x = figure7(scope(x, "Mixed_7c"));
    classifier(x, "fc", 1000);
}

static const struct zoo_entry rows[] = {
    {"inception_v3", LIST_dlbricks50 | LIST_modern, "classification", 2015,
     "Szegedy et al., arXiv 1512.00567", .parameters = 23.83e6, .gmacs = 5.713,
     .figures = "timm (param_count), torchvision 0.20 (GFLOPS, which are multiply-adds; its "
                "num_params count the auxiliary classifier)",
     .layers = 311},
};

const struct zoo_family family_inception_v3 = {"inception_v3", build, ZOO_ROWS(rows)};
