#include "tests/test.h"

#include "base/statistics.h"
#include "predict/draw.h"

static double drawn_median(int n, const struct samples *const *steps, const struct delays *d)
{
    double sums[N_DRAWS];
    draw_runs(n, steps, d, sums);
    for (int i = 1; i < N_DRAWS; i++)
        assert_true(sums[i - 1] <= sums[i]);
    return quantile_sorted(sums, N_DRAWS, 0.5);
}

static void draw__of_steady_steps_is_their_sum(void **state)
{
    (void)state;
    double a[] = {100, 100}, b[] = {350};
    struct samples one = {2, a}, two = {1, b};
    const struct samples *steps[] = {&one, &two, &two};
    struct delays none = {0};
    assert_close(drawn_median(3, steps, &none), 100 + 2 * 350, 1e-9);
    assert_close(drawn_median(0, steps, &none), 0, 0);
}

// A step that is late in one run of ten is late ten times in a run of a hundred.
static void draw__meets_what_medians_do_not_show(void **state)
{
    (void)state;
    double x[10] = {1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1200};
    struct samples step = {10, x};
    const struct samples *steps[100];
    for (int i = 0; i < 100; i++)
        steps[i] = &step;
    struct delays none = {0};
    double mean = 0;
    for (int i = 0; i < N_DRAWS; i++)
        mean += quantile_sorted(x, 10, (i + 0.5) / N_DRAWS) / N_DRAWS;
    assert_true(mean > 1005);
    assert_close(drawn_median(100, steps, &none), 100 * mean, 100);
}

static void delays__are_split_off_and_counted(void **state)
{
    (void)state;
    double x[] = {9000, 10000, 10000, 11000, 60000};
    struct delays d = {0};
    assert_int_equal(delays_split(&d, x, 5), 4);
    assert_int_equal(d.n, 1);
    assert_close(d.delay_ns[0], 50000, 0);
    assert_close(d.total_ns, 5 * 10000, 0);
    double often[] = {9000, 10000, 10000, 60000, 60000, 61000}; // two kinds of places in models
    assert_int_equal(delays_split(&d, often, 6), 6);
    assert_int_equal(d.n, 1);
    double tiny[] = {100, 100, 1900}; // a clock's jitter
    assert_int_equal(delays_split(&d, tiny, 3), 3);
    delays_release(&d);
}

static void delays__count_in_the_median_only_if_half_of_the_runs_meet_one(void **state)
{
    (void)state;
    enum { N = 100 };
    double x[] = {1000}, delay[N];
    for (int i = 0; i < N; i++)
        delay[i] = 700;
    struct samples step = {1, x};
    const struct samples *one[] = {&step};
    struct delays rare = {N, 0, delay, 2000 * N}, frequent = {N, 0, delay, 1000 * N};
    assert_close(drawn_median(1, one, &rare), 1000, 0);     // expected 0.5 times a run
    assert_close(drawn_median(1, one, &frequent), 1700, 0); // once a run
}

// Two delays that take longer than all else that was watched: they do not make models slower by so
// much. With a hundred times as much to go by the same ones count in full.
static void delays__that_are_large_beside_what_was_watched_count_little(void **state)
{
    (void)state;
    double x[] = {1000}, delay[] = {8000, 8000};
    struct samples step = {1, x};
    const struct samples *steps[1000];
    for (int i = 0; i < 1000; i++)
        steps[i] = &step;
    struct delays little = {2, 0, delay, 10000}, much = {2, 0, delay, 1000000};
    assert_close(drawn_median(1000, steps, &little), 1000000 * 1.02, 5000);
    assert_close(drawn_median(1000, steps, &much), 1000000 * 1.016, 8000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draw__of_steady_steps_is_their_sum),
        cmocka_unit_test(draw__meets_what_medians_do_not_show),
        cmocka_unit_test(delays__are_split_off_and_counted),
        cmocka_unit_test(delays__count_in_the_median_only_if_half_of_the_runs_meet_one),
        cmocka_unit_test(delays__that_are_large_beside_what_was_watched_count_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
