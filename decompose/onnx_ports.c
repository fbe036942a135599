#include "decompose/onnx_read.h"

#include <string.h>

#include "decompose/onnx.pb-c.h"

// --- dimensions that the model leaves open ---

struct open_dim {
    const char *input;
    int axis;
    const char *symbol; // "" if the model gives it no name
    char place[256];    // "data.0": names it where the model does not
    const char *stated; // " (0 in the file)" where that stands for an open dimension, else ""
};

static void add_binding(struct onnx_reader *r, const char *name, int64_t value, bool used)
{
    struct onnx_file *file = r->file;
    grow(&file->dims, &file->dims_capacity, file->n_dims + 1, sizeof *file->dims);
    file->dims[file->n_dims++] = (struct bound_dim){name, value, used};
}

void onnx_dims_init(struct onnx_reader *r)
{
    for (int k = 0; k < r->options->n_dims; k++)
        add_binding(r, r->options->dims[k].name, r->options->dims[k].value, false);
}

void onnx_dims_report(struct onnx_reader *r)
{
    for (int k = 0; k < r->file->n_dims; k++) {
        const struct bound_dim *d = &r->file->dims[k];
        if (d->used)
            notes_add_dim(r->notes, d->name, d->value);
        else if (k < r->options->n_dims - r->options->n_optional_dims)
            notes_add(r->notes,
                      "--dim %s=%lld is not used: no input has a symbolic dimension of that name",
                      d->name, (long long)d->value);
    }
}

static struct bound_dim *find_binding(struct onnx_reader *r, const char *name)
{
    for (int k = 0; k < r->file->n_dims; k++)
        if (strcmp(r->file->dims[k].name, name) == 0)
            return &r->file->dims[k];
    return NULL;
}

// Exporters write "unk__12" for what they do not know.
static bool is_unnamed(const char *symbol)
{
    return !symbol[0] || strncmp(symbol, "unk", 3) == 0;
}

static bool looks_like_batch(const struct open_dim *d)
{
    return strcasestr(d->symbol, "batch") || strcasecmp(d->symbol, "n") == 0 ||
           (d->axis == 0 && is_unnamed(d->symbol));
}

// What --dim is to be told: the symbol, or the place where a shell would not take that as it is.
static const char *handy_name(const struct open_dim *d)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_.:/-";
    const char *names[] = {is_unnamed(d->symbol) ? d->place : d->symbol, d->place};
    for (size_t k = 0; k < sizeof names / sizeof names[0]; k++)
        if (!names[k][strspn(names[k], plain)])
            return names[k];
    return "NAME";
}

static int take_as_one(struct onnx_reader *r, const struct open_dim *d)
{
    const char *name = is_unnamed(d->symbol) ? d->place : d->symbol;
    if (!looks_like_batch(d) && !r->options->any_dims)
        return fail(r->err,
                    "dimension " NAME " of input " NAME "%s has no size; set it with --dim %s=SIZE",
                    name, d->input, d->stated, handy_name(d));
    notes_add(r->notes,
              "dimension " NAME " of input " NAME "%s is taken as 1; set it with --dim %s=SIZE",
              name, d->input, d->stated, handy_name(d));
    add_binding(r, arena_strdup(&r->file->arena, name), 1, true);
    return 0;
}

static int bind_dim(struct onnx_reader *r, const struct open_dim *d, int64_t *size)
{
    *size = 1;
    struct bound_dim *b = find_binding(r, d->place);
    if (!b && d->symbol[0])
        b = find_binding(r, d->symbol);
    if (!b)
        return take_as_one(r, d);
    if (b->value < 1)
        return fail(r->err, "--dim %s=%lld: a size must be at least 1", b->name,
                    (long long)b->value);
    b->used = true;
    *size = b->value;
    return 0;
}

// --- inputs ---

// Some exporters write 0 or -1 for a dimension that is open.
static int read_dim(struct onnx_reader *r, const char *input, int axis,
                    const Onnx__TensorShapeProto__Dimension *dim, int64_t *size)
{
    const char *symbol = dim->dim_param ? dim->dim_param : "";
    struct open_dim d = {input, axis, symbol, "", ""};
    *size = dim->dim_value;
    if (*size >= 1)
        return 0;
    if (*size < -1)
        return fail(r->err, "dimension %d of input " NAME " is %lld: the file is damaged", axis,
                    input, (long long)*size);
    if (dim->has_dim_value)
        d.stated = *size ? " (-1 in the file)" : " (0 in the file)";
    snprintf(d.place, sizeof d.place, "%s.%d", input, axis);
    return bind_dim(r, &d, size);
}

static int read_shape(struct onnx_reader *r, const char *input, const Onnx__TensorShapeProto *shape,
                      struct tensor *t)
{
    if (shape->n_dim > MAX_RANK)
        return fail(r->err, "input " NAME " has %zu dimensions, more than %d", input, shape->n_dim,
                    MAX_RANK);
    t->rank = (int)shape->n_dim;
    for (int k = 0; k < t->rank; k++)
        if (read_dim(r, input, k, shape->dim[k], &t->dims[k]))
            return -1;
    if (!shape_is_sane(t->dims, t->rank, 1))
        return fail(r->err, "input " NAME " has more than 2^40 elements", input);
    return 0;
}

static void list_input(struct graph *g, int v, const struct tensor *t)
{
    g->values[v].kind = VALUE_input;
    g->values[v].t = *t;
    grow(&g->inputs, &g->inputs_capacity, g->n_inputs + 1, sizeof *g->inputs);
    g->inputs[g->n_inputs++] = v;
}

// A Cast between what is stored and what is computed with.
static int add_cast(struct graph *g, int v, const char *name, enum type to)
{
    struct tensor unknown = {.rank = -1};
    int cast = graph_add_value(g, VALUE_node, name, &unknown);
    struct node *n = graph_add_node(g, OP_Cast, NULL, 1, &v, 1, &cast);
    node_set_int(g, n, ATTR_to, type_onnx(to));
    return cast;
}

static int add_input(struct onnx_reader *r, const Onnx__ValueInfoProto *p)
{
    const Onnx__TypeProto__Tensor *type = p->type ? p->type->tensor_type : NULL;
    struct tensor t = {.type = type ? type_from_onnx(type->elem_type) : TYPE_none, .rank = -1};
    struct named_value *entry = onnx_define(r, p->name);
    if (!entry)
        return -1;
    if (type && !type->shape)
        return fail(r->err, "input " NAME " has no shape", p->name);
    if (type && read_shape(r, p->name, type->shape, &t))
        return -1;
    list_input(r->graph, entry->value, &t);
    if (onnx_computed_type(t.type) != t.type)
        entry->value = add_cast(r->graph, entry->value, NULL, onnx_computed_type(t.type));
    return 0;
}

// Up to IR version 3 every initializer is listed among the inputs too, as its default.
static int read_input(struct onnx_reader *r, const Onnx__ValueInfoProto *p)
{
    const struct named_value *entry = names_find(&r->names, p->name);
    if (entry && r->graph->values[entry->value].kind == VALUE_weight)
        return 0;
    return add_input(r, p);
}

// An output that is stored in half floats gets its name back behind the Cast.
static int read_output(struct onnx_reader *r, const Onnx__ValueInfoProto *p)
{
    const struct named_value *entry = names_find(&r->names, p->name);
    if (!entry || !entry->defined)
        return fail(r->err, "nothing produces the graph's output " NAME, p->name);
    const Onnx__TypeProto__Tensor *type = p->type ? p->type->tensor_type : NULL;
    enum type stored = type ? type_from_onnx(type->elem_type) : TYPE_none;
    int v = entry->value;
    if (onnx_computed_type(stored) != stored)
        v = add_cast(r->graph, v, p->name, stored);
    graph_add_output(r->graph, v);
    return 0;
}

static int read_body_input(struct onnx_reader *r, const Onnx__ValueInfoProto *p)
{
    struct tensor unknown = {.rank = -1};
    struct named_value *entry = onnx_define(r, p->name);
    if (!entry)
        return -1;
    list_input(r->graph, entry->value, &unknown);
    return 0;
}

static int read_body_output(struct onnx_reader *r, const Onnx__ValueInfoProto *p)
{
    graph_add_output(r->graph, onnx_value(r, p->name)->value);
    return 0;
}

static int read_port(struct onnx_reader *r, struct wire bytes,
                     int (*read)(struct onnx_reader *, const Onnx__ValueInfoProto *))
{
    if (wire_size(bytes) > MAX_MESSAGE_BYTES)
        return fail(r->err, "an input or output of the graph is described by %zu bytes, too many",
                    wire_size(bytes));
    Onnx__ValueInfoProto *p = onnx__value_info_proto__unpack(NULL, wire_size(bytes), bytes.at);
    if (!p)
        return fail(r->err, "an input or output of the graph is damaged (byte %td)",
                    bytes.at - bytes.file);
    int status = p->name && p->name[0]
                     ? read(r, p)
                     : fail(r->err, "an input or output of the graph has no name");
    onnx__value_info_proto__free_unpacked(p, NULL);
    return status;
}

int onnx_read_input(struct onnx_reader *r, struct wire bytes)
{
    return read_port(r, bytes, read_input);
}

int onnx_read_output(struct onnx_reader *r, struct wire bytes)
{
    return read_port(r, bytes, read_output);
}

int onnx_read_body_input(struct onnx_reader *r, struct wire bytes)
{
    return read_port(r, bytes, read_body_input);
}

int onnx_read_body_output(struct onnx_reader *r, struct wire bytes)
{
    return read_port(r, bytes, read_body_output);
}
