#include "tests/predict/places_case.h"

// Asks for the time of one brick in the first place.
static struct brick_time ask(struct fixture *f, int brick)
{
    timings_load(&f->timings, &f->suite, &f->places[0]);
    f->estimator = estimator_new(&f->timings, &f->places[0], f->n_places, f->places);
    struct brick_time t = estimator_time(f->estimator, brick, FOOTPRINT);
    brick_time_release(&t);
    return t;
}

static void estimate__recovers_the_ratio_of_two_machines(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_place(f, "here", 1), *there = add_place(f, "there", 1);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, there, i, source_ns(i));
        if (i != 5)
            put(f, here, i, 2.5 * source_ns(i));
    }
    struct brick_time t = ask(f, 5);
    assert_true(t.known);
    assert_non_null(strstr(t.estimated_from, "there"));
    assert_close(t.time_ns / (2.5 * source_ns(5)), 1, 1e-3);
    assert_true(t.sigma_ns < 0.01 * t.time_ns);
}

static void estimate__recovers_a_ratio_for_each_kind(void **state)
{
    struct fixture *f = *state;
    static const double ratio[] = {0.5, 2, 1};
    struct cache_place *here = add_place(f, "here", 1), *there = add_place(f, "there", 1);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, there, i, source_ns(i));
        if (i != 3 && i != N_SIZES + 3)
            put(f, here, i, ratio[kind_of(i)] * source_ns(i));
    }
    struct brick_time t = ask(f, 3);
    assert_close(t.time_ns / (ratio[0] * source_ns(3)), 1, 0.1);
    t = estimator_time(f->estimator, N_SIZES + 3, FOOTPRINT);
    brick_time_release(&t);
    assert_close(t.time_ns / (ratio[1] * source_ns(N_SIZES + 3)), 1, 0.1);
}

static struct probe limits = {
    .gflops_fma = 100, .gbps_memory = 10, .dispatch_ns = 100, .n_levels = 1};

// What the machine's limits allow, a tenth of it.
static double limited_ns(int brick)
{
    return 10 * (100 + 8.0 * size_of(brick) / 10);
}

// Finds what a teacher knows by its name.
static struct schooling schooling_of(const struct fixture *f, const char *teacher)
{
    struct schooling s;
    for (int i = 0; estimator_schooling(f->estimator, i, &s); i++)
        if (strcmp(s.teacher, teacher) == 0)
            return s;
    fail_msg("there is no teacher '%s'", teacher);
    return s;
}

// The other machine's times tell nothing of these; the roofline does.
static void estimate__takes_the_teacher_with_the_smaller_error(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_place(f, "here", 1), *there = add_place(f, "there", 1);
    here->probe = there->probe = limits;
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, there, i, 1000 + 1e6 * (i * 13 % 7));
        if (i != 5)
            put(f, here, i, limited_ns(i));
    }
    struct brick_time t = ask(f, 5);
    assert_string_equal(t.estimated_from, "peak and bandwidth");
    assert_close(t.time_ns / limited_ns(5), 1, 0.01);
    struct schooling there_is;
    assert_true(estimator_schooling(f->estimator, 0, &there_is)); // the other machine
    assert_true(there_is.median_error > 0.3);
    assert_true(schooling_of(f, "peak and bandwidth").median_error < 0.01);
}

// Far from what the machine's limits say, and each batch size otherwise.
static double odd_ns(int brick)
{
    static const double off[] = {1, 9, 0.3, 4, 20, 0.15, 2};
    return limited_ns(brick % N_BRICKS) * off[brick * 4 % 7];
}

// The fixture's bricks at batch size 2 as well.
static void add_batches(struct fixture *f)
{
    static const char *const ops[] = {"Relu", "Tanh", "Exp"};
    for (int i = 0; i < N_BRICKS; i++) {
        char text[128];
        snprintf(text, sizeof text, "dlb1 %s i0:f32:2x%d > f32:2x%d | out s0", ops[kind_of(i)],
                 size_of(i), size_of(i));
        suite_add_brick(&f->suite, brick_parse(text, NULL));
    }
}

// All are timed at two footprints, where they take the same, but for one that was never timed. The
// others at their other footprint must not vouch for it: they have that, and it has not.
static void estimate__other_footprints_do_not_vouch_for_a_brick_that_has_none(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_place(f, "here", 1);
    here->probe = limits;
    add_batches(f);
    for (int i = 0; i < 2 * N_BRICKS; i++)
        if (i != 5)
            put_points(f, here, i, 2, odd_ns(i));
    struct brick_time t = ask(f, 5);
    assert_true(t.known);
    assert_true(t.sigma_ns > 0.3 * t.time_ns);
    assert_true(schooling_of(f, "the same at other batch sizes").median_error > 0.3);
    assert_int_equal(schooling_of(f, "the same at other batch sizes").n_lessons,
                     2 * 2 * (N_BRICKS - 1));
}

static void estimate__knows_a_brick_by_its_other_footprints(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_place(f, "here", 1);
    here->probe = limits;
    for (int i = 0; i < N_BRICKS; i++)
        put_points(f, here, i, i == 5 ? 1 : 2, odd_ns(i));
    timings_load(&f->timings, &f->suite, here);
    f->estimator = estimator_new(&f->timings, here, f->n_places, f->places);
    struct brick_time t = estimator_time(f->estimator, 5, footprint_grid(1));
    brick_time_release(&t);
    assert_string_equal(t.estimated_from, "the same at other footprints");
    assert_close(t.time_ns / odd_ns(5), 1, 0.05);
    assert_true(t.sigma_ns < 0.1 * t.time_ns);
}

static void estimate__needs_lessons(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_place(f, "here", 1), *there = add_place(f, "there", 1);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, there, i, source_ns(i));
        if (i < MIN_LESSONS - 1)
            put(f, here, i, source_ns(i));
    }
    assert_false(ask(f, 20).known);
}

static void estimate__of_what_nobody_timed_is_missing(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_place(f, "here", 1), *there = add_place(f, "there", 1);
    for (int i = 0; i < N_BRICKS - 1; i++) {
        put(f, there, i, source_ns(i));
        put(f, here, i, source_ns(i));
    }
    assert_false(ask(f, N_BRICKS - 1).known);
}

// Errors of a factor that no rule explains: the interval must hold the truth nearly always.
static void estimate__intervals_hold_the_truth(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_place(f, "here", 1), *there = add_place(f, "there", 1);
    static const double off[] = {0, 0.1, -0.15, 0.2, -0.05, 0.12, -0.2};
    double truth[N_BRICKS];
    int n = 0, n_held = 0;
    for (int i = 0; i < N_BRICKS; i++) {
        truth[i] = 3 * source_ns(i) * exp(off[i * 5 % 7]);
        put(f, there, i, source_ns(i));
        if (i % 3)
            put(f, here, i, truth[i]);
    }
    ask(f, 0);
    for (int i = 0; i < N_BRICKS; i += 3, n++) {
        struct brick_time t = estimator_time(f->estimator, i, FOOTPRINT);
        brick_time_release(&t);
        n_held += fabs(t.time_ns - truth[i]) < 1.96 * t.sigma_ns;
        assert_true(t.sigma_ns < t.time_ns);
    }
    assert_true(n_held >= n - 1);
}

// With no lesson at all: between what fewer and what more threads take.
static void estimate__lies_between_thread_counts(void **state)
{
    struct fixture *f = *state;
    add_place(f, "here", 4);
    struct cache_place *two = add_place(f, "here", 2), *eight = add_place(f, "here", 8);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, two, i, 8 * source_ns(i));
        put(f, eight, i, 2 * source_ns(i));
    }
    struct brick_time t = ask(f, 7);
    assert_string_equal(t.estimated_from, "fewer and more threads");
    assert_close(t.time_ns / (4 * source_ns(7)), 1, 1e-3);
    assert_true(t.time_ns + 2 * t.sigma_ns > 5 * source_ns(7)); // it does not know
}

static void predict__says_what_is_estimated_and_how_well(void **state)
{
    struct fixture *f = *state;
    static struct instance instances[N_BRICKS];
    struct cache_place *here = add_place(f, "here", 1), *there = add_place(f, "there", 1);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, there, i, source_ns(i));
        if (i != 3)
            put(f, here, i, 2 * source_ns(i) * (i % 2 ? 1.2 : 0.8));
    }
    model_of(&f->suite, 4, instances);
    ask(f, 3);
    struct prediction without, with;
    predict_model(&without, &f->timings, &f->suite.models[0]);
    f->timings.estimator = f->estimator;
    predict_model(&with, &f->timings, &f->suite.models[0]);
    assert_int_equal(without.n_missing, 1);
    assert_int_equal(with.n_missing, 0);
    assert_int_equal(with.n_estimated, 1);
    assert_close(with.estimated_ns, with.times[3].time_ns, 1e-9);
    assert_close(with.time_ns - without.time_ns, with.estimated_ns, 1e-3 * with.time_ns);
    assert_true((with.high_ns - with.low_ns) / with.time_ns >
                2 * (without.high_ns - without.low_ns) / without.time_ns);
    for (int i = 0; i < 3; i++) // measured times stay what they are
        assert_close(with.times[i].time_ns, without.times[i].time_ns, 0);
    prediction_release(&without);
    prediction_release(&with);
}

// A stale record as a lesson would be guessed from itself, without any error.
static void estimate__stale_lessons_do_not_vouch_for_their_own_place(void **state)
{
    struct fixture *f = *state;
    struct schooling s;
    add_place(f, "here", 1);
    struct cache_place *older = add_version(f, "here", 1, "2.6.2");
    struct cache_place *there = add_place(f, "there", 1);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, older, i, source_ns(i));
        put(f, there, i, source_ns(i));
    }
    timings_load(&f->timings, &f->suite, &f->places[0]);
    const struct cache_all all = {f->places, f->n_places};
    assert_int_equal(timings_add_stale(&f->timings, &all, &f->places[0]), N_BRICKS);
    f->estimator = estimator_new(&f->timings, &f->places[0], f->n_places, f->places);
    assert_true(estimator_schooling(f->estimator, 0, &s));
    assert_non_null(strstr(s.teacher, "2.6.2"));
    assert_int_equal(s.n_lessons, 0);
    assert_true(estimator_schooling(f->estimator, 1, &s));
    assert_int_equal(s.n_lessons, N_BRICKS);
}

static void forecast__stale_counts_as_known_and_comes_before_estimates(void **state)
{
    struct fixture *f = *state;
    static struct instance instances[N_BRICKS];
    struct cache_place *here = add_place(f, "here", 1);
    struct cache_place *older = add_version(f, "here", 1, "2.6.2");
    struct cache_place *there = add_place(f, "there", 1);
    put(f, older, 2, 7000);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, there, i, source_ns(i));
        if (i != 2 && i != 3)
            put(f, here, i, source_ns(i));
    }
    model_of(&f->suite, 4, instances);
    const struct cache_place *const chosen[] = {&f->places[0]};
    const struct cache_all all = {f->places, f->n_places};
    static const struct {
        bool stale, estimates;
        int n_stale, n_estimated, n_missing;
    } cases[] = {{false, false, 0, 0, 2},
                 {true, false, 1, 0, 1},
                 {false, true, 0, 2, 0},
                 {true, true, 1, 1, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct forecast forecast;
        const struct substitutes with = {all, cases[i].stale, false, cases[i].estimates};
        forecasts_init(&forecast, 1, chosen, &f->suite, &with);
        const struct prediction *p = &forecast.prediction[0];
        assert_int_equal(forecast_count_stale(&forecast, 1, p), cases[i].n_stale);
        assert_int_equal(p->n_estimated, cases[i].n_estimated);
        assert_int_equal(p->n_missing, cases[i].n_missing);
        assert_int_equal(p->times[2].stale_from != NULL, cases[i].stale);
        if (cases[i].stale)
            assert_close(p->times[2].time_ns, 7000, 1e-9);
        forecasts_release(&forecast, 1);
    }
}

// The cache has them in another order.
static void estimate__asks_relatives_before_strangers(void **state)
{
    struct fixture *f = *state;
    struct schooling s;
    add_place(f, "here", 1);
    add_place(f, "there", 1);
    add_sized(f, "here", 4, 1, "2.6.3");
    add_place(f, "here", 2);
    static const char *const order[] = {"here ", "here-4 ", "there "};
    timings_load(&f->timings, &f->suite, &f->places[0]);
    f->estimator = estimator_new(&f->timings, &f->places[0], f->n_places, f->places);
    for (int i = 0; i < 3; i++) {
        assert_true(estimator_schooling(f->estimator, i, &s));
        assert_memory_equal(s.teacher, order[i], strlen(order[i]));
    }
}

// Of two estimates the errors are partly shared: more than independent ones, less than equal ones.
static void variance__of_estimates_counts_what_they_share(void **state)
{
    (void)state;
    const double sigma_ns[] = {3, 4, 0};
    double variance = estimates_variance(3, sigma_ns);
    assert_true(variance > 25 && variance < 49);
    assert_close(estimates_variance(1, sigma_ns), 9, 1e-9);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(estimate__recovers_the_ratio_of_two_machines),
        CASE(estimate__recovers_a_ratio_for_each_kind),
        CASE(estimate__takes_the_teacher_with_the_smaller_error),
        CASE(estimate__other_footprints_do_not_vouch_for_a_brick_that_has_none),
        CASE(estimate__knows_a_brick_by_its_other_footprints),
        CASE(estimate__needs_lessons),
        CASE(estimate__of_what_nobody_timed_is_missing),
        CASE(estimate__intervals_hold_the_truth),
        CASE(estimate__lies_between_thread_counts),
        CASE(predict__says_what_is_estimated_and_how_well),
        CASE(estimate__stale_lessons_do_not_vouch_for_their_own_place),
        CASE(estimate__asks_relatives_before_strangers),
        CASE(forecast__stale_counts_as_known_and_comes_before_estimates),
        CASE(variance__of_estimates_counts_what_they_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
