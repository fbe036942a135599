// Operators that exporters spell in others, as they do it; and operators that are short for
// others. What is fused computes the same.
#include "tests/test.h"

#include "tests/decompose/agree_case.h"

#define N2 "data half - 0.5 | data one - 1 | data two - 2 | data three - 3 | data six - 6 | "
#define X23 N2 "in x 2x3 | "
#define ERF "data r - 1.4142135 | Div d x,r | Erf e d | Add s e,one | "
#define CUBE "Pow p x,three | "
#define TANH                                                                                       \
    "data c - 0.044715 | data q - 0.79788456 | Mul a p,c | Add b x,a | Mul d b,q | Tanh e d | "    \
    "Add s e,one | "

static const struct steps_case activations[] = {
    {X23 ERF "Mul m x,s | Mul y m,half | out y", "Gelu:y+m+s+e+d x > y:2x3"},
    {X23 ERF "Mul m half,x | Mul y m,s | out y", "Gelu:y+m+s+e+d x > y:2x3"},
    {X23 ERF "Mul m s,half | Mul y x,m | out y", "Gelu:y+m+s+e+d x > y:2x3"},
    {X23
     "data r - 0.70710678 | Mul d r,x | Erf e d | Add s one,e | Mul m x,s | Mul y m,half | out y",
     "Gelu:y+m+s+e+d x > y:2x3"},
    {X23 CUBE TANH "Mul m x,s | Mul y half,m | out y", "GeluTanh:y+m+s+e+d+b+a+p x > y:2x3"},
    {X23 "Mul k x,x | Mul p k,x | " TANH "Mul m half,x | Mul y m,s | out y",
     "GeluTanh:y+m+s+e+d+b+a+p+k x > y:2x3"},
    {X23 "Sigmoid s x | Mul y x,s | out y", "Swish:y+s x > y:2x3"},
    {X23 "Sigmoid s x | Mul y s,x | out y", "Swish:y+s x > y:2x3"},
    {X23 "data f - 1.702 | Mul m x,f | Sigmoid s m | Mul y x,s | out y", "Swish:y+s+m x > y:2x3"},
    {X23 "Add a x,three | Clip c a min=0 max=6 | Mul m x,c | Div y m,six | out y",
     "HardSwish:y+m+c+a x > y:2x3"},
    {X23 "Add a x,three | Clip c a min=0 max=6 | Div d c,six | Mul y x,d | out y",
     "HardSwish:y+d+c+a x > y:2x3"},
    {X23 "HardSigmoid h x alpha=0.16666667 hard_beta=0.5 | Mul y x,h | out y",
     "HardSwish:y+h x > y:2x3"},
    {X23 "Add a x,three | Clip c a min=0 max=6 | Div y c,six | out y",
     "HardSigmoid:y+c+a x > y:2x3"},
    {X23 "Softplus s x | Tanh t s | Mul y x,t | out y", "Mish:y+t+s x > y:2x3"},
    {X23 "Exp e x | Add s e,one | Log l s | Tanh t l | Mul y x,t | out y",
     "Mish:y+t+l+s+e x > y:2x3"},
    // other numbers, other bounds, or a value that is needed elsewhere
    {X23 "HardSigmoid h x | Mul y x,h | out y", "HardSigmoid:h+y x +Mul=x > y:2x3"},
    {X23 "Sigmoid s x | Mul y x,s | out y | out s", "Sigmoid:s x > s:2x3 | Mul:y x s > y:2x3"},
    {X23 "in z 2x3 | Sigmoid s x | Mul y z,s | out y", "Sigmoid:s+y x +Mul=z > y:2x3"},
    {X23 "Add a x,three | Clip c a min=0 max=5 | Div y c,six | out y",
     "Add:a+c+y x three +Clip +Div=six > y:2x3"},
    // in a convolution's or product's result
    {"in x 2x4 | weight w 4x3 | MatMul m x,w | Sigmoid s m | Mul y m,s | out y",
     "MatMul:m+y+s x w +Swish > y:2x3"},
};

#define NORM                                                                                       \
    "in x 2x3x4 | data two - 2 | data eps - 0.00001 | data one - 1 | weight g 4 | weight b 4 | "   \
    "ReduceMean m x axes=-1 keepdims=1 | Sub d x,m | "
#define SQUARE "Pow p d,two | ReduceMean v p axes=-1 keepdims=1 | Add e v,eps | Sqrt s e | "

static const struct steps_case norms[] = {
    {NORM SQUARE "Div n d,s | Mul k n,g | Add y k,b | out y",
     "LayerNormalization:k+n+s+e+v+p+d+m+y x g b > y:2x3x4"},
    {NORM "Mul p d,d | ReduceMean v p axes=-1 keepdims=1 | Add e eps,v | Sqrt s e | "
          "Reciprocal r s | Mul n d,r | Mul k g,n | Add y b,k | out y",
     "LayerNormalization:k+n+r+s+e+v+p+d+m+y x g b > y:2x3x4"},
    {NORM SQUARE "Div n d,s | Mul y n,g | out y",
     "LayerNormalization:y+n+s+e+v+p+d+m x g > y:2x3x4"},
    // x a + (b - m a)
    {NORM SQUARE "Div r one,s | Mul a r,g | Mul k x,a | Mul l m,a | Sub c b,l | Add y k,c | out y",
     "LayerNormalization:y+k+c+l+a+r+s+e+v+p+d+m x g b > y:2x3x4"},
    {"in x 2x3x4 | data two - 2 | data eps - 0.00001 | weight g 4 | Pow p x,two | "
     "ReduceMean v p axes=-1 keepdims=1 | Add e v,eps | Sqrt s e | Div n x,s | Mul y n,g | out y",
     "RMSNormalization:y+n+s+e+v+p x g > y:2x3x4"},
    // as an instance norm of groups
    {"in x 1x4x1x1 | ints s 3 1,2,-1 | ints t 4 1,4,1,1 | data o 2 1 | data z 2 0 | "
     "weight g 4x1x1 | weight b 4x1x1 | Reshape r x,s | InstanceNormalization n r,o,z | "
     "Reshape q n,t | Mul m q,g | Add y m,b | out y",
     "GroupNormalization:y+m+q+n+r x~ g~ b~ > y:1x4x1x1:last"},
    // axes as a source
    {"opset 18 | in x 2x3x4 | ints a 1 -1 | data two - 2 | data eps - 0.00001 | weight g 4 | "
     "weight b 4 | ReduceMean m x,a | Sub d x,m | Pow p d,two | ReduceMean v p,a | Add e v,eps | "
     "Sqrt s e | Div n d,s | Mul k n,g | Add y k,b | out y",
     "LayerNormalization:k+n+s+e+v+p+d+m+y x g b > y:2x3x4"},
    // another axis for the variance, another exponent, a deviation that is needed elsewhere
    {NORM "Pow p d,two | ReduceMean v p axes=1 keepdims=1 | Add e v,eps | Sqrt s e | Div y d,s | "
          "out y",
     "ReduceMean:m x > m:2x3x1 | Sub:d x m > d:2x3x4 | Pow:p d two > p:2x3x4 | ReduceMean:v p "
     "> v:2x1x4 | Add:e+s v eps +Sqrt > s:2x1x4 | Div:y d s > y:2x3x4"},
    {NORM "data three - 3 | Abs h d | Pow p h,three | ReduceMean v p axes=-1 keepdims=1 | "
          "Add e v,eps | Sqrt s e | Div y d,s | out y",
     "ReduceMean:m x > m:2x3x1 | Sub:d x m > d:2x3x4 | Abs:h d > h:2x3x4 | Pow:p h three > "
     "p:2x3x4 | ReduceMean:v p > v:2x3x1 | Add:e+s v eps +Sqrt > s:2x3x1 | "
     "Div:y d s > y:2x3x4"},
    {NORM SQUARE "Div n d,s | Mul k n,g | Add y k,b | out y | out s",
     "ReduceMean:m x > m:2x3x1 | Sub:d x m > d:2x3x4 | Pow:p d two > p:2x3x4 | ReduceMean:v p > "
     "v:2x3x1 | Add:e+s v eps +Sqrt > s:2x3x1 | Div:n+k+y d s +Mul=g +Add=b > y:2x3x4"},
};

static void idioms__activations_are_found(void **state)
{
    (void)state;
    check_agreeing_cases(activations, N_ELEMENTS(activations));
}

static void idioms__norms_are_found(void **state)
{
    (void)state;
    check_agreeing_cases(norms, N_ELEMENTS(norms));
}

#define QKV "in q 2x3x5x4 | in k 2x3x6x4 | in v 2x3x6x4 | data c - 2 | "
#define SCORES "Transpose t k perm=0,1,3,2 | MatMul s q,t | "
#define HEADS                                                                                      \
    "in q 2x5x3x4 | in k 2x6x3x4 | in v 2x6x3x4 | data c - 2 | "                                   \
    "Transpose a q perm=0,2,1,3 | Transpose b k perm=0,2,3,1 | Transpose d v perm=0,2,1,3 | "

static const struct steps_case attention[] = {
    {QKV SCORES "Softmax p s axis=-1 | MatMul y p,v | out y",
     "ScaledDotProductAttention:y+p+s+t q k v > y:2x3x5x4"},
    {QKV SCORES "Div e s,c | Softmax p e axis=-1 | MatMul y p,v | out y",
     "ScaledDotProductAttention:y+p+e+s+t q k v > y:2x3x5x4"},
    {QKV "in m 2x1x1x6 | " SCORES
         "Mul e s,c | Add f m,e | Softmax p f axis=-1 | MatMul y p,v | out y",
     "ScaledDotProductAttention:y+p+f+e+s+t q k v m > y:2x3x5x4"},
    {QKV "Mul e q,c | "
         "Transpose t k perm=0,1,3,2 | Mul h t,c | MatMul s e,h | "
         "Softmax p s axis=-1 | MatMul y p,v | out y",
     "ScaledDotProductAttention:y+p+s+e+h+t q k v > y:2x3x5x4"},
    // heads behind positions, as they come out of a projection
    {HEADS "MatMul s a,b | Div e s,c | Softmax p e axis=-1 | MatMul o p,d | "
           "Transpose y o perm=0,2,1,3 | out y",
     "ScaledDotProductAttention:o+p+e+s+b+a+d+y q k v > y:2x5x3x4"},
    // two constant masks, one of them beside a view
    {"in q 4x3x5x4 | in k 4x3x6x4 | in v 4x3x6x4 | weight m 1x3x5x6 | weight w 1x4x1x5x6 | "
     "ints i 5 1,4,3,5,6 | ints j 4 4,3,5,6 | " SCORES "Add a s,m | Reshape b a,i | Add d b,w | "
     "Reshape e d,j | Softmax p e axis=-1 | MatMul y p,v | out y",
     "ScaledDotProductAttention:y+p+b+e+a+d+s+t q k v w > y:4x3x5x4"},
    {"in q 4x3x5x4 | in k 4x3x6x4 | in v 4x3x6x4 | weight m 1x3x5x6 | weight w 1x4x1x5x6 | "
     "ints i 5 1,4,3,5,6 | ints j 4 4,3,5,6 | data c - 2 | " SCORES
     "Div h s,c | Add a h,m | Reshape b a,i | Add d b,w | "
     "Reshape e d,j | Softmax p e axis=-1 | MatMul y p,v | out y",
     "ScaledDotProductAttention:y+p+b+e+a+d+h+s+t q k v w > y:4x3x5x4"},
    // a query that sees no key gives zeros
    {QKV "data m 5x6 -inf,-inf,-inf,-inf,-inf,-inf,0 | data z - 0 | " SCORES
         "Add a s,m | Softmax p a axis=-1 | IsNaN n p | Where w n,z,p | MatMul y w,v | out y",
     "ScaledDotProductAttention:y+w+n+p+a+s+t q k v m > y:2x3x5x4"},
    // another axis, keys as they are, scores that someone else needs
    {QKV SCORES "Softmax p s axis=2 | MatMul y p,v | out y",
     "FusedMatMul:s+t q k > s:2x3x5x6 | Softmax:p s > p:2x3x5x6 | MatMul:y p v > y:2x3x5x4"},
    {"in q 2x5x4 | in t 2x4x6 | in v 2x6x4 | MatMul s q,t | Softmax p s axis=-1 | MatMul y p,v | "
     "out y",
     "MatMul:s q t > s:2x5x6 | Softmax:p s > p:2x5x6 | MatMul:y p v > y:2x5x4"},
    {QKV SCORES "Softmax p s axis=-1 | MatMul y p,v | out y | out s",
     "FusedMatMul:s+t q k > s:2x3x5x6 | Softmax:p s > p:2x3x5x6 | MatMul:y p v > y:2x3x5x4"},
};

static void idioms__attention_is_found(void **state)
{
    (void)state;
    check_agreeing_cases(attention, N_ELEMENTS(attention));
}

#define SKIP "in x 2x4 | in z 2x4 | weight g 4 | weight b 4 | weight c 4 | "

static const struct steps_case expanded[] = {
    {"in x 2x4 | weight b 4 | BiasGelu y x,b | out y", "Add:y+y x b +Gelu > y:2x4"},
    {"in x 2x4 | weight b 4 | FastGelu y x,b | out y", "Add:y+y x b +GeluTanh > y:2x4"},
    {"in x 2x4 | FastGelu y x | out y", "GeluTanh:y x > y:2x4"},
    {"in x 2x4 | Gelu y x approximate=1 | out y", "GeluTanh:y x > y:2x4"},
    {"in x 2x4 | QuickGelu y x | out y", "Swish:y x > y:2x4"},
    {SKIP "SkipLayerNormalization y x,z,g,b | out y",
     "Add:y x z > ?:2x4 | LayerNormalization:y ? g b > y:2x4"},
    {SKIP "SkipLayerNormalization y,-,-,s x,z,g,b,c | out y | out s",
     "Add:y+y x z +Add=c > s:2x4 | LayerNormalization:y s g b > y:2x4"},
    {SKIP "SkipSimplifiedLayerNormalization y x,z,g | out y",
     "Add:y x z > ?:2x4 | RMSNormalization:y ? g > y:2x4"},
    {SKIP "SimplifiedLayerNormalization y x,g | out y", "RMSNormalization:y x g > y:2x4"},
    {"in x 1x1x4x4 | in z 1x1x2x2 | weight w 1x1x3x3 | weight b 1 | "
     "FusedConv y x,w,b,z activation=1 | out y",
     "Conv:y+y+y x~ w b +Add=z~ +Relu > y:1x1x2x2:last"},
    {"in x 2x4 | weight w 4x3 | weight b 3 | FusedGemm y x,w,b activation=2 | out y",
     "Gemm:y+y x w b +Tanh > y:2x3"},
    {"in q 2x5x12 | in k 2x6x12 | in v 2x6x12 | Attention y q,k,v q_num_heads=3 kv_num_heads=3 | "
     "out y",
     "ScaledDotProductAttention:y+y+y+y+y q~ k~ v~ > ?:2x5x3x4"},
};

static void expand__what_is_short_for_others_becomes_those(void **state)
{
    (void)state;
    check_agreeing_cases(expanded, N_ELEMENTS(expanded));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idioms__activations_are_found),
        cmocka_unit_test(idioms__norms_are_found),
        cmocka_unit_test(idioms__attention_is_found),
        cmocka_unit_test(expand__what_is_short_for_others_becomes_those),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
