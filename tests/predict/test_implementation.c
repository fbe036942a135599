// Larger bricks run what was chosen for their steps: their records from before tell nothing.
#include "tests/predict/places_case.h"

#include "predict/implementation.h"

#define STEP(op, src) op " " src ":f32:1x1000 > f32:1x1000"

enum { RELU, EXP, BOTH };
static const char *const texts[] = {
    [RELU] = "dlb1 " STEP("Relu", "i0") " | out s0",
    [EXP] = "dlb1 " STEP("Exp", "i0") " | out s0",
    [BOTH] = "dlb1 " STEP("Relu", "i0") " | " STEP("Exp", "s0") " | out s1",
};

struct case_of_records {
    const char *before; // of the larger brick, of second 100
    struct {
        int brick;
        const char *implementation;
        int64_t unix_time;
        int n_tried;
    } step[2];
    const char *counts;
};

static const struct case_of_records cases[] = {
    {"a | b", {{RELU, "c", 200, 2}, {EXP, "b", 200, 0}}, "c | b"},
    {"a | b", {{RELU, "c", 200, 2}, {EXP, "d", 200, 2}}, "c | d"},
    {"a | b", {{RELU, "a", 200, 2}, {EXP, "b", 200, 2}}, "a | b"},
    // timed after the choice, without it, as in another cache
    {"a | b", {{RELU, "c", 50, 2}, {EXP, "b", 50, 0}}, "c | b"},
    // nothing was chosen
    {"a | b", {{RELU, "c", 200, 0}, {EXP, "b", 200, 0}}, "a | b"},
    // the second name did not fit
    {"a", {{RELU, "a", 200, 2}, {EXP, "d", 200, 2}}, "a"},
    {"a", {{RELU, "c", 200, 2}, {EXP, "d", 200, 2}}, "c"},
};

static void put_run(const struct cache_place *place, const struct brick *brick, const char *run,
                    const char *implementation, int64_t unix_time, int n_tried)
{
    struct record r;
    record_init(&r, brick->text);
    snprintf(r.run, sizeof r.run, "%s", run);
    snprintf(r.implementation, sizeof r.implementation, "%s", implementation);
    r.unix_time = unix_time;
    r.loop_version = brick_loop_version(brick->graph);
    r.n_tried = n_tried;
    for (int i = 0; i < n_tried; i++)
        r.tried[i] = (struct tried){.implementation = "x", .time_ns = 1, .n_samples = 1};
    series_add(record_series(&r, footprint_grid(0)), 1000, (struct condition){.cycle_ns = 0.25f});
    assert_int_equal(cache_put(place, &r, NULL), 0);
    record_release(&r);
}

static void put_case(const struct cache_place *place, const struct suite *s,
                     const struct case_of_records *c)
{
    put_run(place, s->bricks[BOTH], "20260101T000000-0001", c->before, 100, 0);
    for (size_t i = 0; i < N_ELEMENTS(c->step); i++)
        put_run(place, s->bricks[c->step[i].brick], "20260101T000000-0002",
                c->step[i].implementation, c->step[i].unix_time, c->step[i].n_tried);
}

static void check_case(struct fixture *f, const struct cache_place *place, struct suite *s,
                       const struct case_of_records *c)
{
    put_case(place, s, c);
    timings_load(&f->timings, s, place);
    assert_string_equal(timings_implementation(&f->timings, BOTH, 0), c->counts);
    bool used = timings_series(&f->timings, BOTH, 0, footprint_grid(0));
    assert_int_equal(used, strcmp(c->before, c->counts) == 0);
    // what runs as was chosen counts
    put_run(place, s->bricks[BOTH], "20260101T000000-0003", c->counts, 300, 0);
    timings_release(&f->timings);
    timings_load(&f->timings, s, place);
    struct brick_time t = brick_time(&f->timings, BOTH, footprint_grid(0));
    assert_int_equal(t.runs, strcmp(c->before, c->counts) == 0 ? 2 : 1);
    assert_string_equal(t.implementation, c->counts);
    brick_time_release(&t);
    timings_release(&f->timings);
}

static void choice_for_a_step__outdates_larger_bricks(void **state)
{
    struct fixture *f = *state;
    struct suite s;
    char cpu[16];
    suite_init(&s, 2);
    for (size_t i = 0; i < N_ELEMENTS(texts); i++)
        suite_add_brick(&s, brick_parse(texts[i], NULL));
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        snprintf(cpu, sizeof cpu, "cpu %zu", i);
        check_case(f, add_place(f, cpu, 1), &s, &cases[i]);
    }
    suite_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(choice_for_a_step__outdates_larger_bricks, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
