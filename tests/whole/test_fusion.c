// Real models: fused and unfused programs give the same outputs. Weights that a file only has the
// shape of (ConstantOfShape) get numbers first, as equal ones would hide mistakes.
#include "tests/test.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "decompose/decompose.h"
#include "reference/number.h"
#include "runner/check.h"
#include "runner/data.h"
#include "tests/whole/model_run.h"

#define FOLDER SOURCE_DIR "/../shared/models"

enum { SMALL = 64 };

static const struct dim_binding dims[] = {{"sequence", 16}, {"length", 16}};

// Vectors may be variances: they are near 1. Matrices and kernels preserve the variance.
static void fill_weight(struct graph *g, int v)
{
    const struct tensor *t = &g->values[v].t;
    size_t bytes = tensor_bytes(t);
    float *x = arena_alloc(&g->arena, bytes);
    double fan_in = t->rank == 2 ? sqrt((double)tensor_elements(t))
                                 : (double)dims_count(t->dims, 1, t->rank > 1 ? t->rank : 1);
    data_fill(x, bytes, t->rank > 1 ? (float)sqrt(3 / fan_in) : 0.25f, (uint64_t)v);
    for (int64_t i = 0; t->rank <= 1 && i < tensor_elements(t); i++)
        x[i] += 1;
    g->values[v].data = x;
}

// A ConstantOfShape that stands for a tensor of numbers becomes one.
static void replace_fill(struct graph *g, struct node *n)
{
    const struct value *shape = &g->values[n->src[0]];
    struct tensor t = {.type = TYPE_f32, .rank = (int)tensor_elements(&shape->t)};
    if (!shape->data || node_int(n, ATTR_fill_type, TYPE_f32) != TYPE_f32 || t.rank > MAX_RANK)
        return;
    memcpy(t.dims, shape->data, (size_t)t.rank * sizeof *t.dims);
    if (tensor_elements(&t) <= SMALL)
        return;
    struct value *v = &g->values[n->dst[0]];
    v->kind = VALUE_weight;
    v->t = t;
    fill_weight(g, n->dst[0]);
    n->dst[0] = NONE;
}

static struct graph *read_steps(const char *path, bool no_fusion, struct error *err)
{
    const struct decompose_options options = {
        .n_dims = N_ELEMENTS(dims), .dims = dims, .with_weights = true, .no_fusion = no_fusion};
    struct graph *g = onnx_read(path, &options, NULL, err);
    for (int i = 0; g && i < g->n_nodes; i++)
        if (g->nodes[i].op == OP_ConstantOfShape)
            replace_fill(g, &g->nodes[i]);
    if (g && graph_to_steps(g, &options, err) == 0 && g->n_unmodelled == 0)
        return g;
    if (g && g->n_unmodelled)
        fail(err, "%s '%s' %s", g->unmodelled->op, g->unmodelled->layer, g->unmodelled->reason);
    graph_release(g);
    free(g);
    return NULL;
}

// Floats of variance about 1; indices from 1 on.
static void fill_input(const struct tensor *t, void *p, uint64_t seed)
{
    if (t->type == TYPE_f32)
        data_fill(p, tensor_bytes(t), 1, seed);
    for (int64_t i = 0; t->type != TYPE_f32 && i < tensor_elements(t); i++)
        number_write(t->type, p, i, 1 + i % 100);
}

// The outputs, one behind the other.
static float *take_outputs(const struct graph *g, void *const *address, size_t *n)
{
    float *all = NULL;
    *n = 0;
    for (int k = 0; k < g->n_outputs; k++) {
        const struct tensor *t = &g->values[g->outputs[k]].t;
        assert_int_equal(t->type, TYPE_f32);
        all = xrealloc(all, *n * sizeof *all + tensor_bytes(t));
        memcpy(all + *n, address[graph_storage(g, g->outputs[k])], tensor_bytes(t));
        *n += (size_t)tensor_elements(t);
    }
    return all;
}

// NULL with a message if the model cannot be run.
static float *run(const struct machinery *m, const char *path, bool no_fusion, size_t *n,
                  struct error *err)
{
    struct graph *g = read_steps(path, no_fusion, err);
    struct loaded_graph l;
    float *outputs = NULL;
    if (!g)
        return NULL;
    if (loaded_graph_init(&l, &m->engine, m->kernels, g, err) == 0) {
        for (int k = 0; k < g->n_inputs; k++)
            fill_input(&g->values[g->inputs[k]].t, l.address[g->inputs[k]], (uint64_t)k);
        program_run(&l.program);
        outputs = take_outputs(g, l.address, n);
        loaded_graph_release(&l);
    }
    graph_release(g);
    free(g);
    return outputs;
}

static bool agrees(const struct machinery *m, const char *path)
{
    struct error err = {0};
    size_t n = 0, n_unfused = 0;
    float *fused = run(m, path, false, &n, &err);
    float *unfused = fused ? run(m, path, true, &n_unfused, &err) : NULL;
    if (unfused) {
        assert_int_equal(n, n_unfused);
        double difference = compare_f32(fused, unfused, n);
        if (!(difference <= 1e-3))
            fail(&err, "outputs differ by %g of their RMS", difference);
    }
    if (err.text[0])
        print_error("%s: %s\n", path, err.text);
    free(fused);
    free(unfused);
    return !err.text[0];
}

static void fusion__changes_no_output(void **state)
{
    DIR *folder = opendir(FOLDER);
    if (!folder) {
        print_message("skipped: " FOLDER " is not there\n");
        skip();
    }
    int n_wrong = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[1024];
        snprintf(path, sizeof path, FOLDER "/%s", entry->d_name);
        if (strstr(entry->d_name, ".onnx"))
            n_wrong += !agrees(*state, path);
    }
    closedir(folder);
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fusion__changes_no_output),
    };
    return cmocka_run_group_tests(tests, machinery_start, machinery_stop);
}
