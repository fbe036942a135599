#include "decompose/onnx_node.h"

#include <stdlib.h>
#include <string.h>

#include "decompose/onnx_attr.h"
#include "decompose/passes.h"

enum { ONNX_TYPE_STRING = 8 };

static int attribute_fail(const struct onnx_node *n, const char *attribute, const char *what)
{
    return fail(n->r->err, "%s: attribute " NAME " %s", n->label, attribute, what);
}

static int check_attribute_type(const struct onnx_node *n, const Onnx__AttributeProto *a,
                                enum onnx_attr_type wanted)
{
    if (a->type == (int32_t)wanted)
        return 0;
    char what[96];
    snprintf(what, sizeof what, "is of type %s, but must be of type %s",
             onnx_attr_type_name(a->type), onnx_attr_type_name((int32_t)wanted));
    return attribute_fail(n, a->name, what);
}

static int scan_tensor(const struct onnx_node *n, struct wire bytes, struct onnx_tensor *tensor)
{
    if (onnx_tensor_scan(tensor, bytes, n->r->err) == 0)
        return 0;
    error_prefix(n->r->err, n->label);
    return -1;
}

static int set_auto_pad(const struct onnx_node *n, struct node *node, const Onnx__AttributeProto *a)
{
    for (int k = 0; k < N_AUTO_PADS; k++) {
        size_t length = strlen(onnx_auto_pads[k]);
        if (a->s.len == length && memcmp(a->s.data, onnx_auto_pads[k], length) == 0) {
            node_set_int(n->r->graph, node, ATTR_auto_pad, k);
            return 0;
        }
    }
    return attribute_fail(n, a->name, "has a value that ONNX does not define");
}

static int set_fill(const struct onnx_node *n, struct node *node, const Onnx__AttributeProto *a)
{
    struct onnx_tensor tensor;
    if (scan_tensor(n, wire_of(a->t.data, a->t.len), &tensor))
        return -1;
    enum type type = tensor.t.type;
    if (!number_type(type))
        return attribute_fail(n, a->name, "has an element type that dlbricks does not support");
    if (tensor_elements(&tensor.t) != 1)
        return attribute_fail(n, a->name, "must have one element");
    void *data = onnx_tensor_contents(&tensor, n->r->err);
    if (!data) {
        error_prefix(n->r->err, n->label);
        return -1;
    }
    node_set_float(n->r->graph, node, ATTR_fill, (float)number_read(type, data, 0));
    node_set_int(n->r->graph, node, ATTR_fill_type, (int64_t)type);
    free(data);
    return 0;
}

// Ignoring an attribute that ONNX does not have changes nothing; these ONNX has or had.
static int unknown_attribute(const struct onnx_node *n, enum op op, const char *name)
{
    static const char *const essential[] = {"axis", "shape", "start", "end"};
    for (size_t k = 0; k < sizeof essential / sizeof *essential; k++)
        if (strcmp(name, essential[k]) == 0)
            return attribute_fail(n, name, "is not supported for this operator");
    notes_add(n->r->notes, "attribute " NAME " of %s is not known to dlbricks and is ignored", name,
              op_info(op)->name);
    return 0;
}

int onnx_read_attribute(const struct onnx_node *n, struct node *node, const Onnx__AttributeProto *a)
{
    int found = a->name ? onnx_attr_key(node->op, a->name) : -1;
    if (!a->name)
        return attribute_fail(n, "", "has no name");
    if (found < 0)
        return unknown_attribute(n, node->op, a->name);
    enum attr_key key = (enum attr_key)found;
    if (check_attribute_type(n, a, onnx_attr_type(key)))
        return -1;

    struct graph *g = n->r->graph;
    if (key == ATTR_auto_pad)
        return set_auto_pad(n, node, a);
    if (key == ATTR_fill)
        return set_fill(n, node, a);
    if (attr_info(key)->kind == ATTR_KIND_int)
        node_set_int(g, node, key, a->i);
    else if (attr_info(key)->kind == ATTR_KIND_float)
        node_set_float(g, node, key, a->f);
    else
        node_set_ints(g, node, key, (int)a->n_ints, a->ints);
    return 0;
}

// --- Constant ---

static int add_tensor_constant(const struct onnx_node *n, struct wire bytes)
{
    struct onnx_tensor tensor;
    if (scan_tensor(n, bytes, &tensor))
        return -1;
    return onnx_add_weight(n->r, n->label, n->proto->output[0], &tensor);
}

static int add_list_constant(const struct onnx_node *n, enum type type, int rank, size_t count,
                             const void *data)
{
    struct tensor t = {.type = type, .rank = rank, .dims = {(int64_t)count}};
    struct named_value *entry = onnx_define_weight(n->r, n->proto->output[0], &t, data);
    if (entry && type == TYPE_none)
        entry->foreign_type = ONNX_TYPE_STRING;
    return entry ? 0 : -1;
}

static int read_constant_attribute(const struct onnx_node *n, const Onnx__AttributeProto *a)
{
    switch (a->type) {
    case ONNX_TENSOR:
        return add_tensor_constant(n, wire_of(a->t.data, a->t.len));
    case ONNX_FLOAT:
        return add_list_constant(n, TYPE_f32, 0, 0, &a->f);
    case ONNX_FLOATS:
        return add_list_constant(n, TYPE_f32, 1, a->n_floats, a->floats);
    case ONNX_INT:
        return add_list_constant(n, TYPE_s64, 0, 0, &a->i);
    case ONNX_INTS:
        return add_list_constant(n, TYPE_s64, 1, a->n_ints, a->ints);
    case ONNX_STRING:
    case ONNX_STRINGS:
        return add_list_constant(n, TYPE_none, 0, 0, NULL);
    default:
        return attribute_fail(n, a->name, "is of a type that dlbricks does not support");
    }
}

// value, value_float, value_ints ...: the type says it all.
int onnx_read_constant(const struct onnx_node *n)
{
    const Onnx__NodeProto *p = n->proto;
    if (p->n_output != 1 || !p->output[0][0])
        return fail(n->r->err, "%s: must have one output", n->label);
    if (wire_size(n->large) > 0)
        return add_tensor_constant(n, n->large);
    for (size_t k = 0; k < p->n_attribute; k++) {
        const Onnx__AttributeProto *a = p->attribute[k];
        if (a->name && strncmp(a->name, "value", 5) == 0)
            return read_constant_attribute(n, a);
    }
    return fail(n->r->err, "%s: has no value that dlbricks supports", n->label);
}
