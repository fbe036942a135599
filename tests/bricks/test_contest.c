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
    free(d.footprint);
    free(d.uses);
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
    free(d.footprint);
    free(d.uses);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(winner__is_clearly_faster),
        cmocka_unit_test(winner__is_faster_than_the_noise),
        cmocka_unit_test(winner__does_not_lose_to_what_it_has_beaten),
        cmocka_unit_test(standing__sums_all_uses_and_wants_all_footprints),
        cmocka_unit_test(nobody_wins__without_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
