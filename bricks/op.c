#include "bricks/op.h"

#include <string.h>

static const struct op_info infos[N_OPS] = {
#define OP(op, srcs, dsts, attributes, shape, fold, place, work, lowering, reference, loop)        \
    [OP_##op] = OP_INFO(op, srcs, dsts, attributes, place, lowering, loop),
#define OP_INFO(op, least, most, dsts, attributes, place, lowering, loop)                          \
    {                                                                                              \
        .name = #op, .min_srcs = least, .max_srcs = most, .max_dsts = dsts, .attrs = attributes,   \
        .layout = OP_LAYOUT_##place, .lower = #lowering, .version = loop,                          \
        .is_onnx = OP_##op < OP_Reorder                                                            \
    }
#include "bricks/ops.def"
#undef OP
};

static const struct attr_info attr_infos[N_ATTRS] = {
#define ATTR(attribute, type, in_text)                                                             \
    [ATTR_##attribute] = {.name = #attribute, .kind = ATTR_KIND_##type, .timed = in_text},
#include "bricks/attrs.def"
#undef ATTR
};

const struct op_info *op_info(enum op op)
{
    return &infos[op];
}

const struct attr_info *attr_info(enum attr_key key)
{
    return &attr_infos[key];
}

static bool same_text(const char *name, const char *s, size_t n)
{
    return strlen(name) == n && memcmp(name, s, n) == 0;
}

int op_from_name(const char *name, size_t n)
{
    for (int op = 0; op < N_OPS; op++)
        if (same_text(infos[op].name, name, n))
            return op;
    return -1;
}

int attr_from_name(const char *name, size_t n)
{
    for (int key = 0; key < N_ATTRS; key++)
        if (same_text(attr_infos[key].name, name, n))
            return key;
    return -1;
}

bool op_has_attr(enum op op, enum attr_key key)
{
    const char *name = attr_infos[key].name;
    for (const char *p = infos[op].attrs; *p;) {
        size_t n = strcspn(p, " ");
        if (same_text(name, p, n))
            return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}

bool op_is_commutative(enum op op)
{
    return op == OP_Add || op == OP_Mul || op == OP_Sum;
}
