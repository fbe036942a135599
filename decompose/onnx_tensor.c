#include "decompose/onnx_tensor.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "decompose/decompose.h"
#include "decompose/onnx.pb-c.h"

enum { DIMS = 1, DATA_TYPE = 2, NAME = 8, RAW_DATA = 9, DATA_LOCATION = 14 };
static const int64_t MAX_ELEMENTS = (int64_t)1 << 40;

bool shape_is_sane(const int64_t *dims, int rank, int64_t least)
{
    int64_t elements = 1;
    for (int k = 0; k < rank; k++) {
        if (dims[k] < least || dims[k] > MAX_ELEMENTS)
            return false;
        if (dims[k] > 0 && elements > MAX_ELEMENTS / dims[k])
            return false;
        elements *= dims[k] > 0 ? dims[k] : 1;
    }
    return true;
}

// A rank of MAX_RANK + 1 stands for all that are too large.
static void add_dim(struct tensor *t, uint64_t dim)
{
    if (t->rank < MAX_RANK)
        t->dims[t->rank] = (int64_t)dim;
    if (t->rank <= MAX_RANK)
        t->rank++;
}

static int add_dims(struct tensor *t, const struct wire_field *f, struct error *err)
{
    if (f->type == WIRE_VARINT)
        add_dim(t, f->value);
    for (struct wire packed = f->bytes; packed.at < packed.end;) {
        uint64_t dim;
        if (wire_varint(&packed, &dim, err))
            return -1;
        add_dim(t, dim);
    }
    return 0;
}

static int scan_field(struct onnx_tensor *tensor, const struct wire_field *f, struct error *err)
{
    switch (f->number) {
    case DIMS:
        return add_dims(&tensor->t, f, err);
    case DATA_TYPE:
        tensor->onnx_type = (int64_t)f->value;
        break;
    case NAME:
        tensor->name = f->bytes;
        break;
    case RAW_DATA:
        tensor->raw = f->bytes;
        tensor->has_raw = true;
        break;
    case DATA_LOCATION:
        tensor->external = f->value == 1;
        break;
    default:
        break; // contents in a typed field, descriptions
    }
    return 0;
}

static int wrong_count(size_t found, size_t wanted, const char *what, struct error *err)
{
    return fail(err, "holds %zu %s where its shape needs %zu", found, what, wanted);
}

static int check_tensor(struct onnx_tensor *tensor, struct error *err)
{
    const struct tensor *t = &tensor->t;
    tensor->t.type = type_from_onnx(tensor->onnx_type);
    if (t->rank > MAX_RANK)
        return fail(err, "has more than %d dimensions", MAX_RANK);
    if (!shape_is_sane(t->dims, t->rank, 0))
        return fail(err, "has a negative dimension or more than 2^40 elements");
    if (t->type == TYPE_none || !tensor->has_raw || tensor->external)
        return 0;
    size_t held = wire_size(tensor->raw), needed = tensor_bytes(t);
    return held == needed ? 0 : wrong_count(held, needed, "bytes", err);
}

int onnx_tensor_scan(struct onnx_tensor *tensor, struct wire bytes, struct error *err)
{
    struct wire_field f;
    int more;
    *tensor = (struct onnx_tensor){.bytes = bytes, .name = wire_of(bytes.at, 0)};
    while ((more = wire_next(&bytes, &f, err)) > 0)
        if (scan_field(tensor, &f, err))
            return -1;
    return more < 0 ? -1 : check_tensor(tensor, err);
}

// How a typed field holds the elements of one type.
struct typed_field {
    size_t n;         // elements
    const void *data; // of `bytes` each, of which the first are the element
    size_t bytes;
};

static struct typed_field typed_field(const Onnx__TensorProto *p, enum type type)
{
    switch (type) {
    case TYPE_f32:
        return (struct typed_field){p->n_float_data, p->float_data, sizeof *p->float_data};
    case TYPE_f64:
        return (struct typed_field){p->n_double_data, p->double_data, sizeof *p->double_data};
    case TYPE_s64:
        return (struct typed_field){p->n_int64_data, p->int64_data, sizeof *p->int64_data};
    default: // 4 bytes and less, 16-bit floats by their bits
        return (struct typed_field){p->n_int32_data, p->int32_data, sizeof *p->int32_data};
    }
}

// Elements are copied one by one where the field is wider than they are (little-endian machines).
static int copy_typed(char *dst, const struct onnx_tensor *tensor, const Onnx__TensorProto *p,
                      struct error *err)
{
    struct typed_field f = typed_field(p, tensor->t.type);
    size_t n = (size_t)tensor_elements(&tensor->t), bytes = type_bytes(tensor->t.type);
    if (f.n != n)
        return wrong_count(f.n, n, "elements", err);
    for (size_t k = 0; k < n; k++)
        memcpy(dst + k * bytes, (const char *)f.data + k * f.bytes, bytes);
    return 0;
}

static void *typed_contents(const struct onnx_tensor *tensor, struct error *err)
{
    size_t n = (size_t)tensor_elements(&tensor->t), held = wire_size(tensor->bytes);
    // an element takes 1 to 11 bytes on the wire; name and description are short
    if (n > held || held > 11 * n + 64 * 1024)
        return fail_null(err, "holds %zu bytes where its shape needs %zu elements", held, n);
    Onnx__TensorProto *p = onnx__tensor_proto__unpack(NULL, held, tensor->bytes.at);
    if (!p)
        return fail_null(err, "cannot be unpacked: the file is damaged");
    char *data = xmalloc(tensor_bytes(&tensor->t));
    if (copy_typed(data, tensor, p, err)) {
        free(data);
        data = NULL;
    }
    onnx__tensor_proto__free_unpacked(p, NULL);
    return data;
}

void *onnx_tensor_contents(const struct onnx_tensor *tensor, struct error *err)
{
    size_t bytes = tensor_bytes(&tensor->t);
    if (tensor->external)
        return fail_null(err, "has its contents in another file, which dlbricks does not open");
    if (!tensor->has_raw)
        return typed_contents(tensor, err);
    void *data = xmalloc(bytes);
    memcpy(data, tensor->raw.at, bytes);
    return data;
}

static void *read_tensor(struct wire bytes, struct tensor *t, struct error *err)
{
    struct onnx_tensor tensor;
    if (onnx_tensor_scan(&tensor, bytes, err))
        return NULL;
    if (tensor.t.type == TYPE_none)
        return fail_null(err, "has ONNX element type %lld, which dlbricks does not support",
                         (long long)tensor.onnx_type);
    *t = tensor.t;
    return onnx_tensor_contents(&tensor, err);
}

void *onnx_read_tensor(const char *path, struct tensor *t, struct error *err)
{
    struct file_map file;
    void *data = NULL;
    if (file_map_open(&file, path, err) == 0) {
        data = read_tensor(wire_of(file.data, file.size), t, err);
        file_map_close(&file);
    }
    if (!data)
        error_prefix(err, path);
    return data;
}
