// Files that are large or odd, but right.
#include "tests/test.h"

#include <unistd.h>

#include "tests/decompose/onnx_case.h"
#include "tests/scratch.h"

enum {
    F32 = 1,
    MODEL_GRAPH = 7,
    MODEL_OPSET_IMPORT = 8,
    GRAPH_INITIALIZER = 5,
    TENSOR_RAW_DATA = 9
};

#define PRODUCT "in x 1,32768|MatMul m x,w y|out y"

static void put_opset(struct str *model, uint64_t version)
{
    struct str opset = STR_INIT;
    put_int(&opset, 2, version);
    put_message(model, 8, &opset);
}

static void odd__every_version_of_the_format_is_read(void **state)
{
    (void)state;
    for (uint64_t version = 3; version <= 12; version++) {
        struct str model = STR_INIT, graph = STR_INIT;
        struct error err = {0};
        put_int(&model, 1, version);
        put_graph(&graph, "in x 2|weight w 2|Add a x,w y|out y");
        put_message(&model, MODEL_GRAPH, &graph);
        put_opset(&model, 13);
        struct graph *g = onnx_case_model(&model, NULL, NULL, &err);
        if (!g)
            fail_msg("version %d: %s", (int)version, err.text);
        assert_int_equal(g->n_inputs, 1);
        onnx_case_release(g);
    }
}

static void odd__without_opset_import_the_format_says_which_operators_are_meant(void **state)
{
    (void)state;
    static const struct {
        uint64_t format;
        int opset;
    } cases[] = {{3, 8}, {6, 11}, {7, 14}};
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str model = STR_INIT, graph = STR_INIT;
        struct notes notes = {0};
        put_int(&model, 1, cases[i].format);
        put_graph(&graph, "in x 2|Relu r x y|out y");
        put_message(&model, MODEL_GRAPH, &graph);
        struct graph *g = onnx_case_model(&model, NULL, &notes, NULL);
        assert_non_null(g);
        assert_int_equal(g->opset, cases[i].opset);
        assert_int_equal(notes.n, 1);
        assert_non_null(strstr(notes.text[0], "(opset_import)"));
        onnx_case_release(g);
        notes_release(&notes);
    }
}

static void odd__operators_newer_than_we_know_are_noted(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        uint64_t opset;
        int n_notes;
    } cases[] = {{"", 13, 0},
                 {"", NEWEST_OPSET, 0},
                 {"", NEWEST_OPSET + 1, 1},
                 {"ai.onnx", 99, 1},
                 {"com.microsoft", 99, 0}};
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str model = STR_INIT, graph = STR_INIT, opset = STR_INIT;
        struct notes notes = {0};
        put_graph(&graph, "in x 2|Relu r x y|out y");
        put_model(&model, &graph);
        put_text(&opset, 1, cases[i].domain);
        put_int(&opset, 2, cases[i].opset);
        put_message(&model, MODEL_OPSET_IMPORT, &opset); // of two imports the last one counts
        struct graph *g = onnx_case_model(&model, NULL, &notes, NULL);
        assert_non_null(g);
        assert_int_equal(notes.n, cases[i].n_notes);
        if (notes.n)
            assert_non_null(strstr(notes.text[0], "dlbricks knows those up to version 24"));
        onnx_case_release(g);
        notes_release(&notes);
    }
}

static void odd__nodes_of_one_name_stay_apart(void **state)
{
    (void)state;
    struct graph *g = onnx_case_good("in x 2|Relu same x a|Softmax same a y|out y");
    struct error err = {0};
    assert_int_equal(graph_to_steps(g, &(struct decompose_options){0}, &err), 0);
    assert_int_equal(g->n_nodes, 2);
    assert_int_equal(g->nodes[0].op, OP_Relu);
    assert_int_equal(g->nodes[1].op, OP_Softmax);
    onnx_case_release(g);
}

// The other file is not there.
static void odd__weights_in_another_file_are_not_looked_for(void **state)
{
    (void)state;
    struct str graph = STR_INIT, tensor = STR_INIT, entry = STR_INIT;
    struct error err = {0};
    put_graph(&graph, PRODUCT);
    put_int(&tensor, 1, 32768);
    put_int(&tensor, 1, 24576);
    put_int(&tensor, 2, F32);
    put_text(&tensor, 8, "w");
    put_text(&entry, 1, "location");
    put_text(&entry, 2, "nowhere.bin");
    put_message(&tensor, 13, &entry);
    put_int(&tensor, 14, 1);
    put_message(&graph, GRAPH_INITIALIZER, &tensor);
    struct graph *g = onnx_case_graph(&graph, NULL, NULL, &err);
    if (!g)
        fail_msg("%s", err.text);
    if (graph_to_steps(g, &(struct decompose_options){0}, &err))
        fail_msg("%s", err.text);
    assert_int_equal(tensor_elements(&g->values[onnx_case_value(g, "w")].t), 32768LL * 24576);
    onnx_case_release(g);
}

// What stands before `bytes` of contents at the end of a message's field `number`.
static void put_head(struct str *s, uint32_t number, size_t bytes)
{
    put_varint(s, number << 3 | 2);
    put_varint(s, bytes);
}

// A model whose weight's contents are the last thing in it: all of the file before them.
static void put_large_model(struct str *model, size_t bytes)
{
    struct str graph = STR_INIT, tensor = STR_INIT, tensor_head = STR_INIT;
    put_int(&tensor, 1, 32768);
    put_int(&tensor, 1, (uint64_t)(bytes / sizeof(float) / 32768));
    put_int(&tensor, 2, F32);
    put_text(&tensor, 8, "w");
    put_head(&tensor, TENSOR_RAW_DATA, bytes);
    put_head(&tensor_head, GRAPH_INITIALIZER, tensor.len + bytes);
    put_graph(&graph, PRODUCT);
    put_int(model, 1, 8);
    put_opset(model, 13);
    put_head(model, MODEL_GRAPH, graph.len + tensor_head.len + tensor.len + bytes);
    str_add_n(model, graph.text, graph.len);
    str_add_n(model, tensor_head.text, tensor_head.len);
    str_add_n(model, tensor.text, tensor.len);
    str_release(&graph);
    str_release(&tensor_head);
    str_release(&tensor);
}

// 3 GB that no disk holds: the contents are a hole in the file.
static void odd__weights_of_more_than_2_gb_are_passed_over(void **state)
{
    (void)state;
    const size_t bytes = (size_t)3 << 30;
    struct str model = STR_INIT;
    struct error err = {0};
    char *folder = scratch_make(), *path = scratch_path(folder, "large.onnx");
    put_large_model(&model, bytes);
    scratch_write(path, model.text, model.len);
    assert_int_equal(truncate(path, (off_t)(model.len + bytes)), 0);
    struct graph *g = onnx_read(path, &(struct decompose_options){0}, NULL, &err);
    if (!g || graph_to_steps(g, &(struct decompose_options){0}, &err))
        fail_msg("%s", err.text);
    assert_int_equal(g->n_nodes, 1);
    assert_int_equal(tensor_bytes(&g->values[onnx_case_value(g, "w")].t), bytes);
    onnx_case_release(g);
    str_release(&model);
    free(path);
    scratch_remove(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, onnx_case_setup, onnx_case_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(odd__every_version_of_the_format_is_read),
        TEST(odd__without_opset_import_the_format_says_which_operators_are_meant),
        TEST(odd__operators_newer_than_we_know_are_noted),
        TEST(odd__nodes_of_one_name_stay_apart),
        TEST(odd__weights_in_another_file_are_not_looked_for),
        TEST(odd__weights_of_more_than_2_gb_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
