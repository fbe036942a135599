// The messages are built as structs of protobuf-c in an arena and packed at the end; names and
// contents are borrowed from the graph.
#include "decompose/decompose.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "decompose/onnx.pb-c.h"
#include "decompose/onnx_attr.h"
#include "decompose/passes.h"

enum { IR_VERSION = 8, DEFAULT_OPSET = 13, CONSTANT_OF_SHAPE_OPSET = 9 };

// What weights without contents are full of, each of another number: equal ones would be one to
// other engines, which would read fewer bytes. As a variance it must be positive.
static const float FILL = 0.02f, NEXT_FILL = 1e-6f;

// The initializer that holds the shape of these weights.
struct shape {
    const struct tensor *t;
    char *initializer;
};

struct writer {
    struct arena arena;
    const struct graph *g;
    struct error *err;
    Onnx__GraphProto graph;
    int n_shapes;
    struct shape *shapes;
    int n_filled; // weights without contents
};

// A new message of the given type, e.g. MESSAGE(w, NodeProto, node_proto).
#define MESSAGE(w, Type, type)                                                                     \
    ((Onnx__##Type *)arena_copy(&(w)->arena, &(Onnx__##Type)ONNX__##type##__INIT,                  \
                                sizeof(Onnx__##Type)))

static void *new_array(struct writer *w, int n, size_t item_bytes)
{
    return arena_alloc(&w->arena, (size_t)n * item_bytes);
}

static ProtobufCBinaryData bytes_of(const void *data, size_t n)
{
    return (ProtobufCBinaryData){n, (uint8_t *)data};
}

static char *text_of(struct writer *w, int v)
{
    if (v == NONE)
        return "";
    const char *name = w->g->values[v].name;
    return name ? (char *)name : arena_printf(&w->arena, "dlbricks_value_%d", v);
}

static char **texts_of(struct writer *w, int n, const int *values)
{
    char **names = new_array(w, n, sizeof *names);
    for (int k = 0; k < n; k++)
        names[k] = text_of(w, values[k]);
    return names;
}

static int64_t opset(const struct graph *g)
{
    return g->opset ? g->opset : DEFAULT_OPSET;
}

// --- tensors ---

static Onnx__TensorProto *tensor_message(struct writer *w, const struct tensor *t, const void *data)
{
    Onnx__TensorProto *p = MESSAGE(w, TensorProto, TENSOR_PROTO);
    p->has_data_type = true;
    p->data_type = type_onnx(t->type);
    p->n_dims = (size_t)t->rank;
    p->dims = arena_copy(&w->arena, t->dims, (size_t)t->rank * sizeof *t->dims);
    p->has_raw_data = true;
    p->raw_data = bytes_of(data, tensor_bytes(t));
    return p;
}

// ConstantOfShape's attribute: a TensorProto of one element, packed.
static ProtobufCBinaryData fill_bytes(struct writer *w, float fill, enum type type)
{
    int64_t element[1] = {0};
    number_write(type, element, 0, (long double)fill);
    struct tensor one = {.type = type, .rank = 1, .dims = {1}};
    Onnx__TensorProto *p = tensor_message(w, &one, element);
    size_t n = onnx__tensor_proto__get_packed_size(p);
    uint8_t *packed = arena_alloc(&w->arena, n);
    onnx__tensor_proto__pack(p, packed);
    return bytes_of(packed, n);
}

static void add_initializer(struct writer *w, const char *name, const struct tensor *t,
                            const void *data)
{
    Onnx__TensorProto *p = tensor_message(w, t, data);
    p->name = (char *)name;
    w->graph.initializer[w->graph.n_initializer++] = p;
}

// --- nodes ---

static Onnx__AttributeProto *new_attribute(struct writer *w, const char *name,
                                           enum onnx_attr_type type)
{
    Onnx__AttributeProto *p = MESSAGE(w, AttributeProto, ATTRIBUTE_PROTO);
    p->name = (char *)name;
    p->has_type = true;
    p->type = (int32_t)type;
    return p;
}

static Onnx__AttributeProto *fill_attribute(struct writer *w, float fill, enum type type)
{
    Onnx__AttributeProto *p = new_attribute(w, onnx_attr_name(ATTR_fill), ONNX_TENSOR);
    p->has_t = true;
    p->t = fill_bytes(w, fill, type);
    return p;
}

static ProtobufCBinaryData word_bytes(enum attr_key key, int64_t number)
{
    const char *word = attr_word(key, number);
    if (!word)
        BUG("%s has no word %lld", attr_info(key)->name, (long long)number);
    return bytes_of(word, strlen(word));
}

static void set_words(struct writer *w, Onnx__AttributeProto *p, const struct attr *a)
{
    p->n_strings = (size_t)a->n;
    p->strings = new_array(w, a->n, sizeof *p->strings);
    for (int k = 0; k < a->n; k++)
        p->strings[k] = word_bytes(a->key, a->u.ints[k]);
}

static ProtobufCBinaryData text_bytes(struct writer *w, const struct attr *a)
{
    char *text = new_array(w, a->n, 1);
    for (int k = 0; k < a->n; k++)
        text[k] = (char)a->u.ints[k];
    return bytes_of(text, (size_t)a->n);
}

static Onnx__AttributeProto *attribute(struct writer *w, const struct node *n, const struct attr *a)
{
    if (a->key == ATTR_fill)
        return fill_attribute(w, a->u.f, (enum type)node_int(n, ATTR_fill_type, TYPE_f32));
    Onnx__AttributeProto *p = new_attribute(w, onnx_attr_name(a->key), onnx_attr_type(a->key));
    switch (p->type) {
    case ONNX_INT:
        p->has_i = true;
        p->i = a->u.i;
        break;
    case ONNX_FLOAT:
        p->has_f = true;
        p->f = a->u.f;
        break;
    case ONNX_FLOATS:
        p->n_floats = (size_t)a->n;
        p->floats = (float *)a->u.floats;
        break;
    case ONNX_STRING:
        p->has_s = true;
        p->s = a->key == ATTR_equation ? text_bytes(w, a) : word_bytes(a->key, a->u.i);
        break;
    case ONNX_STRINGS:
        set_words(w, p, a);
        break;
    default:
        p->n_ints = (size_t)a->n;
        p->ints = (int64_t *)a->u.ints;
        break;
    }
    return p;
}

static Onnx__NodeProto *new_node(struct writer *w, enum op op, const char *name, int n_dst,
                                 const int *dst, int n_attrs)
{
    Onnx__NodeProto *p = MESSAGE(w, NodeProto, NODE_PROTO);
    p->op_type = (char *)op_info(op)->name;
    p->name = (char *)name;
    p->n_output = (size_t)n_dst;
    p->output = texts_of(w, n_dst, dst);
    if (n_dst && name && strcmp(name, p->output[0]) == 0)
        p->name = ""; // readers take the name of the result, and files are smaller by a sixth
    p->attribute = new_array(w, n_attrs, sizeof *p->attribute);
    w->graph.node[w->graph.n_node++] = p;
    return p;
}

static int add_node(struct writer *w, const struct node *n)
{
    if (!op_info(n->op)->domain || n->n_posts > 0)
        return fail(w->err, "%s '%s' is a step of dlbricks, which ONNX does not have",
                    op_info(n->op)->name, n->name ? n->name : "");
    Onnx__NodeProto *p = new_node(w, n->op, n->name, n->n_dst, n->dst, n->n_attrs);
    p->n_input = (size_t)n->n_src;
    p->input = texts_of(w, n->n_src, n->src);
    for (int k = 0; k < n->n_attrs; k++)
        if (n->attrs[k].key != ATTR_fill_type) // part of fill
            p->attribute[p->n_attribute++] = attribute(w, n, &n->attrs[k]);
    return 0;
}

// --- weights ---

static int check_weight(struct writer *w, const struct value *v, const char *name)
{
    if (v->t.rank < 0 || v->t.type == TYPE_none)
        return fail(w->err, "weight '%s' has no shape", name);
    if (!v->data && opset(w->g) < CONSTANT_OF_SHAPE_OPSET)
        return fail(w->err, "weight '%s' has no contents, and opset %lld has no ConstantOfShape",
                    name, (long long)opset(w->g));
    if (!v->data && !number_type(v->t.type))
        return fail(w->err, "weight '%s' has no contents, and ConstantOfShape makes no %s", name,
                    type_name(v->t.type));
    return 0;
}

// Weights of one shape share the initializer that holds it.
static char *shape_initializer(struct writer *w, const struct tensor *t, const char *name)
{
    for (int i = 0; i < w->n_shapes; i++)
        if (w->shapes[i].t->rank == t->rank &&
            memcmp(w->shapes[i].t->dims, t->dims, (size_t)t->rank * sizeof *t->dims) == 0)
            return w->shapes[i].initializer;
    struct tensor shape = {.type = TYPE_s64, .rank = 1, .dims = {t->rank}};
    char *initializer = arena_printf(&w->arena, "%s/shape", name);
    add_initializer(w, initializer, &shape, t->dims);
    w->shapes[w->n_shapes++] = (struct shape){t, initializer};
    return initializer;
}

static int add_weight(struct writer *w, int v)
{
    const struct value *value = &w->g->values[v];
    char *name = text_of(w, v);
    if (check_weight(w, value, name))
        return -1;
    if (value->data) {
        add_initializer(w, name, &value->t, value->data);
        return 0;
    }
    char *shape = shape_initializer(w, &value->t, name);
    Onnx__NodeProto *p = new_node(w, OP_ConstantOfShape, name, 1, &v, 1);
    p->n_input = 1;
    p->input = arena_copy(&w->arena, &shape, sizeof shape);
    float fill = FILL + NEXT_FILL * (float)w->n_filled++;
    p->attribute[p->n_attribute++] = fill_attribute(w, fill, value->t.type);
    return 0;
}

// --- inputs and outputs ---

static Onnx__TensorShapeProto *shape_message(struct writer *w, const struct tensor *t)
{
    Onnx__TensorShapeProto *p = MESSAGE(w, TensorShapeProto, TENSOR_SHAPE_PROTO);
    p->n_dim = (size_t)t->rank;
    p->dim = new_array(w, t->rank, sizeof *p->dim);
    for (int k = 0; k < t->rank; k++) {
        p->dim[k] = MESSAGE(w, TensorShapeProto__Dimension, TENSOR_SHAPE_PROTO__DIMENSION);
        p->dim[k]->has_dim_value = true;
        p->dim[k]->dim_value = t->dims[k];
    }
    return p;
}

static Onnx__ValueInfoProto *port(struct writer *w, int v, const struct tensor *t)
{
    Onnx__ValueInfoProto *p = MESSAGE(w, ValueInfoProto, VALUE_INFO_PROTO);
    p->name = text_of(w, v);
    p->type = MESSAGE(w, TypeProto, TYPE_PROTO);
    p->type->tensor_type = MESSAGE(w, TypeProto__Tensor, TYPE_PROTO__TENSOR);
    p->type->tensor_type->has_elem_type = true;
    p->type->tensor_type->elem_type = type_onnx(t->type);
    p->type->tensor_type->shape = shape_message(w, t);
    return p;
}

static int add_input(struct writer *w, int v)
{
    const struct tensor *t = &w->g->values[v].t;
    if (t->rank < 0 || t->type == TYPE_none)
        return fail(w->err, "input '%s' has no shape", text_of(w, v));
    w->graph.input[w->graph.n_input++] = port(w, v, t);
    return 0;
}

// The same nodes and values by the same numbers, for a pass that changes them.
static void copy_graph(struct graph *to, const struct graph *from)
{
    graph_init(to);
    to->opset = from->opset;
    for (int v = 0; v < from->n_values; v++) {
        const struct value *value = &from->values[v];
        graph_add_value(to, value->kind, value->name, &value->t);
        to->values[v].data = value->data;
    }
    for (int k = 0; k < from->n_nodes; k++)
        graph_copy_node(to, &from->nodes[k], from->nodes[k].src, from->nodes[k].dst);
    for (int k = 0; k < from->n_outputs; k++)
        graph_add_output(to, from->outputs[k]);
}

// ONNX wants the shapes of outputs, a builder need not know them: they are inferred on a copy.
static int add_outputs(struct writer *w)
{
    struct graph inferred;
    copy_graph(&inferred, w->g);
    int status = infer_shapes(&inferred, w->err);
    for (int k = 0; k < w->g->n_outputs && status == 0; k++)
        w->graph.output[w->graph.n_output++] =
            port(w, w->g->outputs[k], &inferred.values[inferred.outputs[k]].t);
    graph_release(&inferred);
    return status;
}

// --- the file ---

static int build_graph(struct writer *w)
{
    const struct graph *g = w->g;
    onnx__graph_proto__init(&w->graph);
    w->graph.name = (char *)(g->name && g->name[0] ? g->name : "graph");
    w->graph.node = new_array(w, g->n_nodes + g->n_values, sizeof *w->graph.node);
    w->graph.initializer = new_array(w, g->n_values, sizeof *w->graph.initializer);
    w->graph.input = new_array(w, g->n_inputs, sizeof *w->graph.input);
    w->shapes = new_array(w, g->n_values, sizeof *w->shapes);
    w->graph.output = new_array(w, g->n_outputs, sizeof *w->graph.output);

    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].kind == VALUE_weight && add_weight(w, v))
            return -1;
    for (int k = 0; k < g->n_nodes; k++)
        if (add_node(w, &g->nodes[k]))
            return -1;
    for (int k = 0; k < g->n_inputs; k++)
        if (add_input(w, g->inputs[k]))
            return -1;
    return add_outputs(w);
}

static int write_model(const struct writer *w, const char *path)
{
    Onnx__OperatorSetIdProto import = ONNX__OPERATOR_SET_ID_PROTO__INIT;
    Onnx__OperatorSetIdProto *imports[] = {&import};
    import.domain = "";
    import.has_version = true;
    import.version = opset(w->g);

    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    model.has_ir_version = true;
    model.ir_version = IR_VERSION;
    model.producer_name = "dlbricks";
    model.producer_version = DLB_VERSION;
    model.graph = (Onnx__GraphProto *)&w->graph;
    model.n_opset_import = 1;
    model.opset_import = imports;

    size_t n = onnx__model_proto__get_packed_size(&model);
    uint8_t *packed = xmalloc(n);
    onnx__model_proto__pack(&model, packed);
    int status = file_write(path, (const char *)packed, n, w->err);
    free(packed);
    return status;
}

const char *onnx_protobuf_version(void)
{
    return protobuf_c_version();
}

int onnx_write(const struct graph *g, const char *path, struct error *err)
{
    struct writer w = {.g = g, .err = err};
    int status = build_graph(&w);
    if (status)
        error_prefix(err, path);
    else
        status = write_model(&w, path);
    arena_release(&w.arena);
    return status;
}
