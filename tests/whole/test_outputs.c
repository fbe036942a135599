// Whole models with their real weights against ONNX Runtime, as they are and stored in half floats.
// The expected outputs are files in data/, whose first lines say how they were made.
#include "tests/scratch.h"
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reference/number.h"
#include "runner/check.h"
#include "tests/whole/model_run.h"

static const struct dim_binding length[] = {{"length", 24}};

// Outputs may differ by this part of their RMS.
static const double f32_tolerance = 1e-4;

static const struct output_case {
    const char *model;
    int n_dims;
    const struct dim_binding *dims;
    double centre, amplitude; // of its inputs
    double f16, bf16;         // tolerances when stored so
} cases[] = {
    {"mnist-8", 0, NULL, 0, 1, 5e-3, 4e-2},
    {"super-resolution-10", 0, NULL, 0, 1, 5e-3, 4e-2},
    {"ultraface-RFB-320", 0, NULL, 0, 1, 5e-3, 4e-2},
    {"dtln-1", 0, NULL, 0, 1, 5e-3, 4e-2},
    {"byte-bidi-lstm", N_ELEMENTS(length), length, 0, 1, 5e-3, 4e-2},
    // its scores are sigmoids of numbers near -12, where the smallest difference shows
    {"yunet_n_320_320", 0, NULL, 128, 100, 1e-1, 0.7},
};

enum { MAX_OUTPUTS = 16, MAX_EXPECTED = 1024 };

// Every `step`th element of one output.
struct expected {
    char name[64];
    int64_t elements, step;
    int n;
    float value[MAX_EXPECTED];
};

static int read_expected(const char *model, struct expected *out)
{
    char text[512];
    int n = 0;
    snprintf(text, sizeof text, SOURCE_DIR "/tests/whole/data/%s.txt", model);
    FILE *f = fopen(text, "r");
    assert_non_null(f);
    while (fgets(text, sizeof text, f)) {
        struct expected *e = &out[n - 1];
        long long elements, step;
        if (text[0] == '#')
            continue;
        if (sscanf(text, "output %63s of %lld elements, step %lld", out[n].name, &elements,
                   &step) == 3) {
            out[n].elements = elements;
            out[n].step = step;
            out[n++].n = 0;
        } else {
            e->value[e->n++] = strtof(text, NULL);
        }
        assert_true(n > 0 && n < MAX_OUTPUTS && out[n - 1].n < MAX_EXPECTED);
    }
    fclose(f);
    return n;
}

// ---- inputs --------------------------------------------------------------------------------

// Whole numbers stay below the 256 bytes that byte-bidi-lstm knows.
static double input_element(const struct output_case *c, enum type type, int64_t i)
{
    double x = (double)i;
    return type_is_real(type) ? c->centre + c->amplitude * sin(0.37 * x * x)
                              : (double)(1 + i % 100);
}

static struct contents make_input(const struct output_case *c, const struct tensor *t)
{
    struct contents input = {.t = *t, .data = xmalloc(tensor_bytes(t))};
    for (int64_t i = 0; i < tensor_elements(t); i++)
        number_write(t->type, input.data, i, (long double)input_element(c, t->type, i));
    return input;
}

static struct graph *read_model(const struct output_case *c, const char *path)
{
    const struct decompose_options options = {
        .n_dims = c->n_dims, .dims = c->dims, .with_weights = true};
    struct error err = {0};
    struct graph *g = onnx_read(path, &options, NULL, &err);
    if (!g)
        fail_msg("%s", err.text);
    return g;
}

// ---- half floats ---------------------------------------------------------------------------

static void narrow_weight(struct graph *g, struct value *v, enum type type)
{
    struct tensor half = v->t;
    half.type = type;
    void *data = arena_alloc(&g->arena, tensor_bytes(&half));
    for (int64_t i = 0; i < tensor_elements(&half); i++)
        number_write(type, data, i, number_read(v->t.type, v->data, i));
    v->t = half;
    v->data = data;
}

// Inputs, weights and Casts of f32 become those of a half type.
static void narrow(struct graph *g, enum type type)
{
    for (int v = 0; v < g->n_values; v++) {
        struct value *value = &g->values[v];
        if (value->kind == VALUE_weight && value->t.type == TYPE_f32)
            narrow_weight(g, value, type);
        else if (value->kind == VALUE_input && value->t.type == TYPE_f32)
            value->t.type = type;
    }
    for (int i = 0; i < g->n_nodes; i++)
        if (node_int(&g->nodes[i], ATTR_to, TYPE_none) == type_onnx(TYPE_f32))
            node_set_int(g, &g->nodes[i], ATTR_to, type_onnx(type));
}

static void write_narrowed(const struct output_case *c, const char *from, enum type type,
                           const char *to)
{
    struct error err = {0};
    struct graph *g = read_model(c, from);
    narrow(g, type);
    if (onnx_write(g, to, &err))
        fail_msg("%s", err.text);
    graph_release(g);
    free(g);
}

// ---- outputs -------------------------------------------------------------------------------

static double difference(const struct contents *got, const struct expected *expected)
{
    static float picked[MAX_EXPECTED];
    assert_int_equal(tensor_elements(&got->t), expected->elements);
    assert_int_equal(expected->n, (expected->elements + expected->step - 1) / expected->step);
    for (int i = 0; i < expected->n; i++)
        picked[i] = (float)number_read(got->t.type, got->data, i * expected->step);
    return compare_f32(picked, expected->value, (size_t)expected->n);
}

static bool outputs_agree(const struct output_case *c, const struct model_run *run,
                          double tolerance)
{
    static struct expected expected[MAX_OUTPUTS];
    bool agree = true;
    assert_int_equal(run->n_outputs, read_expected(c->model, expected));
    for (int k = 0; k < run->n_outputs; k++) {
        double d = difference(&run->outputs[k], &expected[k]);
        if (!(d <= tolerance))
            print_error("%s: output %s differs by %g of its RMS, allowed is %g\n", c->model,
                        expected[k].name, d, tolerance);
        agree &= d <= tolerance;
    }
    return agree;
}

static bool model_agrees(const struct machinery *m, const struct output_case *c, const char *path,
                         double tolerance)
{
    struct contents inputs[MAX_OUTPUTS] = {0};
    struct error err = {0};
    struct model_run run;
    struct graph *g = read_model(c, path);
    for (int k = 0; k < g->n_inputs; k++)
        inputs[k] = make_input(c, &g->values[g->inputs[k]].t);
    const struct model_task task = {path, c->n_dims, c->dims, g->n_inputs, inputs, g->n_inputs};
    model_run(&run, m, &task, &err);
    bool agrees = run.stage == STAGE_done && outputs_agree(c, &run, tolerance);
    if (run.stage != STAGE_done)
        print_error("%s: %s\n", path, err.text);
    for (int k = 0; k < g->n_inputs; k++)
        free(inputs[k].data);
    model_run_release(&run);
    graph_release(g);
    free(g);
    return agrees;
}

// All cases, narrowed to a half type if that is given.
static void check_cases(const struct machinery *m, enum type half)
{
    char *folder = scratch_make(), *narrowed = scratch_path(folder, "half.onnx");
    bool agree = true;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        const struct output_case *c = &cases[i];
        char path[512];
        snprintf(path, sizeof path, SOURCE_DIR "/../shared/models/%s.onnx", c->model);
        if (access(path, R_OK) != 0) {
            print_message("left out: %s is not there\n", path);
            continue;
        }
        if (half != TYPE_none)
            write_narrowed(c, path, half, narrowed);
        double tolerance = half == TYPE_f16 ? c->f16 : half == TYPE_bf16 ? c->bf16 : f32_tolerance;
        agree &= model_agrees(m, c, half == TYPE_none ? path : narrowed, tolerance);
    }
    free(narrowed);
    scratch_remove(folder);
    assert_true(agree);
}

static void outputs__are_those_of_onnx_runtime(void **state)
{
    check_cases(*state, TYPE_none);
}

static void outputs__of_models_in_f16_are_near_those_in_f32(void **state)
{
    check_cases(*state, TYPE_f16);
}

static void outputs__of_models_in_bf16_are_near_those_in_f32(void **state)
{
    check_cases(*state, TYPE_bf16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs__are_those_of_onnx_runtime),
        cmocka_unit_test(outputs__of_models_in_f16_are_near_those_in_f32),
        cmocka_unit_test(outputs__of_models_in_bf16_are_near_those_in_f32),
    };
    return cmocka_run_group_tests(tests, machinery_start, machinery_stop);
}
