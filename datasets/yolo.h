// What YOLOv5 and YOLOv8 have in common.
#ifndef DATASETS_YOLO_H
#define DATASETS_YOLO_H

#include "datasets/blocks.h"
#include "datasets/nodes.h"

enum { YOLO_SIZE = 640, YOLO_CLASSES = 80, YOLO_SCALES = 3 };

// A network's size: repetitions of blocks by depth, channels by width.
struct yolo {
    double depth, width;
};

// The stages of one network: where they differ between the two.
struct yolo_blocks {
    struct window stem;
    int repeats[4]; // of the backbone's stages
    struct maps (*stage)(struct maps x, const char *name, int64_t channels, int n, bool residual);
    bool reduces; // 1 x 1 convolutions ahead of the upsampling
};

// From the image to the three maps, each half as high and wide as the one before.
void yolo_pyramid(struct maps x, const struct yolo *n, const struct yolo_blocks *b,
                  struct maps scales[YOLO_SCALES]);

// Convolution and SiLU; batch normalization is in its weights, as in what is exported.
struct maps yolo_conv(struct maps x, const char *name, int64_t channels, struct window w);
// Two convolutions of x's channels, with a residual around them or not.
struct maps yolo_bottleneck(struct maps x, const char *name, int kernel, bool residual);
// A constant of the grid of boxes: of no interest but its shape.
struct maps yolo_constant(struct maps x, const char *name, int rank, const int64_t *dims);

#endif
