#include "tests/test.h"

#include "predict/accuracy.h"

// Measured exactly, predicted with intervals of 5 % on both sides.
static struct outcome outcome(double measured, double predicted, double noise)
{
    return (struct outcome){
        .measured = {measured, measured, measured},
        .predicted = {predicted, predicted * 0.95, predicted * 1.05},
        .noise = noise,
    };
}

static void outcome__too_slow_is_plus_and_the_ends_of_a_range_belong_to_it(void **state)
{
    (void)state;
    struct outcome slow = outcome(100, 103, 0), fast = outcome(100, 90, 0);
    assert_close(outcome_error(&slow), 0.03, 1e-12);
    assert_close(outcome_error(&fast), -0.1, 1e-12);
    assert_true(outcome_in_range(&slow));
    assert_false(outcome_in_range(&fast));
    fast.predicted.high = 100;
    assert_true(outcome_in_range(&fast));
    slow.predicted.low = 100;
    assert_true(outcome_in_range(&slow));
}

static void accuracy__is_that_of_errors_whatever_their_sign(void **state)
{
    (void)state;
    // errors: +1, -1.5, +4, -8, +15 %
    const struct outcome outcomes[] = {
        outcome(100, 101, 0.01),  outcome(200, 197, 0.02), outcome(50, 52, 0.05),
        outcome(1000, 920, 0.03), outcome(10, 11.5, 0.04),
    };
    struct accuracy a = accuracy_of(5, outcomes);
    assert_int_equal(a.n, 5);
    assert_close(a.mean, 0.059, 1e-12);
    assert_close(a.median, 0.04, 1e-12);
    assert_close(a.p90, 0.08 + 0.6 * 0.07, 1e-12);
    assert_close(a.worst, 0.15, 1e-12);
    assert_close(a.bias, 0.021, 1e-12);
    assert_close(a.within_2, 0.4, 1e-12);
    assert_close(a.within_5, 0.6, 1e-12);
    assert_close(a.within_10, 0.8, 1e-12);
    assert_close(a.coverage, 0.6, 1e-12);
    assert_close(a.half_width, 0.05, 1e-12);
    assert_close(a.noise, 0.03, 1e-12);
}

static void accuracy__of_nothing_is_nothing(void **state)
{
    (void)state;
    struct accuracy a = accuracy_of(0, NULL);
    assert_int_equal(a.n, 0);
    assert_true(a.mean == 0 && a.worst == 0 && a.coverage == 0);
}

static void rank_correlation__knows_order_only(void **state)
{
    (void)state;
    static const struct {
        int n;
        double predicted[5]; // measured are 1, 2, 3 ...
        double correlation;
    } cases[] = {
        {5, {10, 20, 21, 500, 501}, 1},
        {5, {9, 8, 7, 6, 5}, -1},
        {5, {2, 1, 3, 5, 4}, 0.8}, // 1 - 6 * 4 / (5 * 24)
        {4, {1, 2, 2, 3}, 0.94868329805051},
        {1, {1}, NAN},
        {3, {7, 7, 7}, NAN},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct outcome outcomes[5];
        for (int k = 0; k < cases[i].n; k++)
            outcomes[k] = outcome(k + 1, cases[i].predicted[k], 0);
        double found = rank_correlation(cases[i].n, outcomes);
        if (isnan(cases[i].correlation) ? !isnan(found)
                                        : !(fabs(found - cases[i].correlation) < 1e-12))
            fail_msg("case %zu: %g", i, found);
    }
}

static void pairs__errors_that_all_share_do_not_count(void **state)
{
    (void)state;
    const struct outcome outcomes[] = {outcome(1, 1.2, 0), outcome(2, 2.4, 0), outcome(5, 6, 0)};
    struct pairs p = accuracy_of_pairs(3, outcomes);
    assert_int_equal(p.n, 3);
    assert_close(p.worst, 0, 1e-12);
    assert_int_equal(p.n_wrong, 0);
}

static void pairs__the_error_of_a_ratio_does_not_depend_on_which_is_first(void **state)
{
    (void)state;
    const struct outcome ab[] = {outcome(100, 110, 0), outcome(200, 200, 0)};
    const struct outcome ba[] = {ab[1], ab[0]};
    struct pairs p = accuracy_of_pairs(2, ab), q = accuracy_of_pairs(2, ba);
    assert_int_equal(p.n, 1);
    assert_close(p.mean, 0.1, 1e-12);
    assert_close(q.mean, 0.1, 1e-12);
    assert_close(p.p90, 0.1, 1e-12);
    assert_close(p.worst, 0.1, 1e-12);
}

static void pairs__a_wrong_winner_counts_as_clear_beyond_the_noise_of_both(void **state)
{
    (void)state;
    static const struct {
        double noise, width; // of the measured interval, on both sides
        double predicted;    // of the model that takes 105; the other one takes 100 and 104
        int n_wrong, n_clear;
    } cases[] = {
        {0.01, 0, 103, 1, 1}, {0.04, 0, 103, 1, 0}, // hypot(4, 4) is more than 4.9 %
        {0.03, 0, 103, 1, 1},                       // hypot(3, 3) is less
        {0, 4, 103, 1, 0},                          // agreed by chance: the interval says more
        {0.01, 0, 104, 0, 0},                       // no winner predicted
        {0.01, 0, 105, 0, 0},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct outcome o[] = {outcome(105, cases[i].predicted, cases[i].noise),
                              outcome(100, 104, cases[i].noise)};
        for (int k = 0; k < 2; k++) {
            o[k].measured.low -= cases[i].width;
            o[k].measured.high += cases[i].width;
        }
        struct pairs p = accuracy_of_pairs(2, o);
        if (p.n_wrong != cases[i].n_wrong || p.n_wrong_clear != cases[i].n_clear)
            fail_msg("case %zu: %d wrong, %d clear", i, p.n_wrong, p.n_wrong_clear);
    }
}

static void pairs__one_model_is_no_pair(void **state)
{
    (void)state;
    struct outcome one = outcome(1, 2, 0);
    assert_int_equal(accuracy_of_pairs(1, &one).n, 0);
    assert_int_equal(accuracy_of_pairs(0, NULL).n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcome__too_slow_is_plus_and_the_ends_of_a_range_belong_to_it),
        cmocka_unit_test(accuracy__is_that_of_errors_whatever_their_sign),
        cmocka_unit_test(accuracy__of_nothing_is_nothing),
        cmocka_unit_test(rank_correlation__knows_order_only),
        cmocka_unit_test(pairs__errors_that_all_share_do_not_count),
        cmocka_unit_test(pairs__the_error_of_a_ratio_does_not_depend_on_which_is_first),
        cmocka_unit_test(pairs__a_wrong_winner_counts_as_clear_beyond_the_noise_of_both),
        cmocka_unit_test(pairs__one_model_is_no_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
