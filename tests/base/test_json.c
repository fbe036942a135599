#include "tests/test.h"
#include "tests/scratch.h"

#include <signal.h>
#include <sys/resource.h>

#include "base/json.h"

static void printable__replaces_what_a_terminal_would_obey(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
        size_t size;
    } cases[] = {
        {"plain", "plain", 64},
        {"a\x1b[31mb\n\x7f", "a?[31mb?\?", 64},
        {"\xc2\x9b[2J", "?[2J", 64},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f", 64},
        {"\xff\xc3(", "?\?(", 64},
        {"\xed\xa0\x80", "?\?\?", 64},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", 64},
        {"\xe2\x82", "?\?", 64},
        {"abcdef", "abc", 4},
        {"ab\xc3\xbc", "ab", 4},
        {"x", "", 1},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char out[64];
        assert_string_equal(printable(out, cases[i].size, cases[i].text), cases[i].expected);
    }
}

static void json_text__any_bytes_give_a_string(void **state)
{
    (void)state;
    json_t *json = json_text("a\xff\x1b");
    assert_string_equal(json_string_value(json), "a?\x1b");
    json_decref(json);
    json = json_text(NULL);
    assert_string_equal(json_string_value(json), "");
    json_decref(json);
}

static void getters__messages_name_place_and_member(void **state)
{
    (void)state;
    static const char text[] = "{\"i\":1,\"r\":1.5,\"s\":\"x\",\"a\":[],\"o\":{}}";
    json_t *json = json_read_text(text, strlen(text), "here", NULL);
    int64_t i;
    double r;
    struct error err = {0};
    assert_int_equal(json_get_int(json, "i", &i, "here", &err), 0);
    assert_int_equal(json_get_real(json, "i", &r, "here", &err), 0);
    assert_int_equal(json_get_real(json, "r", &r, "here", &err), 0);
    assert_non_null(json_get_text(json, "s", "here", &err));
    assert_non_null(json_get_array(json, "a", "here", &err));
    assert_non_null(json_get_object(json, "o", "here", &err));
    assert_string_equal(err.text, "");
    assert_int_equal(json_get_int(json, "r", &i, "here", &err), -1);
    assert_string_equal(err.text, "here: \"r\" is not an integer");
    err = (struct error){0};
    assert_null(json_get_text(json, "missing", "here", &err));
    assert_string_equal(err.text, "here: \"missing\" (a string) is missing");
    assert_null(json_get_array(json, "o", "here", NULL));
    assert_null(json_get_object(json, "a", "here", NULL));
    json_object_set_new(json, "below", json_integer(-1));
    size_t bytes = 7;
    assert_int_equal(json_get_size(json, "i", &bytes, "here", NULL), 0);
    assert_int_equal(bytes, json_integer_value(json_object_get(json, "i")));
    err = (struct error){0};
    assert_int_equal(json_get_size(json, "below", &bytes, "here", &err), -1);
    assert_string_equal(err.text, "here: \"below\" is negative");
    assert_int_equal(json_get_int(NULL, "i", &i, "here", NULL), -1);
    json_decref(json);
}

static void read__bad_files_give_one_message_with_the_path(void **state)
{
    (void)state;
    char *folder = scratch_make(), *path = scratch_path(folder, "f.json");
    static const char *const bad[] = {"", "{", "{\"a\":1,\"a\":2}", "[1,]", "{\"a\":\"\\u0000\"}"};
    for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
        struct error err = {0};
        scratch_write(path, bad[i], strlen(bad[i]));
        assert_null(json_read_file(path, 1000, &err));
        assert_non_null(strstr(err.text, path));
    }
    struct error err = {0};
    scratch_write(path, "[1,2,3]", 7);
    assert_null(json_read_file(path, 6, &err));
    assert_non_null(strstr(err.text, "larger than 6 bytes"));
    assert_null(json_read_file(folder, 100, NULL));
    assert_null(json_read_file("/nonexistent/x", 100, NULL));
    free(path);
    scratch_remove(folder);
}

static void write__makes_folders_and_replaces_whole(void **state)
{
    (void)state;
    char *folder = scratch_make(), *path = scratch_path(folder, "a/b/c.txt");
    size_t bytes;
    assert_int_equal(file_write(path, "one", 3, NULL), 0);
    assert_int_equal(file_write(path, "second", 6, NULL), 0);
    char *text = file_read(path, 100, &bytes, NULL);
    assert_string_equal(text, "second");
    assert_int_equal(bytes, 6);
    free(text);
    char *inner = scratch_path(folder, "a/b");
    assert_int_equal(scratch_count(inner), 1);
    free(inner);
    free(path);
    scratch_remove(folder);
}

static void write__failure_names_the_path_and_leaves_nothing(void **state)
{
    (void)state;
    char *folder = scratch_make(), *file = scratch_path(folder, "file");
    char *below = scratch_path(folder, "file/x/y.json");
    scratch_write(file, "old", 3);
    struct error err = {0};
    assert_int_equal(file_write(below, "text", 4, &err), -1);
    assert_non_null(strstr(err.text, file));
    assert_non_null(strstr(err.text, "Not a directory"));
    err = (struct error){0};
    assert_int_equal(file_write(folder, "text", 4, &err), -1);
    assert_non_null(strstr(err.text, "it is a folder"));
    assert_int_equal(scratch_count(folder), 1);
    free(below);
    free(file);
    scratch_remove(folder);
}

static void write__full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    char *folder = scratch_make(), *path = scratch_path(folder, "f");
    scratch_write(path, "old", 3);
    struct rlimit limit, small;
    getrlimit(RLIMIT_FSIZE, &limit);
    small = limit;
    small.rlim_cur = 1000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    char text[5000];
    memset(text, 'x', sizeof text);
    struct error err = {0};
    int status = file_write(path, text, sizeof text, &err);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, -1);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, "File too large"));
    assert_int_equal(scratch_count(folder), 1);
    size_t bytes;
    char *kept = file_read(path, 100, &bytes, NULL);
    assert_string_equal(kept, "old");
    free(kept);
    free(path);
    scratch_remove(folder);
}

static void write__a_device_stays_a_device(void **state)
{
    (void)state;
    struct error err = {0};
    assert_int_equal(file_write("/dev/null", "x", 1, &err), 0);
    struct stat st;
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    assert_int_equal(file_write("/dev/full", "x", 1, &err), -1);
    assert_string_equal(err.text, "/dev/full: cannot be written: No space left on device");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(printable__replaces_what_a_terminal_would_obey),
        cmocka_unit_test(json_text__any_bytes_give_a_string),
        cmocka_unit_test(getters__messages_name_place_and_member),
        cmocka_unit_test(read__bad_files_give_one_message_with_the_path),
        cmocka_unit_test(write__makes_folders_and_replaces_whole),
        cmocka_unit_test(write__failure_names_the_path_and_leaves_nothing),
        cmocka_unit_test(write__full_disk_keeps_the_old_file),
        cmocka_unit_test(write__a_device_stays_a_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
