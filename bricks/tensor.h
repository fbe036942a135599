// A tensor as the graph sees it: element type, logical shape in ONNX order (batch and channels
// first, whatever the layout), and the physical order of its dense bytes.
#ifndef BRICKS_TENSOR_H
#define BRICKS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum { MAX_RANK = 8 };

// Element types: oneDNN's name, bytes, and the number ONNX gives them in TensorProto.DataType.
#define TYPES(X)                                                                                   \
    X(f32, 4, 1)                                                                                   \
    X(u8, 1, 2)                                                                                    \
    X(s8, 1, 3)                                                                                    \
    X(s32, 4, 6)                                                                                   \
    X(s64, 8, 7)                                                                                   \
    X(boolean, 1, 9)                                                                               \
    X(f16, 2, 10)                                                                                  \
    X(f64, 8, 11)                                                                                  \
    X(bf16, 2, 16)

enum type {
    TYPE_none, // not yet known
#define X(name, bytes, onnx) TYPE_##name,
    TYPES(X)
#undef X
        N_TYPES
};

const char *type_name(enum type type);
size_t type_bytes(enum type type);
int type_onnx(enum type type);                     // TensorProto.DataType
enum type type_from_onnx(int64_t onnx);            // TYPE_none if dlbricks does not know it
enum type type_from_name(const char *s, size_t n); // TYPE_none if there is none

// Physical order of the bytes. Channels-last puts dimension 1 innermost: NCHW is stored as NHWC.
enum layout {
    LAYOUT_row,  // row-major: the last dimension innermost
    LAYOUT_last, // channels-last, rank 3 to 5 only
};

struct tensor {
    enum type type;
    enum layout layout;
    int rank; // 0 is a scalar; -1 means the shape is not yet known
    int64_t dims[MAX_RANK];
};

// Elements of dims[from .. to-1].
int64_t dims_count(const int64_t *dims, int from, int to);

int64_t tensor_elements(const struct tensor *t);
size_t tensor_bytes(const struct tensor *t);
bool tensor_same_shape(const struct tensor *a, const struct tensor *b);
bool tensor_equal(const struct tensor *a, const struct tensor *b); // type, shape and layout

// Strides of the logical dimensions in elements.
void tensor_strides(const struct tensor *t, int64_t strides[MAX_RANK]);

// True if both layouts of this shape put every element at the same place, as in [1, 1000, 1, 1].
bool tensor_layouts_coincide(const struct tensor *t);
// Dimension i of t once ones stand in front of it up to `rank`.
int64_t tensor_dim(const struct tensor *t, int rank, int i);
bool tensor_broadcasts_to(const struct tensor *t, const struct tensor *to);
bool tensor_same_order(const struct tensor *a, const struct tensor *b);
// True if the bytes of a and b stand for the same elements, but for ones in front.
bool tensor_same_places(const struct tensor *a, const struct tensor *b);

// "f32:1x64x56x56" or, channels-last, "f32:1x64x56x56:last"; a scalar is "f32:". tensor_parse
// reads what tensor_print wrote and returns the first character behind it, or NULL.
void tensor_print(const struct tensor *t, struct str *out);
const char *tensor_parse(const char *text, struct tensor *t);

#endif
