#include "tests/test.h"

#include <math.h>
#include <stdio.h>

#include "cli/table.h"

static const struct column columns[] = {
    {"name", "name", COLUMN_text, 0, 0},
    {"time_ns", "ms", COLUMN_real, 1e-6, 2},
    {"bytes", "KiB", COLUMN_count, 1.0 / 1024, 1},
    {"hidden", NULL, COLUMN_text, 0, 0},
    {"n", "n", COLUMN_count, 0, 0},
};

static void add(struct table *t, const char *name, double time_ns, int64_t bytes, int64_t n)
{
    table_text(t, name);
    table_real(t, time_ns);
    table_count(t, bytes);
    table_text(t, "secret");
    table_count(t, n);
}

// Prints two rows in the form that o asks for; the caller frees the text.
static char *printed(const char *name, const struct options *o)
{
    char *text;
    size_t bytes;
    struct table t;
    FILE *out = open_memstream(&text, &bytes);
    table_init(&t, COLUMNS(columns));
    add(&t, name, 1234567, 1536, 7);
    add(&t, "b", NAN, 0, 12345);
    table_print(&t, o, out);
    table_release(&t);
    fclose(out);
    return text;
}

static void expect(const char *name, const struct options *o, const char *expected)
{
    char *got = printed(name, o);
    assert_string_equal(got, expected);
    free(got);
}

static void people__numbers_are_scaled_and_aligned_right(void **state)
{
    (void)state;
    expect("abcdef", &(struct options){0},
           "name      ms  KiB      n\n"
           "abcdef  1.23  1.5      7\n"
           "b          -  0.0  12345\n");
}

static void people__characters_are_counted_not_bytes(void **state)
{
    (void)state;
    expect("\xc3\xa9\xe2\x82\xac\xc3\xbc", &(struct options){0},
           "name    ms  KiB      n\n"
           "\xc3\xa9\xe2\x82\xac\xc3\xbc   1.23  1.5      7\n"
           "b        -  0.0  12345\n");
}

static void people__control_characters_do_not_reach_the_terminal(void **state)
{
    (void)state;
    char *got = printed("a\x1b[2Jb", &(struct options){0});
    assert_null(strchr(got, 0x1b));
    assert_non_null(strstr(got, "a?[2Jb"));
    free(got);
}

static void csv__what_needs_quotes_gets_them(void **state)
{
    (void)state;
    expect("a,\"b\"", &(struct options){.csv = true},
           "name,time_ns,bytes,hidden,n\n"
           "\"a,\"\"b\"\"\",1234567,1536,secret,7\n"
           "b,,0,secret,12345\n");
}

static void json__rows_are_objects_with_the_keys_of_the_columns(void **state)
{
    (void)state;
    char *got = printed("a\"b", &(struct options){.json = true});
    json_t *rows = json_loads(got, 0, NULL);
    json_t *first = json_array_get(rows, 0), *second = json_array_get(rows, 1);
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(json_string_value(json_object_get(first, "name")), "a\"b");
    assert_true(json_real_value(json_object_get(first, "time_ns")) == 1234567);
    assert_int_equal(json_integer_value(json_object_get(first, "bytes")), 1536);
    assert_string_equal(json_string_value(json_object_get(first, "hidden")), "secret");
    assert_true(json_is_null(json_object_get(second, "time_ns")));
    json_decref(rows);
    free(got);
}

static void json__text_that_is_no_utf8_still_gives_valid_json(void **state)
{
    (void)state;
    char *got = printed("a\xff"
                        "b",
                        &(struct options){.json = true});
    json_t *rows = json_loads(got, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 0), "name")), "a?b");
    json_decref(rows);
    free(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people__numbers_are_scaled_and_aligned_right),
        cmocka_unit_test(people__characters_are_counted_not_bytes),
        cmocka_unit_test(people__control_characters_do_not_reach_the_terminal),
        cmocka_unit_test(csv__what_needs_quotes_gets_them),
        cmocka_unit_test(json__rows_are_objects_with_the_keys_of_the_columns),
        cmocka_unit_test(json__text_that_is_no_utf8_still_gives_valid_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
