#include "decompose/onnx_read.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "decompose/onnx.pb-c.h"

enum { MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET_IMPORT = 8 };
enum { MIN_IR_VERSION = 3, MAX_OPSET = 1000 };

// Contents that are loaded unasked: lists of dimensions, limits of Clip. Not biases.
enum { SMALL_INTEGERS_BYTES = 64 * 1024, SMALL_FLOATS_BYTES = 1024 };

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

const char *onnx_text(struct onnx_reader *r, struct wire text)
{
    return arena_strndup(&r->graph->arena, (const char *)text.at, wire_size(text));
}

struct named_value *onnx_value(struct onnx_reader *r, const char *name)
{
    struct named_value *entry = names_find(&r->names, name);
    if (entry)
        return entry;
    struct tensor unknown = {.rank = -1};
    int v = graph_add_value(r->graph, VALUE_node, name, &unknown);
    return names_add(&r->names, r->graph->values[v].name, v);
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

struct named_value *onnx_define_weight(struct onnx_reader *r, const char *name,
                                       const struct tensor *t, const void *data)
{
    struct named_value *entry = onnx_define(r, name);
    if (!entry)
        return NULL;
    struct value *v = &r->graph->values[entry->value];
    v->kind = VALUE_weight;
    v->t = *t;
    if (data)
        v->data = arena_copy(&r->graph->arena, data, tensor_bytes(t));
    return entry;
}

int onnx_add_weight(struct onnx_reader *r, const char *where, const char *name,
                    const struct onnx_tensor *tensor)
{
    void *data = NULL;
    if (wants_contents(r, tensor)) {
        data = onnx_tensor_contents(tensor, r->err);
        if (!data) {
            error_prefix(r->err, where);
            return -1;
        }
    }
    struct named_value *entry = onnx_define_weight(r, name, &tensor->t, data);
    free(data);
    if (!entry)
        return -1;
    if (tensor->t.type == TYPE_none)
        entry->foreign_type = (int)tensor->onnx_type;
    if (tensor->external && r->options->with_weights)
        notes_add(r->notes, "%s: the contents are in another file, which is not opened", where);
    return 0;
}

static int read_initializer(struct onnx_reader *r, struct wire bytes)
{
    struct onnx_tensor tensor;
    char where[LABEL_SIZE];
    int status = onnx_tensor_scan(&tensor, bytes, r->err);
    const char *name = onnx_text(r, tensor.name);
    snprintf(where, sizeof where, "initializer " NAME, name);
    if (status == 0 && name[0])
        return onnx_add_weight(r, where, name, &tensor);
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
    r->graph->name = onnx_text(r, bytes);
    return 0;
}

// Values of types that dlbricks does not know matter only where a node reads them.
static int check_type(struct onnx_reader *r, const struct node *n, int v)
{
    if (v == NONE)
        return 0;
    const struct named_value *entry = names_find(&r->names, r->graph->values[v].name);
    if (!entry->foreign_type)
        return 0;
    return fail(r->err,
                "%s " NAME " reads " NAME
                " of ONNX element type %d, which dlbricks does not support",
                op_info(n->op)->name, n->name, entry->name, entry->foreign_type);
}

static int check_types(struct onnx_reader *r)
{
    for (int k = 0; k < r->graph->n_nodes; k++)
        for (int s = 0; s < r->graph->nodes[k].n_src; s++)
            if (check_type(r, &r->graph->nodes[k], r->graph->nodes[k].src[s]))
                return -1;
    return 0;
}

// Some operators once had outputs for training, which exporters still list. They go if nobody
// uses them. Needs the graph's index.
static int drop_extra_outputs(struct graph *g, struct node *n, struct error *err)
{
    for (; n->n_dst > op_info(n->op)->max_dsts; n->n_dst--) {
        int v = n->dst[n->n_dst - 1];
        if (v == NONE)
            continue;
        if (g->values[v].n_uses > 0)
            return fail(err, "%s " NAME ": its output " NAME " is not supported",
                        op_info(n->op)->name, n->name, g->values[v].name);
        g->values[v].producer = NONE;
    }
    return 0;
}

static int finish(struct onnx_reader *r)
{
    struct graph *g = r->graph;
    if (g->n_nodes == 0 || g->n_outputs == 0)
        return fail(r->err, "the graph is empty: it has no %s", g->n_nodes ? "outputs" : "nodes");
    if (check_types(r) || graph_sort(g, r->err))
        return -1;
    for (int k = 0; k < g->n_nodes; k++)
        if (drop_extra_outputs(g, &g->nodes[k], r->err))
            return -1;
    onnx_dims_report(r);
    return 0;
}

static int read_graph(struct onnx_reader *r, struct wire graph)
{
    if (onnx_check_operators(r, graph) || onnx_each(r, graph, GRAPH_NAME, read_graph_name) ||
        onnx_each(r, graph, GRAPH_SPARSE_INITIALIZER, refuse_sparse_initializer) ||
        onnx_each(r, graph, GRAPH_INITIALIZER, read_initializer) ||
        onnx_each(r, graph, GRAPH_INPUT, onnx_read_input) ||
        onnx_each(r, graph, GRAPH_NODE, onnx_read_node) ||
        onnx_each(r, graph, GRAPH_OUTPUT, onnx_read_output))
        return -1;
    return finish(r);
}

struct model_head {
    int64_t ir_version;
    int64_t opset; // of the default domain; 1 if only others are imported
    struct wire graph;
    bool has_graph;
};

static int read_opset(struct model_head *m, struct wire bytes, struct error *err)
{
    if (wire_size(bytes) > MAX_MESSAGE_BYTES)
        return fail(err, "an opset_import of %zu bytes is too large", wire_size(bytes));
    Onnx__OperatorSetIdProto *p =
        onnx__operator_set_id_proto__unpack(NULL, wire_size(bytes), bytes.at);
    if (!p)
        return fail(err, "an opset_import is damaged");
    if (!p->domain || !p->domain[0] || strcmp(p->domain, "ai.onnx") == 0)
        m->opset = p->version;
    else if (m->opset == 0)
        m->opset = 1;
    onnx__operator_set_id_proto__free_unpacked(p, NULL);
    return 0;
}

static int scan_model(struct model_head *m, struct wire model, struct error *err)
{
    struct wire_field f;
    int more;
    while ((more = wire_next(&model, &f, err)) > 0) {
        if (f.number == MODEL_IR_VERSION && f.type == WIRE_VARINT)
            m->ir_version = (int64_t)f.value;
        if (f.number == MODEL_GRAPH && f.type == WIRE_BYTES) {
            m->graph = f.bytes;
            m->has_graph = true;
        }
        if (f.number == MODEL_OPSET_IMPORT && f.type == WIRE_BYTES && read_opset(m, f.bytes, err))
            return -1;
    }
    return more;
}

static int check_head(const struct model_head *m, struct error *err)
{
    if (!m->has_graph)
        return fail(err, "holds no graph: the file is truncated, or not an ONNX model");
    if (m->ir_version < MIN_IR_VERSION)
        return fail(err, "has ONNX IR version %lld; dlbricks reads versions from %d on",
                    (long long)m->ir_version, MIN_IR_VERSION);
    if (m->opset < 1 || m->opset > MAX_OPSET)
        return fail(err, "names no valid version of ONNX's operators (opset_import): the file is "
                         "truncated, or not an ONNX model");
    return 0;
}

static struct graph *read_model(struct wire model, const struct decompose_options *options,
                                struct notes *notes, struct error *err)
{
    struct model_head head = {0};
    if (scan_model(&head, model, err) || check_head(&head, err))
        return NULL;

    struct graph *g = xmalloc(sizeof *g);
    graph_init(g);
    g->opset = head.opset;
    struct onnx_reader r = {.options = options, .graph = g, .notes = notes, .err = err};
    onnx_dims_init(&r);
    if (read_graph(&r, head.graph)) {
        graph_release(g);
        free(g);
        g = NULL;
    }
    names_release(&r.names);
    free(r.dims);
    return g;
}

struct graph *onnx_read(const char *path, const struct decompose_options *options,
                        struct notes *notes, struct error *err)
{
    struct file_map file;
    struct graph *g = NULL;
    if (file_map_open(&file, path, err) == 0) {
        g = read_model(wire_of(file.data, file.size), options, notes, err);
        file_map_close(&file);
    }
    if (!g && err) {
        struct error raw = *err;
        error_prefix(&raw, path);
        printable(err->text, sizeof err->text, raw.text);
    }
    return g;
}
