// Scheduling and stopping of the sampler, under a clock that the test moves.
#include "tests/test.h"

#include "bricks/footprint.h"
#include "bricks/policy.h"
#include "runner/sampler.h"

// Every reading is `step` later than the one before, and up to `jitter` later still; every
// `leap_every`-th one (0: none) is `leap` later.
struct mock {
    uint64_t now, step, jitter, random;
    uint64_t leap, leap_every, n_read;
};

static uint64_t mock_now(void *context)
{
    struct mock *m = context;
    m->random = m->random * 6364136223846793005u + 1442695040888963407u;
    if (m->leap_every && ++m->n_read % m->leap_every == 0)
        m->now += m->leap;
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
    int n_chains;
    struct chain chains[4];
    struct plan plans[2];
};

// Both bricks as models of their own, at both footprints.
static void make_chains(struct fixture *f)
{
    static const int candidates[] = {0, 1}, first_node[] = {0};
    for (int i = 0; i < 2; i++) {
        plan_init(&f->plans[i], f->bricks[i]->graph);
        for (int k = 0; k < 2; k++)
            f->chains[f->n_chains++] = (struct chain){
                .footprint = f->footprints[k],
                .bytes = f->footprints[k],
                .n = 1,
                .candidate = &candidates[i],
                .first_node = first_node,
                .graph = f->bricks[i]->graph,
                .plan = &f->plans[i],
            };
    }
}

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
        f->targets[i] = (struct target){
            .brick = f->bricks[i],
            .n = 2,
            .footprint = f->footprints,
            .uses = 1,
            .record = &f->records[i],
        };
    }
    make_chains(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 2; i++) {
        brick_free(f->bricks[i]);
        record_release(&f->records[i]);
        plan_release(&f->plans[i]);
    }
    kernel_set_free(f->kernels);
    engine_release(&f->engine);
    free(f);
    return 0;
}

// Runs rounds until nothing is pending; returns how many there were.
static int sample(struct fixture *f, struct mock *mock, const struct sampler_options *options)
{
    struct clock clock = {mock_now, mock};
    struct error err = {0};
    struct sampler *s = sampler_new(&f->engine, f->kernels, &clock, options, 2, f->targets,
                                    f->n_chains, f->chains, &err);
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

static int n_visits(const struct series *s)
{
    double medians[256];
    assert_true(s && s->n <= 256);
    return series_visits(s, band_all(), medians);
}

// Visits of every brick at every footprint under a clock that jitters, if the tolerance is this.
static void assert_visits(struct fixture *f, double tolerance, int expected)
{
    struct mock mock = {.step = 1000, .jitter = 100000};
    struct sampler_options options = sampler_defaults;
    options.tolerance = tolerance;
    sample(f, &mock, &options);
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < 2; k++)
            assert_int_equal(n_visits(record_find(&f->records[i], f->footprints[k])), expected);
}

static void sampler__good_enough_bricks_are_visited_once(void **state)
{
    assert_visits(*state, 100, 1);
}

static void sampler__uncertain_bricks_are_visited_up_to_the_cap(void **state)
{
    assert_visits(*state, 1e-9, sampler_defaults.max_visits);
}

static void sampler__the_cost_of_the_clock_is_taken_off(void **state)
{
    struct fixture *f = *state;
    struct mock mock = {.step = 1000};
    sample(f, &mock, &sampler_defaults);
    // with a clock that moves at readings only, all time is the clock's own
    assert_close(record_find(&f->records[0], f->footprints[0])->time_ns[0], 0, 0);
}

static void sampler__the_hot_loop_is_recorded_beside(void **state)
{
    struct fixture *f = *state;
    struct mock mock = {.step = 1000};
    sample(f, &mock, &sampler_defaults);
    for (int i = 0; i < 2; i++) {
        assert_non_null(record_find(&f->records[i], 0));
        assert_int_equal(f->records[i].n_series, 3);
        assert_string_not_equal(f->records[i].implementation, "");
    }
}

static void sampler__ends_whatever_the_clock_says(void **state)
{
    struct fixture *f = *state;
    static const struct mock mocks[] = {
        {.step = 0},                                       // it stands still
        {.step = 1},                                       // or nearly so
        {.step = UINT64_C(3600000000000)},                 // an hour per reading
        {.step = 1000, .jitter = UINT64_C(1000000000000)}, // nothing takes as long twice
        {.step = 1000, .leap = UINT64_MAX - 5000000, .leap_every = 1000}, // it goes back
        {.now = UINT64_MAX - 1000000, .step = 1000},                      // it overflows
    };
    for (size_t i = 0; i < N_ELEMENTS(mocks); i++) {
        struct mock mock = mocks[i];
        assert_in_range(sample(f, &mock, &sampler_defaults), 1, 100);
        for (int k = 0; k < 2; k++) {
            record_release(&f->records[k]);
            record_init(&f->records[k], texts[k]);
        }
    }
}

// What a clock that only moves when it is read has come to, once all has been timed beside a model
// whose rest takes so long.
static double elapsed_ns(struct fixture *f, double rest_ns, bool forgets)
{
    struct mock mock = {.step = 1000};
    struct sampler_options options = sampler_defaults;
    options.tolerance = 100;
    for (int i = 0; i < f->n_chains; i++) {
        f->chains[i].rest_ns = rest_ns;
        f->chains[i].forgets = forgets;
    }
    for (int i = 0; i < 2; i++) {
        record_release(&f->records[i]);
        record_init(&f->records[i], texts[i]);
    }
    sample(f, &mock, &options);
    return (double)mock.now;
}

static void sampler__passes_wait_as_long_as_the_rest_of_the_model_runs(void **state)
{
    struct fixture *f = *state;
    const double rest_ns = 3e6, alone_ns = elapsed_ns(f, 0, false);
    const int n_sequences = 4, n_passes = 2 + 3; // at least: to warm up, and timed
    assert_true(elapsed_ns(f, rest_ns, false) - alone_ns >= n_sequences * n_passes * rest_ns);
    assert_true(elapsed_ns(f, rest_ns, true) - alone_ns < rest_ns); // nothing would be found
}

// Two implementations of one brick, each in a chain of its own: a further target with kernels of
// its own.
static void sampler__implementations_are_timed_in_turns_into_records_of_their_own(void **state)
{
    struct fixture *f = *state;
    const struct graph *g = f->bricks[1]->graph;
    struct kernel_names names;
    struct kernel_set *other = kernel_set_new(&f->engine);
    struct mock mock = {.step = 1000, .jitter = 100000};
    struct sampler_options options = {.max_visits = 5, .seed = 1};
    kernel_alternatives(&f->engine, g, &g->nodes[0], &names);
    assert_true(names.n > 0);
    kernel_set_wish(other, g, &g->nodes[0], names.name[0]);
    brick_free(f->bricks[0]);
    plan_release(&f->plans[0]);
    f->bricks[0] = brick_parse(texts[1], NULL);
    plan_init(&f->plans[0], f->bricks[0]->graph);
    f->targets[0].brick = f->bricks[0];
    f->targets[0].kernels = other;
    for (int i = 0; i < 2; i++) {
        f->chains[i].graph = f->bricks[0]->graph;
        record_release(&f->records[i]);
        record_init(&f->records[i], texts[1]);
    }
    sample(f, &mock, &options);
    assert_string_equal(f->records[0].implementation, names.name[0]);
    assert_string_not_equal(f->records[1].implementation, names.name[0]);
    for (int k = 0; k < 2; k++) {
        const struct series *a = record_find(&f->records[0], f->footprints[k]);
        const struct series *b = record_find(&f->records[1], f->footprints[k]);
        assert_int_equal(n_visits(a), 5);
        assert_int_equal(n_visits(b), 5);
        for (int i = 0; i < a->n; i++) // no visit gives samples of both
            for (int j = 0; j < b->n; j++)
                assert_int_not_equal(a->conditions[i].visit, b->conditions[j].visit);
        // a round is over before the next one begins
        assert_true(a->conditions[0].visit < b->conditions[b->n - 1].visit);
        assert_true(b->conditions[0].visit < a->conditions[a->n - 1].visit);
    }
    kernel_set_free(other);
}

static void suffice__small_shares_need_fewer_visits(void **state)
{
    (void)state;
    const double x[] = {100, 101, 99, 100, 102, 98};
    assert_false(visits_suffice(x, 0, 0.001, &sampler_defaults));
    assert_true(visits_suffice(x, 1, 0.01, &sampler_defaults));
    assert_false(visits_suffice(x, 1, 0.1, &sampler_defaults));
    assert_true(visits_suffice(x, 6, 0.1, &sampler_defaults));
    assert_false(visits_suffice(x, 6, 1, &sampler_defaults));
}

static void suffice__visits_that_disagree_are_not_enough(void **state)
{
    (void)state;
    const double x[] = {100, 140, 70, 120, 80, 130};
    assert_false(visits_suffice(x, 6, 0.1, &sampler_defaults));
}

// Visits of two kinds, taken while the cores were near each other and far.
static void add_visits(struct series *s, int n, float handoff_ns)
{
    for (int i = 0; i < n; i++)
        series_add(s, 100, (struct condition){.handoff_ns = handoff_ns, .visit = s->n});
}

static void suffice__twice_the_usual_visits_do_in_whatever_condition(void **state)
{
    (void)state;
    const struct band near = {40, 60};
    struct series s = {0};
    add_visits(&s, 8, 200); // a share of 0.1 needs 4
    assert_false(series_suffices(&s, near, 0.1, &sampler_defaults));
    add_visits(&s, 1, 50);
    assert_true(series_suffices(&s, near, 0.1, &sampler_defaults));
    assert_false(series_suffices(&s, near, 0.9, &sampler_defaults));
    series_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sampler__good_enough_bricks_are_visited_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sampler__the_cost_of_the_clock_is_taken_off, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sampler__uncertain_bricks_are_visited_up_to_the_cap, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(sampler__the_hot_loop_is_recorded_beside, setup, teardown),
        cmocka_unit_test_setup_teardown(sampler__ends_whatever_the_clock_says, setup, teardown),
        cmocka_unit_test_setup_teardown(sampler__passes_wait_as_long_as_the_rest_of_the_model_runs,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            sampler__implementations_are_timed_in_turns_into_records_of_their_own, setup, teardown),
        cmocka_unit_test(suffice__small_shares_need_fewer_visits),
        cmocka_unit_test(suffice__visits_that_disagree_are_not_enough),
        cmocka_unit_test(suffice__twice_the_usual_visits_do_in_whatever_condition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
