#include "tests/bricks/cache_case.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/memory.h"
#include "bricks/cache_files.h"
#include "bricks/cache_scan.h"

// A cache of two machines: the first with two environments; every place has a probe and three
// records. Damage is done to the first place, of which these are the paths.
struct fixture {
    char *cache, *place, *machine;
    char *record;  // of width 8, run "a"
    char *another; // of width 9, run "a"
};

static const struct probe limits = {.gflops_fma = 100, .n_levels = 1, .levels = {{1 << 20, 50}}};

static void fill(struct fixture *f, int machine, int environment)
{
    struct cache_place place = case_place(f->cache, machine, environment);
    assert_int_equal(cache_put_probe(&place, &limits, 0, NULL), 0);
    char *a = case_put(&place, 8, "a", 3), *b = case_put(&place, 9, "a", 1);
    free(case_put(&place, 8, "b", 2));
    if (!f->record) {
        f->record = a;
        f->another = b;
        f->place = xstrdup(place.path);
        f->machine = xstrdup(place.path);
        *strrchr(f->machine, '/') = '\0';
    } else {
        free(a);
        free(b);
    }
    cache_close(&place);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->cache = scratch_make();
    fill(f, 0, 0);
    fill(f, 0, 1);
    fill(f, 1, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    scratch_remove(f->cache);
    free(f->place);
    free(f->machine);
    free(f->record);
    free(f->another);
    free(f);
    return 0;
}

static struct cache_scan scan(const struct fixture *f)
{
    static const struct cache_sink nobody = {0};
    struct cache_scan result;
    struct error err = {0};
    if (cache_scan(f->cache, &nobody, &result, &err))
        fail_msg("%s", err.text);
    return result;
}

static void scan__a_whole_cache_has_no_flaws(void **state)
{
    struct cache_scan s = scan(*state);
    assert_int_equal(s.n_places, 3);
    assert_int_equal(s.n_records, 9);
    assert_int_equal(s.flaws.n, 0);
    flaws_release(&s.flaws);
}

// ---- kinds of damage: each does something to a whole cache -----------------------------------

static void replace_in(const char *path, const char *what, const char *with)
{
    char *text = case_read(path), *at = strstr(text, what);
    struct str out = STR_INIT;
    assert_non_null(at);
    str_add_n(&out, text, (size_t)(at - text));
    str_addf(&out, "%s%s", with, at + strlen(what));
    scratch_write(path, out.text, out.len);
    str_release(&out);
    free(text);
}

static void replace_in_file(const char *folder, const char *name, const char *what,
                            const char *with)
{
    char *path = scratch_path(folder, name);
    replace_in(path, what, with);
    free(path);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = scratch_path(folder, name);
    scratch_write(path, text, strlen(text));
    free(path);
}

static void remove_file(const char *folder, const char *name)
{
    char *path = scratch_path(folder, name);
    assert_int_equal(remove(path), 0);
    free(path);
}

static void cut_record(struct fixture *f)
{
    scratch_write(f->record, "{\"dlbricks_rec", 14);
}

static void empty_record(struct fixture *f)
{
    scratch_write(f->record, "", 0);
}

static void change_text(struct fixture *f)
{
    replace_in(f->record, "i0:f32:1x8", "i0:f32:1x7");
}

static void change_text_and_signature(struct fixture *f)
{
    static const char text[] = "dlb1 Relu i0:f32:1x8 >";
    struct record r = case_record(text, "a", 1);
    char *file = record_to_text(&r), *path = record_path(f->place, r.signature, "a");
    assert_int_equal(file_write(path, file, strlen(file), NULL), 0);
    assert_int_equal(remove(f->record), 0);
    free(path);
    free(file);
    record_release(&r);
}

static void change_run(struct fixture *f)
{
    replace_in(f->record, "\"run\":\"a\"", "\"run\":\"c\"");
}

static void lose_series(struct fixture *f)
{
    replace_in(f->record, "\"times_ns\":[1000.5,", "\"times_ns\":[");
}

static void put_in_anothers_place(struct fixture *f)
{
    assert_int_equal(rename(f->another, f->record), 0);
}

static void put_in_another_folder(struct fixture *f)
{
    struct str path = STR_INIT;
    str_addf(&path, "%s/%s", f->place, strncmp(strrchr(f->record, '/') + 1, "00", 2) ? "00" : "11");
    assert_int_equal(make_directories(path.text, NULL), 0);
    str_add(&path, strrchr(f->record, '/'));
    assert_int_equal(rename(f->record, path.text), 0);
    str_release(&path);
}

static void name_wrongly(struct fixture *f)
{
    char *path = xstrdup(f->record);
    strcpy(strrchr(path, '/') + 1, "copy.json");
    assert_int_equal(rename(f->record, path), 0);
    free(path);
}

static void use_later_format(struct fixture *f)
{
    replace_in(f->record, "\"dlbricks_record\":4", "\"dlbricks_record\":9");
}

static void cut_probe(struct fixture *f)
{
    write_file(f->place, "probe.json", "{");
}

static void cut_environment(struct fixture *f)
{
    write_file(f->place, "environment.json", "{");
}

static void lose_environment(struct fixture *f)
{
    remove_file(f->place, "environment.json");
}

static void change_environment(struct fixture *f)
{
    replace_in_file(f->place, "environment.json", "onednn", "twodnn");
}

static void change_machine(struct fixture *f)
{
    replace_in_file(f->machine, "machine.json", "avx2", "avx9");
}

static void lose_machine(struct fixture *f)
{
    remove_file(f->machine, "machine.json");
}

static void add_foreign(struct fixture *f)
{
    write_file(f->place, "notes.txt", "x");
}

static void add_leftover(struct fixture *f)
{
    write_file(f->place, ".dlbricks-0123456789abcdef.tmp", "{");
}

static const struct damage {
    void (*damage)(struct fixture *f);
    enum flaw_kind kind;
    int n_records; // that are whole afterwards
    const char *reason;
} damages[] = {
    {cut_record, FLAW_damaged, 8, "not valid JSON"},
    {empty_record, FLAW_damaged, 8, "not valid JSON"},
    {change_text, FLAW_damaged, 8, "\"signature\" is not that of \"text\""},
    {change_text_and_signature, FLAW_damaged, 8, "\"text\": "},
    {change_run, FLAW_damaged, 8, "the file's name has another run than \"run\", c"},
    {lose_series, FLAW_damaged, 8, "\"handoffs_ns\" has 3 elements for 2 samples"},
    {put_in_anothers_place, FLAW_damaged, 7, "the file's name has another signature"},
    {put_in_another_folder, FLAW_damaged, 8, "another folder than that of its first two digits"},
    {name_wrongly, FLAW_damaged, 8, "the name is not <signature>.<run>.json"},
    {use_later_format, FLAW_unknown, 8, "record format 9 is not known"},
    {cut_probe, FLAW_damaged, 9, "probe.json: not valid JSON"},
    {cut_environment, FLAW_damaged, 6, "environment.json: not valid JSON"},
    {lose_environment, FLAW_damaged, 6, "cannot be opened: No such file or directory; 3 records"},
    {change_environment, FLAW_damaged, 6, "description belongs into a folder twodnn-"},
    {change_machine, FLAW_damaged, 3, "description belongs into a folder test-2c-"},
    {lose_machine, FLAW_damaged, 3, "No such file or directory; 6 records cannot be used"},
    {add_foreign, FLAW_foreign, 9, "notes.txt: no file of a bench-cache"},
    {add_leftover, FLAW_leftover, 9, "a temporary file"},
};

static void each_damage(void (*check)(struct fixture *f, const struct damage *d))
{
    for (size_t i = 0; i < N_ELEMENTS(damages); i++) {
        void *state;
        setup(&state);
        damages[i].damage(state);
        check(state, &damages[i]);
        teardown(&state);
    }
}

static void check_named(struct fixture *f, const struct damage *d)
{
    struct cache_scan s = scan(f);
    if (s.flaws.n != 1 || s.flaws.items[0].kind != d->kind || s.n_records != d->n_records ||
        !strstr(s.flaws.items[0].reason, d->reason))
        fail_msg("wanted %d: %s, got %d flaws, %d whole: %s", d->kind, d->reason, s.flaws.n,
                 s.n_records, s.flaws.n ? s.flaws.items[0].reason : "");
    assert_int_equal(access(s.flaws.items[0].path, F_OK), 0);
    flaws_release(&s.flaws);
}

static void scan__names_each_damage_and_reads_the_rest(void **state)
{
    (void)state;
    each_damage(check_named);
}

static int lines_of(const char *folder)
{
    char *listing = case_listing(folder, true);
    int n = 0;
    for (const char *c = listing; *c; c++)
        n += *c == '\n';
    free(listing);
    return n;
}

static void check_set_aside(struct fixture *f, const struct damage *d)
{
    int n_lines = lines_of(f->cache);
    struct cache_scan s = scan(f);
    struct error err = {0};
    bool damaged = d->kind == FLAW_damaged;
    assert_int_equal(flaws_serious(&s.flaws), damaged);
    if (flaws_set_aside(&s.flaws, f->cache, &err))
        fail_msg("%s", err.text);
    assert_int_equal(flaws_serious(&s.flaws), 0);
    assert_int_equal(s.flaws.items[0].moved != NULL, damaged);
    if (damaged)
        assert_int_equal(access(s.flaws.items[0].moved, F_OK), 0);
    flaws_release(&s.flaws);
    assert_int_equal(lines_of(f->cache), n_lines); // nothing was deleted
    s = scan(f);
    assert_int_equal(s.flaws.n, damaged ? 0 : 1);
    assert_int_equal(s.n_records, d->n_records);
    flaws_release(&s.flaws);
}

static void set_aside__moves_damage_only_and_the_cache_is_whole_then(void **state)
{
    (void)state;
    each_damage(check_set_aside);
}

static void set_aside__a_name_that_is_taken_gets_a_number(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        char *moved, end[8];
        cut_record(f);
        assert_int_equal(cache_set_aside(f->cache, f->record, &moved, NULL), 0);
        snprintf(end, sizeof end, i ? ".%d" : ".json", i);
        assert_string_equal(moved + strlen(moved) - strlen(end), end);
        free(moved);
    }
    char *moved;
    assert_int_equal(cache_set_aside(f->cache, f->record, &moved, NULL), 0);
    assert_null(moved); // somebody else did it
}

static void set_aside__an_old_temporary_file_is_moved_as_well(void **state)
{
    struct fixture *f = *state;
    add_leftover(f);
    char *path = scratch_path(f->place, ".dlbricks-0123456789abcdef.tmp");
    struct timespec hours_ago[2] = {{0}, {0}};
    clock_gettime(CLOCK_REALTIME, &hours_ago[1]);
    hours_ago[1].tv_sec -= 2 * 3600;
    assert_int_equal(utimensat(AT_FDCWD, path, hours_ago, 0), 0);
    struct cache_scan s = scan(f);
    assert_int_equal(flaws_set_aside(&s.flaws, f->cache, NULL), 0);
    assert_non_null(s.flaws.items[0].moved);
    assert_int_equal(access(path, F_OK), -1);
    flaws_release(&s.flaws);
    free(path);
}

static void scan__a_cache_that_is_not_there_is_an_error(void **state)
{
    static const struct cache_sink nobody = {0};
    (void)state;
    struct cache_scan s;
    struct error err = {0};
    assert_int_equal(cache_scan("/nonexistent/cache", &nobody, &s, &err), -1);
    assert_string_equal(err.text, "/nonexistent/cache: cannot be read: No such file or directory");
    flaws_release(&s.flaws);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(scan__a_whole_cache_has_no_flaws),
        TEST(scan__names_each_damage_and_reads_the_rest),
        TEST(set_aside__moves_damage_only_and_the_cache_is_whole_then),
        TEST(set_aside__a_name_that_is_taken_gets_a_number),
        TEST(set_aside__an_old_temporary_file_is_moved_as_well),
        TEST(scan__a_cache_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
