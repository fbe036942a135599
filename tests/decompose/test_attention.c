// Attention as ONNX and as com.microsoft have it computes what it does spelled in matrix products
// and a softmax.
#include "tests/test.h"

#include "tests/decompose/agree_case.h"

#define QKV "in q 2x4x3x8 | in k 2x4x5x8 | in v 2x4x5x6 | "
#define GROUPED "in q 2x4x3x8 | in k 2x2x5x8 | in v 2x2x5x6 | "
#define JOINED "in q 2x3x32 | in k 2x5x16 | in v 2x5x12 | "
#define PAST "in pk 2x2x2x8 | in pv 2x2x2x6 | "
#define NUMBERS "data c - 0.35355339 | data zero - 0 | data low - -inf | "

#define SCORES NUMBERS "Transpose t k perm=0,1,3,2 | MatMul s q,t | Mul e s,c | "
#define RESULT "Softmax p f axis=-1 | MatMul y p,v | out y"

// [2, 2, n, size] to [2, 4, n, size], of which heads 0 and 1 are the same
#define REPEATED(from, to, n, size)                                                                \
    "ints " to "1 5 2,2,1," n "," size " | ints " to "2 5 2,2,2," n "," size " | ints " to         \
    "3 4 2,4," n "," size " | Reshape " to "4 " from "," to "1 | Expand " to "5 " to "4," to       \
    "2 | Reshape " to " " to "5," to "3 | "

static const struct same_case masks[] = {
    {QKV "opset 23 | Attention y q,k,v | out y", QKV SCORES "Identity f e | " RESULT},
    {QKV "opset 23 | in m 2x1x3x5 | Attention y q,k,v,m | out y",
     QKV "in m 2x1x3x5 | " SCORES "Add f e,m | " RESULT},
    {QKV "opset 23 | in m 3x5 | data z - 0 | Greater b m,z | Attention y q,k,v,b scale=0.35355339 "
         "| out y",
     QKV "in m 3x5 | " SCORES "Greater b m,zero | Where w b,zero,low | Add f e,w | " RESULT},
    // fewer keys in the mask than there are
    {QKV "opset 23 | in m 3x4 | Attention y q,k,v,m | out y",
     QKV "in m 3x4 | " SCORES "ints pad 4 0,0,0,1 | Pad w m,pad,low | Add f e,w | " RESULT},
    {QKV "opset 23 | Attention y q,k,v is_causal=1 | out y", QKV SCORES
     "data w 3x5 0,-inf,-inf,-inf,-inf,0,0,-inf,-inf,-inf,0,0,0,-inf | Add f e,w | " RESULT},
    {QKV "opset 25 | Attention y q,k,v left_window_size=1 right_window_size=2 | out y",
     QKV SCORES "data w 3x5 0,0,0,-inf,-inf,0,0,0,0,-inf,-inf,0 | Add f e,w | " RESULT},
    {QKV "opset 24 | ints n 2 3,5 | Attention y q,k,v,-,-,-,n | out y",
     QKV SCORES "data w 2x1x1x5 0,0,0,-inf,-inf,0 | Add f e,w | " RESULT},
    // the last valid keys belong to the queries
    {QKV "opset 24 | ints n 2 3,5 | Attention y q,k,v,-,-,-,n is_causal=1 | out y",
     QKV SCORES "data w 2x1x3x5 0,-inf,-inf,-inf,-inf,0,0,-inf,-inf,-inf,0,0,0,-inf,-inf,"
                "0,0,0,-inf,-inf,0,0,0,0,-inf,0 | Add f e,w | " RESULT},
    // a query that sees no key gives zeros
    {QKV "opset 23 | data m 3x5 -inf,-inf,-inf,-inf,-inf,0 | Attention y q,k,v,m | "
         "out y",
     QKV SCORES "data n 3x1 0,1 | Softmax p e axis=-1 | MatMul z p,v | Mul y z,n | out y"},
    {QKV "opset 23 | Attention y q,k,v softcap=2 | out y",
     QKV SCORES "data cap - 2 | Div a e,cap | Tanh h a | Mul f h,cap | " RESULT},
};

static void attention__masks_are_added_to_the_scores(void **state)
{
    (void)state;
    check_same_cases(masks, N_ELEMENTS(masks));
}

static const struct same_case groups[] = {
    {GROUPED "opset 23 | Attention y q,k,v | out y",
     GROUPED REPEATED("k", "j", "5", "8")
         REPEATED("v", "u", "5", "6") "opset 23 | Attention y q,j,u | out y"},
    {GROUPED PAST "opset 23 | Attention y,a,b q,k,v,-,pk,pv | out y | out a | out b",
     GROUPED PAST "Concat a pk,k axis=2 | Concat b pv,v axis=2 | " REPEATED("a", "j", "7", "8")
         REPEATED("b", "u", "7", "6") "opset 23 | Attention y q,j,u | out y | out a | out b"},
    // queries stand behind the past
    {GROUPED PAST "opset 23 | Attention y q,k,v,-,pk,pv is_causal=1 | out y",
     GROUPED PAST "data w 3x7 0,0,0,-inf,-inf,-inf,-inf,0,0,0,0,-inf,-inf,-inf,0,0,0,0,0,-inf | "
                  "Concat a pk,k axis=2 | Concat b pv,v axis=2 | " REPEATED("a", "j", "7", "8")
                      REPEATED("b", "u", "7", "6") "opset 23 | Attention y q,j,u,w | out y"},
    // heads and positions the other way round
    {JOINED "opset 23 | Attention y q,k,v q_num_heads=4 kv_num_heads=2 | out y",
     JOINED "ints i 4 2,3,4,8 | ints j 4 2,5,2,8 | ints l 4 2,5,2,6 | Reshape q1 q,i | "
            "Reshape k1 k,j | Reshape v1 v,l | Transpose q2 q1 perm=0,2,1,3 | "
            "Transpose k2 k1 perm=0,2,1,3 | Transpose v2 v1 perm=0,2,1,3 | opset 23 | "
            "Attention a q2,k2,v2 | Transpose b a perm=0,2,1,3 | ints o 3 2,3,24 | "
            "Reshape y b,o | out y"},
    {JOINED PAST "opset 23 | Attention y,a,b q,k,v,-,pk,pv q_num_heads=4 kv_num_heads=2 | out y | "
                 "out a",
     JOINED PAST "ints i 4 2,3,4,8 | ints j 4 2,5,2,8 | ints l 4 2,5,2,6 | Reshape q1 q,i | "
                 "Reshape k1 k,j | Reshape v1 v,l | Transpose q2 q1 perm=0,2,1,3 | "
                 "Transpose k2 k1 perm=0,2,1,3 | Transpose v2 v1 perm=0,2,1,3 | opset 23 | "
                 "Attention c,a,d q2,k2,v2,-,pk,pv | Transpose b c perm=0,2,1,3 | "
                 "ints o 3 2,3,24 | Reshape y b,o | out y | out a"},
    // what is present without a past
    {GROUPED "opset 23 | Attention y,a,b q,k,v | out y | out a | out b",
     GROUPED "opset 23 | Attention y q,k,v | Identity a k | Identity b v | out y | "
             "out a | out b"},
};

static void attention__keys_are_repeated_and_put_behind_the_past(void **state)
{
    (void)state;
    check_same_cases(groups, N_ELEMENTS(groups));
}

#define SELF "in x 2x3x6 | weight w 6x24 | weight b 24 | in p 2x2x2x5x4 | "
// queries, keys and values of the same, as [2, 3, 8]
#define PROJECTED "MatMul m x,w | Add a m,b | Split q,k,v a axis=2 split=8,8,8 | "
#define TWO_HEADS "q_num_heads=2 kv_num_heads=2 "
#define PAST_OF_SELF                                                                               \
    "Split r,s p axis=0 split=1,1 | ints i 4 2,2,5,4 | Reshape pk r,i | Reshape pv s,i | "

static const struct same_case self[] = {
    {SELF "SelfAttention y x,w,b num_heads=2 | out y",
     SELF PROJECTED "Attention y q,k,v " TWO_HEADS "| out y"},
    {SELF "SelfAttention y x,w num_heads=2 unidirectional=1 scale=0.25 | out y",
     SELF "MatMul a x,w | Split q,k,v a axis=2 split=8,8,8 | Attention y q,k,v " TWO_HEADS
          "is_causal=1 scale=0.25 | out y"},
    {SELF "SelfAttention y x,w,b num_heads=4 qkv_hidden_sizes=4,4,16 | out y",
     SELF "MatMul m x,w | Add a m,b | Split q,k,v a axis=2 split=4,4,16 | Attention y q,k,v "
          "q_num_heads=4 kv_num_heads=4 | out y"},
    // which keys are valid: for all queries, for each, or how many
    {SELF "ints k 2x3 1,1,0,0,1,1 | SelfAttention y x,w,b,k num_heads=2 | out y", SELF PROJECTED
     "data z 2x1x1x3 0,0,-10000,-10000,0 | Attention y q,k,v,z " TWO_HEADS "| out y"},
    {SELF "ints k 2x3x3 1,1,0,0,1,1,1 | SelfAttention y x,w,b,k num_heads=2 "
          "mask_filter_value=-3 | out y",
     SELF PROJECTED "data z 2x1x3x3 0,0,-3,-3,0 | Attention y q,k,v,z " TWO_HEADS "| out y"},
    {SELF "ints k 2 1,3 | in c 1x2x3x3 | SelfAttention y x,w,b,k,-,c num_heads=2 | out y", SELF
     "ints unused 2 0 | in c 1x2x3x3 | " PROJECTED
     "data z 2x1x1x3 0,-10000,-10000,0 | Add d c,z | Attention y q,k,v,d " TWO_HEADS "| out y"},
    {SELF "SelfAttention y,s x,w,b,-,p num_heads=2 unidirectional=1 | out y | out s",
     SELF PROJECTED PAST_OF_SELF "Attention y,e,f q,k,v,-,pk,pv " TWO_HEADS
                                 "is_causal=1 | ints j 5 1,2,2,8,4 | Reshape g e,j | "
                                 "Reshape h f,j | Concat s2 g,h axis=0 | out y | out s2"},
};

static void attention__of_an_optimiser_is_that_of_onnx_behind_its_projection(void **state)
{
    (void)state;
    check_same_cases(self, N_ELEMENTS(self));
}

#define THREE "in q 2x3x8 | in k 2x5x8 | in v 2x5x12 | weight b 28 | in p 2x2x4x4 | "
#define BIASES                                                                                     \
    "ints s 1 0 | ints t 1 8 | ints u 1 16 | ints w 1 28 | ints a 1 0 | Slice bq b,s,t,a | "       \
    "Slice bk b,t,u,a | Slice bv b,u,w,a | Add e q,bq | Add f k,bk | Add g v,bv | "

static const struct same_case multi[] = {
    {THREE "MultiHeadAttention y q,k,v num_heads=2 | out y",
     THREE "Attention y q,k,v " TWO_HEADS "| out y"},
    {THREE "MultiHeadAttention y q,k,v,b num_heads=2 unidirectional=1 | out y",
     THREE BIASES "Attention y e,f,g " TWO_HEADS "is_causal=1 | out y"},
    {THREE "ints n 2 2,5 | MultiHeadAttention y q,k,v,-,n num_heads=2 | out y",
     THREE "data z 2x1x1x5 0,0,-10000,-10000,-10000,0 | Attention y q,k,v,z " TWO_HEADS "| out y"},
    {THREE "MultiHeadAttention y,c,d q,k,k,-,-,-,p,p num_heads=2 | out y | out c | out d",
     THREE "Attention y,c,d q,k,k,-,p,p " TWO_HEADS "| out y | out c | out d"},
    // keys and values that were computed before
    {THREE "MultiHeadAttention y q,p,p num_heads=2 | out y",
     THREE "ints i 4 2,3,2,4 | Reshape r q,i | Transpose t r perm=0,2,1,3 | Attention a t,p,p | "
           "Transpose c a perm=0,2,1,3 | ints j 3 2,3,8 | Reshape y c,j | out y"},
};

static void attention__of_several_heads_is_that_of_onnx(void **state)
{
    (void)state;
    check_same_cases(multi, N_ELEMENTS(multi));
}

#define EMBED                                                                                      \
    "weight w 9x4 | weight p 5x4 | weight t 2x4 | weight g 4 | weight b 4 | in x 2x3x4 | "         \
    "ints i 2x3 1,8,0,3 | ints s 2x3 0,1,1,0 | "

static const struct same_case embeddings[] = {
    {EMBED "EmbedLayerNormalization a i,s,w,p,t,g,b | Add y a,x | out y",
     EMBED "ints j 3 0,1,2 | Gather c w,i | Gather d p,j | Gather e t,s | Add h c,d | Add k h,e | "
           "LayerNormalization a k,g,b axis=-1 epsilon=1e-12 | Add y a,x | out y"},
    {EMBED "ints q 2x3 4,2,2,0 | EmbedLayerNormalization a,-,r i,-,w,p,-,g,b,-,q epsilon=0.5 | "
           "Add y a,x | Add z r,x | out y | out z",
     EMBED
     "ints q 2x3 4,2,2,0 | Gather c w,i | Gather d p,q | Add h c,d | "
     "LayerNormalization a h,g,b axis=-1 epsilon=0.5 | Add y a,x | Add z h,x | out y | out z"},
};

static void embedding__is_a_sum_of_rows_and_its_norm(void **state)
{
    (void)state;
    check_same_cases(embeddings, N_ELEMENTS(embeddings));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention__masks_are_added_to_the_scores),
        cmocka_unit_test(attention__keys_are_repeated_and_put_behind_the_past),
        cmocka_unit_test(attention__of_an_optimiser_is_that_of_onnx_behind_its_projection),
        cmocka_unit_test(attention__of_several_heads_is_that_of_onnx),
        cmocka_unit_test(embedding__is_a_sum_of_rows_and_its_norm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
