// Reference: runs a graph of steps with plain, slow loops in double precision, one per operator,
// on tensors of any layout. Shares nothing with the kernels that it checks.
#ifndef RUNNER_REFERENCE_H
#define RUNNER_REFERENCE_H

#include "bricks/graph.h"

// address[v]: contents of every input and weight of the indexed graph, in the tensor's own layout,
// weights unpacked row-major; results are written to address[v] of every node value (views: NULL).
int reference_run(const struct graph *g, void *const *address, struct error *err);

#endif
