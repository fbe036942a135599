// What the files of the reference share. A reference kernel computes the whole results of one step
// as numbers in row-major order of the logical shape; reference/reference.c applies the posts and
// stores the results in their type and layout. As nothing is stored before all is read, the memory
// of a result may be that of a source.
#ifndef REFERENCE_KERNELS_H
#define REFERENCE_KERNELS_H

#include "bricks/graph.h"
#include "reference/number.h"

// One source as the step sees it.
struct operand {
    const char *data; // NULL: an omitted optional source
    const struct tensor *t;
    int64_t strides[MAX_RANK]; // in elements
};

// One result; t and out are NULL for an optional one that nobody uses.
struct result {
    const struct tensor *t;
    long double *out; // elements of t, row-major
};

struct reference_step {
    const struct node *node;
    int n_src;                 // of the operator itself: operands of posts come behind them
    const struct operand *src; // all
    int n_dst;
    const struct result *results;
    const struct tensor *dst; // of result 0, as most operators have no other
    long double *out;
    bool threaded;
    const char **refusal; // see step_refuse
};

typedef void reference_kernel(const struct reference_step *s);

// Element at `offset` elements from the start.
static inline long double operand_read(const struct operand *o, int64_t offset)
{
    return number_read(o->t->type, o->data, offset);
}

// An optional source, or NULL if the step does not have it.
static inline const struct operand *optional_source(const struct reference_step *s, int k)
{
    return k >= 0 && k < s->n_src && s->src[k].data ? &s->src[k] : NULL;
}

// An optional result, or NULL if nobody wants it.
static inline const struct result *optional_result(const struct reference_step *s, int k)
{
    return k < s->n_dst && s->results[k].t ? &s->results[k] : NULL;
}

// Says that the step has no result for these contents, as with an index beyond the data. What the
// kernel gives then is thrown away.
void step_refuse(const struct reference_step *s, const char *why);

// An attribute that lists one item per spatial dimension; `fallback` where it has no item i.
int64_t node_item(const struct node *n, enum attr_key key, int i, int64_t fallback);
// `axis` or the fallback as a dimension of that rank, counted from the front.
int node_axis(const struct node *n, int64_t fallback, int rank);

// Coordinates of element i in row-major order of the logical shape, and back.
void tensor_coordinates(const struct tensor *t, int64_t i, int64_t at[MAX_RANK]);
int64_t tensor_index(const struct tensor *t, const int64_t *at);

// Place of the element of o at its own coordinates.
int64_t operand_offset(const struct operand *o, const int64_t *at);
// Place of the element of o that belongs to coordinates `at` of a tensor of that rank, by ONNX's
// broadcasting: dimensions are aligned at the end, one of size 1 is repeated.
int64_t operand_broadcast(const struct operand *o, int rank, const int64_t *at);
// The numbers at these places: at own coordinates, and of source k by broadcasting to dst.
long double operand_at(const struct operand *o, const int64_t *at);
long double source_at(const struct reference_step *s, int k, const int64_t *at);
// Element i of o in row-major order.
long double operand_element(const struct operand *o, int64_t i);

// A line of n elements of an operand: where it starts and how far its elements are apart.
struct span {
    int64_t offset, stride;
};
// Sum of the products of two such lines.
long double dot(const struct operand *a, struct span x, const struct operand *b, struct span y,
                int64_t n);

// Fills result 0 with what `element` says for each of its coordinates, in any order and by
// several threads.
typedef long double element_function(const struct reference_step *s, const int64_t *at,
                                     const void *context);
void each_element(const struct reference_step *s, element_function *element, const void *context);

// The numbers of a tensor with dimension `axis` as lines: of `length` elements, `stride` apart.
struct lines {
    int64_t n, length, stride;
};
struct lines lines_along(const struct tensor *t, int axis);
// First element of line i, in row-major order.
int64_t line_start(const struct lines *l, int64_t i);

// All numbers of a source in row-major order. The caller frees them.
long double *operand_numbers(const struct operand *o);

// The scalar functions of elementwise operators, also those of posts. Both fail with BUG for an
// operator that is not of that kind. alpha and beta as in struct post.
long double reference_apply_unary(enum op op, long double x, double alpha, double beta);
long double reference_apply_binary(enum op op, long double x, long double y);

// The kernels of the column `reference` in ops.def.
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, reference, version)          \
    REFERENCE_KERNEL(reference)
#define REFERENCE_KERNEL(reference) reference_kernel reference_##reference;
#include "bricks/ops.def"
#undef OP
#undef REFERENCE_KERNEL

#endif
