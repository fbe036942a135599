// Sharing bricks without showing models. An anonymous suite has the bricks of its models and how
// often each is used, and tells no names, no order and no connections: all bricks are pooled in one
// "model" per footprint (a point of footprint_grid, at which they are to be timed), sorted by
// signature, each for itself between the model's inputs. Whoever times them learns which subgraphs
// there are, how often, and at which footprint: a pool that only one model fills is that model's
// bricks. The bricks of several owners and of decoys of the same footprint can be pooled.
//
// A key is what the owner keeps: a suite's file with signatures in the place of the bricks' texts.
#ifndef BRICKS_SUITE_ANONYMOUS_H
#define BRICKS_SUITE_ANONYMOUS_H

#include "bricks/suite.h"

// Fills `to`, which need not be initialised, from all models of a suite. Which models stand first
// makes no difference.
void suite_pool(struct suite *to, const struct suite *from);

// Refuses a suite with anonymous models, which cannot be put together.
int suite_check_whole(const struct suite *s, struct error *err);

int suite_save_key(const struct suite *s, const char *path, struct error *err);
// Reads the models of a key into s, which need not be initialised; their bricks are copied from
// `pool`, which may hold others as well. Checks like suite_load.
int suite_load_key(struct suite *s, const struct suite *pool, const char *path, struct error *err);

#endif
