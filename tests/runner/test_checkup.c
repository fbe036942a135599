#include "tests/test.h"

#include "base/memory.h"
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

struct fixture {
    struct mock mock;
    struct clock clock;
    struct checkup checkup;
};

static int setup(void **state)
{
    struct fixture *f = *state = xcalloc(1, sizeof *f);
    f->mock.step = 1000000;
    f->clock = (struct clock){mock_now, &f->mock};
    return checkup_start(&f->checkup, &engine, kernels, &f->clock, NULL);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    checkup_release(&f->checkup);
    free(f);
    return 0;
}

static void block__lasts_as_long_as_asked(void **state)
{
    struct fixture *f = *state;
    uint64_t start = f->mock.now;
    checkup_block(&f->checkup, 0.5);
    assert_true(f->mock.now - start >= 500000000 && f->mock.now - start < 600000000);
    assert_int_equal(f->checkup.n_blocks, 1);
}

static void block__has_some_samples_of_every_brick(void **state)
{
    struct fixture *f = *state;
    checkup_block(&f->checkup, 0);
    for (int i = 0; i < N_CALIBRATIONS; i++) {
        const struct series *s = &f->checkup.blocks[0].series[i];
        assert_true(s->n >= 3);
        for (int k = 0; k < s->n; k++)
            assert_close(s->time_ns[k], 1000000, 0);
    }
}

static void facts__show_a_drift_of_the_clock(void **state)
{
    struct fixture *f = *state;
    checkup_block(&f->checkup, 0);
    assert_close(checkup_facts(&f->checkup).drift[CALIBRATION_compute], 0, 0);
    f->mock.step = 1100000;
    checkup_block(&f->checkup, 0);
    struct fitness_facts facts = checkup_facts(&f->checkup);
    for (int i = 0; i < N_CALIBRATIONS; i++) {
        assert_close(facts.calibration_ns[i], 1050000, 1e-6);
        assert_close(facts.drift[i], 0.9 * 0.1 / 1.05, 1e-9);
    }
    assert_int_equal(facts.threads, engine.threads);
    assert_true(facts.cpus >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(block__lasts_as_long_as_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(block__has_some_samples_of_every_brick, setup, teardown),
        cmocka_unit_test_setup_teardown(facts__show_a_drift_of_the_clock, setup, teardown),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
