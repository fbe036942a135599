#include "tests/test.h"

#include "runner/checkup.h"
#include "tests/runner/whole_engine.h"

// Every reading is `step` later than the one before.
struct mock {
    uint64_t now, step;
};

static uint64_t mock_now(void *context)
{
    struct mock *m = context;
    return m->now += m->step;
}

static void block__lasts_as_long_as_asked(void **state)
{
    (void)state;
    struct mock mock = {.step = 1000000};
    struct clock clock = {mock_now, &mock};
    struct checkup c;
    assert_int_equal(checkup_start(&c, &engine, kernels, &clock, NULL), 0);
    uint64_t start = mock.now;
    checkup_block(&c, 0.5);
    assert_true(mock.now - start >= 500000000 && mock.now - start < 600000000);
    assert_int_equal(c.n_blocks, 1);
    checkup_release(&c);
}

static void block__has_some_samples_of_every_brick(void **state)
{
    (void)state;
    struct mock mock = {.step = 1000000};
    struct clock clock = {mock_now, &mock};
    struct checkup c;
    assert_int_equal(checkup_start(&c, &engine, kernels, &clock, NULL), 0);
    checkup_block(&c, 0);
    for (int i = 0; i < N_CALIBRATIONS; i++) {
        const struct series *s = &c.blocks[0].series[i];
        assert_true(s->n >= 3);
        for (int k = 0; k < s->n; k++)
            assert_close(s->time_ns[k], 1000000, 0);
    }
    checkup_release(&c);
}

static void facts__show_a_drift_of_the_clock(void **state)
{
    (void)state;
    struct mock mock = {.step = 1000000};
    struct clock clock = {mock_now, &mock};
    struct checkup c;
    assert_int_equal(checkup_start(&c, &engine, kernels, &clock, NULL), 0);
    checkup_block(&c, 0);
    assert_close(checkup_facts(&c).drift[CALIBRATION_compute], 0, 0);
    mock.step = 1100000;
    checkup_block(&c, 0);
    struct fitness_facts f = checkup_facts(&c);
    for (int i = 0; i < N_CALIBRATIONS; i++) {
        assert_close(f.calibration_ns[i], 1050000, 1e-6);
        assert_close(f.drift[i], 0.9 * 0.1 / 1.05, 1e-9);
    }
    assert_int_equal(f.threads, engine.threads);
    assert_true(f.cpus >= 1);
    checkup_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block__lasts_as_long_as_asked),
        cmocka_unit_test(block__has_some_samples_of_every_brick),
        cmocka_unit_test(facts__show_a_drift_of_the_clock),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
