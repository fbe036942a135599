// The outermost message: versions, local functions, the graph.
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "decompose/onnx_read.h"

enum { MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET_IMPORT = 8, MODEL_FUNCTION = 25 };
enum { MIN_IR_VERSION = 3, MAX_OPSET = 1000 };

struct model_head {
    int64_t ir_version;
    int64_t opset;    // of the default domain; 0 if none is named
    bool has_imports; // of any domain
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
    m->has_imports = true;
    int64_t version = p->version;
    bool is_default = !p->domain || !p->domain[0] || strcmp(p->domain, "ai.onnx") == 0;
    onnx__operator_set_id_proto__free_unpacked(p, NULL);
    if (is_default && (version < 1 || version > MAX_OPSET))
        return fail(err, "names no valid version of ONNX's operators (opset_import): the file is "
                         "truncated, or not an ONNX model");
    if (is_default)
        m->opset = version;
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

// The operators' version of the release of ONNX that wrote this IR version.
static int64_t usual_opset(int64_t ir_version)
{
    static const int opsets[] = {[3] = 8,  [4] = 9,  [5] = 10,  [6] = 11,  [7] = 14,
                                 [8] = 18, [9] = 20, [10] = 22, [11] = 23, [12] = NEWEST_OPSET};
    int64_t newest = sizeof opsets / sizeof *opsets - 1;
    return opsets[ir_version < newest ? ir_version : newest];
}

static void note_newer(const struct model_head *m, struct notes *notes)
{
    if (m->opset > NEWEST_OPSET)
        notes_add(
            notes,
            "the file is of version %lld of ONNX's operators (opset_import); dlbricks knows "
            "those up to version %d: operators whose meaning changed after it are read as of it",
            (long long)m->opset, NEWEST_OPSET);
}

static void assume_opset(struct model_head *m, struct notes *notes)
{
    m->opset = usual_opset(m->ir_version);
    if (!m->has_imports)
        notes_add(notes,
                  "the file names no version of ONNX's operators (opset_import); it is read as "
                  "version %lld, which is usual for IR version %lld",
                  (long long)m->opset, (long long)m->ir_version);
}

static int check_head(struct model_head *m, struct notes *notes, struct error *err)
{
    if (!m->has_graph)
        return fail(err, "holds no graph: the file is truncated, or not an ONNX model");
    if (m->ir_version < MIN_IR_VERSION)
        return fail(err, "has ONNX IR version %lld; dlbricks reads versions from %d on",
                    (long long)m->ir_version, MIN_IR_VERSION);
    if (m->opset)
        note_newer(m, notes);
    else
        assume_opset(m, notes);
    return 0;
}

static void release_file(struct onnx_file *file)
{
    onnx_functions_release(file);
    free(file->dims);
    arena_release(&file->arena);
}

static struct graph *read_model(struct wire model, const struct decompose_options *options,
                                struct notes *notes, struct error *err)
{
    struct model_head head = {0};
    if (scan_model(&head, model, err) || check_head(&head, notes, err))
        return NULL;

    struct graph *g = xmalloc(sizeof *g);
    graph_init(g);
    g->opset = head.opset;
    struct onnx_file file = {0};
    struct onnx_reader r = {
        .options = options, .notes = notes, .err = err, .file = &file, .graph = g, .prefix = ""};
    onnx_dims_init(&r);
    if (onnx_each(&r, model, MODEL_FUNCTION, onnx_function_add) ||
        onnx_read_graph(&r, head.graph)) {
        graph_release(g);
        free(g);
        g = NULL;
    }
    if (g)
        onnx_dims_report(&r);
    names_release(&r.names);
    release_file(&file);
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
