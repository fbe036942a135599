// What the bench-cache says is what runs: in bricks, in larger ones and in whole models.
#include "tests/test.h"
#include "tests/scratch.h"

#include "cli/wishes.h"

#define CONV                                                                                       \
    "Conv i0:f32:1x16x14x14:last w:f32:32x16x3x3 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "       \
    "dilations=1,1 group=1 > f32:1x32x14x14:last"
#define CONV_TEXT "dlb1 " CONV " | out s0"
#define TWO_STEPS "dlb1 " CONV " | Sigmoid s0:f32:1x32x14x14:last > f32:1x32x14x14:last | out s1"

static struct engine engine;
static char *folder;
static struct cache_place place;
static struct kernel_names names;
static char rule[128];
static int loop_version;

static int start(void **state)
{
    (void)state;
    struct brick *brick = brick_parse(CONV_TEXT, NULL);
    assert_int_equal(engine_init(&engine, &(struct engine_options){.threads = 1}, "test", NULL), 0);
    struct kernel *k = kernel_make(&engine, brick->graph, brick->graph->nodes, NULL, NULL);
    memcpy(rule, k->implementation, sizeof rule);
    loop_version = brick_loop_version(brick->graph);
    kernel_alternatives(&engine, brick->graph, brick->graph->nodes, &names);
    assert_true(names.n > 0);
    kernel_free(k);
    brick_free(brick);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    engine_release(&engine);
    return 0;
}

static int open_cache(void **state)
{
    (void)state;
    folder = scratch_make();
    return cache_open(&place, folder, &engine.machine, &engine.environment, NULL);
}

static int close_cache(void **state)
{
    (void)state;
    cache_close(&place);
    scratch_remove(folder);
    return 0;
}

static void put(const char *run, int64_t unix_time, const char *implementation)
{
    struct record r;
    record_init(&r, CONV_TEXT);
    snprintf(r.run, sizeof r.run, "%s", run);
    snprintf(r.implementation, sizeof r.implementation, "%s", implementation);
    r.unix_time = unix_time;
    r.loop_version = loop_version;
    series_add(record_series(&r, 0), 1000, (struct condition){0});
    assert_int_equal(cache_put(&place, &r, NULL), 0);
    record_release(&r);
}

// What runs step `step` of a suite that is this brick, of whatever granularity.
static void assert_runs(const char *text, const char *implementation, bool chosen, int n_unmet)
{
    struct suite s;
    suite_init(&s, 2);
    suite_add_alone(&s, brick_parse(text, NULL));
    const struct graph *g = s.bricks[0]->graph;
    const struct options o = {.cache = folder};
    struct kernel_set *sets[] = {wishes_of_place(&engine, &s, &place),
                                 wishes_of_cache(&engine, &s, &o)};
    for (size_t i = 0; i < N_ELEMENTS(sets); i++) {
        const char *first;
        const struct kernel *k = kernel_set_get(sets[i], g, &g->nodes[0], NULL);
        assert_string_equal(k->implementation, implementation);
        assert_int_equal(k->chosen, chosen);
        assert_int_equal(kernel_set_unmet(sets[i], &first), n_unmet);
        kernel_set_free(sets[i]);
    }
    suite_release(&s);
}

static void no_record__means_the_rule(void **state)
{
    (void)state;
    assert_runs(CONV_TEXT, rule, false, 0);
}

static void newest_record__counts(void **state)
{
    (void)state;
    put("b", 1000, names.name[0]);
    assert_runs(CONV_TEXT, names.name[0], true, 0);
    put("a", 2000, rule);
    assert_runs(CONV_TEXT, rule, false, 0);
    put("c", 1500, names.name[0]);
    assert_runs(CONV_TEXT, rule, false, 0);
}

static void larger_bricks__run_their_steps_so_too(void **state)
{
    (void)state;
    put("a", 1000, names.name[0]);
    assert_runs(TWO_STEPS, names.name[0], true, 0);
}

static void old_caches__never_break_a_run(void **state)
{
    (void)state;
    put("a", 1000, "brgconv:of_another_library");
    assert_runs(CONV_TEXT, rule, false, 1);
    put("b", 2000, rule); // what `bench --older-than` writes
    assert_runs(CONV_TEXT, rule, false, 0);
}

static void another_environment__wishes_nothing(void **state)
{
    (void)state;
    struct environment other = engine.environment;
    environment_set(&other, ENV_threads, "64");
    cache_close(&place);
    assert_int_equal(cache_open(&place, folder, &engine.machine, &other, NULL), 0);
    put("a", 1000, names.name[0]);
    cache_close(&place);
    assert_int_equal(cache_open(&place, folder, &engine.machine, &engine.environment, NULL), 0);
    assert_runs(CONV_TEXT, rule, false, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_record__means_the_rule, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(newest_record__counts, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(larger_bricks__run_their_steps_so_too, open_cache,
                                        close_cache),
        cmocka_unit_test_setup_teardown(old_caches__never_break_a_run, open_cache, close_cache),
        cmocka_unit_test_setup_teardown(another_environment__wishes_nothing, open_cache,
                                        close_cache),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
