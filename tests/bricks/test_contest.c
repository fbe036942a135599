// Which implementation of a brick counts.
#include "tests/test.h"

#include <math.h>

#include "bricks/contest.h"

static const char brick_text[] = "dlb1 Relu i0:f32:1x8 > f32:1x8 | out s0";

// One sample per visit: n visits of about time_ns, `spread` of it apart from one to the next.
static void add_visits(struct record *r, double footprint, int n, double time_ns, double spread)
{
    for (int i = 0; i < n; i++)
        series_add(record_series(r, footprint), time_ns * (1 + (i % 3 - 1) * spread),
                   (struct condition){.handoff_ns = 50, .visit = i});
}

// Whether one that takes `ratio` of the incumbent's 1 ms wins after n visits of each.
static bool wins(double ratio, int n, double spread)
{
    struct demand d = {0};
    struct record incumbent, challenger;
    demand_add(&d, 1e6, 3);
    record_init(&incumbent, brick_text);
    record_init(&challenger, brick_text);
    add_visits(&incumbent, 1e6, n, 1e6, spread);
    add_visits(&challenger, 1e6, n, ratio * 1e6, spread);
    struct standing a = contest_standing(&incumbent, &d), b = contest_standing(&challenger, &d);
    bool won = contest_is_won(&a, &b);
    record_release(&incumbent);
    record_release(&challenger);
    demand_release(&d);
    return won;
}

static void winner__is_clearly_faster(void **state)
{
    (void)state;
    assert_true(wins(0.90, 8, 0.01));
    assert_true(wins(0.50, 2, 0.01));
    assert_false(wins(0.975, 8, 0));
    assert_false(wins(0.975, 1000, 0)); // however certain that is
    assert_false(wins(1, 8, 0));
    assert_false(wins(1.2, 8, 0));
}

static void winner__is_faster_than_the_noise(void **state)
{
    (void)state;
    assert_false(wins(0.90, 1, 0)); // what visits usually spread counts as well
    assert_false(wins(0.90, 3, 0.2));
    assert_true(wins(0.90, 30, 0.05));
}

// What won is the incumbent of the next time.
static void winner__does_not_lose_to_what_it_has_beaten(void **state)
{
    (void)state;
    for (double ratio = 0.5; ratio < 2; ratio += 0.01)
        for (int n = 1; n < 20; n++)
            assert_false(wins(ratio, n, 0.01) && wins(1 / ratio, n, 0.01));
}

static void standing__sums_all_uses_and_wants_all_footprints(void **state)
{
    (void)state;
    struct demand d = {0};
    struct record r;
    demand_add(&d, 1e6, 3);
    demand_add(&d, 2e6, 1);
    record_init(&r, brick_text);
    add_visits(&r, 1e6, 3, 1000, 0.1);
    assert_false(contest_standing(&r, &d).known);
    add_visits(&r, 2e6, 3, 5000, 0.1);
    add_visits(&r, 3e6, 3, 70000, 0.1); // nobody asked
    struct standing s = contest_standing(&r, &d);
    assert_true(s.known);
    assert_close(s.time_ns, 3 * 1000 + 5000, 1e-9);
    assert_true(s.error_ns > 0 && s.error_ns < 0.2 * s.time_ns);
    record_release(&r);
    demand_release(&d);
}

static void nobody_wins__without_samples(void **state)
{
    (void)state;
    const struct standing none = {0}, some = {true, 1000, 1}, fast = {true, 500, 1};
    assert_false(contest_is_won(&none, &some));
    assert_false(contest_is_won(&some, &none));
    assert_false(contest_is_open(&some, &none));
    assert_true(contest_is_open(&some, &fast));
    assert_true(contest_is_open(&some, &some)); // a few samples say little
    assert_false(contest_is_open(&fast, &some));
}

// The ratio that is decided where the incumbent takes 1 ms and the cache says known_ns.
static double decide(struct contest *c, double known_ns, double challenger_ns)
{
    struct record incumbent, challenger;
    *c = (struct contest){0};
    demand_add(&c->demand, 1e6, 1);
    demand_add(&c->demand, 2e6, 50); // most of the time
    record_init(&incumbent, brick_text);
    record_init(&challenger, brick_text);
    snprintf(incumbent.implementation, sizeof incumbent.implementation, "one");
    snprintf(challenger.implementation, sizeof challenger.implementation, "other");
    for (int k = 1; k <= 2; k++) {
        add_visits(&incumbent, k * 1e6, 8, 1e6, 0.01);
        add_visits(&challenger, k * 1e6, 8, challenger_ns, 0.01);
    }
    double ratio = contest_decide(c, &incumbent, &challenger, known_ns);
    record_release(&incumbent);
    record_release(&challenger);
    return ratio;
}

static void decision__wants_the_samples_of_now_and_of_before(void **state)
{
    (void)state;
    static const struct {
        double known_ns, challenger_ns, ratio;
    } cases[] = {
        {0, 0.9e6, 0.9}, {51e6, 0.9e6, 0.9},      {0, 0.99e6, 1},
        {0, 1.1e6, 1},   {51 * 0.91e6, 0.9e6, 1}, // the incumbent was slow only now
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct contest c;
        assert_close(decide(&c, cases[i].known_ns, cases[i].challenger_ns), cases[i].ratio, 1e-9);
        demand_release(&c.demand);
    }
}

static void decision__notes_what_was_compared(void **state)
{
    (void)state;
    struct contest c;
    struct record again;
    decide(&c, 0, 0.9e6);
    assert_int_equal(c.n_tried, 2);
    assert_string_equal(c.tried[0].implementation, "one");
    assert_string_equal(c.tried[1].implementation, "other");
    assert_close(c.tried[1].footprint, 2e6, 0);
    assert_close(c.tried[1].time_ns, 0.9e6, 1e-9);
    assert_int_equal(c.tried[1].n_samples, 8);
    record_init(&again, brick_text);
    snprintf(again.implementation, sizeof again.implementation, "other");
    add_visits(&again, 2e6, 3, 7e6, 0);
    contest_note(&c, &again, &again);
    assert_int_equal(c.n_tried, 2);
    assert_close(c.tried[1].time_ns, 7e6, 0);
    record_release(&again);
    demand_release(&c.demand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winner__is_clearly_faster),
        cmocka_unit_test(winner__is_faster_than_the_noise),
        cmocka_unit_test(winner__does_not_lose_to_what_it_has_beaten),
        cmocka_unit_test(standing__sums_all_uses_and_wants_all_footprints),
        cmocka_unit_test(nobody_wins__without_samples),
        cmocka_unit_test(decision__wants_the_samples_of_now_and_of_before),
        cmocka_unit_test(decision__notes_what_was_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
