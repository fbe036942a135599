#include "tests/predict/places_case.h"

static double time_of(const struct fixture *f, int brick)
{
    struct brick_time t = brick_time(&f->timings, brick, FOOTPRINT);
    brick_time_release(&t);
    return t.time_ns;
}

// Loads the first place's records and what stands in for them. Returns for how many bricks it does.
static int add_stale(struct fixture *f)
{
    const struct cache_all all = {f->places, f->n_places};
    timings_load(&f->timings, &f->suite, &f->places[0]);
    return timings_add_stale(&f->timings, &all, &f->places[0]);
}

static void stale__an_own_record_comes_first_however_old(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_version(f, "here", 1, "2.6.3");
    struct cache_place *older = add_version(f, "here", 1, "2.6.2");
    put_at(f, here, 0, 100, 1);
    put_at(f, older, 0, 900, 50);
    put_at(f, older, 1, 700, 50);
    assert_int_equal(add_stale(f), 1);
    assert_null(f->timings.stale[0].place);
    assert_ptr_equal(f->timings.stale[1].place, older);
    assert_close(time_of(f, 0), 100, 1e-9);
    assert_close(time_of(f, 1), 700, 1e-9);
}

static struct brick_time at_point(const struct fixture *f, int brick, int point)
{
    struct brick_time t = brick_time(&f->timings, brick, footprint_grid(point));
    brick_time_release(&t);
    return t;
}

// Timed here, but not at all footprints that another patch level was timed at.
static void stale__tells_of_footprints_that_an_own_record_lacks(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_version(f, "here", 1, "2.6.3");
    struct cache_place *older = add_version(f, "here", 1, "2.6.2");
    put_points(f, here, 0, 1, 100);
    put_points(f, older, 0, 2, 900);
    assert_int_equal(add_stale(f), 1);
    assert_close(at_point(f, 0, 0).time_ns, 100, 1e-9);
    assert_int_equal(at_point(f, 0, 0).runs, 1);
    assert_null(at_point(f, 0, 0).stale_from);
    assert_close(at_point(f, 0, 1).time_ns, 900, 1e-9);
    assert_ptr_equal(at_point(f, 0, 1).stale_from, older);
}

static void stale__the_place_that_timed_the_brick_last_tells(void **state)
{
    struct fixture *f = *state;
    add_version(f, "here", 1, "2.6.3");
    struct cache_place *newer = add_version(f, "here", 1, "2.6.4");
    struct cache_place *older = add_version(f, "here", 1, "2.6.2");
    for (int brick = 0; brick < 2; brick++) {
        put_at(f, newer, brick, 100, brick ? 10 : 20);
        put_at(f, older, brick, 900, brick ? 20 : 10);
    }
    assert_int_equal(add_stale(f), 2);
    assert_ptr_equal(f->timings.stale[0].place, newer);
    assert_ptr_equal(f->timings.stale[1].place, older);
    assert_close(time_of(f, 0), 100, 1e-9);
    assert_close(time_of(f, 1), 900, 1e-9);
}

static void stale__nothing_else_is(void **state)
{
    struct fixture *f = *state;
    add_version(f, "here", 1, "2.6.3");
    struct cache_place *others[] = {
        add_version(f, "there", 1, "2.6.2"), // another machine
        add_sized(f, "here", 4, 1, "2.6.2"), // another size of it
        add_version(f, "here", 2, "2.6.2"),  // other threads
        add_version(f, "here", 1, "2.7.3"),  // more than a patch
    };
    for (size_t i = 0; i < N_ELEMENTS(others); i++)
        put(f, others[i], 0, 100);
    const struct cache_all all = {f->places, f->n_places};
    assert_false(cache_has_stale(&all, &f->places[0]));
    assert_int_equal(add_stale(f), 0);
    assert_null(f->timings.stale[0].place);
    assert_close(time_of(f, 0), 0, 0);
}

static void place__is_found_by_machine_and_environment(void **state)
{
    struct fixture *f = *state;
    add_version(f, "here", 1, "2.6.2");
    add_sized(f, "here", 4, 1, "2.6.3");
    struct cache_place *same = add_version(f, "here", 1, "2.6.3");
    const struct cache_all all = {f->places, f->n_places};
    struct cache_place wanted = {.machine = same->machine, .environment = same->environment};
    snprintf(wanted.machine.host, sizeof wanted.machine.host, "elsewhere");
    assert_ptr_equal(cache_same_place(&all, &wanted), same);
    wanted.machine.cores = 7;
    assert_null(cache_same_place(&all, &wanted));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(stale__an_own_record_comes_first_however_old),
        CASE(stale__tells_of_footprints_that_an_own_record_lacks),
        CASE(stale__the_place_that_timed_the_brick_last_tells),
        CASE(stale__nothing_else_is),
        CASE(place__is_found_by_machine_and_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
