// Whole models with their real weights against ONNX Runtime. The expected outputs are files in
// data/, whose first lines say how they were made.
#include "tests/test.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "runner/check.h"
#include "tests/whole/model_run.h"

static const struct output_case {
    const char *model;
    const char *expected;
    int64_t step; // of the elements in the file
    struct tensor input;
} cases[] = {
    {"mnist-8.onnx", "mnist-8.txt", 1, {.type = TYPE_f32, .rank = 4, .dims = {1, 1, 28, 28}}},
    {"super-resolution-10.onnx",
     "super-resolution-10.txt",
     97,
     {.type = TYPE_f32, .rank = 4, .dims = {1, 1, 224, 224}}},
};

enum { MAX_EXPECTED = 8192 };

static int read_expected(const char *name, float *out)
{
    char text[512];
    int n = 0;
    snprintf(text, sizeof text, SOURCE_DIR "/tests/whole/data/%s", name);
    FILE *f = fopen(text, "r");
    assert_non_null(f);
    while (n < MAX_EXPECTED && fgets(text, sizeof text, f)) {
        if (text[0] != '#')
            out[n++] = strtof(text, NULL);
    }
    fclose(f);
    return n;
}

// Element i is sin(i).
static struct contents sine_input(const struct tensor *t)
{
    struct contents c = {.t = *t, .data = xmalloc(tensor_bytes(t))};
    float *x = c.data;
    for (int64_t i = 0; i < tensor_elements(t); i++)
        x[i] = (float)sin((double)i);
    return c;
}

static void check_output(const struct output_case *c, const struct contents *output)
{
    static float expected[MAX_EXPECTED], got[MAX_EXPECTED];
    const float *all = output->data;
    int n = read_expected(c->expected, expected);
    assert_int_equal(n, (tensor_elements(&output->t) + c->step - 1) / c->step);
    for (int i = 0; i < n; i++)
        got[i] = all[i * c->step];
    double difference = compare_f32(got, expected, (size_t)n);
    if (difference > 1e-4)
        fail_msg("%s: outputs differ by %g of their RMS", c->model, difference);
}

static void outputs__are_those_of_onnx_runtime(void **state)
{
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char path[512];
        snprintf(path, sizeof path, SOURCE_DIR "/../shared/models/%s", cases[i].model);
        if (access(path, R_OK) != 0) {
            print_message("skipped: %s is not there\n", path);
            skip();
        }
        struct error err = {0};
        struct contents input = sine_input(&cases[i].input);
        struct model_run run;
        model_run(&run, *state, path, &input, 1, 1, &err);
        if (run.stage != STAGE_done)
            fail_msg("%s: %s", path, err.text);
        check_output(&cases[i], &run.outputs[0]);
        model_run_release(&run);
        free(input.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs__are_those_of_onnx_runtime),
    };
    return cmocka_run_group_tests(tests, machinery_start, machinery_stop);
}
