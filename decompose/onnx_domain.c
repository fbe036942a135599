#include <string.h>

#include "decompose/onnx_read.h"

// Operators that com.microsoft and ONNX have in common.
static const char *const shared[] = {
    "Gelu", "GridSample", "LayerNormalization", "QuantizeLinear", "DequantizeLinear", "Trilu",
};

static bool is_shared(const char *op_type)
{
    for (size_t k = 0; k < sizeof shared / sizeof *shared; k++)
        if (strcmp(shared[k], op_type) == 0)
            return true;
    return false;
}

// Operators of com.microsoft that share a name with ones of ONNX but not what they mean.
static const struct {
    const char *name;
    enum op op;
} others[] = {
    {"Attention", OP_SelfAttention},
    {"RotaryEmbedding", OP_PositionRotaryEmbedding},
};

static int op_of_microsoft(const char *op_type)
{
    for (size_t k = 0; k < sizeof others / sizeof *others; k++)
        if (strcmp(others[k].name, op_type) == 0)
            return others[k].op;
    return -1;
}

// Optimisers write some operators of com.microsoft without their domain.
int onnx_op(const char *domain, const char *op_type)
{
    int op = op_from_name(op_type, strlen(op_type));
    const char *home = op < 0 ? NULL : op_info((enum op)op)->domain;
    if (!home)
        return -1;
    if (!domain[0] || strcmp(domain, "ai.onnx") == 0 || strcmp(domain, home) == 0)
        return op;
    if (strcmp(domain, "com.microsoft") != 0)
        return -1;
    return is_shared(op_type) ? op : op_of_microsoft(op_type);
}
