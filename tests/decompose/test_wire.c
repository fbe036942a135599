#include "tests/test.h"

#include <stdio.h>
#include <unistd.h>

#include "decompose/wire.h"
#include "tests/decompose/onnx_build.h"
#include "tests/scratch.h"

static struct wire wire_of_text(const char *text, size_t bytes)
{
    return wire_of((const uint8_t *)text, bytes);
}

static void varint__reads_back_what_was_written(void **state)
{
    (void)state;
    static const uint64_t cases[] = {0, 1, 127, 128, 300, 1ull << 32, INT64_MAX, UINT64_MAX};
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str s = STR_INIT;
        uint64_t value = ~cases[i];
        put_varint(&s, cases[i]);
        struct wire w = wire_of_text(s.text, s.len);
        assert_int_equal(wire_varint(&w, &value, NULL), 0);
        assert_true(value == cases[i]);
        assert_int_equal(wire_size(w), 0);
        str_release(&s);
    }
}

static void next__gives_each_field_once_and_then_the_end(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    put_int(&s, 3, 700);
    put_text(&s, 100000, "contents");
    str_add_n(&s,
              "\x11"
              "12345678",
              9); // field 2, 64 bits
    str_add_n(&s,
              "\x15"
              "1234",
              5); // field 2, 32 bits
    struct wire w = wire_of_text(s.text, s.len);
    struct wire_field f;
    assert_int_equal(wire_next(&w, &f, NULL), 1);
    assert_int_equal(f.number, 3);
    assert_int_equal(f.value, 700);
    assert_int_equal(wire_next(&w, &f, NULL), 1);
    assert_int_equal(f.number, 100000);
    assert_int_equal(wire_size(f.bytes), 8);
    assert_memory_equal(f.bytes.at, "contents", 8);
    assert_int_equal(wire_next(&w, &f, NULL), 1);
    assert_int_equal(wire_size(f.bytes), 8);
    assert_int_equal(wire_next(&w, &f, NULL), 1);
    assert_int_equal(wire_size(f.bytes), 4);
    assert_int_equal(wire_next(&w, &f, NULL), 0);
    assert_int_equal(wire_next(&w, &f, NULL), 0);
    str_release(&s);
}

static void next__names_what_is_wrong_and_where(void **state)
{
    (void)state;
#define BYTES(text) text, sizeof text - 1
    static const struct {
        const char *bytes;
        size_t n;
        const char *message;
    } cases[] = {
        {BYTES("\x08"), "a number does not end at byte 1"},
        {BYTES("\x08\xff"), "a number does not end at byte 1"},
        {BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "a number does not end at byte 1"},
        {BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "a number does not end"},
        {BYTES("\x0a\x05"
               "abcd"),
         "a field wants 5 bytes where 4 are left at byte 2"},
        {BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
         "a field wants 18446744073709551615 bytes where 0 are left"},
        {BYTES("\x09"
               "1234567"),
         "a field wants 8 bytes where 7 are left"},
        {BYTES("\x0d"
               "123"),
         "a field wants 4 bytes where 3 are left"},
        {BYTES("\x0b"), "a field has no valid type at byte 0"},
        {BYTES("\x0c"), "a field has no valid type at byte 0"},
        {BYTES("\x0f"), "a field has no valid type at byte 0"},
        {BYTES("\x02\x01\x61"), "a field has no valid number at byte 0"},
        {BYTES("\x80\x80\x80\x80\x80\x01\x61"), "a field has no valid number at byte 0"},
    };
#undef BYTES
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct error err = {0};
        struct wire_field f;
        struct wire w = wire_of_text(cases[i].bytes, cases[i].n);
        assert_int_equal(wire_next(&w, &f, &err), -1);
        if (strncmp(err.text, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("case %zu: %s", i, err.text);
    }
}

static void file_map__shows_the_file(void **state)
{
    (void)state;
    char *folder = scratch_make(), *path = scratch_path(folder, "file");
    struct file_map map;
    scratch_write(path, "twelve bytes", 12);
    assert_int_equal(file_map_open(&map, path, NULL), 0);
    assert_int_equal(map.size, 12);
    assert_memory_equal(map.data, "twelve bytes", 12);
    file_map_close(&map);
    free(path);
    scratch_remove(folder);
}

static void file_map__refuses_what_is_no_file_with_contents(void **state)
{
    (void)state;
    static const struct {
        const char *name, *message;
    } cases[] = {
        {"missing", "cannot be opened: No such file or directory"},
        {"nothing", "is empty"},
        {".", "is not a regular file"},
    };
    char *folder = scratch_make(), *nothing = scratch_path(folder, "nothing");
    scratch_write(nothing, "", 0);
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct error err = {0};
        struct file_map map;
        char *path = scratch_path(folder, cases[i].name);
        assert_int_equal(file_map_open(&map, path, &err), -1);
        assert_string_equal(err.text, cases[i].message);
        free(path);
    }
    free(nothing);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varint__reads_back_what_was_written),
        cmocka_unit_test(next__gives_each_field_once_and_then_the_end),
        cmocka_unit_test(next__names_what_is_wrong_and_where),
        cmocka_unit_test(file_map__shows_the_file),
        cmocka_unit_test(file_map__refuses_what_is_no_file_with_contents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
