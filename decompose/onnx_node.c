#include "decompose/onnx_node.h"

#include <stdlib.h>
#include <string.h>

enum { ATTRIBUTE_TENSOR = 5 };

static int check_sources(const struct onnx_node *n, enum op op, int n_src)
{
    const struct op_info *info = op_info(op);
    if (n_src < info->min_srcs || (info->max_srcs >= 0 && n_src > info->max_srcs))
        return fail(n->r->err, "%s: has %d inputs, which is not a number it can have", n->label,
                    n_src);
    for (int k = 0; k < n_src; k++)
        if (!n->proto->input[k][0] && (k < info->min_srcs || info->max_srcs < 0))
            return fail(n->r->err, "%s: input %d is omitted but needed", n->label, k);
    return 0;
}

// Sources and destinations by number, in one array that the caller frees; NULL with a message.
static int *resolve(const struct onnx_node *n, int n_src)
{
    const Onnx__NodeProto *p = n->proto;
    int n_dst = (int)p->n_output;
    int *values = xmalloc((size_t)(n_src + n_dst) * sizeof *values);
    for (int k = 0; k < n_src; k++)
        values[k] = p->input[k][0] ? onnx_value(n->r, p->input[k])->value : NONE;
    for (int k = 0; k < n_dst; k++) {
        values[n_src + k] = NONE;
        if (!p->output[k][0])
            continue;
        struct named_value *entry = onnx_define(n->r, p->output[k]);
        if (!entry) {
            free(values);
            return NULL;
        }
        values[n_src + k] = entry->value;
    }
    return values;
}

// A node without a name is known by its first output, as everybody else shows it.
static const char *node_name(const Onnx__NodeProto *p)
{
    if (p->name && p->name[0])
        return p->name;
    return p->n_output > 0 ? p->output[0] : "";
}

static int add_node(const struct onnx_node *n, enum op op)
{
    const Onnx__NodeProto *p = n->proto;
    int n_src = (int)p->n_input;
    while (n_src > 0 && !p->input[n_src - 1][0])
        n_src--;
    if (check_sources(n, op, n_src))
        return -1;
    if (p->n_output == 0)
        return fail(n->r->err, "%s: has no outputs", n->label);
    int *values = resolve(n, n_src);
    if (!values)
        return -1;
    struct node *node = graph_add_node(n->r->graph, op, node_name(p), n_src, values,
                                       (int)p->n_output, values + n_src);
    free(values);
    for (size_t k = 0; k < p->n_attribute; k++)
        if (onnx_read_attribute(n, node, p->attribute[k]))
            return -1;
    return 0;
}

static int find_tensor(struct onnx_node *n, struct wire attribute)
{
    struct wire_field f;
    size_t size = wire_size(attribute);
    int more;
    while ((more = wire_next(&attribute, &f, n->r->err)) > 0)
        if (f.number == ATTRIBUTE_TENSOR)
            n->large = f.bytes;
    if (more == 0 && wire_size(n->large) == 0)
        return fail(n->r->err, "an attribute of %zu bytes is too large", size);
    return more;
}

// Copies the node without its large attributes to `rest`, which has room for MAX_MESSAGE_BYTES.
static int leave_out_large(struct onnx_node *n, struct wire bytes, uint8_t *rest, size_t *size)
{
    struct wire_field f;
    for (;;) {
        const uint8_t *start = bytes.at;
        int more = wire_next(&bytes, &f, n->r->err);
        if (more <= 0)
            return more;
        size_t length = (size_t)(bytes.at - start);
        if (f.number == NODE_ATTRIBUTE && length > MAX_MESSAGE_BYTES / 2) {
            if (find_tensor(n, f.bytes))
                return -1;
            continue;
        }
        if (*size + length > MAX_MESSAGE_BYTES)
            return fail(n->r->err, "a node is larger than %d bytes", MAX_MESSAGE_BYTES);
        memcpy(rest + *size, start, length);
        *size += length;
    }
}

static Onnx__NodeProto *unpack(struct onnx_node *n, struct wire bytes)
{
    uint8_t *rest = NULL;
    size_t size = wire_size(bytes);
    if (size > MAX_MESSAGE_BYTES) {
        rest = xmalloc(MAX_MESSAGE_BYTES);
        size = 0;
        if (leave_out_large(n, bytes, rest, &size)) {
            free(rest);
            return NULL;
        }
    }
    Onnx__NodeProto *p = onnx__node_proto__unpack(NULL, size, rest ? rest : bytes.at);
    free(rest);
    if (!p)
        fail(n->r->err, "a node at byte %td is damaged", bytes.at - bytes.file);
    return p;
}

static int read_unpacked(struct onnx_node *n)
{
    const Onnx__NodeProto *p = n->proto;
    int known = onnx_op(p->domain ? p->domain : "", p->op_type ? p->op_type : "");
    if (known < 0) // to the walk by hand it was one, so its fields do not have their types
        return fail(n->r->err, "a node is damaged: its operator cannot be read");
    enum op op = (enum op)known;
    snprintf(n->label, sizeof n->label, "%s " NAME, op_info(op)->name, node_name(p));
    if (op == OP_Constant)
        return onnx_read_constant(n);
    if (wire_size(n->large) > 0)
        return fail(n->r->err, "%s: has an attribute that is too large", n->label);
    return add_node(n, op);
}

int onnx_read_node(struct onnx_reader *r, struct wire bytes)
{
    struct onnx_node n = {.r = r};
    Onnx__NodeProto *p = unpack(&n, bytes);
    if (!p)
        return -1;
    n.proto = p;
    int status = read_unpacked(&n);
    onnx__node_proto__free_unpacked(p, NULL);
    return status;
}
