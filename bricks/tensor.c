#include "bricks/tensor.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name;
    size_t bytes;
    int onnx;
} types[N_TYPES] = {
    [TYPE_none] = {"none", 0, 0},
#define X(type, size, number) [TYPE_##type] = {#type, size, number},
    TYPES(X)
#undef X
};

const char *type_name(enum type type)
{
    return types[type].name;
}

size_t type_bytes(enum type type)
{
    return types[type].bytes;
}

int type_onnx(enum type type)
{
    return types[type].onnx;
}

enum type type_from_onnx(int64_t onnx)
{
    for (int t = TYPE_none + 1; t < N_TYPES; t++)
        if (types[t].onnx == onnx)
            return (enum type)t;
    return TYPE_none;
}

enum type type_from_name(const char *s, size_t n)
{
    for (int t = TYPE_none + 1; t < N_TYPES; t++)
        if (strlen(types[t].name) == n && memcmp(types[t].name, s, n) == 0)
            return (enum type)t;
    return TYPE_none;
}

int64_t dims_count(const int64_t *dims, int from, int to)
{
    int64_t n = 1;
    for (int i = from; i < to; i++)
        n *= dims[i];
    return n;
}

int64_t tensor_elements(const struct tensor *t)
{
    return dims_count(t->dims, 0, t->rank);
}

size_t tensor_bytes(const struct tensor *t)
{
    return (size_t)tensor_elements(t) * type_bytes(t->type);
}

bool tensor_same_shape(const struct tensor *a, const struct tensor *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

bool tensor_equal(const struct tensor *a, const struct tensor *b)
{
    return a->type == b->type && a->layout == b->layout && tensor_same_shape(a, b);
}

void tensor_strides(const struct tensor *t, int64_t strides[MAX_RANK])
{
    int64_t stride = 1;
    bool last = t->layout == LAYOUT_last;
    if (last) {
        strides[1] = 1;
        stride = t->dims[1];
    }
    for (int i = t->rank - 1; i >= 0; i--) {
        if (last && i == 1)
            continue;
        strides[i] = stride;
        stride *= t->dims[i];
    }
}

bool tensor_layouts_coincide(const struct tensor *t)
{
    return t->rank < 3 || t->dims[1] == 1 || dims_count(t->dims, 2, t->rank) == 1;
}

int64_t tensor_dim(const struct tensor *t, int rank, int i)
{
    int at = i - (rank - t->rank);
    return at < 0 ? 1 : t->dims[at];
}

bool tensor_broadcasts_to(const struct tensor *t, const struct tensor *to)
{
    bool fits = t->rank <= to->rank;
    for (int i = 0; fits && i < to->rank; i++)
        fits = tensor_dim(t, to->rank, i) == 1 || tensor_dim(t, to->rank, i) == to->dims[i];
    return fits;
}

bool tensor_same_order(const struct tensor *a, const struct tensor *b)
{
    return a->layout == b->layout || (tensor_layouts_coincide(a) && tensor_layouts_coincide(b));
}

bool tensor_same_places(const struct tensor *a, const struct tensor *b)
{
    return tensor_broadcasts_to(a, b) && tensor_elements(a) == tensor_elements(b) &&
           tensor_same_order(a, b);
}

void tensor_print(const struct tensor *t, struct str *out)
{
    str_addf(out, "%s:", type_name(t->type));
    for (int i = 0; i < t->rank; i++)
        str_addf(out, i ? "x%lld" : "%lld", (long long)t->dims[i]);
    if (t->layout == LAYOUT_last)
        str_add(out, ":last");
}

// Reads one positive decimal number below 2^40; NULL if there is none.
static const char *parse_dim(const char *s, int64_t *value)
{
    const char *start = s;
    *value = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        *value = *value * 10 + (*s - '0');
        if (*value >= (int64_t)1 << 40)
            return NULL;
    }
    return s > start ? s : NULL;
}

const char *tensor_parse(const char *text, struct tensor *t)
{
    *t = (struct tensor){0};
    size_t n = strcspn(text, ":");
    if (!text[n] || (t->type = type_from_name(text, n)) == TYPE_none)
        return NULL;
    const char *s = text + n + 1;
    int64_t elements = 1;
    while (*s >= '0' && *s <= '9') {
        int64_t *dim = &t->dims[t->rank];
        if (t->rank == MAX_RANK || !(s = parse_dim(s, dim)))
            return NULL;
        t->rank++;
        if (__builtin_mul_overflow(elements, *dim, &elements) || elements >= (int64_t)1 << 40)
            return NULL;
        if (*s != 'x')
            break;
        s++;
    }
    if (strncmp(s, ":last", 5) != 0)
        return s;
    t->layout = LAYOUT_last;
    return t->rank >= 3 && t->rank <= 5 ? s + 5 : NULL;
}
