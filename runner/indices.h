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
// element k, or NONE. With a count of 0 nothing is said of single elements.
typedef void indices_found(void *context, const struct node *n, int src, int64_t count,
                           const int64_t *from);

// Calls `found` (may be NULL), with a count of 0, for each such source that elements of value v (no
// view) come to: of most inputs, which are pictures, and of most results none does. Returns how
// many elements indices_follow would move and look at, which a hostile model can make any number;
// 0 if there is no such source.
int64_t indices_reach(const struct graph *g, int v, indices_source *wanted, indices_found *found,
                      void *context);

// Follows the elements of a value, in the order of its memory.
void indices_follow(const struct graph *g, int v, indices_source *wanted, indices_found *found,
                    void *context);

#endif
