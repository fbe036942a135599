// What runs of bench cost, shared out among what they timed.
#include "tests/test.h"

#include "base/file.h"
#include "base/memory.h"
#include "bricks/cache.h"
#include "tests/perf/support/ledger.h"
#include "tests/scratch.h"

static const char *const texts[] = {
    "dlb1 Relu i0:f32:1x1000 > f32:1x1000 | out s0",
    "dlb1 Relu i0:f32:1x9000000 > f32:1x9000000 | out s0",
    "dlb1 Relu i0:f32:1x70 > f32:1x70 | out s0", // nobody times it
};
enum { N_BRICKS = 3, START = 1700000000 };
static const double point = 1 << 20;

struct fixture {
    char *folder, *runs;
    struct cache_place place;
    struct suite suites[N_BRICKS]; // one brick each
    struct ledger ledger;
};

static void must(int status, const struct error *err)
{
    if (status)
        fail_msg("%s", err->text);
}

// A record of brick i whose last sample was taken `seconds` after the start.
static void put(struct fixture *f, int i, const char *run, int seconds, int n_visits)
{
    struct error err = {0};
    struct record r;
    record_init(&r, texts[i]);
    snprintf(r.run, sizeof r.run, "%s", run);
    r.unix_time = START + seconds;
    r.loop_version = brick_loop_version(f->suites[i].bricks[0]->graph);
    for (int k = 0; k < n_visits; k++)
        series_add(record_series(&r, point), 1000, (struct condition){.visit = k});
    must(cache_put(&f->place, &r, &err), &err);
    record_release(&r);
}

static int setup(void **state)
{
    struct error err = {0};
    struct fixture *f = xcalloc(1, sizeof *f);
    struct machine m = {.label = "test",
                        .cpu = "Test CPU",
                        .vendor = "Test",
                        .isa = "avx2",
                        .packages = 1,
                        .numa_nodes = 1,
                        .cores = 2,
                        .threads = 2};
    struct environment e = {0};
    environment_set(&e, ENV_engine, "onednn");
    environment_set(&e, ENV_threads, "%d", 2);
    f->folder = scratch_make();
    f->runs = scratch_path(f->folder, "runs.tsv");
    must(cache_open(&f->place, f->folder, &m, &e, &err), &err);
    for (int i = 0; i < N_BRICKS; i++) {
        suite_init(&f->suites[i], 1);
        suite_add_alone(&f->suites[i], brick_parse(texts[i], &err));
    }
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < N_BRICKS; i++)
        suite_release(&f->suites[i]);
    ledger_release(&f->ledger);
    cache_close(&f->place);
    free(f->runs);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

static void read_ledger(struct fixture *f, const char *runs)
{
    struct error err = {0};
    must(file_write(f->runs, runs, strlen(runs), &err), &err);
    must(ledger_read(&f->ledger, f->runs, f->folder, &err), &err);
}

static double cost_s(const struct fixture *f, int i)
{
    struct demand demand = {0};
    demand_add(&demand, point, 1);
    double cost = ledger_cost_s(&f->ledger, &f->suites[i], &demand);
    free(demand.footprint);
    free(demand.uses);
    return cost;
}

static void cost__of_all_that_was_timed_is_that_of_the_runs(void **state)
{
    struct fixture *f = *state;
    put(f, 0, "20260101T000000-a", 5, 3);
    put(f, 1, "20260101T000000-a", 9, 3);
    put(f, 1, "20260101T000001-b", 101, 1);
    read_ledger(f, "1700000000.5\t10.25\n1700000100.000\t4\n");
    assert_int_equal(f->ledger.n_runs, 2);
    assert_true(fabs(cost_s(f, 0) + cost_s(f, 1) - 14.25) < 1e-9);
    assert_true(cost_s(f, 0) > 0);
    assert_true(cost_s(f, 1) > 4 + cost_s(f, 0)); // it is larger, and the second run is its alone
    assert_true(cost_s(f, 2) == 0);
}

static void cost__visits_count_each(void **state)
{
    struct fixture *f = *state;
    put(f, 0, "20260101T000000-a", 5, 1);
    put(f, 0, "20260101T000001-b", 6, 3);
    read_ledger(f, "1700000000\t8\n");
    double all_s = 0;
    for (int i = 0; i < f->ledger.n; i++)
        all_s += f->ledger.entries[i].cost_s;
    assert_int_equal(f->ledger.n, 2);
    assert_true(fabs(all_s - 8) < 1e-9);
    double ratio = f->ledger.entries[0].cost_s / f->ledger.entries[1].cost_s;
    assert_true(fabs(ratio - 3) < 1e-9 || fabs(ratio - 1.0 / 3) < 1e-9);
}

static void cost__a_run_that_recorded_nothing_is_borne_by_the_others(void **state)
{
    struct fixture *f = *state;
    put(f, 0, "20260101T000000-a", 55, 2);
    read_ledger(f, "1700000000\t6\n1700000050\t10\n");
    assert_true(fabs(cost_s(f, 0) - 16) < 1e-9);
}

static void cost__a_record_of_no_run_costs_nothing(void **state)
{
    struct fixture *f = *state;
    put(f, 0, "20260101T000000-a", 500, 2);
    read_ledger(f, "1700000000\t6\n");
    assert_true(cost_s(f, 0) == 0);
}

static void read__what_is_no_run_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(file_write(f->runs, "1700000000\tten\n", 15, &err), 0);
    assert_int_equal(ledger_read(&f->ledger, f->runs, f->folder, &err), -1);
    assert_non_null(strstr(err.text, "runs.tsv:1"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(cost__of_all_that_was_timed_is_that_of_the_runs),
        TEST(cost__visits_count_each),
        TEST(cost__a_run_that_recorded_nothing_is_borne_by_the_others),
        TEST(cost__a_record_of_no_run_costs_nothing),
        TEST(read__what_is_no_run_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
