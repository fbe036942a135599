#include "tests/bricks/cache_case.h"

#include "base/memory.h"
#include "base/random.h"
#include "bricks/cache_merge.h"

struct fixture {
    char *folder;
    char *a, *b; // caches
    uint64_t random;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->folder = scratch_make();
    f->a = scratch_path(f->folder, "a");
    f->b = scratch_path(f->folder, "b");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scratch_remove(f->folder);
    free(f->a);
    free(f->b);
    free(f);
    return 0;
}

static struct cache_union merge(const char *to, const char *from)
{
    struct cache_union u;
    struct error err = {0};
    union_init(&u, to);
    if (union_cache(&u, from, &err))
        fail_msg("%s", err.text);
    return u;
}

static void merge_quietly(const char *to, const char *from)
{
    struct cache_union u = merge(to, from);
    assert_int_equal(u.flaws.n, 0);
    union_release(&u);
}

static void put(const char *cache, int width, const char *run, int n)
{
    struct cache_place place = case_place(cache, 0, 0);
    free(case_put(&place, width, run, n));
    cache_close(&place);
}

// A run's record that no other cache's holds: its first sample is its own.
static void put_other(const char *cache, int width, const char *run, double first_ns, int n)
{
    struct cache_place place = case_place(cache, 0, 0);
    char *text = case_text(width);
    struct record r = case_record(text, run, first_ns);
    for (int i = 1; i < n; i++)
        series_add(record_series(&r, 0), 5, near);
    assert_int_equal(cache_put(&place, &r, NULL), 0);
    record_release(&r);
    free(text);
    cache_close(&place);
}

static const struct {
    int in_a, in_b;      // samples of the record of one name; 0: there is none
    bool other;          // b's is of other samples
    enum taken expected; // of merging b into a
    int n_after, most;   // records of the brick, samples of the one that has the name
} unequal[] = {
    {0, 3, false, TAKEN_added, 1, 3}, {3, 3, false, TAKEN_known, 1, 3},
    {5, 3, false, TAKEN_known, 1, 5}, {3, 5, false, TAKEN_extended, 1, 5},
    {3, 5, true, TAKEN_beside, 2, 5}, {5, 3, true, TAKEN_beside, 2, 5},
    {3, 3, true, TAKEN_beside, 2, 3},
};

static void merge__of_two_files_of_one_name_no_sample_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(unequal); i++) {
        void *own;
        setup(&own);
        struct fixture *f = own;
        if (unequal[i].in_a)
            put(f->a, 8, "run", unequal[i].in_a);
        if (unequal[i].other)
            put_other(f->b, 8, "run", 7, unequal[i].in_b);
        else
            put(f->b, 8, "run", unequal[i].in_b);
        for (int round = 0; round < 2; round++) { // the second time all is known
            struct cache_union u = merge(f->a, f->b);
            assert_int_equal(u.counts[round ? TAKEN_known : unequal[i].expected], 1);
            union_release(&u);
        }
        struct cache_place place = case_place(f->a, 0, 0);
        struct brick *brick = brick_parse(brick_text, NULL);
        struct record *records;
        int n = cache_find(&place, brick, &records, NULL);
        assert_int_equal(n, unequal[i].n_after);
        assert_string_equal(records[n - 1].run, "run"); // after "run-..."
        assert_int_equal(records[n - 1].series[0].n, unequal[i].most);
        records_free(records, n);
        brick_free(brick);
        cache_close(&place);
        teardown(&own);
    }
}

// ---- random caches ---------------------------------------------------------------------------

static int draw(struct fixture *f, int n)
{
    f->random += RANDOM_STEP;
    return (int)(random_mixed(f->random) % (uint64_t)n);
}

// Records of few names, so that caches share many of them: alike, shorter, longer or unequal.
static void fill(struct fixture *f, const char *cache)
{
    for (int n = 5 + draw(f, 20); n > 0; n--) {
        struct cache_place place = case_place(cache, draw(f, 2), draw(f, 2));
        char run[8];
        snprintf(run, sizeof run, "r%d", draw(f, 3));
        if (draw(f, 4))
            free(case_put(&place, 8 + draw(f, 4), run, 1 + draw(f, 4)));
        else
            put_other(cache, 8 + draw(f, 2), run, draw(f, 3), 1 + draw(f, 3));
        cache_close(&place);
    }
}

static char *sum_of(struct fixture *f, const char *name, const char *first, const char *second)
{
    char *sum = scratch_path(f->folder, name);
    merge_quietly(sum, first);
    merge_quietly(sum, second);
    return sum;
}

static void assert_alike(const char *a, const char *b)
{
    char *in_a = case_listing(a, false), *in_b = case_listing(b, false);
    assert_string_equal(in_a, in_b);
    free(in_a);
    free(in_b);
}

static void merge__is_a_union_whatever_comes_first(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        void *own;
        setup(&own);
        struct fixture *f = own;
        f->random = seed << 32;
        fill(f, f->a);
        fill(f, f->b);
        char *ab = sum_of(f, "ab", f->a, f->b), *ba = sum_of(f, "ba", f->b, f->a);
        assert_alike(ab, ba);
        char *before = case_listing(ab, true);
        merge_quietly(ab, f->b);
        merge_quietly(ab, f->a);
        merge_quietly(ab, ba);
        char *after = case_listing(ab, true);
        assert_string_equal(before, after);
        free(before);
        free(after);
        free(ab);
        free(ba);
        teardown(&own);
    }
}

// ---- damage ----------------------------------------------------------------------------------

static void merge__damage_in_the_source_is_named_and_left_out(void **state)
{
    struct fixture *f = *state;
    struct cache_place place = case_place(f->b, 0, 0);
    char *bad = case_put(&place, 8, "a", 1);
    free(case_put(&place, 9, "a", 1));
    scratch_write(bad, "{", 1);
    struct cache_union u = merge(f->a, f->b);
    assert_int_equal(u.counts[TAKEN_added], 1);
    assert_int_equal(flaws_serious(&u.flaws), 1);
    assert_string_equal(u.flaws.items[0].path, bad);
    union_release(&u);
    free(bad);
    cache_close(&place);
}

static void merge__damage_that_is_in_the_way_is_set_aside(void **state)
{
    struct fixture *f = *state;
    struct cache_place place = case_place(f->a, 0, 0);
    char *path = case_put(&place, 8, "a", 1), *whole = case_read(path);
    put(f->b, 8, "a", 1);
    scratch_write(path, "{", 1);
    struct cache_union u = merge(f->a, f->b);
    assert_int_equal(u.counts[TAKEN_added], 1);
    assert_int_equal(flaws_serious(&u.flaws), 0);
    char *moved = case_read(u.flaws.items[0].moved), *now = case_read(path);
    assert_string_equal(moved, "{");
    assert_string_equal(now, whole);
    free(moved);
    free(now);
    free(whole);
    free(path);
    union_release(&u);
    cache_close(&place);
}

static void label(const char *cache, const char *given)
{
    struct machine m = case_machine(0);
    struct environment e = case_environment(0);
    struct cache_place place;
    strcpy(m.label, given);
    assert_int_equal(cache_open(&place, cache, &m, &e, NULL), 0);
    cache_close(&place);
}

static void merge__a_label_is_taken_but_does_not_replace_one(void **state)
{
    struct fixture *f = *state;
    char *c = scratch_path(f->folder, "c");
    put(f->a, 8, "a", 1);
    label(f->b, "theirs");
    label(c, "others");
    merge_quietly(f->a, f->b);
    struct cache_union u = merge(f->a, c);
    assert_int_equal(u.flaws.n, 1);
    assert_int_equal(u.flaws.items[0].kind, FLAW_kept);
    assert_non_null(strstr(u.flaws.items[0].reason, "calls the machine 'others'"));
    assert_string_equal(u.place.machine.label, "theirs");
    union_release(&u);
    free(c);
}

static void merge__not_with_itself_nor_with_what_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct cache_union u;
    struct error err = {0}, other = {0};
    char *same = scratch_path(f->a, "../a");
    put(f->a, 8, "a", 1);
    union_init(&u, f->a);
    assert_int_equal(union_cache(&u, same, &err), -1);
    assert_non_null(strstr(err.text, "is the cache itself"));
    assert_int_equal(union_cache(&u, "/nonexistent/cache", &other), -1);
    assert_non_null(strstr(other.text, "/nonexistent/cache: cannot be read"));
    union_release(&u);
    free(same);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(merge__of_two_files_of_one_name_no_sample_is_lost),
        TEST(merge__is_a_union_whatever_comes_first),
        TEST(merge__damage_in_the_source_is_named_and_left_out),
        TEST(merge__damage_that_is_in_the_way_is_set_aside),
        TEST(merge__a_label_is_taken_but_does_not_replace_one),
        TEST(merge__not_with_itself_nor_with_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
