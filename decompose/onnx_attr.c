#include "decompose/onnx_attr.h"

#include <string.h>

// Attributes whose name alone does not say what they are, because operators differ in it.
static const struct {
    enum op op;
    const char *name;
    enum attr_key key;
} renamed[] = {
    {OP_LRN, "beta", ATTR_lrn_beta},
    {OP_Gemm, "alpha", ATTR_gemm_alpha},
    {OP_Gemm, "beta", ATTR_gemm_beta},
    {OP_ConstantOfShape, "value", ATTR_fill},
};
enum { N_RENAMED = sizeof renamed / sizeof *renamed };

const char *const onnx_auto_pads[N_AUTO_PADS] = {
    [AUTO_PAD_notset] = "NOTSET",
    [AUTO_PAD_same_upper] = "SAME_UPPER",
    [AUTO_PAD_same_lower] = "SAME_LOWER",
    [AUTO_PAD_valid] = "VALID",
};

const char *onnx_attr_type_name(int32_t type)
{
    static const char *const names[] = {
        "undefined", "float", "int", "string", "tensor", "graph", "floats", "ints", "strings",
    };
    return type >= 0 && type < (int32_t)(sizeof names / sizeof *names) ? names[type] : "unknown";
}

const char *onnx_attr_name(enum op op, enum attr_key key)
{
    for (int k = 0; k < N_RENAMED; k++)
        if (renamed[k].op == op && renamed[k].key == key)
            return renamed[k].name;
    return attr_info(key)->name;
}

int onnx_attr_key(enum op op, const char *name)
{
    for (int k = 0; k < N_RENAMED; k++)
        if (renamed[k].op == op && strcmp(renamed[k].name, name) == 0)
            return (int)renamed[k].key;
    int key = attr_from_name(name, strlen(name));
    if (key < 0 || !op_has_attr(op, (enum attr_key)key))
        return -1;
    return strcmp(onnx_attr_name(op, (enum attr_key)key), name) == 0 ? key : -1;
}

enum onnx_attr_type onnx_attr_type(enum attr_key key)
{
    static const enum onnx_attr_type by_kind[] = {
        [ATTR_KIND_int] = ONNX_INT,
        [ATTR_KIND_float] = ONNX_FLOAT,
        [ATTR_KIND_ints] = ONNX_INTS,
    };
    if (key == ATTR_auto_pad)
        return ONNX_STRING;
    return key == ATTR_fill ? ONNX_TENSOR : by_kind[attr_info(key)->kind];
}
