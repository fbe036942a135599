// What shape inference refuses, with the whole message, and what it gives up because only we
// cannot do it.
#include "tests/test.h"

#include "tests/decompose/infer_case.h"

static const struct infer_case refused[] = {
    {"in x 1x3x8x8 | weight w 64x32x3x3 | Conv y x,w",
     "Conv 'y': weights of 64x32x3x3 need 32 input channels, 'x' has 3"},
    {"in x 1x4x8x8 | weight w 6x1x3x3 | Conv y x,w group=4",
     "Conv 'y': 6 output channels cannot be split into 4 groups"},
    {"in x 1x3x8x8 | weight w 8x3x3x3 | weight b 4 | Conv y x,w,b",
     "Conv 'y': bias of 4 does not fit 8 output channels"},
    {"in x 1x3x8x8 | weight w 8x3x3x3 | Conv y x,w kernel_shape=3,5",
     "Conv 'y': kernel_shape is not that of its weights of 8x3x3x3"},
    {"in x 1x3x8x8 | weight w 8x3x3x3 | Conv y x,w strides=0,1",
     "Conv 'y': strides holds 0, which is not supported"},
    {"in x 1x3x8x8 | weight w 8x3x3x3 | Conv y x,w pads=1,1",
     "Conv 'y': pads has 2 numbers instead of 4"},
    {"in x 1x3x2x8 | weight w 8x3x3x3 | Conv y x,w",
     "Conv 'y': its window extends over 3 elements of dimension 2, 'x' of 1x3x2x8 has fewer even "
     "with padding"},
    {"in x 3x8 | MaxPool y x kernel_shape=2",
     "MaxPool 'y': 'x' of 3x8 does not have 1 to 3 spatial dimensions"},
    {"in x 1x3x8 | MaxPool y x", "MaxPool 'y': kernel_shape is missing"},
    {"in x 1x3x8 | MaxPool y x kernel_shape=2 pads=2,0",
     "MaxPool 'y': pads of 2 reach over the whole window of 2"},
    {"in x 1x3x8 | weight p 4 | BatchNormalization y x,p,p,p,p",
     "BatchNormalization 'y': 'p' of 4 does not fit the 3 channels of 'x'"},
    {"in x 4x3 | weight w 5x4 | Gemm y x,w", "Gemm 'y': 4x3 times 5x4 does not fit"},
    {"in x 4x3 | weight w 3x5 | weight c 4 | Gemm y x,w,c",
     "Gemm 'y': C of 4 does not fit a result of 4x5"},
    {"in x 4x3 | weight w 4x5 | MatMul y x,w", "MatMul 'y': 4x3 times 4x5 does not fit"},
    {"in x 4x3 | in z 2x3 | Add y x,z", "Add 'y': 4x3 and 2x3 cannot be broadcast"},
    {"in x 4x3 | ints z 1 2 | Add y x,z", "Add 'y': 'x' is f32, 'z' is s64"},
    {"in x 1x2x5 | in z 1x3x4 | Concat y x,z axis=1",
     "Concat 'y': 'z' of 1x3x4 cannot be joined to 1x2x5 along dimension 1"},
    {"in x 1x2x5 | in z 1x2x5 | Concat y x,z axis=3",
     "Concat 'y': axis 3 is not one of 3 dimensions"},
    {"in x 2x3 | Transpose y x perm=0,0",
     "Transpose 'y': perm is no permutation of the dimensions of 2x3"},
    {"in x 2x3x4 | ints s 2 5,-1 | Reshape y x,s",
     "Reshape 'y': 'x' of 2x3x4 cannot take the shape 5x-1"},
    {"in x 2x3x4 | ints s 2 0,12 | Reshape y x,s allowzero=1",
     "Reshape 'y': 'x' of 2x3x4 cannot take the shape 0x12"},
    {"in x 2x3 | ints a 1 1 | Squeeze y x,a", "Squeeze 'y': dimension 1 of 2x3 is not 1"},
    {"in x 2x3 | ints a 2 1,-3 | Unsqueeze y x,a", "Unsqueeze 'y': axis 1 is named twice"},
    {"in x 1000000x1 | in z 1x2000000 | Add y x,z",
     "Add 'y': its result would have 1000000x2000000 elements; 2^40 is too many"},
    {"in x 2x3 | in z 2 | Where y x,x,z", "Where 'y': its condition 'x' is f32"},
    {"in x 2x3 | in z 3x2 | Greater y x,z", "Greater 'y': 2x3 and 3x2 cannot be broadcast"},
    {"in x 2x3 | weight s 4 | PRelu y x,s", "PRelu 'y': slopes of 4 do not fit 'x' of 2x3"},
    {"in x 2x3 | data v 2 0,1 | Clip y x,v", "Clip 'y': 'v' of 2 is no scalar"},
    {"in x 2x3 | ints a 2 0,0 | ReduceSum y x,a", "ReduceSum 'y': axis 0 is named twice"},
    {"in x 2x3 | ReduceMax y x axes=2", "ReduceMax 'y': axis 2 is not one of 2 dimensions"},
    {"in x 2x3 | ints k 1 4 | TopK y,i x,k", "TopK 'y': k is 4, but there are 3 elements"},
    {"in x 2x3 | ints s 1 0 | ints e 1 3 | ints a 1 1 | ints p 1 0 | Slice y x,s,e,a,p",
     "Slice 'y': a step is 0"},
    {"in x 2x3 | ints s 3 0,0,0 | ints e 3 1,1,1 | Slice y x,s,e",
     "Slice 'y': starts has 3 numbers for 2 dimensions"},
    {"in x 2x3 | ints s 2 0,0 | ints e 1 1 | Slice y x,s,e",
     "Slice 'y': ends has 1 numbers instead of 2"},
    {"in x 4x6 | ints s 2 3,4 | Split y,z x,s axis=1",
     "Split 'y': its parts do not fit dimension 1 of 4x6"},
    {"in x 4x6 | ints s 3 2,2,2 | Split y,z x,s axis=1",
     "Split 'y': its split 's' is s64 of 3; at most 2 numbers can be handled"},
    {"in x 4x6 | ints p 3 0,1,0 | Pad y x,p", "Pad 'y': pads has 3 numbers instead of 4"},
    {"in x 4x6 | ints p 4 0,-4,0,-3 | Pad y x,p",
     "Pad 'y': pads of -4 and -3 do not fit dimension 1 of 4x6"},
    {"in x 4x6 | ints s 2 4,5 | Expand y x,s", "Expand 'y': 4x6 cannot be expanded to 4x5"},
    {"in x 4x6 | ints r 1 4 | Tile y x,r", "Tile 'y': repeats has 1 numbers instead of 2"},
    {"in x 4x6 | ints r 2 1,4611686018427387904 | Tile y x,r",
     "Tile 'y': dimension 1 is repeated 4611686018427387904 times"},
    {"in x 5x6 | in i 2 | Gather y x,i", "Gather 'y': indices 'i' are f32"},
    {"in x 5x6 | in i 2x7 s64 | GatherElements y x,i",
     "GatherElements 'y': 'i' of 2x7 does not fit 'x' of 5x6"},
    {"in x 5x6 | in i 2x3 s64 | GatherND y x,i",
     "GatherND 'y': 'i' of 2x3 does not fit 'x' of 5x6"},
    {"in x 5x6 | in i 2x1 s64 | in u 2x5 | ScatterND y x,i,u",
     "ScatterND 'y': 'u' of 2x5 does not fit 'x' of 5x6"},
    {"in x 5x6 | in i 2x6 s64 | in u 2x5 | ScatterElements y x,i,u",
     "ScatterElements 'y': 'u' of 2x5 does not fit 'x' of 5x6"},
    {"in i 2 s64 | ints d - 0 | data v 2 0,1 | OneHot y i,d,v",
     "OneHot 'y': its depth is not supported"},
    {"in x 5 | Trilu y x", "Trilu 'y': 'x' of 5 is no matrix"},
    {"ints a - 1 | ints b - 8 | ints c - 0 | Range r a,b,c | in x 3 s64 | Add y x,r",
     "Range 'r': it has no end"},
    {"in x 1x3x8x8 | weight w 4x6x3x3 | ConvTranspose y x,w",
     "ConvTranspose 'y': weights of 4x6x3x3 need 4 input channels, 'x' has 3"},
    {"in x 1x3x2x2 | weight w 3x6x1x1 | ConvTranspose y x,w pads=1,1,1,1",
     "ConvTranspose 'y': pads leave nothing of dimension 2"},
    {"in x 1x3x8x8 | weight w 4x3x3x3 | in o 1x18x8x8 | DeformConv y x,w,o",
     "DeformConv 'y': offsets of 1x18x8x8 are not 1x18x6x6"},
    {"in x 1x3x8x8 | weight w 8x3x3x3 | in z 1x8x8x8 | FusedConv y x,w,-,z",
     "FusedConv 'y': 'z' of 1x8x8x8 does not fit a result of 1x8x6x6"},
    {"in x 2x6x4 | weight p 3 | InstanceNormalization y x,p,p",
     "InstanceNormalization 'y': 'p' of 3 does not fit the 6 channels of 'x'"},
    {"opset 18 | in x 2x6x4 | weight p 4 | GroupNormalization y x,p,p num_groups=4",
     "GroupNormalization 'y': 6 channels cannot be split into 4 groups"},
    {"opset 17 | in x 2x3x4 | weight p 3 | LayerNormalization y x,p",
     "LayerNormalization 'y': 'p' of 3 does not fit 'x' of 2x3x4"},
    {"in x 1x3x4x6 | data s 3 1,2,2 | Resize y x,-,s",
     "Resize 'y': scales has 3 numbers instead of 4"},
    {"in x 1x3x4x6 | data s 4 1,1,-2,2 | Resize y x,-,s",
     "Resize 'y': a scale of -2 is not supported"},
    {"in x 1x8x2x3 | DepthToSpace y x blocksize=3",
     "DepthToSpace 'y': blocks of 3 do not fit 'x' of 1x8x2x3"},
    {"in x 1x2x4x6 | SpaceToDepth y x blocksize=0",
     "SpaceToDepth 'y': blocksize 0 is not supported"},
    {"opset 16 | in x 1x3x4x6 | in g 1x5x7x3 | GridSample y x,g",
     "GridSample 'y': a grid of 1x5x7x3 does not fit 'x' of 1x3x4x6"},
    {"in x 3 | weight w 4x5 | MatMul y x,w", "MatMul 'y': 3 times 4x5 does not fit"},
    {"in a 2x3 | in b 4x4 | Einsum y a,b equation=ij,jk->ik",
     "Einsum 'y': its equation does not fit its sources or is too long"},
    {"in a 2x3 | Einsum y a equation=ijk->i",
     "Einsum 'y': its equation does not fit its sources or is too long"},
    {"in a 2x3 | Einsum y a equation=ij->k",
     "Einsum 'y': its equation does not fit its sources or is too long"},
    {"in x 7x2x3 | weight w 1x16x3 | weight r 1x16x5 | LSTM y x,w,r",
     "LSTM 'y': 'r' of 1x16x5 is not 1x16x4"},
    {"in x 7x2x3 | weight w 1x16x3 | weight r 1x16x4 | LSTM y x,w,r hidden_size=5",
     "LSTM 'y': hidden_size is 5, but its weights are 1x16x3"},
    {"in x 7x2x3 | weight w 1x16x3 | weight r 1x16x4 | LSTM y x,w,r activations=Tanh",
     "LSTM 'y': activations has 1 words instead of 3"},
    {"opset 23 | in q 2x4x5x8 | in k 2x3x6x8 | Attention y q,k,k",
     "Attention 'y': queries of 2x4x5x8, keys of 2x3x6x8 and values of 2x3x6x8 do not fit"},
    {"opset 23 | in q 2x4x5x8 | in k 2x4x6x8 | in m 5x7 | Attention y q,k,k,m",
     "Attention 'y': a mask of 5x7 does not fit scores of 2x4x5x6"},
    {"opset 23 | in q 2x4x5x8 | in k 2x4x6x8 | in p 2x4x3x9 | Attention y q,k,k,-,p,p",
     "Attention 'y': 'p' of 2x4x3x9 does not fit in front of 2x4x6x8"},
    {"opset 24 | in q 2x4x5x8 | in k 2x4x6x8 | in n 3 s64 | Attention y q,k,k,-,-,-,n",
     "Attention 'y': nonpad_kv_seqlen of 3 does not fit queries of 2x4x5x8"},
    {"in x 2x3x6 | weight w 6x25 | SelfAttention y x,w num_heads=2",
     "SelfAttention 'y': weights of 6x25 cannot be split into 2 heads"},
    {"in x 2x3x6 | weight w 6x24 | in p 2x2x3x5x4 | SelfAttention y x,w,-,-,p num_heads=2",
     "SelfAttention 'y': a past of 2x2x3x5x4 does not fit keys of 2x2x2x3x4"},
    {"in q 2x3x8 | in k 2x5x9 | MultiHeadAttention y q,k,k num_heads=2",
     "MultiHeadAttention 'y': its sources cannot be split into 2 heads that fit"},
    {"in q 2x3x8 | in k 2x5x8 | in c 3x6 | MultiHeadAttention y q,k,k,-,-,c num_heads=2",
     "MultiHeadAttention 'y': an attention_bias of 3x6 does not fit scores of 2x2x3x5"},
    {"in q 2x3x32 | in k 2x3x12 | ints n 2 2,2 | GroupQueryAttention y q,k,k,-,-,n num_heads=4 "
     "kv_num_heads=2",
     "GroupQueryAttention 'y': its sources cannot be split into 4 and 2 heads that fit"},
    {"in q 2x3x32 | in k 2x3x16 | ints n 3 2,2 | GroupQueryAttention y q,k,k,-,-,n num_heads=4 "
     "kv_num_heads=2",
     "GroupQueryAttention 'y': seqlens_k is not one number for each of 2 sequences"},
    {"in q 2x3x32 | in k 2x3x16 | ints n 2 2 | weight c 2x4 | GroupQueryAttention y "
     "q,k,k,-,-,n,-,c,c num_heads=4 kv_num_heads=2 do_rotary=1",
     "GroupQueryAttention 'y': cosines of 2x4 and sines of 2x4 do not fit 3 positions of 8"},
    {"in q 2x3x32 | in k 2x3x16 | ints n 2 2 | in c 2x4x3x4 | GroupQueryAttention y "
     "q,k,k,-,-,n,-,-,-,-,c num_heads=4 kv_num_heads=2",
     "GroupQueryAttention 'y': an attention_bias of 2x4x3x4 does not fit scores of 2x4x3x3"},
    {"opset 23 | in x 2x3x15 | weight c 9x4 | in i 2x3 s64 | RotaryEmbedding y x,c,c,i num_heads=2",
     "RotaryEmbedding 'y': 'x' of 2x3x15 cannot be split into heads"},
    {"opset 23 | in x 2x3x16 | weight c 9x3 | in i 2x3 s64 | RotaryEmbedding y x,c,c,i num_heads=2",
     "RotaryEmbedding 'y': cosines of 9x3 and sines of 9x3 do not fit heads of 8"},
    {"opset 23 | in x 2x3x16 | weight c 9x4 | in i 3x3 s64 | RotaryEmbedding y x,c,c,i num_heads=2",
     "RotaryEmbedding 'y': position_ids of 3x3 do not fit 2 sequences of 3 positions"},
    {"opset 23 | in x 2x3x16 | weight c 9x4 | RotaryEmbedding y x,c,c num_heads=2",
     "RotaryEmbedding 'y': cosines of 9x4 need position_ids"},
    {"in x 2x3x16 | in c 2x3x4 | in i 2x3 s64 | PositionRotaryEmbedding y x,i,c,c",
     "PositionRotaryEmbedding 'y': cosines of 2x3x4 are no table"},
    {"weight w 9x4 | weight p 2x4 | weight g 4 | in i 2x3 s64 | "
     "EmbedLayerNormalization y i,-,w,p,-,g,g",
     "EmbedLayerNormalization 'y': there are 2 positions for 3"},
    {"in x 2x3 | data s 2 0.1 | QuantizeLinear y x,s",
     "QuantizeLinear 'y': scales of 2 do not fit 'x' of 2x3"},
};

static void infer__what_does_not_fit_is_refused_with_a_message(void **state)
{
    (void)state;
    check_refused(refused, N_ELEMENTS(refused));
}

static const struct infer_case given_up[] = {
    {"in x 1x3x8 | weight p 3 | BatchNormalization y x,p,p,p,p training_mode=1 | in q 3 | Relu m "
     "q | out m",
     "BatchNormalization: training mode is not supported"},
    {"opset 8 | in x 1x3x8 | weight p 3 | BatchNormalization y x,p,p,p,p spatial=0 | in q 3 | "
     "Relu m q | out m",
     "BatchNormalization: spatial = 0 is not supported"},
    {"in x 2x3x4 | weight s 2 | Reshape y x,s | in q 3 | Relu m q | out m",
     "Reshape: its shape 's' is known only at run time, which is not supported"},
    {"in x 2x3 | NonZero y x | in q 3 | Relu m q | out m",
     "NonZero: the shape of its result depends on data"},
    {"in x 2x3 | in k 1 s64 | TopK y,i x,k | in q 3 | Relu m q | out m",
     "TopK: its k 'k' is known only at run time, which is not supported"},
    {"in x 4x6 | in s 2 s64 | Reshape y x,s | in q 3 | Relu m q | out m",
     "Reshape: its shape 's' is known only at run time, which is not supported"},
    {"in a - s64 | ints b - 8 | ints c - 1 | Range y a,b,c | in q 3 | Relu m q | out m",
     "Range: its input 'a' is known only at run time, which is not supported"},
    {"in x 2x3 | Cast y x to=8 | in q 3 | Relu m q | out m",
     "Cast: element type 8 is not supported"},
    {"in x 2x3 | NonZero i x | Cast y i to=1 | in q 3 | Relu m q | out m",
     "NonZero: the shape of its result depends on data"},
    {"in x 1x3x8x8 | weight p 3 | BatchNormalization y x,p,p,p,p training_mode=1 | in q 3 | Relu "
     "m q | out m",
     "BatchNormalization: training mode is not supported"},
    {"in x 1x2x3x4x5x6x7x8 | in i 2x2 s64 | Gather y x,i | in q 3 | Relu m q | out m",
     "Gather: a result of 9 dimensions is not supported"},
    {"opset 23 | in x 2x4x5x8 | Attention y,-,-,s x,x,x | out s | in q 3 | Relu m q | out m",
     "Attention: its scores are used, which is not supported"},
    {"opset 25 | in x 2x4x5x8 | in n 2 s64 | Attention y x,x,x,-,-,-,n left_window_size=3 | in q 3 "
     "| Relu m q | out m",
     "Attention: a window behind a number of valid keys that is known only at run time is not "
     "supported"},
    {"in q 2x3x8 | in n 8 s64 | MultiHeadAttention y q,q,q,-,n num_heads=2 | in i 3 | Relu m i | "
     "out m",
     "MultiHeadAttention: a mask of 8 for 3 keys is not supported"},
    {"in q 2x3x2x3x4 | MultiHeadAttention y q num_heads=2 | in i 3 | Relu m i | out m",
     "MultiHeadAttention: queries, keys and values in one tensor are not supported"},
    {"in x 2x3x6 | weight w 6x24 | SelfAttention y x,w num_heads=2 do_rotary=1 | in i 3 | Relu m i "
     "| out m",
     "SelfAttention: do_rotary and past_present_share_buffer are not supported"},
    {"in q 1x1x32 | in k 1x1x16 | in p 1x2x5x8 | ints n 1 0 | ints t - 1 | GroupQueryAttention y "
     "q,k,k,p,p,n,t num_heads=4 kv_num_heads=2 | in i 3 | Relu m i | out m",
     "GroupQueryAttention: total_sequence_length is 1, but 5 positions of the past and 1 of now "
     "are 6; other dimensions (--dim) may make them agree"},
    {"in q 2x1x32 | in k 2x1x16 | in p 2x2x5x8 | ints n 2 5,4 | GroupQueryAttention y q,k,k,p,p,n "
     "num_heads=4 kv_num_heads=2 | in i 3 | Relu m i | out m",
     "GroupQueryAttention: sequences that are shorter than their past and present are not "
     "supported"},
    {"in q 2x1x32 | in k 2x1x16 | ints n 2 0 | weight h 4 | GroupQueryAttention y "
     "q,k,k,-,-,n,-,-,-,-,-,h num_heads=4 kv_num_heads=2 | in i 3 | Relu m i | out m",
     "GroupQueryAttention: its input 11 is not supported"},
    {"in q 2x1x32 | in k 2x1x16 | ints n 2 0 | GroupQueryAttention y q,k,k,-,-,n num_heads=4 "
     "kv_num_heads=2 smooth_softmax=1 | in i 3 | Relu m i | out m",
     "GroupQueryAttention: smooth_softmax and its scores are not supported"},
    {"in x 2x3x16 | weight c 9x4 | in i 2x3 s64 | PositionRotaryEmbedding y x,i,c,c "
     "is_packed_batching=1 | in j 3 | Relu m j | out m",
     "PositionRotaryEmbedding: is_packed_batching and a scale are not supported"},
    {"in x 2x3 | ints k 1 0 | TopK y,i x,k | in q 3 | Relu m q | out m",
     "TopK: its result of 2x0 has no elements"},
};

static void infer__what_cannot_be_known_is_given_up_with_a_reason(void **state)
{
    (void)state;
    check_given_up(given_up, N_ELEMENTS(given_up));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infer__what_does_not_fit_is_refused_with_a_message),
        cmocka_unit_test(infer__what_cannot_be_known_is_given_up_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
