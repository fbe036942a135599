// Szegedy et al., "Going deeper with convolutions", arXiv 1409.4842, table 1, as everybody trains
// it now: with batch normalization, 3 x 3 filters where the table says "5 x 5", and without the
// auxiliary classifiers.
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

static struct maps inception(struct maps x, const struct row *r)
{
    struct maps branches[4];
    branches[0] = conv_bn_relu(x, "branch1", r->one, w1x1);
    branches[1] = conv_bn_relu(x, "branch2.0", r->three_reduce, w1x1);
    branches[1] = conv_bn_relu(branches[1], "branch2.1", r->three, same(3, 1));
    branches[2] = conv_bn_relu(x, "branch3.0", r->five_reduce, w1x1);
    branches[2] = conv_bn_relu(branches[2], "branch3.1", r->five, same(3, 1));
    branches[3] = max_pool(x, "branch4.0", same(3, 1));
    branches[3] = conv_bn_relu(branches[3], "branch4.1", r->pool_proj, w1x1);
    return concat(4, branches, "concat");
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    const struct window pool = {.kernel = 3, .stride = 2, .ceil = true};
    struct maps x = conv_bn_relu(image(g, 224), "conv1", 64, same(7, 2));
    x = max_pool(x, "maxpool1", pool);
    x = conv_bn_relu(x, "conv2", 64, w1x1);
    x = conv_bn_relu(x, "conv3", 192, same(3, 1));
    x = max_pool(x, "maxpool2", pool);
    for (const struct row *r = table1; r < table1 + sizeof table1 / sizeof *table1; r++) {
        x = inception(scope(x, "inception%s", r->name), r);
        if (r->pool)
            x = max_pool(x, "maxpool",
                         (struct window){.kernel = r->pool, .stride = 2, .ceil = true});
    }
    classifier(x, "fc", 1000);
}

static const struct zoo_entry rows[] = {
    {"googlenet", LIST_modern, "classification", 2014, "Szegedy et al., arXiv 1409.4842, table 1",
     6624904, 1.498, .figures = TORCHVISION},
};

const struct zoo_family family_googlenet = {"googlenet", build, ZOO_ROWS(rows)};
