// Whether a step that was read from a file can be run: its shapes fit each other, and no kernel
// would read or write beyond a tensor.
#ifndef BRICKS_STEP_CHECK_H
#define BRICKS_STEP_CHECK_H

#include "bricks/graph.h"

// NULL if the step is sound; otherwise what is wrong. The step needs not be in g yet; it has a
// first result and as many sources as its operator takes.
const char *step_check(const struct graph *g, const struct node *n);

#endif
