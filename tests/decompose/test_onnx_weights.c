// Initializers and constants: which become weights, and whose contents are loaded.
#include "tests/test.h"

#include "tests/decompose/onnx_case.h"

static void read__constant_of_shape_keeps_what_it_is_full_of(void **state)
{
    (void)state;
    struct str graph = STR_INIT, node = STR_INIT, attribute = STR_INIT;
    put_text(&attribute, 1, "value");
    put_tensor(&attribute, 5, "", 7, "1", &(int64_t){-3}, 8);
    put_int(&attribute, 20, 4);
    put_text(&node, 1, "x");
    put_text(&node, 2, "y");
    put_text(&node, 4, "ConstantOfShape");
    put_message(&node, 5, &attribute);
    put_message(&graph, 1, &node);
    put_graph(&graph, "in x 1|out y");
    struct graph *g = onnx_case_graph(&graph, NULL, NULL, NULL);
    assert_non_null(g);
    assert_true(node_float(&g->nodes[0], ATTR_fill, 0) == -3);
    assert_int_equal(node_int(&g->nodes[0], ATTR_fill_type, 0), TYPE_s64);
    onnx_case_release(g);
}

// A Constant with a tensor of so many zero floats, and a Relu that reads it.
static struct graph *read_large_constant(size_t n, bool with_weights, struct error *err)
{
    struct str graph = STR_INIT, node = STR_INIT, attribute = STR_INIT, dims = STR_INIT;
    void *zeros = calloc(n, sizeof(float));
    str_addf(&dims, "%zu", n);
    put_text(&attribute, 1, "value");
    put_int(&attribute, 20, 4);
    put_tensor(&attribute, 5, "", 1, dims.text, zeros, n * sizeof(float));
    put_text(&node, 2, "c");
    put_text(&node, 4, "Constant");
    put_message(&node, 5, &attribute);
    put_message(&graph, 1, &node);
    put_graph(&graph, "Relu r c y|out y");
    str_release(&dims);
    free(zeros);
    struct decompose_options options = {.with_weights = with_weights};
    return onnx_case_graph(&graph, &options, NULL, err);
}

static void read__constants_are_weights_of_any_size(void **state)
{
    (void)state;
    static const struct {
        int n;
        bool with_weights, loaded;
    } cases[] = {
        {1, false, true},       {3000, false, false}, {3000, true, true},
        {100000, false, false}, {100000, true, true},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct graph *g = read_large_constant((size_t)cases[i].n, cases[i].with_weights, NULL);
        assert_non_null(g);
        const struct value *c = &g->values[onnx_case_value(g, "c")];
        assert_int_equal(g->n_nodes, 1);
        assert_int_equal(c->kind, VALUE_weight);
        assert_int_equal(c->t.dims[0], cases[i].n);
        assert_int_equal(c->data != NULL, cases[i].loaded);
        onnx_case_release(g);
    }
}

static void read__constants_may_be_numbers_and_lists(void **state)
{
    (void)state;
    struct graph *g =
        onnx_case_good("in x 2|Constant a - a value_ints=is:5,-6|Constant b - b value_int=i:7|"
                       "Constant c - c value_float=f:0.5|Constant d - d value_string=s:text|"
                       "Reshape r x,a p|Reshape s p,b q|Mul m q,c y|out y");
    const struct value *a = &g->values[onnx_case_value(g, "a")],
                       *b = &g->values[onnx_case_value(g, "b")],
                       *c = &g->values[onnx_case_value(g, "c")];
    assert_int_equal(g->n_nodes, 3);
    assert_int_equal(a->t.rank, 1);
    assert_int_equal(((const int64_t *)a->data)[1], -6);
    assert_int_equal(b->t.rank, 0);
    assert_int_equal(*(const int64_t *)b->data, 7);
    assert_int_equal(c->t.type, TYPE_f32);
    assert_true(*(const float *)c->data == 0.5f);
    onnx_case_release(g);
}

static void read__only_small_contents_are_loaded_unasked(void **state)
{
    (void)state;
    for (int with_weights = 0; with_weights < 2; with_weights++) {
        struct decompose_options options = {.with_weights = with_weights};
        struct graph *g =
            onnx_case_text("in x 2|weight small 2,2|weight large 64,64|Add a small,large b|"
                           "Add c x,b y|out y",
                           &options, NULL, NULL);
        assert_non_null(g);
        assert_non_null(g->values[onnx_case_value(g, "small")].data);
        assert_int_equal(g->values[onnx_case_value(g, "large")].data != NULL, with_weights);
        onnx_case_release(g);
    }
}

static void read__damaged_initializers_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *name, *dims, *message;
    } cases[] = {
        {"w", "0x1000000000000000",
         "initializer 'w': has a negative dimension or more than 2^40 elements"},
        {"w", "1048576,1048576", "initializer 'w': holds 4 bytes where its shape needs"},
        {"w", "1,1,1,1,1,1,1,1,1", "initializer 'w': has more than 8 dimensions"},
        {"", "1", "initializer '': has no name"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str graph = STR_INIT;
        struct error err = {0};
        put_tensor(&graph, 5, cases[i].name, 1, cases[i].dims, "1234", 4);
        put_graph(&graph, "in x 1|Add a x,w y|out y");
        onnx_case_refused(onnx_case_graph(&graph, NULL, NULL, &err), &err, cases[i].message);
    }
}

static void read__unknown_element_types_matter_only_where_they_are_read(void **state)
{
    (void)state;
    struct str unused = STR_INIT, used = STR_INIT;
    struct error err = {0};
    put_tensor(&unused, 5, "text", 8, "1", "", 0);
    put_graph(&unused, "in x 1|Relu r x y|out y");
    struct graph *g = onnx_case_graph(&unused, NULL, NULL, NULL);
    assert_non_null(g);
    onnx_case_release(g);

    put_tensor(&used, 5, "text", 8, "1", "", 0);
    put_graph(&used, "in x 1|Add a x,text y|out y");
    g = onnx_case_graph(&used, NULL, NULL, NULL);
    assert_non_null(g);
    assert_int_equal(infer_shapes(g, &err), -1);
    assert_string_equal(err.text, "Add 'a': 'text' is no tensor of a type that dlbricks has");
    onnx_case_release(g);
}

static void read__half_floats_become_f32_with_casts_at_the_borders(void **state)
{
    (void)state;
    static const uint16_t halves[2] = {0x3c00, 0xc000}; // 1, -2
    struct str graph = STR_INIT;
    struct notes notes = {0};
    put_tensor(&graph, 5, "w", 10, "2", halves, sizeof halves);
    put_typed_port(&graph, 11, "x", 10, "2");
    put_graph(&graph, "Add a x,w b|Cast c b y to=i:10");
    put_typed_port(&graph, 12, "y", 10, "2");
    struct graph *g = onnx_case_graph(&graph, NULL, &notes, NULL);
    assert_non_null(g);
    assert_int_equal(infer_shapes(g, NULL), 0);
    const struct value *w = &g->values[onnx_case_value(g, "w")];
    assert_int_equal(w->t.type, TYPE_f32);
    assert_true(((const float *)w->data)[0] == 1 && ((const float *)w->data)[1] == -2);
    assert_int_equal(g->values[g->inputs[0]].t.type, TYPE_f16);
    assert_int_equal(g->values[g->outputs[0]].t.type, TYPE_f16);
    assert_string_equal(g->values[g->outputs[0]].name, "y");
    assert_int_equal(g->values[onnx_case_value(g, "b")].t.type, TYPE_f32);
    assert_int_equal(notes.n, 1);
    onnx_case_release(g);
    notes_release(&notes);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, onnx_case_setup, onnx_case_teardown)
    const struct CMUnitTest tests[] = {
        TEST(read__constant_of_shape_keeps_what_it_is_full_of),
        TEST(read__constants_are_weights_of_any_size),
        TEST(read__constants_may_be_numbers_and_lists),
        TEST(read__only_small_contents_are_loaded_unasked),
        TEST(read__damaged_initializers_are_named),
        TEST(read__unknown_element_types_matter_only_where_they_are_read),
        TEST(read__half_floats_become_f32_with_casts_at_the_borders),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
