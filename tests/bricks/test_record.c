#include "tests/test.h"

#include "base/str.h"
#include "bricks/brick.h"
#include "bricks/record.h"

static const struct condition near = {.handoff_ns = 50, .cycle_ns = 0.25f};

static const char brick_text[] = "dlb1 Relu i0:f32:1x8 > f32:1x8 | out s0";

static struct record sample(void)
{
    struct record r;
    record_init(&r, brick_text);
    strcpy(r.run, "20261122T160134-4f3a");
    strcpy(r.host, "some host");
    strcpy(r.implementation, "eltwise \"x\"");
    strcpy(r.fitness, "fit: expect +-1.0 %");
    r.unix_time = 1795363294;
    series_add(record_series(&r, 4e6), 1234.56, (struct condition){210, 0.2713f, 5, 7});
    series_add(record_series(&r, 0), 1000, near);
    series_add(record_series(&r, 0), 1001.3, near);
    series_add(record_series(&r, 2e6), 0, near);
    r.tried[r.n_tried++] = (struct tried){"eltwise \"x\"", 4e6, 1234.56, 9};
    r.tried[r.n_tried++] = (struct tried){"alone:eltwise", 4e6, 2000, 6};
    return r;
}

static void text__round_trip_keeps_everything(void **state)
{
    (void)state;
    struct record r = sample(), back;
    char *text = record_to_text(&r);
    struct error err = {0};
    assert_int_equal(record_from_text(&back, text, strlen(text), "x", &err), 0);
    assert_int_equal(back.format, RECORD_FORMAT);
    assert_string_equal(back.text, r.text);
    assert_string_equal(back.signature, r.signature);
    assert_string_equal(back.run, r.run);
    assert_string_equal(back.host, r.host);
    assert_string_equal(back.implementation, r.implementation);
    assert_string_equal(back.fitness, r.fitness);
    assert_int_equal(back.unix_time, r.unix_time);
    assert_int_equal(back.n_series, 3);
    assert_true(back.series[0].footprint == 0 && back.series[0].n == 2);
    assert_true(back.series[0].time_ns[1] == 1001.3);
    assert_true(record_find(&back, 4e6)->time_ns[0] == 1234.6);
    assert_true(record_find(&back, 2e6)->time_ns[0] == 0);
    const struct condition *c = &record_find(&back, 4e6)->conditions[0];
    assert_close(c->handoff_ns, 210, 0);
    assert_close(c->cycle_ns, 0.2713, 1e-7);
    assert_int_equal(c->marks, CONDITION_preempted | CONDITION_migrated);
    assert_int_equal(c->visit, 7);
    assert_int_equal(back.n_tried, 2);
    assert_string_equal(back.tried[0].implementation, "eltwise \"x\"");
    assert_true(back.tried[0].footprint == 4e6 && back.tried[0].time_ns == 1234.6);
    assert_true(back.tried[1].n_samples == 6);
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

static void select__takes_the_samples_of_one_condition(void **state)
{
    (void)state;
    static const double far[] = {180, 200, 220};
    struct record r = sample();
    struct series *s = record_series(&r, 4e6); // one far sample so far
    for (int i = 0; i < 3; i++)
        series_add(s, 2000 + i, (struct condition){.handoff_ns = (float)far[i]});
    series_add(s, 1000, near);
    double times[5];
    assert_int_equal(series_select(s, (struct band){40, 60}, times), 1);
    assert_close(times[0], 1000, 0);
    assert_int_equal(series_select(s, band_all(), times), 5);
    assert_close(series_median(s, (struct band){180, 220}), 2000.5, 0);
    assert_close(series_median(s, (struct band){1, 2}), 0, 0);
    assert_close(series_median(NULL, band_all()), 0, 0);
    record_release(&r);
}

static void visits__give_one_median_each(void **state)
{
    (void)state;
    static const struct {
        double time_ns;
        float handoff_ns;
        int visit;
    } samples[] = {{10, 50, 0},  {12, 50, 0}, {17, 50, 0}, {30, 200, 0},
                   {40, 200, 1}, {20, 50, 2}, {22, 50, 2}};
    struct series s = {0};
    double medians[N_ELEMENTS(samples)];
    for (size_t i = 0; i < N_ELEMENTS(samples); i++)
        series_add(&s, samples[i].time_ns,
                   (struct condition){samples[i].handoff_ns, 0.25f, 0, samples[i].visit});
    assert_int_equal(series_visits(&s, (struct band){40, 60}, medians), 2);
    assert_close(medians[0], 12, 0);
    assert_close(medians[1], 21, 0);
    assert_int_equal(series_visits(&s, band_all(), medians), 3);
    series_release(&s);
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
        {"\"dlbricks_record\":4", "\"dlbricks_record\":5", "record format 5 is not known"},
        {"\"dlbricks_record\":4", "\"dlbricks_record\":2", "record format 2 is not known"},
        {"\"fitness\":\"fit: expect +-1.0 %\",", "", "\"fitness\" (a string) is missing"},
        {"1x8 | out", "1x9 | out", "is not that of \"text\""},
        {"\"run\":\"2026", "\"run\":\"../2026", "\"run\" is not made of"},
        {"\"run\":\"2026", "\"run\":\"2026222222222222222222222222222222", "longer than"},
        {"[1000,", "[-1000,", "element 0 of \"times_ns\" is not a number"},
        {"[1000,", "[1e300,", "element 0 of \"times_ns\" is not a number"},
        {"[1000,", "[\"1000\",", "element 0 of \"times_ns\" is not a number"},
        {"[1000,", "[NaN,", "not valid JSON"},
        {"[1000,1001.3]", "[]", "0 samples"},
        {"[1000,1001.3]", "{}", "0 samples"},
        {"[50,50]", "[50]", "\"handoffs_ns\" has 1 elements for 2 samples"},
        {"[50,50]", "{}", "not an array"},
        {"[250,250]", "[250,-1]", "element 1 of \"cycles_ps\" is not a number"},
        {"\"aa\"", "\"ai\"", "\"marks\" is not one of abcdefgh for each of 2 samples"},
        {"\"aa\"", "\"a\"", "\"marks\" is not one of abcdefgh"},
        {"\"footprint_bytes\":0", "\"footprint_bytes\":-1", "\"footprint_bytes\" is not a number"},
        {"\"footprint_bytes\":0", "\"footprint_bytes\":2000000", "two series have footprint"},
        {"\"loop_version\":0", "\"loop_version\":-3", "\"loop_version\" is -3"},
        {"\"host\":\"some host\",", "", "\"host\" (a string) is missing"},
        {"\"samples\":9", "\"samples\":0", "tried with eltwise \"x\" is out of range"},
        {"\"time_ns\":1234.6", "\"time_ns\":-1", "tried with eltwise \"x\" is out of range"},
        {"\"tried\":[", "\"tried\":[7,", "\"implementation\" (a string) is missing"},
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

// As version 3 was written, from the first to the last one.
static const char format_3[] =
    "{\"dlbricks_record\":3,\n"
    "\"text\":\"dlb1 Relu i0:f32:1x8 > f32:1x8 | out s0\",\n"
    "\"signature\":\"a07ba292fb24812c6ba54598c2856c0f8e785c747cf323e482eac5a8e963f16c\",\n"
    "\"run\":\"20261122T233000-4f3a9c21\",\n"
    "\"host\":\"some host\",\n"
    "\"unix_time\":1795390200,\n"
    "\"implementation\":\"loop\",\n"
    "\"fitness\":\"fit: expect +-1.0 %\",\n"
    "\"loop_version\":1,\n"
    "\"series\":[\n"
    "{\"footprint_bytes\":0,\n"
    " \"times_ns\":[1000,1001.3],\n"
    " \"handoffs_ns\":[50,51],\n"
    " \"cycles_ps\":[250,250.1],\n"
    " \"visits\":[0,1],\n"
    " \"marks\":\"dh\"}\n"
    "]}\n";

static void read__format_3_stays_what_it_is(void **state)
{
    (void)state;
    struct record r;
    struct error err = {0};
    if (record_from_text(&r, format_3, strlen(format_3), "x", &err))
        fail_msg("%s", err.text);
    assert_int_equal(r.format, 3);
    assert_int_equal(r.unix_time, 1795390200);
    assert_int_equal(r.n_series, 1);
    assert_true(r.series[0].time_ns[1] == 1001.3);
    assert_int_equal(r.series[0].conditions[0].marks, CONDITION_preempted | CONDITION_faulted);
    assert_int_equal(r.series[0].conditions[1].visit, 1);
    char *again = record_to_text(&r);
    assert_string_equal(again, format_3);
    free(again);
    record_release(&r);
}

static void read__the_first_records_of_format_3_have_no_fitness(void **state)
{
    (void)state;
    struct record r;
    char *older = edit(format_3, "\"fitness\":\"fit: expect +-1.0 %\",\n", "");
    assert_int_equal(record_from_text(&r, older, strlen(older), "x", NULL), 0);
    assert_string_equal(r.fitness, "");
    free(older);
    record_release(&r);
}

static void loop_version__is_the_sum_over_the_steps(void **state)
{
    (void)state;
    struct brick *relu = brick_parse(brick_text, NULL);
    struct brick *moves = brick_parse("dlb1 Transpose i0:f32:2x3 perm=1,0 > f32:3x2 | "
                                      "Transpose s0:f32:3x2 perm=1,0 > f32:2x3 | out s1",
                                      NULL);
    assert_int_equal(brick_loop_version(relu->graph), op_info(OP_Relu)->version + 1); // tiny
    assert_int_equal(brick_loop_version(moves->graph), 2 * (op_info(OP_Transpose)->version + 1));
    brick_free(relu);
    brick_free(moves);
}

static void loop_version__counts_what_a_step_takes_in(void **state)
{
    (void)state;
    struct brick *product = brick_parse("dlb1 Gemm i0:f32:200x300 w:f32:300x400 +Relu "
                                        "+Mul=i1:f32:200x400 > f32:200x400 | out s0",
                                        NULL);
    struct brick *chain = brick_parse(
        "dlb1 Exp i0:f32:200x400 +Log +Mul=i1:f32:200x400 > f32:200x400 | out s0", NULL);
    assert_true(op_info(OP_Gemm)->version > 0);
    assert_int_equal(brick_loop_version(product->graph), op_info(OP_Gemm)->version +
                                                             op_info(OP_Relu)->version +
                                                             op_info(OP_Mul)->version);
    assert_int_equal(brick_loop_version(chain->graph), op_info(OP_Exp)->version +
                                                           op_info(OP_Log)->version +
                                                           op_info(OP_Mul)->version);
    brick_free(product);
    brick_free(chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text__round_trip_keeps_everything),
        cmocka_unit_test(series__one_per_footprint_in_ascending_order),
        cmocka_unit_test(select__takes_the_samples_of_one_condition),
        cmocka_unit_test(visits__give_one_median_each),
        cmocka_unit_test(read__every_truncation_is_refused),
        cmocka_unit_test(read__damage_is_refused_with_its_reason),
        cmocka_unit_test(read__format_3_stays_what_it_is),
        cmocka_unit_test(read__the_first_records_of_format_3_have_no_fitness),
        cmocka_unit_test(loop_version__is_the_sum_over_the_steps),
        cmocka_unit_test(loop_version__counts_what_a_step_takes_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
