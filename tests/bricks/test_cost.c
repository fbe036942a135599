#include "tests/test.h"

#include "bricks/cost.h"

static const char small_text[] = "dlb1 Relu i0:f32:1x4096 > f32:1x4096 | out s0";
static const char large_text[] = "dlb1 Relu i0:f32:1x4194304 > f32:1x4194304 | out s0";
static const char product_text[] = "dlb1 Gemm i0:f32:512x512 w:f32:512x512 > f32:512x512 | out s0";

static const struct probe fast = {
    .gflops_fma = 1000,
    .n_levels = 2,
    .levels = {{.bytes = 1 << 20, .gbps = 400}, {.bytes = 1 << 30, .gbps = 40}},
    .dispatch_ns = 100,
};

static double run_ns(const char *text, double footprint, const struct probe *probe)
{
    struct brick *brick = brick_parse(text, NULL);
    assert_non_null(brick);
    double time_ns = cost_run_ns(brick, footprint, probe);
    brick_free(brick);
    return time_ns;
}

static double bench_s(const char *text, int n, const double *footprint)
{
    struct brick *brick = brick_parse(text, NULL);
    double cost_s = cost_share_s(brick, n, footprint, &fast);
    brick_free(brick);
    return cost_s;
}

static void run__is_bound_by_memory_or_by_the_peak(void **state)
{
    (void)state;
    // 2 x 16 KiB and 2 x 16 MiB: from the small level, and from the large one
    assert_close(run_ns(small_text, 1 << 19, &fast), 32768 / 400.0 + 100, 1e-6);
    assert_close(run_ns(large_text, 1 << 26, &fast), 33554432 / 40.0 + 100, 1e-6);
    // 2 x 512^3 operations at half the peak
    assert_close(run_ns(product_text, 1 << 19, &fast), 268435456 / 500.0 + 100, 1e-6);
}

static void run__unmeasured_limits_are_the_nominal_ones(void **state)
{
    (void)state;
    struct probe none = {0};
    assert_close(run_ns(product_text, 1 << 20, &none),
                 run_ns(product_text, 1 << 20, &probe_nominal), 0);
    assert_true(run_ns(product_text, 1 << 20, &none) > run_ns(product_text, 1 << 20, &fast));
}

static void share__grows_with_footprints_and_with_the_brick(void **state)
{
    (void)state;
    const double footprints[] = {1 << 26, 1 << 27};
    double small_s = bench_s(small_text, 1, footprints);
    assert_true(small_s > 0);
    assert_true(bench_s(small_text, 2, footprints) > small_s);
    assert_true(bench_s(large_text, 1, footprints) > small_s);
}

// Many bricks share surrogate models; one alone needs whole ones.
static void bill__bricks_share_surrogates_of_one_footprint(void **state)
{
    (void)state;
    const double near = 1 << 20, far = 1 << 26;
    struct brick *brick = brick_parse(small_text, NULL);
    struct bill one, two, apart;
    bill_init(&one, &fast);
    bill_init(&two, &fast);
    bill_init(&apart, &fast);
    assert_close(bill_total_s(&one), 0, 0);
    bill_add(&one, brick, 1, &far);
    bill_add(&two, brick, 1, &far);
    bill_add(&two, brick, 1, &far);
    bill_add(&apart, brick, 1, &far);
    bill_add(&apart, brick, 1, &near);
    assert_true(bill_total_s(&one) > cost_share_s(brick, 1, &far, &fast));
    assert_true(bill_total_s(&two) < 1.2 * bill_total_s(&one));
    assert_true(bill_total_s(&apart) > 1.02 * bill_total_s(&two));
    assert_true(bill_topped_up_s(&two) > bill_total_s(&two));
    brick_free(brick);
}

static void direct__grows_with_visits_and_with_the_model(void **state)
{
    (void)state;
    double small_s = cost_direct_s(1e6, 1e6, 10, 2);
    assert_true(cost_direct_s(1e6, 1e6, 10, 4) > small_s);
    assert_true(cost_direct_s(1e9, 1e6, 10, 2) >= 2 * 2 * 1.0); // two runs a visit at least
    assert_true(cost_direct_s(1e6, 1e9, 10, 2) > small_s);
    assert_true(cost_direct_s(1e6, 1e6, 20, 2) > small_s);
}

static void bill__more_footprints_than_rows_are_still_counted(void **state)
{
    (void)state;
    struct brick *brick = brick_parse(small_text, NULL);
    struct bill bill;
    double before_s = 0;
    bill_init(&bill, &fast);
    for (int i = 0; i < MAX_BILL_ROWS + 10; i++) {
        double footprint = (i + 1) * 1e6;
        bill_add(&bill, brick, 1, &footprint);
        assert_true(bill_total_s(&bill) > before_s);
        before_s = bill_total_s(&bill);
    }
    assert_int_equal(bill.n, MAX_BILL_ROWS);
    brick_free(brick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run__is_bound_by_memory_or_by_the_peak),
        cmocka_unit_test(run__unmeasured_limits_are_the_nominal_ones),
        cmocka_unit_test(share__grows_with_footprints_and_with_the_brick),
        cmocka_unit_test(bill__bricks_share_surrogates_of_one_footprint),
        cmocka_unit_test(direct__grows_with_visits_and_with_the_model),
        cmocka_unit_test(bill__more_footprints_than_rows_are_still_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
