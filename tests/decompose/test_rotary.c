// Rotary embeddings, and the attention of com.microsoft that has them, compute what they do spelled
// in products and sums, and in ONNX's attention.
#include "tests/test.h"

#include "tests/decompose/agree_case.h"

#define X "in x 2x3x16 | weight c 9x4 | weight s 9x4 | ints i 2x3 0,4,2,8,1,3 | opset 23 | "
#define ANGLES                                                                                     \
    "Gather a c,i | Gather b s,i | ints h 4 2,3,1,4 | Reshape u a,h | Reshape w b,h | "            \
    "ints d 4 2,3,2,8 | Reshape r x,d | "
#define TURNED                                                                                     \
    "Mul m e,u | Mul n f,w | Sub g m,n | Mul o e,w | Mul p f,u | Add q o,p | Concat t g,q axis=3 " \
    "| "
#define FLAT "ints z 3 2,3,16 | Reshape y t,z | out y"
#define TWO "num_heads=2"
// Neighbours become halves, and back.
#define HALVES                                                                                     \
    "ints d 5 2,3,2,4,2 | Reshape e x,d | Transpose f e perm=0,1,2,4,3 | ints z 3 2,3,16 | "       \
    "Reshape g f,z | "
#define NEIGHBOURS                                                                                 \
    "ints v 5 2,3,2,2,4 | Reshape o h,v | Transpose p o perm=0,1,2,4,3 | Reshape y p,z | out y"

static const struct same_case rotary[] = {
    {X "RotaryEmbedding y x,c,s,i " TWO " | out y",
     X ANGLES "Split e,f r axis=3 split=4,4 | " TURNED FLAT},
    // cosines and sines of each position
    {X "Gather a c,i | Gather b s,i | RotaryEmbedding y x,a,b " TWO " | out y",
     X "RotaryEmbedding y x,c,s,i " TWO " | out y"},
    {X "RotaryEmbedding y x,c,s,i interleaved=1 " TWO " | out y",
     X HALVES "RotaryEmbedding h g,c,s,i " TWO " | " NEIGHBOURS},
    // heads first
    {X "ints d 4 2,3,2,8 | Reshape r x,d | Transpose t r perm=0,2,1,3 | RotaryEmbedding y t,c,s,i "
       "| out y",
     X "RotaryEmbedding h x,c,s,i " TWO
       " | ints d 4 2,3,2,8 | Reshape r h,d | Transpose y r perm=0,2,1,3 | out y"},
    // only the first numbers of each head are turned
    {X "RotaryEmbedding y x,c,s,i num_heads=1 rotary_embedding_dim=8 | out y",
     X "Split e,f x axis=2 split=8,8 | RotaryEmbedding g e,c,s,i num_heads=1 | "
       "Concat y g,f axis=2 | out y"},
    {X "RotaryEmbedding y x,c,s,i num_heads=1 rotary_embedding_dim=8 interleaved=1 | out y",
     X "Split e,f x axis=2 split=8,8 | RotaryEmbedding g e,c,s,i num_heads=1 interleaved=1 | "
       "Concat y g,f axis=2 | out y"},
    // com.microsoft's, whose heads are as large as the cosines say, and may all begin at a position
    {X "PositionRotaryEmbedding y x,i,c,s | out y", X "RotaryEmbedding y x,c,s,i " TWO " | out y"},
    {X "ints o 1 6 | PositionRotaryEmbedding y x,o,c,s " TWO " | out y",
     X "ints j 2x3 6,7,8,6,7,8 | RotaryEmbedding y x,c,s,j " TWO " | out y"},
};

static void rotary__pairs_are_turned_by_the_angles_of_their_positions(void **state)
{
    (void)state;
    check_same_cases(rotary, N_ELEMENTS(rotary));
}

#define QKV "in q 2x3x32 | in k 2x3x16 | in v 2x3x16 | opset 25 | ints n 2 2,2 | ints t - 3 | "
#define PAST "in f 2x2x5x8 | in g 2x2x5x8 | ints m 2 7,7 | ints u - 8 | "
#define TABLES "weight c 9x4 | weight s 9x4 | "
#define FOUR "num_heads=4 kv_num_heads=2 "
#define ONNX_FOUR "q_num_heads=4 kv_num_heads=2 is_causal=1 "

static const struct same_case groups[] = {
    {QKV "GroupQueryAttention y q,k,v,-,-,n,t " FOUR "| out y",
     QKV "Attention y q,k,v " ONNX_FOUR "| out y"},
    {QKV "GroupQueryAttention y,a,b q,k,v,-,-,n,t " FOUR
         "scale=0.5 softcap=2 | out y | out a | out b",
     QKV "Attention y,a,b q,k,v scale=0.5 softcap=2 " ONNX_FOUR "| out y | out a | out b"},
    {QKV PAST "GroupQueryAttention y,a,b q,k,v,f,g,m,u " FOUR "| out y | out a | out b",
     QKV PAST "Attention y,a,b q,k,v,-,f,g " ONNX_FOUR "| out y | out a | out b"},
    // how long the sequences are is known only at run time: as long as they can be
    {QKV "in h 2 s64 | in o - s64 | GroupQueryAttention y q,k,v,-,-,h,o " FOUR "| out y",
     QKV "in h 2 s64 | in o - s64 | Attention y q,k,v " ONNX_FOUR "| out y"},
    {QKV PAST "GroupQueryAttention y q,k,v,f,g,m,u local_window_size=3 " FOUR "| out y",
     QKV PAST "Attention y q,k,v,-,f,g left_window_size=2 " ONNX_FOUR "| out y"},
    {QKV "in w 1x4x3x3 | GroupQueryAttention y q,k,v,-,-,n,t,-,-,-,w " FOUR "| out y",
     QKV "in w 1x4x3x3 | Attention y q,k,v,w " ONNX_FOUR "| out y"},
    // queries and keys are turned, behind the past
    {QKV PAST TABLES "GroupQueryAttention y,a q,k,v,f,g,m,u,c,s do_rotary=1 " FOUR
                     "| out y | out a",
     QKV PAST TABLES "ints i 2x3 5,6,7,5,6,7 | RotaryEmbedding e q,c,s,i num_heads=4 | "
                     "RotaryEmbedding h k,c,s,i num_heads=2 | Attention y,a e,h,v,-,f,g " ONNX_FOUR
                     "| out y | out a"},
    {QKV TABLES "ints i 2x3 3,1,4,1,5,8 | GroupQueryAttention y q,k,v,-,-,n,t,c,s,i do_rotary=1 "
                "rotary_interleaved=1 " FOUR "| out y",
     QKV TABLES "ints i 2x3 3,1,4,1,5,8 | RotaryEmbedding e q,c,s,i num_heads=4 interleaved=1 | "
                "RotaryEmbedding h k,c,s,i num_heads=2 interleaved=1 | Attention y e,h,v " ONNX_FOUR
                "| out y"},
    // all in one tensor
    {"in p 2x3x64 | ints n 2 2,2 | GroupQueryAttention y p,-,-,-,-,n " FOUR "| out y",
     "in p 2x3x64 | opset 23 | Split q,k,v p axis=2 split=32,16,16 | Attention y q,k,v " ONNX_FOUR
     "| out y"},
};

static void groups__of_queries_share_keys_behind_the_past(void **state)
{
    (void)state;
    check_same_cases(groups, N_ELEMENTS(groups));
}

// Rows of a table at known places are a constant.
static const struct steps_case folded[] = {
    {"in x 1x3x8 | weight c 9x4 | weight s 9x4 | ints o 1 2 | PositionRotaryEmbedding y x,o,c,s | "
     "out y",
     "Split:y+y x~ > ?:1x3x1x4 | Mul:y ? w > ?:1x3x1x4 | Mul:y ? w > ?:1x3x1x4 | "
     "Sub:y ? ? > ?:1x3x1x4 | Mul:y ? w > ?:1x3x1x4 | "
     "Mul:y+y ? w +Add=?! > ?:1x3x1x4 | Concat:y+y ? ? > ?:1x3x1x8"},
};

static void rotary__angles_of_known_positions_are_constants(void **state)
{
    (void)state;
    check_steps_cases(folded, N_ELEMENTS(folded));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rotary__pairs_are_turned_by_the_angles_of_their_positions),
        cmocka_unit_test(groups__of_queries_share_keys_behind_the_past),
        cmocka_unit_test(rotary__angles_of_known_positions_are_constants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
