// Which elements of a value are indices. Exporters hand a table's indices on through Slice, Split,
// Cast, Concat and the like, as where one input holds the indices of many tables: such steps only
// move elements, and are followed by moving the numbers of the elements with them.
#ifndef RUNNER_INDICES_H
#define RUNNER_INDICES_H

#include <stdbool.h>

#include "bricks/graph.h"

// Whether source `src` of such a step is what is looked for.
typedef bool indices_source(enum op op, int src);

// Called for a source of a node that is: from[k] is the element of the value that stands there as
// element k, or NONE.
typedef void indices_found(void *context, const struct node *n, int src, int64_t count,
                           const int64_t *from);

// Whether elements of value v (no view) can come to such a source: most inputs are pictures, and
// most results are read by nobody. Values of more than 2^22 elements are not followed: nobody looks
// up so much, and a hostile model could claim any number of them.
bool indices_reach(const struct graph *g, int v, indices_source *wanted);

// Follows the elements of a value that can, in the order of its memory.
void indices_follow(const struct graph *g, int v, indices_source *wanted, indices_found *found,
                    void *context);

#endif
