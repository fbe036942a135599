#include "tests/test.h"

#include <locale.h>

#include "base/memory.h"
#include "base/str.h"

static void float__shortest_text_reads_back(void **state)
{
    (void)state;
    static const struct {
        float x;
        const char *text;
    } cases[] = {
        {0.75f, "0.75"}, {0.1f, "0.1"}, {1e-5f, "1e-05"}, {6, "6"}, {16777216, "16777216"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str s = STR_INIT;
        str_add_float(&s, cases[i].x);
        assert_string_equal(s.text, cases[i].text);
        assert_true(strtof(s.text, NULL) == cases[i].x);
        str_release(&s);
    }
}

static void float__every_exponent_reads_back(void **state)
{
    (void)state;
    for (float x = 1e-38f; x < 1e38f; x *= 1.7f) {
        struct str s = STR_INIT;
        str_add_float(&s, x);
        assert_true(strtof(s.text, NULL) == x);
        str_release(&s);
    }
}

static void str__grows_and_keeps_its_text(void **state)
{
    (void)state;
    struct str s = STR_INIT;
    for (int i = 0; i < 1000; i++)
        str_addf(&s, "%d,", i % 10);
    assert_int_equal(s.len, 2000);
    assert_memory_equal(s.text, "0,1,2,3,", 8);
    str_clear(&s);
    assert_string_equal(s.text, "");
    str_add(&s, "x");
    char *text = str_detach(&s);
    assert_string_equal(text, "x");
    free(text);
    str_release(&s);
}

static void arena__memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t bytes = 0; bytes < 200000; bytes = bytes * 3 + 1) {
        unsigned char *p = arena_alloc(&arena, bytes);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < bytes; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, bytes);
    }
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(float__shortest_text_reads_back),
        cmocka_unit_test(float__every_exponent_reads_back),
        cmocka_unit_test(str__grows_and_keeps_its_text),
        cmocka_unit_test(arena__memory_is_zeroed_and_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
