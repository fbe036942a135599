// Filler bricks: fixed neighbours in surrogate models, so that a record does not depend on what
// else the suite holds. They belong to the version of the timing policy.
#ifndef RUNNER_FILLERS_H
#define RUNNER_FILLERS_H

#include "bricks/brick.h"

extern const int n_fillers;

struct brick *filler_brick(int i); // free with brick_free
#endif
