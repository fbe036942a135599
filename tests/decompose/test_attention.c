// Attention as ONNX has it computes what it does spelled in matrix products and a softmax.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attention__masks_are_added_to_the_scores),
        cmocka_unit_test(attention__keys_are_repeated_and_put_behind_the_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
