// Reference: every operator as a plain, slow loop on tensors of any type and layout. Shares nothing
// with the kernels that runner/check.h compares with it; decompose/ computes constants with it.
#ifndef REFERENCE_REFERENCE_H
#define REFERENCE_REFERENCE_H

#include "bricks/graph.h"

// Computes one node. src[k]: contents of its sources in their own layout, weights unpacked
// row-major; dst[k]: room for its results, which may be the memory of a source. NULL where it has
// none, or where a result is not wanted. With `threaded` all threads of OpenMP's team help. Fails
// where the contents have no result, as with an index beyond the data.
int reference_node(const struct graph *g, const struct node *n, const void *const *src,
                   void *const *dst, bool threaded, struct error *err);

// Computes all nodes of an indexed graph. address[v]: contents of every input and weight; results
// are written to address[v] of every node value (views: NULL).
int reference_run(const struct graph *g, void *const *address, struct error *err);

#endif
