#include "tests/test.h"

#include "predict/compare.h"

static const char *const texts[] = {
    "dlb1 Relu i0:f32:1x1000 > f32:1x1000 | out s0",
    "dlb1 Tanh i0:f32:1x1000 > f32:1x1000 | out s0",
    "dlb1 Sigmoid i0:f32:1x1000 > f32:1x1000 | out s0",
};

// Relu, Relu, Tanh; and Relu, Sigmoid.
static struct instance before_instances[] = {{.brick = 0}, {.brick = 0}, {.brick = 1}};
static struct instance after_instances[] = {{.brick = 0}, {.brick = 2}};
static const struct model before_model = {.n_instances = 3, .instances = before_instances};
static const struct model after_model = {.n_instances = 2, .instances = after_instances};
static struct brick_time before_times[] = {{.known = true, .time_ns = 100},
                                           {.known = true, .time_ns = 100},
                                           {.known = true, .time_ns = 300}};
static struct brick_time after_times[] = {{.known = true, .time_ns = 110},
                                          {.known = true, .time_ns = 900, .estimated_from = "x"}};
static const struct prediction before = {
    .model = &before_model, .times = before_times, .time_ns = 500, .low_ns = 480, .high_ns = 520};
static const struct prediction after = {
    .model = &after_model, .times = after_times, .time_ns = 1010, .low_ns = 810, .high_ns = 1210};

static void ratio__has_an_interval_wider_than_either(void **state)
{
    (void)state;
    struct ratio r = prediction_ratio(&after, &before);
    assert_close(r.value, 2.02, 1e-9);
    assert_true(r.low < r.value * 810 / 1010 * 1.05 && r.low > 0);
    assert_true(r.high > r.value * 1210 / 1010);
}

static void ratio__of_a_prediction_to_itself_is_exactly_one(void **state)
{
    (void)state;
    struct ratio r = prediction_ratio(&before, &before);
    assert_close(r.value, 1, 0);
    assert_close(r.low, 1, 0);
    assert_close(r.high, 1, 0);
}

static void ratio__of_what_is_not_known_is_none(void **state)
{
    (void)state;
    struct prediction part = after;
    part.n_missing = 1;
    assert_true(isnan(prediction_ratio(&part, &before).value));
    assert_true(isnan(prediction_ratio(&before, &part).value));
}

static void contributions__add_up_and_come_by_size(void **state)
{
    (void)state;
    struct suite s;
    suite_init(&s, 1);
    for (int i = 0; i < 3; i++)
        suite_add_brick(&s, brick_parse(texts[i], NULL));
    int n;
    struct contribution *list = contributions_find(&s, &after, &before, &n);
    assert_int_equal(n, 3);
    static const int bricks[] = {2, 1, 0}, counts[] = {1, 0, 1}, baseline[] = {0, 1, 2};
    double sum = 0;
    for (int i = 0; i < n; i++) {
        assert_int_equal(list[i].brick, bricks[i]);
        assert_int_equal(list[i].n, counts[i]);
        assert_int_equal(list[i].n_baseline, baseline[i]);
        assert_int_equal(list[i].estimated, bricks[i] == 2);
        assert_false(list[i].missing);
        sum += list[i].time_ns - list[i].baseline_ns;
    }
    assert_close(sum, 1010 - 500, 1e-9);
    free(list);
    suite_release(&s);
}

static void spread__passes_over_what_is_not_known(void **state)
{
    (void)state;
    const struct ratio ratios[] = {{.value = 2}, {.value = NAN}, {.value = 0.5}, {.value = 8}};
    struct spread s = ratios_spread(4, ratios);
    assert_int_equal(s.n, 3);
    assert_close(s.geometric_mean, 2, 1e-12);
    assert_int_equal(s.lowest_of, 2);
    assert_int_equal(s.highest_of, 3);
    assert_close(s.lowest, 0.5, 0);
    assert_close(s.highest, 8, 0);
    s = ratios_spread(1, &ratios[1]);
    assert_int_equal(s.n, 0);
    assert_true(isnan(s.geometric_mean));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratio__has_an_interval_wider_than_either),
        cmocka_unit_test(ratio__of_a_prediction_to_itself_is_exactly_one),
        cmocka_unit_test(ratio__of_what_is_not_known_is_none),
        cmocka_unit_test(contributions__add_up_and_come_by_size),
        cmocka_unit_test(spread__passes_over_what_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
