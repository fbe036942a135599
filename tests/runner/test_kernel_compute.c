// Kernels of products, attention, recurrent networks and normalisations against the reference.
#include "tests/test.h"

#include "tests/runner/step_case.h"
#include "tests/runner/whole_engine.h"

static const struct step_case products[] = {
    // one row and many weights, with and without what is left over
    {"Gemm i0:f32:1x704 w:f32:3001x704 transA=0 transB=1 > f32:1x3001", "loop_dot"},
    {"Gemm i0:f32:1x701 w:f32:3007x701 w:f32:3007 transA=0 transB=1 +Relu > f32:1x3007",
     "loop_dot"},
    {"FusedMatMul i0:f32:1x1x37 w:f32:60001x37 transA=0 transB=1 "
     "gemm_alpha=0.5 > f32:1x1x60001",
     "loop_dot"},
    {"Gemm i0:f32:2x704 w:f32:3001x704 transA=0 transB=1 > f32:2x3001", "!loop_dot"},
    {"Gemm i0:f32:1x704 w:f32:704x3001 transA=0 transB=0 > f32:1x3001", "!loop_dot"},
    {"Gemm i0:f32:1x2049 w:f32:1025x2049 transA=0 transB=1 > f32:1x1025", "!loop_dot"},
    {"Gemm i0:f32:1x704 w:f32:1000x704 transA=0 transB=1 > f32:1x1000", "!loop_dot"},
    // A constant matrix serves all batches; bias, activation and residual are fused.
    {"MatMul i0:f32:1x128x64 w:f32:64x96 +Add=w:f32:96 > f32:1x128x96", "!+"},
    {"MatMul i0:f32:2x9x64 w:f32:64x96 +Add=w:f32:96 +Relu +Add=i1:f32:2x9x96 > f32:2x9x96", NULL},
    {"MatMul i0:f32:2x9x64 w:f32:64x96 +Add=i1:f32:2x9x1 > f32:2x9x96", NULL},
    {"MatMul i0:f32:2x9x64 w:f32:64x96 +Add=i1:f32:9x1 > f32:2x9x96", NULL},
    {"MatMul i0:f32:2x9x64 w:f32:64x96 +Sum=i1:f32:2x9x96 > f32:2x9x96", NULL},
    {"MatMul i0:f32:64 w:f32:64x96 +Add=w:f32:96 > f32:96", NULL},
    {"MatMul i0:f32:5x64 w:f32:64 +Add=i1:f32:5 > f32:5", NULL},
    {"MatMul i0:f32:2x5x64 w:f32:64 +Add=i1:f32:5 > f32:2x5", NULL},
    {"MatMul i0:f32:64 i1:f32:3x64x7 +Mul=i2:f32:3x7 > f32:3x7", NULL},
    {"MatMul i0:f32:2x9x64 i1:f32:64x96 > f32:2x9x96", NULL},
    {"MatMul i0:f32:2x300x1x8 w:f32:2x300x8x20 > f32:2x300x1x20", "loop_row_products"},
    {"MatMul i0:f32:3x300x1x8 i1:f32:3x300x8x70 +Add=i2:f32:70 +Relu > f32:3x300x1x70",
     "loop_row_products"},
    {"MatMul i0:f32:1x300x1x8 w:f32:300x8x20 > f32:1x300x1x20", "loop_row_products"},
    {"MatMul i0:f32:300x1x8 i1:f32:1x8x20 > f32:300x1x20", "!loop"},
    {"MatMul i0:f32:3x1x200 i1:f32:3x200x100 > f32:3x1x100", "!loop"},
    // Batches that broadcast on either side, and constant batches.
    {"MatMul i0:f32:1x3x5x6 i1:f32:2x1x6x7 > f32:2x3x5x7", NULL},
    {"MatMul i0:f32:3x5x6 i1:f32:2x3x6x7 > f32:2x3x5x7", NULL},
    {"MatMul i0:f32:2x1x5x6 i1:f32:3x6x7 > f32:2x3x5x7", NULL},
    {"MatMul i0:f32:3x5x6 w:f32:3x6x7 +Add=w:f32:7 > f32:3x5x7", NULL},
    {"MatMul i0:f32:2x2x2x3x5x6 i1:f32:2x2x2x3x6x7 > f32:2x2x2x3x5x7", NULL},
    {"MatMul i0:f32:1x12x16x16 i1:f32:1x12x16x8 > f32:1x12x16x8", NULL},
    {"MatMul i0:f32:4x1x6 i1:f32:4x6x1 > f32:4x1x1", NULL},
    // Transposed sides.
    {"FusedMatMul i0:f32:2x6x5 i1:f32:2x7x6 transA=1 transB=1 > f32:2x5x7", NULL},
    {"FusedMatMul i0:f32:2x5x6 w:f32:7x6 transA=0 transB=1 gemm_alpha=0.5 > f32:2x5x7", NULL},
    {"FusedMatMul i0:f32:5x2x3x6 i1:f32:2x3x6x7 transBatchA=1 > f32:2x3x5x7", NULL},
};

static const struct step_case attention[] = {
    {"ScaledDotProductAttention i0:f32:1x4x16x8 i1:f32:1x4x20x8 i2:f32:1x4x20x12 > "
     "f32:1x4x16x12",
     NULL},
    {"ScaledDotProductAttention i0:f32:2x16x4x8 i1:f32:2x20x4x8 i2:f32:2x20x4x8 "
     "swapped=1,1,1,1 > f32:2x16x4x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:2x16x4x8 i1:f32:2x4x20x8 i2:f32:2x20x4x8 "
     "swapped=1,0,1,0 > f32:2x4x16x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:1x16x4x8 i1:f32:1x20x4x8 i2:f32:1x20x4x8 "
     "i3:f32:1x1x1x20 swapped=1,1,1,1 > f32:1x16x4x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:2x4x16x8 i1:f32:2x4x20x8 i2:f32:2x4x20x8 "
     "i3:f32:2x1x1x20 > f32:2x4x16x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:2x4x9x8 i1:f32:2x4x9x8 i2:f32:2x4x9x8 w:f32:4x9x9 > "
     "f32:2x4x9x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:6x9x8 i1:f32:6x9x8 i2:f32:6x9x8 is_causal=1 > f32:6x9x8",
     "loop_causal"},
    {"ScaledDotProductAttention i0:f32:6x4x8 i1:f32:6x9x8 i2:f32:6x9x8 is_causal=1 "
     "left_window_size=2 k=5 > f32:6x4x8",
     "loop_causal"},
    // the last queries see no key
    {"ScaledDotProductAttention i0:f32:6x9x8 i1:f32:6x5x8 i2:f32:6x5x8 blind_zero=1 "
     "is_causal=1 left_window_size=2 > f32:6x9x8",
     "loop_softmax"},
    {"ScaledDotProductAttention i0:f32:6x9x8 i1:f32:6x9x8 i2:f32:6x9x8 i3:f32:9x9 softcap=0.5 > "
     "f32:6x9x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:9x6x8 i1:f32:9x6x8 i2:f32:9x6x8 swapped=1,1,1,1 > "
     "f32:9x6x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:2x3x9x4x8 i1:f32:2x3x9x4x8 i2:f32:2x3x9x4x8 "
     "i3:f32:2x3x1x9x9 swapped=1,1,1,1 > f32:2x3x9x4x8",
     NULL},
    {"ScaledDotProductAttention i0:f32:9x8 i1:f32:7x8 i2:f32:7x5 > f32:9x5", NULL},
};

static const struct step_case recurrent[] = {
    {"LSTM i0:f32:7x1x12 w:f32:1x64x12 w:f32:1x64x16 w:f32:1x128 direction=0 > f32:7x1x1x16",
     "loop_recurrent"},
    {"LSTM i0:f32:1x1x12 w:f32:1x64x12 w:f32:1x64x16 w:f32:1x128 direction=0 > f32:1x1x1x16",
     "!loop_recurrent"},
    {"GRU i0:f32:7x1x12 w:f32:1x54x12 w:f32:1x54x18 > f32:7x1x1x18", "!loop_recurrent"},
    {"GRU i0:f32:7x1x12 w:f32:1x288x12 w:f32:1x288x96 - - i1:f32:1x1x96 > f32:7x1x1x96 f32:1x1x96",
     "loop_recurrent"},
    {"LSTM i0:f32:1x7x12 w:f32:2x64x12 w:f32:2x64x16 w:f32:2x128 - i1:f32:1x2x16 i2:f32:1x2x16 "
     "w:f32:2x48 direction=2 layout=1 > f32:1x7x2x16 f32:1x2x16 f32:1x2x16",
     "loop_recurrent"},
    {"LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 > f32:7x1x3x16", "!loop_recurrent"},
    {"LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 w:f32:1x128 - i1:f32:1x3x16 i2:f32:1x3x16 "
     "w:f32:1x48 direction=1 > f32:7x1x3x16 f32:1x3x16 f32:1x3x16",
     NULL},
    {"LSTM i0:f32:7x1x12 w:f32:2x64x12 w:f32:2x64x16 w:f32:2x128 direction=2 > f32:7x2x1x16",
     "loop_recurrent"},
    {"LSTM i0:f32:7x3x12 w:f32:2x64x12 w:f32:2x64x16 w:f32:2x128 - i1:f32:2x3x16 i2:f32:2x3x16 "
     "direction=2 > f32:7x2x3x16 - f32:2x3x16",
     NULL},
    {"LSTM i0:f32:3x7x12 w:f32:2x64x12 w:f32:2x64x16 w:f32:2x128 direction=2 layout=1 > "
     "f32:3x7x2x16",
     NULL},
    {"LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 - - i1:f32:1x3x16 > f32:7x1x3x16", NULL},
    {"LSTM i0:f32:7x3x12 i1:f32:1x64x12 i2:f32:1x64x16 i3:f32:1x128 > f32:7x1x3x16", NULL},
    {"GRU i0:f32:7x3x12 w:f32:1x48x12 w:f32:1x48x16 w:f32:1x96 > f32:7x1x3x16", NULL},
    {"GRU i0:f32:7x3x12 w:f32:2x48x12 w:f32:2x48x16 w:f32:2x96 direction=2 "
     "linear_before_reset=1 > f32:7x2x3x16 f32:2x3x16",
     NULL},
    {"RNN i0:f32:7x3x12 w:f32:1x16x12 w:f32:1x16x16 w:f32:1x32 - i1:f32:1x3x16 > "
     "f32:7x1x3x16 f32:1x3x16",
     NULL},
    {"RNN i0:f32:7x3x12 w:f32:2x16x12 w:f32:2x16x16 w:f32:2x32 direction=2 activations=2,2 > "
     "f32:7x2x3x16",
     NULL},
};

// What oneDNN's primitives lack.
static const struct step_case recurrent_loops[] = {
    {"LSTM i0:f32:7x3x12 w:f32:1x80x12 w:f32:1x80x20 w:f32:1x160 - i1:f32:1x3x20 i2:f32:1x3x20 "
     "w:f32:1x60 direction=1 activations=6,0,9 clip=0.5 > f32:7x1x3x20 f32:1x3x20 f32:1x3x20",
     "loop_recurrent"},
    {"LSTM i0:f32:3x7x12 i1:f32:2x64x12 i2:f32:2x64x16 direction=2 "
     "activations=1,0,0,4,5,10 layout=1 input_forget=1 > f32:3x7x2x16 - f32:3x2x16",
     "loop_recurrent"},
    {"LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 w:f32:1x128 i1:s32:3 > f32:7x1x3x16",
     "loop_recurrent"},
    {"GRU i0:f32:7x3x12 w:f32:1x288x12 w:f32:1x288x96 w:f32:1x576 activations=6,2 > f32:7x1x3x96",
     "loop_recurrent"},
    {"GRU i0:f32:7x3x12 w:f32:2x48x12 w:f32:2x48x16 w:f32:2x96 - i1:f32:2x3x16 "
     "direction=2 activations=1,7,6,8 linear_before_reset=1 > f32:7x2x3x16 f32:2x3x16",
     "loop_recurrent"},
    {"RNN i0:f32:7x3x12 w:f32:2x16x12 w:f32:2x16x16 w:f32:2x32 direction=2 activations=3,9 > "
     "f32:7x2x3x16 f32:2x3x16",
     "loop_recurrent"},
    {"RNN i0:f32:7x3x12 w:f32:1x16x12 w:f32:1x16x16 clip=0.25 > f32:7x1x3x16", "loop_recurrent"},
};

static const struct step_case normalisations[] = {
    {"LayerNormalization i0:f32:1x9x64 w:f32:64 w:f32:64 axis=2 > f32:1x9x64", "!loop"},
    {"LayerNormalization i0:f32:2x3x4x5 w:f32:4x5 axis=2 > f32:2x3x4x5", NULL},
    {"LayerNormalization i0:f32:2x9x7 i1:f32:7 i2:f32:7 axis=-1 +Relu > f32:2x9x7", NULL},
    {"LayerNormalization i0:f32:2x9x7 w:f32:7 - axis=2 > f32:2x9x7 f32:2x9x1 f32:2x9x1",
     "loop_layernorm"},
    {"LayerNormalization i0:f32:2x9x7 w:f32:7 w:f32:7 axis=2 > f32:2x9x7 - f32:2x9x1", NULL},
    {"RMSNormalization i0:f32:2x9x64 w:f32:64 axis=2 > f32:2x9x64", "loop_layernorm"},
    {"RMSNormalization i0:f32:2x9x7 w:f32:9x7 axis=1 > f32:2x9x7", NULL},
    {"InstanceNormalization i0:f32:2x5x9x10:last w:f32:5 w:f32:5 > f32:2x5x9x10:last",
     "loop_scale_channels"},
    {"InstanceNormalization i0:f32:1x32x5:last w:f32:32 w:f32:32 +Relu > f32:1x32x5:last", "!jit"},
    {"GroupNormalization i0:f32:3x12x41x41:last w:f32:12 w:f32:12 num_groups=3 "
     "+Swish > f32:3x12x41x41:last",
     "!jit"},
    {"GroupNormalization i0:f32:1x12x3x3:last w:f32:12 w:f32:12 num_groups=2 +Gelu "
     "+Add=i1:f32:1x12x3x3:last +Relu > f32:1x12x3x3:last",
     NULL},
    {"GroupNormalization i0:f32:2x12x9x9:last w:f32:12 w:f32:12 num_groups=3 > "
     "f32:2x12x9x9:last",
     NULL},
    {"GroupNormalization i0:f32:2x12x3x3:last w:f32:3 w:f32:3 num_groups=3 > f32:2x12x3x3:last",
     NULL},
    {"LpNormalization i0:f32:2x3x70 axis=1 p=2 > f32:2x3x70", NULL},
    {"LpNormalization i0:f32:2x3x4 axis=2 p=1 > f32:2x3x4", NULL},
    {"Softmax i0:f32:2x9x70 axis=1 > f32:2x9x70", NULL},
    {"Softmax i0:f32:9x5 axis=0 > f32:9x5", NULL},
    {"LogSoftmax i0:f32:4x33 axis=1 > f32:4x33", "!loop"},
    {"LogSoftmax i0:f32:2x9x70 axis=1 > f32:2x9x70", NULL},
};

static const struct step_case windows[] = {
    {"ConvTranspose i0:f32:1x16x8x8:last w:f32:16x8x3x3 w:f32:8 kernel_shape=3,3 strides=2,2 "
     "pads=1,1,1,1 dilations=1,1 group=1 > f32:1x8x15x15:last",
     "!loop"},
    {"ConvTranspose i0:f32:1x16x8x8:last w:f32:16x8x2x2 kernel_shape=2,2 strides=2,2 "
     "pads=0,0,0,0 dilations=1,1 group=1 +Relu > f32:1x8x16x16:last",
     NULL},
    {"ConvTranspose i0:f32:1x16x8x8:last w:f32:16x8x3x3 w:f32:8 kernel_shape=3,3 strides=2,2 "
     "pads=1,1,1,1 dilations=1,1 group=1 > f32:1x8x16x16:last",
     NULL},
    {"ConvTranspose i0:f32:2x12x5x6:last w:f32:12x3x3x2 w:f32:9 kernel_shape=3,2 strides=1,2 "
     "pads=0,1,2,0 dilations=2,1 group=3 > f32:2x9x7x11:last",
     NULL},
    {"ConvTranspose i0:f32:1x3x8:last w:f32:3x5x4 kernel_shape=4 strides=3 pads=1,0 "
     "dilations=1 group=1 > f32:1x5x24:last",
     NULL},
    {"ConvTranspose i0:f32:1x3x4x4x4:last w:f32:3x5x2x2x2 kernel_shape=2,2,2 strides=2,2,2 "
     "pads=0,0,0,0,0,0 dilations=1,1,1 group=1 > f32:1x5x8x8x8:last",
     NULL},
    {"ConvTranspose i0:f32:1x4x5x5:last w:f32:4x2x2x2 kernel_shape=2,2 strides=1,1 "
     "pads=0,0,0,0 dilations=3,3 group=1 > f32:1x2x10x10:last",
     NULL},
    {"LpPool i0:f32:1x5x9x9:last kernel_shape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 p=2 > "
     "f32:1x5x5x5:last",
     "loop_pool"},
    {"LpPool i0:f32:1x5x9:last kernel_shape=3 strides=1 pads=0,0 dilations=2 p=3 > f32:1x5x5:last",
     NULL},
    {"MaxPool i0:f32:2x5x9x9:last kernel_shape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 > "
     "f32:2x5x5x5:last s64:2x5x5x5",
     "loop_pool_indices"},
    {"GlobalLpPool i0:f32:2x5x4x4:last p=1 > f32:2x5x1x1", NULL},
    {"Conv i0:f32:1x64x100:last w:f32:96x64x3 w:f32:96 kernel_shape=3 strides=1 pads=1,1 "
     "dilations=1 group=1 +Relu > f32:1x96x100:last",
     "!loop"},
    {"Conv i0:f32:1x64x100:last w:f32:64x1x5 kernel_shape=5 strides=1 pads=4,0 dilations=1 "
     "group=64 > f32:1x64x100:last",
     NULL},
};

#define GROUP(group)                                                                               \
    static void group##__give_the_results_of_the_reference(void **state)                           \
    {                                                                                              \
        (void)state;                                                                               \
        check_steps(group, N_ELEMENTS(group));                                                     \
    }
GROUP(products)
GROUP(attention)
GROUP(recurrent)
GROUP(recurrent_loops)
GROUP(normalisations)
GROUP(windows)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products__give_the_results_of_the_reference),
        cmocka_unit_test(attention__give_the_results_of_the_reference),
        cmocka_unit_test(recurrent__give_the_results_of_the_reference),
        cmocka_unit_test(recurrent_loops__give_the_results_of_the_reference),
        cmocka_unit_test(normalisations__give_the_results_of_the_reference),
        cmocka_unit_test(windows__give_the_results_of_the_reference),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
