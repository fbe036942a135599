// What the files of step_check share: one check per entry of the column `lower`, and what those
// ask about shapes and attributes.
#ifndef BRICKS_STEP_CHECKS_H
#define BRICKS_STEP_CHECKS_H

#include "bricks/step.h"
#include "bricks/step_check.h"

enum { MAX_SPATIAL = 3 };

// NULL if the sources, attributes and results of n fit each other, else what does not. All tensors
// have elements, and results 0 and the sources that the operator needs are there.
typedef const char *check_function(const struct graph *g, const struct node *n);
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, ...) OP_ROW(lower)
#define OP_ROW(lower) const char *check_##lower(const struct graph *g, const struct node *n);
#include "bricks/ops.def"
#undef OP_ROW
#undef OP

// `what` unless it fits.
const char *unless(bool fits, const char *what);

const struct tensor *step_src(const struct graph *g, const struct node *n, int k);
// NULL if source k of the operator itself is not given.
const struct tensor *step_optional_src(const struct graph *g, const struct node *n, int k);
const struct tensor *step_dst(const struct graph *g, const struct node *n);

// ---- shapes --------------------------------------------------------------------------------

bool tensor_is_row_major(const struct tensor *t);
bool tensor_is_vector_of(const struct tensor *t, int64_t n);
bool tensor_is_spatial(const struct tensor *t);
// True if the dimensions are these.
bool tensor_has_dims(const struct tensor *t, int rank, const int64_t *dims);

// ---- attributes ----------------------------------------------------------------------------

// The axis, counted from the front, or NONE if there is no such dimension.
int step_axis(const struct node *n, int64_t fallback, int rank);
// Exactly `count` integers, or the fallback for each; false if one is below `least` or beyond 32
// bits, as products of two of them must not overflow.
bool step_read_ints(const struct node *n, enum attr_key key, int count, int64_t least,
                    int64_t fallback, int64_t *out);

#endif
