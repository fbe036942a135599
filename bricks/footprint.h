// Footprints: bytes touched between two uses of the same weights. Bricks are timed at points of a
// fixed grid, so that records of all runs and machines compare; a model takes the times of the
// point next to it. Interpolating between two points would cost twice the time and tell no more: a
// step of the grid is 19 %, so that a model is at most 9 % from its point, and times change by a
// tenth or so per octave, near the last-level cache.
#ifndef BRICKS_FOOTPRINT_H
#define BRICKS_FOOTPRINT_H

#include "bricks/suite.h"

// The grid: quarters of octaves, 256 KiB, 304 KiB, 362 KiB, ... rounded to whole KiB.
double footprint_grid(int i);

// The point of the grid next to a model's footprint. Beyond `far` (a few times the effective
// last-level cache) nothing changes any more: the first point beyond it stands for all; below the
// first point likewise.
double footprint_point(double footprint, double far);

// Far enough beyond a last-level cache of so many bytes that all weights come from memory.
double footprint_far(double last_level_cache);

// A model's own footprint: what a run reads of its distinct weights and the distinct bytes of its
// activation arena.
double model_footprint(const struct suite *s, const struct model *m);
// All that it keeps in memory: tables count whole. Of an anonymous model, whose tables nobody knows
// apart, its footprint.
double model_memory(const struct suite *s, const struct model *m);

// What a suite needs of each brick.
struct demand {
    int n;             // footprints
    double *footprint; // ascending points of the grid
    double *uses;      // per footprint: instances in all models that need it
};

// One demand per brick of the suite; free with demands_free. footprints[m] receives the footprint
// of model m (may be NULL).
struct demand *demands_of_suite(const struct suite *s, double far, double *footprints);
// The same where every model is taken to have each of these footprints, whatever its own is.
struct demand *demands_at(const struct suite *s, double far, int n, const double *footprints);
// Adds uses at a point of the grid; {0} is an empty demand.
void demand_add(struct demand *d, double footprint, double uses);
void demand_release(struct demand *d);
// Number of a footprint in it, or NONE.
int demand_find(const struct demand *d, double footprint);
void demands_free(struct demand *demands, int n);

#endif
