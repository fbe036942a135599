// Windows that slide over spatial dimensions, as convolution and pooling have them.
#ifndef REFERENCE_WINDOW_H
#define REFERENCE_WINDOW_H

#include "reference/kernels.h"

enum { MAX_SPATIAL = MAX_RANK - 2 };

// Absent attributes read as in ONNX.
struct window {
    int rank; // spatial dimensions
    int64_t taps;
    int64_t kernel[MAX_SPATIAL], stride[MAX_SPATIAL], dilation[MAX_SPATIAL];
    int64_t begin[MAX_SPATIAL], end[MAX_SPATIAL]; // padding
};

// Of a tensor of that rank; `kernel`: sizes for a node that does not say them.
struct window window_of(const struct node *n, int rank, const int64_t *kernel);

// Where a tap of the window at dst's coordinates `at` falls: *place is filled with its spatial
// coordinates, BEYOND the padding only with ceil_mode.
enum where { INSIDE, IN_PADDING, BEYOND };
enum where tap_place(const struct window *w, const struct tensor *src, const int64_t *at,
                     int64_t tap, int64_t *place);

#endif
