// Steps that our own loops run: elementwise operators of any type, what moves, picks, reduces and
// resamples elements.
#include "tests/test.h"

#include "bricks/brick.h"
#include "runner/check.h"
#include "tests/runner/step_case.h"
#include "tests/runner/whole_engine.h"

static void elementwise__every_function_is_that_of_the_reference(void **state)
{
    (void)state;
    static const char *const unary[] = {
        "Abs",       "Neg",       "Sign",        "Floor",      "Ceil",
        "Round",     "Sqrt",      "Exp",         "Log",        "Erf",
        "Sin",       "Cos",       "Tan",         "Asin",       "Acos",
        "Atan",      "Sinh",      "Cosh",        "Tanh",       "Asinh",
        "Acosh",     "Relu",      "Elu",         "Selu",       "Celu",
        "LeakyRelu", "Clip",      "Atanh",       "Mish",       "Gelu",
        "Sigmoid",   "Softplus",  "HardSigmoid", "Swish",      "Softsign",
        "GeluTanh",  "QuickGelu", "HardSwish",   "Reciprocal", "ThresholdedRelu",
        "Shrink",
    };
    char text[N_ELEMENTS(unary)][100];
    struct step_case steps[N_ELEMENTS(unary)];
    for (size_t i = 0; i < N_ELEMENTS(unary); i++) {
        snprintf(text[i], sizeof text[i], "%s i0:f32:3x1x700 > f32:3x1x700", unary[i]);
        steps[i] = (struct step_case){text[i], NULL};
    }
    check_steps(steps, N_ELEMENTS(steps));
}

static void elementwise__sources_of_any_type_are_broadcast(void **state)
{
    (void)state;
    static const struct step_case steps[] = {
        {"Mul i0:f32:1x44x2 i1:f32:1 > f32:1x44x2", "loop_Mul"},
        {"Sub i0:f32: i1:f32:1x44x2 > f32:1x44x2", "loop_Sub"},
        {"Mul i0:f32:1x44x2 i1:f32:1 +Relu > f32:1x44x2", "jit:"},
        {"Div i0:f32:1 i1:f32:1x44x2 +Relu > f32:1x44x2", "loop_Div"},
        {"Mul i0:f32:1x44x2 i1:f32:1 +Add=i2:f32:1x44x2 > f32:1x44x2", NULL},
        {"Add i0:s64:3x700 i1:s64:700 > s64:3x700", "loop_Add"},
        {"Sub i0:s32:3x4 i1:s32: > s32:3x4", NULL},
        {"Mul i0:u8:4x1 i1:u8:3x1x5 > u8:3x4x5", NULL},
        {"Div i0:s64:300 i1:s64:300 > s64:300", NULL},
        {"Div i0:f64:3x300 i1:f64:3x1 > f64:3x300", NULL},
        {"Mod i0:s64:70 i1:s64:70 fmod=0 > s64:70", NULL},
        {"Mod i0:s32:70 i1:s32:70 fmod=1 > s32:70", NULL},
        {"Mod i0:f32:70 w:f32:70 fmod=1 > f32:70", NULL},
        {"Pow i0:f32:2x300 w:f32: > f32:2x300", NULL},
        {"Pow i0:f32:2x300 i1:s64:300 > f32:2x300", NULL},
        {"Pow i0:s32:300 i1:s32:300 > s32:300", NULL},
        {"PRelu i0:f32:1x8x5x5:last w:f32:8x1x1 > f32:1x8x5x5:last", NULL},
        {"Max i0:f32:2x300 i1:f32:300 i2:f32:2x1 > f32:2x300", NULL},
        {"Min i0:s64:2x3 i1:s64:3 > s64:2x3", NULL},
        {"Max i0:s8:9 > s8:9", NULL},
        {"Mean i0:f32:2x3 i1:f32:3 i2:f32:2x1 > f32:2x3", NULL},
        {"Equal i0:s64:2x300 w:s64: > boolean:2x300", NULL},
        {"Less i0:f32:2x300 i1:f32:300 > boolean:2x300", NULL},
        {"GreaterOrEqual i0:f32:1x8x5x5:last i1:f32:8x1x1 > boolean:1x8x5x5:last", NULL},
        {"And i0:boolean:2x3 i1:boolean:3 > boolean:2x3", NULL},
        {"Xor i0:boolean:2x3 i1:boolean:3 > boolean:2x3", NULL},
        {"Not i0:boolean:300 inplace > boolean:300", NULL},
        {"BitShift i0:u8:300 i1:u8:300 shift_direction=0 > u8:300", NULL},
        {"BitShift i0:u8:300 i1:u8: shift_direction=1 > u8:300", NULL},
        {"BitwiseAnd i0:s32:300 i1:s32:300 > s32:300", NULL},
        {"Where i0:boolean:3x1x5 i1:f32:3x4x5 w:f32: > f32:3x4x5", "loop_Where"},
        {"Where i0:boolean:3x1 i1:s64:4 i2:s64:3x4 > s64:3x4", NULL},
        {"Where i0:boolean:1x1x5x5 i1:f32:1x8x5x5:last i2:f32:8x1x1 > f32:1x8x5x5:last", NULL},
        {"Clip i0:f32:300 w:f32: i1:f32: > f32:300", NULL},
        {"Clip i0:s64:300 w:s64: - > s64:300", NULL},
        {"Clip i0:s8:300 > s8:300", NULL},
        {"Relu i0:s32:300 > s32:300", NULL},
        {"Neg i0:s8:3x5 > s8:3x5", NULL},
        {"Exp i0:f64:300 > f64:300", NULL},
        {"IsNaN i0:f32:300 > boolean:300", NULL},
        {"IsInf i0:f32:300 > boolean:300", NULL},
        {"Cast i0:s64:3x700 > f32:3x700", "loop_Cast"},
        {"Cast i0:f32:3x7 inplace > s32:3x7", NULL},
        {"Cast i0:boolean:3x7 > s64:3x7", NULL},
        {"Cast i0:f32:3x7 > boolean:3x7", NULL},
        {"Cast i0:f64:3x7 > u8:3x7", NULL},
        {"Sub i0:f32:4x1 i1:f32:3x1x5 +Relu > f32:3x4x5", NULL},
        {"PRelu i0:f32:2x3x4 i1:f32:4 +Add=i2:f32:2x3x4 +Relu > f32:2x3x4", NULL},
    };
    check_steps(steps, N_ELEMENTS(steps));
}

// Rows shorter and longer than a block, operands for all elements, for rows, for columns and for
// one; by oneDNN where it takes the whole chain.
static void elementwise__chains_are_one_op(void **state)
{
    (void)state;
    static const struct step_case steps[] = {
        {"Mul i0:f32:2x64x7x5:last i1:f32:2x64x1x1:last +Add=i2:f32:2x64x7x5:last +Relu > "
         "f32:2x64x7x5:last",
         "!+"},
        {"Mul i0:f32:1x128x9x9:last i1:f32:1x128x1x1:last +Add=i2:f32:1x128x9x9:last +Relu > "
         "f32:1x128x9x9:last",
         "!loop"},
        {"Add i0:f32:3x1000 i1:f32:3x1000 +Mul=i2:f32:3x1000 +Sub=i3:f32:3x1000 > f32:3x1000",
         "!+"},
        {"Mul i0:f32:1x10x11x16 i1:f32:1x10x11x1 > f32:1x10x11x16", "loop_Mul"},
        {"Mul i0:f32:10x11x5 i1:f32:11x1 +Sub=i2:f32:5 +Div=w:f32:10x1x1 +Neg > f32:10x11x5",
         "loop_Mul"},
        {"Exp i0:f32:3x700 +Log +Sub=i1:f32: +Mul=i2:f32:3x1 +Add=w:f32:700 > f32:3x700",
         "loop_Exp"},
        {"Gelu i0:f32:7x1300 +Mul=i1:f32:7x1300 > f32:7x1300", "loop_Gelu"},
        {"Sqrt i0:f32:7x130 inplace +Add=w:f32: +Reciprocal > f32:7x130", "loop_Sqrt"},
        {"Mul i0:f32:2x513 i1:f32:513 +Sum=i2:f32:2x513 +Tanh > f32:2x513", NULL},
        {"Tanh i0:f32:2x3x5 +Sum=i1:f32:2x3x5 +Mul=i2:f32:2x1x5 > f32:2x3x5", "loop_Tanh"},
        {"Where i0:boolean:3x4 i1:f32:3x1 i2:f32:4 +Mul=i3:f32:3x4 +Abs > f32:3x4", "loop_Where"},
        {"Add i0:f32:30x700 i1:f32:30x700 +Exp +Sqrt +Log > f32:30x700", "loop_Add"},
        {"Add i0:f32:30x700 i1:f32:30x700 +Exp +Sqrt > f32:30x700", "!+"},
        {"Add i0:f32:30x700 i1:f32:30x700 +Log +Neg +Exp > f32:30x700", "!+"},
        {"Tanh i0:f32:512x768 +Div=i1:f32:512x768 > f32:512x768", "!+"},
        {"Cast i0:s64:3x4 +Mul=i1:f32:3x4 > f32:3x4", NULL},
        {"Conv i0:f32:1x16x9x9:last w:f32:16x16x1x1 kernel_shape=1,1 strides=1,1 pads=0,0,0,0 "
         "dilations=1,1 group=1 +Log +Mul=i1:f32:1x16x1x1:last +Add=i2:f32:1x16x9x9:last > "
         "f32:1x16x9x9:last",
         "+loop_Log"},
    };
    check_steps(steps, N_ELEMENTS(steps));
}

static void copies__take_every_element_to_its_place(void **state)
{
    (void)state;
    static const struct step_case steps[] = {
        {"Slice i0:f32:4x5x6 starts=1,0,2 steps=1,1,1 > f32:2x5x3", "loop_copy"},
        {"Slice i0:s64:9 starts=8 steps=-2 > s64:5", NULL},
        {"Slice i0:f32:1x6x5x5:last starts=0,1,0,4 steps=1,2,1,-1 > f32:1x2x5x5:last", NULL},
        {"Slice i0:u8:3x4 starts=2,3 steps=-1,-1 > u8:3x4", NULL},
        {"Expand i0:f32:3x1 > f32:2x3x4", NULL},
        {"Expand i0:s64: > s64:2x3", NULL},
        {"Tile i0:f32:2x3 > f32:4x9", NULL},
        {"Tile i0:f32:1x2x1x2x1x2x1x2 > f32:2x2x2x2x2x2x2x2", NULL},
        {"Tile i0:f32:2x2x2x2x2x2x2x2 > f32:4x4x4x4x4x4x4x4", NULL},
        {"Pad i0:f32:2x3 pads=1,0,0,2 pad_mode=0 > f32:3x5", NULL},
        {"Pad i0:f32:1x8x5x5:last pads=0,0,1,2,0,0,2,1 pad_mode=0 > f32:1x8x8x8:last", NULL},
        {"Pad i0:f32:1x8x5x5:last pads=0,2,-1,1,0,1,0,-2 pad_mode=0 > f32:1x11x4x4:last", NULL},
        {"Pad i0:f32:1x3x5x6 pads=0,0,2,3,0,0,4,5 pad_mode=1 > f32:1x3x11x14", NULL},
        {"Pad i0:f32:1x8x5x6:last pads=0,0,2,3,0,0,4,5 pad_mode=2 > f32:1x8x11x14:last", NULL},
        {"Pad i0:s64:7 pads=3,9 pad_mode=3 > s64:19", NULL},
        {"Pad i0:f32:1x3 pads=0,2,0,2 pad_mode=0 +Relu > f32:1x7", NULL},
        {"DepthToSpace i0:f32:2x12x3x4:last depth_mode=0 blocksize=2 > f32:2x3x6x8:last", NULL},
        {"DepthToSpace i0:f32:2x12x3x4 depth_mode=1 blocksize=2 > f32:2x3x6x8", NULL},
        {"DepthToSpace i0:s64:2x12x3x4 depth_mode=1 blocksize=2 > s64:2x3x6x8", NULL},
        {"DepthToSpace i0:f32:2x18x3x4:last depth_mode=1 blocksize=3 > f32:2x2x9x12:last", NULL},
        {"DepthToSpace i0:f32:2x18x3x4 depth_mode=0 blocksize=3 > f32:2x2x9x12", NULL},
        {"SpaceToDepth i0:f32:2x2x9x12 blocksize=3 > f32:2x18x3x4", NULL},
        {"SpaceToDepth i0:f32:2x3x6x8:last blocksize=2 > f32:2x12x3x4:last", NULL},
        {"SpaceToDepth i0:u8:2x3x6x8 blocksize=2 > u8:2x12x3x4", NULL},
        {"SpaceToDepth i0:f32:2x3x6x8:last depth_mode=1 blocksize=2 > f32:2x12x3x4:last", NULL},
        {"Split i0:f32:2x7x3 axis=1 > f32:2x3x3 f32:2x4x3", "loop_split"},
        {"Split i0:f32:1x7x3x3:last axis=1 > f32:1x3x3x3:last f32:1x4x3x3:last", NULL},
        {"Split i0:s64:6 axis=0 > s64:1 s64:2 s64:3", NULL},
        {"Trilu i0:f32:2x5x7 k=-1 upper=1 > f32:2x5x7", NULL},
        {"Trilu i0:s64:7x5 k=2 upper=0 > s64:7x5", NULL},
        {"Trilu i0:f32:3x3 k=9 upper=1 > f32:3x3", NULL},
        {"Resize i0:f32:1x8x5x5:last resize_mode=0 coordinates=3 nearest_mode=2 > "
         "f32:1x8x10x10:last",
         "loop_copy"},
        {"Resize i0:f32:1x3x7x5 resize_mode=0 coordinates=0 nearest_mode=0 > f32:1x3x4x9", NULL},
        {"Resize i0:s8:4x6 resize_mode=0 coordinates=2 nearest_mode=1 > s8:9x3", NULL},
    };
    check_steps(steps, N_ELEMENTS(steps));
}

static void pad__fills_with_numbers_of_its_type(void **state)
{
    (void)state;
    static const char *const steps[] = {"Pad i0:f16:7 pads=1,2 pad_mode=0 > f16:10",
                                        "Pad i0:bf16:7 pads=1,2 pad_mode=0 > bf16:10",
                                        "Pad i0:s8:7 pads=1,2 pad_mode=0 > s8:10"};
    for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
        struct brick *brick = parse_step(steps[i]);
        struct check_result r = {0};
        node_set_float(brick->graph, &brick->graph->nodes[0], ATTR_pad_value, -2.5f);
        assert_int_equal(check_brick(&engine, kernels, brick->graph, &r, NULL), 0);
        assert_true(r.ok);
        brick_free(brick);
    }
}

static void interpolation__is_that_of_the_reference_in_every_mode(void **state)
{
    (void)state;
    static const struct step_case steps[] = {
        {"Resize i0:f32:1x8x5x6:last resize_mode=1 coordinates=0 > f32:1x8x10x12:last",
         "loop_resize"},
        {"Resize i0:f32:2x3x5x6 resize_mode=1 coordinates=2 > f32:2x3x9x4", NULL},
        {"Resize i0:f32:1x3x5x6 resize_mode=1 coordinates=3 > f32:1x3x9x6", NULL},
        {"Resize i0:f32:1x3x5x6 resize_mode=1 coordinates=1 > f32:1x3x1x6", NULL},
        {"Resize i0:f32:1x3x5x6:last resize_mode=2 coordinates=0 > f32:1x3x9x4:last", NULL},
        {"Resize i0:f32:9x9 resize_mode=2 coordinates=0 antialias=1 > f32:4x5", NULL},
        {"GridSample i0:f32:2x20x5x6:last i1:f32:2x7x3x2 resize_mode=1 padding_mode=0 "
         "align_corners=0 > f32:2x20x7x3:last",
         "loop_grid_sample"},
        {"GridSample i0:f32:2x3x5x6:last i1:f32:2x7x3x2 resize_mode=2 padding_mode=2 "
         "align_corners=0 > f32:2x3x7x3:last",
         NULL},
        {"GridSample i0:f32:2x3x5x6:last i1:f32:2x7x3x2 resize_mode=2 padding_mode=1 "
         "align_corners=1 > f32:2x3x7x3:last",
         NULL},
        {"GridSample i0:f32:1x3x4x5x6:last i1:f32:1x2x7x3x3 resize_mode=1 padding_mode=2 "
         "align_corners=1 > f32:1x3x2x7x3:last",
         NULL},
        {"GridSample i0:f32:2x3x6:last i1:f32:2x7x1 resize_mode=0 padding_mode=0 "
         "align_corners=0 > f32:2x3x7:last",
         NULL},
        {"RoiAlign i0:f32:2x20x9x8:last i1:f32:5x4 i2:s64:5 coordinates=0 roi_mode=0 > "
         "f32:5x20x3x2:last",
         "loop_roi_align"},
        {"RoiAlign i0:f32:2x3x9x8:last i1:f32:5x4 i2:s64:5 coordinates=7 roi_mode=1 "
         "sampling_ratio=3 > f32:5x3x3x2:last",
         NULL},
        {"Resize i0:f32:1x4x3x5x6:last resize_mode=1 coordinates=0 > f32:1x4x6x10x12:last", NULL},
        {"Resize i0:f32:4x3x6 resize_mode=1 coordinates=0 > f32:7x3x4", NULL},
    };
    check_steps(steps, N_ELEMENTS(steps));
}

static void indices__pick_and_place(void **state)
{
    (void)state;
    static const struct step_case steps[] = {
        {"Gather w:f32:100x16 i0:s64:2x7 axis=0 > f32:2x7x16", "loop_gather"},
        {"Gather i0:f32:2x9x3 i1:s32:5 axis=1 > f32:2x5x3", NULL},
        {"Gather i0:u8:2x9 i1:s64: axis=1 > u8:2", NULL},
        {"Gather i0:s64:4x5 w:s64:1 axis=0 > s64:1x5", NULL},
        {"GatherElements i0:f32:4x5 i1:s64:3x5 axis=0 > f32:3x5", NULL},
        {"GatherElements i0:s64:4x5 i1:s32:4x9 axis=1 > s64:4x9", NULL},
        {"GatherND i0:f32:4x5x6 i1:s64:7x2 batch_dims=0 > f32:7x6", NULL},
        {"GatherND i0:f32:4x5x6 i1:s64:4x7x1 batch_dims=1 > f32:4x7x6", NULL},
        {"GatherND i0:s64:4x5 i1:s64:2 batch_dims=0 > s64:", NULL},
        {"ScatterElements i0:f16:3x5 i1:s64:2x5 i2:f16:2x5 axis=0 reduction=0 > f16:3x5", NULL},
        {"ScatterElements i0:f32:4x5 i1:s64:3x5 i2:f32:3x5 axis=0 reduction=0 > f32:4x5", NULL},
        {"ScatterElements i0:f32:4x5 i1:s64:4x9 i2:f32:4x9 axis=1 reduction=1 > f32:4x5", NULL},
        {"ScatterElements i0:s64:7 i1:s32:3 i2:s64:3 axis=0 reduction=2 > s64:7", NULL},
        {"ScatterND i0:f32:4x5x6 i1:s64:7x2 i2:f32:7x6 reduction=0 > f32:4x5x6", NULL},
        {"ScatterND i0:f32:9 i1:s64:20x1 i2:f32:20 reduction=1 > f32:9", NULL},
        {"ScatterND i0:s32:9 i1:s64:20x1 i2:s32:20 reduction=3 > s32:9", NULL},
        {"OneHot i0:s64:4x3 - w:f32:2 axis=-1 > f32:4x3x7", NULL},
        {"OneHot i0:s32:4x3 - w:s64:2 axis=1 > s64:4x7x3", NULL},
        {"ReverseSequence i0:f32:5x3x4 i1:s64:3 batch_axis=1 time_axis=0 > f32:5x3x4", NULL},
        {"ReverseSequence i0:s32:3x2x5 i1:s64:3 batch_axis=0 time_axis=2 > s32:3x2x5", NULL},
    };
    check_steps(steps, N_ELEMENTS(steps));
}

static void reductions__run_over_any_dimensions(void **state)
{
    (void)state;
    static const struct step_case steps[] = {
        {"ReduceMean i0:f32:4x7x300 axes=2 > f32:4x7x1", "loop_reduce"},
        {"ReduceMean i0:f32:1x300x7x7:last axes=2,3 > f32:1x300x1x1", NULL},
        {"ReduceSum i0:f32:4x7x300 axes=1 > f32:4x300", NULL},
        {"ReduceSum i0:f32:4x7x300 axes=0,2 > f32:7", NULL},
        {"ReduceSum i0:f32:4x7x3 axes=0,1,2 > f32:", NULL},
        {"ReduceMax i0:f32:2x8x5x6:last axes=1 > f32:2x5x6", NULL},
        {"ReduceMax i0:f32:2x8x5x6:last axes=3 > f32:2x8x5x1:last", NULL},
        {"ReduceMin i0:s64:4x7 axes=1 > s64:4", NULL},
        {"ReduceMax i0:u8:4x7 axes=0 > u8:7", NULL},
        {"ReduceProd i0:f32:4x7 axes=1 > f32:4", NULL},
        {"ReduceProd i0:s32:4x7 axes=0 > s32:7", NULL},
        {"ReduceL1 i0:f32:4x7 axes=1 > f32:4x1", NULL},
        {"ReduceL2 i0:f32:4x700 axes=1 > f32:4x1", NULL},
        {"ReduceSumSquare i0:f32:4x7 axes=0 > f32:7", NULL},
        {"ReduceLogSum i0:f32:4x7 axes=1 > f32:4", NULL},
        {"ReduceLogSumExp i0:f32:4x7x3 axes=1 > f32:4x3", NULL},
        {"ReduceLogSumExp i0:f32:4x7x3 axes=0,2 > f32:1x7x1", NULL},
        {"ReduceMean i0:f64:4x700 axes=1 > f64:4", NULL},
        {"ReduceMean i0:f32:4x7 axes=1 +Relu > f32:4", NULL},
    };
    check_steps(steps, N_ELEMENTS(steps));
}

static void lines__run_along_any_axis(void **state)
{
    (void)state;
    static const struct step_case steps[] = {
        {"ArgMax i0:f32:4x300 axis=1 > s64:4", "loop_arg"},
        {"ArgMax i0:f32:3x21x200 axis=1 > s64:3x1x200", NULL},
        {"ArgMin i0:s64:9x7 axis=0 > s64:7", NULL},
        {"TopK i0:f32:4x300 axis=1 largest=1 sorted=1 > f32:4x17 s64:4x17", "loop_top"},
        {"TopK i0:f32:4x300x3 axis=1 largest=0 sorted=1 > f32:4x5x3 s64:4x5x3", NULL},
        {"TopK i0:s64:60 axis=0 largest=1 sorted=1 > s64:60 s64:60", NULL},
        {"TopK i0:f32:60 axis=0 largest=1 sorted=1 > f32:1", NULL},
        {"Hardmax i0:f32:3x21x20 axis=1 > f32:3x21x20", "loop_one_hot"},
        {"CumSum i0:f32:4x30 - axis=1 > f32:4x30", "loop_running_sum"},
        {"CumSum i0:f32:4x30x3 - axis=1 exclusive=1 > f32:4x30x3", NULL},
        {"CumSum i0:s64:4x30 - axis=0 exclusive=1 reverse=1 > s64:4x30", NULL},
    };
    check_steps(steps, N_ELEMENTS(steps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elementwise__every_function_is_that_of_the_reference),
        cmocka_unit_test(elementwise__sources_of_any_type_are_broadcast),
        cmocka_unit_test(elementwise__chains_are_one_op),
        cmocka_unit_test(copies__take_every_element_to_its_place),
        cmocka_unit_test(pad__fills_with_numbers_of_its_type),
        cmocka_unit_test(interpolation__is_that_of_the_reference_in_every_mode),
        cmocka_unit_test(indices__pick_and_place),
        cmocka_unit_test(reductions__run_over_any_dimensions),
        cmocka_unit_test(lines__run_along_any_axis),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
