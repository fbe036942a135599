// Chen et al., "Single-image depth perception in the wild", arXiv 1604.03901, figure 3 and table 1:
// an hourglass of inception modules.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

// Table 1: a module's filters, of each of its four branches and between their two convolutions, and
// the kernels of the last three branches.
enum module { A, B, C, D, E, F, G };
static const struct row {
    int filters, between;
    int kernels[3];
} table1[] = {
    [A] = {16, 64, {3, 7, 11}}, [B] = {32, 32, {3, 5, 7}}, [C] = {32, 64, {3, 7, 11}},
    [D] = {64, 32, {3, 5, 7}},  [E] = {64, 32, {3, 5, 7}}, [F] = {64, 64, {3, 7, 11}},
    [G] = {32, 32, {3, 5, 7}},
};

// One level of the hourglass: modules beside the level below it, before it and behind it.
enum { LEVELS = 4, MOST = 3, NO = -1 };
static const struct level {
    int beside[MOST], before[MOST], behind[MOST];
} figure3[LEVELS] = {
    {{A, NO, NO}, {B, B, NO}, {D, A, NO}},
    {{B, C, NO}, {B, D, NO}, {E, G, NO}},
    {{E, F, NO}, {E, E, NO}, {E, F, NO}},
    {{E, E, NO}, {E, E, E}, {NO, NO, NO}},
};

static struct maps inception(struct maps x, const struct row *r)
{
    struct maps b[4];
    b[0] = conv_bn_relu(x, "1x1", r->filters, w1x1);
    for (int i = 0; i < 3; i++) {
        int k = r->kernels[i];
        b[i + 1] = conv_bn_relu(x, layer_name(x, "%dx%d_reduce", k, k), r->between, w1x1);
        b[i + 1] = conv_bn_relu(b[i + 1], layer_name(x, "%dx%d", k, k), r->filters, same(k, 1));
    }
    return concat(4, b, "concat");
}

static struct maps modules(struct maps x, const char *place, const int *list)
{
    for (int i = 0; i < MOST && list[i] != NO; i++)
        x = rescope(inception(within(x, "%s%d", place, i), &table1[list[i]]), x);
    return x;
}

static struct maps hourglass(struct maps x, int level)
{
    const struct level *l = &figure3[level];
    struct maps y = scope(x, "level%d", level);
    struct maps beside = modules(y, "beside", l->beside);
    y = max_pool(y, "pool", (struct window){.kernel = 2, .stride = 2});
    y = modules(y, "before", l->before);
    if (level < LEVELS - 1)
        y = rescope(hourglass(y, level + 1), y);
    y = modules(y, "behind", l->behind);
    return add(beside, resize_nearest(y, "up", 2), "add");
}

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    struct maps x = maps_input(g, "input", TYPE_f32, 4, (int64_t[]){1, 3, 240, 320}, 3);
    x = conv_bn_relu(x, "H", 128, same(7, 1));
    x = hourglass(x, 0);
    output(conv(scope(x, "result"), "conv", 1, same(3, 1)));
}

static const char network;
#define DEPTH                                                                                      \
    LIST_dlbricks50, "regression", 2016, "Chen et al., arXiv 1604.03901, figure 3 and table 1",    \
        .layers = 501, .arguments = &network

static const struct zoo_entry rows[] = {
    {"depth_diw", DEPTH},
    {"depth_nyu", DEPTH},
    {"depth_nyu_diw", DEPTH},
};

const struct zoo_family family_depth_in_the_wild = {"depth_in_the_wild", build, ZOO_ROWS(rows)};
