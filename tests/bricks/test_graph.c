#include "tests/test.h"

#include "bricks/graph.h"
#include "bricks/work.h"

static const struct tensor vector = {.type = TYPE_f32, .rank = 1, .dims = {8}};

static int value(struct graph *g, const char *name)
{
    return graph_add_value(g, VALUE_node, name, &vector);
}

static void sort__puts_late_producers_first_and_keeps_the_rest(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = graph_add_input(&g, "x", &vector), a = value(&g, "a"), b = value(&g, "b");
    int c = value(&g, "c");
    graph_add_node(&g, OP_Relu, "last", 1, &b, 1, &c);
    graph_add_node(&g, OP_Relu, "first", 1, &x, 1, &a);
    graph_add_node(&g, OP_Relu, "middle", 1, &a, 1, &b);
    graph_add_output(&g, c);
    assert_int_equal(graph_sort(&g, NULL), 0);
    assert_string_equal(g.nodes[0].name, "first");
    assert_string_equal(g.nodes[1].name, "middle");
    assert_string_equal(g.nodes[2].name, "last");
    assert_int_equal(g.values[c].producer, 2);
    graph_release(&g);
}

static void sort__a_cycle_is_refused_and_named(void **state)
{
    (void)state;
    struct graph g;
    struct error err = {0};
    graph_init(&g);
    int a = value(&g, "a"), b = value(&g, "b");
    graph_add_node(&g, OP_Relu, "one", 1, &a, 1, &b);
    graph_add_node(&g, OP_Relu, "two", 1, &b, 1, &a);
    assert_int_equal(graph_sort(&g, &err), -1);
    assert_non_null(strstr(err.text, "cycle"));
    assert_non_null(strstr(err.text, "'one'"));
    graph_release(&g);
}

static void sort__a_value_without_producer_is_refused_and_named(void **state)
{
    (void)state;
    struct graph g;
    struct error err = {0};
    graph_init(&g);
    int a = value(&g, "ghost"), b = value(&g, "b");
    graph_add_node(&g, OP_Relu, "one", 1, &a, 1, &b);
    assert_int_equal(graph_sort(&g, &err), -1);
    assert_non_null(strstr(err.text, "'ghost'"));
    graph_release(&g);
}

static void sort__a_deep_chain_needs_no_deep_stack(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    struct graph g;
    graph_init(&g);
    int *v = xcalloc(DEPTH + 1, sizeof *v);
    v[0] = graph_add_input(&g, NULL, &vector);
    for (int i = 1; i <= DEPTH; i++)
        v[i] = value(&g, NULL);
    for (int i = DEPTH; i > 0; i--)
        graph_add_node(&g, OP_Relu, NULL, 1, &v[i - 1], 1, &v[i]);
    assert_int_equal(graph_sort(&g, NULL), 0);
    assert_int_equal(g.nodes[0].dst[0], v[1]);
    free(v);
    graph_release(&g);
}

static void drop_unused__removes_whole_dead_branches(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = graph_add_input(&g, "x", &vector), a = value(&g, "a"), b = value(&g, "b");
    int live = value(&g, "live");
    graph_add_node(&g, OP_Relu, "dead", 1, &x, 1, &a);
    int view = graph_add_view(&g, a, &(struct tensor){.type = TYPE_f32, .rank = 2, .dims = {2, 4}});
    graph_add_node(&g, OP_Relu, "deader", 1, &view, 1, &b);
    graph_add_node(&g, OP_Relu, "alive", 1, &x, 1, &live);
    graph_add_output(&g, live);
    graph_drop_unused(&g);
    assert_int_equal(g.n_nodes, 1);
    assert_string_equal(g.nodes[0].name, "alive");
    assert_int_equal(g.values[x].n_uses, 1);
    graph_release(&g);
}

static void work__of_a_convolution_is_two_per_product(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    struct tensor image = {.type = TYPE_f32, .rank = 4, .dims = {2, 8, 10, 10}};
    struct tensor weights = {.type = TYPE_f32, .rank = 4, .dims = {16, 4, 3, 3}};
    struct tensor result = {.type = TYPE_f32, .rank = 4, .dims = {2, 16, 5, 5}};
    int src[] = {graph_add_input(&g, "x", &image),
                 graph_add_value(&g, VALUE_weight, "w", &weights)};
    int dst = graph_add_value(&g, VALUE_node, "y", &result);
    graph_add_node(&g, OP_Conv, "conv", 2, src, 1, &dst);
    graph_add_output(&g, dst);
    graph_index(&g);
    struct work work = work_graph(&g);
    assert_close(work.flops, 2.0 * (2 * 16 * 5 * 5) * (4 * 3 * 3), 0);
    assert_close(work.bytes, 4.0 * (2 * 8 * 100 + 16 * 4 * 9 + 2 * 16 * 25), 0);
    assert_int_equal(work_parameters(&g), 16 * 4 * 9);
    graph_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sort__puts_late_producers_first_and_keeps_the_rest),
        cmocka_unit_test(sort__a_cycle_is_refused_and_named),
        cmocka_unit_test(sort__a_value_without_producer_is_refused_and_named),
        cmocka_unit_test(sort__a_deep_chain_needs_no_deep_stack),
        cmocka_unit_test(drop_unused__removes_whole_dead_branches),
        cmocka_unit_test(work__of_a_convolution_is_two_per_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
