#include "tests/test.h"
#include "tests/scratch.h"

#include "bricks/step.h"
#include "decompose/decompose.h"

// Graphs at random: seeded, with branches, joins, views, shared weights, results in place.

static uint64_t random_state;

static int random_below(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

static const struct tensor block = {TYPE_f32, LAYOUT_last, 4, {1, 8, 8, 8}};
static const struct tensor flat = {TYPE_f32, LAYOUT_row, 2, {1, 512}};
static const struct tensor kernel = {TYPE_f32, LAYOUT_row, 4, {8, 8, 1, 1}};

// A value that was made before, as tensor t; mostly a recent one.
static int pick(struct graph *g, const int *made, int n, const struct tensor *t)
{
    int back = random_below(4) ? random_below(n < 3 ? n : 3) : random_below(n);
    int v = made[n - 1 - back];
    return tensor_equal(&g->values[v].t, t) ? v : graph_add_view(g, v, t);
}

static int add_random_step(struct graph *g, const int *made, int n)
{
    char name[32];
    snprintf(name, sizeof name, "L%d", g->n_nodes);
    int src[3], n_src = 1, kind = random_below(5);
    enum op op = kind < 2 ? OP_Add : kind < 4 ? OP_Conv : OP_Relu;
    const struct tensor *t = kind == 4 && random_below(2) ? &flat : &block;
    src[0] = pick(g, made, n, t);
    if (op == OP_Add)
        src[n_src++] = pick(g, made, n, t);
    if (op == OP_Conv)
        src[n_src++] = random_below(4) ? graph_add_value(g, VALUE_weight, NULL, &kernel) : 0;
    int dst = graph_add_value(g, VALUE_node, NULL, t);
    struct node *node = graph_add_node(g, op, name, n_src, src, 1, &dst);
    if (op == OP_Conv && random_below(3) == 0) {
        node_add_src(g, node, pick(g, made, n, &block));
        node = &g->nodes[g->n_nodes - 1];
        node->posts[node->n_posts++] = (struct post){.op = OP_Add, .src = 2};
    }
    return dst;
}

// True if node i alone uses the storage of v, and only once, from i on.
static bool dies_at(const struct graph *g, int v, int i)
{
    int storage = graph_storage(g, v), uses = 0;
    if (g->values[storage].kind != VALUE_node)
        return false;
    for (int j = i; j < g->n_nodes; j++)
        for (int k = 0; k < g->nodes[j].n_src; k++)
            uses += graph_storage(g, g->nodes[j].src[k]) == storage;
    for (int k = 0; k < g->n_outputs; k++)
        uses += graph_storage(g, g->outputs[k]) == storage;
    return uses == 1;
}

static void take_places(struct graph *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &g->nodes[i];
        if (n->n_posts && dies_at(g, n->src[2], i))
            n->posts[0].accumulate = true;
        else if (n->op != OP_Conv && dies_at(g, n->src[0], i) && random_below(2))
            n->inplace = true;
    }
}

static struct graph *random_graph(uint64_t seed, int n)
{
    random_state = seed;
    struct graph *g = xcalloc(1, sizeof *g);
    int *made = xcalloc((size_t)n + 2, sizeof *made);
    graph_init(g);
    graph_add_value(g, VALUE_weight, "shared", &kernel); // value 0
    made[0] = graph_add_input(g, "x", &block);
    made[1] = graph_add_input(g, "y", &block);
    for (int i = 0; i < n; i++)
        made[i + 2] = add_random_step(g, made, i + 2);
    graph_index(g);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].kind == VALUE_node && g->values[v].view_of == NONE &&
            g->values[v].n_uses == 0)
            graph_add_output(g, v);
    take_places(g);
    graph_index(g);
    free(made);
    return g;
}

static void graph_free(struct graph *g)
{
    graph_release(g);
    free(g);
}

// The whole graph as canonical text; the caller frees it.
static char *whole_text(const struct graph *g)
{
    int *nodes = xcalloc((size_t)g->n_nodes, sizeof *nodes);
    for (int i = 0; i < g->n_nodes; i++)
        nodes[i] = i;
    struct brick_map map;
    struct brick *brick = brick_extract(g, g->n_nodes, nodes, &map);
    char *text = xstrdup(brick->text);
    brick_map_release(&map);
    brick_free(brick);
    free(nodes);
    return text;
}

static struct suite split_graph(const struct graph *g, int granularity)
{
    struct suite s;
    struct error err = {0};
    suite_init(&s, granularity);
    assert_int_equal(split(&s, g, "model", "test", &err), 0);
    assert_string_equal(err.text, "");
    return s;
}

static void each_random_graph(void (*check)(const struct graph *g, const struct suite *s))
{
    for (uint64_t seed = 1; seed <= 25; seed++) {
        struct graph *g = random_graph(seed, 5 + (int)seed * 2);
        for (int granularity = 1; granularity <= 8; granularity++) {
            struct suite s = split_graph(g, granularity);
            check(g, &s);
            suite_release(&s);
        }
        graph_free(g);
    }
}

static void check_covered(const struct graph *g, const struct suite *s)
{
    int *seen = xcalloc((size_t)g->n_nodes, sizeof *seen);
    for (int i = 0; i < s->models[0].n_instances; i++) {
        const struct instance *instance = &s->models[0].instances[i];
        assert_in_range(instance->n_steps, 1, s->granularity);
        for (int k = 0; k < instance->n_steps; k++)
            seen[atoi(instance->layers[k] + 1)]++;
    }
    for (int i = 0; i < g->n_nodes; i++)
        assert_int_equal(seen[i], 1);
    assert_int_equal(s->models[0].n_layers, g->n_nodes);
    free(seen);
}

static void split__every_step_is_in_exactly_one_brick(void **state)
{
    (void)state;
    each_random_graph(check_covered);
}

static void check_order(const struct graph *g, const struct suite *s)
{
    (void)g;
    const struct model *m = &s->models[0];
    for (int i = 0; i < m->n_instances; i++)
        for (int k = 0; k < m->instances[i].n_inputs; k++)
            assert_true(m->instances[i].inputs[k].instance < i);
    struct graph *whole = suite_model_graph(s, m);
    for (int i = 0; i < whole->n_nodes; i++) {
        int taken = step_taken_source(&whole->nodes[i]);
        for (int j = i + 1; taken != NONE && j < whole->n_nodes; j++)
            for (int k = 0; k < whole->nodes[j].n_src; k++)
                assert_int_not_equal(graph_storage(whole, whole->nodes[j].src[k]),
                                     graph_storage(whole, taken));
    }
    graph_free(whole);
}

static void split__bricks_run_in_order_and_nothing_is_used_after_it_was_replaced(void **state)
{
    (void)state;
    each_random_graph(check_order);
}

// Marks all steps that edges among the brick's steps connect with step i.
static void flood(const struct graph *g, int i, bool *wet)
{
    if (i == NONE || wet[i])
        return;
    wet[i] = true;
    for (int k = 0; k < g->nodes[i].n_src; k++)
        flood(g, g->values[graph_storage(g, g->nodes[i].src[k])].producer, wet);
    for (int j = 0; j < g->n_nodes; j++)
        for (int k = 0; k < g->nodes[j].n_src; k++)
            if (g->values[graph_storage(g, g->nodes[j].src[k])].producer == i)
                flood(g, j, wet);
}

static void check_connected(const struct graph *g, const struct suite *s)
{
    (void)g;
    for (int b = 0; b < s->n_bricks; b++) {
        bool wet[8] = {false};
        flood(s->bricks[b]->graph, 0, wet);
        for (int i = 0; i < s->bricks[b]->graph->n_nodes; i++)
            assert_true(wet[i]);
    }
}

static void split__bricks_are_connected(void **state)
{
    (void)state;
    each_random_graph(check_connected);
}

static void check_rebuilt(const struct graph *g, const struct suite *s)
{
    struct graph *whole = suite_model_graph(s, &s->models[0]);
    char *expected = whole_text(g), *got = whole_text(whole);
    assert_string_equal(got, expected);
    free(expected);
    free(got);
    graph_free(whole);
}

static void model_graph__is_the_graph_that_was_split(void **state)
{
    (void)state;
    each_random_graph(check_rebuilt);
}

static void check_stored(const struct graph *g, const struct suite *s)
{
    char *folder = scratch_make(), *path = scratch_path(folder, "a.json");
    struct suite back;
    struct error err = {0};
    assert_int_equal(suite_save(s, path, &err), 0);
    assert_int_equal(suite_load(&back, path, &err), 0);
    assert_string_equal(err.text, "");
    assert_int_equal(back.models[0].n_layers, s->models[0].n_layers);
    check_rebuilt(g, &back);
    suite_release(&back);
    free(path);
    scratch_remove(folder);
}

static void suite__a_stored_model_is_the_graph_that_was_split(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct graph *g = random_graph(seed, 30);
        struct suite s = split_graph(g, 1 + (int)seed);
        check_stored(g, &s);
        suite_release(&s);
        graph_free(g);
    }
}

// Networks with known cuts.

static int conv(struct graph *g, const char *name, int x, int64_t channels, int residual)
{
    const struct tensor *in = &g->values[graph_storage(g, x)].t;
    struct tensor w = {TYPE_f32, LAYOUT_row, 4, {channels, in->dims[1], 3, 3}};
    struct tensor out = {TYPE_f32, LAYOUT_last, 4, {1, channels, 8, 8}};
    int src[] = {x, graph_add_value(g, VALUE_weight, NULL, &w), residual};
    int dst = graph_add_value(g, VALUE_node, NULL, &out);
    struct node *n = graph_add_node(g, OP_Conv, name, residual == NONE ? 2 : 3, src, 1, &dst);
    if (residual != NONE)
        n->posts[n->n_posts++] = (struct post){.op = OP_Add, .src = 2, .accumulate = true};
    return dst;
}

static int basic_block(struct graph *g, int x, int64_t channels)
{
    return conv(g, "second", conv(g, "first", x, channels, NONE), channels, x);
}

static void finish(struct graph *g, int v)
{
    graph_add_output(g, v);
    graph_index(g);
}

static void split__equal_layers_share_one_brick(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = graph_add_input(&g, "x", &block);
    for (int i = 0; i < 5; i++)
        x = conv(&g, "same", x, 8, NONE);
    finish(&g, x);
    struct suite s = split_graph(&g, 1);
    assert_int_equal(s.n_bricks, 1);
    assert_int_equal(s.models[0].n_instances, 5);
    suite_release(&s);
    graph_release(&g);
}

static void split__residual_blocks_are_cut_where_one_tensor_is_live(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = graph_add_input(&g, "x", &block);
    x = conv(&g, "stem", x, 8, NONE);
    for (int i = 0; i < 4; i++)
        x = basic_block(&g, x, 8);
    finish(&g, x);
    struct suite s = split_graph(&g, 2);
    assert_int_equal(s.n_bricks, 2); // stem, block
    assert_int_equal(s.models[0].n_instances, 5);
    suite_release(&s);
    graph_release(&g);
}

static void split__siblings_that_join_stay_together(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = graph_add_input(&g, "x", &block);
    int sum[] = {conv(&g, "left", x, 8, NONE), conv(&g, "right", x, 8, NONE)};
    int dst = graph_add_value(&g, VALUE_node, NULL, &block);
    graph_add_node(&g, OP_Add, "join", 2, sum, 1, &dst);
    finish(&g, dst);
    struct suite s = split_graph(&g, 3);
    assert_int_equal(s.models[0].n_instances, 1);
    suite_release(&s);
    s = split_graph(&g, 2);
    assert_int_equal(s.models[0].n_instances, 2);
    suite_release(&s);
    graph_release(&g);
}

// A chain whose steps differ, behind `n_before` others that depend on the seed.
static void add_chain_model(struct suite *s, int n_before, uint64_t seed, int n_tail)
{
    struct graph g;
    graph_init(&g);
    random_state = seed;
    int x = graph_add_input(&g, "x", &block);
    for (int i = 0; i < n_before; i++)
        x = conv(&g, "before", x, 1 + random_below(64), NONE);
    random_state = 99;
    for (int i = 0; i < n_tail; i++)
        x = conv(&g, "tail", x, 1 + random_below(64), NONE);
    finish(&g, x);
    assert_int_equal(split(s, &g, "chain", "test", NULL), 0);
    graph_release(&g);
}

// Steps at the end of both models that stand in the same bricks.
static int common_tail(const struct suite *s, const struct model *a, const struct model *b)
{
    int steps = 0;
    for (int i = a->n_instances - 1, j = b->n_instances - 1; i >= 0 && j >= 0; i--, j--) {
        if (a->instances[i].brick != b->instances[j].brick)
            break;
        steps += s->bricks[a->instances[i].brick]->graph->n_nodes;
    }
    return steps;
}

static void split__what_stands_before_moves_only_near_cuts(void **state)
{
    (void)state;
    for (int granularity = 2; granularity <= 6; granularity++) {
        struct suite s;
        suite_init(&s, granularity);
        for (int n_before = 1; n_before <= 9; n_before++)
            add_chain_model(&s, n_before, (uint64_t)n_before, 100);
        for (int i = 1; i < s.n_models; i++)
            assert_true(common_tail(&s, &s.models[0], &s.models[i]) >= 60);
        suite_release(&s);
    }
}

static void split__layer_names_are_joined_and_counted(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = graph_add_input(&g, "x", &block);
    x = conv(&g, "conv+1", x, 8, NONE);
    node_add_layers(&g, &g.nodes[0], 1, (const char *const[]){"relu"});
    int y = graph_add_value(&g, VALUE_node, NULL, &block);
    graph_add_node(&g, OP_Reorder, NULL, 1, &x, 1, &y);
    finish(&g, y);
    struct suite s = split_graph(&g, 1);
    assert_string_equal(s.models[0].instances[0].layers[0], "conv_1+relu");
    assert_string_equal(s.models[0].instances[1].layers[0], "");
    assert_int_equal(s.models[0].n_layers, 2);
    struct graph *whole = suite_model_graph(&s, &s.models[0]);
    assert_string_equal(whole->nodes[0].name, "conv_1");
    assert_int_equal(whole->nodes[0].n_layers, 2);
    assert_string_equal(whole->nodes[0].layers[1], "relu");
    assert_null(whole->nodes[1].name);
    graph_free(whole);
    suite_release(&s);
    graph_release(&g);
}

static void split__a_shared_weight_stays_one(void **state)
{
    (void)state;
    struct graph g;
    graph_init(&g);
    int x = graph_add_input(&g, "x", &block);
    x = conv(&g, "a", x, 8, NONE);
    x = conv(&g, "b", x, 8, NONE);
    x = conv(&g, "c", x, 8, NONE);
    g.nodes[2].src[1] = g.nodes[0].src[1];
    finish(&g, x);
    struct suite s = split_graph(&g, 1);
    const struct instance *instances = s.models[0].instances;
    assert_non_null(instances[0].weights);
    assert_null(instances[1].weights);
    assert_int_equal(instances[0].weights[0], instances[2].weights[0]);
    struct graph *whole = suite_model_graph(&s, &s.models[0]);
    assert_int_equal(whole->nodes[0].src[1], whole->nodes[2].src[1]);
    assert_int_not_equal(whole->nodes[0].src[1], whole->nodes[1].src[1]);
    graph_free(whole);
    suite_release(&s);
    graph_release(&g);
}

static void split__a_graph_without_steps_is_refused(void **state)
{
    (void)state;
    struct graph g;
    struct suite s;
    struct error err = {0};
    graph_init(&g);
    suite_init(&s, 1);
    finish(&g, graph_add_input(&g, "x", &block));
    assert_int_equal(split(&s, &g, "empty", "test", &err), -1);
    assert_non_null(strstr(err.text, "nothing is left to run"));
    assert_int_equal(s.n_models, 0);
    suite_release(&s);
    graph_release(&g);
}

static void split__a_constant_output_is_refused(void **state)
{
    (void)state;
    struct graph g;
    struct suite s;
    struct error err = {0};
    graph_init(&g);
    suite_init(&s, 1);
    int x = graph_add_input(&g, "x", &block);
    graph_add_output(&g, graph_add_value(&g, VALUE_weight, "table", &block));
    finish(&g, conv(&g, "conv", x, 4, NONE));
    assert_int_equal(split(&s, &g, "constant", "test", &err), -1);
    assert_non_null(strstr(err.text, "'table'"));
    assert_int_equal(s.n_models, 0);
    suite_release(&s);
    graph_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split__every_step_is_in_exactly_one_brick),
        cmocka_unit_test(split__bricks_run_in_order_and_nothing_is_used_after_it_was_replaced),
        cmocka_unit_test(split__bricks_are_connected),
        cmocka_unit_test(model_graph__is_the_graph_that_was_split),
        cmocka_unit_test(suite__a_stored_model_is_the_graph_that_was_split),
        cmocka_unit_test(split__equal_layers_share_one_brick),
        cmocka_unit_test(split__residual_blocks_are_cut_where_one_tensor_is_live),
        cmocka_unit_test(split__siblings_that_join_stay_together),
        cmocka_unit_test(split__what_stands_before_moves_only_near_cuts),
        cmocka_unit_test(split__layer_names_are_joined_and_counted),
        cmocka_unit_test(split__a_shared_weight_stays_one),
        cmocka_unit_test(split__a_graph_without_steps_is_refused),
        cmocka_unit_test(split__a_constant_output_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
