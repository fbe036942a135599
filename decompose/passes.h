// What the passes of decompose/ share: messages, access to sources and results of a node, and the
// rules of the shape column.
#ifndef DECOMPOSE_PASSES_H
#define DECOMPOSE_PASSES_H

#include "bricks/graph.h"
#include "reference/number.h"

enum { MAX_SPATIAL = 3 };

// Messages begin with the node: "Conv 'conv1': ...". Returns -1.
int node_fail(const struct graph *g, const struct node *n, struct error *err, const char *format,
              ...) __attribute__((format(printf, 4, 5)));

// The same where nothing is wrong with the model: what the node does cannot be handled, or not
// before it runs, as where shapes depend on data.
int node_unsupported(const struct graph *g, const struct node *n, struct error *err,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

// "Conv 'conv1'"; "Conv that gives 'x'" for a node without a name.
struct label_text {
    char s[192];
};
struct label_text node_label(const struct graph *g, const struct node *n);

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

// Contents of a value or of what it views, computed now if nobody has asked for them yet; NULL if
// not known. Never NULL for a constant without elements.
const void *value_data(const struct graph *g, int v);

// Source k of a node: its value and tensor. NONE and NULL if it is omitted.
int node_src(const struct node *n, int k);
// The source of a node of two that is not v.
int node_other_src(const struct node *n, int v);
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

// Contents of source k, a constant of rank 0 or 1, as at most `room` (or MAX_RANK) numbers, or as
// one. Where they are known only at run time the node is unsupported; `what` says what they mean.
int node_src_list(const struct graph *g, const struct node *n, int k, const char *what, int room,
                  int64_t *out, int *count, struct error *err);
int node_src_ints(const struct graph *g, const struct node *n, int k, const char *what,
                  int64_t out[MAX_RANK], int *count, struct error *err);
int node_src_int(const struct graph *g, const struct node *n, int k, const char *what, int64_t *out,
                 struct error *err);
int node_src_floats(const struct graph *g, const struct node *n, int k, const char *what, int room,
                    float *out, int *count, struct error *err);

// Fails if a list of numbers is not as long as it has to be; `what` names it.
int node_check_count(const struct graph *g, const struct node *n, const char *what, int count,
                     int wanted, struct error *err);

// Axes of `rank` dimensions, from the attribute (before opset 13 or 18) or from source k, in the
// given order: different ones in [0, rank), none where there are none.
int node_axes(const struct graph *g, const struct node *n, int k, int rank, int64_t axes[MAX_RANK],
              int *count, struct error *err);

// Writes a truth value as 0 or 1, 0 where it is absent.
void node_set_flag(struct graph *g, struct node *n, enum attr_key key);

// Source k was taken into the attributes: it is omitted from now on.
void node_omit_src(struct node *n, int k);

// True if somebody uses result k.
bool node_dst_used(const struct graph *g, const struct node *n, int k);

// Shape of an elementwise operation (ONNX Broadcasting.md); false if the two do not fit.
bool broadcast_shapes(const struct tensor *a, const struct tensor *b, struct tensor *out);

// Keys or values from before, source k if there is one, stand in front of those of now (t:
// [batch, heads, sequence, size]), which grow by them.
int add_past(const struct graph *g, const struct node *n, int k, struct tensor *t,
             struct error *err);

// Contents of t in the order of dimensions perm, new in the graph's arena.
void *permuted_data(struct graph *g, const struct tensor *t, const void *data, const int64_t *perm);

// Whether a node's results are constants, and making them so: with their contents where those of
// the sources are known, and the work is no more than *budget bytes (which it is taken from). What
// is large is computed when somebody asks for it.
bool node_folds(const struct graph *g, const struct node *n);
void fold_node(struct graph *g, const struct node *n, size_t *budget);
// Computes what value v waits for.
void follow_recipe(const struct graph *g, int v);
// Computes what is used and nobody has asked for yet.
void follow_recipes(struct graph *g);

// infer_shapes without that: contents that are not needed for shapes may wait.
int infer_shapes_only(struct graph *g, struct error *err);

// Hands the layer names of node i, which is about to vanish, to the first step that uses its
// result, else to the one that made its source.
void node_hand_layers(struct graph *g, int i);

// Whether node i only shows the bytes of its source in another shape.
bool node_is_view(const struct graph *g, int i);

bool value_is_output(const struct graph *g, int v);

// Whether the source of node i, a Transpose, will lie channels-last, and so be its result row-major
// with nothing moved.
bool becomes_row_major(const struct graph *g, int i);

// Whether node i, a Transpose, will only give dimensions other names, as its source will lie in
// memory in the order of its result; and `other`, as large as that, not in the order of the source.
bool becomes_relabelling(const struct graph *g, int i, int other);

// Marks what is computed in the place of a source that dies there: elementwise
// steps of one source, and what accumulates what it adds. For graphs of steps in their final order.
void mark_inplace(struct graph *g);

// Sets the body_bytes of a body that was just read, whose own bodies have theirs.
void graph_weigh_body(struct graph *body);
// Takes node i out of the computation, for that reason: it becomes an OP_Unknown, and its results
// have no tensors.
void node_give_up(struct graph *g, struct node *n, const char *reason);
// Moves such nodes, and what stands behind them, into the list of what is not modelled; what they
// read becomes an output of the graph. Fails if nothing remains. g must be indexed.
int graph_cut_unmodelled(struct graph *g, struct error *err);

// Rules of the shape column: check the sources, normalise the attributes, fill the results.
#define OP(name, srcs, dsts, attrs, shape, ...)                                                    \
    int infer_##shape(struct graph *g, struct node *n, struct error *err);
#include "bricks/ops.def"
#undef OP

#endif
