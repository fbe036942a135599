#include "tests/test.h"

#include "predict/predict.h"

static const struct condition near = {.handoff_ns = 50, .cycle_ns = 0.25f};

static const char *const texts[] = {
    "dlb1 Relu i0:f32:1x1000 > f32:1x1000 | out s0",
    "dlb1 Tanh i0:f32:1x1000 > f32:1x1000 | out s0",
};

static struct edge from_input = {NONE, 0}, from_first = {0, 0}, from_second = {1, 0};
static const char *names[] = {"relu_a", "tanh_b", "relu_c"};

// Relu, Tanh, Relu in a row: two bricks, three instances.
static void make_suite(struct suite *s)
{
    static struct port input = {"x", {TYPE_f32, LAYOUT_row, 2, {1, 1000}}, {NONE, 0}};
    static struct port output = {"y", {TYPE_f32, LAYOUT_row, 2, {1, 1000}}, {2, 0}};
    static struct instance instances[3];
    suite_init(s, 1);
    for (int i = 0; i < 2; i++)
        assert_int_equal(suite_add_brick(s, brick_parse(texts[i], NULL)), i);
    struct edge *edges[] = {&from_input, &from_first, &from_second};
    for (int i = 0; i < 3; i++)
        instances[i] = (struct instance){
            .brick = i % 2, .n_steps = 1, .layers = &names[i], .n_inputs = 1, .inputs = edges[i]};
    struct model *m = suite_add_model(s, "three", "test");
    m->n_inputs = m->n_outputs = 1;
    m->inputs = &input;
    m->outputs = &output;
    m->n_instances = 3;
    m->instances = instances;
    m->n_layers = 3;
}

// Timings as the cache would give them: `runs` records of every brick.
struct fixture {
    struct suite suite;
    struct timings timings;
};

static struct record *add_record(struct fixture *f, int brick)
{
    struct timings *t = &f->timings;
    size_t n = (size_t)t->n_records[brick] + 1;
    t->records[brick] = xrealloc(t->records[brick], n * sizeof(struct record));
    struct record *r = &t->records[brick][t->n_records[brick]++];
    record_init(r, texts[brick]);
    snprintf(r->implementation, sizeof r->implementation, "loop");
    r->unix_time = 1000 + t->n_records[brick];
    return r;
}

static void add_samples(struct record *r, double footprint, double time_ns)
{
    for (int i = 0; i < 15; i++)
        series_add(record_series(r, footprint), time_ns + (i - 7), near);
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    make_suite(&f->suite);
    f->timings = (struct timings){
        .suite = &f->suite,
        .far = 1 << 26,
        .n_records = xcalloc(2, sizeof(int)),
        .records = xcalloc(2, sizeof(struct record *)),
        .band = band_all(),
    };
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    timings_release(&f->timings);
    suite_release(&f->suite);
    free(f);
    return 0;
}

// A brick's time without its samples.
static struct brick_time time_of(const struct fixture *f, int brick, double footprint)
{
    struct brick_time t = brick_time(&f->timings, brick, footprint);
    brick_time_release(&t);
    return t;
}

static void predict__is_the_sum_over_the_instances(void **state)
{
    struct fixture *f = *state;
    add_samples(add_record(f, 0), footprint_grid(0), 1000);
    add_samples(add_record(f, 1), footprint_grid(0), 5000);
    struct prediction p;
    predict_model(&p, &f->timings, &f->suite.models[0]);
    assert_close(p.time_ns, 7000, 1e-9);
    assert_int_equal(p.n_bricks, 2);
    assert_int_equal(p.n_missing, 0);
    assert_int_equal(p.runs, 1);
    assert_int_equal(p.oldest, 1001);
    assert_true(p.low_ns < p.time_ns && p.time_ns < p.high_ns);
    assert_close(p.high_ns - p.time_ns, p.time_ns - p.low_ns, 1e-9);
    prediction_release(&p);
}

static void predict__no_range_begins_below_zero(void **state)
{
    struct fixture *f = *state;
    add_samples(add_record(f, 0), footprint_grid(0), 100);
    add_samples(add_record(f, 0), footprint_grid(0), 10000);
    add_samples(add_record(f, 1), footprint_grid(0), 100);
    struct prediction p;
    predict_model(&p, &f->timings, &f->suite.models[0]);
    assert_true(p.high_ns - p.time_ns > p.time_ns);
    assert_close(p.low_ns, 0, 1e-9);
    prediction_release(&p);
}

static void predict__a_brick_without_record_is_missing_not_zero(void **state)
{
    struct fixture *f = *state;
    add_samples(add_record(f, 0), footprint_grid(0), 1000);
    add_samples(add_record(f, 1), footprint_grid(3), 5000); // of another footprint only
    struct prediction p;
    predict_model(&p, &f->timings, &f->suite.models[0]);
    assert_int_equal(p.n_missing, 1);
    assert_false(p.times[1].known);
    assert_close(p.time_ns, 2000, 1e-9);
    prediction_release(&p);
}

static void time__is_that_of_the_nearest_point_of_the_grid(void **state)
{
    struct fixture *f = *state;
    struct record *r = add_record(f, 0);
    add_samples(r, footprint_grid(2), 1000);
    add_samples(r, footprint_grid(3), 3000);
    double middle = sqrt(footprint_grid(2) * footprint_grid(3));
    assert_close(time_of(f, 0, 0.99 * middle).time_ns, 1000, 1e-6);
    assert_close(time_of(f, 0, 1.01 * middle).time_ns, 3000, 1e-6);
    assert_false(time_of(f, 0, footprint_grid(4)).known);
}

static void time__implementations_are_never_pooled(void **state)
{
    struct fixture *f = *state;
    add_samples(add_record(f, 0), footprint_grid(0), 1000);
    struct record *newer = add_record(f, 0);
    add_samples(newer, footprint_grid(0), 9000);
    snprintf(newer->implementation, sizeof newer->implementation, "jit");
    struct brick_time t = time_of(f, 0, 0);
    assert_close(t.time_ns, 9000, 1e-9);
    assert_string_equal(t.implementation, "jit");
    assert_int_equal(t.runs, 1);
}

// What counts as known for `bench` is what `predict` can use.
static void series__a_time_is_known_exactly_where_there_is_one(void **state)
{
    struct fixture *f = *state;
    add_samples(add_record(f, 0), footprint_grid(2), 1000);
    struct record *newer = add_record(f, 0);
    snprintf(newer->implementation, sizeof newer->implementation, "jit");
    add_samples(newer, footprint_grid(3), 3000);
    record_series(newer, footprint_grid(4)); // without samples
    for (int i = 0; i < 6; i++) {
        double footprint = footprint_grid(i);
        bool known = timings_series(&f->timings, 0, 0, footprint) ||
                     timings_series(&f->timings, 0, 1, footprint);
        assert_int_equal(known, i == 3);
        assert_int_equal(time_of(f, 0, footprint).known, known);
    }
}

static void time__visits_that_disagree_widen_the_error(void **state)
{
    struct fixture *f = *state;
    add_samples(add_record(f, 0), footprint_grid(0), 1000);
    double alone = time_of(f, 0, 0).sigma_ns;
    add_samples(add_record(f, 0), footprint_grid(0), 1400);
    struct brick_time both = time_of(f, 0, 0);
    assert_int_equal(both.runs, 2);
    assert_close(both.time_ns, 1200, 1e-9);
    assert_close(alone, usual_spread(1000) * 1000, 1e-9); // one visit says nothing of the spread
    assert_true(both.sigma_ns > 2.5 * alone);
}

static void time__runs_that_disagree_widen_the_error_however_many_visits_they_had(void **state)
{
    struct fixture *f = *state;
    for (int run = 0; run < 2; run++) {
        struct series *s = record_series(add_record(f, 0), footprint_grid(0));
        for (int visit = 0; visit < 40; visit++)
            series_add(s, 1000 + 100 * run, (struct condition){50, 0.25f, 0, visit});
    }
    assert_true(time_of(f, 0, 0).sigma_ns > 0.03 * 1050);
}

static const struct condition apart = {.handoff_ns = 200, .cycle_ns = 0.25f};

static void time__is_that_of_the_prevailing_condition(void **state)
{
    struct fixture *f = *state;
    struct record *r = add_record(f, 0);
    add_samples(r, footprint_grid(0), 1000); // 15 near ones
    for (int i = 0; i < 16; i++)
        series_add(record_series(r, footprint_grid(0)), 2000, apart);
    timings_survey(&f->timings);
    assert_close(time_of(f, 0, 0).time_ns, 2000, 1e-9);
}

static void time__of_another_condition_is_known_but_uncertain(void **state)
{
    struct fixture *f = *state;
    struct record *r = add_record(f, 0), *other = add_record(f, 1);
    add_samples(r, footprint_grid(0), 1000);
    for (int i = 0; i < 16; i++)
        series_add(record_series(other, footprint_grid(0)), 2000, apart);
    timings_survey(&f->timings);
    struct brick_time near_time = time_of(f, 0, 0), far_time = time_of(f, 1, 0);
    assert_close(near_time.time_ns, 1000, 1e-9);
    assert_true(near_time.sigma_ns > 0.1 * near_time.time_ns);
    assert_close(far_time.sigma_ns, usual_spread(far_time.time_ns) * far_time.time_ns, 1e-9);
}

static void point__is_at_most_a_tenth_away(void **state)
{
    (void)state;
    double beyond = 64 << 20;
    for (double footprint = 300e3; footprint < 1e9; footprint *= 1.07) {
        double point = footprint_point(footprint, beyond);
        if (footprint < beyond)
            assert_true(fabs(log2(point / footprint)) < 0.13);
        else
            assert_close(point, footprint_point(beyond, beyond), 0);
    }
    assert_close(footprint_point(1, beyond), footprint_grid(0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(predict__is_the_sum_over_the_instances, setup, teardown),
        cmocka_unit_test_setup_teardown(predict__no_range_begins_below_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(predict__a_brick_without_record_is_missing_not_zero, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(time__is_that_of_the_nearest_point_of_the_grid, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(time__implementations_are_never_pooled, setup, teardown),
        cmocka_unit_test_setup_teardown(time__visits_that_disagree_widen_the_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            time__runs_that_disagree_widen_the_error_however_many_visits_they_had, setup, teardown),
        cmocka_unit_test_setup_teardown(series__a_time_is_known_exactly_where_there_is_one, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(time__is_that_of_the_prevailing_condition, setup, teardown),
        cmocka_unit_test_setup_teardown(time__of_another_condition_is_known_but_uncertain, setup,
                                        teardown),
        cmocka_unit_test(point__is_at_most_a_tenth_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
