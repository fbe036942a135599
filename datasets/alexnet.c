// Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997:
// the one-tower AlexNet. The final pooling to 6 x 6 does nothing at 224 x 224 and is left out.
#include "datasets/architectures.h"
#include "datasets/blocks.h"

void build_alexnet(struct graph *g)
{
    const struct window pool = {.kernel = 3, .stride = 2};
    struct maps x = image(g, 224);
    x = conv(x, "features.0", 64, (struct window){.kernel = 11, .stride = 4, .pad = 2});
    x = relu(x, "features.1");
    x = max_pool(x, "features.2", pool);
    x = conv(x, "features.3", 192, (struct window){.kernel = 5, .pad = 2});
    x = relu(x, "features.4");
    x = max_pool(x, "features.5", pool);
    x = conv(x, "features.6", 384, (struct window){.kernel = 3, .pad = 1});
    x = relu(x, "features.7");
    x = conv(x, "features.8", 256, (struct window){.kernel = 3, .pad = 1});
    x = relu(x, "features.9");
    x = conv(x, "features.10", 256, (struct window){.kernel = 3, .pad = 1});
    x = relu(x, "features.11");
    x = max_pool(x, "features.12", pool);
    x = flatten(x, "flatten", 6);
    x = fc(x, "classifier.1", 4096);
    x = relu(x, "classifier.2");
    x = fc(x, "classifier.4", 4096);
    x = relu(x, "classifier.5");
    x = fc(x, "classifier.6", 1000);
    classes(x);
}
