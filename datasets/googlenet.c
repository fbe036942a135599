// Szegedy et al., "Going deeper with convolutions", arXiv 1409.4842, table 1, as everybody trains
// it now: with batch normalization, 3 x 3 filters where the table says "5 x 5", and without the
// auxiliary classifiers.
#include "datasets/architectures.h"
#include "datasets/blocks.h"

// The columns of the table: filters of each layer of an inception module, or a pooling behind the
// module where `pool` says so.
static const struct row {
    const char *name;
    int one, three_reduce, three, five_reduce, five, pool_proj;
    const char *pool; // name of the pooling behind the module; NULL: none
    int pool_kernel;
} rows[] = {
    {"inception3a", 64, 96, 128, 16, 32, 32, NULL, 0},
    {"inception3b", 128, 128, 192, 32, 96, 64, "maxpool3", 3},
    {"inception4a", 192, 96, 208, 16, 48, 64, NULL, 0},
    {"inception4b", 160, 112, 224, 24, 64, 64, NULL, 0},
    {"inception4c", 128, 128, 256, 24, 64, 64, NULL, 0},
    {"inception4d", 112, 144, 288, 32, 64, 64, NULL, 0},
    {"inception4e", 256, 160, 320, 32, 128, 128, "maxpool4", 2},
    {"inception5a", 256, 160, 320, 32, 128, 128, NULL, 0},
    {"inception5b", 384, 192, 384, 48, 128, 128, NULL, 0},
};

static const struct window w1x1 = {.kernel = 1};
static const struct window w3x3 = {.kernel = 3, .pad = 1};

static struct maps conv_bn_relu(struct maps x, const char *name, int64_t channels, struct window w)
{
    x = conv_bn(x, layer_name(x, "%s.conv", name), layer_name(x, "%s.bn", name), channels, w);
    return relu(x, layer_name(x, "%s.relu", name));
}

// A convolution of `reduce` 1 x 1 filters, then one of `channels` 3 x 3 filters.
static struct maps reduced(struct maps x, const char *branch, int64_t reduce, int64_t channels)
{
    x = conv_bn_relu(x, layer_name(x, "%s.0", branch), reduce, w1x1);
    return conv_bn_relu(x, layer_name(x, "%s.1", branch), channels, w3x3);
}

static struct maps inception(struct maps x, const struct row *r)
{
    struct maps branches[4];
    branches[0] = conv_bn_relu(x, layer_name(x, "%s.branch1", r->name), r->one, w1x1);
    branches[1] = reduced(x, layer_name(x, "%s.branch2", r->name), r->three_reduce, r->three);
    branches[2] = reduced(x, layer_name(x, "%s.branch3", r->name), r->five_reduce, r->five);
    branches[3] = max_pool(x, layer_name(x, "%s.branch4.0", r->name), w3x3);
    branches[3] =
        conv_bn_relu(branches[3], layer_name(x, "%s.branch4.1", r->name), r->pool_proj, w1x1);
    return concat(4, branches, layer_name(x, "%s.concat", r->name));
}

static struct maps stem(struct maps x)
{
    const struct window pool = {.kernel = 3, .stride = 2, .ceil = true};
    x = conv_bn_relu(x, "conv1", 64, (struct window){.kernel = 7, .stride = 2, .pad = 3});
    x = max_pool(x, "maxpool1", pool);
    x = conv_bn_relu(x, "conv2", 64, w1x1);
    x = conv_bn_relu(x, "conv3", 192, w3x3);
    return max_pool(x, "maxpool2", pool);
}

void build_googlenet(struct graph *g)
{
    struct maps x = stem(image(g, 224));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        x = inception(x, &rows[i]);
        if (rows[i].pool)
            x = max_pool(x, rows[i].pool,
                         (struct window){.kernel = rows[i].pool_kernel, .stride = 2, .ceil = true});
    }
    x = global_average_pool(x, "avgpool");
    x = flatten(x, "flatten", 1);
    x = fc(x, "fc", 1000);
    classes(x);
}
