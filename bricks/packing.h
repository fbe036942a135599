// Which weights lie in memory as the model has them, row by row, and which in an order of the
// primitive's own: a rule over the text of a step, the same on any CPU.
#ifndef BRICKS_PACKING_H
#define BRICKS_PACKING_H

#include "bricks/graph.h"

// One row times a table of weights, whose rows are multiplied as they lie: as fast as any packed
// form where the table comes from memory and the row stays in the innermost cache.
bool step_multiplies_table(const struct graph *g, const struct node *n);

// Whether weight source `src` is packed.
bool step_packs(const struct graph *g, const struct node *n, int src);

#endif
