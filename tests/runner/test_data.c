// Data for models' inputs: whole numbers that are read as indices stay within what they index.
#include "tests/test.h"
#include "tests/runner/step_case.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/brick.h"
#include "bricks/canon.h"
#include "runner/data.h"

static const struct {
    const char *text;
    int64_t below; // of the first input
} cases[] = {
    {"dlb1 Gather w:f32:256x32 i0:s64:1x64 axis=0 > f32:1x64x32 | out s0", 256},
    {"dlb1 Gather i0:f32:7x5 w:s64:3 axis=1 > f32:7x3 | out s0", 0},
    {"dlb1 Cast i0:u8:1x64 > s64:1x64 | Gather w:f32:20x32 s0:s64:1x64 axis=0 > f32:1x64x32 | out "
     "s1",
     20},
    {"dlb1 Cast i0:s32:1x64 > s64:1x64 | Neg s0:s64:1x64 > s64:1x64 | out s1", 0},
    {"dlb1 Slice i0:s64:1x64 starts=0,8 steps=1,1 > s64:1x32 | Gather w:f32:20x32 s0:s64:1x32 "
     "axis=0 > f32:1x32x32 | out s1",
     20},
    {"dlb1 Slice i0:s64:1x64 starts=0,8 steps=1,1 > s64:1x32 | Neg s0:s64:1x32 > s64:1x32 | "
     "Gather w:f32:20x32 s1:s64:1x32 axis=0 > f32:1x32x32 | out s2",
     0},
};

// One input with the indices of three tables: its columns, turned round, as others narrow them.
static const char tables[] = "dlb1 Transpose i0:s32:40x3 perm=1,0 > s32:3x40 | "
                             "Cast s0:s32:3x40 > s64:3x40 | "
                             "Split s1:s64:3x40 axis=0 > s64:1x40 s64:2x40 | "
                             "Gather w:f32:1000x4 s2.0:s64:1x40 axis=0 > f32:1x40x4 | "
                             "Gather w:f32:50x4 s2.1:s64:2x40 axis=0 > f32:2x40x4 | "
                             "Slice s2.1:s64:2x40 starts=1,0 steps=1,1 > s64:1x40 | "
                             "Gather w:f32:6x4 s5:s64:1x40 axis=0 > f32:1x40x4 | out s3 s4 s6";

static void indices_below__is_the_size_of_what_is_indexed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct brick *brick = parse_brick(cases[i].text);
        const struct graph *g = brick->graph;
        assert_int_equal(data_indices_below(g, g->inputs[0]), cases[i].below);
        brick_free(brick);
    }
}

// Whatever a file claims, no memory is asked for that would not be there: one limit holds for all.
static void indices_below__is_known_of_what_is_huge(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t below;
    } huge[] = {
        {"dlb1 Gather w:f32:20x32 i0:s64:1073741824 axis=0 > f32:1073741824x32 | out s0", 20},
        {"dlb1 Expand i0:s64:1 > s64:1073741824 | "
         "Gather w:f32:20x32 s0:s64:1073741824 axis=0 > f32:1073741824x32 | "
         "Gather w:f32:9x32 i0:s64:1 axis=0 > f32:1x32 | out s1 s2",
         9},
        {"dlb1 Relu i0:f32:1073741824 > f32:1073741824 | out s0", 0},
    };
    for (size_t i = 0; i < N_ELEMENTS(huge); i++) {
        struct brick *brick = parse_brick(huge[i].text);
        assert_int_equal(data_indices_below(brick->graph, brick->graph->inputs[0]), huge[i].below);
        assert_int_equal(data_indices_below(brick->graph, brick->graph->outputs[0]), 0);
        brick_free(brick);
    }
}

static void fill__indices_handed_on_through_a_cast_are_spread(void **state)
{
    (void)state;
    struct brick *brick = parse_brick(cases[2].text);
    const struct graph *g = brick->graph;
    unsigned char indices[64];
    int node, src, n_large = 0;
    assert_true(data_find_index(g, g->inputs[0], &node, &src));
    data_fill_operand(g, &g->nodes[node], src, indices, sizeof indices, 1);
    for (size_t i = 0; i < sizeof indices; i++) {
        assert_in_range(indices[i], 0, cases[2].below - 1);
        n_large += indices[i] >= cases[2].below / 2;
    }
    assert_in_range(n_large, 16, 48);
    brick_free(brick);
}

// Each column within its own table, and in both halves of it.
static void fill__indices_that_are_moved_are_spread_over_what_they_index(void **state)
{
    (void)state;
    struct error err = {0};
    struct graph *g = canon_parse(tables, &err);
    if (!g)
        fail_msg("%s", err.text);
    const int64_t rows[] = {1000, 50, 6};
    int32_t indices[40][3] = {0};
    data_fill_input(g, g->inputs[0], indices, 1);
    for (int column = 0; column < 3; column++) {
        int n_large = 0;
        for (int i = 0; i < 40; i++) {
            assert_in_range(indices[i][column], 0, rows[column] - 1);
            n_large += indices[i][column] >= rows[column] / 2;
        }
        assert_in_range(n_large, 8, 32);
    }
    assert_int_equal(data_indices_below(g, g->inputs[0]), 6);
    graph_release(g);
    free(g);
}

static void fill__elements_that_are_no_indices_stay_as_they_are(void **state)
{
    (void)state;
    struct brick *brick = parse_brick(cases[4].text);
    const struct graph *g = brick->graph;
    int64_t indices[64];
    memset(indices, -1, sizeof indices);
    data_fill_input(g, g->inputs[0], indices, 1);
    for (int i = 0; i < 64; i++)
        assert_true((indices[i] == -1) == (i < 8 || i >= 40));
    brick_free(brick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indices_below__is_the_size_of_what_is_indexed),
        cmocka_unit_test(indices_below__is_known_of_what_is_huge),
        cmocka_unit_test(fill__indices_handed_on_through_a_cast_are_spread),
        cmocka_unit_test(fill__indices_that_are_moved_are_spread_over_what_they_index),
        cmocka_unit_test(fill__elements_that_are_no_indices_stay_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
