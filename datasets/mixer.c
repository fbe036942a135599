// Tolstikhin et al., "MLP-Mixer: An all-MLP architecture for vision", arXiv 2105.01601, table 1.
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { SIZE = 224, PATCH = 16, PATCHES = (SIZE / PATCH) * (SIZE / PATCH) };

struct mixer {
    int layers;
    int64_t hidden, tokens_inner, channels_inner;
};

static struct maps swapped(struct maps x, const char *name, int64_t channels)
{
    x = transpose(x, name, INTS(0, 2, 1));
    x.channels = channels;
    return x;
}

static struct maps block(struct maps x, const struct mixer *n)
{
    struct maps y = swapped(layer_norm(x, "norm1", 1e-6f), "to_tokens", PATCHES);
    y = mlp(y, "mlp_tokens", n->tokens_inner, GELU_erf);
    x = add(x, swapped(y, "to_channels", n->hidden), "add1");
    y = mlp(layer_norm(x, "norm2", 1e-6f), "mlp_channels", n->channels_inner, GELU_erf);
    return add(x, y, "add2");
}

static void build(struct graph *g, const void *arguments)
{
    const struct mixer *n = arguments;
    struct maps x =
        conv(image(g, SIZE), "stem", n->hidden, (struct window){.kernel = PATCH, .stride = PATCH});
    x = reshape(x, "patches", INTS(0, n->hidden, PATCHES));
    x = swapped(x, "tokens", n->hidden);
    for (int i = 0; i < n->layers; i++)
        x = block(scope(x, "blocks.%d", i), n);
    x = layer_norm(scope(x, "head"), "norm", 1e-6f);
    output(fc(reduce_mean(x, "mean", 1, false), "classifier", 1000));
}

#define SOURCE "Tolstikhin et al., arXiv 2105.01601, table 1"
static const struct mixer s16 = {8, 512, 256, 2048}, b16 = {12, 768, 384, 3072};

static const struct zoo_entry entries[] = {
    {"mixer_s16", LIST_modern, "classification", 2021, SOURCE, .parameters = 18528264,
     .gmacs = 3.79, .figures = TIMM, .arguments = &s16},
    {"mixer_b16", LIST_modern, "classification", 2021, SOURCE, .parameters = 59880472,
     .gmacs = 12.62, .figures = TIMM, .arguments = &b16},
};

const struct zoo_family family_mixer = {"mixer", build, ZOO_ROWS(entries)};
