#include "tests/test.h"

#include <stdlib.h>

#include "bricks/canon.h"
#include "bricks/plan.h"
#include "bricks/step.h"

static const struct tensor kib = {.type = TYPE_f32, .rank = 2, .dims = {16, 16}};

static int step(struct graph *g, enum op op, int a, int b)
{
    int v = graph_add_value(g, VALUE_node, NULL, &kib);
    graph_add_node(g, op, NULL, b == NONE ? 1 : 2, (int[]){a, b}, 1, &v);
    return v;
}

static void plan__a_chain_needs_two_places_beside_its_ends(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int v = graph_add_input(&g, "x", &kib);
    for (int i = 0; i < 10; i++)
        v = step(&g, OP_Relu, v, NONE);
    graph_add_output(&g, v);
    graph_index(&g);
    struct plan plan;
    plan_init(&plan, &g);
    assert_int_equal(plan.arena_bytes, 4 * 1024);
    assert_int_equal(plan.weight_bytes, 0);
    plan_release(&plan);
    graph_release(&g);
}

static void plan__in_place_steps_share_one_place(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int v = step(&g, OP_Tanh, graph_add_input(&g, "x", &kib), NONE);
    for (int i = 0; i < 5; i++) {
        v = step(&g, OP_Relu, v, NONE);
        g.nodes[g.n_nodes - 1].inplace = true;
    }
    graph_add_output(&g, v);
    graph_index(&g);
    struct plan plan;
    plan_init(&plan, &g);
    assert_int_equal(plan.arena_bytes, 2 * 1024);
    plan_release(&plan);
    graph_release(&g);
}

static void plan__shared_weights_count_once(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int w = graph_add_value(&g, VALUE_weight, "w", &kib);
    int v = graph_add_input(&g, "x", &kib);
    v = step(&g, OP_Add, v, w);
    v = step(&g, OP_Add, v, w);
    graph_add_output(&g, v);
    graph_index(&g);
    struct plan plan;
    plan_init(&plan, &g);
    assert_int_equal(plan.weight_bytes, 1024);
    assert_true(plan.offset[w] == SIZE_MAX);
    plan_release(&plan);
    graph_release(&g);
}

// A random graph with branches, views and in-place steps.
static void grow_random(struct graph *g, uint64_t seed)
{
    int made[64], n = 0;
    made[n++] = graph_add_input(g, "x", &kib);
    while (n < 40) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int a = made[(seed >> 33) % (uint64_t)n], b = made[(seed >> 43) % (uint64_t)n];
        made[n++] = (seed >> 60) < 6 ? step(g, OP_Relu, a, NONE) : step(g, OP_Add, a, b);
    }
    graph_add_output(g, made[n - 1]);
    graph_add_output(g, made[n / 2]);
    graph_index(g);
}

// Last step that reads the value, n_nodes for outputs.
static int last_use(const struct graph *g, int v)
{
    int last = g->values[v].producer;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++)
            if (g->nodes[i].src[k] == v)
                last = i;
    for (int k = 0; k < g->n_outputs; k++)
        if (g->outputs[k] == v)
            last = g->n_nodes;
    return last;
}

// A looked up table of 16 KiB, of which a run reads two rows of 64 bytes, twice; and once whole.
static void plan__a_footprint_has_the_rows_that_are_looked_up(void **state)
{
    static const struct {
        const char *text;
        size_t read_bytes;
    } cases[] = {
        {"dlb1 Gather w:f32:256x16 i0:s64:2 axis=0 > f32:2x16 | "
         "Gather w0:f32:256x16 i1:s64:2 axis=0 > f32:2x16 | out s0 s1",
         2 * 2 * 64},
        {"dlb1 Gather w:f32:256x16 i0:s64:2 axis=0 > f32:2x16 | "
         "MatMul i1:f32:1x256 w0:f32:256x16 > f32:1x16 | out s0 s1",
         16384},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = {0};
        struct plan plan;
        struct graph *g = canon_parse(cases[i].text, &err);
        if (!g)
            fail_msg("%s", err.text);
        plan_init(&plan, g);
        assert_int_equal(plan.read_bytes, cases[i].read_bytes);
        assert_int_equal(plan_footprint(&plan), plan.arena_bytes + cases[i].read_bytes);
        assert_int_equal(plan_memory(&plan),
                         plan.arena_bytes + plan.weight_bytes + plan.copy_bytes);
        assert_true(plan.weight_bytes >= 16384);
        plan_release(&plan);
        graph_release(g);
        free(g);
    }
}

// A table that is looked up in and multiplied with is there twice only where products pack it.
static void plan__a_weight_that_is_wanted_in_two_orders_counts_twice(void **state)
{
    (void)state;
    static const struct {
        const char *table, *product;
        size_t copy_bytes;
    } cases[] = {
        {"8192x256", "i1:f32:1x256 w0:f32:8192x256 transA=0 transB=1 > f32:1x8192", 0},
        {"8191x256", "i1:f32:1x256 w0:f32:8191x256 transA=0 transB=1 > f32:1x8191", 8191 * 1024},
        {"8192x256", "i1:f32:2x256 w0:f32:8192x256 transA=0 transB=1 > f32:2x8192", 8192 * 1024},
        {"256x8192", "i1:f32:1x256 w0:f32:256x8192 transA=0 transB=0 > f32:1x8192", 8192 * 1024},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str text = STR_INIT;
        struct error err = {0};
        struct plan plan;
        str_addf(&text, "dlb1 Gather w:f32:%s i0:s64:1 axis=0 > f32:1x%s | Gemm %s | out s0 s1",
                 cases[i].table, strchr(cases[i].table, 'x') + 1, cases[i].product);
        struct graph *g = canon_parse(text.text, &err);
        if (!g)
            fail_msg("%s", err.text);
        plan_init(&plan, g);
        assert_int_equal(plan.copy_bytes, cases[i].copy_bytes);
        plan_release(&plan);
        graph_release(g);
        free(g);
        str_release(&text);
    }
}

static void plan__values_that_live_together_never_overlap(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 50; seed++) {
        struct graph g;
        struct plan plan;
        graph_init(&g);
        grow_random(&g, seed);
        plan_init(&plan, &g);
        for (int a = 0; a < g.n_values; a++)
            for (int b = 0; b < g.n_values; b++) {
                int start = g.values[b].producer;
                bool together = a != b && g.values[a].producer <= start &&
                                (last_use(&g, a) >= start || g.values[a].kind == VALUE_input);
                size_t low = plan.offset[a], other = plan.offset[b];
                if (together)
                    assert_true(low + 1024 <= other || other + 1024 <= low);
            }
        plan_release(&plan);
        graph_release(&g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan__a_chain_needs_two_places_beside_its_ends),
        cmocka_unit_test(plan__in_place_steps_share_one_place),
        cmocka_unit_test(plan__shared_weights_count_once),
        cmocka_unit_test(plan__a_footprint_has_the_rows_that_are_looked_up),
        cmocka_unit_test(plan__a_weight_that_is_wanted_in_two_orders_counts_twice),
        cmocka_unit_test(plan__values_that_live_together_never_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
