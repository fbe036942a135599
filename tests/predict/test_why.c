#include "tests/test.h"

#include "predict/why.h"
#include "tests/scratch.h"

static const char relu[] = "dlb1 Relu i0:f32:1x8 > f32:1x8 | out s0";
static const char wide_relu[] = "dlb1 Relu i0:f32:1x9 > f32:1x9 | out s0";
static const char tanh_text[] = "dlb1 Tanh i0:f32:1x8 > f32:1x8 | out s0";

static struct machine machine_here(void)
{
    return (struct machine){.cpu = "Test CPU",
                            .label = "here",
                            .isa = "avx2",
                            .packages = 1,
                            .numa_nodes = 1,
                            .cores = 2,
                            .threads = 2,
                            .n_caches = 2,
                            .caches = {{32768, 1, 2}, {1048576, 2, 1}}};
}

static struct environment environment_here(void)
{
    struct environment e = {0};
    environment_set(&e, ENV_engine, "onednn");
    environment_set(&e, ENV_engine_version, "2.6.3");
    environment_set(&e, ENV_threads, "2");
    return e;
}

// Where a record lies, as changes of here.
static const struct {
    int cores, stepping;
    const char *threads, *version;
    enum why why;
    const char *difference;
} cases[] = {
    {2, 0, "2", "2.6.3", WHY_used, ""},
    {2, 0, "2", "2.6.2", WHY_stale, "engine_version 2.6.2, not 2.6.3"},
    {2, 0, "2", "2.7.3", WHY_environment, "engine_version 2.7.3, not 2.6.3"},
    {2, 0, "1", "2.6.2", WHY_environment, "engine_version 2.6.2, not 2.6.3; threads 1, not 2"},
    {8, 0, "2", "2.6.3", WHY_relative, "cores 8, not 2; threads 8, not 2"},
    {8, 0, "2", "2.6.2", WHY_machine,
     "cores 8, not 2; threads 8, not 2; engine_version 2.6.2, not 2.6.3"},
    {2, 1, "2", "2.6.3", WHY_machine, "stepping 1, not 0"},
    {2, 0, "4", "2.6.3", WHY_environment, "threads 4, not 2"},
};

static void put(const struct cache_place *place, const char *text)
{
    struct record r;
    struct error err = {0};
    record_init(&r, text);
    strcpy(r.run, "20260101T000000-00000000");
    struct brick *brick = brick_parse(text, NULL);
    r.loop_version = brick_loop_version(brick->graph);
    series_add(record_series(&r, 0), 1000, (struct condition){.cycle_ns = 0.25f});
    if (cache_put(place, &r, &err))
        fail_msg("%s", err.text);
    brick_free(brick);
    record_release(&r);
}

static void put_case(const char *cache, size_t i, const char *text)
{
    struct machine m = machine_here();
    struct environment e = environment_here();
    struct cache_place place;
    struct error err = {0};
    m.cores = m.threads = cases[i].cores;
    m.stepping = cases[i].stepping;
    environment_set(&e, ENV_threads, "%s", cases[i].threads);
    environment_set(&e, ENV_engine_version, "%s", cases[i].version);
    if (cache_open(&place, cache, &m, &e, &err))
        fail_msg("%s", err.text);
    put(&place, text);
    cache_close(&place);
}

// One brick in a cache, asked about from here.
struct asked {
    struct cache_place *places, here;
    struct cache_all all;
    struct suite suite;
    struct inquiry inquiry;
    struct reasons reasons;
    struct reason reason;
};

static void ask(struct asked *a, const char *cache, const char *text)
{
    int damaged;
    *a = (struct asked){.here = {.machine = machine_here(), .environment = environment_here()}};
    a->places = cache_places(cache, &a->all.n, &damaged);
    a->all.places = a->places;
    suite_init(&a->suite, 1);
    suite_add_brick(&a->suite, brick_parse(text, NULL));
    const struct cache_place *place = cache_same_place(&a->all, &a->here);
    inquiry_init(&a->inquiry, &a->suite, &a->all, place ? place : &a->here);
    reasons_find(&a->reasons, &a->inquiry, 0);
    a->reason = reason_of_brick(&a->reasons, &a->inquiry, 0);
}

static void ask_release(struct asked *a)
{
    free(a->reason.detail);
    reasons_release(&a->reasons);
    inquiry_release(&a->inquiry);
    suite_release(&a->suite);
    cache_places_free(a->places, a->all.n);
}

static void reason__names_all_fields_that_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char *cache = scratch_make();
        struct asked a;
        put_case(cache, i, relu);
        ask(&a, cache, relu);
        assert_int_equal(a.reasons.n, 1);
        assert_string_equal(why_name(a.reasons.reason[0].why), why_name(cases[i].why));
        assert_string_equal(a.reasons.reason[0].detail, cases[i].difference);
        assert_int_equal(a.reason.why, cases[i].why);
        assert_string_equal(a.reason.detail, cases[i].difference);
        ask_release(&a);
        scratch_remove(cache);
    }
}

// The records of all places, from the one that is used to the farthest, and without the nearer.
static void reason__is_the_one_that_comes_nearest(void **state)
{
    (void)state;
    static const size_t far_to_near[] = {6, 3, 4, 1, 0};
    char *cache = scratch_make();
    for (size_t i = 0; i < N_ELEMENTS(far_to_near); i++) {
        struct asked a;
        put_case(cache, far_to_near[i], relu);
        ask(&a, cache, relu);
        assert_int_equal(a.reasons.n, i + 1);
        assert_int_equal(a.reason.why, cases[far_to_near[i]].why);
        ask_release(&a);
    }
    scratch_remove(cache);
}

// Whichever is found first.
static void reason__of_one_kind_is_that_with_the_fewest_fields(void **state)
{
    (void)state;
    static const size_t one_field[] = {2, 7}, two_fields = 3;
    for (size_t i = 0; i < N_ELEMENTS(one_field); i++) {
        char *cache = scratch_make();
        struct asked a;
        put_case(cache, two_fields, relu);
        put_case(cache, one_field[i], relu);
        ask(&a, cache, relu);
        assert_string_equal(a.reason.detail, cases[one_field[i]].difference);
        ask_release(&a);
        scratch_remove(cache);
    }
}

static void reason__without_any_record_is_new(void **state)
{
    (void)state;
    char *cache = scratch_make();
    struct asked a;
    struct known_texts known;
    ask(&a, cache, relu);
    assert_int_equal(a.reasons.n, 0);
    assert_int_equal(a.reason.why, WHY_new);
    known_texts_read(&known, &a.all);
    assert_null(known_texts_nearest(&known, relu));
    known_texts_release(&known);
    ask_release(&a);
    put_case(cache, 0, tanh_text);
    put_case(cache, 6, tanh_text); // once, though two places know it
    put_case(cache, 6, wide_relu);
    ask(&a, cache, relu);
    assert_int_equal(a.reason.why, WHY_new);
    known_texts_read(&known, &a.all);
    assert_int_equal(known.n, 2);
    assert_string_equal(known_texts_nearest(&known, relu)->text, wide_relu);
    known_texts_release(&known);
    ask_release(&a);
    scratch_remove(cache);
}

// Its text is whole, but nobody has a time of it.
static void nearest__is_no_damaged_record(void **state)
{
    (void)state;
    char *cache = scratch_make();
    struct known_texts known;
    struct asked a;
    put_case(cache, 0, tanh_text);
    put_case(cache, 0, wide_relu);
    ask(&a, cache, relu);
    known_texts_read(&known, &a.all);
    assert_int_equal(known.n, 2);
    const struct known_text *nearest = known_texts_nearest(&known, relu);
    assert_string_equal(nearest->text, wide_relu);
    assert_int_equal(truncate(nearest->path, 400), 0);
    assert_string_equal(known_texts_nearest(&known, relu)->text, tanh_text);
    known_texts_release(&known);
    ask_release(&a);
    scratch_remove(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reason__names_all_fields_that_differ),
        cmocka_unit_test(reason__is_the_one_that_comes_nearest),
        cmocka_unit_test(reason__of_one_kind_is_that_with_the_fewest_fields),
        cmocka_unit_test(reason__without_any_record_is_new),
        cmocka_unit_test(nearest__is_no_damaged_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
