#include "tests/test.h"

#include "predict/smooth.h"

enum { N = 40 };

// Two classes over a range of sizes: class 0 has the value 1, class 1 the value 2.
static void make(struct smooth *s)
{
    struct smooth_point points[N];
    for (int i = 0; i < N; i++)
        points[i] = (struct smooth_point){
            .class = i % 2, .group = i, .x = {i / 2, i / 2, 0, 0, 0}, .y = 1 + i % 2};
    smooth_init(s, N, points);
}

static void smooth__a_class_has_its_own_value(void **state)
{
    (void)state;
    struct smooth s;
    make(&s);
    struct smooth_point at = {.class = 0, .group = -1, .x = {10, 10, 0, 0, 0}};
    assert_close(smooth_at(&s, &at, 0.5), 1, 0.1);
    at.class = 1;
    assert_close(smooth_at(&s, &at, 0.5), 2, 0.1);
    smooth_release(&s);
}

static void smooth__equal_values_are_exact_everywhere(void **state)
{
    (void)state;
    struct smooth s;
    struct smooth_point points[7];
    for (int i = 0; i < 7; i++)
        points[i] = (struct smooth_point){.class = i % 3, .group = i, .x = {i}, .y = 0.7};
    smooth_init(&s, 7, points);
    struct smooth_point at = {.class = 9, .group = -1, .x = {1000}};
    assert_close(smooth_at(&s, &at, 0.5), 0.7, 1e-12);
    at = points[2];
    assert_close(smooth_at(&s, &at, 0.8), 0.7, 1e-12);
    smooth_release(&s);
}

static void smooth__an_unknown_class_takes_what_is_near(void **state)
{
    (void)state;
    struct smooth s;
    struct smooth_point points[N];
    for (int i = 0; i < N; i++)
        points[i] = (struct smooth_point){
            .class = 0, .group = i, .x = {i < N / 2 ? 0 : 40}, .y = i < N / 2 ? 1 : 2};
    smooth_init(&s, N, points);
    struct smooth_point at = {.class = 5, .group = -1, .x = {1}};
    assert_close(smooth_at(&s, &at, 0.5), 1, 0.05);
    at.x[0] = 39;
    assert_close(smooth_at(&s, &at, 0.5), 2, 0.05);
    smooth_release(&s);
}

static void smooth__a_single_outlier_changes_little(void **state)
{
    (void)state;
    struct smooth s;
    struct smooth_point points[9] = {{.y = 100}};
    for (int i = 1; i < 9; i++)
        points[i] = (struct smooth_point){.group = i, .y = 1};
    smooth_init(&s, 9, points);
    struct smooth_point at = {.group = -1};
    assert_close(smooth_at(&s, &at, 0.5), 1, 1e-12);
    smooth_release(&s);
}

static void smooth__a_point_does_not_see_its_own_group(void **state)
{
    (void)state;
    struct smooth s;
    struct smooth_point points[] = {{.group = 1, .y = 5}, {.group = 1, .y = 5}};
    smooth_init(&s, 2, points);
    assert_true(isnan(smooth_at(&s, &points[0], 0.5)));
    assert_close(smooth_support(&s, &points[0]), 0, 0);
    struct smooth_point other = {.group = 2};
    assert_close(smooth_at(&s, &other, 0.5), 5, 1e-12);
    assert_close(smooth_support(&s, &other), 2, 1e-12);
    smooth_release(&s);
}

static void smooth__quantiles_ascend(void **state)
{
    (void)state;
    struct smooth s;
    struct smooth_point points[11];
    for (int i = 0; i < 11; i++)
        points[i] = (struct smooth_point){.group = i, .y = i};
    smooth_init(&s, 11, points);
    struct smooth_point at = {.group = -1};
    assert_close(smooth_at(&s, &at, 0.5), 5, 1e-9);
    assert_close(smooth_at(&s, &at, 0.8), 8.3, 1e-9);
    assert_close(smooth_at(&s, &at, 0), 0, 1e-9);
    assert_close(smooth_at(&s, &at, 1), 10, 1e-9);
    smooth_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smooth__a_class_has_its_own_value),
        cmocka_unit_test(smooth__equal_values_are_exact_everywhere),
        cmocka_unit_test(smooth__an_unknown_class_takes_what_is_near),
        cmocka_unit_test(smooth__a_single_outlier_changes_little),
        cmocka_unit_test(smooth__a_point_does_not_see_its_own_group),
        cmocka_unit_test(smooth__quantiles_ascend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
