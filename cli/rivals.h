// Other implementations of bricks than the one that the cache has, to be timed beside it: in
// surrogate models that differ in nothing else, in turns with its own.
#ifndef CLI_RIVALS_H
#define CLI_RIVALS_H

#include "bricks/record.h"
#include "runner/kernel.h"

struct rival {
    int brick;
    int lane;             // two of one brick are in different ones
    bool out;             // it is not timed any more
    int target;           // its number while it is timed, else NONE
    struct record record; // receives its samples
};

struct rivals {
    struct kernel_set *kernels[MAX_KERNEL_NAMES]; // of each lane
    int n, capacity;
    struct rival *rival;
};

void rivals_init(struct rivals *r, const struct engine *engine);
void rivals_release(struct rivals *r);

// Adds an implementation of a brick of one step; the record is that of a run of the brick, empty.
void rivals_add(struct rivals *r, int brick, const struct graph *g, const char *implementation,
                int lane, const struct record *record);

#endif
