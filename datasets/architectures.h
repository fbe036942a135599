// The builders behind the zoo's table: one file per family, one function per variant.
#ifndef DATASETS_ARCHITECTURES_H
#define DATASETS_ARCHITECTURES_H

#include "bricks/graph.h"

void build_alexnet(struct graph *g);
void build_vgg11(struct graph *g);
void build_vgg13(struct graph *g);
void build_vgg16(struct graph *g);
void build_vgg19(struct graph *g);
void build_googlenet(struct graph *g);
void build_resnet18(struct graph *g);
void build_resnet34(struct graph *g);
void build_resnet50(struct graph *g);
void build_resnet101(struct graph *g);
void build_resnet152(struct graph *g);
void build_resnext50_32x4d(struct graph *g);
void build_wide_resnet50_2(struct graph *g);
void build_squeezenet1_0(struct graph *g);
void build_squeezenet1_1(struct graph *g);
void build_mobilenet_v2(struct graph *g);

#endif
