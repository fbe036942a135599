// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model
// size", arXiv 1602.07360, table 1 (1.0), and the authors' later 1.1.
#include "datasets/architectures.h"
#include "datasets/blocks.h"

// One row of the table: a fire module, or a pooling where squeeze is 0.
struct row {
    int squeeze; // filters of the 1 x 1 layer
    int expand;  // filters of each of the 1 x 1 and 3 x 3 layers behind it
};

enum { ROWS = 11 }; // features.2 to features.12 of torchvision

static const struct window pool = {.kernel = 3, .stride = 2, .ceil = true};

static struct maps conv_relu(struct maps x, const char *name, int64_t channels, struct window w)
{
    x = conv(x, name, channels, w);
    return relu(x, layer_name(x, "%s_activation", name));
}

static struct maps fire(struct maps x, const char *name, struct row row)
{
    x = conv_relu(x, layer_name(x, "%s.squeeze", name), row.squeeze, (struct window){.kernel = 1});
    struct maps branches[2];
    branches[0] =
        conv_relu(x, layer_name(x, "%s.expand1x1", name), row.expand, (struct window){.kernel = 1});
    branches[1] = conv_relu(x, layer_name(x, "%s.expand3x3", name), row.expand,
                            (struct window){.kernel = 3, .pad = 1});
    return concat(2, branches, layer_name(x, "%s.concat", name));
}

static void build(struct graph *g, int64_t channels, int kernel, const struct row rows[ROWS])
{
    struct maps x = image(g, 224);
    x = conv(x, "features.0", channels, (struct window){.kernel = kernel, .stride = 2});
    x = relu(x, "features.1");
    for (int i = 0; i < ROWS; i++) {
        const char *name = layer_name(x, "features.%d", i + 2);
        x = rows[i].squeeze ? fire(x, name, rows[i]) : max_pool(x, name, pool);
    }
    x = conv(x, "classifier.1", 1000, (struct window){.kernel = 1});
    x = relu(x, "classifier.2");
    x = global_average_pool(x, "classifier.3");
    x = flatten(x, "flatten", 1);
    classes(x);
}

void build_squeezenet1_0(struct graph *g)
{
    const struct row rows[ROWS] = {
        {0, 0},    {16, 64},  {16, 64},  {32, 128}, {0, 0},    {32, 128},
        {48, 192}, {48, 192}, {64, 256}, {0, 0},    {64, 256},
    };
    build(g, 96, 7, rows);
}

void build_squeezenet1_1(struct graph *g)
{
    const struct row rows[ROWS] = {
        {0, 0}, {16, 64},  {16, 64},  {0, 0},    {32, 128}, {32, 128},
        {0, 0}, {48, 192}, {48, 192}, {64, 256}, {64, 256},
    };
    build(g, 64, 3, rows);
}
