// Redmon and Farhadi, "YOLO9000: Better, faster, stronger", arXiv 1612.08242, table 6 and section 2
// (pass-through of the 26 x 26 maps); yolov2.cfg. Boxes are not decoded.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

// Kernel 0 is a pooling. The pass-through begins behind the last 512 maps.
static const struct row {
    int channels, kernel;
} darknet[] = {
    {32, 3},   {0, 0},   {64, 3},   {0, 0},   {128, 3},  {64, 1},   {128, 3},  {0, 0},   {256, 3},
    {128, 1},  {256, 3}, {0, 0},    {512, 3}, {256, 1},  {512, 3},  {256, 1},  {512, 3}, {0, 0},
    {1024, 3}, {512, 1}, {1024, 3}, {512, 1}, {1024, 3}, {1024, 3}, {1024, 3},
};
enum { LAYERS = sizeof darknet / sizeof *darknet, PASSED = 16 };

static struct maps layer_of(struct maps x, const char *name, int64_t channels, int kernel)
{
    return conv_bn_act(x, name, channels, same(kernel, 1), ACT_leaky_relu);
}

static struct maps reorganised(struct maps x)
{
    struct node *n = layer(&x, OP_SpaceToDepth, "reorg", 1, (int[]){x.value});
    node_set_int(x.g, n, ATTR_blocksize, 2);
    x.channels *= 4;
    return x;
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = image(g, 416), both[2];
    for (int i = 0; i < LAYERS; i++) {
        const struct row *r = &darknet[i];
        x = r->kernel ? layer_of(x, layer_name(x, "conv%d", i), r->channels, r->kernel)
                      : max_pool(x, layer_name(x, "pool%d", i),
                                 (struct window){.kernel = 2, .stride = 2});
        if (i == PASSED)
            both[0] = x;
    }
    both[0] = reorganised(layer_of(both[0], "passed", 64, 1));
    both[1] = x;
    x = layer_of(concat(2, both, "route"), "joined", 1024, 3);
    output(conv(x, "boxes", 5 * (80 + 5), w1x1));
}

static const struct zoo_entry rows[] = {
    {"yolo_v2", LIST_dlbricks50, "detection", 2016, "Redmon, Farhadi, arXiv 1612.08242",
     .parameters = 50983561, .gmacs = 62.94 / 2 * (416 * 416) / (608 * 608.0),
     .figures = "YAD2K (parameters that Keras counts); pjreddie.com/darknet/yolo (62.94 GFLOPs of "
                "608 x 608, two per multiply-add, scaled to 416 x 416)",
     .with_statistics = true, .layers = 106,
     .deviation = "boxes are not decoded; table 1 counts 32 more layers, perhaps those that do it"},
};

const struct zoo_family family_yolo_v2 = {"yolo_v2", build, ZOO_ROWS(rows)};
