// Footprints: bytes touched between two uses of the same weights. Bricks are timed at points of a
// fixed grid, so that records of all runs and machines compare; a model lies between two of them.
#ifndef BRICKS_FOOTPRINT_H
#define BRICKS_FOOTPRINT_H

#include "bricks/suite.h"

// The grid: half octaves, 256 KiB, 362 KiB, 512 KiB, ... rounded to whole KiB.
double footprint_grid(int i);

// Grid points on both sides of a model's footprint, and where between them (by logarithm) the
// model lies: time = (1 - at) * time(low) + at * time(high). Beyond `far` (a few times the
// effective last-level cache) nothing changes any more: low = high = the first point beyond it.
// Below the first point likewise.
struct footprint_span {
    double low, high;
    double at; // 0 to 1
};
struct footprint_span footprint_span(double footprint, double far);

// Far enough beyond a last-level cache of so many bytes that all weights come from memory.
double footprint_far(double last_level_cache);

// A model's own footprint: its distinct weights and the distinct bytes of its activation arena.
double model_footprint(const struct suite *s, const struct model *m);

// What a suite needs of each brick.
struct demand {
    int n;             // footprints
    double *footprint; // ascending points of the grid
    double *uses;      // per footprint: instances in all models that need it, by their share of it
};

// One demand per brick of the suite; free with demands_free. footprints[m] receives the footprint
// of model m (may be NULL).
struct demand *demands_of_suite(const struct suite *s, double far, double *footprints);
void demands_free(struct demand *demands, int n);

#endif
