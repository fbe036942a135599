// Scheduling and stopping of the sampler, under a clock that the test moves.
#include "tests/test.h"

#include "bricks/footprint.h"
#include "runner/sampler.h"
#include "runner/sequence.h"

// Every reading is `step` later than the one before, and up to `jitter` later still.
struct mock {
    uint64_t now, step, jitter, random;
};

static uint64_t mock_now(void *context)
{
    struct mock *m = context;
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    m->now += m->step + (m->jitter ? (m->random >> 33) % m->jitter : 0);
    return m->now;
}

static const char *const texts[] = {
    "dlb1 Relu i0:f32:1x4096 > f32:1x4096 | out s0",
    "dlb1 Conv i0:f32:1x16x14x14:last w:f32:16x16x1x1 kernel_shape=1,1 strides=1,1 pads=0,0,0,0 "
    "dilations=1,1 group=1 > f32:1x16x14x14:last | out s0",
};

struct fixture {
    struct engine engine;
    struct kernel_set *kernels;
    struct brick *bricks[2];
    struct record records[2];
    struct target targets[2];
    double footprints[2];
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct engine_options options = {.threads = 1};
    assert_int_equal(engine_init(&f->engine, &options, TIMING_POLICY, NULL), 0);
    f->kernels = kernel_set_new(&f->engine);
    f->footprints[0] = footprint_grid(0);
    f->footprints[1] = footprint_grid(2);
    for (int i = 0; i < 2; i++) {
        f->bricks[i] = brick_parse(texts[i], NULL);
        record_init(&f->records[i], texts[i]);
        f->targets[i] = (struct target){f->bricks[i], 2, f->footprints, 1, &f->records[i]};
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        brick_free(f->bricks[i]);
        record_release(&f->records[i]);
    }
    kernel_set_free(f->kernels);
    engine_release(&f->engine);
    free(f);
    return 0;
}

// Runs rounds until nothing is pending; returns how many there were.
static int sample(struct fixture *f, struct mock *mock)
{
    struct clock clock = {mock_now, mock};
    struct error err = {0};
    struct sampler *s = sampler_new(&f->engine, f->kernels, &clock, &sampler_defaults, 2,
                                    f->targets, &err);
    assert_string_equal(err.text, "");
    int rounds = 0, status;
    while (sampler_begin_round(s) > 0) {
        rounds++;
        while ((status = sampler_step(s, &err)) > 0)
            ;
        assert_int_equal(status, 0);
        assert_true(rounds < 100);
    }
    assert_close(sampler_progress(s), 1, 1e-12);
    sampler_free(s);
    return rounds;
}

static void sampler__steady_bricks_get_the_fewest_rounds(void **state)
{
    struct fixture *f = *state;
    struct mock mock = {.step = 1000};
    assert_int_equal(sample(f, &mock), sampler_defaults.min_rounds);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            const struct series *s = record_find(&f->records[i], f->footprints[k]);
            assert_true(s->n >= sampler_defaults.min_samples);
        }
}

static void sampler__the_cost_of_the_clock_is_taken_off(void **state)
{
    struct fixture *f = *state;
    struct mock mock = {.step = 1000};
    sample(f, &mock);
    // with a clock that moves at readings only, all time is the clock's own
    assert_close(record_find(&f->records[0], f->footprints[0])->time_ns[0], 0, 0);
}

static void sampler__noisy_bricks_are_sampled_up_to_the_cap(void **state)
{
    struct fixture *f = *state;
    struct mock mock = {.step = 1000, .jitter = 1000000};
    sample(f, &mock);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++) {
            const struct series *s = record_find(&f->records[i], f->footprints[k]);
            assert_true(s->n >= sampler_defaults.max_samples);
        }
}

static void sampler__the_hot_loop_is_recorded_beside(void **state)
{
    struct fixture *f = *state;
    struct mock mock = {.step = 1000};
    sample(f, &mock);
    for (int i = 0; i < 2; i++) {
        assert_non_null(record_find(&f->records[i], 0));
        assert_int_equal(f->records[i].n_series, 3);
        assert_string_not_equal(f->records[i].implementation, "");
    }
}

static void suffice__small_shares_need_less(void **state)
{
    (void)state;
    double x[20];
    for (int i = 0; i < 20; i++)
        x[i] = 100 + i; // half-width of some 4 %
    assert_false(samples_suffice(x, 20, 0.5, &sampler_defaults));
    assert_true(samples_suffice(x, 20, 0.0001, &sampler_defaults));
    assert_false(samples_suffice(x, 3, 0.0001, &sampler_defaults));
}

static void sequence__keeps_to_the_footprint_and_takes_what_is_wanted(void **state)
{
    (void)state;
    struct candidate candidates[40];
    for (int i = 0; i < 40; i++)
        candidates[i] = (struct candidate){(size_t)(i + 1) << 12, (size_t)(i + 1) << 12,
                                           (size_t)(i + 1) << 14, i % 2 == 0};
    static struct sequence q;
    uint64_t random = 42;
    for (int seed = 0; seed < 40; seed += 2) {
        if (!candidates[seed].wanted)
            continue;
        sequence_compose(&q, 4 << 20, seed, 40, candidates, &random);
        assert_true((double)(q.weight_bytes + 2 * q.arena_bytes) <= 4 << 20);
        assert_true((double)(q.weight_bytes + 2 * q.arena_bytes) > 2 << 20);
        assert_int_equal(q.candidate[0], seed);
        for (int i = 0; i < q.n; i++)
            assert_false(candidates[q.candidate[i]].wanted);
    }
    for (int i = 0; i < 40; i++)
        assert_false(candidates[i].wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sampler__steady_bricks_get_the_fewest_rounds, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sampler__the_cost_of_the_clock_is_taken_off, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sampler__noisy_bricks_are_sampled_up_to_the_cap, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sampler__the_hot_loop_is_recorded_beside, setup, teardown),
        cmocka_unit_test(suffice__small_shares_need_less),
        cmocka_unit_test(sequence__keeps_to_the_footprint_and_takes_what_is_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
