#include "datasets/yolo.h"

#include <math.h>

struct maps yolo_conv(struct maps x, const char *name, int64_t channels, struct window w)
{
    return conv_act(x, name, channels, w, ACT_silu);
}

struct maps yolo_bottleneck(struct maps x, const char *name, int kernel, bool residual)
{
    struct maps y = within(x, "%s", name);
    y = yolo_conv(y, "cv1", x.channels, same(kernel, 1));
    y = yolo_conv(y, "cv2", x.channels, same(3, 1));
    return rescope(residual ? add(y, x, "add") : y, x);
}

struct maps yolo_constant(struct maps x, const char *name, int rank, const int64_t *dims)
{
    int shape = constant_ints(x, name, "shape", rank, dims);
    struct node *n = layer(&x, OP_ConstantOfShape, name, 1, &shape);
    node_set_float(x.g, n, ATTR_fill, 1);
    return x;
}

static int64_t wide(const struct yolo *n, int64_t channels)
{
    return (int64_t)ceil((double)channels * n->width / 8) * 8;
}

static int deep(const struct yolo *n, int repeats)
{
    int scaled = (int)round(repeats * n->depth);
    return scaled > 1 ? scaled : 1;
}

// Pooled with windows of 5, 9 and 13, one behind the other ("SPPF").
static struct maps pyramid_pooling(struct maps x, int64_t channels)
{
    const struct window five = {.kernel = 5, .stride = 1, .pad = 2};
    struct maps parts[4];
    parts[0] = yolo_conv(scope(x, "sppf"), "cv1", channels / 2, w1x1);
    for (int i = 0; i < 3; i++)
        parts[i + 1] = max_pool(parts[i], layer_name(x, "pool%d", i), five);
    return yolo_conv(concat(4, parts, "concat"), "cv2", channels, w1x1);
}

static void backbone(struct maps x, const struct yolo *n, const struct yolo_blocks *b,
                     struct maps stages[4])
{
    x = yolo_conv(scope(x, "backbone"), "stem", wide(n, 64), b->stem);
    for (int i = 0; i < 4; i++) {
        x = scope(x, "backbone.%d", i);
        x = yolo_conv(x, "down", wide(n, 128 << i), same(3, 2));
        x = stages[i] = b->stage(x, "stage", x.channels, deep(n, b->repeats[i]), true);
    }
    stages[3] = pyramid_pooling(x, x.channels);
}

// One step up: twice as high and wide, with what the backbone had of that size.
static struct maps up(struct maps x, struct maps lateral, int64_t channels, int repeats,
                      const struct yolo_blocks *b)
{
    struct maps both[] = {resize_nearest(x, "upsample", 2), lateral};
    return b->stage(concat(2, both, "concat"), "stage", channels, repeats, false);
}

static struct maps down(struct maps x, struct maps lateral, int64_t channels, int repeats,
                        const struct yolo_blocks *b)
{
    struct maps both[] = {yolo_conv(x, "down", x.channels, same(3, 2)), lateral};
    return b->stage(concat(2, both, "concat"), "stage", channels, repeats, false);
}

static struct maps reduced(struct maps x, int64_t channels, const struct yolo_blocks *b)
{
    return b->reduces ? yolo_conv(x, "reduce", channels, w1x1) : x;
}

void yolo_pyramid(struct maps x, const struct yolo *n, const struct yolo_blocks *b,
                  struct maps scales[YOLO_SCALES])
{
    struct maps stages[4];
    int repeats = deep(n, 3);
    backbone(x, n, b, stages);
    struct maps top = reduced(scope(stages[3], "neck.up.0"), wide(n, 512), b);
    struct maps middle = up(top, stages[2], wide(n, 512), repeats, b);
    middle = reduced(scope(middle, "neck.up.1"), wide(n, 256), b);
    scales[0] = up(middle, stages[1], wide(n, 256), repeats, b);
    scales[1] = down(scope(scales[0], "neck.down.0"), middle, wide(n, 512), repeats, b);
    scales[2] = down(scope(scales[1], "neck.down.1"), top, wide(n, 1024), repeats, b);
}
