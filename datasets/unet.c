// Ronneberger, Fischer, Brox, "U-Net: Convolutional networks for biomedical image segmentation",
// arXiv 1505.04597, figure 1; and as many train it now: padded and normalized.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { DEPTH = 4 };

struct unet {
    int size, inputs, filters, outputs;
    bool original;
};

static struct maps layer_of(struct maps x, const struct unet *u, const char *name, int64_t channels)
{
    return u->original ? conv_act(x, name, channels, (struct window){.kernel = 3}, ACT_relu)
                       : conv_bn_relu(x, name, channels, same(3, 1));
}

static struct maps twice(struct maps x, const struct unet *u, int64_t channels)
{
    return layer_of(layer_of(x, u, "conv1", channels), u, "conv2", channels);
}

// The middle of the maps, size x size pixels of so many more on each side.
static struct maps cropped(struct maps x, int64_t border, int64_t size)
{
    const int64_t from[2] = {border, border}, to[2] = {border + size, border + size};
    int src[4] = {x.value, constant_ints(x, "crop", "starts", 2, from),
                  constant_ints(x, "crop", "ends", 2, to),
                  constant_ints(x, "crop", "axes", 2, (int64_t[]){2, 3})};
    layer(&x, OP_Slice, "crop", 4, src);
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    const struct unet *u = arguments;
    int64_t lost = u->original ? 4 : 0; // pixels per side and level
    int64_t size = u->size, sizes[DEPTH];
    struct maps skipped[DEPTH];
    struct maps x =
        maps_input(g, "input", TYPE_f32, 4, (int64_t[]){1, u->inputs, size, size}, u->inputs);
    for (int i = 0; i < DEPTH; i++, size = (size - lost) / 2) {
        skipped[i] = x = twice(scope(x, "encoder%d", i), u, (int64_t)u->filters << i);
        sizes[i] = size - lost;
        x = max_pool(x, "pool", (struct window){.kernel = 2, .stride = 2});
    }
    x = twice(scope(x, "bottom"), u, (int64_t)u->filters << DEPTH);
    size -= lost;
    for (int i = DEPTH - 1; i >= 0; i--, size -= lost) {
        x = scope(x, "decoder%d", i);
        x = conv_transpose(x, "up", x.channels / 2, (struct window){.kernel = 2, .stride = 2}, 0);
        size *= 2;
        struct maps both[2] = {rescope(skipped[i], x), x};
        if (u->original)
            both[0] = cropped(both[0], (sizes[i] - size) / 2, size);
        x = twice(concat(2, both, "skip"), u, (int64_t)u->filters << i);
    }
    x = conv(scope(x, "result"), "conv", u->outputs, w1x1);
    output(u->original ? softmax(x, "softmax", 1) : act(x, "sigmoid", ACT_sigmoid));
}

#define UNET LIST_modern, "segmentation", 2015, "Ronneberger et al., arXiv 1505.04597, figure 1"

static const struct zoo_entry rows[] = {
    {"unet", UNET, .arguments = &(const struct unet){572, 1, 64, 2, true}},
    {"unet_brain", UNET, .parameters = 7763041,
     .figures = "github.com/mateuszbuda/brain-segmentation-pytorch: trained parameters",
     .deviation = "padded, normalized and of half the filters, as many train it now",
     .arguments = &(const struct unet){256, 3, 32, 1, false}},
};

const struct zoo_family family_unet = {"unet", build, ZOO_ROWS(rows)};
