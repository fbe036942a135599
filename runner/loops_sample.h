// Images read between their elements, at places that data name. Loops over f32 with the channels
// innermost; absent spatial dimensions have extent 1.
#ifndef RUNNER_LOOPS_SAMPLE_H
#define RUNNER_LOOPS_SAMPLE_H

#include "runner/loops.h"

enum { SAMPLE_DIMS = 3 };
enum sample_mode { SAMPLE_nearest, SAMPLE_linear, SAMPLE_cubic };
enum sample_padding { SAMPLE_zeros, SAMPLE_border, SAMPLE_reflection };

// src grid dst. src [n][in...][channels], dst [n][out...][channels]; grid [n][out...][rank], where
// to read, from -1 to 1 and the last dimension first.
struct loop_grid_sample {
    int64_t n, channels, in[SAMPLE_DIMS], out[SAMPLE_DIMS];
    int rank; // spatial dimensions: the last ones of in and out
    enum sample_mode mode;
    enum sample_padding padding;
    bool align; // -1 and 1 are the outer elements' centres, not their edges
};
extern const struct loop loop_grid_sample;

// src regions images dst. src [n][in...][channels], regions [n_regions][x1, y1, x2, y2], images
// [n_regions], dst [n_regions][bins...][channels]. A bin is the average, or the largest, of
// ratio x ratio samples; ratio 0: about one per element.
struct loop_roi_align {
    int64_t n, n_regions, channels, in[2], bins[2], ratio;
    enum type image_type; // s32 or s64
    float scale;          // from regions to elements
    bool half, largest;   // half: elements lie at halves
};
extern const struct loop loop_roi_align;

#endif
