// Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition",
// arXiv 1409.1556, table 1.
#include "datasets/architectures.h"
#include "datasets/blocks.h"

enum { STAGES = 5 };

static const int stage_channels[STAGES] = {64, 128, 256, 512, 512};

// `depth` convolutions per stage; layers are numbered through, as in torchvision's `features`.
static void build(struct graph *g, const int depth[STAGES])
{
    struct maps x = image(g, 224);
    int layer = 0;
    for (int s = 0; s < STAGES; s++) {
        for (int i = 0; i < depth[s]; i++) {
            x = conv(x, layer_name(x, "features.%d", layer++), stage_channels[s],
                     (struct window){.kernel = 3, .pad = 1});
            x = relu(x, layer_name(x, "features.%d", layer++));
        }
        x = max_pool(x, layer_name(x, "features.%d", layer++),
                     (struct window){.kernel = 2, .stride = 2});
    }
    x = flatten(x, "flatten", 7);
    x = fc(x, "classifier.0", 4096);
    x = relu(x, "classifier.1");
    x = fc(x, "classifier.3", 4096);
    x = relu(x, "classifier.4");
    x = fc(x, "classifier.6", 1000);
    classes(x);
}

void build_vgg11(struct graph *g)
{
    build(g, (int[]){1, 1, 2, 2, 2}); // A
}

void build_vgg13(struct graph *g)
{
    build(g, (int[]){2, 2, 2, 2, 2}); // B
}

void build_vgg16(struct graph *g)
{
    build(g, (int[]){2, 2, 3, 3, 3}); // D
}

void build_vgg19(struct graph *g)
{
    build(g, (int[]){2, 2, 4, 4, 4}); // E
}
