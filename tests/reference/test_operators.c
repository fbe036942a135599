// Every operator on numbers small enough to compute by hand.
#include "tests/test.h"

#include "tests/reference/operator_case.h"

static const struct operator_case elementwise[] = {
    {"Abs", {"f32:3 -1 0 2"}, {"f32:3 1 0 2"}},
    {"Abs", {"s64:2 -9007199254740993 5"}, {"s64:2 9007199254740993 5"}},
    {"Neg", {"s32:2 -1 7"}, {"s32:2 1 -7"}},
    {"Sign", {"f32:3 -3 0 0.5"}, {"f32:3 -1 0 1"}},
    {"Floor", {"f32:2 -1.5 1.5"}, {"f32:2 -2 1"}},
    {"Ceil", {"f32:2 -1.5 1.5"}, {"f32:2 -1 2"}},
    {"Round", {"f32:4 0.5 1.5 2.5 -0.6"}, {"f32:4 0 2 2 -1"}},
    {"Sqrt", {"f32:2 9 2"}, {"f32:2 3 1.4142135"}},
    {"Reciprocal", {"f32:2 4 -0.5"}, {"f32:2 0.25 -2"}},
    {"Exp", {"f32:2 0 1"}, {"f32:2 1 2.7182818"}},
    {"Log", {"f32:2 1 10"}, {"f32:2 0 2.3025851"}},
    {"Erf", {"f32:2 0 0.5"}, {"f32:2 0 0.5204999"}},
    {"Sin", {"f32:1 0.5"}, {"f32:1 0.4794255"}},
    {"Cos", {"f32:1 0.5"}, {"f32:1 0.8775826"}},
    {"Tan", {"f32:1 0.5"}, {"f32:1 0.5463025"}},
    {"Asin", {"f32:1 0.4794255"}, {"f32:1 0.5"}},
    {"Acos", {"f32:1 0.8775826"}, {"f32:1 0.5"}},
    {"Atan", {"f32:1 0.5463025"}, {"f32:1 0.5"}},
    {"Sinh", {"f32:1 0.5"}, {"f32:1 0.5210953"}},
    {"Cosh", {"f32:1 0.5"}, {"f32:1 1.1276260"}},
    {"Asinh", {"f32:1 0.5210953"}, {"f32:1 0.5"}},
    {"Acosh", {"f32:1 1.1276260"}, {"f32:1 0.5"}},
    {"Atanh", {"f32:1 0.4621172"}, {"f32:1 0.5"}},
    {"Relu", {"f32:3 -1 0 2"}, {"f32:3 0 0 2"}},
    {"Sigmoid", {"f32:2 0 1.0986123"}, {"f32:2 0.5 0.75"}},
    {"Tanh", {"f32:2 0 0.5493061"}, {"f32:2 0 0.5"}},
    {"LeakyRelu", {"f32:2 -10 2"}, {"f32:2 -0.1 2"}},
    {"ThresholdedRelu", {"f32:3 0.5 1 1.5"}, {"f32:3 0 0 1.5"}},
    {"Elu alpha=2", {"f32:2 -0.6931472 2"}, {"f32:2 -1 2"}},
    {"Celu alpha=2", {"f32:2 -1.3862944 2"}, {"f32:2 -1 2"}},
    {"Selu alpha=2 gamma=3", {"f32:2 -0.6931472 2"}, {"f32:2 -3 6"}},
    {"HardSigmoid", {"f32:3 -5 1 5"}, {"f32:3 0 0.7 1"}},
    {"HardSwish", {"f32:3 -4 1 4"}, {"f32:3 0 0.6666667 4"}},
    {"Softplus", {"f32:3 0 100 -100"}, {"f32:3 0.6931472 100 0"}},
    {"Softsign", {"f32:2 -1 3"}, {"f32:2 -0.5 0.75"}},
    {"Mish", {"f32:2 0 1"}, {"f32:2 0 0.8650984"}},
    {"Swish", {"f32:1 1.0986123"}, {"f32:1 0.8239592"}},
    {"QuickGelu alpha=1", {"f32:1 1.0986123"}, {"f32:1 0.8239592"}},
    {"Gelu", {"f32:2 1 -1"}, {"f32:2 0.8413447 -0.1586553"}},
    {"Gelu approximate=1", {"f32:1 1"}, {"f32:1 0.8411920"}},
    {"GeluTanh", {"f32:1 1"}, {"f32:1 0.8411920"}},
    {"BiasGelu", {"f32:1x2 0 1", "f32:2 1 0"}, {"f32:1x2 0.8413447"}},
    {"FastGelu", {"f32:2 0 1", "f32:2 1 0"}, {"f32:2 0.8411920"}},
    {"Shrink lambd=1 bias=0.5", {"f32:3 -2 0.5 2"}, {"f32:3 -1.5 0 1.5"}},
    {"Clip min=-1 max=2", {"f32:3 -7 0.5 7"}, {"f32:3 -1 0.5 2"}},
    {"Clip min=5 max=2", {"f32:4 -7 3 7 nan"}, {"f32:4 2 2 2 nan"}},
    {"Clip", {"f32:3 -7 3 7", "f32: 5", "f32: 2"}, {"f32:3 2 2 2"}},
    {"Clip", {"s32:3 -7 0 7", "s32: -2", "s32: 3"}, {"s32:3 -2 0 3"}},
    {"Not", {"boolean:2 0 1"}, {"boolean:2 1 0"}},
    {"BitwiseNot", {"u8:2 0 5"}, {"u8:2 255 250"}},
    {"IsNaN", {"f32:2 nan 1"}, {"boolean:2 1 0"}},
    {"IsInf detect_negative=0", {"f32:3 inf -inf 1"}, {"boolean:3 1 0 0"}},
    {"Cast", {"f32:3 1.9 -1.9 0"}, {"s32:3 1 -1 0"}},
    {"Cast", {"f32:3 0.5 0 -2"}, {"boolean:3 1 0 1"}},
    {"Cast", {"f32:3 65519 1e-8 -1.0004883"}, {"f16:3 65504 0 -1"}},
    {"Cast", {"s64:1 16777217"}, {"f64:1 16777217"}},
    {"Add", {"s64:1 9007199254740993", "s64:1 2"}, {"s64:1 9007199254740995"}},
    {"Add", {"u8:1 200", "u8:1 100"}, {"u8:1 44"}},
    {"Sub", {"f32:2x2 1 2 3 4", "f32:2x1 10 20"}, {"f32:2x2 -9 -8 -17 -16"}},
    {"Mul", {"f32:1x2x1x2:last 1 2 3 4", "f32:2 2 4"}, {"f32:1x2x1x2:last 2 4 12 16"}},
    {"Div", {"s64:3 7 -7 8", "s64: 2"}, {"s64:3 3 -3 4"}},
    {"Pow", {"f32:2 3 4", "s64:2 2 0"}, {"f32:2 9 1"}},
    {"Mod", {"s32:3 -7 7 -6", "s32:3 3 -3 3"}, {"s32:3 2 -2 0"}},
    {"Mod fmod=1", {"f32:2 -7.5 7.5", "f32:2 3 -3"}, {"f32:2 -1.5 1.5"}},
    {"PRelu", {"f32:2x2 -1 2 -3 4", "f32:2 0.5 0.25"}, {"f32:2x2 -0.5 2 -1.5 4"}},
    {"Equal", {"s64:2 9007199254740993 1", "s64:2 9007199254740992 1"}, {"boolean:2 0 1"}},
    {"Greater", {"f32:3 1 2 3", "f32: 2"}, {"boolean:3 0 0 1"}},
    {"GreaterOrEqual", {"f32:3 1 2 3", "f32: 2"}, {"boolean:3 0 1 1"}},
    {"Less", {"f32:3 1 2 nan", "f32: 2"}, {"boolean:3 1 0 0"}},
    {"LessOrEqual", {"f32:3 1 2 3", "f32: 2"}, {"boolean:3 1 1 0"}},
    {"And", {"boolean:4 0 0 1 1", "boolean:4 0 1 0 1"}, {"boolean:4 0 0 0 1"}},
    {"Or", {"boolean:4 0 0 1 1", "boolean:4 0 1 0 1"}, {"boolean:4 0 1 1 1"}},
    {"Xor", {"boolean:4 0 0 1 1", "boolean:4 0 1 0 1"}, {"boolean:4 0 1 1 0"}},
    {"BitwiseAnd", {"s32:1 12", "s32:1 10"}, {"s32:1 8"}},
    {"BitwiseOr", {"s32:1 12", "s32:1 10"}, {"s32:1 14"}},
    {"Mod", {"f32:4 5 -5 5 -5", "f32:4 inf inf -inf -inf"}, {"f32:4 5 inf -inf -5"}},
    {"Mod fmod=1", {"f32:2 5 -5", "f32: inf"}, {"f32:2 5 -5"}},
    {"BitShift shift_direction=0", {"u8:4 129", "u8:4 7 8 64 255"}, {"u8:4 128 0 0 0"}},
    {"BitShift shift_direction=1", {"u8:4 129", "u8:4 7 8 64 255"}, {"u8:4 1 0 0 0"}},
    {"BitwiseXor", {"s32:1 12", "s32:1 10"}, {"s32:1 6"}},
    {"BitShift shift_direction=0", {"u8:2 3 200", "u8:2 2 1"}, {"u8:2 12 144"}},
    {"BitShift shift_direction=1", {"u8:2 13 200", "u8:2 2 1"}, {"u8:2 3 100"}},
    {"BitShift shift_direction=0", {"s32:2 3 3", "s32:2 -1 77"}, {"s32:2 0 0"}},
    {"BitShift shift_direction=1", {"s32:2 -3 3", "s32:2 -1 77"}, {"s32:2 -1 0"}},
    {"Max", {"f32:3 1 5 nan", "f32:3 4 2 1", "f32: 3"}, {"f32:3 4 5 nan"}},
    {"Min", {"f32:2 1 5", "f32:2 4 2"}, {"f32:2 1 2"}},
    {"Sum", {"f32:2 1 5", "f32:2 4 2", "f32: 1"}, {"f32:2 6 8"}},
    {"Mean", {"f32:2 1 5", "f32:2 4 2", "f32: 1"}, {"f32:2 2 2.6666667"}},
    {"Where", {"boolean:2x1 1 0", "f32:2 1 2", "f32: 9"}, {"f32:2x2 1 2 9 9"}},
};

static const struct operator_case moves[] = {
    {"Concat axis=1", {"s32:2x1 1 2", "s32:2x2 3 4 5 6"}, {"s32:2x3 1 3 4 2 5 6"}},
    {"Transpose", {"f32:2x3 1 2 3 4 5 6"}, {"f32:3x2 1 4 2 5 3 6"}},
    {"Reshape", {"f32:1x2x1x2:last 1 3 2 4", "s64:2 2 2"}, {"f32:2x2 1 2 3 4"}},
    {"Slice starts=2,0 steps=-1,2", {"f32:3x3 1 2 3 4 5 6 7 8 9"}, {"f32:3x2 7 9 4 6 1 3"}},
    {"Split axis=1", {"f32:1x3 1 2 3"}, {"f32:1x2 1 2", "f32:1x1 3"}},
    {"Split axis=0 split=1,1,1", {"f32:3 1 2 3"}, {"f32:1 1", "-", "f32:1 3"}},
    {"Pad pads=1,1", {"f32:2 1 2"}, {"f32:4 0 1 2 0"}},
    {"Pad pads=-1,1 pad_value=7", {"f32:2 1 2"}, {"f32:2 2 7"}},
    {"Pad pads=1,0", {"s64:1 1", "-", "s64: 9007199254740993"}, {"s64:2 9007199254740993 1"}},
    {"Pad pads=2,3 pad_mode=1", {"f32:3 1 2 3"}, {"f32:8 3 2 1 2 3 2 1 2"}},
    {"Pad pads=2,1 pad_mode=2", {"f32:2 1 2"}, {"f32:5 1 1 1 2 2"}},
    {"Pad pads=1,3 pad_mode=3", {"f32:2 1 2"}, {"f32:6 2 1 2 1 2 1"}},
    {"Expand", {"f32:2x1 1 2", "s64:2 2 3"}, {"f32:2x3 1 1 1 2 2 2"}},
    {"Tile", {"f32:1x2 1 2", "s64:2 2 2"}, {"f32:2x4 1 2 1 2 1 2 1 2"}},
    {"DepthToSpace blocksize=2", {"f32:1x4x1x2 1 2 3 4 5 6 7 8"}, {"f32:1x1x2x4 1 3 2 4 5 7 6 8"}},
    {"DepthToSpace blocksize=2 depth_mode=0",
     {"f32:1x8x1x1 1 2 3 4 5 6 7 8"},
     {"f32:1x2x2x2 1 3 5 7 2 4 6 8"}},
    {"DepthToSpace blocksize=2 depth_mode=1",
     {"f32:1x8x1x1 1 2 3 4 5 6 7 8"},
     {"f32:1x2x2x2 1 2 3 4 5 6 7 8"}},
    {"SpaceToDepth blocksize=2", {"f32:1x2x2x2 1 3 5 7 2 4 6 8"}, {"f32:1x8x1x1 1 2 3 4 5 6 7 8"}},
    {"Trilu", {"f32:2x2 1 2 3 4"}, {"f32:2x2 1 2 0 4"}},
    {"Trilu upper=0 k=-1", {"f32:2x2 1 2 3 4"}, {"f32:2x2 0 0 3 0"}},
    {"ReverseSequence", {"f32:3x2 1 2 3 4 5 6", "s64:2 2 3"}, {"f32:3x2 3 6 1 4 5 2"}},
    {"Gather axis=1", {"f32:2x3 1 2 3 4 5 6", "s64:1x2 -1 0"}, {"f32:2x1x2 3 1 6 4"}},
    {"Gather", {"f32:3 5 6 7", "s32: 1"}, {"f32: 6"}},
    {"GatherElements axis=1", {"f32:2x2 1 2 3 4", "s64:2x1 1 -2"}, {"f32:2x1 2 3"}},
    {"GatherND", {"f32:2x2 1 2 3 4", "s64:2x2 0 0 1 -1"}, {"f32:2 1 4"}},
    {"GatherND batch_dims=1", {"f32:2x2x1 1 2 3 4", "s64:2x1 1 0"}, {"f32:2x1 2 3"}},
    {"ScatterElements axis=1",
     {"f32:1x4 1 2 3 4", "s64:1x2 1 -1", "f32:1x2 8 9"},
     {"f32:1x4 1 8 3 9"}},
    {"ScatterElements axis=0 reduction=1",
     {"f32:2 1 2", "s64:3 1 1 0", "f32:3 10 20 30"},
     {"f32:2 31 32"}},
    {"ScatterElements axis=0 reduction=3", {"f32:2 1 2", "s64:2 1 0", "f32:2 1 5"}, {"f32:2 5 2"}},
    {"ScatterND", {"f32:2x2 1 2 3 4", "s64:1x1 1", "f32:1x2 8 9"}, {"f32:2x2 1 2 8 9"}},
    {"ScatterND reduction=2",
     {"f32:2x2 1 2 3 4", "s64:2x2 0 1 0 1", "f32:2 5 7"},
     {"f32:2x2 1 70 3 4"}},
    {"OneHot", {"s64:2 1 -3", "s64: 3", "f32:2 5 6"}, {"f32:2x3 5 6 5 6 5 5"}},
    {"OneHot axis=0", {"s64:2 1 0", "s64: 2", "f32:2 0 1"}, {"f32:2x2 0 1 1 0"}},
    {"Range", {"s64: 10", "s64: 4", "s64: -2"}, {"s64:3 10 8 6"}},
    {"EyeLike k=1", {"f32:2x3 0"}, {"f32:2x3 0 1 0 0 0 1"}},
    {"ConstantOfShape fill=3", {"s64:1 2"}, {"s32:2 3"}},
    {"Shape", {"f32:2x3 0"}, {"s64:2 2 3"}},
    {"Shape start=-1", {"f32:2x3 0"}, {"s64:1 3"}},
    {"Size", {"f32:2x3 0"}, {"s64: 6"}},
};

static const struct operator_case along[] = {
    {"ReduceSum axes=1 keepdims=0", {"s64:2x2 1 2 3 4"}, {"s64:2 3 7"}},
    {"ReduceMean", {"f32:2x2 1 2 3 6"}, {"f32:1x1 3"}},
    {"ReduceMax axes=0", {"f32:2x2 1 5 3 4"}, {"f32:1x2 3 5"}},
    {"ReduceMin axes=-1", {"f32:2x2 1 5 3 -4"}, {"f32:2x1 1 -4"}},
    {"ReduceProd axes=0,2", {"f32:2x2x2 1 2 3 4 5 6 7 8"}, {"f32:1x2x1 60 672"}},
    {"ReduceL1", {"f32:2 -1 2"}, {"f32:1 3"}},
    {"ReduceL2", {"f32:2 -3 4"}, {"f32:1 5"}},
    {"ReduceSumSquare", {"f32:2 -3 4"}, {"f32:1 25"}},
    {"ReduceLogSum", {"f32:2 0.5 0.5"}, {"f32:1 0"}},
    {"ReduceLogSumExp", {"f32:3 1000 1000 -inf"}, {"f32:1 1000.6931"}},
    {"ReduceSum noop_with_empty_axes=1", {"f32:2 1 2"}, {"f32:2 1 2"}},
    {"ReduceMean axes=2,3", {"f32:1x2x1x2:last 1 10 3 30"}, {"f32:1x2x1x1:last 2 20"}},
    {"ArgMax axis=1", {"f32:2x3 1 3 3 6 5 4"}, {"s64:2x1 1 0"}},
    {"ArgMax axis=1 select_last_index=1 keepdims=0", {"f32:2x3 1 3 3 6 5 4"}, {"s64:2 2 0"}},
    {"ArgMin", {"f32:2x2 1 3 2 2"}, {"s64:1x2 0 1"}},
    {"TopK axis=1", {"f32:1x4 1 3 3 2", "s64:1 3"}, {"f32:1x3 3 3 2", "s64:1x3 1 2 3"}},
    {"TopK axis=0 largest=0", {"f32:3x1 1 3 2"}, {"-", "s64:2x1 0 2"}},
    {"CumSum axis=0", {"f32:3 1 2 3"}, {"f32:3 1 3 6"}},
    {"CumSum exclusive=1 reverse=1", {"f32:3 1 2 3", "s32: -1"}, {"f32:3 5 3 0"}},
    {"Softmax axis=0", {"f32:2x2 0 0 1.0986123 0"}, {"f32:2x2 0.25 0.5 0.75 0.5"}},
    {"LogSoftmax", {"f32:1x2 1000 1000"}, {"f32:1x2 -0.6931472"}},
    {"Hardmax", {"f32:2x2 1 2 3 3"}, {"f32:2x2 0 1 1 0"}},
    {"LpNormalization", {"f32:1x2 3 4"}, {"f32:1x2 0.6 0.8"}},
    {"LpNormalization axis=0 p=1", {"f32:2 -1 3"}, {"f32:2 -0.25 0.75"}},
    {"LpNormalization axis=1", {"f32:2x2 0 0 3 4"}, {"f32:2x2 0 0 0.6 0.8"}},
    {"LayerNormalization epsilon=0",
     {"f32:2x2 1 3 5 9", "f32:2 1 2", "f32:2 0 1"},
     {"f32:2x2 -1 3 -1 3", "f32:2x1 2 7", "f32:2x1 1 0.5"}},
    {"RMSNormalization epsilon=0", {"f32:1x2 1 7", "f32: 10"}, {"f32:1x2 2 14"}},
    {"SkipLayerNormalization epsilon=0",
     {"f32:1x1x2 1 2", "f32:1x1x2 0 1", "f32:2 1", "f32:2 5", "f32:2 1 2"},
     {"f32:1x1x2 4 6", "-", "-", "f32:1x1x2 2 5"}},
    {"SkipSimplifiedLayerNormalization epsilon=0",
     {"f32:1x1x2 1 3", "f32:1x1x2 0 4", "f32:2 1 10"},
     {"f32:1x1x2 0.2 14"}},
    {"InstanceNormalization epsilon=0",
     {"f32:1x2x1x2:last 1 5 3 9", "f32:2 1 2", "f32:2 0 1"},
     {"f32:1x2x1x2:last -1 -1 1 3"}},
    {"GroupNormalization epsilon=0 num_groups=1",
     {"f32:1x2x1 1 3", "f32:2 1 2", "f32:2 0 1"},
     {"f32:1x2x1 -1 3"}},
    {"MeanVarianceNormalization axes=1", {"f32:2x2 1 3 5 9"}, {"f32:2x2 -1 1 -1 1"}},
};

static const struct operator_case products[] = {
    {"MatMul", {"s32:1x2 2 3", "s32:2x1 5 7"}, {"s32:1x1 31"}},
    {"MatMul", {"f32:2x1x2 1 2 3 4", "f32:2x1 1 10"}, {"f32:2x1x1 21 43"}},
    {"FusedMatMul transA=1 gemm_alpha=2", {"f32:2x1 1 2", "f32:2x1 3 4"}, {"f32:1x1 22"}},
    {"FusedMatMul transBatchA=1",
     {"f32:2x3x1 1 2 3 4 5 6", "f32:3x1x1 1 10 100"},
     {"f32:3x2x1 1 4 20 50 300 600"}},
    {"Einsum ij,jk->ki", {"f32:1x2 1 2", "f32:2x2 1 2 3 4"}, {"f32:2x1 7 10"}},
    {"Einsum ii", {"f32:2x2 1 2 3 4"}, {"f32: 5"}},
    {"Einsum ba", {"f32:2x2 1 2 3 4"}, {"f32:2x2 1 3 2 4"}},
    {"Einsum ...i, ...i -> ...", {"f32:2x2 1 2 3 4", "f32:2 1 10"}, {"f32:2 21 43"}},
    {"Det", {"f32:2x2x2 1 2 3 4 0 1 1 0"}, {"f32:2 -2 -1"}},
    {"ConvTranspose strides=2",
     {"f32:1x1x2 1 2", "f32:1x1x3 1 10 100", "f32:1 0.5"},
     {"f32:1x1x5 1.5 10.5 102.5 20.5 200.5"}},
    {"ConvTranspose group=2 pads=1,0",
     {"f32:1x2x1 1 2", "f32:2x1x2 1 10 100 1000"},
     {"f32:1x2x1 10 2000"}},
    {"MaxPool kernel_shape=2,2",
     {"f32:1x1x2x3 1 5 5 4 2 3"},
     {"f32:1x1x1x2 5 5", "s64:1x1x1x2 1 1"}},
    {"MaxPool kernel_shape=2,2 storage_order=1",
     {"f32:1x1x2x3 1 5 5 4 2 3"},
     {"f32:1x1x1x2 5 5", "s64:1x1x1x2 2 2"}},
    {"LpPool kernel_shape=2", {"f32:1x1x2 3 -4"}, {"f32:1x1x1 5"}},
    {"GlobalLpPool p=1", {"f32:1x1x2 3 -4"}, {"f32:1x1x1 7"}},
    {"ScaledDotProductAttention scale=1",
     {"f32:1x1 1", "f32:2x1 0 1.0986123", "f32:2x1 4 8"},
     {"f32:1x1 7"}},
    {"ScaledDotProductAttention is_causal=1",
     {"f32:2x1 0 0", "f32:2x1 0 0", "f32:2x1 4 8"},
     {"f32:2x1 4 6"}},
    {"ScaledDotProductAttention",
     {"f32:1x1 0", "f32:2x1 0 0", "f32:2x1 4 8", "boolean:1x2 0 1"},
     {"f32:1x1 8"}},
    // Q [2 heads, 1, 1]; K, V and dst as [positions, heads, 1]
    {"ScaledDotProductAttention swapped=0,1,1,1",
     {"f32:2x1x1 0 0", "f32:2x2x1 0", "f32:2x2x1 1 2 3 6"},
     {"f32:1x2x1 2 4"}},
};

static const struct operator_case resizes[] = {
    {"Resize coordinates=3 nearest_mode=2 scales=2", {"f32:2 1 2"}, {"f32:4 1 1 2 2"}},
    {"Resize resize_mode=1 coordinates=0 scales=2", {"f32:2 1 3"}, {"f32:4 1 1.5 2.5 3"}},
    {"Resize resize_mode=1 coordinates=2 scales=1.5", {"f32:2 1 3"}, {"f32:3 1 2 3"}},
    {"Resize resize_mode=1 coordinates=3 scales=2", {"f32:2 1 3"}, {"f32:4 1 2 3 3"}},
    {"Resize resize_mode=1 coordinates=0 scales=0.5", {"f32:4 1 2 3 4"}, {"f32:2 1.5 3.5"}},
    {"Resize resize_mode=1 coordinates=0 antialias=1 scales=0.5", {"f32:4 0 8 8 8"}, {"f32:2 4 8"}},
    {"Resize resize_mode=1 coordinates=5 roi=0,2 scales=1 extrapolation_value=9",
     {"f32:3 0 1 2"},
     {"f32:3 0 2 9"}},
    {"Resize resize_mode=2 coordinates=3 scales=2", {"f32:2 0 1"}, {"f32:4 0 0.5 1 1.09375"}},
};

static const struct operator_case recurrent[] = {
    // 0.5 = tanh(0.5493061)
    {"RNN",
     {"f32:2x1x1 0.5493061 0", "f32:1x1x1 1", "f32:1x1x1 0"},
     {"f32:2x1x1x1 0.5 0", "f32:1x1x1 0"}},
    {"RNN activations=2 direction=1",
     {"f32:2x1x1 1 2", "f32:1x1x1 1", "f32:1x1x1 10"},
     {"f32:2x1x1x1 21 2", "f32:1x1x1 21"}},
    {"RNN activations=2,2 direction=2 layout=1",
     {"f32:1x2x1 1 2", "f32:2x1x1 1 1", "f32:2x1x1 10 10"},
     {"f32:1x2x2x1 1 21 12 2", "f32:1x2x1 12 21"}},
    {"RNN activations=2",
     {"f32:2x1x1 1 2", "f32:1x1x1 1", "f32:1x1x1 10", "f32:1x2 100 1000", "s32:1 1", "f32:1x1x1 7"},
     {"f32:2x1x1x1 1171 0", "f32:1x1x1 1171"}},
    {"RNN activations=8 activation_alpha=2 activation_beta=3 clip=5",
     {"f32:1x1x1 9", "f32:1x1x1 1", "f32:1x1x1 0"},
     {"f32:1x1x1x1 13"}},
    // Linear: update 0, reset 1, hidden x + h.
    {"GRU activations=8,8",
     {"f32:1x1x1 3", "f32:1x3x1 0 0 1", "f32:1x3x1 0 0 1", "f32:1x6 0 1 0 0 0 0", "-",
      "f32:1x1x1 5"},
     {"f32:1x1x1x1 8"}},
    // The bias of the state, 100, is reset too: 3 + 2 * (5 + 100).
    {"GRU activations=8,8 linear_before_reset=1",
     {"f32:1x1x1 3", "f32:1x3x1 0 0 1", "f32:1x3x1 0 0 1", "f32:1x6 0 2 0 0 0 100", "-",
      "f32:1x1x1 5"},
     {"f32:1x1x1x1 213"}},
    {"GRU activations=8,8 linear_before_reset=0",
     {"f32:1x1x1 3", "f32:1x3x1 0 0 1", "f32:1x3x1 0 0 1", "f32:1x6 0 2 0 0 0 100", "-",
      "f32:1x1x1 5"},
     {"f32:1x1x1x1 113"}},
    // Linear gates 2 (input), 3 (output), 5 (forget), cell 7: c = 5 * 11 + 2 * 7, h = 3 * c.
    {"LSTM activations=8,8,8",
     {"f32:1x1x1 1", "f32:1x4x1 2 3 5 7", "f32:1x4x1 0", "-", "-", "-", "f32:1x1x1 11"},
     {"f32:1x1x1x1 207", "f32:1x1x1 207", "f32:1x1x1 69"}},
    // Peepholes: input 2 + 11, forget 5 + 0, output 3 + 10 c.
    {"LSTM activations=8,8,8",
     {"f32:1x1x1 1", "f32:1x4x1 2 3 5 7", "f32:1x4x1 0", "-", "-", "-", "f32:1x1x1 11",
      "f32:1x3 1 10 0"},
     {"-", "f32:1x1x1 213598", "f32:1x1x1 146"}},
    {"LSTM activations=8,8,8 input_forget=1",
     {"f32:1x1x1 1", "f32:1x4x1 2 3 5 7", "f32:1x4x1 0", "-", "-", "-", "f32:1x1x1 11"},
     {"-", "-", "f32:1x1x1 27"}},
};

static const struct operator_case quantised[] = {
    {"QuantizeLinear", {"f32:4 0 3 5 -1000", "f32: 2", "u8: 10"}, {"u8:4 10 12 12 0"}},
    {"QuantizeLinear axis=0", {"f32:2 3 3", "f32:2 1 2"}, {"u8:2 3 2"}},
    {"DequantizeLinear", {"u8:2 10 14", "f32: 2", "u8: 10"}, {"f32:2 0 8"}},
    {"DequantizeLinear axis=1", {"s8:1x2 1 1", "f32:2 2 3"}, {"f32:1x2 2 3"}},
    {"DynamicQuantizeLinear", {"f32:3 -1 0 4.1"}, {"u8:3 0 50 255", "f32: 0.02", "u8: 50"}},
    {"MatMulInteger", {"u8:1x2 11 12", "u8:2x1 3 5", "u8: 10"}, {"s32:1x1 13"}},
    {"ConvInteger", {"u8:1x1x1 11", "u8:1x1x1 3", "u8: 10", "u8: 1"}, {"s32:1x1x1 2"}},
    {"QLinearMatMul",
     {"u8:1x1 12", "f32: 0.5", "u8: 10", "u8:1x1 5", "f32: 2", "u8: 1", "f32: 0.5", "u8: 3"},
     {"u8:1x1 19"}},
};

// Column-major indices of MaxPool and the like are in the tables above; what remains is how
// contents without a result are refused.
static const struct operator_case impossible[] = {
    {"Gather", {"f32:2 1 2", "s64:1 2"}, {"f32:1 0"}},
    {"GatherND", {"f32:2 1 2", "s64:1x1 -3"}, {"f32:1 0"}},
    {"ScatterElements axis=0", {"f32:2 1 2", "s64:1 7", "f32:1 0"}, {"f32:2 0"}},
};

static void assert_operators(const struct operator_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_operator(&cases[i]);
}

#define OPERATOR_TEST(name, cases)                                                                 \
    static void name(void **state)                                                                 \
    {                                                                                              \
        (void)state;                                                                               \
        assert_operators(cases, N_ELEMENTS(cases));                                                \
    }
OPERATOR_TEST(reference__elementwise_operators, elementwise)
OPERATOR_TEST(reference__operators_that_move, moves)
OPERATOR_TEST(reference__operators_along_dimensions, along)
OPERATOR_TEST(reference__products_and_windows, products)
OPERATOR_TEST(reference__resizing, resizes)
OPERATOR_TEST(reference__recurrent_networks, recurrent)
OPERATOR_TEST(reference__quantised_operators, quantised)

static void reference__refuses_contents_that_have_no_result(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(impossible); i++)
        assert_refused(&impossible[i], "an index is outside of the data");
    const struct operator_case division = {"Div", {"s64:1 1", "s64:1 0"}, {"s64:1 0"}};
    assert_refused(&division, "division by zero");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference__elementwise_operators),
        cmocka_unit_test(reference__operators_that_move),
        cmocka_unit_test(reference__operators_along_dimensions),
        cmocka_unit_test(reference__products_and_windows),
        cmocka_unit_test(reference__resizing),
        cmocka_unit_test(reference__recurrent_networks),
        cmocka_unit_test(reference__quantised_operators),
        cmocka_unit_test(reference__refuses_contents_that_have_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
