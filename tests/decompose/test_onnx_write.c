#include "tests/test.h"

#include "decompose/decompose.h"
#include "tests/scratch.h"

static char *folder, *path;

static int setup(void **state)
{
    (void)state;
    folder = scratch_make();
    path = scratch_path(folder, "model.onnx");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(path);
    scratch_remove(folder);
    return 0;
}

static int add_value(struct graph *g, enum value_kind kind, const char *name, int rank,
                     const int64_t *dims)
{
    struct tensor t = {.type = TYPE_f32, .rank = rank};
    memcpy(t.dims, dims, (size_t)rank * sizeof *dims);
    return kind == VALUE_input ? graph_add_input(g, name, &t) : graph_add_value(g, kind, name, &t);
}

#define DIMS(...)                                                                                  \
    N_ELEMENTS(((int64_t[]){__VA_ARGS__})), (int64_t[])                                            \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

// Conv, LRN and Clip with an omitted source: every kind of attribute and of value. The weight has
// contents if `data` is not NULL.
static void build(struct graph *g, const void *data)
{
    graph_init(g);
    g->name = "net";
    g->opset = 13;
    int x = add_value(g, VALUE_input, "x", DIMS(1, 1, 4, 4));
    int w = add_value(g, VALUE_weight, "w", DIMS(2, 1, 2, 2));
    int high = add_value(g, VALUE_weight, "high", 0, (int64_t[]){0});
    int c = graph_add_value(g, VALUE_node, "c", NULL);
    int l = graph_add_value(g, VALUE_node, "l", NULL);
    int y = graph_add_value(g, VALUE_node, "y", NULL);
    static const float six = 6;
    g->values[w].data = data;
    g->values[high].data = &six;

    struct node *n = graph_add_node(g, OP_Conv, "conv", 2, (int[]){x, w}, 1, &c);
    node_set_ints(g, n, ATTR_strides, 2, (int64_t[]){1, 2});
    node_set_int(g, n, ATTR_group, 1);
    node_set_int(g, n, ATTR_auto_pad, WORD_auto_pad_same_upper);
    n = graph_add_node(g, OP_LRN, "lrn", 1, &c, 1, &l);
    node_set_float(g, n, ATTR_lrn_beta, 0.75f);
    node_set_int(g, n, ATTR_size, 5);
    graph_add_node(g, OP_Clip, "clip", 3, (int[]){l, NONE, high}, 1, &y);
    graph_add_output(g, y);
}

static struct graph *round_trip(const struct graph *g)
{
    struct error err = {0};
    struct decompose_options options = {.with_weights = true};
    if (onnx_write(g, path, &err))
        fail_msg("%s", err.text);
    struct graph *back = onnx_read(path, &options, NULL, &err);
    if (!back)
        fail_msg("%s", err.text);
    return back;
}

static void release(struct graph *g)
{
    graph_release(g);
    free(g);
}

static void check_values(const struct graph *a, int va, const struct graph *b, int vb)
{
    assert_int_equal(va == NONE, vb == NONE);
    if (va == NONE)
        return;
    const struct value *x = &a->values[va], *y = &b->values[vb];
    assert_string_equal(x->name, y->name);
    assert_int_equal(x->kind, y->kind);
    if (x->kind == VALUE_node)
        return;
    assert_true(tensor_equal(&x->t, &y->t));
    assert_int_equal(x->data == NULL, y->data == NULL);
    if (x->data)
        assert_memory_equal(x->data, y->data, tensor_bytes(&x->t));
}

static void check_attrs(const struct node *a, const struct node *b)
{
    assert_int_equal(a->n_attrs, b->n_attrs);
    for (int k = 0; k < a->n_attrs; k++) {
        enum attr_key key = a->attrs[k].key;
        assert_true(node_has(b, key));
        if (attr_info(key)->kind == ATTR_KIND_int) {
            assert_int_equal(node_int(a, key, 0), node_int(b, key, 1));
        } else if (attr_info(key)->kind == ATTR_KIND_float) {
            assert_true(node_float(a, key, 0) == node_float(b, key, 1));
        } else {
            int n, m;
            const int64_t *x = node_ints(a, key, &n), *y = node_ints(b, key, &m);
            assert_int_equal(n, m);
            assert_memory_equal(x, y, (size_t)n * sizeof *x);
        }
    }
}

static void check_graphs(const struct graph *a, const struct graph *b)
{
    assert_string_equal(a->name, b->name);
    assert_int_equal(a->opset, b->opset);
    assert_int_equal(a->n_nodes, b->n_nodes);
    assert_int_equal(a->n_inputs, b->n_inputs);
    assert_int_equal(a->n_outputs, b->n_outputs);
    for (int k = 0; k < a->n_nodes; k++) {
        const struct node *x = &a->nodes[k], *y = &b->nodes[k];
        assert_int_equal(x->op, y->op);
        assert_string_equal(x->name, y->name);
        assert_int_equal(x->n_src, y->n_src);
        for (int s = 0; s < x->n_src; s++)
            check_values(a, x->src[s], b, y->src[s]);
        check_attrs(x, y);
    }
    check_values(a, a->inputs[0], b, b->inputs[0]);
    check_values(a, a->outputs[0], b, b->outputs[0]);
}

static void write__what_is_read_back_is_the_same_graph(void **state)
{
    (void)state;
    static const float data[8] = {1, -2, 3.5f, 0, 1e-30f, 6, 7, 8};
    struct graph g;
    build(&g, data);
    struct graph *back = round_trip(&g);
    check_graphs(&g, back);
    release(back);
    graph_release(&g);
}

static void write__factors_of_gemm_have_their_names_of_onnx(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    g.name = "net";
    g.opset = 13;
    int x = add_value(&g, VALUE_input, "x", DIMS(2, 2));
    int y = graph_add_value(&g, VALUE_node, "y", NULL);
    struct node *n = graph_add_node(&g, OP_Gemm, "gemm", 3, (int[]){x, x, x}, 1, &y);
    node_set_float(&g, n, ATTR_gemm_alpha, 0.5f);
    node_set_float(&g, n, ATTR_gemm_beta, 2);
    graph_add_output(&g, y);
    struct graph *back = round_trip(&g);
    check_graphs(&g, back);
    release(back);
    graph_release(&g);
}

static void write__weights_without_contents_differ_in_their_numbers(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = add_value(&g, VALUE_input, "x", DIMS(8, 8));
    int w = add_value(&g, VALUE_weight, "w", DIMS(8, 8));
    int u = add_value(&g, VALUE_weight, "u", DIMS(8, 8));
    int y = graph_add_value(&g, VALUE_node, "y", NULL);
    int z = graph_add_value(&g, VALUE_node, "z", NULL);
    graph_add_node(&g, OP_MatMul, "first", 2, (int[]){x, w}, 1, &y);
    graph_add_node(&g, OP_MatMul, "second", 2, (int[]){y, u}, 1, &z);
    graph_add_output(&g, z);
    struct graph *back = round_trip(&g);
    const struct node *fill = back->nodes;
    assert_int_equal(fill[0].op, OP_ConstantOfShape);
    assert_int_equal(fill[1].op, OP_ConstantOfShape);
    assert_true(node_float(&fill[0], ATTR_fill, 0) != node_float(&fill[1], ATTR_fill, 0));
    release(back);
    graph_release(&g);
}

static void write__weights_without_contents_become_constant_of_shape(void **state)
{
    (void)state;
    struct graph g;
    build(&g, NULL);
    struct graph *back = round_trip(&g);
    const struct node *fill = &back->nodes[0];
    assert_int_equal(back->n_nodes, 4);
    assert_int_equal(fill->op, OP_ConstantOfShape);
    assert_string_equal(back->values[fill->dst[0]].name, "w");
    assert_true(node_float(fill, ATTR_fill, 0) > 0);
    assert_int_equal(node_int(fill, ATTR_fill_type, 0), TYPE_f32);
    const struct value *shape = &back->values[fill->src[0]];
    assert_memory_equal(shape->data, ((int64_t[]){2, 1, 2, 2}), 4 * sizeof(int64_t));
    assert_int_equal(back->nodes[1].src[1], fill->dst[0]);

    struct graph *again = round_trip(back);
    check_graphs(back, again);
    release(again);
    release(back);
    graph_release(&g);
}

static void write__values_without_names_get_some(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = add_value(&g, VALUE_input, "x", DIMS(2, 2));
    int a = graph_add_value(&g, VALUE_node, NULL, NULL);
    int y = graph_add_value(&g, VALUE_node, NULL, NULL);
    graph_add_node(&g, OP_Relu, NULL, 1, &x, 1, &a);
    graph_add_node(&g, OP_Relu, NULL, 1, &a, 1, &y);
    graph_add_output(&g, y);
    struct graph *back = round_trip(&g);
    assert_int_equal(back->opset, 13);
    assert_int_equal(back->n_nodes, 2);
    assert_int_equal(back->nodes[1].src[0], back->nodes[0].dst[0]);
    release(back);
    graph_release(&g);
}

static void write__what_onnx_cannot_say_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum op op;
        int64_t opset;
        int weight_rank;
        const char *message;
    } cases[] = {
        {OP_Reorder, 13, 1, "Reorder 'node' is a step of dlbricks, which ONNX does not have"},
        {OP_Relu, 8, 1, "weight 'w' has no contents, and opset 8 has no ConstantOfShape"},
        {OP_Relu, 13, -1, "weight 'w' has no shape"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct graph g;
        struct error err = {0};
        graph_init(&g);
        g.opset = cases[i].opset;
        int x = add_value(&g, VALUE_input, "x", DIMS(2, 2));
        int y = graph_add_value(&g, VALUE_node, "y", NULL);
        struct tensor t = {.type = TYPE_f32, .rank = cases[i].weight_rank, .dims = {4}};
        graph_add_value(&g, VALUE_weight, "w", &t);
        graph_add_node(&g, cases[i].op, "node", 1, &x, 1, &y);
        graph_add_output(&g, y);
        assert_int_equal(onnx_write(&g, path, &err), -1);
        assert_memory_equal(err.text, path, strlen(path));
        assert_string_equal(err.text + strlen(path) + 2, cases[i].message);
        graph_release(&g);
    }
    assert_int_equal(scratch_count(folder), 0);
}

static void write__an_unwritable_place_is_named(void **state)
{
    (void)state;
    struct graph g;
    struct error err = {0};
    build(&g, NULL);
    scratch_write(path, "", 0);
    char *below = scratch_path(path, "x.onnx");
    assert_int_equal(onnx_write(&g, below, &err), -1);
    assert_non_null(strstr(err.text, path));
    free(below);
    graph_release(&g);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(write__what_is_read_back_is_the_same_graph),
        TEST(write__factors_of_gemm_have_their_names_of_onnx),
        TEST(write__weights_without_contents_become_constant_of_shape),
        TEST(write__weights_without_contents_differ_in_their_numbers),
        TEST(write__values_without_names_get_some),
        TEST(write__what_onnx_cannot_say_is_refused),
        TEST(write__an_unwritable_place_is_named),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
