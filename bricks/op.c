#include "bricks/op.h"

#include <string.h>
#include <strings.h>

static const struct op_info infos[N_OPS] = {
#define OP(op, srcs, dsts, attributes, shape, fold, place, work, lowering, reference, loop)        \
    [OP_##op] = OP_INFO(op, srcs, dsts, attributes, place, lowering, loop),
#define OP_INFO(op, least, most, dsts, attributes, place, lowering, loop)                          \
    {                                                                                              \
        .name = #op, .min_srcs = least, .max_srcs = most, .max_dsts = dsts, .attrs = attributes,   \
        .layout = OP_LAYOUT_##place, .lower = #lowering, .version = loop,                          \
        .domain = OP_##op < OP_BiasGelu  ? ""                                                      \
                  : OP_##op < OP_Reorder ? "com.microsoft"                                         \
                                         : NULL                                                    \
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

static const int first_opsets[N_OPS] = {
#define OPSET(name, first) [OP_##name] = (first),
#include "bricks/opsets.def"
#undef OPSET
};

int op_first_opset(enum op op)
{
    return first_opsets[op];
}

const struct op_info *op_info(enum op op)
{
    return &infos[op];
}

bool op_is_elementwise(enum op op)
{
    static const char *const lowerings[] = {"unary", "clip", "binary", "nary", "where"};
    for (size_t i = 0; i < sizeof lowerings / sizeof *lowerings; i++)
        if (strcmp(infos[op].lower, lowerings[i]) == 0)
            return true;
    return false;
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
    static const enum op commutative[] = {
        OP_Add, OP_Mul, OP_Sum, OP_Max,        OP_Min,       OP_Mean,       OP_Equal,
        OP_And, OP_Or,  OP_Xor, OP_BitwiseAnd, OP_BitwiseOr, OP_BitwiseXor,
    };
    for (size_t i = 0; i < sizeof commutative / sizeof *commutative; i++)
        if (commutative[i] == op)
            return true;
    return false;
}

static const struct {
    enum attr_key key;
    int number;
    const char *text;
} words[] = {
#define WORD(key, number, name, text) {ATTR_##key, number, text},
#include "bricks/words.def"
#undef WORD
};
enum { N_WORDS = sizeof words / sizeof *words };

const char *attr_word(enum attr_key key, int64_t number)
{
    for (int k = 0; k < N_WORDS; k++)
        if (words[k].key == key && words[k].number == number)
            return words[k].text;
    return NULL;
}

int attr_word_number(enum attr_key key, const char *text, size_t n)
{
    for (int k = 0; k < N_WORDS; k++)
        if (words[k].key == key && strlen(words[k].text) == n &&
            strncasecmp(words[k].text, text, n) == 0)
            return words[k].number;
    return -1;
}

bool attr_has_words(enum attr_key key)
{
    for (int k = 0; k < N_WORDS; k++)
        if (words[k].key == key)
            return true;
    return false;
}

bool attr_allows(enum attr_key key, int64_t number)
{
    return !attr_has_words(key) || attr_word(key, number) != NULL;
}
