// Liu et al., "A ConvNet for the 2020s", arXiv 2201.03545, section 3 and appendix: blocks of a
// depthwise 7 x 7 convolution and a perceptron along the channels, which lie last for it.
#include "datasets/blocks.h"
#include "datasets/blocks_attention.h"
#include "datasets/zoo.h"

enum { STAGES = 4 };
static const float EPSILON = 1e-6f;

struct convnext {
    int depths[STAGES], channels; // of the first stage
};

static struct maps last(struct maps x, const char *name)
{
    return transpose(x, name, 4, (int64_t[]){0, 2, 3, 1});
}

static struct maps first(struct maps x, const char *name)
{
    return transpose(x, name, 4, (int64_t[]){0, 3, 1, 2});
}

static struct maps norm_channels(struct maps x)
{
    return first(layer_norm(last(x, "nhwc"), "norm", EPSILON), "nchw");
}

static struct maps block(struct maps x)
{
    struct maps in = x, scale;
    x = conv(x, "depthwise", x.channels, depthwise(x, 7, 1));
    x = layer_norm(last(x, "nhwc"), "norm", EPSILON);
    x = first(mlp(x, "mlp", 4 * in.channels, GELU_erf), "nchw");
    scale = x;
    scale.value = weight(x, "scale", "weight", 3, (int64_t[]){x.channels, 1, 1});
    return add(in, mul(x, scale, "scale"), "add");
}

static struct maps halved(struct maps x)
{
    return conv(norm_channels(x), "conv", 2 * x.channels,
                (struct window){.kernel = 2, .stride = 2});
}

static void build(struct graph *g, const void *arguments)
{
    const struct convnext *c = arguments;
    struct maps x = scope(image(g, 224), "stem");
    x = conv(x, "conv", c->channels, (struct window){.kernel = 4, .stride = 4});
    x = norm_channels(x);
    for (int s = 0; s < STAGES; s++) {
        if (s > 0)
            x = halved(scope(x, "downsample%d", s));
        for (int i = 0; i < c->depths[s]; i++)
            x = block(scope(x, "stage%d.%d", s, i));
    }
    x = norm_channels(global_average_pool(scope(x, "head"), "avgpool"));
    output(fc(flatten(x, "flatten", 1), "classifier", 1000));
}

#define CONVNEXT                                                                                   \
    LIST_modern, "classification", 2022, "Liu et al., arXiv 2201.03545", .figures = TORCHVISION
#define ARGUMENTS .arguments = &(const struct convnext)

static const struct zoo_entry rows[] = {
    {"convnext_tiny", CONVNEXT, .parameters = 28589128, .gmacs = 4.456,
     ARGUMENTS{{3, 3, 9, 3}, 96}},
    {"convnext_small", CONVNEXT, .parameters = 50223688, .gmacs = 8.684,
     ARGUMENTS{{3, 3, 27, 3}, 96}},
    {"convnext_base", CONVNEXT, .parameters = 88591464, .gmacs = 15.355,
     ARGUMENTS{{3, 3, 27, 3}, 128}},
};

const struct zoo_family family_convnext = {"convnext", build, ZOO_ROWS(rows)};
