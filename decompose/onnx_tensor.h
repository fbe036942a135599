// A TensorProto in a mapped file: its head (name, type, shape) is read without touching the
// contents, which stay where they are until someone asks for them.
#ifndef DECOMPOSE_ONNX_TENSOR_H
#define DECOMPOSE_ONNX_TENSOR_H

#include "bricks/tensor.h"
#include "decompose/wire.h"

struct onnx_tensor {
    struct wire bytes; // the whole message
    struct wire name;  // may be empty
    int64_t onnx_type; // TensorProto.DataType
    struct tensor t;   // type is TYPE_none if dlbricks does not know onnx_type
    struct wire raw;   // raw_data
    bool has_raw;      // otherwise the contents are in a typed field
    bool external;     // the contents are in another file, which is never opened
};

// True if a shape is one that we are ready to compute with: no dimension below `least`, and less
// than 2^40 elements, counting empty dimensions as 1 so that strides do not overflow either.
bool shape_is_sane(const int64_t *dims, int rank, int64_t least);

// Reads the head. Messages do not name the tensor.
int onnx_tensor_scan(struct onnx_tensor *tensor, struct wire bytes, struct error *err);

// The contents, dense and row-major: tensor_bytes() of them, at least one. The caller frees them.
// Needs a known type. Nothing is allocated that the file does not hold the bytes for.
void *onnx_tensor_contents(const struct onnx_tensor *tensor, struct error *err);

#endif
