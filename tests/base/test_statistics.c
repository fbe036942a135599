#include "tests/test.h"

#include <math.h>

#include "base/statistics.h"

static void median__of_odd_and_even_counts(void **state)
{
    (void)state;
    const double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2};
    assert_close(median(odd, 3), 3, 0);
    assert_close(median(even, 4), 2.5, 0);
    assert_close(odd[0], 5, 0); // the data stay as they are
}

static void quantile__is_linear_between_neighbours(void **state)
{
    (void)state;
    const double x[] = {0, 10, 20, 30};
    assert_close(quantile_sorted(x, 4, 0), 0, 0);
    assert_close(quantile_sorted(x, 4, 1), 30, 0);
    assert_close(quantile_sorted(x, 4, 0.9), 27, 1e-12);
    assert_close(quantile_sorted(x, 1, 0.7), 0, 0);
}

// Uniform pseudo-random samples around a known median: the 95 % interval must contain it in most
// of many trials, and must not be so wide that it always does.
static void interval__covers_the_median_in_about_95_percent(void **state)
{
    (void)state;
    enum { TRIALS = 2000, N = 40 };
    uint64_t seed = 7;
    int covered = 0;
    for (int t = 0; t < TRIALS; t++) {
        double x[N];
        for (int i = 0; i < N; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            x[i] = (double)(seed >> 40) / (1 << 24);
        }
        struct interval m = median_interval(x, N);
        assert_true(m.low <= m.value && m.value <= m.high);
        covered += m.low <= 0.5 && 0.5 <= m.high;
    }
    assert_in_range(covered, TRIALS * 93 / 100, TRIALS * 99 / 100);
}

static void interval__of_few_samples_is_their_range(void **state)
{
    (void)state;
    const double x[] = {3, 9, 1};
    struct interval m = median_interval(x, 3);
    assert_close(m.low, 1, 0);
    assert_close(m.value, 3, 0);
    assert_close(m.high, 9, 0);
}

static void error__shrinks_with_the_number_of_measurements(void **state)
{
    (void)state;
    const double same[] = {100, 100, 100, 100}, apart[] = {90, 110};
    assert_close(relative_error(same, 1, 0.05), 0.05, 1e-12);
    assert_close(relative_error(same, 4, 0.05), 0.05 / 4, 1e-12);
    assert_close(relative_error(apart, 2, 0), sqrt(0.02) / 2, 1e-12);
    assert_true(relative_error(apart, 2, 0.05) > relative_error(apart, 2, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(median__of_odd_and_even_counts),
        cmocka_unit_test(quantile__is_linear_between_neighbours),
        cmocka_unit_test(interval__covers_the_median_in_about_95_percent),
        cmocka_unit_test(interval__of_few_samples_is_their_range),
        cmocka_unit_test(error__shrinks_with_the_number_of_measurements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
