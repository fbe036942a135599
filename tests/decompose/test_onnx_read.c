#include "tests/test.h"

#include "tests/decompose/onnx_case.h"

#define SMALL                                                                                      \
    "in x 1,3,4,4|weight w 2,3,1,1|Conv conv x,w c kernel_shape=is:1,1 group=i:1|Relu relu c y|"   \
    "out y"

static void read__gives_values_nodes_and_attributes(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good(SMALL);
    assert_int_equal(g->opset, 13);
    assert_int_equal(g->n_inputs, 1);
    assert_int_equal(g->n_outputs, 1);
    assert_int_equal(g->n_nodes, 2);
    const struct node *conv = &g->nodes[0];
    assert_int_equal(conv->op, OP_Conv);
    assert_string_equal(conv->name, "conv");
    assert_int_equal(conv->n_src, 2);
    assert_int_equal(conv->src[0], g->inputs[0]);
    assert_int_equal(g->values[conv->src[1]].kind, VALUE_weight);
    assert_int_equal(node_int(conv, ATTR_group, 0), 1);
    int n;
    assert_int_equal(node_ints(conv, ATTR_kernel_shape, &n)[1], 1);
    assert_int_equal(n, 2);
    assert_int_equal(g->nodes[1].dst[0], g->outputs[0]);
    struct tensor expected = {TYPE_f32, LAYOUT_row, 4, {1, 3, 4, 4}};
    assert_true(tensor_equal(&g->values[g->inputs[0]].t, &expected));
    onnx_case_release(g);
}

enum { OPSET_IMPORT_BYTES = 6 }; // at the end of put_model's files

static void read__a_file_cut_anywhere_gives_a_message(void **state)
{
    (void)state;
    struct str graph = STR_INIT, whole = STR_INIT;
    put_graph(&graph, SMALL);
    put_model(&whole, &graph);
    size_t graph_end = whole.len - OPSET_IMPORT_BYTES;
    for (size_t n = 0; n < whole.len; n++) {
        struct str part = STR_INIT;
        struct error err = {0};
        struct notes notes = {0};
        str_add_n(&part, whole.text, n);
        struct graph *g = onnx_case_model(&part, NULL, &notes, &err);
        if (n == graph_end)
            assert_int_equal(notes.n, 1); // a model without opset_import
        else
            onnx_case_refused(g, &err, "");
        onnx_case_release(g);
        notes_release(&notes);
    }
    str_release(&whole);
}

static void read__any_changed_byte_is_survived(void **state)
{
    (void)state;
    struct str graph = STR_INIT, whole = STR_INIT;
    put_graph(&graph, SMALL);
    put_model(&whole, &graph);
    static const unsigned char masks[] = {0x01, 0x02, 0x08, 0x80, 0xff};
    for (size_t n = 0; n < whole.len * N_ELEMENTS(masks); n++) {
        struct str changed = STR_INIT;
        struct error err = {0};
        str_add_n(&changed, whole.text, whole.len);
        changed.text[n / N_ELEMENTS(masks)] ^= (char)masks[n % N_ELEMENTS(masks)];
        struct graph *g = onnx_case_model(&changed, NULL, NULL, &err);
        assert_int_equal(g == NULL, err.text[0] != '\0');
        onnx_case_release(g);
    }
    str_release(&whole);
}

static void read__bad_models_are_refused_with_their_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"in x 1|out x", "the graph is empty: it has no nodes"},
        {"in x 1|Relu r x y", "the graph is empty: it has no outputs"},
        {"in x 1|Add a x,b a|Relu r a b|out b", "the graph has a cycle through Relu 'r'"},
        {"in x 1|Relu r nowhere y|out y", "Relu 'r': nothing produces its input 'nowhere'"},
        {"in x 1|Relu r x y|out z", "nothing produces the graph's output 'z'"},
        {"in x 1|Relu r x y|Relu s x y|out y", "value 'y' is produced twice"},
        {"in x 1|in x 1|Relu r x y|out y", "value 'x' is produced twice"},
        {"in x 1|Relu r x x|out x", "value 'x' is produced twice"},
        {"in x 1|Relu r x,x y|out y", "Relu 'r': has 2 inputs, which is not a number it can have"},
        {"in x 1|Add a x y|out y", "Add 'a': has 1 inputs"},
        {"in x 1|Add a -,x y|out y", "Add 'a': input 0 is omitted but needed"},
        {"in x 1|Concat c x,-,x y axis=i:0|out y", "Concat 'c': input 1 is omitted but needed"},
        {"in x 1|LRN l x y size=f:5|out y",
         "LRN 'l': attribute 'size' is of type float, but must be of type int"},
        {"in x 1|Transpose t x y perm=i:0|out y",
         "Transpose 't': attribute 'perm' is of type int, but must be of type ints"},
        {"in x 1|MaxPool p x y auto_pad=s:SOME|out y",
         "MaxPool 'p': attribute 'auto_pad' has the value 'SOME', which is not supported"},
        {"in x 1|Add a x,x y axis=i:1|out y",
         "Add 'a': attribute 'axis' is not supported for this operator"},
        {"in x 1|Constant c - y other=i:1|out y", "Constant 'c': has no value"},
        {"in x 1,1,1,1,1,1,1,1,1|Relu r x y|out y", "input 'x' has 9 dimensions, more than 8"},
        {"in x 1048576,1048576,2|Relu r x y|out y", "input 'x' has more than 2^40 elements"},
        {"in x 1|If i x y then_branch=g:out~x|out y", "If 'i': has no graph 'else_branch'"},
        {"in x 1|If i x,x y then_branch=g:out~x else_branch=g:out~x|out y",
         "If 'i': has 2 inputs, and its graph has 0"},
        {"in x 1|If i x y then_branch=g:Relu~r~q~s;out~s else_branch=g:out~x|out y",
         "If 'i': nothing produces its input 'q'"},
        {"in x 1|Loop l x,,x y body=g:in~i~;in~c~;in~v~;out~c|out y",
         "Loop 'l': has 1 outputs, and its graph has 1"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct error err = {0};
        onnx_case_refused(onnx_case_text(cases[i].text, NULL, NULL, &err), &err, cases[i].message);
    }
}

static void read__files_that_are_no_models_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } cases[] = {
        {"", 0, "is empty"},
        {"This is no model.\n", 18, "a field has no valid type at byte 0: the file is truncated"},
        {"\x08\x08", 2, "holds no graph: the file is truncated, or not an ONNX model"},
        {"\x3a\x00", 2, "has ONNX IR version 0; dlbricks reads versions from 3 on"},
        {"\x08\x08\x3a\x00", 4, "the graph is empty: it has no nodes"},
        {"\x08\x08\x3a\x00\x42\x02\x10\x00", 8, "names no valid version of ONNX's operators"},
        {"\x08\x08\x3a\x00\x42\x03\x0a\x01x", 9, "the graph is empty: it has no nodes"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct error err = {0};
        struct str model = STR_INIT;
        str_add_n(&model, cases[i].bytes, cases[i].n);
        onnx_case_refused(onnx_case_model(&model, NULL, NULL, &err), &err, cases[i].message);
    }
}

static void read__a_missing_file_is_named(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(onnx_read("/nowhere/x.onnx", &(struct decompose_options){0}, NULL, &err));
    assert_string_equal(err.text, "/nowhere/x.onnx: cannot be opened: No such file or directory");
}

static void read__operators_that_are_not_known_are_kept_with_their_names(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good("in x 1|Mystery m x a|com.microsoft:Sampling n a,,x b,,c|"
                                     "Reorder f b d|out d|out c");
    assert_int_equal(g->n_nodes, 3);
    static const char *const names[] = {"Mystery", "com.microsoft.Sampling", "Reorder"};
    for (int i = 0; i < g->n_nodes; i++) {
        assert_int_equal(g->nodes[i].op, OP_Unknown);
        assert_string_equal(g->nodes[i].op_type, names[i]);
    }
    assert_int_equal(g->nodes[1].n_src, 3);
    assert_int_equal(g->nodes[1].src[1], NONE);
    onnx_case_release(g);
}

static void read__operators_are_known_by_their_domain(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good(
        "in x 2|com.microsoft:Gelu g x a|ai.onnx:Relu r a b|com.microsoft:QuickGelu q b c|"
        "SimplifiedLayerNormalization s c,c d|com.microsoft:Relu t d e|com.example:Relu u e f|"
        "com.microsoft:LayerNormalization l f,f h|com.microsoft:Attention m h,h i|"
        "com.microsoft:RotaryEmbedding o i,i,i,i j|com.microsoft:GroupQueryAttention p j k|out k");
    static const enum op ops[] = {OP_Gelu,
                                  OP_Relu,
                                  OP_QuickGelu,
                                  OP_SimplifiedLayerNormalization,
                                  OP_Unknown,
                                  OP_Unknown,
                                  OP_LayerNormalization,
                                  OP_SelfAttention,
                                  OP_PositionRotaryEmbedding,
                                  OP_GroupQueryAttention};
    for (int i = 0; i < g->n_nodes; i++)
        assert_int_equal(g->nodes[i].op, ops[i]);
    onnx_case_release(g);
}

static void read__deep_nesting_is_refused(void **state)
{
    (void)state;
    struct str graph = STR_INIT;
    struct error err = {0};
    put_graph(&graph, "Relu r x y");
    for (int depth = 0; depth < 1000; depth++) {
        struct str attribute = STR_INIT, node = STR_INIT;
        put_text(&attribute, 1, "body");
        put_message(&attribute, 6, &graph);
        put_text(&node, 4, "Loop");
        put_message(&node, 5, &attribute);
        put_message(&graph, 1, &node);
    }
    onnx_case_refused(onnx_case_graph(&graph, NULL, NULL, &err), &err,
                      "Loop '': is nested deeper than 32 graphs and functions");
}

static void read__of_initializers_of_one_name_the_last_counts(void **state)
{
    (void)state;
    struct notes notes = {0};
    struct graph *g =
        onnx_case_text("in x 2|weight w 3|weight w 2|Add a x,w y|out y", NULL, &notes, NULL);
    assert_non_null(g);
    assert_int_equal(g->values[onnx_case_value(g, "w")].t.dims[0], 2);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.text[0],
                        "initializer 'w' is given more than once; the last one counts");
    onnx_case_release(g);
    notes_release(&notes);
}

static void read__words_become_their_numbers(void **state)
{
    (void)state;
    struct graph *g =
        onnx_case_good("in x 2|Pad p x a mode=s:edge|GRU r a,a,a b direction=s:reverse "
                       "activations=ss:sigmoid,Tanh|Einsum e b,b y equation=s:i,i|out y");
    assert_int_equal(node_int(&g->nodes[0], ATTR_pad_mode, 0), WORD_pad_mode_edge);
    assert_int_equal(node_int(&g->nodes[1], ATTR_direction, 0), WORD_direction_reverse);
    int n;
    const int64_t *words = node_ints(&g->nodes[1], ATTR_activations, &n);
    assert_int_equal(n, 2);
    assert_int_equal(words[0], WORD_activations_sigmoid);
    assert_int_equal(words[1], WORD_activations_tanh);
    assert_int_equal(node_ints(&g->nodes[2], ATTR_equation, &n)[1], ',');
    assert_int_equal(n, 3);
    onnx_case_release(g);
}

static void read__control_characters_do_not_reach_messages(void **state)
{
    (void)state;
    struct error err = {0};
    onnx_case_refused(onnx_case_text("in x 1|Relu \x1b[31m no\n y|out y", NULL, NULL, &err), &err,
                      "Relu '?[31m': nothing produces its input 'no?'");
}

static const struct dims_case {
    const char *dims;
    struct dim_binding binding;
    int64_t expected[2]; // 0: refused
    const char *message; // note or error
} dims_cases[] = {
    {"2,3", {0}, {2, 3}, NULL},
    {"batch_size,3",
     {0},
     {1, 3},
     "dimension 'batch_size' of input 'x' is taken as 1; set it with --dim batch_size=SIZE"},
    {"N,3", {0}, {1, 3}, "dimension 'N' of input 'x' is taken as 1; set it with --dim N=SIZE"},
    {"?,3", {0}, {1, 3}, "dimension 'x.0' of input 'x' is taken as 1; set it with --dim x.0=SIZE"},
    {"unk__7,3",
     {0},
     {1, 3},
     "dimension 'x.0' of input 'x' is taken as 1; set it with --dim x.0=SIZE"},
    {"0,3",
     {0},
     {1, 3},
     "dimension 'x.0' of input 'x' (0 in the file) is taken as 1; set it with --dim x.0=SIZE"},
    {"2,myBatch",
     {0},
     {2, 1},
     "dimension 'myBatch' of input 'x' is taken as 1; set it with --dim myBatch=SIZE"},
    {"batch,3", {"batch", 8}, {8, 3}, NULL},
    {"batch,3", {"x.0", 8}, {8, 3}, NULL},
    {"2,length", {"length", 5}, {2, 5}, NULL},
    {"2,?", {"x.1", 5}, {2, 5}, NULL},
    {"2,3",
     {"length", 5},
     {2, 3},
     "--dim length=5 is not used: no input has a symbolic dimension of that name"},
    {"2,length",
     {0},
     {0},
     "dimension 'length' of input 'x' has no size; set it with --dim length=SIZE"},
    {"2,?", {0}, {0}, "dimension 'x.1' of input 'x' has no size; set it with --dim x.1=SIZE"},
    {"2,-1",
     {0},
     {0},
     "dimension 'x.1' of input 'x' (-1 in the file) has no size; set it with --dim x.1=SIZE"},
    {"2,-5", {0}, {0}, "dimension 1 of input 'x' is -5: the file is damaged"},
    {"2,a'b", {0}, {0}, "dimension 'a'b' of input 'x' has no size; set it with --dim x.1=SIZE"},
    {"2,h*2", {0}, {0}, "dimension 'h*2' of input 'x' has no size; set it with --dim x.1=SIZE"},
    {"2,length", {"length", 0}, {0}, "--dim length=0: a size must be at least 1"},
    {"2,length", {"length", 1ll << 40}, {0}, "input 'x' has more than 2^40 elements"},
};

static void check_bound(const struct dims_case *c, const struct graph *g, const struct notes *notes)
{
    assert_non_null(g);
    assert_memory_equal(g->values[g->inputs[0]].t.dims, c->expected, sizeof c->expected);
    assert_int_equal(notes->n, c->message != NULL);
    if (notes->n)
        assert_string_equal(notes->text[0], c->message);
}

static void read__dimensions_are_bound(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(dims_cases); i++) {
        const struct dims_case *c = &dims_cases[i];
        struct decompose_options options = {.n_dims = c->binding.name != NULL, .dims = &c->binding};
        struct str text = STR_INIT;
        struct notes notes = {0};
        struct error err = {0};
        str_addf(&text, "in x %s|Relu r x y|out y", c->dims);
        struct graph *g = onnx_case_text(text.text, &options, &notes, &err);
        if (c->expected[0] == 0)
            onnx_case_refused(g, &err, c->message);
        else
            check_bound(c, g, &notes);
        onnx_case_release(g);
        notes_release(&notes);
        str_release(&text);
    }
}

static void read__optional_dimensions_are_not_missed(void **state)
{
    (void)state;
    static const struct dim_binding dims[] = {{"length", 5}, {"batch", 8}};
    struct decompose_options options = {.n_dims = 2, .dims = dims, .n_optional_dims = 1};
    struct notes notes = {0};
    struct error err = {0};
    struct graph *g = onnx_case_text("in x 2,3|Relu r x y|out y", &options, &notes, &err);
    assert_non_null(g);
    assert_int_equal(notes.n, 1);
    assert_non_null(strstr(notes.text[0], "--dim length=5 is not used"));
    onnx_case_release(g);
    notes_release(&notes);
}

static void read__a_dimension_is_noted_once_for_all_inputs(void **state)
{
    (void)state;
    struct notes notes = {0};
    struct graph *g =
        onnx_case_text("in x batch,2|in y batch,2|Add a x,y z|out z", NULL, &notes, NULL);
    assert_non_null(g);
    assert_int_equal(notes.n, 1);
    onnx_case_release(g);
    notes_release(&notes);
}

static void read__an_input_with_an_initializer_is_a_weight(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good("in x 2|in w 2|weight w 2|Add a x,w y|out y");
    assert_int_equal(g->n_inputs, 1);
    assert_int_equal(g->values[onnx_case_value(g, "w")].kind, VALUE_weight);
    onnx_case_release(g);
}

static void read__nodes_may_stand_in_any_order(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good("out z|Relu third b z|Relu second a b|Relu first x a|in x 2");
    assert_string_equal(g->nodes[0].name, "first");
    assert_string_equal(g->nodes[1].name, "second");
    assert_string_equal(g->nodes[2].name, "third");
    onnx_case_release(g);
}

static void read__omitted_sources_are_none_or_gone(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good("in x 2|weight m |Clip a x,-,m y|Clip b y,-,- z|out z");
    assert_int_equal(g->nodes[0].n_src, 3);
    assert_int_equal(g->nodes[0].src[1], NONE);
    assert_int_equal(g->nodes[1].n_src, 1);
    onnx_case_release(g);
}

static void read__a_node_without_a_name_is_called_by_its_result(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good("in x 2|Relu - x y|out y");
    assert_string_equal(g->nodes[0].name, "y");
    assert_string_equal(g->nodes[0].layers[0], "y");
    onnx_case_release(g);
}

static void read__training_outputs_that_nobody_uses_are_dropped(void **state)
{
    (void)state;
    struct graph *g =
        onnx_case_good("in x 1,2|weight s 2|BatchNormalization b x,s,s,s,s y,m,v,-,d|out y");
    assert_int_equal(g->nodes[0].n_dst, 1);
    onnx_case_release(g);
}

static void read__attributes_that_no_table_has_are_noted_once(void **state)
{
    (void)state;
    struct notes notes = {0};
    struct graph *g = onnx_case_text("in x 2|Relu a x b consumed_inputs=is:0|"
                                     "Relu b b y consumed_inputs=is:0|out y",
                                     NULL, &notes, NULL);
    assert_non_null(g);
    assert_int_equal(notes.n, 1);
    assert_string_equal(notes.text[0], "attribute 'consumed_inputs' of Relu is not known to "
                                       "dlbricks and is ignored");
    assert_int_equal(g->nodes[0].n_attrs, 0);
    onnx_case_release(g);
    notes_release(&notes);
}

static void read__attributes_get_keys_of_their_own(void **state)
{
    (void)state;
    struct graph *g =
        onnx_case_good("in x 1,2,3,3|LRN l x a beta=f:0.75 size=i:3|"
                       "MaxPool p a y kernel_shape=is:2,2 auto_pad=s:SAME_LOWER|out y");
    assert_true(node_float(&g->nodes[0], ATTR_lrn_beta, 0) == 0.75f);
    assert_int_equal(node_int(&g->nodes[1], ATTR_auto_pad, 0), WORD_auto_pad_same_lower);
    onnx_case_release(g);

    g = onnx_case_good("in x 2,2|Gemm g x,x,x y alpha=f:0.5 beta=f:2|out y");
    assert_true(node_float(&g->nodes[0], ATTR_gemm_alpha, 0) == 0.5f);
    assert_true(node_float(&g->nodes[0], ATTR_gemm_beta, 0) == 2);
    assert_false(node_has(&g->nodes[0], ATTR_alpha));
    onnx_case_release(g);
}

// Our names for renamed attributes mean nothing in a file.
static void read__keys_of_our_own_are_not_read(void **state)
{
    (void)state;
    struct notes notes = {0};
    struct graph *g =
        onnx_case_text("in x 2,2|Gemm g x,x y gemm_alpha=f:0.5|out y", NULL, &notes, NULL);
    assert_non_null(g);
    assert_int_equal(notes.n, 1);
    assert_false(node_has(&g->nodes[0], ATTR_gemm_alpha));
    onnx_case_release(g);
    notes_release(&notes);
}

static void read__too_large_a_node_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    struct str text = STR_INIT;
    str_add(&text, "Concat c x");
    for (int i = 0; i < 40000; i++)
        str_add(&text, ",x");
    str_add(&text, " y axis=i:0|in x 1|out y");
    onnx_case_refused(onnx_case_text(text.text, NULL, NULL, &err), &err,
                      "a node: is larger than 65536 bytes");

    struct error attribute_err = {0};
    str_clear(&text);
    str_add(&text, "Transpose t x y perm=is:0");
    for (int i = 0; i < 40000; i++)
        str_add(&text, ",0");
    str_add(&text, "|in x 1|out y");
    onnx_case_refused(onnx_case_text(text.text, NULL, NULL, &attribute_err), &attribute_err,
                      "a node: an attribute of 800");
    str_release(&text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, onnx_case_setup, onnx_case_teardown)
    const struct CMUnitTest tests[] = {
        TEST(read__gives_values_nodes_and_attributes),
        TEST(read__a_file_cut_anywhere_gives_a_message),
        TEST(read__any_changed_byte_is_survived),
        TEST(read__bad_models_are_refused_with_their_reason),
        TEST(read__files_that_are_no_models_are_refused),
        TEST(read__a_missing_file_is_named),
        TEST(read__operators_that_are_not_known_are_kept_with_their_names),
        TEST(read__operators_are_known_by_their_domain),
        TEST(read__deep_nesting_is_refused),
        TEST(read__of_initializers_of_one_name_the_last_counts),
        TEST(read__words_become_their_numbers),
        TEST(read__control_characters_do_not_reach_messages),
        TEST(read__dimensions_are_bound),
        TEST(read__optional_dimensions_are_not_missed),
        TEST(read__a_dimension_is_noted_once_for_all_inputs),
        TEST(read__an_input_with_an_initializer_is_a_weight),
        TEST(read__nodes_may_stand_in_any_order),
        TEST(read__omitted_sources_are_none_or_gone),
        TEST(read__a_node_without_a_name_is_called_by_its_result),
        TEST(read__training_outputs_that_nobody_uses_are_dropped),
        TEST(read__attributes_that_no_table_has_are_noted_once),
        TEST(read__attributes_get_keys_of_their_own),
        TEST(read__keys_of_our_own_are_not_read),
        TEST(read__too_large_a_node_is_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
