// Kernels against the reference, step by step. The texts are canonical, without "dlb1 " in front
// and " | out s0" behind.
#include "tests/test.h"

#include <math.h>

#include "bricks/brick.h"
#include "runner/check.h"
#include "runner/loops.h"
#include "tests/runner/step_case.h"
#include "tests/runner/whole_engine.h"

static const struct step_case steps[] = {
    // Convolutions: 1, 2 and 3 dimensions, groups, strides, dilation, one-sided padding, no bias.
    {"Conv i0:f32:1x16x14x14:last w:f32:32x16x3x3 w:f32:32 kernel_shape=3,3 strides=1,1 "
     "pads=1,1,1,1 dilations=1,1 group=1 > f32:1x32x14x14:last",
     "!loop"},
    {"Conv i0:f32:2x3x15x15:last w:f32:8x3x5x3 kernel_shape=5,3 strides=2,1 pads=2,0,1,1 "
     "dilations=1,1 group=1 > f32:2x8x7x14:last",
     NULL},
    {"Conv i0:f32:1x32x9x9:last w:f32:32x1x3x3 w:f32:32 kernel_shape=3,3 strides=1,1 "
     "pads=2,2,2,2 dilations=2,2 group=32 +Clip > f32:1x32x9x9:last",
     NULL},
    {"Conv i0:f32:1x12x9x9:last w:f32:18x4x3x3 w:f32:18 kernel_shape=3,3 strides=1,1 "
     "pads=1,1,1,1 dilations=1,1 group=3 +Relu > f32:1x18x9x9:last",
     NULL},
    {"Conv i0:f32:2x5x31:last w:f32:7x5x4 w:f32:7 kernel_shape=4 strides=2 pads=1,2 dilations=1 "
     "group=1 +Tanh > f32:2x7x16:last",
     NULL},
    {"Conv i0:f32:1x3x6x7x8:last w:f32:4x3x3x3x3 w:f32:4 kernel_shape=3,3,3 strides=1,1,1 "
     "pads=1,1,1,1,1,1 dilations=1,1,1 group=1 +Sigmoid > f32:1x4x6x7x8:last",
     NULL},
    {"Conv i0:f32:1x64x1x1 w:f32:10x64x1x1 kernel_shape=1,1 strides=1,1 pads=0,0,0,0 "
     "dilations=1,1 group=1 > f32:1x10x1x1",
     NULL},
    // Weights that are given at run time.
    {"Conv i0:f32:1x16x8x8:last i1:f32:16x16x3x3 i2:f32:16 kernel_shape=3,3 strides=1,1 "
     "pads=1,1,1,1 dilations=1,1 group=1 +Relu > f32:1x16x8x8:last",
     NULL},
    // Residuals: accumulated and as a second operand.
    {"Conv i0:f32:1x32x14x14:last w:f32:64x32x1x1 w:f32:64 kernel_shape=1,1 strides=1,1 "
     "pads=0,0,0,0 dilations=1,1 group=1 +Sum=i1:f32:1x64x14x14:last +Relu > "
     "f32:1x64x14x14:last",
     "!+"},
    {"Conv i0:f32:1x32x14x14:last w:f32:64x32x1x1 w:f32:64 kernel_shape=1,1 strides=1,1 "
     "pads=0,0,0,0 dilations=1,1 group=1 +Add=i1:f32:1x64x14x14:last +Relu > "
     "f32:1x64x14x14:last",
     NULL},
    {"Conv i0:f32:1x6x5x5:last w:f32:6x3x2x2 kernel_shape=2,2 strides=1,1 pads=0,0,1,1 "
     "dilations=3,1 group=2 +Elu +Sum=i1:f32:1x6x3x5:last +LeakyRelu > f32:1x6x3x5:last",
     NULL},
    // Pooling: rounded up, padded, dilated.
    {"MaxPool i0:f32:1x16x13x13:last kernel_shape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 > "
     "f32:1x16x7x7:last",
     "!loop"},
    {"MaxPool i0:f32:1x3x8x8:last kernel_shape=3,3 strides=2,2 pads=0,0,0,0 dilations=1,1 > "
     "f32:1x3x4x4:last",
     NULL},
    {"MaxPool i0:f32:1x5x9x9:last kernel_shape=2,2 strides=1,2 pads=0,0,0,0 dilations=2,3 > "
     "f32:1x5x7x3:last",
     "loop_pool"},
    {"AveragePool i0:f32:1x16x7x7:last kernel_shape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 "
     "count_include_pad=1 > f32:1x16x4x4:last",
     "!loop"},
    {"AveragePool i0:f32:2x6x7x7:last kernel_shape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 "
     "count_include_pad=0 > f32:2x6x4x4:last",
     NULL},
    {"AveragePool i0:f32:1x8x8x8:last kernel_shape=3,3 strides=2,2 pads=1,1,0,0 dilations=1,1 "
     "count_include_pad=1 +Relu > f32:1x8x5x5:last",
     NULL},
    {"AveragePool i0:f32:1x4x20:last kernel_shape=4 strides=3 pads=1,1 dilations=1 > "
     "f32:1x4x7:last",
     NULL},
    {"MaxPool i0:f32:1x4x5x6x7:last kernel_shape=2,2,2 strides=2,2,2 pads=0,0,0,0,0,0 "
     "dilations=1,1,1 > f32:1x4x2x3x3:last",
     NULL},
    {"GlobalAveragePool i0:f32:1x32x7x7:last > f32:1x32x1x1", "!loop"},
    {"GlobalMaxPool i0:f32:2x5x7x3:last > f32:2x5x1x1", NULL},
    // Normalisation.
    {"BatchNormalization i0:f32:1x16x6x6:last w:f32:16 w:f32:16 w:f32:16 w:f32:16 +Relu > "
     "f32:1x16x6x6:last",
     "loop_scale_channels"},
    {"BatchNormalization i0:f32:2x16x19x19:last w:f32:16 w:f32:16 w:f32:16 w:f32:16 "
     "+Elu "
     "+Add=i1:f32:2x16x19x19:last > f32:2x16x19x19:last",
     NULL},
    {"BatchNormalization i0:f32:2x5 w:f32:5 w:f32:5 w:f32:5 w:f32:5 +Mish > f32:2x5", NULL},
    {"BatchNormalization i0:f32:2x5x3x4 w:f32:5 w:f32:5 w:f32:5 w:f32:5 +Relu > f32:2x5x3x4", NULL},
    {"BatchNormalization i0:f32:3x5x4 i1:f32:5 i2:f32:5 i3:f32:5 i4:f32:5 > f32:3x5x4", NULL},
    {"BatchNormalization i0:f32:2x5x4:last i1:f32:5 i2:f32:5 i3:f32:5 i4:f32:5 > f32:2x5x4:last",
     NULL},
    {"LRN i0:f32:1x32x9x9:last lrn_beta=0.75 size=5 > f32:1x32x9x9:last", "!loop"},
    {"LRN i0:f32:2x7x3x3:last lrn_beta=0.5 size=4 > f32:2x7x3x3:last", "loop_lrn"},
    {"LRN i0:f32:1x2x3x3:last lrn_beta=0.6 size=9 > f32:1x2x3x3:last", NULL},
    {"Softmax i0:f32:2x1000 axis=1 > f32:2x1000", "!loop"},
    {"Softmax i0:f32:3x4x5 axis=0 > f32:3x4x5", NULL},
    {"Softmax i0:f32:3x4x5 axis=1 > f32:3x4x5", NULL},
    // Matrix products.
    {"Gemm i0:f32:1x256 w:f32:40x256 w:f32:40 transA=0 transB=1 > f32:1x40", "!loop"},
    {"Gemm i0:f32:3x20 w:f32:20x10 i1:f32:3x1 transA=0 transB=0 +Relu > f32:3x10", NULL},
    {"Gemm i0:f32:20x3 i1:f32:10x20 i2:f32:1 transA=1 transB=1 > f32:3x10", NULL},
    {"Gemm i0:f32:4x6 w:f32:6x5 > f32:4x5", NULL},
    {"MatMul i0:f32:4x6 w:f32:6x5 > f32:4x5", NULL},
    {"MatMul i0:f32:2x3x4x6 i1:f32:2x3x6x5 > f32:2x3x4x5", NULL},
    {"MatMul i0:f32:2x3x4x6 i1:f32:3x6x5 > f32:2x3x4x5", NULL},
    {"MatMul i0:f32:2x3x6 w:f32:6x5 +Add=i1:f32:5 > f32:2x3x5", NULL},
    {"MatMul i0:f32:6 i1:f32:6 > f32:", NULL},
    {"MatMul i0:f32:2x3x6 i1:f32:6 > f32:2x3", NULL},
    {"MatMul i0:f32:6 i1:f32:4x6x2 > f32:4x2", NULL},
    // Elementwise, with all ways to broadcast.
    {"Relu i0:f32:1x5x7x7:last inplace > f32:1x5x7x7:last", "!loop"},
    {"Elu i0:f32:3x5 > f32:3x5", NULL},
    {"LeakyRelu i0:f32: > f32:", NULL},
    {"Add i0:f32:1x8x5x5:last i1:f32:1x8x5x5:last inplace +Relu > f32:1x8x5x5:last", "!loop"},
    {"Add i0:f32:1x8x5x5:last w:f32:8x1x1 > f32:1x8x5x5:last", NULL},
    {"Add i0:f32:1x8x5x5:last w:f32:1x8x5x5 > f32:1x8x5x5:last", NULL},
    {"Add i0:f32:8x1x1 i1:f32:2x8x5x5:last > f32:2x8x5x5:last", NULL},
    {"Sub i0:f32:4x1 i1:f32:3x1x5 > f32:3x4x5", "loop_Sub"},
    {"Div i0:f32:5 w:f32:3x4x5 > f32:3x4x5", NULL},
    {"Mul i0:f32:2x3x4x5x6 i1:f32: > f32:2x3x4x5x6", NULL},
    {"Mul i0:f32:2x1x4x1 i1:f32:3x1x5 +Tanh > f32:2x3x4x5", NULL},
    {"Add i0:f32:1x8x5x5:last i1:f32:1x8x5x5 > f32:1x8x5x5:last", NULL},
    // Moving bytes.
    {"Reorder i0:f32:1x3x20x20 > f32:1x3x20x20:last", NULL},
    {"Reorder i0:f32:2x30x4x4:last > f32:2x30x4x4", NULL},
    {"Reorder i0:s64:1x3x5x5 > s64:1x3x5x5:last", "loop_copy"},
    {"Concat i0:f32:1x8x5x5:last i1:f32:1x3x5x5:last i2:f32:1x16x5x5:last axis=1 > "
     "f32:1x27x5x5:last",
     "loop_concat"},
    {"Concat i0:f32:2x3x5x5:last i1:f32:2x3x2x5:last axis=2 > f32:2x3x7x5:last", NULL},
    {"Concat i0:s64:2x3 w:s64:2x1 i0:s64:2x3 axis=1 > s64:2x7", NULL},
    {"Concat i0:u8:3 i1:u8:4 axis=0 > u8:7", NULL},
    {"Transpose i0:f32:2x3x4x5 perm=0,2,3,1 > f32:2x4x5x3", NULL},
    {"Transpose i0:f32:7x9 perm=1,0 > f32:9x7", NULL},
    {"Transpose i0:s64:2x3x4 perm=2,0,1 > s64:4x2x3", "loop_copy"},
    {"Transpose i0:u8:2x3x4 perm=2,1,0 > u8:4x3x2", NULL},
    {"ChannelShuffle i0:f32:1x12x5x5:last groups=3 > f32:1x12x5x5:last", NULL},
    {"ChannelShuffle i0:f32:2x8x3x3 groups=2 > f32:2x8x3x3", NULL},
};

static void kernels__give_the_results_of_the_reference(void **state)
{
    (void)state;
    check_steps(steps, N_ELEMENTS(steps));
}

// ---- hand-made values ----------------------------------------------------------------------

// Runs a step with given inputs and weights, and compares.
static void run_and_compare(const char *step, const float *const *inputs,
                            const float *const *weights, const float *expected)
{
    struct brick *brick = parse_step(step);
    struct graph *g = brick->graph;
    struct error err = {0};
    struct loaded_graph l;
    for (int v = 0, k = 0; v < g->n_values; v++)
        if (g->values[v].kind == VALUE_weight && g->values[v].view_of == NONE)
            g->values[v].data = weights[k++];
    if (loaded_graph_init(&l, &engine, kernels, g, &err) != 0)
        fail_msg("%s", err.text);
    for (int k = 0; k < g->n_inputs; k++)
        memcpy(l.address[g->inputs[k]], inputs[k], tensor_bytes(&g->values[g->inputs[k]].t));
    program_run(&l.program);
    const float *got = l.address[g->outputs[0]];
    for (int64_t i = 0; i < tensor_elements(&g->values[g->outputs[0]].t); i++)
        if (!(fabsf(got[i] - expected[i]) <= 1e-6f * fmaxf(1, fabsf(expected[i]))))
            fail_msg("%s: element %d is %g, not %g", step, (int)i, (double)got[i],
                     (double)expected[i]);
    loaded_graph_release(&l);
    brick_free(brick);
}

#define FLOATS(...)                                                                                \
    (const float[])                                                                                \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define ARRAYS(...)                                                                                \
    (const float *const[])                                                                         \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void conv__by_hand(void **state)
{
    (void)state;
    run_and_compare("Conv i0:f32:1x2x1x3:last w:f32:1x2x1x2 w:f32:1 kernel_shape=1,2 strides=1,1 "
                    "pads=0,0,0,0 dilations=1,1 group=1 +Relu > f32:1x1x1x2:last",
                    ARRAYS(FLOATS(1, 10, 2, 20, 3, -90)),           // [w][c]
                    ARRAYS(FLOATS(1, 2, 0.1f, 0.2f), FLOATS(0.5f)), // [c][w]
                    FLOATS(1 + 4 + 1 + 4 + 0.5f, 0));
}

static void accumulate__adds_to_what_is_there(void **state)
{
    (void)state;
    run_and_compare("Conv i0:f32:1x1x1x2:last w:f32:2x1x1x1 kernel_shape=1,1 strides=1,1 "
                    "pads=0,0,0,0 dilations=1,1 group=1 +Sum=i1:f32:1x2x1x2:last > "
                    "f32:1x2x1x2:last",
                    ARRAYS(FLOATS(1, 2), FLOATS(100, 200, 300, 400)), ARRAYS(FLOATS(3, 5)),
                    FLOATS(103, 205, 306, 410));
}

static void gemm__transposed_weights_are_packed_so(void **state)
{
    (void)state;
    run_and_compare("Gemm i0:f32:1x2 w:f32:3x2 w:f32:3 transA=0 transB=1 > f32:1x3",
                    ARRAYS(FLOATS(1, 10)), ARRAYS(FLOATS(1, 2, 3, 4, 5, 6), FLOATS(0, 1, 2)),
                    FLOATS(21, 44, 67));
    run_and_compare("Gemm i0:f32:1x2 w:f32:2x3 w:f32:3 transA=0 transB=0 > f32:1x3",
                    ARRAYS(FLOATS(1, 10)), ARRAYS(FLOATS(1, 2, 3, 4, 5, 6), FLOATS(0, 1, 2)),
                    FLOATS(41, 53, 65));
}

static void shuffle__groups_become_innermost(void **state)
{
    (void)state;
    run_and_compare("ChannelShuffle i0:f32:1x6x1x2:last groups=2 > f32:1x6x1x2:last",
                    ARRAYS(FLOATS(0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15)), NULL,
                    FLOATS(0, 3, 1, 4, 2, 5, 10, 13, 11, 14, 12, 15));
}

// ---- posts of their own --------------------------------------------------------------------

static void posts__what_cannot_be_fused_becomes_ops_of_its_own(void **state)
{
    (void)state;
    struct brick *brick = parse_step("MaxPool i0:f32:1x16x8x8:last kernel_shape=2,2 strides=2,2 "
                                     "pads=0,0,0,0 dilations=1,1 +Sum=i1:f32:1x16x4x4:last +Relu > "
                                     "f32:1x16x4x4:last");
    struct error err = {0};
    struct kernel *k = kernel_make(&engine, brick->graph, &brick->graph->nodes[0], NULL, &err);
    assert_non_null(k);
    assert_true(k->n_ops >= 2);
    assert_true(k->temporary_bytes >= 16 * 4 * 4 * sizeof(float));
    assert_non_null(strchr(k->implementation, '+'));
    kernel_free(k);
    struct check_result r = {0};
    assert_int_equal(check_brick(&engine, kernels, brick->graph, &r, &err), 0);
    assert_true(r.ok);
    brick_free(brick);
}

// ---- our loops -----------------------------------------------------------------------------

// The direct convolution is for what oneDNN has no kernel for, which depends on its version: here
// it runs alone, in every version that this CPU can run.
static void loop_conv__is_the_same_for_every_instruction_set(void **state)
{
    (void)state;
    enum { IC = 3, OC = 70, SIDE = 4 };
    float src[SIDE * SIDE * IC], weights[9 * IC * OC], bias[OC], dst[2][SIDE * SIDE * OC];
    for (int i = 0; i < SIDE * SIDE * IC; i++)
        src[i] = (float)(i * 7 % 13 - 6);
    for (int i = 0; i < 9 * IC * OC; i++)
        weights[i] = (float)(i * 5 % 11 - 5);
    for (int i = 0; i < OC; i++)
        bias[i] = (float)i;
    const struct loop_conv c = {
        .w = {.n = 1,
              .in = {1, SIDE, SIDE},
              .out = {1, SIDE, SIDE},
              .kernel = {1, 3, 3},
              .stride = {1, 1, 1},
              .dilation = {1, 1, 1},
              .begin = {0, 1, 1}},
        .groups = 1,
        .ic = IC,
        .oc = OC,
    };
    void *args[] = {src, weights, bias, dst[0]};
    enum loop_isa best = loop_isa_of(engine.environment.value[ENV_isa]);
    for (int isa = 0; isa <= (int)best; isa++) {
        args[3] = dst[isa > 0];
        for (int thread = 0; thread < 3; thread++)
            loop_conv.run[isa](&c, args, thread, 3);
        assert_memory_equal(dst[0], dst[isa > 0], sizeof dst[0]);
    }
    float corner = bias[1]; // pixel (0, 0), output channel 1: kernel elements (1..2, 1..2)
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 2; x++)
            for (int i = 0; i < IC; i++)
                corner += src[(y * SIDE + x) * IC + i] *
                          weights[(((y + 1) * 3 + x + 1) * IC + i) * OC + 1];
    assert_true(dst[0][1] == corner);
}

static void unsupported__is_refused_with_step_and_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        bool inplace; // set afterwards: such a text is refused
    } refused[] = {
        {"Softmax i0:s64:2x3 axis=1 > s64:2x3",
         "Softmax '' (s64:2x3 -> s64:2x3) cannot be run: only f32", false},
        {"Sqrt i0:s64:2x3 > s64:2x3", "no kernel for these types", false},
        {"QuantizeLinear i0:f32:2x3 i1:f32: > u8:2x3",
         "cannot be run: this operator is read and shaped, but there is no kernel that runs it",
         false},
        {"DequantizeLinear i0:u8:2x3 i1:f32: axis=1 > f32:2x3", "read and shaped", false},
        {"MatMulInteger i0:u8:2x3 i1:u8:3x4 > s32:2x4", "read and shaped", false},
        {"GRU i0:f32:7x3x12 w:f32:1x48x12 w:f32:1x48x16 - i1:s64:3 > f32:7x1x3x16",
         "the lengths of its sequences are not s32", false},
        {"RNN i0:f64:7x3x12 w:f64:1x16x12 w:f64:1x16x16 > f64:7x1x3x16",
         "only f32 can be computed with", false},
        {"ScatterND i0:f16:4 i1:s64:2x1 i2:f16:2 reduction=1 > f16:4",
         "there is no kernel for a reduction of this type", false},
        {"Add i0:f32:3 i0:f32:3 > f32:3", "still reads", true},
        {"Pad i0:f32:3 - i1:f32: pads=1,1 pad_mode=0 > f32:5", "is no constant", false},
    };
    for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
        struct brick *brick = parse_step(refused[i].text);
        struct error err = {0};
        brick->graph->nodes[0].inplace = refused[i].inplace;
        assert_null(kernel_make(&engine, brick->graph, &brick->graph->nodes[0], NULL, &err));
        if (!strstr(err.text, refused[i].message))
            fail_msg("%s: %s", refused[i].text, err.text);
        brick_free(brick);
    }
}

// ---- sharing -------------------------------------------------------------------------------

static void set__equal_steps_share_a_kernel(void **state)
{
    (void)state;
    struct brick *a = parse_step("Relu i0:f32:2x3 > f32:2x3");
    struct brick *b = parse_step("Relu i0:f32:2x3 > f32:2x3");
    const struct kernel *k = kernel_set_get(kernels, a->graph, &a->graph->nodes[0], NULL);
    assert_ptr_equal(k, kernel_set_get(kernels, b->graph, &b->graph->nodes[0], NULL));
    brick_free(a);
    brick_free(b);
}

static void set__floats_outside_the_text_keep_kernels_apart(void **state)
{
    (void)state;
    struct brick *brick = parse_step("LeakyRelu i0:f32:2x3 > f32:2x3");
    struct graph *g = brick->graph;
    const struct kernel *k = kernel_set_get(kernels, g, &g->nodes[0], NULL);
    node_set_float(g, &g->nodes[0], ATTR_alpha, 0.25f);
    assert_ptr_not_equal(k, kernel_set_get(kernels, g, &g->nodes[0], NULL));
    brick_free(brick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels__give_the_results_of_the_reference),
        cmocka_unit_test(conv__by_hand),
        cmocka_unit_test(accumulate__adds_to_what_is_there),
        cmocka_unit_test(gemm__transposed_weights_are_packed_so),
        cmocka_unit_test(shuffle__groups_become_innermost),
        cmocka_unit_test(posts__what_cannot_be_fused_becomes_ops_of_its_own),
        cmocka_unit_test(loop_conv__is_the_same_for_every_instruction_set),
        cmocka_unit_test(unsupported__is_refused_with_step_and_reason),
        cmocka_unit_test(set__equal_steps_share_a_kernel),
        cmocka_unit_test(set__floats_outside_the_text_keep_kernels_apart),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
