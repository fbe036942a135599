// What the passes of decompose/ share: messages, access to sources and results of a node, and the
// rules of the shape column.
#ifndef DECOMPOSE_PASSES_H
#define DECOMPOSE_PASSES_H

#include "bricks/graph.h"

enum { MAX_SPATIAL = 3 };

// Messages begin with the node: "Conv 'conv1': ...". Returns -1.
int node_fail(const struct graph *g, const struct node *n, struct error *err, const char *format,
              ...) __attribute__((format(printf, 4, 5)));

// "64x32x3x3", for messages; "scalar" for rank 0.
struct dims_text {
    char s[MAX_RANK * 24];
};
struct dims_text dims_text(const struct tensor *t);

// A value's name for messages: shortened, without control characters; "(unnamed)" if it has none.
struct name_text {
    char s[100];
};
struct name_text value_name(const struct graph *g, int v);

// Contents of a value or of what it views; NULL if not known. Never NULL for a constant without
// elements.
const void *value_data(const struct graph *g, int v);

// Source k of a node: its value and tensor. NONE and NULL if it is omitted.
int node_src(const struct node *n, int k);
const struct tensor *node_src_tensor(const struct graph *g, const struct node *n, int k);

// Gives result k its tensor, row-major. Fails if it has too many elements or dimensions.
int node_set_dst(struct graph *g, const struct node *n, int k, const struct tensor *t,
                 struct error *err);

// Reads `axis` (or the fallback) as a number in [0, limit) and writes it back into the node.
int node_normal_axis(struct graph *g, struct node *n, int64_t fallback, int limit,
                     struct error *err);
// The same for one number that is not an attribute; `what` names it.
int normal_axis(const struct graph *g, const struct node *n, const char *what, int64_t *axis,
                int limit, struct error *err);

// Contents of source k as integers: at most MAX_RANK of a tensor of rank 0 or 1. Fails if they
// are not constants; `what` says what they mean.
int node_src_ints(const struct graph *g, const struct node *n, int k, const char *what,
                  int64_t out[MAX_RANK], int *count, struct error *err);

// Shape of an elementwise operation (ONNX Broadcasting.md); false if the two do not fit.
bool broadcast_shapes(const struct tensor *a, const struct tensor *b, struct tensor *out);

// Element i of dense contents of any type that folding knows (not f16, bf16).
long double number_read(enum type type, const void *data, int64_t i);
void number_write(enum type type, void *data, int64_t i, long double x);
bool number_type(enum type type);

// Contents of t in the order of dimensions perm, new in the graph's arena.
void *permuted_data(struct graph *g, const struct tensor *t, const void *data, const int64_t *perm);

// Whether nodes of this operator can be computed here, and the contents of result 0 of a node
// whose result's tensor is known: NULL if a source's contents are not, or the result is larger
// than *budget bytes (which it is taken from).
bool op_folds(enum op op);
const void *fold_node(struct graph *g, const struct node *n, size_t *budget);

// First node that has v as a source, NONE if none has.
int value_user(const struct graph *g, int v);

// The node that alone uses result 0 of node i, once; NONE if there are others or it is an output.
int node_single_user(const struct graph *g, int i);

// Hands the layer names of node i, which is about to vanish, to the first step that uses its
// result, else to the one that made its source.
void node_hand_layers(struct graph *g, int i);

bool value_is_output(const struct graph *g, int v);

// Marks what is computed in the place of a source that dies there: unary steps and accumulated
// residuals. For graphs of steps in their final order.
void mark_inplace(struct graph *g);

// Rules of the shape column: check the sources, normalise the attributes, fill the results.
#define OP(name, srcs, dsts, attrs, shape, ...)                                                    \
    int infer_##shape(struct graph *g, struct node *n, struct error *err);
#include "bricks/ops.def"
#undef OP

#endif
