// Kim, Lee, Lee, "Accurate image super-resolution using very deep convolutional networks", arXiv
// 1511.04587: twenty convolutions add detail to an enlarged image.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

enum { SIZE = 256, DEPTH = 20 };

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps in = maps_input(g, "luminance", TYPE_f32, 4, (int64_t[]){1, 1, SIZE, SIZE}, 1);
    struct maps x = in;
    for (int i = 1; i < DEPTH; i++)
        x = conv_act(x, layer_name(x, "conv%d", i), 64, same(3, 1), ACT_relu);
    x = conv(x, layer_name(x, "conv%d", DEPTH), 1, same(3, 1));
    output(add(in, x, "add"));
}

static const struct zoo_entry rows[] = {
    {"vdsr", LIST_dlbricks50, "super-resolution", 2015, "Kim, Lee, Lee, arXiv 1511.04587",
     .parameters = 665e3, .gmacs = 612.6 * (SIZE * SIZE) / (1280 * 720.0),
     .figures =
         "CARN, arXiv 1803.08664, table 1 (multiply-adds of 1280 x 720, scaled to 256 x 256)",
     .layers = 40},
};

const struct zoo_family family_vdsr = {"vdsr", build, ZOO_ROWS(rows)};
