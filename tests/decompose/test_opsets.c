// What an operator meant in an older operator set is what its newer form says.
#include "tests/test.h"

#include "tests/decompose/agree_case.h"

#define X "in x 2x3x4x5 | "

static const struct same_case forms[] = {
    // over all dimensions from the axis on, which was 1 if not given
    {X "opset 12 | Softmax y x | out y",
     X "ints s 2 2,60 | ints t 4 2,3,4,5 | Reshape a x,s | Softmax b a axis=1 | Reshape y b,t | "
       "out y"},
    {X "opset 12 | LogSoftmax y x axis=2 | out y",
     X "ints s 2 6,20 | ints t 4 2,3,4,5 | Reshape a x,s | LogSoftmax b a axis=1 | "
       "Reshape y b,t | out y"},
    {X "opset 12 | Softmax y x axis=3 | out y", X "Softmax y x | out y"},
    {X "opset 12 | weight w 3x4x5 | Hardmax a w axis=1 | Add y x,a | out y",
     X "weight w 3x4x5 | ints s 2 3,20 | ints t 3 3,4,5 | Reshape b w,s | Hardmax c b axis=1 | "
       "Reshape a c,t | Add y x,a | out y"},
    // lists that became inputs
    {X "opset 10 | Pad y x pads=0,0,1,2,0,0,3,0 pad_value=2 | out y",
     X "opset 11 | ints p 8 0,0,1,2,0,0,3,0 | data v - 2 | Pad y x,p,v | out y"},
    {X "opset 11 | ints p 8 0,0,1,2,0,0,1,0 | Pad y x,p pad_mode=reflect | out y",
     X "opset 18 | ints p 4 1,2,1,0 | ints a 2 -2,-1 | Pad y x,p,-,a pad_mode=reflect | out y"},
    {X "opset 9 | Slice y x starts=0,1 ends=2,1000 axes=1,3 | out y",
     X "opset 10 | ints s 2 0,1 | ints e 2 2,1000 | ints a 2 1,3 | Slice y x,s,e,a | out y"},
    {X "opset 11 | ReduceSum y x axes=1,-1 keepdims=0 | out y",
     X "opset 13 | ints a 2 1,-1 | ReduceSum y x,a keepdims=0 | out y"},
    {X "opset 17 | ReduceMean y x axes=2 | out y",
     X "opset 18 | ints a 1 2 | ReduceMean y x,a | out y"},
    {X "opset 17 | ReduceLogSumExp y x | out y",
     X "opset 18 | ints a 4 0,1,2,3 | ReduceLogSumExp y x,a | out y"},
    {X "opset 18 | ReduceSum y x noop_with_empty_axes=1 | out y", X "Identity y x | out y"},
    {X "opset 11 | Split y,z x axis=3 split=2,3 | out y | out z",
     X "opset 13 | ints s 2 2,3 | Split y,z x,s axis=3 | out y | out z"},
    {X "opset 11 | Split y,z x axis=3 split=3,2 | out y | out z",
     X "opset 18 | Split y,z x axis=-1 num_outputs=2 | out y | out z"},
    {X "opset 12 | ints s 4 1,1,4,30 | Reshape a x,s | Squeeze b a axes=0,1 | Unsqueeze y b "
       "axes=0,3 | out y",
     X "opset 13 | ints s 4 1,1,4,30 | Reshape a x,s | ints q 1 0 | Squeeze c a,q | "
       "Squeeze b c | ints u 2 -1,0 | Unsqueeze y b,u | out y"},
    {X "opset 10 | Clip y x min=-0.25 max=0.25 | out y",
     X "opset 11 | data l - -0.25 | data h - 0.25 | Clip y x,l,h | out y"},
    {X "opset 9 | TopK y,i x k=2 axis=1 | out y",
     X "opset 10 | ints k 1 2 | TopK y,i x,k axis=1 | out y"},
    // images
    {X "opset 8 | Upsample y x resize_mode=nearest scales=1,1,2,3 | out y",
     X "opset 11 | data s 4 1,1,2,3 | Resize y x,-,s resize_mode=nearest coordinates=asymmetric "
       "nearest_mode=floor | out y"},
    {X "opset 9 | data s 4 1,1,2,2 | Upsample y x,s resize_mode=linear | out y",
     X "opset 11 | data s 4 1,1,2,2 | Resize y x,-,s resize_mode=linear coordinates=asymmetric "
       "| out y"},
    {X "opset 10 | data s 4 1,1,2,2 | Resize y x,s resize_mode=nearest | out y",
     X "opset 11 | data s 4 1,1,2,2 | Resize y x,-,s resize_mode=nearest coordinates=asymmetric "
       "nearest_mode=floor | out y"},
    {X "opset 17 | data s 4 1,1,0.5,2 | Resize y x,-,s resize_mode=linear | out y",
     X "opset 18 | data s 2 0.5,2 | Resize y x,-,s resize_mode=linear axes=2,3 | out y"},
    {X "opset 15 | data r 2x4 0,0,2,3,1,1,4,3 | ints i 2 0,1 | RoiAlign y x,r,i output_height=2 "
       "output_width=2 sampling_ratio=2 | out y",
     X "opset 16 | data r 2x4 0,0,2,3,1,1,4,3 | ints i 2 0,1 | RoiAlign y x,r,i output_height=2 "
       "output_width=2 sampling_ratio=2 coordinates=output_half_pixel | out y"},
    {"in x 2x4x3x3 | opset 18 | data s 2 2,3 | data b 2 1,5 | GroupNormalization y x,s,b "
     "num_groups=2 | out y",
     "in x 2x4x3x3 | opset 21 | data s 4 2,2,3 | data b 4 1,1,5 | GroupNormalization y x,s,b "
     "num_groups=2 | out y"},
    // what is there and does nothing when a model only runs
    {X "opset 6 | Dropout y x is_test=1 ratio=0.3 | out y", X "Identity y x | out y"},
    {X "opset 11 | Dropout y x ratio=0.3 | out y", X "Identity y x | out y"},
    {X "opset 13 | data r - 0.3 | Dropout y x,r | out y", X "Identity y x | out y"},
    {X "opset 8 | weight s 3 | BatchNormalization y x,s,s,s,s spatial=1 momentum=0.5 | out y",
     X "opset 15 | weight s 3 | BatchNormalization y x,s,s,s,s | out y"},
    // what has no elements adds nothing
    {X "ints s 3 0,5,0 | Split a,b,c x,s axis=3 | Mul d a,a | Concat e a,b,c,d axis=3 | Relu y e | "
       "out y",
     X "Relu y x | out y"},
    {X "ints s 1 2 | ints e 1 2 | Slice a x,s,e | Sin b a | Concat c b,x axis=0 | Relu y c | out y",
     X "Relu y x | out y"},
    // part of a shape
    {X "opset 13 | Shape s x | ints b 1 1 | ints e 1 3 | Slice p s,b,e | ConstantOfShape c p "
       "fill=2 | Transpose t x perm=0,3,1,2 | Mul y t,c | out y",
     X "opset 15 | Shape p x start=1 end=-1 | ConstantOfShape c p fill=2 | "
       "Transpose t x perm=0,3,1,2 | Mul y t,c | out y"},
    {X "opset 13 | ints s 3 0,-1,5 | Reshape y x,s | out y",
     X "opset 14 | ints s 3 2,12,5 | Reshape y x,s allowzero=1 | out y"},
    // the rounded-up window begins inside the source or not at all
    {X "opset 7 | AveragePool y x kernel_shape=2,2 strides=2,2 | out y",
     X "opset 19 | AveragePool y x kernel_shape=2,2 strides=2,2 dilations=1,1 ceil_mode=0 | out y"},
};

static void opsets__older_forms_mean_what_newer_ones_say(void **state)
{
    (void)state;
    check_same_cases(forms, N_ELEMENTS(forms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opsets__older_forms_mean_what_newer_ones_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
