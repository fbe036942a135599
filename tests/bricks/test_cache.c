#include "tests/bricks/cache_case.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/file.h"
#include "bricks/cache_files.h"

// A cache with one open place and a brick.
struct fixture {
    char *folder;
    struct cache_place place;
    struct brick *brick;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = scratch_make();
    f->place = case_place(f->folder, 0, 0);
    f->brick = brick_parse(brick_text, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    cache_close(&f->place);
    brick_free(f->brick);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

static void put(struct fixture *f, const char *run, double time_ns)
{
    struct record r = case_record(brick_text, run, time_ns);
    struct error err = {0};
    if (cache_put(&f->place, &r, &err))
        fail_msg("%s", err.text);
    record_release(&r);
}

static char *path_of_run(const struct fixture *f, const char *run)
{
    return record_path(f->place.path, f->brick->signature, run);
}

static void find__an_empty_cache_has_neither_records_nor_misses(void **state)
{
    struct fixture *f = *state;
    struct record *records;
    struct cache_misses misses = {0};
    assert_int_equal(cache_find(&f->place, f->brick, &records, &misses), 0);
    assert_int_equal(misses.n, 0);
    records_free(records, 0);
}

static void find__records_of_all_runs_in_the_order_of_their_ids(void **state)
{
    struct fixture *f = *state;
    put(f, "20260102-b", 2);
    put(f, "20260101-a", 1);
    put(f, "20260102-b", 3); // the same run, later
    struct record *records;
    struct cache_misses misses = {0};
    assert_int_equal(cache_find(&f->place, f->brick, &records, &misses), 2);
    assert_int_equal(misses.n, 0);
    assert_true(records[0].series[0].time_ns[0] == 1);
    assert_true(records[1].series[0].time_ns[0] == 3);
    records_free(records, 2);
}

static void find__a_record_cut_at_any_byte_is_a_miss(void **state)
{
    struct fixture *f = *state;
    put(f, "run", 5);
    char *path = path_of_run(f, "run");
    size_t bytes;
    char *text = file_read(path, 1 << 20, &bytes, NULL);
    for (size_t n = 0; n < bytes - 1; n++) {
        struct record *records;
        struct cache_misses misses = {0};
        scratch_write(path, text, n);
        assert_int_equal(cache_find(&f->place, f->brick, &records, &misses), 0);
        assert_int_equal(misses.n, 1);
        assert_non_null(strstr(misses.reason, path));
        records_free(records, 0);
    }
    free(text);
    free(path);
}

static void find__damage_does_not_hide_other_runs_and_is_healed(void **state)
{
    struct fixture *f = *state;
    struct record *records;
    struct cache_misses misses = {0};
    put(f, "a", 1);
    put(f, "b", 2);
    char *path = path_of_run(f, "a");
    scratch_write(path, "{", 1);
    int n = cache_find(&f->place, f->brick, &records, &misses);
    assert_int_equal(n, 1);
    assert_int_equal(misses.n, 1);
    records_free(records, n);
    put(f, "a", 1);
    n = cache_find(&f->place, f->brick, &records, NULL);
    assert_int_equal(n, 2);
    records_free(records, n);
    free(path);
}

// Stores a record under the fixture's brick's file name whatever it says.
static void find__refuses(struct fixture *f, const struct record *r, const char *reason)
{
    put(f, "x", 1);
    char *path = path_of_run(f, "x"), *text = record_to_text(r);
    scratch_write(path, text, strlen(text));
    struct record *records;
    struct cache_misses misses = {0};
    assert_int_equal(cache_find(&f->place, f->brick, &records, &misses), 0);
    assert_int_equal(misses.n, 1);
    assert_non_null(strstr(misses.reason, reason));
    records_free(records, 0);
    free(text);
    free(path);
}

static void find__another_bricks_record_is_refused_whatever_its_name(void **state)
{
    struct record r = case_record("dlb1 Relu i0:f32:1x9 > f32:1x9 | out s0", "x", 1);
    find__refuses(*state, &r, "the record is of another brick: dlb1 Relu i0:f32:1x9");
    record_release(&r);
}

static void find__a_record_of_another_loop_version_is_refused(void **state)
{
    struct record r = case_record(brick_text, "x", 1);
    r.loop_version = 3;
    find__refuses(*state, &r, "version 3 of our own loops; now it is 2");
    record_release(&r);
}

static void find__misses_add_up_over_calls_and_keep_the_first_reason(void **state)
{
    struct fixture *f = *state;
    struct record *records;
    struct cache_misses misses = {0};
    char *path = path_of_run(f, "a");
    put(f, "a", 1);
    scratch_write(path, "{", 1);
    assert_int_equal(cache_find(&f->place, f->brick, &records, &misses), 0);
    put(f, "a", 1);
    int n = cache_find(&f->place, f->brick, &records, &misses);
    assert_int_equal(n, 1);
    assert_int_equal(misses.n, 1);
    assert_non_null(strstr(misses.reason, path));
    records_free(records, n);
    free(path);
}

static void find__a_place_without_a_path_holds_nothing(void **state)
{
    struct fixture *f = *state;
    struct cache_place nowhere = {.path = NULL};
    struct record *records;
    assert_int_equal(cache_find(&nowhere, f->brick, &records, NULL), 0);
    assert_null(records);
}

static void find__temporary_and_foreign_files_are_no_records(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {".json", "", ".a", "x.a.json", ".a.json.tmp"};
    put(f, "a", 1);
    for (size_t i = 0; i < N_ELEMENTS(names); i++) {
        struct str path = STR_INIT;
        str_addf(&path, "%s/%.2s/%s%s", f->place.path, f->brick->signature, f->brick->signature,
                 names[i]);
        scratch_write(path.text, "{", 1);
        str_release(&path);
    }
    struct record *records;
    struct cache_misses misses = {0};
    int n = cache_find(&f->place, f->brick, &records, &misses);
    assert_int_equal(n, 1);
    assert_int_equal(misses.n, 0);
    records_free(records, n);
}

static void open__a_place_below_a_file_is_refused_with_its_path(void **state)
{
    struct fixture *f = *state;
    char *file = scratch_path(f->folder, "file"), *below = scratch_path(f->folder, "file/cache");
    scratch_write(file, "", 0);
    struct machine m = case_machine(0);
    struct environment e = case_environment(0);
    struct cache_place place;
    struct error err = {0};
    assert_int_equal(cache_open(&place, below, &m, &e, &err), -1);
    assert_non_null(strstr(err.text, file));
    assert_null(place.path);
    free(file);
    free(below);
}

static void put__a_full_disk_is_an_error_that_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct record r = case_record(brick_text, "run", 1);
    for (int i = 0; i < 1000; i++)
        series_add(record_series(&r, 0), i + 0.5, near);
    put(f, "old", 1);
    struct rlimit limit, small;
    getrlimit(RLIMIT_FSIZE, &limit);
    small = limit;
    small.rlim_cur = 1000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    struct error err = {0};
    int status = cache_put(&f->place, &r, &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, -1);
    assert_non_null(strstr(err.text, f->place.path));
    assert_non_null(strstr(err.text, "File too large"));
    char *folder = path_of_run(f, "run");
    *strrchr(folder, '/') = '\0';
    assert_int_equal(scratch_count(folder), 1);
    free(folder);
    record_release(&r);
}

static void open__a_given_label_replaces_the_stored_one(void **state)
{
    struct fixture *f = *state;
    struct machine m = case_machine(0);
    struct environment e = case_environment(0);
    static const struct {
        const char *given, *expected;
    } steps[] = {{"mine", "mine"}, {"", "mine"}, {"other", "other"}};
    for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
        machine_default_label(&m, m.label, sizeof m.label);
        if (*steps[i].given)
            strcpy(m.label, steps[i].given);
        struct cache_place place;
        assert_int_equal(cache_open(&place, f->folder, &m, &e, NULL), 0);
        assert_string_equal(place.machine.label, steps[i].expected);
        cache_close(&place);
        int n, damaged;
        struct cache_place *places = cache_places(f->folder, &n, &damaged);
        assert_int_equal(n, 1);
        assert_string_equal(places[0].machine.label, steps[i].expected);
        cache_places_free(places, n);
    }
}

static void places__are_listed_with_their_probe_and_damage_is_counted(void **state)
{
    struct fixture *f = *state;
    struct probe p = {.gflops_fma = 100, .n_levels = 1, .levels = {{1 << 20, 50}}};
    assert_int_equal(cache_put_probe(&f->place, &p, 0, NULL), 0);
    struct machine m = case_machine(0);
    m.cores = 4;
    struct environment e = case_environment(0);
    struct cache_place other;
    assert_int_equal(cache_open(&other, f->folder, &m, &e, NULL), 0);
    int n, damaged;
    struct cache_place *places = cache_places(f->folder, &n, &damaged);
    assert_int_equal(n, 2);
    assert_int_equal(damaged, 0);
    int with_probe = places[0].machine.cores == 2 ? 0 : 1;
    assert_true(probe_peak(&places[with_probe].probe) == 100);
    assert_int_equal(places[1 - with_probe].probe.n_levels, 0);
    cache_places_free(places, n);
    char *path = scratch_path(other.path, "environment.json");
    scratch_write(path, "{}", 2);
    places = cache_places(f->folder, &n, &damaged);
    assert_int_equal(n, 1);
    assert_int_equal(damaged, 1);
    cache_places_free(places, n);
    cache_close(&other);
    assert_int_equal(cache_open(&other, f->folder, &m, &e, NULL), 0); // heals it
    places = cache_places(f->folder, &n, &damaged);
    assert_int_equal(n, 2);
    cache_places_free(places, n);
    cache_close(&other);
    free(path);
}

// A writer that was killed between making a folder and writing its description.
static void places__an_unfinished_folder_is_no_damage(void **state)
{
    struct fixture *f = *state;
    char *machine = scratch_path(f->folder, "unfinished/environment");
    char *environment = scratch_path(f->place.path, "../unfinished");
    assert_int_equal(make_directories(machine, NULL), 0);
    assert_int_equal(make_directories(environment, NULL), 0);
    int n, damaged;
    struct cache_place *places = cache_places(f->folder, &n, &damaged);
    assert_int_equal(n, 1);
    assert_int_equal(damaged, 0);
    cache_places_free(places, n);
    free(machine);
    free(environment);
}

static void probe__of_runs_that_start_at_once_the_first_counts(void **state)
{
    struct fixture *f = *state;
    struct probe first = {.gflops_fma = 100, .n_levels = 1, .levels = {{1 << 20, 50}}};
    struct probe second = first;
    second.gflops_fma = 200;
    assert_int_equal(cache_put_probe(&f->place, &first, FILE_keep, NULL), 0);
    assert_int_equal(cache_put_probe(&f->place, &second, FILE_keep, NULL), 1);
    assert_int_equal(cache_read_probe(f->place.path, &second, NULL), 0);
    assert_true(probe_peak(&second) == 100);
}

static void places__a_missing_cache_holds_none(void **state)
{
    (void)state;
    int n, damaged;
    cache_places_free(cache_places("/nonexistent/cache", &n, &damaged), 0);
    assert_int_equal(n, 0);
    assert_int_equal(damaged, 0);
}

static void path__the_first_that_is_given_counts(void **state)
{
    struct fixture *f = *state;
    char old[4096];
    assert_non_null(getcwd(old, sizeof old));
    static const struct {
        const char *given, *variable, *data, *home;
        bool local;
        const char *expected;
    } cases[] = {
        {"given", "variable", "/data", "/home", true, "given"},
        {NULL, "variable", "/data", "/home", true, "variable"},
        {NULL, "", "/data", "/home", true, "bench-cache"},
        {NULL, NULL, "/data", "/home", false, "/data/dlbricks"},
        {NULL, NULL, NULL, "/home", false, "/home/.local/share/dlbricks"},
        {NULL, NULL, NULL, NULL, false, "bench-cache"},
    };
    static const char *const names[] = {"DLBRICKS_CACHE", "XDG_DATA_HOME", "HOME"};
    assert_int_equal(chdir(f->folder), 0);
    assert_int_equal(make_directories("bench-cache", NULL), 0);
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        const char *values[] = {cases[i].variable, cases[i].data, cases[i].home};
        for (int k = 0; k < 3; k++)
            if (values[k])
                setenv(names[k], values[k], 1);
            else
                unsetenv(names[k]);
        if (!cases[i].local)
            rmdir("bench-cache");
        struct str path = STR_INIT;
        cache_path(cases[i].given, &path);
        assert_string_equal(path.text, cases[i].expected);
        str_release(&path);
    }
    assert_int_equal(chdir(old), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(find__an_empty_cache_has_neither_records_nor_misses),
        TEST(find__records_of_all_runs_in_the_order_of_their_ids),
        TEST(find__a_record_cut_at_any_byte_is_a_miss),
        TEST(find__damage_does_not_hide_other_runs_and_is_healed),
        TEST(find__another_bricks_record_is_refused_whatever_its_name),
        TEST(find__a_record_of_another_loop_version_is_refused),
        TEST(find__misses_add_up_over_calls_and_keep_the_first_reason),
        TEST(find__a_place_without_a_path_holds_nothing),
        TEST(find__temporary_and_foreign_files_are_no_records),
        TEST(open__a_place_below_a_file_is_refused_with_its_path),
        TEST(put__a_full_disk_is_an_error_that_leaves_nothing),
        TEST(open__a_given_label_replaces_the_stored_one),
        TEST(places__are_listed_with_their_probe_and_damage_is_counted),
        TEST(places__an_unfinished_folder_is_no_damage),
        TEST(probe__of_runs_that_start_at_once_the_first_counts),
        TEST(places__a_missing_cache_holds_none),
        TEST(path__the_first_that_is_given_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
