// Isola et al., "Image-to-image translation with conditional adversarial networks", arXiv
// 1611.07004, appendix: the U-Net of eight halvings for 256 x 256.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { DEPTH = 8 };

static const int filters[DEPTH] = {64, 128, 256, 512, 512, 512, 512, 512};

static const struct window halve = {.kernel = 4, .stride = 2, .pad = 1, .no_bias = true};

// No normalization on the outermost and the innermost level.
static struct maps encode(struct maps x, int level)
{
    x = scope(x, "down%d", level);
    if (level > 0)
        x = act(x, "lrelu", ACT_leaky_relu2);
    x = conv(x, "conv", filters[level], halve);
    return level == 0 || level == DEPTH - 1 ? x : batch_norm(x, "norm");
}

static struct maps decode(struct maps x, int level)
{
    struct window w = halve;
    w.no_bias = level > 0;
    x = relu(scope(x, "up%d", level), "relu");
    x = conv_transpose(x, "conv", level ? filters[level - 1] : 3, w, 0);
    return level ? batch_norm(x, "norm") : act(x, "tanh", ACT_tanh);
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = image(g, 256), skipped[DEPTH];
    for (int level = 0; level < DEPTH; level++)
        skipped[level] = x = encode(x, level);
    for (int level = DEPTH - 1; level > 0; level--) {
        struct maps both[2] = {skipped[level - 1], decode(x, level)};
        x = concat(2, both, layer_name(x, "skip"));
    }
    output(decode(x, 0));
}

static const char generator;
#define PIX2PIX                                                                                    \
    LIST_dlbricks50, "translation", 2016, "Isola et al., arXiv 1611.07004, appendix",              \
        .parameters = 54.414e6,                                                                    \
        .figures = "github.com/junyanz/pytorch-CycleGAN-and-pix2pix (parameters that it prints)",  \
        .layers = 56, .arguments = &generator,                                                     \
        .deviation = "table 1 counts 4 more layers: as many as three dropouts and an unknown one"

static const struct zoo_entry rows[] = {
    {"pix2pix_photo2map", PIX2PIX},
    {"pix2pix_map2photo", PIX2PIX},
};

const struct zoo_family family_pix2pix = {"pix2pix", build, ZOO_ROWS(rows)};
