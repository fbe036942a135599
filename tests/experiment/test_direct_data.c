// What measuring models by themselves gave, and how true a few visits are.
#include "tests/test.h"

#include "base/file.h"
#include "tests/perf/support/direct_data.h"
#include "tests/scratch.h"

struct fixture {
    char *folder, *path;
    struct direct direct;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = scratch_make();
    f->path = scratch_path(f->folder, "direct.tsv");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    direct_release(&f->direct);
    free(f->path);
    scratch_remove(f->folder);
    free(f);
    return 0;
}

static int read_text(struct fixture *f, const char *text, struct error *err)
{
    assert_int_equal(file_write(f->path, text, strlen(text), err), 0);
    return direct_read(&f->direct, f->path, err);
}

static void read__a_line_that_is_cut_at_the_end_does_not_count(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(read_text(f, "a\t0.5\t0\t0\t10 20 30\na\t0.5\t0\t0\t10 2", &err), 0);
    assert_int_equal(f->direct.n, 1);
    assert_int_equal(f->direct.models[0].n, 1);
    assert_true(f->direct.models[0].reference_ns == 20);
}

static void read__a_wrong_line_within_is_refused(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(read_text(f, "a\t0.5\t0\t0\t10 x\na\t0.5\t0\t0\t10\n", &err), -1);
    assert_non_null(strstr(err.text, "direct.tsv:1"));
}

static void read__what_was_written_is_back(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    double times[] = {100, 102};
    FILE *out = fopen(f->path, "w");
    direct_write_visit(out, "a b", &(struct direct_visit){0.25, 60, 70, 2, 2, times});
    fclose(out);
    assert_int_equal(direct_read(&f->direct, f->path, &err), 0);
    const struct direct_model *m = direct_find(&f->direct, "a b");
    assert_non_null(m);
    assert_int_equal(m->visits[0].n, 2);
    assert_true(m->visits[0].time_ns[1] == 102 && m->visits[0].before_ns == 60);
}

// Four visits of one second's preparation; runs of 1 s but for the first of each, 1.1 s.
static const char *const four = "a\t1\t0\t0\t1100000000 1000000000 1000000000\n"
                                "a\t1\t0\t0\t1100000000 1000000000 1000000000\n"
                                "a\t1\t0\t0\t1100000000 1000000000 1000000000\n"
                                "a\t1\t0\t0\t1100000000 1000000000 1000000000\n";

static void quickest__a_way_is_as_true_as_wanted_and_no_truer(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(read_text(f, four, &err), 0);
    const struct direct_model *m = &f->direct.models[0];
    struct way rough = direct_quickest(&m, 1, 0.2), exact = direct_quickest(&m, 1, 0.01);
    assert_int_equal(rough.runs, 1); // 10 % off
    assert_true(fabs(rough.mean - 0.1) < 1e-9);
    assert_true(fabs(rough.seconds - 3) < 1e-9); // preparation, the run left out, and one
    assert_int_equal(exact.runs, 3);
    assert_true(fabs(exact.seconds - direct_seconds(m, 1, 3)) < 1e-9);
}

// A visit is compared with the others, not with a reference that holds it.
static void quickest__errors_are_those_of_test_and_retest(void **state)
{
    struct fixture *f = *state;
    struct error err = {0};
    assert_int_equal(read_text(f, "a\t1\t0\t0\t100\na\t1\t0\t0\t110\n", &err), 0);
    const struct direct_model *m = &f->direct.models[0];
    assert_true(direct_quickest(&m, 1, 0.09).seconds == INFINITY);
    struct way w = direct_quickest(&m, 1, 0.1);
    assert_true(fabs(w.mean - (10.0 / 110 + 0.1) / 2) < 1e-9);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(read__a_line_that_is_cut_at_the_end_does_not_count),
        TEST(read__a_wrong_line_within_is_refused),
        TEST(read__what_was_written_is_back),
        TEST(quickest__a_way_is_as_true_as_wanted_and_no_truer),
        TEST(quickest__errors_are_those_of_test_and_retest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
