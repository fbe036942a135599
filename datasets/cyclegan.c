// Zhu et al., "Unpaired image-to-image translation using cycle-consistent adversarial networks",
// arXiv 1703.10593, appendix: the generator of nine residual blocks for 256 x 256.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

static struct maps normed(struct maps x, const char *name)
{
    x = instance_norm(x, layer_name(x, "%s.norm", name));
    return relu(x, layer_name(x, "%s.relu", name));
}

static struct maps reflected(struct maps x, const char *name, int64_t channels, int kernel)
{
    x = pad(x, layer_name(x, "%s.pad", name), kernel / 2, kernel / 2, true);
    return conv(x, name, channels, (struct window){.kernel = kernel});
}

static struct maps residual_block(struct maps x)
{
    struct maps in = x;
    x = normed(reflected(x, "conv1", in.channels, 3), "conv1");
    x = instance_norm(reflected(x, "conv2", in.channels, 3), "conv2.norm");
    return add(in, x, "add");
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = normed(reflected(image(g, 256), "c7s1-64", 64, 7), "c7s1-64");
    x = normed(conv(x, "d128", 128, same(3, 2)), "d128");
    x = normed(conv(x, "d256", 256, same(3, 2)), "d256");
    for (int i = 0; i < 9; i++)
        x = residual_block(scope(x, "R256.%d", i));
    x = scope(x, "decoder");
    x = normed(conv_transpose(x, "u128", 128, same(3, 2), 1), "u128");
    x = normed(conv_transpose(x, "u64", 64, same(3, 2), 1), "u64");
    x = reflected(x, "c7s1-3", 3, 7);
    output(act(x, "tanh", ACT_tanh));
}

// Multiply-adds (1e9) with the zeros that a transposed convolution would put between its source's
// elements, which profilers count: three times those of "u128" and of "u64", each from 64 x 64
// pixels of 256 maps, or as many elements of half the maps, to half the maps.
#define ZEROS (2 * 3 * 64e-9 * 64 * 256 * 128 * 9)

static const char generator;
#define CYCLEGAN(n)                                                                                \
    LIST_dlbricks50, "translation", 2017, "Zhu et al., arXiv 1703.10593, appendix",                \
        .parameters = 11.378e6, .gmacs = 56.8 - ZEROS,                                             \
        .figures =                                                                                 \
            "github.com/junyanz/pytorch-CycleGAN-and-pix2pix (parameters that it prints); "        \
            "GAN Compression, arXiv 2003.08936, table 1 (56.8 G multiply-adds, here without the "  \
            "three in four of transposed convolutions that meet a zero)",                          \
        .layers = n, .arguments = &generator,                                                      \
        .deviation =                                                                               \
            "table 1 counts 3 more layers (5 of two of the ten), of which nothing is published"

static const struct zoo_entry rows[] = {
    {"cyclegan_apple2orange", CYCLEGAN(94)},  {"cyclegan_horse2zebra", CYCLEGAN(94)},
    {"cyclegan_monet2photo", CYCLEGAN(94)},   {"cyclegan_orange2apple", CYCLEGAN(94)},
    {"cyclegan_photo2cezanne", CYCLEGAN(96)}, {"cyclegan_photo2monet", CYCLEGAN(94)},
    {"cyclegan_photo2vangogh", CYCLEGAN(96)}, {"cyclegan_summer2winter", CYCLEGAN(94)},
    {"cyclegan_winter2summer", CYCLEGAN(94)}, {"cyclegan_zebra2horse", CYCLEGAN(94)},
};

const struct zoo_family family_cyclegan = {"cyclegan", build, ZOO_ROWS(rows)};
