#include "decompose/onnx_node.h"

#include <stdlib.h>
#include <string.h>

#include "decompose/onnx_attr.h"
#include "decompose/passes.h"

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

static int read_word(const struct onnx_node *n, const Onnx__AttributeProto *a, enum attr_key key,
                     const ProtobufCBinaryData *text, int64_t *number)
{
    char what[96];
    const char *word = text->len ? (const char *)text->data : "";
    int found = attr_word_number(key, word, text->len);
    *number = found;
    if (found >= 0)
        return 0;
    snprintf(what, sizeof what, "has the value '%.*s', which is not supported",
             text->len < 32 ? (int)text->len : 32, word);
    return attribute_fail(n, a->name, what);
}

static int set_words(const struct onnx_node *n, struct node *node, const Onnx__AttributeProto *a,
                     enum attr_key key)
{
    int64_t *numbers = arena_alloc(&n->r->graph->arena, a->n_strings * sizeof *numbers);
    for (size_t k = 0; k < a->n_strings; k++)
        if (read_word(n, a, key, &a->strings[k], &numbers[k]))
            return -1;
    node_set_ints(n->r->graph, node, key, (int)a->n_strings, numbers);
    return 0;
}

static int set_word(const struct onnx_node *n, struct node *node, const Onnx__AttributeProto *a,
                    enum attr_key key)
{
    int64_t number;
    if (read_word(n, a, key, &a->s, &number))
        return -1;
    node_set_int(n->r->graph, node, key, number);
    return 0;
}

// The numbers of a text's characters.
static int set_text(const struct onnx_node *n, struct node *node, const Onnx__AttributeProto *a,
                    enum attr_key key)
{
    int64_t *numbers = arena_alloc(&n->r->graph->arena, a->s.len * sizeof *numbers);
    for (size_t k = 0; k < a->s.len; k++)
        numbers[k] = a->s.data[k];
    node_set_ints(n->r->graph, node, key, (int)a->s.len, numbers);
    return 0;
}

static int set_fill(const struct onnx_node *n, struct node *node, const Onnx__AttributeProto *a)
{
    struct onnx_tensor tensor;
    if (scan_tensor(n, wire_of(a->t.data, a->t.len), &tensor))
        return -1;
    enum type type = tensor.t.type;
    if (type == TYPE_none)
        return attribute_fail(n, a->name, "has an element type that dlbricks does not support");
    if (tensor_elements(&tensor.t) != 1)
        return attribute_fail(n, a->name, "must have one element");
    void *data = onnx_tensor_contents(&tensor, n->r->err);
    if (!data) {
        error_prefix(n->r->err, n->label);
        return -1;
    }
    node_set_float(n->r->graph, node, ATTR_fill, (float)number_read(type, data, 0));
    node_set_int(n->r->graph, node, ATTR_fill_type, (int64_t)onnx_computed_type(type));
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

static bool is_type(enum attr_key key)
{
    return key == ATTR_to || key == ATTR_dtype || key == ATTR_output_dtype;
}

// Both are TensorProto.DataType; those that dlbricks does not know stay as they are.
static int64_t computed_type(int64_t onnx)
{
    enum type type = type_from_onnx(onnx);
    return type == TYPE_none ? onnx : type_onnx(onnx_computed_type(type));
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
    switch (onnx_attr_type(key)) {
    case ONNX_TENSOR:
        return set_fill(n, node, a);
    case ONNX_STRINGS:
        return set_words(n, node, a, key);
    case ONNX_STRING:
        return key == ATTR_equation ? set_text(n, node, a, key) : set_word(n, node, a, key);
    case ONNX_INT:
        node_set_int(g, node, key, is_type(key) ? computed_type(a->i) : a->i);
        return 0;
    case ONNX_FLOAT:
        node_set_float(g, node, key, a->f);
        return 0;
    case ONNX_FLOATS:
        node_set_floats(g, node, key, (int)a->n_floats, a->floats);
        return 0;
    default:
        node_set_ints(g, node, key, (int)a->n_ints, a->ints);
        return 0;
    }
}

// --- references to attributes of a function's call ---

static const Onnx__AttributeProto *find_attribute(size_t n, Onnx__AttributeProto *const *attributes,
                                                  const char *name)
{
    for (size_t k = 0; k < n; k++)
        if (attributes[k]->name && strcmp(attributes[k]->name, name) == 0)
            return attributes[k];
    return NULL;
}

static const Onnx__AttributeProto *referred(const struct onnx_reader *r, const char *name)
{
    const Onnx__AttributeProto *a =
        find_attribute(r->call->n_attributes, r->call->attributes, name);
    const Onnx__FunctionProto *head = r->function->head;
    return a ? a : find_attribute(head->n_attribute_proto, head->attribute_proto, name);
}

void onnx_resolve_attributes(struct onnx_node *n)
{
    const Onnx__NodeProto *p = n->proto;
    struct arena *arena = &n->r->file->arena;
    n->n_attributes = p->n_attribute;
    n->attributes = p->attribute;
    if (!n->r->call)
        return;
    n->n_attributes = 0;
    n->attributes = arena_alloc(arena, p->n_attribute * sizeof(Onnx__AttributeProto *));
    for (size_t k = 0; k < p->n_attribute; k++) {
        Onnx__AttributeProto *a = p->attribute[k];
        const char *name = a->ref_attr_name;
        const Onnx__AttributeProto *value = name && *name ? referred(n->r, name) : a;
        if (!value)
            continue;
        Onnx__AttributeProto *copy = arena_copy(arena, value, sizeof *value);
        copy->name = a->name;
        n->attributes[n->n_attributes++] = copy;
    }
}

struct wire onnx_attribute_graph(const struct onnx_node *n, const char *name)
{
    for (int k = 0; k < n->n_large; k++)
        if (wire_size(n->large[k].name) == strlen(name) &&
            memcmp(n->large[k].name.at, name, strlen(name)) == 0)
            return n->large[k].graph;
    const Onnx__AttributeProto *a = find_attribute(n->n_attributes, n->attributes, name);
    return a ? wire_of(a->g.data, a->g.len) : wire_of(NULL, 0);
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
    if (n->n_large > 0)
        return add_tensor_constant(n, n->large[0].tensor);
    for (size_t k = 0; k < n->n_attributes; k++) {
        const Onnx__AttributeProto *a = n->attributes[k];
        if (a->name && strncmp(a->name, "value", 5) == 0)
            return read_constant_attribute(n, a);
    }
    return fail(n->r->err, "%s: has no value that dlbricks supports", n->label);
}
