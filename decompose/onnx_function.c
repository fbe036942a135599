// Local functions of a model. A call is replaced by the function's nodes, read anew with names of
// their own, so that nothing behind the reader knows of functions.
#include <stdlib.h>
#include <string.h>

#include "decompose/onnx_node.h"

enum { FUNCTION_NODE = 7, FUNCTION_DOC = 8, FUNCTION_VALUE_INFO = 12 };

static int leave_out(void *context, const struct wire_field *f, size_t bytes)
{
    (void)context, (void)bytes;
    return f->number == FUNCTION_NODE || f->number == FUNCTION_DOC ||
           f->number == FUNCTION_VALUE_INFO;
}

static Onnx__FunctionProto *unpack_head(struct wire bytes, struct error *err)
{
    size_t size;
    uint8_t *rest = onnx_rest(bytes, &size, NULL, leave_out, err);
    Onnx__FunctionProto *head = rest ? onnx__function_proto__unpack(NULL, size, rest) : NULL;
    free(rest);
    if (!head) {
        fail(err, "is damaged");
        error_prefix(err, "a local function");
    }
    return head;
}

// "domain:name"
static char *function_key(struct onnx_file *file, const char *domain, const char *name)
{
    return arena_printf(&file->arena, "%s:%s", domain ? domain : "", name ? name : "");
}

int onnx_function_add(struct onnx_reader *r, struct wire bytes)
{
    struct onnx_file *file = r->file;
    Onnx__FunctionProto *head = unpack_head(bytes, r->err);
    if (!head)
        return -1;
    grow(&file->functions, &file->functions_capacity, file->n_functions + 1,
         sizeof *file->functions);
    file->functions[file->n_functions] = (struct onnx_function){.bytes = bytes, .head = head};
    const char *key = function_key(file, head->domain, head->name);
    if (!names_find(&file->function_names, key))
        names_add(&file->function_names, key, file->n_functions);
    file->n_functions++;
    return 0;
}

struct onnx_function *onnx_function_find(struct onnx_reader *r, const char *domain,
                                         const char *op_type)
{
    if (r->file->n_functions == 0)
        return NULL;
    const char *key = function_key(r->file, domain, op_type);
    const struct named_value *entry = names_find(&r->file->function_names, key);
    return entry ? &r->file->functions[entry->value] : NULL;
}

void onnx_functions_release(struct onnx_file *file)
{
    for (int k = 0; k < file->n_functions; k++)
        onnx__function_proto__free_unpacked(file->functions[k].head, NULL);
    free(file->functions);
    names_release(&file->function_names);
}

// --- calls ---

static int define_local(struct onnx_reader *inner, const char *name, int value, bool defined)
{
    if (names_find(&inner->names, name))
        return fail(inner->err, "function has two parameters of the name " NAME, name);
    names_add(&inner->names, arena_strdup(&inner->file->arena, name), value)->defined = defined;
    return 0;
}

static int bind_inputs(const struct onnx_node *call, struct onnx_reader *inner)
{
    const Onnx__FunctionProto *head = inner->function->head;
    const Onnx__NodeProto *p = call->proto;
    if (p->n_input > head->n_input || p->n_output > head->n_output)
        return fail(inner->err, "has %zu inputs and %zu outputs, and its function only %zu and %zu",
                    p->n_input, p->n_output, head->n_input, head->n_output);
    for (size_t k = 0; k < head->n_input; k++) {
        bool given = k < p->n_input && p->input[k][0];
        int v = given ? onnx_value(call->r, p->input[k])->value : NONE;
        if (define_local(inner, head->input[k], v, true))
            return -1;
    }
    return 0;
}

// Results get the caller's values. An input that is handed on as a result needs a node.
static int bind_output(const struct onnx_node *call, struct onnx_reader *inner, size_t k)
{
    const char *local = inner->function->head->output[k], *name = call->proto->output[k];
    if (!name[0])
        return 0;
    struct named_value *outer = onnx_define(call->r, name);
    if (!outer)
        return -1;
    const struct named_value *same = names_find(&inner->names, local);
    if (!same)
        return define_local(inner, local, outer->value, false);
    graph_add_node(inner->graph, OP_Identity, NULL, 1, &same->value, 1, &outer->value);
    return 0;
}

static int bind_outputs(const struct onnx_node *call, struct onnx_reader *inner)
{
    for (size_t k = 0; k < call->proto->n_output; k++)
        if (bind_output(call, inner, k))
            return -1;
    return 0;
}

// What the function's nodes use must be there; graph_sort would find it too, but not say where.
static int check_defined(const struct onnx_reader *inner)
{
    for (int k = 0; k < inner->names.capacity; k++) {
        const struct named_value *entry = &inner->names.slots[k];
        if (entry->name && !entry->defined)
            return fail(inner->err, "nothing in its function produces " NAME, entry->name);
    }
    return 0;
}

static int read_nodes(const struct onnx_node *call, struct onnx_reader *inner)
{
    if (bind_inputs(call, inner) || bind_outputs(call, inner)) {
        error_prefix(inner->err, call->label);
        return -1;
    }
    if (onnx_each(inner, inner->function->bytes, FUNCTION_NODE, onnx_read_node))
        return -1;
    if (check_defined(inner) == 0)
        return 0;
    error_prefix(inner->err, call->label);
    return -1;
}

int onnx_function_call(const struct onnx_node *call, struct onnx_function *f)
{
    struct onnx_reader *r = call->r;
    if (f->running || r->depth == MAX_DEPTH)
        return fail(r->err, "%s: its function %s", call->label,
                    f->running ? "calls itself" : "is called from too deep");
    struct onnx_reader inner = *r;
    inner.names = (struct names){0};
    inner.depth++;
    inner.prefix = arena_printf(&r->file->arena, "%s/", onnx_node_name(call));
    inner.call = call;
    inner.function = f;
    f->running = true;
    int status = read_nodes(call, &inner);
    f->running = false;
    names_release(&inner.names);
    return status;
}
