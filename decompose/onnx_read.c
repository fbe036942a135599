#include "decompose/onnx_read.h"

#include <stdlib.h>
#include <string.h>

#include "reference/number.h"

// Contents that are loaded unasked: lists of dimensions, limits of Clip, the ones and zeros by
// which files spell the normalisation of up to 2048 groups.
enum { SMALL_INTEGERS_BYTES = 64 * 1024, SMALL_FLOATS_BYTES = 8 * 1024 };

int onnx_each(struct onnx_reader *r, struct wire message, uint32_t number,
              int (*visit)(struct onnx_reader *, struct wire))
{
    struct wire_field f;
    int more;
    while ((more = wire_next(&message, &f, r->err)) > 0)
        if (f.number == number && f.type == WIRE_BYTES && visit(r, f.bytes))
            return -1;
    return more;
}

uint8_t *onnx_rest(struct wire message, size_t *size, void *context,
                   int (*leave_out)(void *context, const struct wire_field *f, size_t bytes),
                   struct error *err)
{
    struct wire_field f;
    uint8_t *rest = xmalloc(MAX_MESSAGE_BYTES);
    int more, status = 0;
    *size = 0;
    for (const uint8_t *start; start = message.at, (more = wire_next(&message, &f, err)) > 0;) {
        size_t bytes = (size_t)(message.at - start);
        status = leave_out(context, &f, bytes);
        if (status == 0 && *size + bytes > MAX_MESSAGE_BYTES)
            status = fail(err, "is larger than %d bytes", MAX_MESSAGE_BYTES);
        if (status < 0)
            break;
        if (status == 0) {
            memcpy(rest + *size, start, bytes);
            *size += bytes;
        }
    }
    if (more == 0)
        return rest;
    free(rest);
    return NULL;
}

// A text of the file as a string in the file's arena.
static const char *text_of(struct onnx_reader *r, struct wire text)
{
    return arena_strndup(&r->file->arena, (const char *)text.at, wire_size(text));
}

struct named_value *onnx_value(struct onnx_reader *r, const char *name)
{
    struct named_value *entry = names_find(&r->names, name);
    if (entry)
        return entry;
    struct tensor unknown = {.rank = -1};
    const char *key = arena_strdup(&r->file->arena, name);
    const char *full = *r->prefix ? arena_printf(&r->file->arena, "%s%s", r->prefix, name) : key;
    return names_add(&r->names, key, graph_add_value(r->graph, VALUE_node, full, &unknown));
}

struct named_value *onnx_define(struct onnx_reader *r, const char *name)
{
    struct named_value *entry = onnx_value(r, name);
    if (entry->defined) {
        fail(r->err, "value " NAME " is produced twice", name);
        return NULL;
    }
    entry->defined = true;
    return entry;
}

enum type onnx_computed_type(enum type stored)
{
    return stored == TYPE_f16 || stored == TYPE_bf16 ? TYPE_f32 : stored;
}

static bool wants_contents(const struct onnx_reader *r, const struct onnx_tensor *tensor)
{
    if (tensor->t.type == TYPE_none || tensor->external)
        return false;
    if (r->options->with_weights)
        return true;
    bool is_float = tensor->t.type == TYPE_f32 || tensor->t.type == TYPE_f64 ||
                    tensor->t.type == TYPE_f16 || tensor->t.type == TYPE_bf16;
    return tensor_bytes(&tensor->t) <= (is_float ? SMALL_FLOATS_BYTES : SMALL_INTEGERS_BYTES);
}

static void set_weight(struct onnx_reader *r, int v, const struct tensor *t, const void *data)
{
    struct value *value = &r->graph->values[v];
    value->kind = VALUE_weight;
    value->t = *t;
    value->data = data ? arena_copy(&r->graph->arena, data, tensor_bytes(t)) : NULL;
}

struct named_value *onnx_define_weight(struct onnx_reader *r, const char *name,
                                       const struct tensor *t, const void *data)
{
    struct named_value *entry = onnx_define(r, name);
    if (entry)
        set_weight(r, entry->value, t, data);
    return entry;
}

// The contents in the type that is computed with; *t becomes that.
static void *widen(struct onnx_reader *r, struct tensor *t, void *stored)
{
    struct tensor wide = *t;
    wide.type = onnx_computed_type(t->type);
    if (wide.type == t->type)
        return stored;
    notes_add(r->notes, "half floats are storage only: computed is in f32");
    void *data = NULL;
    if (stored) {
        data = xmalloc(tensor_bytes(&wide));
        for (int64_t i = 0; i < tensor_elements(t); i++)
            number_write(wide.type, data, i, number_read(t->type, stored, i));
    }
    free(stored);
    *t = wide;
    return data;
}

static int load_contents(struct onnx_reader *r, const char *where, const struct onnx_tensor *tensor,
                         struct tensor *t, void **data)
{
    *data = NULL;
    *t = tensor->t;
    if (wants_contents(r, tensor)) {
        *data = onnx_tensor_contents(tensor, r->err);
        if (!*data) {
            error_prefix(r->err, where);
            return -1;
        }
    }
    if (tensor->external && r->options->with_weights)
        notes_add(r->notes, "%s: the contents are in another file, which is not opened", where);
    *data = widen(r, t, *data);
    return 0;
}

int onnx_add_weight(struct onnx_reader *r, const char *where, const char *name,
                    const struct onnx_tensor *tensor)
{
    struct tensor t;
    void *data;
    if (load_contents(r, where, tensor, &t, &data))
        return -1;
    struct named_value *entry = onnx_define_weight(r, name, &t, data);
    free(data);
    return entry ? 0 : -1;
}

// Of initializers of one name the last counts, as for everybody else.
static int add_initializer(struct onnx_reader *r, const char *where, const char *name,
                           const struct onnx_tensor *tensor)
{
    struct named_value *entry = names_find(&r->names, name);
    if (entry && entry->defined) {
        notes_add(r->notes, "%s is given more than once; the last one counts", where);
        entry->defined = false;
    }
    return onnx_add_weight(r, where, name, tensor);
}

static int read_initializer(struct onnx_reader *r, struct wire bytes)
{
    struct onnx_tensor tensor;
    char where[LABEL_SIZE];
    int status = onnx_tensor_scan(&tensor, bytes, r->err);
    const char *name = text_of(r, tensor.name);
    snprintf(where, sizeof where, "initializer " NAME, name);
    if (status == 0 && name[0])
        return add_initializer(r, where, name, &tensor);
    fail(r->err, "has no name");
    error_prefix(r->err, where);
    return -1;
}

static int refuse_sparse_initializer(struct onnx_reader *r, struct wire bytes)
{
    (void)bytes;
    return fail(r->err, "has sparse initializers, which dlbricks does not support");
}

static int read_graph_name(struct onnx_reader *r, struct wire bytes)
{
    r->graph->name = arena_strndup(&r->graph->arena, (const char *)bytes.at, wire_size(bytes));
    return 0;
}

// Some operators once had outputs for training, which exporters still list. They go if nobody
// uses them. Needs the graph's index.
static void drop_extra_outputs(struct graph *g, struct node *n)
{
    int most = op_info(n->op)->max_dsts;
    for (; most >= 0 && n->n_dst > most; n->n_dst--) {
        int v = n->dst[n->n_dst - 1];
        if (v != NONE && g->values[v].n_uses > 0)
            return; // shape inference says so
        if (v != NONE)
            g->values[v].producer = NONE;
    }
}

int onnx_finish(struct onnx_reader *r)
{
    struct graph *g = r->graph;
    if (graph_sort(g, r->err))
        return -1;
    for (int k = 0; k < g->n_nodes; k++)
        drop_extra_outputs(g, &g->nodes[k]);
    return 0;
}

int onnx_read_contents(struct onnx_reader *r, struct wire graph,
                       int (*read_input)(struct onnx_reader *, struct wire),
                       int (*read_output)(struct onnx_reader *, struct wire))
{
    return onnx_each(r, graph, GRAPH_NAME, read_graph_name) ||
                   onnx_each(r, graph, GRAPH_SPARSE_INITIALIZER, refuse_sparse_initializer) ||
                   onnx_each(r, graph, GRAPH_INITIALIZER, read_initializer) ||
                   onnx_each(r, graph, GRAPH_INPUT, read_input) ||
                   onnx_each(r, graph, GRAPH_NODE, onnx_read_node) ||
                   onnx_each(r, graph, GRAPH_OUTPUT, read_output)
               ? -1
               : 0;
}

int onnx_read_graph(struct onnx_reader *r, struct wire graph)
{
    const struct graph *g = r->graph;
    if (onnx_read_contents(r, graph, onnx_read_input, onnx_read_output))
        return -1;
    if (r->file->n_nodes == 0 || g->n_outputs == 0)
        return fail(r->err, "the graph is empty: it has no %s",
                    r->file->n_nodes ? "outputs" : "nodes");
    return onnx_finish(r);
}
