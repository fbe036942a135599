#include "tests/test.h"

#include "predict/outliers.h"

static const struct band near = {40, 60};

static struct condition with(double handoff_ns, double cycle_ns, int marks)
{
    return (struct condition){(float)handoff_ns, (float)cycle_ns, marks, 0};
}

// Nine samples as usual, around 10000 ns.
static struct series usual(void)
{
    struct series s = {.footprint = 1e6};
    for (int i = -4; i <= 4; i++)
        series_add(&s, 10000 + 50 * i, with(50, 0.25, 0));
    return s;
}

static const struct {
    const char *name;
    double time_ns;
    double handoff_ns, cycle_ns;
    int marks;
    int cause; // N_OUTLIER_CAUSES: no outlier
} cases[] = {
    {"usual", 10100, 50, 0.25, 0, N_OUTLIER_CAUSES},
    {"a mark alone", 10100, 50, 0.25, CONDITION_preempted, N_OUTLIER_CAUSES},
    {"far cores, but as fast", 10100, 200, 0.25, 0, N_OUTLIER_CAUSES},
    {"faster", 100, 50, 0.25, 0, N_OUTLIER_CAUSES},
    {"preempted", 50000, 50, 0.25, CONDITION_preempted, OUTLIER_preempted},
    {"preempted and all else", 50000, 200, 0.5, CONDITION_preempted | CONDITION_faulted,
     OUTLIER_preempted},
    {"migrated", 50000, 50, 0.25, CONDITION_migrated, OUTLIER_migrated},
    {"migrated, which preempts", 50000, 200, 0.5, CONDITION_migrated | CONDITION_preempted,
     OUTLIER_migrated},
    {"page fault", 50000, 200, 0.5, CONDITION_faulted, OUTLIER_page_fault},
    {"far cores", 50000, 200, 0.5, 0, OUTLIER_handoff},
    {"slow clock", 50000, 50, 0.5, 0, OUTLIER_frequency},
    {"clock's jitter", 50000, 50, 0.255, 0, OUTLIER_unexplained},
};

static void outliers__are_counted_for_the_first_cause_that_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct series s = usual();
        struct outliers o = {0};
        series_add(&s, cases[i].time_ns,
                   with(cases[i].handoff_ns, cases[i].cycle_ns, cases[i].marks));
        outliers_add(&o, &s, near);
        assert_int_equal(o.n_samples, 10);
        assert_close(o.samples_ns, 90000 + cases[i].time_ns, 1e-6);
        for (int c = 0; c < N_OUTLIER_CAUSES; c++) {
            if (o.n[c] != (c == cases[i].cause))
                fail_msg("%s: %d of %s", cases[i].name, o.n[c],
                         outlier_cause_name((enum outlier_cause)c));
            assert_close(o.beyond_ns[c], c == cases[i].cause ? 40000 : 0, 50);
        }
        series_release(&s);
    }
}

static void outliers__add_up_over_series(void **state)
{
    (void)state;
    struct series s = usual(), empty = {0};
    struct outliers o = {0};
    series_add(&s, 50000, with(50, 0.25, 0));
    outliers_add(&o, &s, near);
    outliers_add(&o, &s, near);
    outliers_add(&o, &empty, near);
    assert_int_equal(o.n_samples, 20);
    assert_int_equal(o.n[OUTLIER_unexplained], 2);
    series_release(&s);
}

// All are as far: that is what is usual here.
static void outliers__without_samples_in_the_band_all_count(void **state)
{
    (void)state;
    struct series s = usual();
    struct outliers o = {0};
    series_add(&s, 50000, with(50, 0.25, 0));
    outliers_add(&o, &s, (struct band){190, 210});
    assert_int_equal(o.n[OUTLIER_handoff], 0);
    assert_int_equal(o.n[OUTLIER_unexplained], 1);
    series_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outliers__are_counted_for_the_first_cause_that_holds),
        cmocka_unit_test(outliers__add_up_over_series),
        cmocka_unit_test(outliers__without_samples_in_the_band_all_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
