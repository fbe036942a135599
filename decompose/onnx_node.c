#include "decompose/onnx_node.h"

#include <stdlib.h>
#include <string.h>

enum { ATTRIBUTE_NAME = 1, ATTRIBUTE_TENSOR = 5, ATTRIBUTE_GRAPH = 6 };

const char *onnx_node_name(const struct onnx_node *n)
{
    const Onnx__NodeProto *p = n->proto;
    const char *name = p->name && p->name[0] ? p->name : p->n_output > 0 ? p->output[0] : "";
    return *n->r->prefix ? arena_printf(&n->r->file->arena, "%s%s", n->r->prefix, name) : name;
}

// Sources that are given: all but omitted ones at the end.
static int count_sources(const struct onnx_node *n)
{
    int n_src = (int)n->proto->n_input;
    while (n_src > 0 && !n->proto->input[n_src - 1][0])
        n_src--;
    return n_src;
}

int *onnx_node_values(const struct onnx_node *n, int n_src)
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

static int check_sources(const struct onnx_node *n, enum op op, int n_src)
{
    const struct op_info *info = op_info(op);
    if (n_src < info->min_srcs || (info->max_srcs >= 0 && n_src > info->max_srcs))
        return fail(n->r->err, "%s: has %d inputs, which is not a number it can have", n->label,
                    n_src);
    bool all_needed = info->max_srcs < 0 && op != OP_Unknown;
    for (int k = 0; k < n_src; k++)
        if (!n->proto->input[k][0] && (k < info->min_srcs || all_needed))
            return fail(n->r->err, "%s: input %d is omitted but needed", n->label, k);
    return 0;
}

static int read_attributes(const struct onnx_node *n, struct node *node)
{
    if (n->n_large > 0)
        return fail(n->r->err, "%s: has an attribute that is too large", n->label);
    for (size_t k = 0; k < n->n_attributes; k++)
        if (onnx_read_attribute(n, node, n->attributes[k]))
            return -1;
    return 0;
}

static struct node *add_node(const struct onnx_node *n, enum op op)
{
    int n_src = count_sources(n);
    if (check_sources(n, op, n_src))
        return NULL;
    if (n->proto->n_output == 0)
        return fail_null(n->r->err, "%s: has no outputs", n->label);
    int *values = onnx_node_values(n, n_src);
    if (!values)
        return NULL;
    struct node *node = graph_add_node(n->r->graph, op, onnx_node_name(n), n_src, values,
                                       (int)n->proto->n_output, values + n_src);
    free(values);
    return node;
}

// "com.microsoft.Attention"
static int add_unknown(const struct onnx_node *n, const char *domain, const char *op_type)
{
    struct node *node = add_node(n, OP_Unknown);
    if (node)
        node->op_type =
            arena_printf(&n->r->graph->arena, "%s%s%s", domain, *domain ? "." : "", op_type);
    return node ? 0 : -1;
}

// --- unpacking ---

// An attribute that is large must be a tensor or a graph; it stays where it is.
static int note_large(struct onnx_node *n, struct wire attribute)
{
    struct onnx_large_attribute large = {.name = wire_of(attribute.at, 0)};
    struct wire_field f;
    size_t size = wire_size(attribute);
    int more;
    while ((more = wire_next(&attribute, &f, n->r->err)) > 0) {
        if (f.number == ATTRIBUTE_NAME)
            large.name = f.bytes;
        else if (f.number == ATTRIBUTE_TENSOR)
            large.tensor = f.bytes;
        else if (f.number == ATTRIBUTE_GRAPH)
            large.graph = f.bytes;
    }
    if (more)
        return -1;
    if (wire_size(large.tensor) + wire_size(large.graph) == 0 || n->n_large == MAX_LARGE_ATTRIBUTES)
        return fail(n->r->err, "an attribute of %zu bytes is too large", size);
    n->large[n->n_large++] = large;
    return 1;
}

static int leave_out_large(void *context, const struct wire_field *f, size_t bytes)
{
    if (f->number != NODE_ATTRIBUTE || bytes <= MAX_MESSAGE_BYTES / 2)
        return 0;
    return note_large(context, f->bytes);
}

static Onnx__NodeProto *unpack(struct onnx_node *n, struct wire bytes)
{
    uint8_t *rest = NULL;
    size_t size = wire_size(bytes);
    if (size > MAX_MESSAGE_BYTES) {
        rest = onnx_rest(bytes, &size, n, leave_out_large, n->r->err);
        if (!rest) {
            error_prefix(n->r->err, "a node");
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
    const char *domain = p->domain ? p->domain : "", *op_type = p->op_type ? p->op_type : "";
    int op = onnx_op(domain, op_type);
    snprintf(n->label, sizeof n->label, "%.48s " NAME, op_type, onnx_node_name(n));
    onnx_resolve_attributes(n);
    struct onnx_function *function = op < 0 ? onnx_function_find(n->r, domain, op_type) : NULL;
    if (function)
        return onnx_function_call(n, function);
    if (op < 0)
        return add_unknown(n, domain, op_type);
    if (op == OP_Constant)
        return onnx_read_constant(n);
    if (op == OP_If || op == OP_Loop)
        return onnx_read_control(n, (enum op)op);
    struct node *node = add_node(n, (enum op)op);
    return node ? read_attributes(n, node) : -1;
}

int onnx_read_node(struct onnx_reader *r, struct wire bytes)
{
    struct onnx_node n = {.r = r};
    if (++r->file->n_nodes > MAX_NODES)
        return fail(r->err, "has more than %d nodes", MAX_NODES);
    Onnx__NodeProto *p = unpack(&n, bytes);
    if (!p)
        return -1;
    n.proto = p;
    int status = read_unpacked(&n);
    onnx__node_proto__free_unpacked(p, NULL);
    return status;
}
