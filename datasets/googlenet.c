// Szegedy et al., "Going deeper with convolutions", arXiv 1409.4842, table 1, without the
// auxiliary classifiers: as published, and as many train it now, with batch normalization and 3 x 3
// filters where the table says "5 x 5".
#include "datasets/blocks.h"
#include "datasets/zoo.h"

// The columns of the table: filters of each layer of an inception module, or a pooling behind the
// module where `pool` says so.
static const struct row {
    const char *name;
    int one, three_reduce, three, five_reduce, five, pool_proj;
    int pool; // kernel of the pooling behind the module; 0: none
} table1[] = {
    {"3a", 64, 96, 128, 16, 32, 32, 0},     {"3b", 128, 128, 192, 32, 96, 64, 3},
    {"4a", 192, 96, 208, 16, 48, 64, 0},    {"4b", 160, 112, 224, 24, 64, 64, 0},
    {"4c", 128, 128, 256, 24, 64, 64, 0},   {"4d", 112, 144, 288, 32, 64, 64, 0},
    {"4e", 256, 160, 320, 32, 128, 128, 2}, {"5a", 256, 160, 320, 32, 128, 128, 0},
    {"5b", 384, 192, 384, 48, 128, 128, 0},
};

struct googlenet {
    bool original;
    int classes;
};

static struct maps layer_of(struct maps x, const struct googlenet *net, const char *name,
                            int64_t channels, struct window w)
{
    return net->original ? conv_act(x, name, channels, w, ACT_relu)
                         : conv_bn_relu(x, name, channels, w);
}

static struct maps inception(struct maps x, const struct googlenet *net, const struct row *r)
{
    struct maps branches[4];
    branches[0] = layer_of(x, net, "branch1", r->one, w1x1);
    branches[1] = layer_of(x, net, "branch2.0", r->three_reduce, w1x1);
    branches[1] = layer_of(branches[1], net, "branch2.1", r->three, same(3, 1));
    branches[2] = layer_of(x, net, "branch3.0", r->five_reduce, w1x1);
    branches[2] = layer_of(branches[2], net, "branch3.1", r->five, same(net->original ? 5 : 3, 1));
    branches[3] = max_pool(x, "branch4.0", same(3, 1));
    branches[3] = layer_of(branches[3], net, "branch4.1", r->pool_proj, w1x1);
    return concat(4, branches, "concat");
}

static struct maps stem(struct maps x, const struct googlenet *net)
{
    const struct window pool = {.kernel = 3, .stride = 2, .ceil = true};
    x = layer_of(x, net, "conv1", 64, same(7, 2));
    x = max_pool(x, "maxpool1", pool);
    if (net->original)
        x = local_response_norm(x, "norm1", 5);
    x = layer_of(x, net, "conv2", 64, w1x1);
    x = layer_of(x, net, "conv3", 192, same(3, 1));
    if (net->original)
        x = local_response_norm(x, "norm2", 5);
    return max_pool(x, "maxpool2", pool);
}

static void build(struct graph *g, const void *arguments)
{
    const struct googlenet *net = arguments;
    struct maps x = stem(image(g, 224), net);
    for (const struct row *r = table1; r < table1 + sizeof table1 / sizeof *table1; r++) {
        const struct window pool = {
            .kernel = net->original && r->pool ? 3 : r->pool, .stride = 2, .ceil = true};
        x = inception(scope(x, "inception%s", r->name), net, r);
        if (r->pool)
            x = max_pool(x, "maxpool", pool);
    }
    classifier(x, "fc", net->classes);
}

#define GOOGLENET .source = "Szegedy et al., arXiv 1409.4842, table 1", .year = 2014
#define INCEPTION_V1 .lists = LIST_dlbricks50, .task = "classification", GOOGLENET
#define LAYERS                                                                                     \
    .layers = 147,                                                                                 \
    .deviation = "table 1 counts 6 more layers: as many as dropout, softmax and padding for the "  \
                 "four poolings that round up"
#define ARGUMENTS .arguments = &(const struct googlenet)

static const struct zoo_entry rows[] = {
    {"googlenet", LIST_modern, "classification", GOOGLENET, .parameters = 6624904, .gmacs = 1.498,
     .figures = TORCHVISION,
     .deviation = "batch normalization, and 3 x 3 instead of 5 x 5 filters, as in torchvision",
     ARGUMENTS{.classes = 1000}},
    {"inception_v1_imagenet", INCEPTION_V1, LAYERS, ARGUMENTS{true, 1000}},
    {"inception_v1_places365", INCEPTION_V1, LAYERS, ARGUMENTS{true, 365}},
    {"inception_v1_subitizing", INCEPTION_V1, LAYERS, ARGUMENTS{true, 5}},
};

const struct zoo_family family_googlenet = {"googlenet", build, ZOO_ROWS(rows)};
