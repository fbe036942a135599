// The models of a suite as the sampler wants them: chains of its targets.
#ifndef CLI_CHAINS_H
#define CLI_CHAINS_H

#include "bricks/suite.h"
#include "runner/sequence.h"

struct chains {
    int n;
    struct chain *chain;
};

// One chain for each model; footprint and target_of are by model and by brick, NONE for bricks that
// are no targets. Models without any target are left out. Beyond `far` bytes nothing changes.
void chains_init(struct chains *c, const struct suite *s, const double *footprint, double far,
                 const int *target_of);
void chains_release(struct chains *c);

#endif
