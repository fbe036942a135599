// What is put in the place of If, Loop and calls of functions, and what is left where that cannot
// be done.
#include "tests/test.h"

#include "tests/decompose/onnx_case.h"

// "Relu:r Add:a ...", without Identity.
static void nodes_text(const struct graph *g, struct str *out)
{
    for (int i = 0; i < g->n_nodes; i++)
        if (g->nodes[i].op != OP_Identity)
            str_addf(out, "%s%s:%s", out->len ? " " : "", op_info(g->nodes[i].op)->name,
                     g->nodes[i].name ? g->nodes[i].name : "");
}

static void assert_nodes(const struct graph *g, const char *expected)
{
    struct str text = STR_INIT;
    nodes_text(g, &text);
    assert_string_equal(text.text, expected);
    str_release(&text);
}

static struct graph *inferred(struct graph *g)
{
    struct error err = {0};
    if (infer_shapes(g, &err))
        fail_msg("%s", err.text);
    return g;
}

#define BRANCHES "then_branch=g:Relu~r~x~a;out~a else_branch=g:Neg~n~x~a;out~a|out y"

static void if__the_branch_of_a_constant_condition_takes_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *condition, *nodes;
    } cases[] = {
        {"Constant c - c value_int=i:1", "Relu:r"},
        {"Constant c - c value_int=i:0", "Neg:n"},
        {"Shape s x d|Constant k - k value_ints=is:2,3|Equal e d,k q|Cast i q j to=i:7|"
         "ReduceMin m j c keepdims=i:0",
         "Relu:r"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str text = STR_INIT;
        str_addf(&text, "in x 2,3|%s|If f c y " BRANCHES, cases[i].condition);
        struct graph *g = inferred(onnx_case_good(text.text));
        assert_nodes(g, cases[i].nodes);
        assert_int_equal(g->n_unmodelled, 0);
        onnx_case_release(g);
        str_release(&text);
    }
}

static void if__what_only_the_other_branch_needs_is_gone(void **state)
{
    (void)state;
    struct graph *g = inferred(
        onnx_case_good("in x 2,3|Exp e x b|Mystery m x z|Constant c - c value_int=i:1|If f c y "
                       "then_branch=g:Relu~r~x~a;out~a else_branch=g:Add~n~b,z~a;out~a|out y"));
    assert_nodes(g, "Relu:r");
    assert_int_equal(g->n_unmodelled, 0);
    onnx_case_release(g);
}

static void if__branches_nest_and_may_be_captured_values(void **state)
{
    (void)state;
    struct graph *g = inferred(onnx_case_good("in x 2|Constant c - c value_int=i:1|Exp e x b|"
                                              "If f c y then_branch=g:out~b else_branch=g:out~x|"
                                              "Relu r y z|out z"));
    assert_nodes(g, "Exp:e Relu:r");
    onnx_case_release(g);
}

static void loop__unrolls_what_runs_a_constant_number_of_times(void **state)
{
    (void)state;
    struct graph *g = inferred(onnx_case_good(
        "in x 2,3|Constant c - n value_int=i:3|Loop l n,,x y,z body=g:in~i~;in~c~;in~v~;"
        "Identity~j~c~d;Add~a~v,x~w;Relu~r~w~u;out~d;out~w;out~u|out y|out z"));
    assert_nodes(
        g, "Add:a Add:a Add:a Relu:r Unsqueeze: Relu:r Unsqueeze: Relu:r Unsqueeze: Concat:l");
    const struct tensor expected = {.type = TYPE_f32, .rank = 3, .dims = {3, 2, 3}};
    assert_true(tensor_equal(&g->values[g->outputs[1]].t, &expected));
    onnx_case_release(g);
}

static void loop__ends_when_its_condition_does(void **state)
{
    (void)state;
    struct graph *g = inferred(onnx_case_good(
        "in x 2,3|Constant c - two value_int=i:1|Loop l ,,x y body=g:in~i~;in~c~;in~v~;"
        "Less~k~i,two~d;Relu~r~v~w;out~d;out~w|out y"));
    assert_nodes(g, "Relu:r Relu:r");
    onnx_case_release(g);
}

static void loop__one_that_never_ends_is_not_modelled(void **state)
{
    (void)state;
    struct graph *g = inferred(onnx_case_good(
        "in x 2,3|Relu q x b|Loop l ,,b y body=g:in~i~;in~c~;in~v~;Relu~r~v~w;out~c;out~w|out y|"
        "out b"));
    assert_nodes(g, "Relu:q");
    assert_int_equal(g->n_unmodelled, 1);
    assert_string_equal(g->unmodelled[0].op, "Loop");
    assert_string_equal(g->unmodelled[0].reason, "its graphs would give more than 200000 values "
                                                 "(counted: the weights of one run)");
    onnx_case_release(g);
}

static void unmodelled__what_depends_on_data_is_listed_and_the_rest_stays(void **state)
{
    (void)state;
    struct graph *g = inferred(onnx_case_good("in x 2,3|Exp e x a|NonZero nz a b|Relu r b c|"
                                              "If f a y " BRANCHES "|Neg n a e|out c|out e"));
    assert_nodes(g, "Exp:e Neg:n");
    static const struct {
        const char *op, *layer, *reason;
    } expected[] = {
        {"If", "f",
         "which of its graphs runs depends on data (counted: the weights of the dearer one)"},
        {"NonZero", "nz", "the shape of its result depends on data"},
        {"Relu", "r", "depends on NonZero 'nz'"},
    };
    assert_int_equal(g->n_unmodelled, 3);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(g->unmodelled[i].op, expected[i].op);
        assert_string_equal(g->unmodelled[i].layer, expected[i].layer);
        assert_string_equal(g->unmodelled[i].reason, expected[i].reason);
        assert_true(g->unmodelled[i].bytes >= 24);
    }
    assert_int_equal(g->n_outputs, 2); // e, and a for what is not modelled
    onnx_case_release(g);
}

// x and its like have 64 bytes, and results count as much.
static void unmodelled__weights_of_graphs_count_once_and_of_branches_the_dearer(void **state)
{
    (void)state;
    enum { X = 4 * 4 * 4, WIDE = 4 * 16 * 4 };
    static const struct {
        const char *nodes;
        int64_t bytes;
    } cases[] = {
        {"If f a y then_branch=g:weight~w~4,4;MatMul~m~x,w~b;out~b "
         "else_branch=g:weight~w~4,16;MatMul~m~x,w~b;out~b",
         X + X + WIDE + X},
        // the same weights, around the branches
        {"weight v 4,4|weight w 4,16|If f a y then_branch=g:MatMul~m~x,w~b;out~b "
         "else_branch=g:MatMul~m~x,v~b;out~b",
         X + X + WIDE + X},
        {"If f a y then_branch=g:weight~w~4,4;MatMul~m~x,w~b;out~b else_branch=g:Relu~r~x~b;out~b",
         X + X + X + X},
        {"weight v 4,4|Loop l a,,a y body=g:in~i~;in~c~;in~u~;weight~w~4,16;weight~unused~4,4;"
         "MatMul~m~u,v~d;MatMul~n~d,w~b;out~c;out~b",
         X + X + X + WIDE + X},
        {"Constant c - n value_int=i:0|Loop l n,,a y,z body=g:in~i~;in~c~;in~u~;weight~w~4,16;"
         "MatMul~m~u,w~b;out~c;out~b;out~b",
         8 + X + X + X},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str text = STR_INIT;
        str_addf(&text, "in x 4,4|Exp e x a|%s|out y|out a", cases[i].nodes);
        struct graph *g = inferred(onnx_case_good(text.text));
        assert_int_equal(g->n_unmodelled, 1);
        if (g->unmodelled[0].bytes != cases[i].bytes)
            fail_msg("%s: %lld, not %lld", text.text, (long long)g->unmodelled[0].bytes,
                     (long long)cases[i].bytes);
        onnx_case_release(g);
        str_release(&text);
    }
}

static void unmodelled__nothing_left_is_an_error_that_names_the_first(void **state)
{
    (void)state;
    struct error err = {0};
    struct graph *g = onnx_case_good("in x 2|Mystery m x a|Relu r a b|out b");
    assert_int_equal(infer_shapes(g, &err), -1);
    assert_string_equal(err.text, "Mystery 'm': dlbricks does not have this operator");
    onnx_case_release(g);
}

// --- functions ---

static struct graph *with_function(const char *nodes, const char *text, struct error *err)
{
    struct str model = STR_INIT, graph = STR_INIT;
    put_function(&model, "my", "Twice", "a,b", "c", nodes);
    put_graph(&graph, text);
    put_model(&model, &graph);
    return onnx_case_model(&model, NULL, NULL, err);
}

static void function__calls_become_the_nodes_of_the_function(void **state)
{
    (void)state;
    struct error err = {0};
    struct graph *g = with_function("Relu one a t|LeakyRelu two t c alpha=ref:slope",
                                    "in x 2|my:Twice f x y slope=f:0.5|my:Twice g y z|out z", &err);
    if (!g)
        fail_msg("%s", err.text);
    inferred(g);
    assert_nodes(g, "Relu:f/one LeakyRelu:f/two Relu:g/one LeakyRelu:g/two");
    assert_true(node_float(&g->nodes[1], ATTR_alpha, 0) == 0.5f);
    assert_true(node_float(&g->nodes[3], ATTR_alpha, 0) != 0.5f);
    onnx_case_release(g);
}

static void function__omitted_parameters_stay_omitted(void **state)
{
    (void)state;
    struct graph *g = with_function("Clip one a,b c", "in x 2|my:Twice f x y|out y", NULL);
    assert_non_null(g);
    assert_int_equal(g->nodes[0].src[1], NONE);
    onnx_case_release(g);
}

static void function__ones_that_cannot_be_called_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *nodes, *text, *message;
    } cases[] = {
        {"my:Twice one a,b c", "in x 2|my:Twice f x y|out y",
         "Twice 'f/one': its function calls itself"},
        {"Relu one q c", "in x 2|my:Twice f x y|out y",
         "Twice 'f': nothing in its function produces 'q'"},
        {"Relu one a c", "in x 2|my:Twice f x,x,x y|out y",
         "Twice 'f': has 3 inputs and 1 outputs, and its function only 2 and 1"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct error err = {0};
        onnx_case_refused(with_function(cases[i].nodes, cases[i].text, &err), &err,
                          cases[i].message);
    }
}

static void unmodelled__graphs_in_graphs_count(void **state)
{
    (void)state;
    enum { X = 4 * 4 * 4, WIDE = 4 * 16 * 4 };
    struct graph *g = with_function("If i a c then_branch=g:weight~w~4,4;MatMul~m~a,w~d;out~d "
                                    "else_branch=g:weight~w~4,16;MatMul~m~a,w~d;out~d",
                                    "in x 4,4|Exp e x a|If f a y "
                                    "then_branch=g:my:Twice~t~x~d;out~d "
                                    "else_branch=g:Relu~r~x~d;out~d|out y|out a",
                                    NULL);
    assert_non_null(g);
    inferred(g);
    assert_int_equal(g->n_unmodelled, 1);
    assert_int_equal(g->unmodelled[0].bytes, X + X + WIDE + X);
    onnx_case_release(g);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, onnx_case_setup, onnx_case_teardown)
    const struct CMUnitTest tests[] = {
        TEST(if__the_branch_of_a_constant_condition_takes_its_place),
        TEST(if__what_only_the_other_branch_needs_is_gone),
        TEST(if__branches_nest_and_may_be_captured_values),
        TEST(loop__unrolls_what_runs_a_constant_number_of_times),
        TEST(loop__ends_when_its_condition_does),
        TEST(loop__one_that_never_ends_is_not_modelled),
        TEST(unmodelled__what_depends_on_data_is_listed_and_the_rest_stays),
        TEST(unmodelled__weights_of_graphs_count_once_and_of_branches_the_dearer),
        TEST(unmodelled__graphs_in_graphs_count),
        TEST(unmodelled__nothing_left_is_an_error_that_names_the_first),
        TEST(function__calls_become_the_nodes_of_the_function),
        TEST(function__omitted_parameters_stay_omitted),
        TEST(function__ones_that_cannot_be_called_are_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
