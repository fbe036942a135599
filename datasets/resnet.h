// ResNets as backbones: everything before the classifier.
#ifndef DATASETS_RESNET_H
#define DATASETS_RESNET_H

#include "datasets/blocks.h"

enum { RESNET_STAGES = 4 };

struct resnet {
    int blocks[RESNET_STAGES];
    int group_width;   // filters per group of a bottleneck's 3 x 3 convolution in the first stage;
                       // 0: blocks of two 3 x 3 convolutions
    int groups;        // of that convolution; 0 means 1
    int classes;       // 0 means 1000
    int width;         // of blocks in the first stage, a quarter of a bottleneck's maps;
                       // 0 means 64
    bool early_stride; // of a bottleneck in its first 1 x 1 convolution ("v1"), not in its 3 x 3
    bool stem_bias;    // of the first convolution
    int undivided;     // last stages that dilate instead of halving
};

// Adds all stages behind image x and returns the last one's maps; stages, if not NULL, receives
// those of each.
struct maps resnet_features(struct maps x, const struct resnet *r, struct maps *stages);

extern const struct resnet resnet50, resnet101;

#endif
