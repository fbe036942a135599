#include "tests/bricks/cache_case.h"

#include "bricks/cache_stats.h"

static void stats__count_records_bricks_and_runs_by_place_and_in_all(void **state)
{
    (void)state;
    static const struct {
        int machine, environment, width;
        const char *run;
    } records[] = {
        {0, 0, 8, "a"}, {0, 0, 8, "b"}, {0, 0, 9, "a"}, {0, 1, 8, "c"}, {1, 0, 10, "d"},
    };
    char *cache = scratch_make();
    for (size_t i = 0; i < N_ELEMENTS(records); i++) {
        struct cache_place place = case_place(cache, records[i].machine, records[i].environment);
        char *leftover = scratch_path(place.path, ".dlbricks-0.tmp");
        scratch_write(leftover, "", 0);
        free(leftover);
        free(case_put(&place, records[i].width, records[i].run, 1));
        cache_close(&place);
    }
    struct cache_stats s;
    cache_stats(cache, &s);
    assert_int_equal(s.n_places, 3);
    assert_int_equal(s.n_machines, 2);
    assert_int_equal(s.bricks, 3);
    assert_int_equal(s.runs, 4);
    assert_int_equal(s.n_leftovers, 3);
    assert_int_equal(s.n_damaged, 0);
    int of_first = 0; // the place with three records
    for (int i = 0; i < s.n_places; i++)
        if (s.places[i].records == 3)
            of_first = i;
    assert_int_equal(s.places[of_first].bricks, 2);
    assert_int_equal(s.places[of_first].runs, 2);
    assert_in_range(s.places[of_first].bytes, 3 * 300, 3 * 1000);
    cache_stats_release(&s);
    scratch_remove(cache);
}

static void stats__of_a_missing_cache_are_zero(void **state)
{
    (void)state;
    struct cache_stats s;
    cache_stats("/nonexistent/cache", &s);
    assert_int_equal(s.n_places + s.n_machines + s.bricks + s.runs + s.n_damaged, 0);
    cache_stats_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stats__count_records_bricks_and_runs_by_place_and_in_all),
        cmocka_unit_test(stats__of_a_missing_cache_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
