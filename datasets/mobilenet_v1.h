// MobileNet as a backbone: everything before the classifier.
#ifndef DATASETS_MOBILENET_V1_H
#define DATASETS_MOBILENET_V1_H

#include "datasets/blocks.h"

// Adds all blocks behind image x and returns the last one's maps; stride16, if not NULL, receives
// the last ones that are a sixteenth as high and wide as the image.
struct maps mobilenet_v1_features(struct maps x, enum activation a, struct maps *stride16);

#endif
