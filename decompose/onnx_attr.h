// Where ONNX's attributes and those of bricks/attrs.def differ, for reading and writing alike.
#ifndef DECOMPOSE_ONNX_ATTR_H
#define DECOMPOSE_ONNX_ATTR_H

#include <stdint.h>

#include "bricks/op.h"

// AttributeProto.AttributeType
enum onnx_attr_type {
    ONNX_FLOAT = 1,
    ONNX_INT = 2,
    ONNX_STRING = 3,
    ONNX_TENSOR = 4,
    ONNX_GRAPH = 5,
    ONNX_FLOATS = 6,
    ONNX_INTS = 7,
    ONNX_STRINGS = 8,
};

const char *onnx_attr_type_name(int32_t type); // "ints"; "unknown" for what ONNX does not have

// ONNX's name of an attribute, and the key that it has for one operator; -1 if it has none such.
const char *onnx_attr_name(enum attr_key key);
int onnx_attr_key(enum op op, const char *name);

// How ONNX writes an attribute of that key.
enum onnx_attr_type onnx_attr_type(enum attr_key key);

#endif
