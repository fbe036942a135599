#include "tests/decompose/onnx_case.h"

#include "tests/test.h"
#include "tests/scratch.h"

static char *folder, *path;

int onnx_case_setup(void **state)
{
    (void)state;
    folder = scratch_make();
    path = scratch_path(folder, "model.onnx");
    return 0;
}

int onnx_case_teardown(void **state)
{
    (void)state;
    free(path);
    scratch_remove(folder);
    return 0;
}

struct graph *onnx_case_model(struct str *model, const struct decompose_options *options,
                              struct notes *notes, struct error *err)
{
    static const struct decompose_options none;
    scratch_write(path, model->text, model->len);
    str_release(model);
    return onnx_read(path, options ? options : &none, notes, err);
}

struct graph *onnx_case_graph(struct str *graph, const struct decompose_options *options,
                              struct notes *notes, struct error *err)
{
    struct str model = STR_INIT;
    put_model(&model, graph);
    return onnx_case_model(&model, options, notes, err);
}

struct graph *onnx_case_text(const char *text, const struct decompose_options *options,
                             struct notes *notes, struct error *err)
{
    struct str graph = STR_INIT;
    put_graph(&graph, text);
    return onnx_case_graph(&graph, options, notes, err);
}

// The graph of a text that must be read.
struct graph *onnx_case_good(const char *text)
{
    struct error err = {0};
    struct graph *g = onnx_case_text(text, NULL, NULL, &err);
    if (!g)
        fail_msg("%s", err.text);
    return g;
}

void onnx_case_release(struct graph *g)
{
    graph_release(g);
    free(g);
}

// The message must begin with the path and go on with `expected`.
void onnx_case_refused(struct graph *g, const struct error *err, const char *expected)
{
    assert_null(g);
    size_t n = strlen(path);
    assert_memory_equal(err->text, path, n);
    if (strncmp(err->text + n, ": ", 2) != 0 ||
        strncmp(err->text + n + 2, expected, strlen(expected)) != 0)
        fail_msg("expected: %s\nfound:    %s", expected, err->text + n);
}

int onnx_case_value(const struct graph *g, const char *name)
{
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].name && strcmp(g->values[v].name, name) == 0)
            return v;
    fail_msg("no value %s", name);
    return NONE;
}
