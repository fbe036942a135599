// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
// size", arXiv 1602.07360, table 1 (1.0), and the authors' later 1.1.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { ROWS = 11 };

struct squeezenet {
    int channels, kernel; // of the first convolution
    // Fire modules, or a pooling where squeeze is 0.
    struct row {
        int squeeze; // filters of the 1 x 1 layer
        int expand;  // filters of each of the 1 x 1 and 3 x 3 layers behind it
    } rows[ROWS];
};

static struct maps fire(struct maps x, struct row row)
{
    x = conv_act(x, "squeeze", row.squeeze, w1x1, ACT_relu);
    struct maps branches[2];
    branches[0] = conv_act(x, "expand1x1", row.expand, w1x1, ACT_relu);
    branches[1] = conv_act(x, "expand3x3", row.expand, same(3, 1), ACT_relu);
    return concat(2, branches, "concat");
}

static void build(struct graph *g, const void *arguments)
{
    const struct squeezenet *s = arguments;
    const struct window pool = {.kernel = 3, .stride = 2, .ceil = true};
    struct maps x = image(g, 224);
    x = conv_act(x, "conv1", s->channels, (struct window){.kernel = s->kernel, .stride = 2},
                 ACT_relu);
    for (int i = 0; i < ROWS; i++) {
        x = scope(x, "features.%d", i + 2);
        x = s->rows[i].squeeze ? fire(x, s->rows[i]) : max_pool(x, "pool", pool);
    }
    x = scope(x, "classifier");
    x = conv_act(x, "conv10", 1000, w1x1, ACT_relu);
    x = global_average_pool(x, "pool10");
    output(flatten(x, "flatten", 1));
}

static const struct squeezenet squeezenet1_0 = {
    96,
    7,
    {{0, 0},
     {16, 64},
     {16, 64},
     {32, 128},
     {0, 0},
     {32, 128},
     {48, 192},
     {48, 192},
     {64, 256},
     {0, 0},
     {64, 256}},
};
static const struct squeezenet squeezenet1_1 = {
    64,
    3,
    {{0, 0},
     {16, 64},
     {16, 64},
     {0, 0},
     {32, 128},
     {32, 128},
     {0, 0},
     {48, 192},
     {48, 192},
     {64, 256},
     {64, 256}},
};

static const struct zoo_entry rows[] = {
    {"squeezenet1_0", LIST_modern, "classification", 2016,
     "Iandola et al., arXiv 1602.07360, table 1", 1248424, 0.819, .figures = TORCHVISION,
     .arguments = &squeezenet1_0},
    {"squeezenet1_1", LIST_dlbricks50 | LIST_modern, "classification", 2016,
     "Iandola et al., github.com/forresti/SqueezeNet, v1.1", 1235496, 0.349, .layers = 69,
     .figures = TORCHVISION,
     .deviation = "table 1 counts 4 more layers: as many as dropout, softmax and padding for the "
                  "two poolings that round up at 227 x 227",
     .arguments = &squeezenet1_1},
};

const struct zoo_family family_squeezenet = {"squeezenet", build, ZOO_ROWS(rows)};
