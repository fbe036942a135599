// Interpolation: every element of the result is a weighted sum of elements of the source.
#ifndef RUNNER_LOOPS_RESIZE_H
#define RUNNER_LOOPS_RESIZE_H

#include "runner/loops.h"

enum { RESIZE_DIMS = 3 };

// What one dimension adds: result i is the sum of `taps` source elements index[i * taps ...], each
// times its weight. An index of RESIZE_OUTSIDE: the result is `outside`, whatever the others say.
struct loop_taps {
    int64_t in, out, taps;
    const int64_t *index;
    const float *weight;
};
enum { RESIZE_OUTSIDE = -1 };

// src dst, f32. Tensors are [outer][three dimensions][inner].
struct loop_resize {
    int64_t outer, inner;
    struct loop_taps dims[RESIZE_DIMS];
    float outside;
};
extern const struct loop loop_resize;

#endif
