// Contents of constants: what exporters compute from shapes and initializers, one rule per entry
// of the fold column. A rule returns contents in the graph's arena, or NULL where it cannot know.
#include "decompose/passes.h"

#include <string.h>

enum { FILL_BYTES = 64 * 1024 };

typedef const void *fold_rule(struct graph *g, const struct node *n);

#define NUMBER_TYPES(X)                                                                            \
    X(f32, float)                                                                                  \
    X(f64, double)                                                                                 \
    X(u8, uint8_t)                                                                                 \
    X(s8, int8_t)                                                                                  \
    X(s32, int32_t)                                                                                \
    X(s64, int64_t)                                                                                \
    X(boolean, uint8_t)

bool number_type(enum type type)
{
    return type != TYPE_none && type != TYPE_f16 && type != TYPE_bf16;
}

// long double holds every value of every type here exactly. Contents may lie at any address.
long double number_read(enum type type, const void *data, int64_t i)
{
    switch (type) {
#define X(name, ctype)                                                                             \
    case TYPE_##name: {                                                                            \
        ctype x;                                                                                   \
        memcpy(&x, (const char *)data + (size_t)i * sizeof x, sizeof x);                           \
        return x;                                                                                  \
    }
        NUMBER_TYPES(X)
#undef X
    default:
        BUG("no number of type %s", type_name(type));
    }
}

static int64_t to_integer(long double x)
{
    if (x != x)
        return 0;
    if (x >= 0x1p63L)
        return INT64_MAX;
    return x < -0x1p63L ? INT64_MIN : (int64_t)x;
}

void number_write(enum type type, void *data, int64_t i, long double x)
{
    if (type == TYPE_boolean)
        x = x != 0;
    bool real = type == TYPE_f32 || type == TYPE_f64;
    switch (type) {
#define X(name, ctype)                                                                             \
    case TYPE_##name: {                                                                            \
        ctype y = real ? (ctype)x : (ctype)to_integer(x);                                          \
        memcpy((char *)data + (size_t)i * sizeof y, &y, sizeof y);                                 \
        return;                                                                                    \
    }
        NUMBER_TYPES(X)
#undef X
    default:
        BUG("no number of type %s", type_name(type));
    }
}

static void *result_alloc(struct graph *g, const struct node *n)
{
    return arena_alloc(&g->arena, tensor_bytes(&g->values[n->dst[0]].t));
}

static const void *fold_copy(struct graph *g, const struct node *n)
{
    return value_data(g, n->src[0]);
}

static const void *fold_shape(struct graph *g, const struct node *n)
{
    const struct tensor *t = node_src_tensor(g, n, 0);
    return arena_copy(&g->arena, t->dims, (size_t)t->rank * sizeof *t->dims);
}

static const void *fold_fill(struct graph *g, const struct node *n)
{
    const struct tensor *t = &g->values[n->dst[0]].t;
    if (tensor_bytes(t) > FILL_BYTES || !number_type(t->type))
        return NULL;
    void *out = result_alloc(g, n);
    for (int64_t i = 0; i < tensor_elements(t); i++)
        number_write(t->type, out, i, node_float(n, ATTR_fill, 0));
    return out;
}

static const void *fold_cast(struct graph *g, const struct node *n)
{
    const struct tensor *from = node_src_tensor(g, n, 0), *to = &g->values[n->dst[0]].t;
    if (!number_type(from->type) || !number_type(to->type))
        return from->type == to->type ? fold_copy(g, n) : NULL;
    const void *data = value_data(g, n->src[0]);
    void *out = result_alloc(g, n);
    for (int64_t i = 0; i < tensor_elements(to); i++)
        number_write(to->type, out, i, number_read(from->type, data, i));
    return out;
}

// Index into an operand of an elementwise operator of element i of its result.
static int64_t broadcast_index(const struct tensor *dst, const struct tensor *src, int64_t i)
{
    int64_t at = 0, stride = 1;
    for (int d = dst->rank - 1, s = src->rank - 1; s >= 0; d--, s--) {
        if (src->dims[s] != 1)
            at += i % dst->dims[d] * stride;
        i /= dst->dims[d];
        stride *= src->dims[s];
    }
    return at;
}

// *ok becomes false on an integer division by zero.
static long double calculate(enum op op, bool integers, long double a, long double b, bool *ok)
{
    switch (op) {
    case OP_Add:
        return a + b;
    case OP_Sub:
        return a - b;
    case OP_Mul:
        return a * b;
    case OP_Div:
        *ok = *ok && !(integers && b == 0);
        return *ok ? a / b : 0;
    default:
        BUG("%s is no arithmetic", op_info(op)->name);
    }
}

static const void *fold_binary(struct graph *g, const struct node *n)
{
    const struct tensor *a = node_src_tensor(g, n, 0), *b = node_src_tensor(g, n, 1);
    const struct tensor *t = &g->values[n->dst[0]].t;
    if (!number_type(t->type))
        return NULL;
    const void *a_data = value_data(g, n->src[0]), *b_data = value_data(g, n->src[1]);
    void *out = result_alloc(g, n);
    bool ok = true, integers = t->type != TYPE_f32 && t->type != TYPE_f64;
    for (int64_t i = 0; i < tensor_elements(t); i++) {
        long double x = number_read(a->type, a_data, broadcast_index(t, a, i));
        long double y = number_read(b->type, b_data, broadcast_index(t, b, i));
        number_write(t->type, out, i, calculate(n->op, integers, x, y, &ok));
    }
    return ok ? out : NULL;
}

// Bytes of one element of the dimension and of all behind it.
static size_t inner_bytes(const struct tensor *t, int dim)
{
    return (size_t)dims_count(t->dims, dim, t->rank) * type_bytes(t->type);
}

static const void *fold_concat(struct graph *g, const struct node *n)
{
    const struct tensor *t = &g->values[n->dst[0]].t;
    int axis = (int)node_int(n, ATTR_axis, 0);
    char *out = result_alloc(g, n), *to = out;
    for (int64_t row = 0; row < dims_count(t->dims, 0, axis); row++)
        for (int k = 0; k < n->n_src; k++) {
            size_t bytes = inner_bytes(node_src_tensor(g, n, k), axis);
            memcpy(to, (const char *)value_data(g, n->src[k]) + (size_t)row * bytes, bytes);
            to += bytes;
        }
    return out;
}

static const void *fold_gather(struct graph *g, const struct node *n)
{
    const struct tensor *t = node_src_tensor(g, n, 0), *indices = node_src_tensor(g, n, 1);
    const char *data = value_data(g, n->src[0]), *index_data = value_data(g, n->src[1]);
    int axis = (int)node_int(n, ATTR_axis, 0);
    size_t bytes = inner_bytes(t, axis + 1);
    char *out = result_alloc(g, n), *to = out;
    for (int64_t row = 0; row < dims_count(t->dims, 0, axis); row++)
        for (int64_t i = 0; i < tensor_elements(indices); i++) {
            int64_t at = (int64_t)number_read(indices->type, index_data, i);
            at += at < 0 ? t->dims[axis] : 0;
            if (at < 0 || at >= t->dims[axis])
                return NULL;
            memcpy(to, data + (size_t)(row * t->dims[axis] + at) * bytes, bytes);
            to += bytes;
        }
    return out;
}

void *permuted_data(struct graph *g, const struct tensor *t, const void *data, const int64_t *perm)
{
    int64_t strides[MAX_RANK], at[MAX_RANK] = {0};
    tensor_strides(t, strides);
    size_t bytes = type_bytes(t->type);
    char *out = arena_alloc(&g->arena, tensor_bytes(t));
    int64_t from = 0;
    for (int64_t i = 0; i < tensor_elements(t); i++) {
        memcpy(out + (size_t)i * bytes, (const char *)data + (size_t)from * bytes, bytes);
        for (int d = t->rank - 1; d >= 0; d--) {
            from += strides[perm[d]];
            if (++at[d] < t->dims[perm[d]])
                break;
            from -= strides[perm[d]] * at[d];
            at[d] = 0;
        }
    }
    return out;
}

static const void *fold_transpose(struct graph *g, const struct node *n)
{
    int rank;
    const int64_t *perm = node_ints(n, ATTR_perm, &rank);
    return permuted_data(g, node_src_tensor(g, n, 0), value_data(g, n->src[0]), perm);
}

static fold_rule *const rules[N_OPS] = {
#define fold_none NULL
#define OP(name, srcs, dsts, attrs, shape, fold, ...) [OP_##name] = fold_##fold,
#include "bricks/ops.def"
#undef OP
#undef fold_none
};

bool op_folds(enum op op)
{
    return rules[op] != NULL;
}

const void *fold_node(struct graph *g, const struct node *n, size_t *budget)
{
    for (int k = 0; k < n->n_src && n->op != OP_Shape; k++)
        if (n->src[k] != NONE && !value_data(g, n->src[k]))
            return NULL;
    if (rules[n->op] != fold_copy) {
        size_t bytes = tensor_bytes(&g->values[n->dst[0]].t);
        if (bytes > *budget)
            return NULL;
        *budget -= bytes;
    }
    return rules[n->op](g, n);
}
