#include "tests/test.h"

#include "base/str.h"
#include "bricks/brick.h"
#include "bricks/record.h"

static const char brick_text[] = "dlb1 Relu i0:f32:1x8 > f32:1x8 | out s0";

static struct record sample(void)
{
    struct record r;
    record_init(&r, brick_text);
    strcpy(r.run, "20261122T160134-4f3a");
    strcpy(r.host, "some host");
    strcpy(r.implementation, "eltwise \"x\"");
    r.unix_time = 1795363294;
    series_add(record_series(&r, 4e6), 1234.56);
    series_add(record_series(&r, 0), 1000);
    series_add(record_series(&r, 0), 1001.3);
    series_add(record_series(&r, 2e6), 0);
    return r;
}

static void text__round_trip_keeps_everything(void **state)
{
    (void)state;
    struct record r = sample(), back;
    char *text = record_to_text(&r);
    struct error err = {0};
    assert_int_equal(record_from_text(&back, text, strlen(text), "x", &err), 0);
    assert_string_equal(back.text, r.text);
    assert_string_equal(back.signature, r.signature);
    assert_string_equal(back.run, r.run);
    assert_string_equal(back.host, r.host);
    assert_string_equal(back.implementation, r.implementation);
    assert_int_equal(back.unix_time, r.unix_time);
    assert_int_equal(back.n_series, 3);
    assert_true(back.series[0].footprint == 0 && back.series[0].n == 2);
    assert_true(back.series[0].time_ns[1] == 1001.3);
    assert_true(record_find(&back, 4e6)->time_ns[0] == 1234.6);
    assert_true(record_find(&back, 2e6)->time_ns[0] == 0);
    char *again = record_to_text(&back);
    assert_string_equal(again, text);
    free(again);
    free(text);
    record_release(&r);
    record_release(&back);
}

static void series__one_per_footprint_in_ascending_order(void **state)
{
    (void)state;
    struct record r = sample();
    for (int i = 1; i < r.n_series; i++)
        assert_true(r.series[i - 1].footprint < r.series[i].footprint);
    assert_ptr_equal(record_series(&r, 2e6 + 0.25), record_find(&r, 2e6));
    assert_null(record_find(&r, 3e6));
    record_release(&r);
}

static void read__every_truncation_is_refused(void **state)
{
    (void)state;
    struct record r = sample(), back;
    char *text = record_to_text(&r);
    for (size_t n = 0; n + 2 < strlen(text); n++) {
        char *cut = malloc(n); // so that the sanitizer sees any step beyond
        memcpy(cut, text, n);
        struct error err = {0};
        assert_int_equal(record_from_text(&back, cut, n, "cut", &err), -1);
        assert_memory_equal(err.text, "cut", 3);
        assert_null(back.text);
        free(cut);
    }
    free(text);
    record_release(&r);
}

// Replaces the first `from` of text by `to`; the caller frees the result.
static char *edit(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    assert_non_null(at);
    struct str out = STR_INIT;
    str_add_n(&out, text, (size_t)(at - text));
    str_add(&out, to);
    str_add(&out, at + strlen(from));
    return str_detach(&out);
}

static void read__damage_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *reason;
    } cases[] = {
        {"\"dlbricks_record\":1", "\"dlbricks_record\":2", "record format 2 is not known"},
        {"1x8 | out", "1x9 | out", "is not that of \"text\""},
        {"\"run\":\"2026", "\"run\":\"../2026", "\"run\" is not made of"},
        {"\"run\":\"2026", "\"run\":\"2026222222222222222222222222222222", "longer than"},
        {"[1000,", "[-1000,", "sample 0 is not a time"},
        {"[1000,", "[1e300,", "sample 0 is not a time"},
        {"[1000,", "[\"1000\",", "sample 0 is not a time"},
        {"[1000,", "[NaN,", "not valid JSON"},
        {"[1000,1001.3]", "[]", "0 samples"},
        {"[1000,1001.3]", "{}", "not an array"},
        {"\"footprint_bytes\":0", "\"footprint_bytes\":-1", "\"footprint_bytes\" is not a number"},
        {"\"footprint_bytes\":0", "\"footprint_bytes\":2000000", "two series have footprint"},
        {"\"loop_version\":0", "\"loop_version\":-3", "\"loop_version\" is -3"},
        {"\"host\":\"some host\",", "", "\"host\" (a string) is missing"},
    };
    struct record r = sample(), back;
    char *text = record_to_text(&r);
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char *damaged = edit(text, cases[i].from, cases[i].to);
        struct error err = {0};
        assert_int_equal(record_from_text(&back, damaged, strlen(damaged), "x", &err), -1);
        if (!strstr(err.text, cases[i].reason))
            fail_msg("case %zu: '%s' does not say '%s'", i, err.text, cases[i].reason);
        free(damaged);
    }
    free(text);
    record_release(&r);
}

static void loop_version__is_the_sum_over_the_steps(void **state)
{
    (void)state;
    struct brick *relu = brick_parse(brick_text, NULL);
    struct brick *moves = brick_parse("dlb1 Transpose i0:f32:2x3 perm=1,0 > f32:3x2 | "
                                      "Transpose s0:f32:3x2 perm=1,0 > f32:2x3 | out s1",
                                      NULL);
    assert_int_equal(brick_loop_version(relu->graph), 0);
    assert_int_equal(brick_loop_version(moves->graph), 2 * op_info(OP_Transpose)->version);
    brick_free(relu);
    brick_free(moves);
}

static void loop_version__counts_posts_with_an_operand(void **state)
{
    (void)state;
    struct brick *brick = brick_parse(
        "dlb1 Gemm i0:f32:2x3 w:f32:3x4 +Relu +Mul=i1:f32:2x4 > f32:2x4 | out s0", NULL);
    assert_int_equal(op_info(OP_Gemm)->version, 1);
    assert_int_equal(brick_loop_version(brick->graph),
                     op_info(OP_Gemm)->version + op_info(OP_Mul)->version);
    brick_free(brick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__round_trip_keeps_everything),
        cmocka_unit_test(series__one_per_footprint_in_ascending_order),
        cmocka_unit_test(read__every_truncation_is_refused),
        cmocka_unit_test(read__damage_is_refused_with_its_reason),
        cmocka_unit_test(loop_version__is_the_sum_over_the_steps),
        cmocka_unit_test(loop_version__counts_posts_with_an_operand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
