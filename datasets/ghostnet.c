// Han et al., "GhostNet: More features from cheap operations", arXiv 1911.11907, section
// 3.3 and figures 2 and 3.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

static const struct row {
    int kernel, hidden, channels;
    bool squeezes;
    int stride;
} table7[] = {
    {3, 16, 16, false, 1},   {3, 48, 24, false, 2},  {3, 72, 24, false, 1},
    {5, 72, 40, true, 2},    {5, 120, 40, true, 1},  {3, 240, 80, false, 2},
    {3, 200, 80, false, 1},  {3, 184, 80, false, 1}, {3, 184, 80, false, 1},
    {3, 480, 112, true, 1},  {3, 672, 112, true, 1}, {5, 672, 160, true, 2},
    {5, 960, 160, false, 1}, {5, 960, 160, true, 1}, {5, 960, 160, false, 1},
    {5, 960, 160, true, 1},
};

// Half of the maps by 1 x 1, the other half from these by a depthwise convolution.
static struct maps ghost(struct maps x, const char *name, int64_t channels, enum activation a)
{
    struct maps halves[2], y = within(x, "%s", name);
    halves[0] = conv_bn_act(y, "primary", channels / 2, w1x1, a);
    halves[1] = conv_bn_act(halves[0], "cheap", channels / 2, depthwise(halves[0], 3, 1), a);
    return rescope(concat(2, halves, "concat"), x);
}

static struct maps bottleneck(struct maps x, const struct row *r)
{
    struct maps in = x;
    if (r->stride != 1 || x.channels != r->channels) {
        in = conv_bn(x, "shortcut.depthwise", x.channels, depthwise(x, r->kernel, r->stride));
        in = conv_bn(in, "shortcut.conv", r->channels, w1x1);
    }
    x = ghost(x, "ghost1", r->hidden, ACT_relu);
    if (r->stride != 1)
        x = conv_bn(x, "depthwise", x.channels, depthwise(x, r->kernel, r->stride));
    if (r->squeezes)
        x = squeeze_excite(x, "se", divisible(r->hidden / 4.0, 4), ACT_relu, ACT_hardsigmoid);
    return add(ghost(x, "ghost2", r->channels, ACT_none), in, "add");
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = conv_bn_relu(image(g, 224), "stem", 16, same(3, 2));
    for (size_t i = 0; i < sizeof table7 / sizeof *table7; i++)
        x = bottleneck(scope(x, "block%zu", i), &table7[i]);
    x = conv_bn_relu(scope(x, "last"), "conv", 960, w1x1);
    x = global_average_pool(x, "pool");
    x = conv_act(x, "head", 1280, w1x1, ACT_relu);
    output(fc(flatten(x, "flatten", 1), "classifier", 1000));
}

static const struct zoo_entry rows[] = {
    {"ghostnet_1_0", LIST_modern, "classification", 2019,
     "Han et al., arXiv 1911.11907, section 3.3", .parameters = 5.2e6, .gmacs = 0.141,
     .figures = "the paper, section 4.3"},
};

const struct zoo_family family_ghostnet = {"ghostnet", build, ZOO_ROWS(rows)};
