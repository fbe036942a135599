#include "tests/predict/places_case.h"

// A model of the first four bricks; "here" has two cores, its relatives have others.
enum { N_USED = 4 };

static struct instance instances[N_USED];

static struct cache_place *add_here(struct fixture *f, int cores)
{
    return add_sized(f, "here", cores, 2, "2.6.3");
}

// Predicts the model on the first place; release both.
static struct prediction *forecast(struct fixture *f, struct forecast *out, bool lent)
{
    const struct cache_place *const chosen[] = {&f->places[0]};
    const struct substitutes with = {{f->places, f->n_places}, false, lent, false};
    forecasts_init(out, 1, chosen, &f->suite, &with);
    return &out->prediction[0];
}

static void lend__never_unasked_and_always_marked(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_here(f, 2), *large = add_here(f, 8);
    model_of(&f->suite, N_USED, instances);
    for (int i = 0; i < N_USED; i++)
        put(f, large, i, 1000 * (i + 1));
    put(f, here, 0, 1000);
    for (int lent = 0; lent < 2; lent++) {
        struct forecast fc;
        const struct prediction *p = forecast(f, &fc, lent);
        assert_int_equal(p->n_lent, lent ? 3 : 0);
        assert_int_equal(p->n_missing, lent ? 0 : 3);
        assert_int_equal(p->n_measured, 1);
        assert_null(p->times[0].lent_from);
        for (int i = 1; i < N_USED; i++) {
            assert_int_equal(p->times[i].known, lent);
            assert_ptr_equal(p->times[i].lent_from, lent ? large : NULL);
            assert_close(p->times[i].time_ns, lent ? 1000 * (i + 1) : 0, 1e-9);
        }
        assert_close(p->lent_ns, lent ? 9000 : 0, 1e-9);
        forecasts_release(&fc, 1);
    }
}

// What the machine has timed itself is never touched by what others have.
static void lend__own_times_stay_what_they_are(void **state)
{
    struct fixture *f = *state;
    struct cache_place *here = add_here(f, 2), *large = add_here(f, 8);
    model_of(&f->suite, N_USED, instances);
    for (int i = 0; i < N_USED; i++) {
        put(f, here, i, 1000);
        put(f, large, i, 5000);
    }
    struct forecast fc;
    const struct prediction *p = forecast(f, &fc, true);
    assert_int_equal(p->n_lent, 0);
    assert_null(fc.lenders); // nobody was asked
    assert_close(p->time_ns, N_USED * 1000, 1e-6);
    forecasts_release(&fc, 1);
}

static void lend__only_relatives_in_an_equal_environment(void **state)
{
    struct fixture *f = *state;
    add_here(f, 2);
    struct cache_place *others[] = {add_sized(f, "there", 8, 2, "2.6.3"),
                                    add_sized(f, "here", 8, 1, "2.6.3"),
                                    add_sized(f, "here", 8, 2, "2.6.2")};
    model_of(&f->suite, N_USED, instances);
    for (size_t k = 0; k < N_ELEMENTS(others); k++) {
        put(f, others[k], 0, 1000);
        assert_false(place_is_lender(others[k], &f->places[0]));
    }
    assert_false(place_is_lender(&f->places[0], &f->places[0]));
    struct forecast fc;
    assert_int_equal(forecast(f, &fc, true)->n_missing, N_USED);
    assert_null(fc.lenders);
    forecasts_release(&fc, 1);
}

static void lend__the_next_in_size_lends_first(void **state)
{
    struct fixture *f = *state;
    add_here(f, 4);
    struct cache_place *large = add_here(f, 64), *next = add_here(f, 8);
    model_of(&f->suite, N_USED, instances);
    for (int i = 0; i < N_USED; i++)
        put(f, large, i, 9000);
    put(f, next, 1, 1000);
    struct forecast fc;
    const struct prediction *p = forecast(f, &fc, true);
    assert_ptr_equal(p->times[0].lent_from, large);
    assert_ptr_equal(p->times[1].lent_from, next);
    assert_close(p->times[1].time_ns, 1000, 1e-9);
    forecasts_release(&fc, 1);
}

static double relative_half(const struct prediction *p)
{
    return (p->high_ns - p->low_ns) / (2 * p->time_ns);
}

// Bricks beyond those of the model are what both have in common.
static void lend__the_interval_is_as_wide_as_both_are_apart(void **state)
{
    (void)state;
    static const struct {
        double factor;
        int n_common;
        double least, most;          // spread that is added
    } cases[] = {{1, 0, 0.15, 0.15}, // nothing in common: a guess
                 {1, 20, 0.01, 0.06},
                 {1.4, 20, 0.3, 0.34}};
    double half[N_ELEMENTS(cases)];
    for (size_t k = 0; k < N_ELEMENTS(cases); k++) {
        void *own = NULL;
        fixture_setup(&own);
        struct fixture *f = own;
        struct cache_place *here = add_here(f, 2), *large = add_here(f, 8);
        model_of(&f->suite, N_USED, instances);
        for (int i = 0; i < N_BRICKS; i++) {
            put(f, large, i, cases[k].factor * source_ns(i));
            if (i >= N_USED && i < N_USED + cases[k].n_common)
                put(f, here, i, source_ns(i));
        }
        struct forecast fc;
        struct lending l;
        half[k] = relative_half(forecast(f, &fc, true));
        assert_true(lenders_lending(fc.lenders, 0, &l));
        assert_ptr_equal(l.place, large);
        assert_int_equal(l.n_common, cases[k].n_common);
        assert_true(l.spread >= cases[k].least - 1e-9 && l.spread <= cases[k].most + 1e-9);
        assert_false(lenders_lending(fc.lenders, 1, &l));
        forecasts_release(&fc, 1);
        fixture_teardown(&own);
    }
    // in the order of the cases 1, 0, 2
    assert_true(half[1] < half[0] && half[0] < half[2]);
    assert_true(half[2] > 0.2 && half[0] > 0.1);
}

// The state of a machine and the records it lends: stale ones of its own come first.
static void lend__after_stale_and_before_estimates(void **state)
{
    struct fixture *f = *state;
    add_here(f, 2);
    struct cache_place *older = add_sized(f, "here", 2, 2, "2.6.2"), *large = add_here(f, 8);
    struct cache_place *there = add_place(f, "there", 2);
    model_of(&f->suite, N_USED, instances);
    for (int i = 0; i < N_BRICKS; i++) {
        put(f, there, i, source_ns(i));
        if (i >= N_USED)
            put(f, &f->places[0], i, source_ns(i));
    }
    put(f, older, 0, 700);
    put(f, large, 0, 9000);
    put(f, large, 1, 800);
    const struct cache_place *const chosen[] = {&f->places[0]};
    const struct substitutes with = {{f->places, f->n_places}, true, true, true};
    struct forecast fc;
    forecasts_init(&fc, 1, chosen, &f->suite, &with);
    const struct prediction *p = &fc.prediction[0];
    assert_int_equal(forecast_count_stale(&fc, 1, p), 1);
    assert_non_null(p->times[0].stale_from);
    assert_ptr_equal(p->times[1].lent_from, large);
    assert_non_null(p->times[2].estimated_from);
    assert_int_equal(p->n_lent, 1);
    assert_int_equal(p->n_estimated, 2);
    assert_int_equal(p->n_missing, 0);
    forecasts_release(&fc, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        CASE(lend__never_unasked_and_always_marked),
        CASE(lend__own_times_stay_what_they_are),
        CASE(lend__only_relatives_in_an_equal_environment),
        CASE(lend__the_next_in_size_lends_first),
        cmocka_unit_test(lend__the_interval_is_as_wide_as_both_are_apart),
        CASE(lend__after_stale_and_before_estimates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
