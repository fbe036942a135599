// Ioffe and Szegedy, "Batch normalization", arXiv 1502.03167, figure 5: Inception-BN.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

// Filters: 1 x 1, 3 x 3 and double 3 x 3 with what reduces before them, the pooling's projection.
// Where `one` is 0 the module halves, and its pooling has no projection.
static const struct row {
    const char *name;
    int one, three_reduce, three, double_reduce, double_three, project;
    bool max_pooled;
} figure5[] = {
    {"3a", 64, 64, 64, 64, 96, 32, false},       {"3b", 64, 64, 96, 64, 96, 64, false},
    {"3c", 0, 128, 160, 64, 96, 0, true},        {"4a", 224, 64, 96, 96, 128, 128, false},
    {"4b", 192, 96, 128, 96, 128, 128, false},   {"4c", 160, 128, 160, 128, 160, 128, false},
    {"4d", 96, 128, 192, 160, 192, 128, false},  {"4e", 0, 128, 192, 192, 256, 0, true},
    {"5a", 352, 192, 320, 160, 224, 128, false}, {"5b", 352, 192, 320, 192, 224, 128, true},
};

static struct maps layer_of(struct maps x, const char *name, int64_t channels, struct window w)
{
    x = conv(x, name, channels, w);
    x = batch_norm(x, layer_name(x, "%s.bn", name));
    return relu(x, layer_name(x, "%s.relu", name));
}

static struct maps module(struct maps x, const struct row *r)
{
    struct maps b[4];
    int n = 0, stride = r->one ? 1 : 2;
    if (r->one)
        b[n++] = layer_of(x, "1x1", r->one, w1x1);
    b[n] = layer_of(x, "3x3_reduce", r->three_reduce, w1x1);
    b[n] = layer_of(b[n], "3x3", r->three, same(3, stride));
    b[++n] = layer_of(x, "double_reduce", r->double_reduce, w1x1);
    b[n] = layer_of(b[n], "double_3x3_0", r->double_three, same(3, 1));
    b[n] = layer_of(b[n], "double_3x3_1", r->double_three, same(3, stride));
    b[++n] = r->max_pooled ? max_pool(x, "pool", same(3, stride))
                           : average_pool(x, "pool", same(3, stride));
    if (r->project)
        b[n] = layer_of(b[n], "project", r->project, w1x1);
    return concat(n + 1, b, "concat");
}

static void build(struct graph *g, const void *arguments)
{
    const int *n_classes = arguments;
    struct maps x = layer_of(image(g, 224), "conv1", 64, same(7, 2));
    x = max_pool(x, "pool1", same(3, 2));
    x = layer_of(x, "conv2_reduce", 64, w1x1);
    x = layer_of(x, "conv2", 192, same(3, 1));
    x = max_pool(x, "pool2", same(3, 2));
    for (const struct row *r = figure5; r < figure5 + sizeof figure5 / sizeof *figure5; r++)
        x = module(scope(x, "%s", r->name), r);
    classifier(x, "fc1", *n_classes);
}

static const struct zoo_entry rows[] = {
    {"imageidentify_v1", LIST_dlbricks50, "classification", 2015,
     "Ioffe, Szegedy, arXiv 1502.03167, figure 5", .layers = 232,
     .deviation = "the ImageIdentify network is not published; taken is Inception-BN, on which it "
                  "is based, with 4315 classes",
     .arguments = &(const int){4315}},
};

const struct zoo_family family_inception_bn = {"inception_bn", build, ZOO_ROWS(rows)};
