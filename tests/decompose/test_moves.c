// What only moves elements, padding, and what stands around products of matrices. What is fused
// computes the same.
#include "tests/test.h"

#include "tests/decompose/agree_case.h"

static const struct steps_case transposes[] = {
    {"in x 2x3x4 | Transpose a x perm=2,0,1 | Transpose b a perm=1,2,0 | Relu y b | out y",
     "Relu:y+b+a x > y:2x3x4"},
    {"in x 2x3x4 | Transpose a x perm=2,0,1 | Transpose b a perm=1,0,2 | Relu y b | out y",
     "Relu:y+b+a x~ > y:2x4x3:last | Reorder y > y:2x4x3"},
    {"in x 2x1x4 | Transpose a x perm=1,0,2 | Relu y a | out y", "Relu:y+a x~ > y:1x2x4"},
    // another use of the first
    {"in x 2x3 | Transpose a x perm=1,0 | Transpose b a perm=1,0 | Relu y b | Tanh z a | out y | "
     "out z",
     "Relu:y+b x > y:2x3 | Transpose:a x > a:3x2 | Tanh:z a > z:3x2"},
};

static void moves__transposes_cancel(void **state)
{
    (void)state;
    check_agreeing_cases(transposes, N_ELEMENTS(transposes));
}

#define BLOCKS(parts, perm, dst)                                                                   \
    "ints s 6 " parts " | ints t 4 " dst " | Reshape a x,s | Transpose b a perm=" perm             \
    " | Reshape y b,t | out y"

static const struct steps_case blocks[] = {
    {"in x 1x8x1x3 | " BLOCKS("1,2,2,2,1,3", "0,3,4,1,5,2", "1,2,2,6"),
     "DepthToSpace:a+b+y x > y:1x2x2x6"},
    {"in x 1x8x1x3 | " BLOCKS("1,2,2,2,1,3", "0,1,4,2,5,3", "1,2,2,6"),
     "DepthToSpace:a+b+y x > y:1x2x2x6"},
    {"in x 1x2x2x6 | " BLOCKS("1,2,1,2,3,2", "0,3,5,1,2,4", "1,8,1,3"),
     "SpaceToDepth:a+b+y x > y:1x8x1x3"},
    // another order
    {"in x 1x8x1x3 | " BLOCKS("1,2,2,2,1,3", "0,3,5,1,4,2", "1,2,6,2"),
     "Transpose:b+a+y x~ > b:1x2x3x2x1x2"},
};

static void moves__blocks_of_places_are_found(void **state)
{
    (void)state;
    check_agreeing_cases(blocks, N_ELEMENTS(blocks));
}

static const struct steps_case splits[] = {
    {"in x 4x7 | ints s 3 2,4,1 | Split a,-,b x,s axis=1 | Relu y a | Tanh z b | out y | out z",
     "Slice:a x > a:4x2 | Relu:y a > y:4x2 | Slice:a x > b:4x1 | Tanh:z b > z:4x1"},
};

static void moves__splits_without_all_results_are_slices(void **state)
{
    (void)state;
    check_agreeing_cases(splits, N_ELEMENTS(splits));
}

#define FLAT "in x 2x5x4 | weight w 4x3 | weight b 3 | MatMul m x,w | "

static const struct steps_case products[] = {
    {FLAT "Add y m,b | out y", "Gemm:m+y x~ w w > ?:10x3"},
    {FLAT "Add a b,m | in z 2x5x3 | Add c z,a | Relu y c | out y",
     "Gemm:m+a+c+y x~ w w +Add=z~ +Relu > ?:10x3"},
    {FLAT "ints s 4 5,2,1,3 | Add a b,m | Reshape r a,s | in z 5x2x1x3 | Add y r,z | out y",
     "Gemm:m+a+y+r x~ w w +Add=z~ > ?:10x3"},
    // an operand for other elements, and one that comes later
    {FLAT "in z 5x3 | Add y m,z | out y", "Gemm:m x~ w > ?:10x3 | Add:y ?~ z > y:2x5x3"},
    {"in x 2x4 | weight w 4x3 | MatMul m x,w | Sigmoid s x | weight v 4x3 | MatMul n s,v | "
     "Add y m,n | out y",
     "Sigmoid:s x > s:2x4 | MatMul:m x w > m:2x3 | MatMul:n+y s v +Add=m > y:2x3"},
    {"in x 2x4 | weight w 3x4 | Transpose t w perm=1,0 | Gemm y x,t | out y", "Gemm:y x t > y:2x3"},
    {"in x 4x2 | in z 4x3 | Transpose t x perm=1,0 | Gemm y t,z | out y", "Gemm:y+t x z > y:2x3"},
    {"in x 2x4x5 | in z 2x4x3 | Transpose t x perm=0,2,1 | MatMul y t,z | out y",
     "FusedMatMul:y+t x z > y:2x5x3"},
    // one matrix by weights is one of rank 2; several that are transposed are not
    {"in x 1x4x5 | weight w 4x3 | weight b 3 | Transpose t x perm=0,2,1 | MatMul m t,w | Add a m,b "
     "| "
     "Relu y a | out y",
     "Gemm:m+t+a+y x~ w w +Relu > ?:5x3"},
    {"in x 2x4x5 | weight w 4x3 | Transpose t x perm=0,2,1 | MatMul y t,w | out y",
     "FusedMatMul:y+t x w > y:2x5x3"},
    {"in x 2x5x4 | weight w 4x3 | FusedMatMul y x,w transBatchA=1 | out y",
     "FusedMatMul:y x w > y:5x2x3"},
    // a transpose that moves nothing is none of the product's
    {"in x 1x4x2x3 | weight k 4x4x1x1 | Conv c x,k | ints s 3 1,4,6 | Reshape r c,s | "
     "Transpose t r perm=0,2,1 | weight w 4x3 | MatMul y t,w | out y",
     "Reorder x > ?:1x4x2x3:last | Conv:c ? k > c:1x4x2x3:last | Gemm:y+t+r c~ w > ?:6x3"},
    {"in x 1x4x6 | weight k 4x4x1 | Conv c x,k | in z 1x6x4 | Transpose t c perm=0,2,1 | "
     "Transpose u z perm=0,2,1 | MatMul y t,u | out y",
     "Reorder x > ?:1x4x6:last | Conv:c ? k > c:1x4x6:last | FusedMatMul:y+u+t c~ z > y:1x6x6"},
    {"in x 2x5x4 | in z 2x4x3 | data c - 4 | Mul s c,x | MatMul m s,z | Div y m,c | out y",
     "FusedMatMul:m+y+s x z > y:2x5x3"},
    {"in x 2x4 | weight w 4x3 | data c - 4 | MatMul m x,w | Div y m,c | out y",
     "MatMul:m+y x w > y:2x3"},
    // a norm or a factor behind a product goes into the weights
    {"in x 2x4 | weight w 3x4 | weight b 3 | Gemm g x,w,b transB=1 | weight k 3 | Mul y g,k | out "
     "y",
     "Gemm:g+y x w w > y:2x3"},
    {"in x 2x4 | weight w 4x3 | MatMul m x,w | weight p 3 | BatchNormalization y m,p,p,p,p | out y",
     "Gemm:m+y x w w > y:2x3"},
    {"in x 1x4x1x1 | weight w 3x4x1x1 | weight b 3 | Conv c x,w,b | weight k 1x3x1x1 | Mul y k,c | "
     "out y",
     "Conv:c+y x~ w w > y:1x3x1x1:last"},
};

static void products__take_in_what_is_around_them(void **state)
{
    (void)state;
    check_agreeing_cases(products, N_ELEMENTS(products));
}

#define IMAGE "in x 1x1x4x4 | "
#define PADDED "Pad p x pads=0,0,1,0,0,0,1,2 "

static const struct steps_case pads[] = {
    {IMAGE "weight w 1x1x3x3 | " PADDED "| Conv y p,w | out y", "Conv:y+p x~ w > y:1x1x4x4:last"},
    {IMAGE "weight w 1x1x3x3 | " PADDED "| Conv y p,w pads=1,1,1,1 | out y",
     "Conv:y+p x~ w > y:1x1x6x6:last"},
    {IMAGE "weight w 1x1x3x3 | " PADDED "pad_value=1 | Conv y p,w | out y",
     "Pad:p x > p:1x1x6x6 | Conv:y p~ w > y:1x1x4x4:last"},
    {IMAGE "Relu r x | Pad p r pads=0,0,1,1,0,0,1,1 | MaxPool y p kernel_shape=3,3 | out y",
     "Relu:r x > r:1x1x4x4 | MaxPool:y+p r~ > y:1x1x4x4:last"},
    // a negative number would be more than nothing
    {IMAGE "Pad p x pads=0,0,1,1,0,0,1,1 | MaxPool y p kernel_shape=3,3 | out y",
     "Pad:p x > p:1x1x6x6 | MaxPool:y p~ > y:1x1x4x4:last"},
    {IMAGE "Pad p x pads=0,0,1,1,0,0,1,1 | AveragePool y p kernel_shape=3,3 | out y",
     "AveragePool:y+p x~ > y:1x1x4x4:last"},
    // nothing is added
    {IMAGE "Pad p x pads=0,0,0,0,0,0,0,0 | Relu y p | out y", "Relu:y+p x > y:1x1x4x4"},
};

static void pads__are_left_to_windows(void **state)
{
    (void)state;
    check_agreeing_cases(pads, N_ELEMENTS(pads));
}

static const struct steps_case nothing[] = {
    {"in x 2x3 | ints s 2 2,3 | Expand e x,s | Relu y e | out y", "Relu:y+e x > y:2x3"},
    {"in x 2x3 | ints s 2 1,1 | Tile e x,s | Relu y e | out y", "Relu:y+e x > y:2x3"},
    {"in x 2x3 | ints s 1 0 | ints t 1 9 | Slice e x,s,t | Relu y e | out y", "Relu:y+e x > y:2x3"},
    {"in x 2x3 | ints s 1 -1 | ints t 1 -9 | ints a 1 0 | ints b 1 -1 | Slice e x,s,t,a,b | "
     "Relu y e | out y",
     "Slice:e x > e:2x3 | Relu:y e > y:2x3"},
    {"in x 1x2x3x4 | ReduceMean y x axes=2,3 keepdims=1 | out y",
     "Reorder x > ?:1x2x3x4:last | GlobalAveragePool:y ? > y:1x2x1x1:last"},
    {"in x 1x1x3x4 | ReduceMax m x axes=2,3 keepdims=0 | Relu y m | out y",
     "GlobalMaxPool:m x~ > ?:1x1x1x1:last | Relu:y ?~ > y:1x1"},
};

static void simplify__what_does_nothing_vanishes(void **state)
{
    (void)state;
    check_agreeing_cases(nothing, N_ELEMENTS(nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves__transposes_cancel),
        cmocka_unit_test(moves__blocks_of_places_are_found),
        cmocka_unit_test(moves__splits_without_all_results_are_slices),
        cmocka_unit_test(products__take_in_what_is_around_them),
        cmocka_unit_test(pads__are_left_to_windows),
        cmocka_unit_test(simplify__what_does_nothing_vanishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
