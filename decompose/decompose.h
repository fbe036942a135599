// From an ONNX file to a suite. The stages, each one function over the same graph:
//
//   onnx_read      file -> graph of ONNX nodes (weights are passed over unless asked for)
//   infer_shapes   binds symbolic dimensions, fills every tensor, folds what depends on constants
//                  only (infer.c, fold.c)
//   simplify       operators that move nothing or mean another vanish: Identity, Dropout, Sum ...
//   fuse           operators spelled in others become one; bias, norm, activation, residual and
//                  padding go into the convolution or product beside them
//   assign_layouts channels-last around spatial steps, Reorder at the seams, views become edges
//   split          steps -> bricks, model -> suite
#ifndef DECOMPOSE_DECOMPOSE_H
#define DECOMPOSE_DECOMPOSE_H

#include "bricks/graph.h"
#include "bricks/suite.h"

struct dim_binding {
    const char *name;
    int64_t value;
};

struct decompose_options {
    int n_dims;
    const struct dim_binding *dims; // --dim NAME=VALUE
    int n_optional_dims;            // the last of them: no note if no input has them
    bool any_dims;                  // dimensions that nobody binds are 1, for looking at nodes only
    bool with_weights;              // load the contents of initializers (checks need them)
    bool no_fusion;                 // every layer stays a step of its own: for tests that compare
};

// Something the user should know but that is no error, e.g. a dimension that was bound to 1.
// Each text is kept once; control characters are replaced. Functions take NULL for no interest.
// Reading an ONNX file also leaves the symbolic dimensions here as they were bound, by --dim or by
// default.
struct notes {
    struct arena arena;
    int n, capacity;
    const char **text;
    int n_dims, dims_capacity;
    struct dim_binding *dims;
};
void notes_add(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_add_dim(struct notes *notes, const char *name, int64_t value);
void notes_release(struct notes *notes);

// Reads an ONNX file into a graph of ONNX nodes. Fails with one complete message on anything that
// is not a valid model: missing, truncated, not ONNX, too deep, too large, unsupported operators
// (all of them named with their first node, and how many of the model's nodes they are).
// Shapes that are symbolic are bound here. The caller frees with graph_release and free.
struct graph *onnx_read(const char *path, const struct decompose_options *options,
                        struct notes *notes, struct error *err);

// Version of protobuf-c, which writes the files.
const char *onnx_protobuf_version(void);

// Writes a graph of ONNX nodes as an ONNX file; weights without contents become ConstantOfShape
// nodes, so that the file is small. "-" is standard output.
int onnx_write(const struct graph *g, const char *path, struct error *err);

// Reads one serialized TensorProto file (ONNX's test data). *t receives type and shape; the
// contents are returned, dense and row-major; the caller frees them. NULL on failure.
void *onnx_read_tensor(const char *path, struct tensor *t, struct error *err);

int infer_shapes(struct graph *g, struct error *err);
int simplify(struct graph *g, struct error *err);
int fuse(struct graph *g, struct error *err);
// A large weight that is read as it is, and transposed by a product of one row, is one weight: the
// product turns it.
void tie_weights(struct graph *g);
int assign_layouts(struct graph *g, struct error *err);

// Whether an operator may become others before there are steps, and whether its result is computed
// where its sources are constant.
bool op_is_rewritten(enum op op);
bool op_is_folded(enum op op);

// All stages from a graph of ONNX nodes to a graph of steps, in place.
int graph_to_steps(struct graph *g, const struct decompose_options *options, struct error *err);

// Splits a graph of steps into bricks of at most s->granularity steps and adds it to the suite as
// one model.
int split(struct suite *s, const struct graph *steps, const char *name, const char *source,
          struct error *err);

// The whole way for one file: read, to steps, split.
int decompose_file(struct suite *s, const char *path, const struct decompose_options *options,
                   struct notes *notes, struct error *err);

#endif
