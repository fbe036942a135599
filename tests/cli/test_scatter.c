#include "tests/test.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/memory.h"
#include "cli/scatter.h"

static const char *const settings[] = {"1 thread", "2 threads"};

static char *drawn(int n, const struct scatter_point *points, int n_series)
{
    const struct scatter s = {
        .title = "R&D <\"x\">",
        .x_title = "measured ms",
        .y_title = "predicted ms",
        .band = 0.05,
        .n_series = n_series,
        .series = settings,
        .n = n,
        .points = points,
    };
    struct str out = STR_INIT;
    scatter_svg(&s, &out);
    return str_detach(&out);
}

// ---- a reader that knows as much of XML as the writer ---------------------------------------

static bool skip_entity(const char **p)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    for (size_t i = 0; i < N_ELEMENTS(entities); i++)
        if (strncmp(*p, entities[i], strlen(entities[i])) == 0) {
            *p += strlen(entities[i]);
            return true;
        }
    return false;
}

// Text up to one of the ends; false if it holds what may not stand there.
static bool skip_text(const char **p, const char *ends)
{
    while (**p && !strchr(ends, **p)) {
        if (**p == '&' ? !skip_entity(p) : **p == '<')
            return false;
        else if (**p && !strchr(ends, **p) && **p != '&')
            (*p)++;
    }
    return **p != '\0';
}

static bool skip_attributes(const char **p)
{
    while (**p == ' ') {
        *p += strcspn(*p, "=");
        if (strncmp(*p, "=\"", 2) != 0)
            return false;
        *p += 2;
        if (!skip_text(p, "\""))
            return false;
        ++*p;
    }
    return true;
}

static bool skip_element(const char **p);

static bool skip_content(const char **p, const char *name, size_t n)
{
    for (;;) {
        if (!skip_text(p, "<"))
            return false;
        if ((*p)[1] == '/')
            break;
        if (!skip_element(p))
            return false;
    }
    bool closed = strncmp(*p + 2, name, n) == 0 && (*p)[2 + n] == '>';
    *p += n + 3;
    return closed;
}

static bool skip_element(const char **p)
{
    const char *name = ++*p;
    size_t n = 0;
    while (isalpha((unsigned char)name[n]))
        n++;
    *p += n;
    if (n == 0 || !skip_attributes(p))
        return false;
    if (strncmp(*p, "/>", 2) == 0) {
        *p += 2;
        return true;
    }
    return *(*p)++ == '>' && skip_content(p, name, n);
}

static bool is_well_formed(const char *text)
{
    const char *p = text;
    return *p == '<' && skip_element(&p) && strcmp(p, "\n") == 0;
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, what)); p++)
        n++;
    return n;
}

// Centre of circle number i.
static void circle_at(const char *svg, int i, double *x, double *y)
{
    const char *p = svg;
    for (int k = 0; k <= i; k++)
        p = strstr(p, "<circle ") + 1;
    assert_int_equal(sscanf(p, "circle cx=\"%lf\" cy=\"%lf\"", x, y), 2);
}

// ---- tests ---------------------------------------------------------------------------------

static void reader__refuses_what_is_no_xml(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",        "<a>\n",          "<a></b>\n",    "<a>&</a>\n",
                                        "<a b>\n", "<a b=\"<\"/>\n", "<a><b></a>\n", "<a/><b/>\n"};
    for (size_t i = 0; i < N_ELEMENTS(wrong); i++)
        if (is_well_formed(wrong[i]))
            fail_msg("case %zu is taken for XML", i);
    assert_true(is_well_formed("<a b=\"1 &amp; 2\">x &lt; y<c/></a>\n"));
}

static void scatter__is_well_formed_whatever_the_names(void **state)
{
    (void)state;
    const struct scatter_point points[] = {
        {1, 2, 1.5, 2.5, 0, "a<b>&\"c\"</svg>"},
        {3, 2, -1, INFINITY, 1, "\x01\xff%s"},
        {1e-9, 1e9, 0, 0, 9, ""},
    };
    for (int n = 0; n <= 3; n++) {
        char *svg = drawn(n, points, 2);
        if (!is_well_formed(svg))
            fail_msg("%d points: %s", n, svg);
        assert_int_equal(count(svg, "<circle "), n);
        assert_null(strstr(svg, "nan"));
        assert_null(strstr(svg, "inf"));
        free(svg);
    }
}

static void scatter__points_stand_where_their_values_belong(void **state)
{
    (void)state;
    // values from 1 to 100; a margin of 1.3 on both sides
    const struct scatter_point points[] = {
        {1, 1, 1, 1, 0, "low"}, {100, 100, 99, 101, 0, "high"}, {10, 20, 19, 21, 0, "middle"}};
    double length = SCATTER_LENGTH / log(130 / (1 / 1.3));
    char *svg = drawn(3, points, 1);
    for (int i = 0; i < 3; i++) {
        double x, y;
        circle_at(svg, i, &x, &y);
        assert_close(x, SCATTER_LEFT + length * log(1.3 * points[i].x), 0.06);
        assert_close(y, SCATTER_BOTTOM - length * log(1.3 * points[i].y), 0.06);
    }
    free(svg);
}

static void scatter__the_band_has_its_width_on_both_sides_of_the_diagonal(void **state)
{
    (void)state;
    const struct scatter_point points[] = {{1, 1, 1, 1, 0, "a"}, {100, 100, 99, 101, 0, "b"}};
    double width = SCATTER_LENGTH / log(130 / (1 / 1.3)) * log(1.05);
    double x[6], y[6];
    char *svg = drawn(2, points, 1);
    const char *p = strstr(svg, "points=\"");
    assert_int_equal(sscanf(p, "points=\"%lf,%lf %lf,%lf %lf,%lf %lf,%lf %lf,%lf %lf,%lf", &x[0],
                            &y[0], &x[1], &y[1], &x[2], &y[2], &x[3], &y[3], &x[4], &y[4], &x[5],
                            &y[5]),
                     12);
    assert_close(y[0] - y[1], width, 0.11);
    assert_close(x[3] - x[2], width, 0.11);
    assert_close(y[4] - y[3], width, 0.11);
    assert_close(x[5] - x[0], width, 0.11);
    free(svg);
}

static void scatter__every_point_has_a_tool_tip_and_no_two_labels_overlap(void **state)
{
    (void)state;
    struct scatter_point points[40];
    for (int i = 0; i < 40; i++)
        points[i] = (struct scatter_point){10, 10 + i * 0.001, 9, 11, 0, "crowded"};
    points[39].label = "farthest";
    char *svg = drawn(40, points, 1);
    assert_int_equal(count(svg, "<title>"), 40);
    assert_int_equal(count(svg, ">farthest</text>"), 1);
    assert_int_equal(count(svg, "class=\"label\""), 2); // one to the right, one to the left
    free(svg);
}

static void scatter__a_legend_is_for_several_series(void **state)
{
    (void)state;
    const struct scatter_point point = {1, 1, 1, 1, 0, "a"};
    char *one = drawn(1, &point, 1), *two = drawn(1, &point, 2);
    assert_null(strstr(one, "1 thread"));
    assert_non_null(strstr(two, ">1 thread</text>"));
    assert_non_null(strstr(two, ">2 threads</text>"));
    free(one);
    free(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader__refuses_what_is_no_xml),
        cmocka_unit_test(scatter__is_well_formed_whatever_the_names),
        cmocka_unit_test(scatter__points_stand_where_their_values_belong),
        cmocka_unit_test(scatter__the_band_has_its_width_on_both_sides_of_the_diagonal),
        cmocka_unit_test(scatter__every_point_has_a_tool_tip_and_no_two_labels_overlap),
        cmocka_unit_test(scatter__a_legend_is_for_several_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
