// What depends on constants only is computed: case by case, as the numbers that come out.
#include "tests/test.h"

#include "decompose/decompose.h"
#include "decompose/passes.h"
#include "tests/decompose/graph_text.h"

static void add_numbers(const struct value *v, struct str *out)
{
    for (int64_t i = 0; i < tensor_elements(&v->t); i++) {
        str_add(out, " ");
        if (v->t.type == TYPE_s64)
            str_addf(out, "%lld", (long long)((const int64_t *)v->data)[i]);
        else
            str_addf(out, "%g", (double)((const float *)v->data)[i]);
    }
}

static const struct fold_case {
    const char *graph, *result; // type:dims numbers
} cases[] = {
    {"in x 2x3x4 | Shape y x", "s64:3 2 3 4"},
    {"weight x 2x3 | Shape y x", "s64:2 2 3"},
    {"ints a 3 5,6,7 | ints i - 1 | Gather y a,i", "s64: 6"},
    {"ints a 3 5,6,7 | ints i 2 -1,0 | Gather y a,i", "s64:2 7 5"},
    {"data a 2x3 1,2,3,4,5,6 | ints i 1 2 | Gather y a,i axis=1", "f32:2x1 3 6"},
    {"ints a 1 5 | ints b 2 6,7 | Concat y a,b axis=0", "s64:3 5 6 7"},
    {"data a 2x1 1,2 | data b 2x2 3,4,5,6 | Concat y a,b axis=1", "f32:2x3 1 3 4 2 5 6"},
    {"ints a 3 7,-7,8 | ints b - 2 | Div y a,b", "s64:3 3 -3 4"},
    {"data a 2x1 1,2 | data b 3 10,20,30 | Add y a,b", "f32:2x3 11 21 31 12 22 32"},
    {"data a 2 1,2 | data b 2 3,5 | Sub y a,b", "f32:2 -2 -3"},
    {"data a 2 1,2 | data b 2 3,5 | Mul y a,b", "f32:2 3 10"},
    {"data a 3 1.5,-1.5,3e9 | Cast y a to=7", "s64:3 1 -1 3000000000"},
    {"ints a 2 1,-2 | Cast y a to=1", "f32:2 1 -2"},
    {"data a 2x3 1,2,3,4,5,6 | Transpose y a", "f32:3x2 1 4 2 5 3 6"},
    {"data a 1x2x3 1,2,3,4,5,6 | Transpose y a perm=1,2,0", "f32:2x3x1 1 2 3 4 5 6"},
    {"ints a 2 2,2 | ConstantOfShape y a fill=0.5", "f32:2x2 0.5 0.5 0.5 0.5"},
    {"ints a 1 3 | ConstantOfShape y a fill=7 fill_type=5", "s64:3 7 7 7"},
    {"ints a 3 1,2,3 | ints b - 2 | Equal e a,b | ints c - 9 | Where y e,a,c", "s64:3 9 2 9"},
    {"ints a 4 1,2,3,4 | ints b 1 -1 | ints e 1 -9 | ints x 1 0 | ints t 1 -2 | Slice y a,b,e,x,t",
     "s64:2 4 2"},
    {"ints a - 2 | ints b - 8 | ints c - 3 | Range y a,b,c", "s64:2 2 5"},
    {"ints a 4 1,2,3,4 | Split x,y a axis=0 num_outputs=2", "s64:2 3 4"},
    {"data a 3 1,3,2 | ints k 1 2 | TopK x,y a,k", "s64:2 1 2"},
    {"data a 2x2 1,2,3,4 | data b 2x1 1,10 | MatMul y a,b", "f32:2x1 21 43"},
    {"data a 2x2 1,0,0,4 | NonZero y a", "s64:2x2 0 1 0 1"},
    {"ints a 0 0 | ints b 1 4 | Concat y a,b axis=0", "s64:1 4"},
    {"data a 4 1,2,3,4 | ints s 2 2,-1 | Reshape r a,s | Identity i r | Dropout y i",
     "f32:2x2 1 2 3 4"},
};

static struct graph *infer_text(const char *text)
{
    struct str whole = STR_INIT;
    str_addf(&whole, "%s | out y", text);
    struct graph *g = graph_from_text(whole.text);
    str_release(&whole);
    struct error err = {0};
    if (infer_shapes(g, &err))
        fail_msg("%s: %s", text, err.text);
    return g;
}

static void fold__constants_have_the_contents_of_onnx(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct graph *g = infer_text(cases[i].graph);
        const struct value *y = &g->values[graph_value(g, "y")];
        struct str got = STR_INIT;
        assert_int_equal(y->kind, VALUE_weight);
        assert_int_equal(g->n_nodes, 0);
        assert_non_null(y->data);
        tensor_print(&y->t, &got);
        add_numbers(y, &got);
        if (strcmp(got.text, cases[i].result) != 0)
            fail_msg("%s: %s instead of %s", cases[i].graph, got.text, cases[i].result);
        str_release(&got);
        graph_release(g);
        free(g);
    }
}

// Weights are usually not loaded: what is made of them is a weight of known shape all the same.
static const struct fold_case unknown[] = {
    {"weight w 5x3 | Identity y w", "f32:5x3"},
    {"weight w 5x3 | Transpose y w", "f32:3x5"},
    {"weight w 16x4x4x10 | ints s 2 256,10 | Reshape y w,s", "f32:256x10"},
    {"weight w 5x3 | data b - 2 | Mul y w,b", "f32:5x3"},
    {"ints a 2 1000,1000 | ConstantOfShape y a fill=1", "f32:1000x1000"},
    {"ints a 1 1 | ints b 1 0 | Div y a,b", "s64:1"},
    {"ints a 1 1 | ints i 1 1 | Gather y a,i", "s64:1"},
};

static void fold__a_weight_without_contents_gives_one_without(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(unknown); i++) {
        struct graph *g = infer_text(unknown[i].graph);
        const struct value *y = &g->values[graph_value(g, "y")];
        struct str got = STR_INIT;
        assert_int_equal(y->kind, VALUE_weight);
        assert_int_equal(g->n_nodes, 0);
        assert_null(y->data);
        tensor_print(&y->t, &got);
        assert_string_equal(got.text, unknown[i].result);
        str_release(&got);
        graph_release(g);
        free(g);
    }
}

static void fold__a_reshaped_constant_shares_its_contents(void **state)
{
    (void)state;
    struct graph *g = infer_text("data a 4 1,2 | ints s 2 2,2 | Reshape y a,s");
    assert_ptr_equal(g->values[graph_value(g, "y")].data, g->values[graph_value(g, "a")].data);
    graph_release(g);
    free(g);
}

// Each Concat doubles its source: the contents would need more memory than the file could pay for.
static void fold__contents_are_bounded_in_all(void **state)
{
    (void)state;
    struct str text = STR_INIT;
    str_add(&text, "data v0 16384 1");
    for (int i = 1; i <= 12; i++)
        str_addf(&text, " | Concat v%d v%d,v%d axis=0", i, i - 1, i - 1);
    str_add(&text, " | Identity y v12");
    struct graph *g = infer_text(text.text);
    assert_non_null(value_data(g, graph_value(g, "v4")));
    assert_null(value_data(g, graph_value(g, "y")));
    str_release(&text);
    graph_release(g);
    free(g);
}

// `first`, then 20 nodes `op` on it, all of whose results make y.
static struct graph *infer_twenty(const char *first, const char *op)
{
    struct str text = STR_INIT, list = STR_INIT;
    str_add(&text, first);
    for (int i = 0; i < 20; i++) {
        str_addf(&text, " | %s v%d x", op, i);
        str_addf(&list, "%sv%d", i ? "," : "", i);
    }
    str_addf(&text, " | Concat y %s axis=0", list.text);
    struct graph *g = infer_text(text.text);
    str_release(&list);
    str_release(&text);
    return g;
}

// Each sum is small, but reads its source once more.
static void fold__what_is_read_is_bounded_too(void **state)
{
    (void)state;
    struct graph *g = infer_twenty("data x 1024x1024 1", "ReduceSum");
    assert_non_null(value_data(g, graph_value(g, "v0")));
    assert_null(value_data(g, graph_value(g, "y")));
    graph_release(g);
    free(g);
}

static void fold__shapes_of_large_tensors_cost_nothing(void **state)
{
    (void)state;
    struct graph *g = infer_twenty("in x 1024x1024x64", "Shape");
    assert_non_null(g->values[graph_value(g, "y")].data);
    graph_release(g);
    free(g);
}

// 100 nodes on a large constant, each on the one before.
static void fold__what_is_large_waits_until_somebody_asks(void **state)
{
    (void)state;
    struct str text = STR_INIT;
    struct error err = {0};
    str_add(&text, "data v0 64x64 0");
    for (int i = 1; i <= 100; i++)
        str_addf(&text, " | %s v%d v%d", i % 2 ? "Cos" : "Neg", i, i - 1);
    str_add(&text, " | out v100");
    struct graph *g = graph_from_text(text.text);
    assert_int_equal(infer_shapes_only(g, &err), 0);
    int last = graph_value(g, "v100");
    assert_int_equal(g->values[last].kind, VALUE_weight);
    assert_null(g->values[last].data);
    const float *data = value_data(g, last);
    assert_non_null(data);
    assert_ptr_equal(g->values[last].data, data);
    assert_float_equal(data[4095], -0.7390851, 1e-6); // cos x = x
    graph_release(g);
    free(g);
    str_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fold__constants_have_the_contents_of_onnx),
        cmocka_unit_test(fold__a_weight_without_contents_gives_one_without),
        cmocka_unit_test(fold__a_reshaped_constant_shares_its_contents),
        cmocka_unit_test(fold__contents_are_bounded_in_all),
        cmocka_unit_test(fold__what_is_read_is_bounded_too),
        cmocka_unit_test(fold__shapes_of_large_tensors_cost_nothing),
        cmocka_unit_test(fold__what_is_large_waits_until_somebody_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
