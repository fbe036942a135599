// What simplifying and fusing make of a graph. Channels are one in most cases, so that both
// layouts coincide and no Reorder stands in the way.
#include "tests/test.h"

#include <float.h>
#include <math.h>

#include "tests/decompose/agree_case.h"

#define MANY                                                                                       \
    "in a 3 | in b 2x3 | in c 3 | in d 3 | in e 3 | in f 3 | in g 3 | in h 3 | "                   \
    "in i 3 | in j 3 | in k 3 | in l 3 | in m 3 | in n 3 | "

static const struct steps_case simplified[] = {
    {"in x 2x3 | Identity i x | Dropout d i | Relu y d | out y", "Relu:y+d+i x > y:2x3"},
    {"in x 2x3 | Relu y x | Identity i y | out i", "Relu:y+i x > y:2x3"},
    {"in x 2x3 | in z 2x3 | Sum y x,z | out y", "Add:y x z > y:2x3"},
    {"in x 2x3 | Sum s x | Relu y s | out y", "Relu:y+s x > y:2x3"},
    {"in a 3 | in b 2x3 | in c 3 | Sum y a,b,c | out y", "Add:y+y a b +Add=c > y:2x3"},
    {MANY "Max y a,b,c,d,e,f,g,h,i,j,k,l,m,n | out y",
     "Max:y a b c d e f g h i j k l > ?:2x3 | Max:y ? m n > y:2x3"},
    {MANY "Min y a,b,c,d,e,f,g,h,i,j,k,l,m,n | out y",
     "Min:y a b c d e f g h i j k l > ?:2x3 | Min:y ? m n > y:2x3"},
    {MANY "Mean y a,b,c,d,e,f,g,h,i,j,k,l,m,n | out y",
     "Add:y+y+y+y+y a b +Add=c +Add=d +Add=e +Add=f > ?:2x3 | "
     "Add:y+y+y+y+y ? g +Add=h +Add=i +Add=j +Add=k > ?:2x3 | "
     "Add:y+y+y+y ? l +Add=m +Add=n +Div=w > y:2x3"},
    {"in x 2x3 | Concat c x axis=0 | Relu y c | out y", "Relu:y+c x > y:2x3"},
    {"in x 2x3 | Clip y x min=0 | out y", "Relu:y x > y:2x3"},
    {"in x 2x3 | Clip y x min=0 max=6 | out y", "Clip:y x > y:2x3"},
    {"in x 2x3 | data l - 0 | Clip y x,l | out y", "Relu:y x > y:2x3"},
    {"in x 2x3 | data h - 6 | Clip y x,-,h | out y", "Clip:y x > y:2x3"},
    {"in x 2x3 | Clip y x min=5 max=2 | out y", "Clip:y x > y:2x3"},
    {"in x 2x3 | in h - | data l - 0.5 | Clip y x,l,h | out y", "Clip:y x l h > y:2x3"},
    {"in x 2x3 | in l - | data h - 0.5 | Clip y x,l,h | out y", "Clip:y x l h > y:2x3"},
    {"in x 2x3 | Clip c x | Tanh y c | out y", "Tanh:y+c x > y:2x3"},
    {"in x 2x3 | Cast c x to=1 | Tanh y c | out y", "Tanh:y+c x > y:2x3"},
    // an output that is another value keeps its name
    {"in x 2x3 | Relu r x | Identity y r | Tanh z r | out y | out z",
     "Relu:r+y x > r:2x3 | Tanh:z r > z:2x3"},
    // before opset 13 softmax takes all dimensions from axis on
    {"opset 11 | in x 2x3x4 | Softmax y x | out y", "Softmax:y x~ > ?:2x12"},
    {"opset 11 | in x 2x3x4 | Softmax y x axis=2 | out y", "Softmax:y x > y:2x3x4"},
    {"opset 11 | in x 2x3x1 | Softmax y x | out y", "Softmax:y x > y:2x3x1"},
    {"opset 13 | in x 2x3x4 | Softmax y x axis=1 | out y", "Softmax:y x > y:2x3x4"},
};

static void simplify__what_means_another_operator_becomes_it(void **state)
{
    (void)state;
    check_agreeing_cases(simplified, N_ELEMENTS(simplified));
}

static const struct steps_case einsums[] = {
    {"in a 2x3 | in b 3x4 | Einsum y a,b equation=ij,jk->ik | out y", "MatMul:y a b > y:2x4"},
    {"in a 2x3 | weight w 4x3 | Einsum y a,w equation=ij,kj->ki | out y",
     "MatMul:y a w > ?:2x4 | Transpose:y ? > y:4x2"},
    {"in a 5x2x3 | in b 5x3x4 | Einsum y a,b equation=bij,bjk->bik | out y",
     "MatMul:y a b > y:5x2x4"},
    {"in a 5x2x3 | in b 3x4 | Einsum y a,b equation=...qk,kz->...qz | out y",
     "MatMul:y a~ b > ?:10x4"},
    {"in q 2x5x3x4 | in k 2x6x3x4 | Einsum y q,k equation=bqhd,bkhd->bhqk | out y",
     "Transpose:y q > ?:2x3x5x4 | Reorder k > ?:2x6x3x4:last | MatMul:y+y ?~ ?~ > ?:6x5x6"},
    {"in a 2x3x7 | in b 3x4 | Einsum y a,b equation=ijz,jk->ik | out y",
     "ReduceSum:y a > ?:2x3 | MatMul:y ? b > y:2x4"},
    {"in a 3 | in b 3 | Einsum y a,b equation=i,i-> | out y", "MatMul:y a~ b~ > ?:1x1"},
    {"in a 3 | in b 4 | Einsum y a,b equation=i,j->ji | out y",
     "Mul:y a~ b~ > ?:3x4 | Transpose:y ? > y:4x3"},
    {"in a 2x3 | in b 2x3 | Einsum y a,b equation=ij,ij->ij | out y", "Mul:y a~ b~ > ?:6x1x1"},
    {"in a 2x3x4 | Einsum y a equation=ijk->ki | out y",
     "ReduceSum:y a > ?:2x4 | Transpose:y ? > y:4x2"},
    {"in a 2x3 | Einsum y a equation=ij->ji | Relu z y | out z",
     "Transpose:y a > y:3x2 | Relu:z y > z:3x2"},
    {"in a 2x3 | Einsum e a equation=ij->ij | Relu y e | out y", "Relu:y+e a > y:2x3"},
    // a diagonal, and what is broadcast, stay
    {"in a 2x3 | in b 3x4 | in c 4x5 | Einsum y a,b,c equation=ij,jk,kl->il | out y",
     "MatMul:y a b > ?:2x4 | MatMul:y ? c > y:2x5"},
    {"in a 2x3 | in b 2x3 | in c 3x2 | Einsum y a,b,c equation=ij,ij,ji->j | out y",
     "Mul:y a~ b~ > ?:6x1x1 | Transpose:y ?~ > ?:3x2 | MatMul:y ?~ c~ > ?:3x1x1"},
    {"in a 5x2x3 | in b 3x4 | in c 5x4 | in d 2 | Einsum y a,b,c,d equation=bij,jk,bk,i->kb | out "
     "y",

     "MatMul:y a~ b > ?:10x4 | Reorder ?~ > ?:5x4x2 | Mul:y+y ?~ c~ > ?:20x2x1 | MatMul:y ?~ d~ > "
     "?:20x1 | Transpose:y ?~ > y:4x5"},
    {"in a 3x3 | Einsum y a equation=ii->i | out y", "Einsum:y a > y:3"},
    {"in a 2x1 | in b 3x4 | Einsum y a,b equation=ij,jk->ik | out y", "Einsum:y a b > y:2x4"},
};

static void simplify__an_einsum_becomes_products_sums_and_transposes(void **state)
{
    (void)state;
    check_agreeing_cases(einsums, N_ELEMENTS(einsums));
}

#define CONV "in x 1x1x4x4 | weight w 1x1x3x3 | weight b 1 | Conv c x,w "
#define PAD "pads=1,1,1,1 "

static const struct steps_case fused[] = {
    {CONV "| Relu y c | out y", "Conv:c+y x~ w +Relu > y:1x1x2x2:last"},
    {CONV "| weight p 1 | BatchNormalization y c,p,p,p,p | out y",
     "Conv:c+y x~ w w > y:1x1x2x2:last"},
    {CONV "| weight p 1 | BatchNormalization n c,p,p,p,p | Clip y n min=0 max=6 | out y",
     "Conv:c+n+y x~ w w +Clip > y:1x1x2x2:last"},
    {"in x 1x4x1x1 | weight w 3x4x1x1 | Conv c x,w | weight k 3x1x1 | Add y k,c | out y",
     "Conv:c+y x~ w w > y:1x3x1x1:last"},
    {"in x 1x4x1x1 | weight w 3x4x1x1 | Conv c x,w | weight k 1x1x3 | Add y k,c | out y",
     "Conv:c x~ w > c:1x3x1x1:last | Add:y k c > y:1x3x1x3:last | Reorder y > y:1x3x1x3"},
    {"in x 2x4 | weight w 4x3 | weight k 3 | MatMul m x,w | Add a m,k | Elu y a | out y",
     "Gemm:m+a+y x w w +Elu > y:2x3"},
    {"in x 2x4 | weight w 4x3 | weight k 1x3 | Gemm m x,w | Add y m,k | out y",
     "Gemm:m+y x w w > y:2x3"},
    {"in x 2x4 | weight w 4x3 | weight k 3 | Gemm m x,w,k | Add y m,k | out y",
     "Gemm:m+y x w w > y:2x3"},
    {"in x 2x4 | in z 2x4 | Add a x,z | Relu y a | out y", "Add:a+y x z +Relu > y:2x4"},
    {"in x 2x4 | Relu r x | Relu y r | out y", "Relu:r+y x +Relu > y:2x4"},
    // parameters that are not given are the operator's own
    {CONV "| LeakyRelu y c | out y", "Conv:c+y x~ w +LeakyRelu > y:1x1x2x2:last"},
    {CONV "| Elu y c | out y", "Conv:c+y x~ w +Elu > y:1x1x2x2:last"},
    {CONV "| opset 24 | Swish y c | out y", "Conv:c+y x~ w +Swish > y:1x1x2x2:last"},
    // normalisations take activations, but nothing else
    {"in x 1x1x4x4 | weight p 1 | Tanh t x | BatchNormalization n t,p,p,p,p | Clip y n min=0 max=6 "
     "| out y",
     "Tanh:t x > t:1x1x4x4 | BatchNormalization:n+y t~ p p p p +Clip > y:1x1x4x4:last"},
    {"opset 21 | in x 1x4x1x1 | weight p 4 | GroupNormalization n x,p,p num_groups=2 | Swish y n | "
     "out y",
     "GroupNormalization:n+y x~ p p +Swish > y:1x4x1x1:last"},
    {"in x 1x4x1x1 | weight p 4 | InstanceNormalization n x,p,p | Relu r n | Add y r,x | out y",
     "InstanceNormalization:n+r x~ p p +Relu > r:1x4x1x1:last | Add:y r x~ > y:1x4x1x1:last"},
    {"in x 1x4x1x1 | weight p 4 | InstanceNormalization n x,p,p | Add y n,x | out y",
     "InstanceNormalization:n x~ p p > n:1x4x1x1:last | Add:y n x~ > y:1x4x1x1:last"},
    // a value that someone else needs, or that is an output, must not vanish
    {CONV "| Relu y c | out y | out c", "Conv:c x~ w > c:1x1x2x2:last | Relu:y c > y:1x1x2x2:last"},
    {CONV "| Relu r c | Tanh t c | Add y r,t | out y",
     "Conv:c x~ w > c:1x1x2x2:last | Relu:r c > r:1x1x2x2:last | "
     "Tanh:t+y c +Add=r > y:1x1x2x2:last"},
    // a residual from the model's input is added, never overwritten
    {CONV PAD "| Add a c,x | Relu y a | out y", "Conv:c+a+y x~ w +Add=x~ +Relu > y:1x1x4x4:last"},
    // the identity shortcut: its other use comes before
    {CONV PAD "| Conv d c,w " PAD "| Conv e d,w " PAD "| Add a c,e | Relu r a | Conv y r,w | out y",
     "Conv:c x~ w > c:1x1x4x4:last | Conv:d c w > d:1x1x4x4:last | "
     "Conv:e+a+r d w +Add=c! +Relu > r:1x1x4x4:last | Conv:y r w > y:1x1x2x2:last"},
    // the residual is needed again: added, but not overwritten
    {CONV PAD "| Conv e c,w " PAD "| Add a c,e | Conv f a,w " PAD "| Add y f,c | out y",
     "Conv:c x~ w > c:1x1x4x4:last | Conv:e+a c w +Add=c > a:1x1x4x4:last | "
     "Conv:f+y a w +Add=c > y:1x1x4x4:last"},
    // of two convolutions the later one adds
    {CONV PAD "| Conv d x,w " PAD "| Add a d,c | Relu r a | Conv y r,w | out y",
     "Conv:d x~ w > d:1x1x4x4:last | Conv:c+a+r x~ w +Add=d! +Relu > r:1x1x4x4:last | Conv:y r w > "
     "y:1x1x2x2:last"},
    // no broadcasting and nothing behind an activation
    {CONV "| in z 1x1x1x1 | Add y c,z | out y",
     "Conv:c x~ w > c:1x1x2x2:last | Add:y c z~ > y:1x1x2x2:last"},
    {CONV PAD "| Relu r c | Add y r,x | out y",
     "Conv:c+r x~ w +Relu > r:1x1x4x4:last | Add:y r x~ > y:1x1x4x4:last"},
    // channel shuffle, in two dimensions and in one
    {"in x 1x6x1x1 | ints s 5 1,2,3,1,1 | ints t 4 1,6,1,1 | Reshape a x,s | "
     "Transpose b a perm=0,2,1,3,4 | Reshape y b,t | out y",
     "ChannelShuffle:a+b+y x~ > y:1x6x1x1:last"},
    {"in x 1x6x1 | ints s 4 1,2,3,1 | ints t 3 1,6,1 | Reshape a x,s | "
     "Transpose b a perm=0,2,1,3 | Reshape y b,t | out y",
     "ChannelShuffle:a+b+y x~ > y:1x6x1:last"},
};

static void fuse__steps_take_in_what_follows(void **state)
{
    (void)state;
    check_agreeing_cases(fused, N_ELEMENTS(fused));
}

#define TABLE(rows)                                                                                \
    "in x " rows "x1024 | in p 1 | weight w 2100x1024 | Transpose t w | Cast o p to=7 | "          \
    "Gather e w,o | Add a x,e | "
#define SUM(rows) "Cast:o p > o:1 | Gather:e w o > e:1x1024 | Add:a x e > a:" rows "x1024 | "

static const struct steps_case tied[] = {
    {TABLE("1") "MatMul y a,t | out y", SUM("1") "FusedMatMul:y a w > y:1x2100"},
    {TABLE("1") "Gemm y a,t | out y", SUM("1") "Gemm:y a w > y:1x2100"},
    {TABLE("1") "Relu r t | Gemm y a,r | out y", SUM("1") "Gemm:y a r > y:1x2100"},
    {TABLE("2") "MatMul y a,t | out y", SUM("2") "MatMul:y a t > y:2x2100"},
};

// Whether the first step that reads a weight and the last one read the same.
static bool is_tied(const char *text)
{
    struct graph *g = steps_from_text(text, false);
    const struct node *gather = &g->nodes[1], *product = &g->nodes[g->n_nodes - 1];
    assert_int_equal(gather->op, OP_Gather);
    bool same = gather->src[0] == product->src[1];
    if (same)
        assert_true(node_int(product, ATTR_transB, 0) == 1);
    graph_release(g);
    free(g);
    return same;
}

// A table that one row is multiplied with, too, is there once; nothing else is turned.
static void decompose__a_table_and_its_transpose_are_one_weight(void **state)
{
    (void)state;
    static const bool expected[] = {true, true, false, false};
    check_agreeing_cases(tied, N_ELEMENTS(tied));
    for (size_t i = 0; i < N_ELEMENTS(tied); i++)
        assert_int_equal(is_tied(tied[i].graph), expected[i]);
}

static const struct steps_case chains[] = {
    {"in x 2x3 | in z 2x3 | weight k 3 | Mul m x,z | Exp e m | Mul n e,k | Sub s n,z | Div y s,x | "
     "out y",
     "Mul:m+e+n+s+y x z +Exp +Mul=k +Sub=z +Div=x > y:2x3"},
    {"in x 2x3 | weight k - | Erf s x | Add a k,s | Neg y a | out y",
     "Erf:s+a+y x +Add=k +Neg > y:2x3"},
    {"in x 1x4x2x2 | in z 1x4x1x1 | weight k 4x1x1 | Add a x,z | Mul y a,k | out y",
     "Add:a+y x z +Mul=k > y:1x4x2x2"},
    {"in x 2x3 | Clip c x min=1 max=2 | Add y c,x | out y", "Clip:c+y x +Add=x > y:2x3"},
    // no more than four
    {"in x 2x3 | Abs a x | Sqrt b a | Exp c b | Neg d c | Cos e d | Sin y e | out y",
     "Abs:a+b+c+d+e x +Sqrt +Exp +Neg +Cos > e:2x3 | Sin:y e > y:2x3"},
    // what comes first in a difference or quotient stays there
    {"in x 2x3 | weight k 3 | Abs a x | Sub y k,a | out y", "Abs:a x > a:2x3 | Sub:y k a > y:2x3"},
    {"in x 2x3 | weight k 3 | Abs a x | Div y k,a | out y", "Abs:a x > a:2x3 | Div:y k a > y:2x3"},
    // the later one takes in what joins two
    {"in x 2x3 | in z 2x3 | Exp a x | Erf b z | Add y a,b | out y",
     "Exp:a x > a:2x3 | Erf:b+y z +Add=a > y:2x3"},
    {"in x 2x3 | weight w 3x3 | Exp a x | MatMul b x,w | Add y a,b | out y",
     "Exp:a x > a:2x3 | MatMul:b+y x w +Add=a > y:2x3"},
    // another shape or type, parameters that a chain has no room for, a result needed twice
    {"in x 2x3 | in z 4x2x3 | Exp a x | Add y z,a | out y",
     "Exp:a x > a:2x3 | Add:y z a > y:4x2x3"},
    {"in x 2x3 | Exp a x | IsNaN y a | out y", "Exp:a x > a:2x3 | IsNaN:y a > y:2x3"},
    {"in x 2x3 | Exp a x | HardSigmoid y a | out y", "Exp:a x > a:2x3 | HardSigmoid:y a > y:2x3"},
    {"in x 2x3 | Exp a x | Add y a,a | out y", "Exp:a x > a:2x3 | Add:y a a > y:2x3"},
    {"ints x 2 1,2 | in i 2 | Cast c i to=7 | Add a c,x | Abs y a | out y",
     "Cast:c i > c:2 | Add:a c x > a:2 | Abs:y a > y:2"},
};

static void fuse__elementwise_steps_form_chains(void **state)
{
    (void)state;
    check_agreeing_cases(chains, N_ELEMENTS(chains));
}

static void fuse__is_left_out_on_demand(void **state)
{
    (void)state;
    struct graph *g = steps_from_text(CONV "| Relu r c | Sum y r,c | out y", true);
    assert_int_equal(g->n_nodes, 3);
    for (int i = 0; i < g->n_nodes; i++)
        assert_int_equal(g->nodes[i].n_posts, 0);
    graph_release(g);
    free(g);
}

static const float *weight_data(const struct graph *g, int node, int src)
{
    return g->values[g->nodes[node].src[src]].data;
}

static void assert_near(float got, double expected)
{
    if (!(fabs(got - expected) <= 1e-6))
        fail_msg("%.9g instead of %.9g", (double)got, expected);
}

// Sources that are constant take the factors in; others keep them, but for those that do nothing.
static void simplify__factors_of_gemm_go_into_constants(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int n_src;
        float alpha, beta; // 0: absent
    } cases[] = {
        {"weight w 4x3 | weight c 3 | Gemm y x,w,c gemm_alpha=2 gemm_beta=3", 3, 0, 0},
        {"weight w 2x3 | weight c 3 | Gemm y w,x gemm_alpha=2", 2, 0, 0},
        {"in z 4x3 | in c 3 | Gemm y x,z,c gemm_alpha=1 gemm_beta=1", 3, 0, 0},
        {"in z 4x3 | in c 3 | Gemm y x,z,c gemm_alpha=2 gemm_beta=3", 3, 2, 3},
        {"in z 4x3 | weight c 3 | Gemm y x,z,c gemm_alpha=2 gemm_beta=3", 3, 2, 0},
        {"weight w 4x3 | in c 3 | Gemm y x,w,c gemm_alpha=2 gemm_beta=3", 3, 0, 3},
        {"weight w 4x3 | in c 3 | Gemm y x,w,c gemm_beta=0", 2, 0, 0},
        {"weight w 4x3 | Gemm y x,w gemm_beta=3", 2, 0, 0},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char text[160];
        bool left = strstr(cases[i].text, "y w,x");
        snprintf(text, sizeof text, "in x %s | %s | out y", left ? "3x5" : "2x4", cases[i].text);
        struct graph *g = steps_from_text(text, false);
        const struct node *n = &g->nodes[0];
        assert_int_equal(n->n_src, cases[i].n_src);
        assert_true(node_float(n, ATTR_gemm_alpha, 0) == cases[i].alpha);
        assert_true(node_float(n, ATTR_gemm_beta, 0) == cases[i].beta);
        graph_release(g);
        free(g);
    }
}

static void simplify__factors_of_gemm_multiply_the_numbers(void **state)
{
    (void)state;
    struct graph *g = steps_from_text("in x 1x2 | data w 2x1 3,-4 | data c 1 5 | "
                                      "Gemm y x,w,c gemm_alpha=0.5 gemm_beta=-2 | out y",
                                      false);
    assert_near(weight_data(g, 0, 1)[0], 1.5);
    assert_near(weight_data(g, 0, 1)[1], -2);
    assert_near(weight_data(g, 0, 2)[0], -10);
    graph_release(g);
    free(g);
}

// gamma * (w x + b - mean) / sqrt(variance + epsilon) + beta
static void fuse__batch_norm_gives_its_numbers_to_the_weights(void **state)
{
    (void)state;
    struct graph *g = steps_from_text(
        "in x 1x1x4x4 | data w 2x1x1x1 3,-4 | data b 2 0.5,1 | Conv c x,w,b | "
        "data gamma 2 2,0.5 | data beta 2 1,-1 | data mean 2 0.25,2 | data var 2 4,0.25 | "
        "BatchNormalization y c,gamma,beta,mean,var epsilon=0.01 | out y",
        false);
    const float *w = weight_data(g, 0, 1), *b = weight_data(g, 0, 2);
    double first = 2 / sqrt(4.01), second = 0.5 / sqrt(0.26);
    assert_near(w[0], 3 * first);
    assert_near(w[1], -4 * second);
    assert_near(b[0], (0.5 - 0.25) * first + 1);
    assert_near(b[1], (1 - 2) * second - 1);
    graph_release(g);
    free(g);
}

static void fuse__unknown_numbers_stay_unknown(void **state)
{
    (void)state;
    struct graph *g = steps_from_text(
        CONV "| data p 1 1 | BatchNormalization y c,p,p,p,p | Sum z y,c | out y", false);
    assert_null(weight_data(g, 0, 1)); // weights are not loaded
    assert_near(weight_data(g, 0, 2)[0], 1 - 1 / sqrt(1 + 1e-5));
    graph_release(g);
    free(g);
}

static void fuse__a_shared_weight_is_not_changed(void **state)
{
    (void)state;
    struct graph *g = steps_from_text("in x 1x1x4x4 | data w 1x1x1x1 3 | Conv c x,w | data p 1 2 | "
                                      "BatchNormalization n c,p,p,p,p | Conv y n,w | out y",
                                      false);
    assert_true(weight_data(g, 0, 1)[0] != 3);
    assert_true(weight_data(g, 1, 1)[0] == 3);
    graph_release(g);
    free(g);
}

static void fuse__clip_keeps_its_bounds(void **state)
{
    (void)state;
    struct graph *g =
        steps_from_text(CONV "| Clip k c max=6 | LeakyRelu y k alpha=0.25 | out y", false);
    const struct post *posts = g->nodes[0].posts;
    assert_int_equal(g->nodes[0].n_posts, 2);
    assert_true(posts[0].alpha == -FLT_MAX && posts[0].beta == 6 && posts[1].alpha == 0.25f);
    graph_release(g);
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simplify__what_means_another_operator_becomes_it),
        cmocka_unit_test(simplify__an_einsum_becomes_products_sums_and_transposes),
        cmocka_unit_test(fuse__steps_take_in_what_follows),
        cmocka_unit_test(decompose__a_table_and_its_transpose_are_one_weight),
        cmocka_unit_test(fuse__elementwise_steps_form_chains),
        cmocka_unit_test(fuse__is_left_out_on_demand),
        cmocka_unit_test(simplify__factors_of_gemm_go_into_constants),
        cmocka_unit_test(simplify__factors_of_gemm_multiply_the_numbers),
        cmocka_unit_test(fuse__batch_norm_gives_its_numbers_to_the_weights),
        cmocka_unit_test(fuse__unknown_numbers_stay_unknown),
        cmocka_unit_test(fuse__a_shared_weight_is_not_changed),
        cmocka_unit_test(fuse__clip_keeps_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
