// What the parts of the ONNX reader share. A file is read by onnx_model.c: the head, the local
// functions (onnx_function.c), then the graph (onnx_read.c), each part of it by a walk over the
// fields of GraphProto: initializers, inputs (onnx_ports.c), nodes (onnx_node.c), outputs.
//
// Names belong to a reader. The graph has one; a sub-graph (onnx_body.c) has its own, which gives
// a graph of its own where every outer value is an input; a call of a local function has its own,
// which adds to the graph that calls.
#ifndef DECOMPOSE_ONNX_READ_H
#define DECOMPOSE_ONNX_READ_H

#include "decompose/decompose.h"
#include "base/names.h"
#include "decompose/onnx.pb-c.h"
#include "decompose/onnx_tensor.h"

enum {
    MAX_MESSAGE_BYTES = 64 * 1024, // of what is handed to protobuf-c, which may take 50 times that
    MAX_NODES = 1000 * 1000,       // of one file, calls of functions multiplied out
    MAX_DEPTH = 32,                // of sub-graphs and calls
    LABEL_SIZE = 160,
};

// How names from the file stand in messages; control characters are replaced at the very end.
#define NAME "'%.96s'"

enum graph_field {
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    GRAPH_SPARSE_INITIALIZER = 15,
};

enum node_field {
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OP_TYPE = 4,
    NODE_ATTRIBUTE = 5,
    NODE_DOMAIN = 7,
};

struct bound_dim {
    const char *name;
    int64_t value;
    bool used;
};

// A local function.
struct onnx_function {
    struct wire bytes;
    Onnx__FunctionProto *head; // all but the nodes
    bool running;              // a call of it is being read
};

// What all readers of one file share.
struct onnx_file {
    struct arena arena;
    int n_nodes; // read so far
    int n_dims, dims_capacity;
    struct bound_dim *dims; // the options' first, then those that were taken as 1
    int n_functions, functions_capacity;
    struct onnx_function *functions;
    struct names function_names; // "domain:name" -> number
};

struct onnx_node;

struct onnx_reader {
    const struct decompose_options *options;
    struct notes *notes;
    struct error *err;
    struct onnx_file *file;
    struct graph *graph;
    struct names names;
    int depth;
    const char *prefix;             // of the names of a function's layers: "block_3/"; else ""
    const struct onnx_node *call;   // of the function whose nodes are being read; else NULL
    struct onnx_function *function; // that it calls
};

// Calls visit for each field of that number which holds bytes, until one call fails.
int onnx_each(struct onnx_reader *r, struct wire message, uint32_t number,
              int (*visit)(struct onnx_reader *, struct wire));

// A message without some of its fields, for protobuf-c: those are left out for which `leave_out`
// returns 1; -1 fails. NULL with a message if the rest is larger than MAX_MESSAGE_BYTES, or on
// failure. The caller frees it.
uint8_t *onnx_rest(struct wire message, size_t *size, void *context,
                   int (*leave_out)(void *context, const struct wire_field *f, size_t bytes),
                   struct error *err);

// The value of that name, made if it is not there yet, as something that a node will produce.
struct named_value *onnx_value(struct onnx_reader *r, const char *name);
// The same, as the place that defines it; NULL with a message if another one does already.
struct named_value *onnx_define(struct onnx_reader *r, const char *name);

// Defines a weight; contents (NULL: unknown) are copied. NULL with a message if the name is taken.
struct named_value *onnx_define_weight(struct onnx_reader *r, const char *name,
                                       const struct tensor *t, const void *data);
// The same from the file. Contents are loaded if they are small or the options ask for them;
// `where` ("initializer 'w1'") goes before messages.
int onnx_add_weight(struct onnx_reader *r, const char *where, const char *name,
                    const struct onnx_tensor *tensor);

// Half floats are storage only: what a model computes in them is computed in f32.
enum type onnx_computed_type(enum type stored);

// Binds names of dimensions; onnx_dims_report notes the bindings that no input used, and hands out
// the others.
void onnx_dims_init(struct onnx_reader *r);
void onnx_dims_report(struct onnx_reader *r);

int onnx_read_graph(struct onnx_reader *r, struct wire graph);
// Its first step: all fields, inputs and outputs by these visitors; and its last, which sorts.
int onnx_read_contents(struct onnx_reader *r, struct wire graph,
                       int (*read_input)(struct onnx_reader *, struct wire),
                       int (*read_output)(struct onnx_reader *, struct wire));
int onnx_finish(struct onnx_reader *r);

// Visitors for onnx_each over the graph.
int onnx_read_input(struct onnx_reader *r, struct wire bytes);
int onnx_read_output(struct onnx_reader *r, struct wire bytes);
int onnx_read_body_input(struct onnx_reader *r, struct wire bytes); // only names
int onnx_read_body_output(struct onnx_reader *r, struct wire bytes);
int onnx_read_node(struct onnx_reader *r, struct wire bytes);

// If and Loop: their graphs become bodies of the node, which gets the outer values that they use
// as sources behind its own.
int onnx_read_control(const struct onnx_node *n, enum op op);

// Local functions of a model: onnx_function_add is a visitor for onnx_each over ModelProto. A node
// that calls one is replaced by the function's nodes.
int onnx_function_add(struct onnx_reader *r, struct wire bytes);
struct onnx_function *onnx_function_find(struct onnx_reader *r, const char *domain,
                                         const char *op_type);
int onnx_function_call(const struct onnx_node *call, struct onnx_function *f);
void onnx_functions_release(struct onnx_file *file);

// op_from_name for the operators of ONNX and com.microsoft, by domain: enum op or -1.
int onnx_op(const char *domain, const char *op_type);

#endif
