// FLOPs of steps given by their canonical texts.
#include "tests/test.h"

#include <stdlib.h>

#include "bricks/canon.h"
#include "bricks/work.h"

static const struct work_case {
    const char *step;
    double flops;
} cases[] = {
    {"ConvTranspose i0:f32:1x3x8x8:last w:f32:3x6x3x3 kernel_shape=3,3 strides=2,2 pads=0,0,0,0 "
     "dilations=1,1 group=1 > f32:1x6x17x17:last",
     2.0 * (3 * 8 * 8) * (6 * 3 * 3)},
    {"MatMul i0:f32:4x2x3 w:f32:3x5 > f32:4x2x5", 2.0 * 4 * 2 * 3 * 5},
    {"Einsum i0:f32:2x3 i1:f32:3x4 equation=97,98,44,98,99,45,62,97,99 > f32:2x4", 2.0 * 2 * 3 * 4},
    {"Max i0:f32:2x3 i1:f32:2x3 i2:f32:2x3 > f32:2x3", 2.0 * 2 * 3},
    {"ReduceSum i0:f32:2x3x4 axes=2 > f32:2x3x1", 2 * 3 * 4},
    {"LayerNormalization i0:f32:2x3x4 w:f32:4 axis=2 > f32:2x3x4", 7 * 2 * 3 * 4},
    {"Resize i0:f32:1x3x4x4:last resize_mode=1 coordinates=0 > f32:1x3x8x8:last",
     2.0 * (2 * 2) * (3 * 8 * 8)},
    {"Resize i0:f32:1x3x4x4:last resize_mode=0 coordinates=3 nearest_mode=2 > "
     "f32:1x3x8x8:last",
     0},
    {"GridSample i0:f32:1x3x4x4:last i1:f32:1x8x8x2 resize_mode=1 padding_mode=0 align_corners=0 > "
     "f32:1x3x8x8:last",
     2.0 * (2 * 2) * (3 * 8 * 8)},
    {"RoiAlign i0:f32:1x3x9x9:last i1:f32:5x4 i2:s64:5 coordinates=0 roi_mode=0 sampling_ratio=3 > "
     "f32:5x3x2x2:last",
     2.0 * 4 * (3 * 3) * (5 * 3 * 2 * 2)},
    {"LSTM i0:f32:7x2x3 w:f32:1x16x3 w:f32:1x16x4 direction=0 activations=1,0,0 layout=0 > "
     "f32:7x1x2x4",
     2.0 * (7 * 2) * (16 * 3 + 16 * 4)},
    {"Attention i0:f32:2x4x5x8 i1:f32:2x4x6x8 i2:f32:2x4x6x8 is_causal=0 > f32:2x4x5x8",
     (2 * 4 * 5) * 6 * (2.0 * 8 + 2 * 8 + 5)},
};

static void work__counts_what_an_operator_computes(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str text = STR_INIT;
        struct error err = {0};
        str_addf(&text, "dlb1 %s | out s0", cases[i].step);
        struct graph *g = canon_parse(text.text, &err);
        if (!g)
            fail_msg("%s", err.text);
        double flops = work_graph(g).flops;
        if (flops != cases[i].flops)
            fail_msg("%s: %g instead of %g", cases[i].step, flops, cases[i].flops);
        graph_release(g);
        free(g);
        str_release(&text);
    }
}

// Of a table, the rows that are looked up; of what else is read, all.
static void work__a_lookup_reads_what_it_takes(void **state)
{
    static const struct {
        const char *text;
        double bytes;
    } lookups[] = {
        {"dlb1 Gather w:f32:1000x8 i0:s64:3 axis=0 > f32:3x8 | out s0", 3 * 8 * 4 * 2 + 3 * 8},
        {"dlb1 Gather w:f32:2x8 i0:s64:3 axis=0 > f32:3x8 | out s0", 2 * 8 * 4 + 3 * 8 * 4 + 3 * 8},
        {"dlb1 ReverseSequence i0:f32:9x4x5 i1:s64:4 batch_axis=1 time_axis=0 > f32:9x4x5 | out s0",
         2 * 9 * 4 * 5 * 4 + 4 * 8},
    };
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(lookups); i++) {
        struct error err = {0};
        struct graph *g = canon_parse(lookups[i].text, &err);
        if (!g)
            fail_msg("%s", err.text);
        assert_float_equal(work_graph(g).bytes, lookups[i].bytes, 0);
        graph_release(g);
        free(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work__counts_what_an_operator_computes),
        cmocka_unit_test(work__a_lookup_reads_what_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
