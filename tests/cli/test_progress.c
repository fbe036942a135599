#include "tests/test.h"

#include "cli/progress.h"

struct shown {
    char *text;
    size_t bytes;
    struct progress progress;
};

// Progress into memory, from second 100 on.
static void start(struct shown *s, bool terminal)
{
    progress_start(&s->progress, open_memstream(&s->text, &s->bytes), 100);
    assert_false(s->progress.terminal); // memory is none
    s->progress.terminal = terminal;
}

static void finish(struct shown *s)
{
    fclose(s->progress.out);
    free(s->text);
}

static void expect(struct shown *s, const char *expected)
{
    fflush(s->progress.out);
    assert_string_equal(s->text, expected);
}

static void elsewhere__a_plain_line_every_ten_seconds(void **state)
{
    (void)state;
    struct shown s;
    start(&s, false);
    progress_show(&s.progress, 1, 10, "early", 109);
    expect(&s, "");
    progress_show(&s.progress, 2, 10, "2/10", 110);
    progress_show(&s.progress, 3, 10, "soon", 119);
    expect(&s, " 20 %   2/10   ETA 0:40\n");
    finish(&s);
}

static void elsewhere__the_end_is_always_shown(void **state)
{
    (void)state;
    struct shown s;
    start(&s, false);
    progress_show(&s.progress, 10, 10, "10/10", 100.5);
    expect(&s, "100 %   10/10\n");
    finish(&s);
}

static void terminal__one_line_with_a_bar_that_is_cleared(void **state)
{
    (void)state;
    struct shown s;
    start(&s, true);
    progress_show(&s.progress, 1, 2, "half", 100.05);
    progress_show(&s.progress, 1, 2, "half", 102);
    progress_clear(&s.progress);
    expect(&s, "\r[############............]  50 %   half   ETA 0:02\x1b[K\r\x1b[K");
    finish(&s);
}

static void terminal__hours_are_shown_as_hours(void **state)
{
    (void)state;
    struct shown s;
    start(&s, true);
    progress_show(&s.progress, 10, 100, "x", 100 + 1000);
    expect(&s, "\r[##......................]  10 %   x   ETA 2:30:00\x1b[K");
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elsewhere__a_plain_line_every_ten_seconds),
        cmocka_unit_test(elsewhere__the_end_is_always_shown),
        cmocka_unit_test(terminal__one_line_with_a_bar_that_is_cleared),
        cmocka_unit_test(terminal__hours_are_shown_as_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
