#include "tests/test.h"

#include "bricks/environment.h"
#include "bricks/probe.h"

static struct environment sample(void)
{
    struct environment e = {0};
    environment_set(&e, ENV_engine, "onednn");
    environment_set(&e, ENV_engine_version, "%d.%d.%d", 2, 6, 3);
    environment_set(&e, ENV_isa, "avx512_core");
    environment_set(&e, ENV_threads, "%d", 2);
    environment_set(&e, ENV_host, "a");
    return e;
}

static void key__is_readable_and_covers_exactly_the_keyed_fields(void **state)
{
    (void)state;
    struct environment e = sample();
    char key[160], other[160];
    environment_key(&e, key, sizeof key);
    assert_memory_equal(key, "onednn-2.6.3-avx512_core-t2-", 28);
    assert_int_equal(strlen(key), 28 + 8);
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++) {
        struct environment changed = e;
        environment_set(&changed, (enum environment_field)f, "/../changed");
        environment_key(&changed, other, sizeof other);
        assert_int_equal(strcmp(key, other) != 0,
                         environment_field_keyed((enum environment_field)f));
        assert_int_equal(environment_difference(&e, &changed),
                         environment_field_keyed((enum environment_field)f) ? f : -1);
        assert_null(strchr(other, '/'));
    }
}

static void json__round_trip_keeps_everything(void **state)
{
    (void)state;
    struct environment e = sample(), back;
    struct error err = {0};
    json_t *json = environment_to_json(&e);
    assert_int_equal(environment_from_json(&back, json, "x", &err), 0);
    assert_memory_equal(&e, &back, sizeof e);
    json_object_del(json, "host");
    assert_int_equal(environment_from_json(&back, json, "x", &err), 0);
    json_object_del(json, "threads");
    assert_int_equal(environment_from_json(&back, json, "x", &err), -1);
    assert_string_equal(err.text, "x: \"threads\" (a string) is missing");
    json_decref(json);
}

static void set__long_and_odd_values_are_cut_and_cleaned(void **state)
{
    (void)state;
    struct environment e = {0};
    char lengthy[500];
    memset(lengthy, 'x', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    environment_set(&e, ENV_compiler, "%s", lengthy);
    assert_int_equal(strlen(e.value[ENV_compiler]), sizeof e.value[0] - 1);
    environment_set(&e, ENV_compiler, "a\nb");
    assert_string_equal(e.value[ENV_compiler], "a?b");
}

static void detect__the_system_is_named(void **state)
{
    (void)state;
    struct environment e = {0};
    environment_detect_system(&e);
    assert_memory_equal(e.value[ENV_kernel], "Linux ", 6);
    assert_string_not_equal(e.value[ENV_compiler], "");
    assert_true(strtod(e.value[ENV_memory], NULL) > 1e6);
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        if (environment_field_keyed((enum environment_field)f))
            assert_string_equal(e.value[f], "");
}

static void probe__round_trip_and_damage(void **state)
{
    (void)state;
    struct probe p = {.gflops_blas = 1.5,
                      .gflops_onednn = 3,
                      .gflops_fma = 2.25,
                      .n_levels = 2,
                      .levels = {{1024, 100.5}, {4096, 50}},
                      .effective_llc = 1 << 20,
                      .gbps_memory = 12.5,
                      .clock_ns = 20,
                      .dispatch_ns = 350,
                      .warning = "slow"};
    struct probe back;
    json_t *json = probe_to_json(&p);
    assert_int_equal(probe_from_json(&back, json, "x", NULL), 0);
    json_t *again = probe_to_json(&back);
    assert_true(json_equal(json, again));
    assert_true(probe_peak(&back) == 3);
    json_decref(again);
    assert_true(back.dispatch_ns == 350);
    json_object_del(json, "dispatch_ns"); // as in older files
    assert_int_equal(probe_from_json(&back, json, "x", NULL), 0);
    assert_true(back.dispatch_ns == 0);
    struct error err = {0};
    json_object_set_new(json, "clock_ns", json_real(-1));
    assert_int_equal(probe_from_json(&back, json, "x", &err), -1);
    assert_string_equal(err.text, "x: \"clock_ns\" is not a number of at least 0");
    assert_int_equal(back.n_levels, 0);
    json_decref(json);
}

static void differences__are_all_keyed_fields_and_no_others(void **state)
{
    (void)state;
    struct environment a = {0}, b = {0};
    struct str out = STR_INIT;
    environment_differences(&a, &b, &out);
    assert_string_equal(out.text, "");
    environment_set(&a, ENV_threads, "4");
    environment_set(&b, ENV_threads, "2");
    environment_set(&b, ENV_pages, "thp");
    environment_set(&b, ENV_host, "elsewhere");
    environment_differences(&a, &b, &out);
    assert_string_equal(out.text, "threads 4, not 2; pages none, not thp");
    str_release(&out);
}

static void patch__is_the_last_of_three_numbers_and_nothing_else(void **state)
{
    (void)state;
    static const struct {
        enum environment_field field;
        const char *a, *b;
        bool patch;
    } cases[] = {
        {ENV_engine_version, "2.6.3", "2.6.3", false}, // nothing differs
        {ENV_engine_version, "2.6.3", "2.6.2", true},
        {ENV_engine_version, "2.6.9", "2.6.10", true},
        {ENV_engine_version, "2.6.3", "2.7.3", false},
        {ENV_engine_version, "2.6.3", "2.10.3", false},
        {ENV_engine_version, "2.6.3", "3.6.3", false},
        {ENV_engine_version, "2.6", "2.7", false},
        {ENV_engine_version, "2", "3", false},
        {ENV_engine_version, "2.6.3", "", false},
        {ENV_blas_version, "OpenBLAS 0.3.21", "OpenBLAS 0.3.23", true},
        {ENV_blas_version, "OpenBLAS 0.3.21", "BLIS 0.3.21", false},
        {ENV_threads, "2", "4", false},
        {ENV_policy, "1.1.1", "1.1.2", false}, // no library
        {ENV_host, "a", "b", false},           // not keyed: nothing differs
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct environment a = sample(), b = sample();
        environment_set(&a, cases[i].field, "%s", cases[i].a);
        environment_set(&b, cases[i].field, "%s", cases[i].b);
        assert_int_equal(environment_is_patch(&a, &b), cases[i].patch);
        assert_int_equal(environment_is_patch(&b, &a), cases[i].patch);
        environment_set(&b, ENV_isa, "sse41"); // and more than that
        assert_false(environment_is_patch(&a, &b));
    }
}

static void patch__of_two_libraries_at_once(void **state)
{
    (void)state;
    struct environment a = sample(), b = sample();
    environment_set(&a, ENV_blas_version, "OpenBLAS 0.3.21");
    environment_set(&b, ENV_blas_version, "OpenBLAS 0.3.23");
    environment_set(&b, ENV_engine_version, "2.6.4");
    environment_set(&b, ENV_kernel, "another");
    assert_true(environment_is_patch(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key__is_readable_and_covers_exactly_the_keyed_fields),
        cmocka_unit_test(json__round_trip_keeps_everything),
        cmocka_unit_test(set__long_and_odd_values_are_cut_and_cleaned),
        cmocka_unit_test(detect__the_system_is_named),
        cmocka_unit_test(probe__round_trip_and_damage),
        cmocka_unit_test(differences__are_all_keyed_fields_and_no_others),
        cmocka_unit_test(patch__is_the_last_of_three_numbers_and_nothing_else),
        cmocka_unit_test(patch__of_two_libraries_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
