// Layouts, the Reorders between them, views, and what is done in place.
#include "tests/test.h"

#include "tests/decompose/agree_case.h"

#define CONV "in x 2x3x4x4 | weight w 3x3x1x1 | Conv c x,w "
#define CONV_STEPS "Reorder x > ?:2x3x4x4:last | Conv:c ? w > c:2x3x4x4:last | "

static const struct steps_case cases[] = {
    // Reorders stand at the inputs and outputs, one per value
    {CONV "| out c", CONV_STEPS "Reorder c > c:2x3x4x4"},
    {"in x 2x3x4x4 | weight w 3x3x1x1 | weight v 5x3x1x1 | Conv c x,w | Conv d x,v | "
     "Concat y c,d axis=1 | out y",
     CONV_STEPS "Conv:d ? v > d:2x5x4x4:last | Concat:y c d > y:2x8x4x4:last | "
                "Reorder y > y:2x8x4x4"},
    {CONV "| Softmax s c | Softmax t c axis=1 | Add y s,t | out y",
     CONV_STEPS "Reorder c > ?:2x3x4x4 | Softmax:s ? > s:2x3x4x4 | Softmax:t ? > t:2x3x4x4 | "
                "Add:y s t > y:2x3x4x4"},
    // followers keep the layout that they get; constants that are broadcast are row-major
    {"in x 2x3x4x4 | Relu y x | out y", "Relu:y x > y:2x3x4x4"},
    {CONV "| weight k 3x1x1 | Sub m k,c | Relu y m | out y",
     CONV_STEPS "Sub:m+y k c +Relu > y:2x3x4x4:last | Reorder y > y:2x3x4x4"},
    // a view that numbers places anew keeps the layout
    {CONV "| ints s 3 2,3,16 | Reshape v c,s | Transpose y v perm=0,2,1 | Softmax z y | out z",
     CONV_STEPS "Softmax:z+y+v c~ > z:2x16x3"},
    {CONV "| Mul m x,c | out m", CONV_STEPS "Mul:m ? c > m:2x3x4x4:last | Reorder m > m:2x3x4x4"},
    // no Reorder where both layouts are the same bytes
    {"in x 2x1x4x4 | weight w 3x1x4x4 | Conv c x,w | Sigmoid y c | out y",
     "Conv:c+y x~ w +Sigmoid > y:2x3x1x1:last"},
    {CONV "| GlobalAveragePool p c | Mul y p,c | out y",
     CONV_STEPS "GlobalAveragePool:p c > p:2x3x1x1:last | Mul:y p c > y:2x3x4x4:last | "
                "Reorder y > y:2x3x4x4"},
    // views of row-major tensors and of what coincides are edges
    {"in x 2x3x4 | Flatten f x | Relu r f | ints s 3 4,3,2 | Reshape v r,s | Tanh y v | out y",
     "Relu:r+f x~ > r:2x12 | Tanh:y+v r~ > y:4x3x2"},
    {"in x 2x3x4 | Relu r x | Flatten y r | out y", "Relu:r+y x > r:2x3x4"},
    {CONV "| GlobalAveragePool p c | Flatten f p | weight v 3x5 | Gemm y f,v | out y",
     CONV_STEPS "GlobalAveragePool:p c > p:2x3x1x1:last | Gemm:y+f p~ v > y:2x5"},
    // other views of channels-last tensors need row-major bytes
    {CONV "| ints s 3 2,12,4 | Reshape v c,s | Softmax y v | out y",
     CONV_STEPS "Reorder c > ?:2x3x4x4 | Softmax:y+v ?~ > y:2x12x4"},
    // flatten before products with weights: the weights are permuted
    {CONV "| Flatten f c | weight v 48x5 | Gemm y f,v | out y", CONV_STEPS "Gemm:y+f c~ w > y:2x5"},
    {CONV "| Flatten f c | weight v 5x48 | weight u 48x7 | Gemm y f,v transB=1 | MatMul z f,u | "
          "out y | out z",
     CONV_STEPS "Gemm:y+f c~ w > y:2x5 | MatMul:z c~ w > z:2x7"},
    {CONV "| Flatten f c | weight v 48x5 | Gemm y f,v | Relu z f | out y | out z",
     CONV_STEPS "Reorder c > ?:2x3x4x4 | Gemm:y+f ?~ v > y:2x5 | Relu:z ?~ > z:2x48"},
    // a transpose between NCHW and NHWC is a view
    {CONV "| Transpose t c perm=0,2,3,1 | Softmax y t | out y",
     CONV_STEPS "Softmax:y+t c~ > y:2x4x4x3"},
    {"in x 2x3x4x4 | weight w 3x3x1x1 | Transpose t x perm=0,2,3,1 | Softmax y t | Conv c x,w | "
     "out y | out c",
     "Reorder x > ?:2x3x4x4:last | Softmax:y+t ?~ > y:2x4x4x3 | Conv:c ? w > c:2x3x4x4:last | "
     "Reorder c > c:2x3x4x4"},
    {"in x 2x4x4x3 | weight w 3x3x1x1 | Transpose t x perm=0,3,1,2 | Conv c t,w | out c",
     "Conv:c+t x~ w > c:2x3x4x4:last | Reorder c > c:2x3x4x4"},
    {"in x 1x3x4 | Transpose y x perm=1,0,2 | Relu z y | out z", "Relu:z+y x~ > z:3x1x4"},
    {"in x 2x3x4 | Transpose y x | out y", "Transpose:y x > y:4x3x2"},
    // pixel shuffle
    {CONV "| weight v 4x3x1x1 | Conv d c,v | ints s 6 2,1,2,2,4,4 | Reshape a d,s | "
          "Transpose b a perm=0,1,4,2,5,3 | ints u 4 2,1,8,8 | Reshape y b,u | out y",
     CONV_STEPS "Conv:d c v > d:2x4x4x4:last | DepthToSpace:a+b+y d > y:2x1x8x8:last"},
};

static void layout__every_edge_has_one_and_seams_have_reorders(void **state)
{
    (void)state;
    check_agreeing_cases(cases, N_ELEMENTS(cases));
}

static const struct steps_case inplace[] = {
    {"in x 2x3 | Softmax a x | Tanh b a | Softmax y b | out y",
     "Softmax:a x > a:2x3 | Tanh:b a inplace > b:2x3 | Softmax:y b > y:2x3"},
    // one source only makes place, and never one of another shape
    {"in x 2x3 | Softmax a x | Softmax c x | Tanh b c | Add d b,a | Softmax y d | out y",
     "Softmax:c x > c:2x3 | Softmax:a x > a:2x3 | Tanh:b+d c +Add=a inplace > d:2x3 | "
     "Softmax:y d > y:2x3"},
    {"in x 2x3 | Softmax a x | Softmax b x | Softmax c x | Softmax d x | Sub e a,b | Add f e,c | "
     "Add g f,d | Softmax y g | out y",
     "Softmax:a x > a:2x3 | Softmax:b x > b:2x3 | Softmax:c x > c:2x3 | Softmax:d x > d:2x3 | "
     "Sub:e+f+g a b +Add=c! +Add=d > g:2x3 | Softmax:y g > y:2x3"},
    {"in x 2x3 | Relu a x | Tanh b a | Add c a,b | Softmax y c | out y",
     "Relu:a x > a:2x3 | Tanh:b+c a +Add=a > c:2x3 | Softmax:y c > y:2x3"},
    // under another view the bytes are the same
    {"in x 2x3 | Relu a x | ints s 1 6 | Reshape v a,s | Tanh b v | Elu c a | Softmax y b | "
     "Softmax z c | out y | out z",
     "Relu:a x > a:2x3 | Tanh:b+v a~ > b:6 | Softmax:y b > y:6 | Elu:c a inplace > c:2x3 | "
     "Softmax:z c > z:2x3"},
};

static void layout__unary_steps_are_in_place_where_the_source_dies(void **state)
{
    (void)state;
    check_agreeing_cases(inplace, N_ELEMENTS(inplace));
}

static void layout__permuted_weights_give_the_same_product(void **state)
{
    (void)state;
    // rows of v are numbered in the order [channel, position]
    struct graph *g = steps_from_text("in x 1x2x1x3 | MaxPool c x kernel_shape=1,1 | Flatten f c | "
                                      "data v 6x1 1,2,3,4,5,6 | Gemm y f,v | out y",
                                      false);
    static const float expected[] = {1, 4, 2, 5, 3, 6}; // [position, channel]
    const float *v = g->values[g->nodes[g->n_nodes - 1].src[1]].data;
    assert_memory_equal(v, expected, sizeof expected);
    graph_release(g);
    free(g);
    g = steps_from_text("in x 1x2x1x3 | MaxPool c x kernel_shape=1,1 | Flatten f c | "
                        "data v 2x6 1,2,3,4,5,6,7,8,9,10,11,12 | Gemm y f,v transB=1 | out y",
                        false);
    static const float transposed[] = {1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12};
    v = g->values[g->nodes[g->n_nodes - 1].src[1]].data;
    assert_memory_equal(v, transposed, sizeof transposed);
    graph_release(g);
    free(g);
}

static void layout__outputs_keep_their_names(void **state)
{
    (void)state;
    struct graph *g = steps_from_text(CONV "| Identity i c | GlobalAveragePool p c | Flatten f p | "
                                           "out i | out c | out f | out p",
                                      false);
    static const char *const names[] = {"i", "c", "f", "p"};
    for (int k = 0; k < g->n_outputs; k++) {
        const struct value *v = &g->values[g->outputs[k]];
        assert_string_equal(v->name, names[k]);
        assert_int_equal(v->t.layout, LAYOUT_row);
    }
    graph_release(g);
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout__every_edge_has_one_and_seams_have_reorders),
        cmocka_unit_test(layout__unary_steps_are_in_place_where_the_source_dies),
        cmocka_unit_test(layout__permuted_weights_give_the_same_product),
        cmocka_unit_test(layout__outputs_keep_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
