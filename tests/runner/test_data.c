// Data for models' inputs: whole numbers that are read as indices stay within what they index.
#include "tests/test.h"

#include "base/memory.h"
#include "bricks/brick.h"
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
};

static struct brick *parsed(const char *text)
{
    struct error err = {0};
    struct brick *brick = brick_parse(text, &err);
    if (!brick)
        fail_msg("%s: %s", text, err.text);
    return brick;
}

static void indices_below__is_the_size_of_what_is_indexed(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct brick *brick = parsed(cases[i].text);
        const struct graph *g = brick->graph;
        assert_int_equal(data_indices_below(g, g->inputs[0]), cases[i].below);
        brick_free(brick);
    }
}

static void fill__indices_handed_on_through_a_cast_are_spread(void **state)
{
    (void)state;
    struct brick *brick = parsed(cases[2].text);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(indices_below__is_the_size_of_what_is_indexed),
        cmocka_unit_test(fill__indices_handed_on_through_a_cast_are_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
