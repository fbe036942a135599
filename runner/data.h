// Memory and data for timing and checking.
#ifndef RUNNER_DATA_H
#define RUNNER_DATA_H

#include "bricks/graph.h"

// Fails if the machine has less memory than what is to be done needs: sizes come from files, and
// what is promised may not be there when it is touched.
int memory_suffices(double bytes, const char *what, struct error *err);

// Memory in huge pages where the kernel grants them, aligned to one; each page comes when it is
// touched first.
void *pages_map(size_t bytes, struct error *err);
// By the whole team, each thread one part, which becomes 0.
void pages_touch(void *p, size_t bytes);
void *pages_alloc(size_t bytes, struct error *err); // both
void pages_free(void *p, size_t bytes);             // NULL is fine
size_t pages_whole(size_t bytes);                   // rounded up to huge pages, as they are taken
size_t pages_small(size_t bytes);                   // rounded up to the pages that are always there

// Seeded pseudo-random floats, uniform in [-amplitude, amplitude], written by the whole team. The
// same for any number of threads. What is left behind the last whole float stays as it is.
void data_fill(void *p, size_t bytes, float amplitude, uint64_t seed);

// Fills one operand of a node with valid data: weights variance-preserving, variances and divisors
// positive, activations of amplitude 1, indices spread over what they index. Integers are small.
void data_fill_operand(const struct graph *g, const struct node *n, int src, void *p, size_t bytes,
                       uint64_t seed);

// The same for a part of an operand that is real numbers of f32, from element `first` on.
void data_fill_slice(const struct graph *g, const struct node *n, int src, int64_t first, void *p,
                     size_t bytes, uint64_t seed);

// Whether a node of g reads value v, or a view of it, as indices, perhaps through a Cast: the first
// that does, as its source `src`.
bool data_find_index(const struct graph *g, int v, int *node, int *src);

// Fills those elements of value v, no view, that steps take as indices, perhaps after others have
// moved them (runner/indices.h): each is spread over what it indexes, the smallest where several
// do. The other elements stay as they are.
void data_fill_indices(const struct graph *g, int v, void *p, uint64_t seed);
// Fills an input of a model: indices as above, reals with amplitude 1; other whole numbers stay as
// they are.
void data_fill_input(const struct graph *g, int v, void *p, uint64_t seed);
// What all indices among the elements of v have to be smaller than; 0 if there are none.
int64_t data_indices_below(const struct graph *g, int v);

#endif
