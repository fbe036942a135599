// VGG's convolutions as a backbone.
#ifndef DATASETS_VGG_H
#define DATASETS_VGG_H

#include "datasets/blocks.h"

enum { VGG_STAGES = 5 };

// Convolutions of stage s (from 0), each with its activation, without the pooling behind them.
struct maps vgg_stage(struct maps x, int s, int depth);

#endif
