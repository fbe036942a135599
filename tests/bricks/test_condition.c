#include "tests/test.h"

#include "bricks/condition.h"

static void prevailing__is_where_most_values_are_alike(void **state)
{
    (void)state;
    double x[] = {200, 45, 210, 190, 40, 205, 5000};
    struct band b = band_prevailing(7, x);
    assert_close(b.low, 190, 0);
    assert_close(b.high, 210, 0);
    assert_true(band_holds(b, 190) && band_holds(b, 210));
    assert_false(band_holds(b, 45) || band_holds(b, 5000));
}

static void prevailing__of_equal_values_holds_just_them(void **state)
{
    (void)state;
    double zeros[] = {0, 0, 0}; // one thread
    struct band b = band_prevailing(3, zeros);
    assert_true(band_holds(b, 0));
    assert_false(band_holds(b, 1));
}

static void prevailing__without_values_holds_everything(void **state)
{
    (void)state;
    struct band b = band_prevailing(0, NULL);
    assert_true(band_holds(b, 0) && band_holds(b, 1e9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prevailing__is_where_most_values_are_alike),
        cmocka_unit_test(prevailing__of_equal_values_holds_just_them),
        cmocka_unit_test(prevailing__without_values_holds_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
