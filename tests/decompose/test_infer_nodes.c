// What shape inference makes of single nodes: elementwise, along dimensions, moving elements.
#include "tests/test.h"

#include "tests/decompose/infer_case.h"

static const struct infer_case elementwise[] = {
    {"in x 2x3 | in z 3 | Pow y x,z", "Pow x z > f32:2x3"},
    {"in x 2x3 | in z 3 s32 | Pow y x,z", "Pow x z > f32:2x3"},
    {"in x 2x3 | in z 3 | Greater y x,z", "Greater x z > boolean:2x3"},
    {"in a 2x1 boolean | in b 3 boolean | And y a,b", "And a b > boolean:2x3"},
    {"in x 2x3 | Not y x", "Not x > f32:2x3"},
    {"in x 2x3 | IsNaN y x", "IsNaN x > boolean:2x3"},
    {"in c 2x1x1 boolean | in a 3x1 | in b 4 | Where y c,a,b", "Where c a b > f32:2x3x4"},
    {"in a 2x1 | in b 3 | in c 4x1x1 | Max y a,b,c", "Max a b c > f32:4x2x3"},
    {"in x 1x4x2x2 | weight s 4x1x1 | PRelu y x,s", "PRelu x s > f32:1x4x2x2"},
    {"opset 6 | in x 1x4x2x2 | weight s 4 | PRelu y x,s", "PRelu x s~ > f32:1x4x2x2"},
    {"opset 6 | in x 2x4x3 | in z 3 | Add y x,z", "Add x z > f32:2x4x3"},
    {"in x 2x3 | data lo - 0 | data hi - 6 | Clip y x,lo,hi", "Clip x lo hi > f32:2x3"},
    {"in x 2x3 | data hi - 6 | Clip y x,-,hi", "Clip x - hi > f32:2x3"},
    {"in x 2x3 | Cast y x to=7", "Cast x to=7 > s64:2x3"},
    {"in x 2x3 | in z 4 s32 | CastLike y x,z", "Cast x to=6 > s32:2x3"},
    {"in x 2x3 | Mod y x,x fmod=1", "Mod x x fmod=1 > f32:2x3"},
    {"in x 2x3 | Gelu y x approximate=tanh", "Gelu x approximate=tanh > f32:2x3"},
};

static void infer__elementwise_operators_broadcast_and_keep_or_change_the_type(void **state)
{
    (void)state;
    check_inferred(elementwise, N_ELEMENTS(elementwise));
}

static const struct infer_case along_dimensions[] = {
    {"in x 2x3x4 | ReduceMean y x", "ReduceMean x axes=0,1,2 > f32:1x1x1"},
    {"in x 2x3x4 | ReduceMean y x axes=-1 keepdims=0", "ReduceMean x axes=2 > f32:2x3"},
    {"in x 2x3x4 | ints a 2 2,0 | ReduceSum y x,a", "ReduceSum x axes=0,2 > f32:1x3x1"},
    {"in x 2x3x4 | ints a 0 | ReduceSum y x,a noop_with_empty_axes=1",
     "ReduceSum x axes= > f32:2x3x4"},
    {"in x 2x3x4 | ints a 0 | ReduceMax y x,a keepdims=0", "ReduceMax x axes=0,1,2 > f32:"},
    {"in x 2x3x4 | ArgMax y x axis=-2 keepdims=0", "ArgMax x axis=1 > s64:2x4"},
    {"in x 2x3x4 | ArgMin y x", "ArgMin x axis=0 > s64:1x3x4"},
    {"in x 2x3x4 | ints k 1 2 | TopK y,i x,k",
     "TopK x axis=2 largest=1 sorted=1 > f32:2x3x2 s64:2x3x2"},
    {"in x 2x3x4 | ints k 1 2 | TopK -,y x,k axis=1 largest=0",
     "TopK x axis=1 largest=0 sorted=1 > f32:2x2x4 s64:2x2x4"},
    {"opset 7 | in x 2x3x4 | TopK y,i x k=3",
     "TopK x axis=2 largest=1 sorted=1 > f32:2x3x3 s64:2x3x3"},
    {"in x 2x3x4 | ints a - -1 | CumSum y x,a reverse=1",
     "CumSum x axis=2 exclusive=0 reverse=1 > f32:2x3x4"},
    {"in x 2x3x4 | LogSoftmax y x", "LogSoftmax x axis=2 > f32:2x3x4"},
    {"opset 11 | in x 2x3x4 | Softmax y x", "Softmax x axis=1 > f32:2x3x4"},
    {"in x 2x3x4 | LpNormalization y x p=1", "LpNormalization x axis=2 p=1 > f32:2x3x4"},
    {"in x 4x2 | ints l 2 4,3 | ReverseSequence y x,l",
     "ReverseSequence x l batch_axis=1 time_axis=0 > f32:4x2"},
};

static void infer__axes_are_normal_wherever_they_were_said(void **state)
{
    (void)state;
    check_inferred(along_dimensions, N_ELEMENTS(along_dimensions));
}

static const struct infer_case parts[] = {
    {"in x 4x6 | ints s 2 1,1 | ints e 2 3,9999 | Slice y x,s,e",
     "Slice x starts=1,1 steps=1,1 > f32:2x5"},
    {"in x 4x6 | ints s 1 -3 | ints e 1 -1 | ints a 1 1 | Slice y x,s,e,a",
     "Slice x starts=0,3 steps=1,1 > f32:4x2"},
    {"in x 4x6 | ints s 1 -1 | ints e 1 -9999 | ints a 1 1 | ints p 1 -2 | Slice y x,s,e,a,p",
     "Slice x starts=0,5 steps=1,-2 > f32:4x3"},
    {"in x 4x6 | ints s 1 1 | ints e 1 6 | ints a 1 -1 | ints p 1 3 | Slice y x,s,e,a,p",
     "Slice x starts=0,1 steps=1,3 > f32:4x2"},
    {"opset 9 | in x 4x6 | Slice y x starts=2 ends=4 axes=0",
     "Slice x starts=2,0 steps=1,1 > f32:2x6"},
    {"in x 4x6 | Split y,z x axis=1", "Split x axis=1 > f32:4x3 f32:4x3"},
    {"in x 4x7 | ints s 2 3,4 | Split y,z x,s axis=-1", "Split x axis=1 > f32:4x3 f32:4x4"},
    {"opset 11 | in x 4x7 | Split y,z x axis=1 split=2,5", "Split x axis=1 > f32:4x2 f32:4x5"},
    {"opset 18 | in x 4x7 | Split a,y,c x axis=1 num_outputs=3",
     "Split x axis=1 > f32:4x3 f32:4x3 f32:4x1"},
    {"in x 4x6 | ints p 4 0,1,0,2 | Pad y x,p", "Pad x pads=0,1,0,2 pad_mode=constant > f32:4x9"},
    {"in x 4x6 | ints p 4 0,1,0,-2 | Pad y x,p pad_mode=reflect",
     "Pad x pads=0,1,0,-2 pad_mode=reflect > f32:4x5"},
    {"in x 4x6 | ints p 4 0,1,0,2 | data v - -1 | Pad y x,p,v",
     "Pad x pads=0,1,0,2 pad_mode=constant pad_value=-1 > f32:4x9"},
    {"in x 4x6 | ints p 4 0,1,0,2 | in v - | Pad y x,p,v",
     "Pad x - v pads=0,1,0,2 pad_mode=constant > f32:4x9"},
    {"opset 18 | in x 4x6 | ints p 2 1,2 | ints a 1 -1 | Pad y x,p,-,a",
     "Pad x pads=0,1,0,2 pad_mode=constant > f32:4x9"},
    {"opset 9 | in x 4x6 | Pad y x pads=1,0,0,1 pad_mode=edge pad_value=2",
     "Pad x pads=1,0,0,1 pad_mode=edge pad_value=2 > f32:5x7"},
    {"in x 3x1 | ints s 3 2,1,6 | Expand y x,s", "Expand x > f32:2x3x6"},
    {"in x 3x4 | ints s 2 3,1 | Expand y x,s", "Expand x > f32:3x4"},
    {"in x 3x4 | ints r 2 2,1 | Tile y x,r", "Tile x > f32:6x4"},
    {"in x 10x5 | ints s 2 7,8 | CenterCropPad y x,s",
     "Pad x pads=-1,1,-2,2 pad_mode=constant > f32:7x8"},
    {"in x 10x5x3 | ints s 1 6 | CenterCropPad y x,s axes=1",
     "Pad x pads=0,0,0,0,1,0 pad_mode=constant > f32:10x6x3"},
};

static void infer__parts_are_said_per_dimension(void **state)
{
    (void)state;
    check_inferred(parts, N_ELEMENTS(parts));
}

static const struct infer_case indices[] = {
    {"in x 5x6 | in i 2x3 s64 | Gather y x,i axis=-1", "Gather x i axis=1 > f32:5x2x3"},
    {"in x 5x6 | in i - s64 | Gather y x,i", "Gather x i axis=0 > f32:6"},
    {"in x 5x6 | in i 3x6 s32 | GatherElements y x,i", "GatherElements x i axis=0 > f32:3x6"},
    {"in x 2x5x6 | in i 2x4x1 s64 | GatherND y x,i batch_dims=1",
     "GatherND x i batch_dims=1 > f32:2x4x6"},
    {"in x 5x6 | in i 4x2 s64 | GatherND y x,i", "GatherND x i batch_dims=0 > f32:4"},
    {"in x 5x6 | in i 2x6 s64 | in u 2x6 | ScatterElements y x,i,u reduction=add",
     "ScatterElements x i u axis=0 reduction=add > f32:5x6"},
    {"in x 5x6 | in i 2x6 s64 | in u 2x6 | Scatter y x,i,u axis=0",
     "Scatter x i u axis=0 reduction=none > f32:5x6"},
    {"in x 5x6 | in i 2x1 s64 | in u 2x6 | ScatterND y x,i,u",
     "ScatterND x i u reduction=none > f32:5x6"},
    {"in i 2x3 s64 | ints d - 10 | data v 2 0,1 | OneHot y i,d,v axis=1",
     "OneHot i - v axis=1 > f32:2x10x3"},
    {"in x 4x4 | ints k - -1 | Trilu y x,k upper=0", "Trilu x k=-1 upper=0 > f32:4x4"},
    {"in x 4x5 | EyeLike y x dtype=7 k=1", "EyeLike x k=1 > s64:4x5"},
    {"in x 3 | RandomNormal y - dtype=1 random_shape=2,3", "RandomNormal - > f32:2x3"},
    {"in x 3x2 | RandomUniformLike y x", "RandomUniformLike x > f32:3x2"},
};

static void infer__indices_give_the_shapes_of_onnx(void **state)
{
    (void)state;
    check_inferred(indices, N_ELEMENTS(indices));
}

static const struct infer_case made[] = {
    {"opset 15 | in x 2x3x4 | Shape s x start=1 | in z 12 | Reshape y z,s", "Reshape z > f32:3x4"},
    {"ints a - 1 | ints b - 8 | ints c - 3 | Range r a,b,c | in x 3 s64 | Add y x,r",
     "Add x r > s64:3"},
    {"in x 2x3x4 | in c 2x4 s64 | NegativeLogLikelihoodLoss y x,c",
     "NegativeLogLikelihoodLoss x c loss_reduction=mean > f32:"},
    {"in x 2x3x4 | in c 2x4 s64 | SoftmaxCrossEntropyLoss y,p x,c loss_reduction=none | out p",
     "SoftmaxCrossEntropyLoss x c loss_reduction=none > f32:2x4 f32:2x3x4"},
    {"in x 2x3x4 | Size n x | ints one 1 1 | Reshape u n,one | in z 24 | Reshape y z,u",
     "Reshape z > f32:24"},
};

static void infer__what_is_made_of_shapes_is_constant(void **state)
{
    (void)state;
    check_inferred(made, N_ELEMENTS(made));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infer__elementwise_operators_broadcast_and_keep_or_change_the_type),
        cmocka_unit_test(infer__axes_are_normal_wherever_they_were_said),
        cmocka_unit_test(infer__parts_are_said_per_dimension),
        cmocka_unit_test(infer__indices_give_the_shapes_of_onnx),
        cmocka_unit_test(infer__what_is_made_of_shapes_is_constant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
