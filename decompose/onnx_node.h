// One node while it is read: onnx_node.c unpacks it, onnx_node_attr.c reads what its attributes
// say.
#ifndef DECOMPOSE_ONNX_NODE_H
#define DECOMPOSE_ONNX_NODE_H

#include "decompose/onnx.pb-c.h"
#include "decompose/onnx_read.h"

struct onnx_node {
    struct onnx_reader *r;
    const Onnx__NodeProto *proto;
    struct wire large;      // tensor of an attribute that protobuf-c did not get to see; else empty
    char label[LABEL_SIZE]; // "Conv 'conv1'"
};

// Sets one attribute of a node of the graph. Ones that the operator does not have are noted.
int onnx_read_attribute(const struct onnx_node *n, struct node *node,
                        const Onnx__AttributeProto *a);

// A Constant is no node of the graph: its tensor becomes a weight.
int onnx_read_constant(const struct onnx_node *n);

#endif
