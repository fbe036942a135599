// What stands behind views and transposes of products, and works on each element alone. What is
// fused computes the same.
#include "tests/test.h"

#include "tests/decompose/agree_case.h"

#define ROWS "in x 1x2x3x4 | weight w 4x5 | MatMul m x,w | Transpose t m perm=0,3,1,2 | "
#define CONV "in z 1x5x2x3 | weight v 5x5x1x1 | Conv c z,v | "

static const struct steps_case constants[] = {
    {ROWS "weight k 5x1x1 | Mul y k,t | out y", "Gemm:m+y+t x~ w > ?:6x5 | Reorder ?~ > y:1x5x2x3"},
    {ROWS "weight k 1x5x1x1 | weight b 5x1x1 | Mul s t,k | Add a s,b | Relu y a | out y",
     "Gemm:m+s+a+y+t x~ w w +Relu > ?:6x5 | Reorder ?~ > y:1x5x2x3"},
    {ROWS "data k - 2 | Add y t,k | out y", "Gemm:m+y+t x~ w w > ?:6x5 | Reorder ?~ > y:1x5x2x3"},
    // numbers per row or place are none of the product's
    {ROWS "weight k 3 | Mul y k,t | out y",
     "Gemm:m x~ w > ?:6x5 | Mul:y+t k~ ?~ > ?:1x2x3x5 | Reorder ?~ > y:1x5x2x3"},
    {ROWS "weight k 2x3 | Mul y k,t | out y",
     "Gemm:m x~ w > ?:6x5 | Mul:y+t k ?~ > y:1x5x2x3:last | Reorder y > y:1x5x2x3"},
    // nor is a factor that is not constant
    {ROWS "in k 5x1x1 | Mul y k,t | out y",
     "Gemm:m x~ w > ?:6x5 | Mul:y+t k ?~ > y:1x5x2x3:last | Reorder y > y:1x5x2x3"},
    // someone else needs what is shown
    {ROWS "weight k 5x1x1 | Mul y k,t | out y | out t",
     "Gemm:m x~ w > ?:6x5 | Mul:y+t k ?~ > y:1x5x2x3:last | Reorder y > y:1x5x2x3 | Reorder ?~ > "
     "t:1x5x2x3"},
};

static void sunk__constants_per_channel_join_the_product(void **state)
{
    (void)state;
    check_agreeing_cases(constants, N_ELEMENTS(constants));
}

static const struct steps_case activations[] = {
    {CONV "Transpose t c perm=0,2,3,1 | Gelu y t | out y",
     "Reorder z > ?:1x5x2x3:last | Conv:c+y+t ? v +Gelu > ?:1x5x2x3:last"},
    {CONV "ints s 3 1,5,6 | Reshape r c,s | Transpose t r perm=0,2,1 | Relu y t | Softmax q y | "
          "out q",
     "Reorder z > ?:1x5x2x3:last | Conv:c+y ? v +Relu > ?:1x5x2x3:last | Softmax:q+t+r ?~ > "
     "q:1x6x5"},
    {CONV "ints s 5 1,1,5,2,3 | Reshape r c,s | Transpose t r perm=0,1,3,4,2 | Sigmoid y t | out y",
     "Reorder z > ?:1x5x2x3:last | Conv:c+y ? v +Sigmoid > ?:1x5x2x3:last | Reorder ? > ?:1x5x2x3 "
     "| Transpose:t+r ?~ > y:1x1x2x3x5"},
    // what does not follow a product stays behind
    {"in x 1x2x3x4 | Softmax s x | Transpose t s perm=0,3,1,2 | Relu y t | out y",
     "Softmax:s x > s:1x2x3x4 | Relu:y+t s~ inplace > y:1x4x2x3:last | Reorder y > y:1x4x2x3"},
};

static void sunk__activations_join_the_product(void **state)
{
    (void)state;
    check_agreeing_cases(activations, N_ELEMENTS(activations));
}

static const struct steps_case residuals[] = {
    // of the same order, channels-last
    {ROWS CONV "weight k 5x1x1 | Mul s k,t | Add y c,s | out y",
     "Reorder z > ?:1x5x2x3:last | Conv:c ? v > c:1x5x2x3:last | Gemm:m+s+y+t x~ w +Add=c~! > "
     "?:6x5 | Reorder ?~ > y:1x5x2x3"},
    // transposed alike
    {ROWS "weight u 4x5 | Softmax q x | MatMul n q,u | Transpose p n perm=0,3,1,2 | Add y p,t | "
          "out y",
     "Softmax:q x > q:1x2x3x4 | Gemm:m x~ w > ?:6x5 | Gemm:n+y+p+t q~ u +Add=?! > ?:6x5 | Reorder "
     "?~ > y:1x5x2x3"},
    // what would have to be reordered before the sum is before the product
    {ROWS "in z 1x5x2x3 | Add y z,t | out y",
     "Reorder z > ?:1x5x2x3:last | Gemm:m+y+t x~ w +Add=?~! > ?:6x5 | Reorder ?~ > y:1x5x2x3"},
    {CONV "Transpose t c perm=0,2,3,1 | in r 1x2x3x5 | Add y t,r | out y",
     "Reorder z > ?:1x5x2x3:last | Conv:c+y+t ? v +Add=r~ > ?:1x5x2x3:last"},
    // the other comes later than the product
    {ROWS "Softmax q t | weight v 5x5x1x1 | Conv c q,v | Add y t,c | out y",
     "Gemm:m x~ w > ?:6x5 | Reorder ?~ > ?:1x5x2x3 | Softmax:q+t ? > q:1x5x2x3 | Reorder q > "
     "?:1x5x2x3:last | Conv:c+y ? v +Add=?~! > y:1x5x2x3:last | Reorder y > y:1x5x2x3"},
    // it would have to be moved
    {"in x 2x3x4 | weight w 4x5 | MatMul m x,w | Transpose t m perm=1,0,2 | in z 3x2x5 | Add y t,z "
     "| out y",
     "Gemm:m x~ w > ?:6x5 | Transpose:t ?~ > t:3x2x5 | Add:y t z > y:3x2x5"},
    {CONV "Transpose t c perm=0,2,3,1 | weight u 2x2x1x1 | in q 1x2x3x5 | Conv d q,u | Add y t,d | "
          "out y",
     "Reorder q > ?:1x2x3x5:last | Conv:d ? u > d:1x2x3x5:last | Reorder z > ?:1x5x2x3:last | "
     "Conv:c ? v > c:1x5x2x3:last | Reorder c~ > ?:1x2x3x5:last | Add:y+t ? d > y:1x2x3x5:last | "
     "Reorder y > y:1x2x3x5"},
};

static void sunk__residuals_join_the_product_where_that_moves_no_more(void **state)
{
    (void)state;
    check_agreeing_cases(residuals, N_ELEMENTS(residuals));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sunk__constants_per_channel_join_the_product),
        cmocka_unit_test(sunk__activations_join_the_product),
        cmocka_unit_test(sunk__residuals_join_the_product_where_that_moves_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
