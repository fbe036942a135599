#include "tests/bricks/cache_case.h"

#include "base/memory.h"
#include "bricks/cache_stream.h"

struct fixture {
    char *folder;
    char *a, *b; // caches
    char *lines; // of a
    size_t n_bytes;
};

// As an earlier version wrote it; such a record stays what it is.
static void put_of_format_3(const struct cache_place *place)
{
    char *text = case_text(9);
    struct record r = case_record(text, "a", 1000);
    r.format = 3;
    assert_int_equal(cache_put(place, &r, NULL), 0);
    record_release(&r);
    free(text);
}

static void fill(const char *cache)
{
    static const struct probe limits = {
        .gflops_fma = 100.25, .gbps_memory = 0.1, .n_levels = 1, .levels = {{1 << 20, 50}}};
    for (int k = 0; k < 4; k++) {
        struct cache_place place = case_place(cache, k % 2, k / 2);
        free(case_put(&place, 8, "a", 2 + k));
        free(case_put(&place, 8, "b", 1));
        put_of_format_3(&place);
        if (k)
            assert_int_equal(cache_put_probe(&place, &limits, 0, NULL), 0);
        cache_close(&place);
    }
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct cache_scan scan;
    struct error err = {0};
    f->folder = scratch_make();
    f->a = scratch_path(f->folder, "a");
    f->b = scratch_path(f->folder, "b");
    fill(f->a);
    FILE *out = open_memstream(&f->lines, &f->n_bytes);
    if (cache_export(f->a, NULL, out, "out", &scan, &err))
        fail_msg("%s", err.text);
    assert_int_equal(scan.n_records, 12);
    assert_int_equal(scan.flaws.n, 0);
    fclose(out);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scratch_remove(f->folder);
    free(f->a);
    free(f->b);
    free(f->lines);
    free(f);
    return 0;
}

static struct cache_union import(const struct fixture *f, const char *text, size_t bytes)
{
    struct cache_union u;
    struct error err = {0};
    FILE *in = fmemopen((void *)(uintptr_t)text, bytes, "rb");
    union_init(&u, f->b);
    if (union_stream(&u, in, "in", &err))
        fail_msg("%s", err.text);
    fclose(in);
    return u;
}

static void assert_alike(const struct fixture *f)
{
    char *in_a = case_listing(f->a, true), *in_b = case_listing(f->b, true);
    assert_string_equal(in_a, in_b);
    free(in_a);
    free(in_b);
}

static void import__of_an_export_is_the_same_byte_for_byte(void **state)
{
    struct fixture *f = *state;
    assert_non_null(strstr(f->lines, "\"dlbricks_record\":3"));
    for (int round = 0; round < 2; round++) {
        struct cache_union u = import(f, f->lines, f->n_bytes);
        assert_int_equal(u.flaws.n, 0);
        assert_int_equal(u.counts[round ? TAKEN_known : TAKEN_added], 12);
        union_release(&u);
        assert_alike(f);
    }
}

// Where line i begins; lines end with '\n'.
static const char *line_at(const struct fixture *f, int i)
{
    const char *p = f->lines;
    while (i-- > 0)
        p = strchr(p, '\n') + 1;
    return p;
}

static void import__lines_stand_for_themselves_in_any_order(void **state)
{
    struct fixture *f = *state;
    struct str mixed = STR_INIT;
    for (int i = 0; i < 15; i++) {
        const char *line = line_at(f, i * 7 % 15);
        str_add_n(&mixed, line, strcspn(line, "\n") + 1);
    }
    assert_int_equal(mixed.len, f->n_bytes);
    struct cache_union u = import(f, mixed.text, mixed.len);
    assert_int_equal(u.flaws.n, 0);
    union_release(&u);
    str_release(&mixed);
    assert_alike(f);
}

// The first line that holds a text, with that replaced.
static char *changed_line(const struct fixture *f, const char *what, const char *with)
{
    const char *at = strstr(f->lines, what), *line = at;
    struct str out = STR_INIT;
    assert_non_null(at);
    while (line > f->lines && line[-1] != '\n')
        line--;
    str_add_n(&out, line, (size_t)(at - line));
    str_add(&out, with);
    at += strlen(what);
    str_add_n(&out, at, strcspn(at, "\n"));
    return str_detach(&out);
}

static void import__hostile_lines_are_named_by_number_and_the_others_kept(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *what, *with; // NULL: the line is `with`
        enum flaw_kind kind;
        const char *reason;
    } cases[] = {
        {NULL, "garbage", FLAW_damaged, "not valid JSON"},
        {NULL, "{\"dlbricks_export\":1", FLAW_damaged, "not valid JSON"},
        {NULL, "[]", FLAW_damaged, "\"dlbricks_export\" (an integer) is missing"},
        {NULL, "{\"dlbricks_export\":1}", FLAW_damaged, "\"machine\" (an object) is missing"},
        {NULL, "\xff\xfe{}", FLAW_damaged, "not valid JSON"},
        {"\"dlbricks_export\":1", "\"dlbricks_export\":2", FLAW_unknown, "export format 2"},
        {"\"dlbricks_record\":4", "\"dlbricks_record\":5", FLAW_unknown, "record format 5"},
        {"\"record\":", "\"other\":", FLAW_damaged, "not exactly one of \"record\" and \"probe\""},
        {"\"cores\":2", "\"cores\":-2", FLAW_damaged, "\"cores\" is -2"},
        {"\"run\":\"a\"", "\"run\":\"../../x\"", FLAW_damaged, "\"run\" is not made of letters"},
        {"\"run\":\"a\"", "\"run\":\"a\\u0000b\"", FLAW_damaged, "not valid JSON"},
        {"1000.5", "-1", FLAW_damaged, "is not a number from 0"},
        {"1000.5", "1e999", FLAW_damaged, "not valid JSON"},
        {"i0:f32:1x8", "i0:f32:1x7", FLAW_damaged, "\"signature\" is not that of \"text\""},
        {"\"series\":[", "\"series\":[7,", FLAW_damaged, "is missing"},
        {"\"label\":", "\"label\":\"x\",\"label\":", FLAW_damaged, "not valid JSON"},
    };
    struct str all = STR_INIT;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char *line =
            cases[i].what ? changed_line(f, cases[i].what, cases[i].with) : xstrdup(cases[i].with);
        str_addf(&all, "%s\n", line);
        free(line);
    }
    str_add(&all, "\n  \n"); // empty lines are fine
    str_add(&all, f->lines);
    struct cache_union u = import(f, all.text, all.len);
    str_release(&all);
    assert_int_equal(u.flaws.n, N_ELEMENTS(cases));
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char where[32];
        snprintf(where, sizeof where, "in: line %zu", i + 1);
        assert_string_equal(u.flaws.items[i].path, where);
        if (u.flaws.items[i].kind != cases[i].kind ||
            !strstr(u.flaws.items[i].reason, cases[i].reason))
            fail_msg("line %zu: wanted %s, got %s", i + 1, cases[i].reason,
                     u.flaws.items[i].reason);
    }
    union_release(&u);
    assert_alike(f);
}

static void import__a_stream_cut_at_any_byte_loses_one_line_at_most(void **state)
{
    struct fixture *f = *state;
    size_t first = strcspn(f->lines, "\n") + 1, second = strcspn(f->lines + first, "\n") + 1;
    for (size_t cut = first; cut < first + second; cut += 13) {
        struct cache_union u = import(f, f->lines, cut);
        assert_int_equal(u.counts[TAKEN_added] + u.counts[TAKEN_known],
                         cut == first + second - 1 ? 2 : 1);
        assert_int_equal(u.flaws.n, cut > first && cut < first + second - 1);
        union_release(&u);
    }
}

// An environment's words become a folder's name.
static void import__no_environment_leads_out_of_the_cache(void **state)
{
    struct fixture *f = *state;
    static const char *const engines[] = {"../../../x", "/tmp/x", ".hidden", "..", ""};
    for (size_t i = 0; i < N_ELEMENTS(engines); i++) {
        char *line, with[64];
        snprintf(with, sizeof with, "\"engine\":\"%s\"", engines[i]);
        line = changed_line(f, "\"engine\":\"onednn\"", with);
        struct cache_union u = import(f, line, strlen(line));
        assert_int_equal(u.counts[TAKEN_added], 1);
        union_release(&u);
        free(line);
    }
    int n, damaged;
    struct cache_place *places = cache_places(f->b, &n, &damaged);
    assert_int_equal(n, N_ELEMENTS(engines));
    assert_int_equal(scratch_count(f->b), 1); // one machine
    assert_int_equal(scratch_count(f->folder), 2);
    cache_places_free(places, n);
}

static bool all_but_first(void *context, const struct cache_place *place)
{
    (void)context;
    return place->machine.cores != 2;
}

static void export__leaves_out_what_the_filter_does(void **state)
{
    struct fixture *f = *state;
    const struct export_filter filter = {all_but_first, NULL};
    struct cache_scan scan;
    char *lines = NULL;
    size_t bytes;
    FILE *out = open_memstream(&lines, &bytes);
    assert_int_equal(cache_export(f->a, &filter, out, "out", &scan, NULL), 0);
    fclose(out);
    assert_int_equal(scan.n_records, 6);
    assert_null(strstr(lines, "\"cores\":3"));
    flaws_release(&scan.flaws);
    free(lines);
}

static void export__a_full_disk_is_an_error_with_its_name(void **state)
{
    struct fixture *f = *state;
    struct cache_scan scan;
    struct error err = {0};
    FILE *out = fopen("/dev/full", "wb");
    assert_int_equal(cache_export(f->a, NULL, out, "/dev/full", &scan, &err), -1);
    assert_string_equal(err.text, "/dev/full: cannot be written: No space left on device");
    fclose(out);
    flaws_release(&scan.flaws);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(import__of_an_export_is_the_same_byte_for_byte),
        TEST(import__lines_stand_for_themselves_in_any_order),
        TEST(import__hostile_lines_are_named_by_number_and_the_others_kept),
        TEST(import__a_stream_cut_at_any_byte_loses_one_line_at_most),
        TEST(import__no_environment_leads_out_of_the_cache),
        TEST(export__leaves_out_what_the_filter_does),
        TEST(export__a_full_disk_is_an_error_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
