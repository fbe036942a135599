#include "decompose/onnx_attr.h"

#include <string.h>

// Attributes that share a name in ONNX but not what they mean, and long ones.
static const struct {
    enum attr_key key;
    const char *name;
} renamed[] = {
    {ATTR_lrn_beta, "beta"},
    {ATTR_gemm_alpha, "alpha"},
    {ATTR_gemm_beta, "beta"},
    {ATTR_fill, "value"},
    {ATTR_pad_mode, "mode"},
    {ATTR_resize_mode, "mode"},
    {ATTR_depth_mode, "mode"},
    {ATTR_roi_mode, "mode"},
    {ATTR_coordinates, "coordinate_transformation_mode"},
    {ATTR_aspect_policy, "keep_aspect_ratio_policy"},
    {ATTR_shift_direction, "direction"},
    {ATTR_loss_reduction, "reduction"},
    {ATTR_pad_value, "value"},
    {ATTR_hard_beta, "beta"},
    {ATTR_random_shape, "shape"},
    {ATTR_gemm_activation_alpha, "activation_alpha"},
};
enum { N_RENAMED = sizeof renamed / sizeof *renamed };

const char *onnx_attr_type_name(int32_t type)
{
    static const char *const names[] = {
        "undefined", "float", "int", "string", "tensor", "graph", "floats", "ints", "strings",
    };
    return type >= 0 && type < (int32_t)(sizeof names / sizeof *names) ? names[type] : "unknown";
}

const char *onnx_attr_name(enum attr_key key)
{
    for (int k = 0; k < N_RENAMED; k++)
        if (renamed[k].key == key)
            return renamed[k].name;
    return attr_info(key)->name;
}

int onnx_attr_key(enum op op, const char *name)
{
    for (int key = 0; key < N_ATTRS; key++)
        if (strcmp(onnx_attr_name((enum attr_key)key), name) == 0 &&
            op_has_attr(op, (enum attr_key)key))
            return key;
    return -1;
}

enum onnx_attr_type onnx_attr_type(enum attr_key key)
{
    static const enum onnx_attr_type by_kind[] = {
        [ATTR_KIND_int] = ONNX_INT,
        [ATTR_KIND_float] = ONNX_FLOAT,
        [ATTR_KIND_ints] = ONNX_INTS,
        [ATTR_KIND_floats] = ONNX_FLOATS,
    };
    enum attr_kind kind = attr_info(key)->kind;
    if (key == ATTR_fill)
        return ONNX_TENSOR;
    if (key == ATTR_equation)
        return ONNX_STRING;
    if (attr_has_words(key))
        return kind == ATTR_KIND_ints ? ONNX_STRINGS : ONNX_STRING;
    return by_kind[kind];
}
