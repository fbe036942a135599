// One node while it is read: onnx_node.c unpacks it, onnx_node_attr.c reads what its attributes
// say, onnx_body.c its sub-graphs.
#ifndef DECOMPOSE_ONNX_NODE_H
#define DECOMPOSE_ONNX_NODE_H

#include "decompose/onnx.pb-c.h"
#include "decompose/onnx_read.h"

// An attribute that protobuf-c did not get to see.
struct onnx_large_attribute {
    struct wire name, tensor, graph;
};

enum { MAX_LARGE_ATTRIBUTES = 4 };

struct onnx_node {
    struct onnx_reader *r;
    const Onnx__NodeProto *proto;
    size_t n_attributes;
    Onnx__AttributeProto **attributes; // those of proto, references resolved
    int n_large;
    struct onnx_large_attribute large[MAX_LARGE_ATTRIBUTES];
    char label[LABEL_SIZE]; // "Conv 'conv1'"
};

// The node's name with the reader's prefix; one without a name is known by its first output, as
// everybody else shows it.
const char *onnx_node_name(const struct onnx_node *n);

// Values of n_src sources (omitted ones are NONE) and behind them those of all destinations, in an
// array that the caller frees; NULL with a message.
int *onnx_node_values(const struct onnx_node *n, int n_src);

// Sets one attribute of a node of the graph. Ones that the operator does not have are noted.
int onnx_read_attribute(const struct onnx_node *n, struct node *node,
                        const Onnx__AttributeProto *a);

// A Constant is no node of the graph: its tensor becomes a weight.
int onnx_read_constant(const struct onnx_node *n);

// Lists the node's attributes: those that refer to one of the call in whose function the node
// stands have that one's value, or are left out if the call has none such.
void onnx_resolve_attributes(struct onnx_node *n);

// The graph of that attribute; empty if there is none.
struct wire onnx_attribute_graph(const struct onnx_node *n, const char *name);

#endif
