#include "datasets/zoo.h"

#include <string.h>

#include "datasets/architectures.h"

#define IMAGENET "image classification"
#define TORCHVISION "; architecture and figures as in torchvision 0.15"

// Figures: torchvision's table of weights ("num_params", and "GFLOPS", which counts
// multiply-adds of convolutions and fully connected layers).
const struct zoo_entry zoo[] = {
    {"alexnet", IMAGENET, 2014,
     "Krizhevsky, One weird trick for parallelizing convolutional neural networks, arXiv "
     "1404.5997" TORCHVISION,
     61100840, 0.714, build_alexnet},
    {"vgg11", IMAGENET, 2014, "Simonyan, Zisserman, arXiv 1409.1556, table 1 A" TORCHVISION,
     132863336, 7.609, build_vgg11},
    {"vgg13", IMAGENET, 2014, "Simonyan, Zisserman, arXiv 1409.1556, table 1 B" TORCHVISION,
     133047848, 11.308, build_vgg13},
    {"vgg16", IMAGENET, 2014, "Simonyan, Zisserman, arXiv 1409.1556, table 1 D" TORCHVISION,
     138357544, 15.470, build_vgg16},
    {"vgg19", IMAGENET, 2014, "Simonyan, Zisserman, arXiv 1409.1556, table 1 E" TORCHVISION,
     143667240, 19.632, build_vgg19},
    {"googlenet", IMAGENET, 2014, "Szegedy et al., arXiv 1409.4842, table 1" TORCHVISION, 6624904,
     1.498, build_googlenet},
    {"resnet18", IMAGENET, 2015, "He et al., arXiv 1512.03385, table 1" TORCHVISION, 11689512,
     1.814, build_resnet18},
    {"resnet34", IMAGENET, 2015, "He et al., arXiv 1512.03385, table 1" TORCHVISION, 21797672,
     3.664, build_resnet34},
    {"resnet50", IMAGENET, 2015, "He et al., arXiv 1512.03385, table 1" TORCHVISION, 25557032,
     4.089, build_resnet50},
    {"resnet101", IMAGENET, 2015, "He et al., arXiv 1512.03385, table 1" TORCHVISION, 44549160,
     7.801, build_resnet101},
    {"resnet152", IMAGENET, 2015, "He et al., arXiv 1512.03385, table 1" TORCHVISION, 60192808,
     11.514, build_resnet152},
    {"resnext50_32x4d", IMAGENET, 2016, "Xie et al., arXiv 1611.05431, table 1" TORCHVISION,
     25028904, 4.230, build_resnext50_32x4d},
    {"wide_resnet50_2", IMAGENET, 2016, "Zagoruyko, Komodakis, arXiv 1605.07146" TORCHVISION,
     68883240, 11.398, build_wide_resnet50_2},
    {"squeezenet1_0", IMAGENET, 2016, "Iandola et al., arXiv 1602.07360, table 1" TORCHVISION,
     1248424, 0.819, build_squeezenet1_0},
    {"squeezenet1_1", IMAGENET, 2016,
     "Iandola et al., github.com/forresti/SqueezeNet, v1.1" TORCHVISION, 1235496, 0.349,
     build_squeezenet1_1},
    {"mobilenet_v2", IMAGENET, 2018, "Sandler et al., arXiv 1801.04381, table 2" TORCHVISION,
     3504872, 0.301, build_mobilenet_v2},
};

const int n_zoo = sizeof zoo / sizeof *zoo;

const struct zoo_entry *zoo_find(const char *name)
{
    for (int i = 0; i < n_zoo; i++) {
        if (strcmp(zoo[i].name, name) == 0)
            return &zoo[i];
    }
    return NULL;
}

// Builders write batch 1: only the inputs' first dimension says otherwise, as the others are
// not inferred yet.
struct graph *zoo_build(const struct zoo_entry *entry, int64_t batch)
{
    struct graph *g = xmalloc(sizeof *g);
    graph_init(g);
    g->name = entry->name;
    g->opset = 13;
    entry->build(g);
    for (int i = 0; i < g->n_inputs; i++)
        graph_tensor(g, g->inputs[i])->dims[0] = batch;
    graph_index(g);
    return g;
}
