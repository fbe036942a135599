// Krizhevsky, "One weird trick for parallelizing convolutional neural networks", arXiv 1404.5997:
// the one-tower AlexNet. The final pooling to 6 x 6 does nothing at 224 x 224 and is left out.
#include "datasets/blocks.h"
#include "datasets/zoo.h"

static void build(struct graph *g, const void *arguments)
{
    (void)arguments;
    const struct window pool = {.kernel = 3, .stride = 2};
    struct maps x = image(g, 224);
    x = conv_act(x, "conv1", 64, (struct window){.kernel = 11, .stride = 4, .pad = 2}, ACT_relu);
    x = max_pool(x, "pool1", pool);
    x = conv_act(x, "conv2", 192, same(5, 1), ACT_relu);
    x = max_pool(x, "pool2", pool);
    x = conv_act(x, "conv3", 384, same(3, 1), ACT_relu);
    x = conv_act(x, "conv4", 256, same(3, 1), ACT_relu);
    x = conv_act(x, "conv5", 256, same(3, 1), ACT_relu);
    x = max_pool(x, "pool5", pool);
    x = flatten(x, "flatten", 6);
    x = relu(fc(x, "fc6", 4096), "fc6.act");
    x = relu(fc(x, "fc7", 4096), "fc7.act");
    output(fc(x, "fc8", 1000));
}

static const struct zoo_entry rows[] = {
    {"alexnet", LIST_modern, "classification", 2014,
     "Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv 1404.5997",
     .parameters = 61100840, .gmacs = 0.714, .figures = TORCHVISION},
};

const struct zoo_family family_alexnet = {"alexnet", build, ZOO_ROWS(rows)};
