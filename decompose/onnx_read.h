// What the parts of the ONNX reader share. The graph is read in this order, each a walk over the
// fields of GraphProto: operators that are not supported (onnx_support.c), initializers, inputs
// (onnx_ports.c), nodes (onnx_node.c), outputs (onnx_ports.c).
#ifndef DECOMPOSE_ONNX_READ_H
#define DECOMPOSE_ONNX_READ_H

#include "decompose/decompose.h"
#include "decompose/names.h"
#include "decompose/onnx_tensor.h"

enum {
    MAX_MESSAGE_BYTES = 64 * 1024, // of what is handed to protobuf-c, which may take 50 times that
    MAX_NODES = 1000 * 1000,
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

struct onnx_reader {
    const struct decompose_options *options;
    struct graph *graph;
    struct notes *notes;
    struct names names;
    int n_dims, dims_capacity;
    struct bound_dim *dims; // the options' first, then those that were taken as 1
    struct error *err;
};

// Calls visit for each field of that number which holds bytes, until one call fails.
int onnx_each(struct onnx_reader *r, struct wire message, uint32_t number,
              int (*visit)(struct onnx_reader *, struct wire));

// A text of the file as a string in the graph's arena.
const char *onnx_text(struct onnx_reader *r, struct wire text);

// One walk over the nodes: fails with the list of all operators that dlbricks does not have.
int onnx_check_operators(struct onnx_reader *r, struct wire graph);

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

// Binds names of dimensions; onnx_dims_report notes the bindings that no input used, and hands out
// the others.
void onnx_dims_init(struct onnx_reader *r);
void onnx_dims_report(struct onnx_reader *r);

// Visitors for onnx_each over the graph.
int onnx_read_input(struct onnx_reader *r, struct wire bytes);
int onnx_read_output(struct onnx_reader *r, struct wire bytes);
int onnx_read_node(struct onnx_reader *r, struct wire bytes);

// op_from_name for the operators of ONNX only, by domain: enum op or -1.
int onnx_op(const char *domain, const char *op_type);

#endif
