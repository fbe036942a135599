// Liu et al., "SSD: Single shot multibox detector", arXiv 1512.02325, figure 2 and section 3:
// VGG-16 whose fully connected layers became convolutions, more convolutions behind, and a head on
// each scale. Boxes are neither decoded nor suppressed.
#include "datasets/vgg.h"
#include "datasets/zoo.h"

enum { MAX_SCALES = 7 };

struct ssd {
    int size, classes, scales;
    int boxes[MAX_SCALES];
    // Behind fc7: 1 x 1 and then `kernel`, of so many filters.
    struct extra {
        int reduce, channels, kernel, stride, pad;
    } extras[MAX_SCALES - 2];
};

// [N, boxes * numbers, H, W] -> [N, H * W * boxes, numbers]
static struct maps per_box(struct maps x, const char *name, int boxes, int64_t numbers)
{
    x = conv(x, name, boxes * numbers, same(3, 1));
    x = transpose(x, layer_name(x, "%s.nhwc", name), 4, (int64_t[]){0, 2, 3, 1});
    return reshape(x, layer_name(x, "%s.boxes", name), 3, (int64_t[]){0, -1, numbers});
}

// Length 1 across the channels of each pixel, then one factor per channel.
static struct maps l2_norm(struct maps x)
{
    struct node *n = layer(&x, OP_LpNormalization, "conv4_3.norm", 1, (int[]){x.value});
    node_set_int(x.g, n, ATTR_axis, 1);
    node_set_int(x.g, n, ATTR_p, 2);
    struct maps factors = x;
    factors.value = weight(x, "conv4_3.scale", "weight", 4, (int64_t[]){1, x.channels, 1, 1});
    return mul(x, factors, "conv4_3.scale");
}

static void heads(const struct ssd *s, const struct maps *sources)
{
    struct maps where[MAX_SCALES], what[MAX_SCALES];
    for (int i = 0; i < s->scales; i++) {
        struct maps x = scope(sources[i], "head%d", i);
        where[i] = per_box(x, "locations", s->boxes[i], 4);
        what[i] = per_box(x, "classes", s->boxes[i], s->classes);
    }
    struct maps all = scope(concat(s->scales, what, "all_classes"), "scores");
    output(concat(s->scales, where, "all_locations"));
    output(softmax(all, "softmax", 2));
}

static struct maps backbone(struct maps x, struct maps *conv4_3)
{
    static const int depth[VGG_STAGES] = {2, 2, 3, 3, 3};
    for (int stage = 0; stage < VGG_STAGES; stage++) {
        x = vgg_stage(x, stage, depth[stage]);
        if (stage == 3)
            *conv4_3 = x;
        struct window pool = {.kernel = 2, .stride = 2, .ceil = true};
        if (stage == VGG_STAGES - 1)
            pool = same(3, 1);
        x = max_pool(x, layer_name(x, "pool%d", stage + 1), pool);
    }
    x = conv_act(x, "fc6", 1024, (struct window){.kernel = 3, .pad = 6, .dilation = 6}, ACT_relu);
    return conv_act(x, "fc7", 1024, w1x1, ACT_relu);
}

static void build(struct graph *g, const void *arguments)
{
    const struct ssd *s = arguments;
    struct maps x = image(g, s->size), sources[MAX_SCALES];
    sources[1] = x = backbone(x, &sources[0]);
    sources[0] = l2_norm(sources[0]);
    for (int i = 2; i < s->scales; i++) {
        const struct extra *e = &s->extras[i - 2];
        x = scope(x, "extra%d", i - 2);
        x = conv_act(x, "conv1", e->reduce, w1x1, ACT_relu);
        sources[i] = x = conv_act(
            x, "conv2", e->channels,
            (struct window){.kernel = e->kernel, .stride = e->stride, .pad = e->pad}, ACT_relu);
    }
    heads(s, sources);
}

#define SSD                                                                                        \
    LIST_dlbricks50, "detection", 2015, "Liu et al., arXiv 1512.02325",                            \
        .deviation = "boxes are neither decoded nor suppressed; table 1 counts 53 and 55 more "    \
                     "layers, perhaps those that decode them"

static const struct zoo_entry rows[] = {
    {"ssd_vgg_300_voc", SSD, .parameters = 26285486,
     .figures = "github.com/amdegroot/ssd.pytorch: parameters of ssd300, 21 classes", .layers = 145,
     .arguments =
         &(const struct ssd){
             300,
             21,
             6,
             {4, 6, 6, 6, 4, 4},
             {{256, 512, 3, 2, 1}, {128, 256, 3, 2, 1}, {128, 256, 3, 1, 0}, {128, 256, 3, 1, 0}}}},
    {"ssd_vgg_512_coco", SSD, .layers = 157,
     .arguments = &(const struct ssd){512,
                                      81,
                                      7,
                                      {4, 6, 6, 6, 6, 4, 4},
                                      {{256, 512, 3, 2, 1},
                                       {128, 256, 3, 2, 1},
                                       {128, 256, 3, 2, 1},
                                       {128, 256, 3, 2, 1},
                                       {128, 256, 4, 1, 1}}}},
};

const struct zoo_family family_ssd_vgg = {"ssd_vgg", build, ZOO_ROWS(rows)};
