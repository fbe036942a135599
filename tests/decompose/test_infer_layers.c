// What shape inference makes of single nodes: windows, norms, images, products, sequences.
#include "tests/test.h"

#include "tests/decompose/infer_case.h"

static const struct infer_case windows[] = {
    {"in x 1x3x8x8 | weight w 3x6x3x3 | ConvTranspose y x,w strides=2,2",
     "ConvTranspose x w kernel_shape=3,3 strides=2,2 pads=0,0,0,0 dilations=1,1 group=1 > "
     "f32:1x6x17x17"},
    {"in x 1x3x8x8 | weight w 3x6x3x3 | ConvTranspose y x,w strides=2,2 pads=1,1,1,1 "
     "output_padding=1,1",
     "ConvTranspose x w kernel_shape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 group=1 > "
     "f32:1x6x16x16"},
    {"in x 1x3x3x3 | weight w 3x6x3x3 | ConvTranspose y x,w strides=3,2 output_shape=10,8",
     "ConvTranspose x w kernel_shape=3,3 strides=3,2 pads=0,0,0,0 dilations=1,1 group=1 > "
     "f32:1x6x10x8"},
    {"in x 1x3x3x3 | weight w 3x6x3x3 | ConvTranspose y x,w strides=3,2 output_shape=10,8 "
     "auto_pad=SAME_UPPER output_padding=1,1",
     "ConvTranspose x w kernel_shape=3,3 strides=3,2 pads=0,0,0,0 dilations=1,1 group=1 > "
     "f32:1x6x10x8"},
    {"in x 1x4x3 | weight w 4x3x3 | ConvTranspose y x,w strides=2 auto_pad=SAME_LOWER group=2",
     "ConvTranspose x w kernel_shape=3 strides=2 pads=1,0 dilations=1 group=2 > f32:1x6x6"},
    {"in x 1x3x8x8 | LpPool y x kernel_shape=2,2 strides=2,2",
     "LpPool x kernel_shape=2,2 strides=2,2 pads=0,0,0,0 dilations=1,1 p=2 > f32:1x3x4x4"},
    {"in x 1x3x8 | GlobalLpPool y x", "GlobalLpPool x p=2 > f32:1x3x1"},
    {"in x 1x3x4x4 | MaxPool y,i x kernel_shape=2,2 storage_order=1 | Identity z i | out z",
     "MaxPool x kernel_shape=2,2 strides=1,1 pads=0,0,0,0 dilations=1,1 storage_order=1 > "
     "f32:1x3x3x3 s64:1x3x3x3 | Identity i > s64:1x3x3x3"},
    {"in x 1x3x2x2 | in i 1x3x2x2 s64 | MaxUnpool y x,i kernel_shape=2,2 strides=2,2",
     "MaxUnpool x i kernel_shape=2,2 strides=2,2 pads=0,0,0,0 > f32:1x3x4x4"},
    {"in x 1x3x2x2 | in i 1x3x2x2 s64 | ints s 4 1,3,5,5 | MaxUnpool y x,i,s kernel_shape=2,2 "
     "strides=2,2",
     "MaxUnpool x i kernel_shape=2,2 strides=2,2 pads=0,0,0,0 > f32:1x3x5x5"},
    {"in x 1x3x8x8 | weight w 4x3x3x3 | in o 1x18x6x6 | DeformConv y x,w,o",
     "DeformConv x w o kernel_shape=3,3 strides=1,1 pads=0,0,0,0 dilations=1,1 group=1 "
     "offset_group=1 > f32:1x4x6x6"},
    {"in x 1x5x5 | ints s 2 5,5 | ints b 2 1,5 | Col2Im y x,s,b",
     "Col2Im x kernel_shape=1,5 strides=1,1 pads=0,0,0,0 dilations=1,1 > f32:1x1x5x5"},
    {"in x 1x3x8x8 | weight w 8x3x3x3 | weight b 8 | in z 1x8x6x6 | FusedConv y x,w,b,z "
     "activation=Relu",
     "FusedConv x w b z kernel_shape=3,3 strides=1,1 pads=0,0,0,0 dilations=1,1 group=1 "
     "activation=Relu > f32:1x8x6x6"},
    {"in x 1x3x8x8 u8 | weight w 8x3x3x3 | ConvInteger y x,w",
     "ConvInteger x w kernel_shape=3,3 strides=1,1 pads=0,0,0,0 dilations=1,1 group=1 > "
     "s32:1x8x6x6"},
};

static void infer__inverse_windows_have_the_shape_and_the_pads_of_onnx(void **state)
{
    (void)state;
    check_inferred(windows, N_ELEMENTS(windows));
}

static const struct infer_case norms[] = {
    {"in x 2x6x4 | weight p 6 | InstanceNormalization y x,p,p epsilon=0.001",
     "InstanceNormalization x p p epsilon=0.001 > f32:2x6x4"},
    {"opset 18 | in x 2x6x4 | weight p 3 | GroupNormalization y x,p,p num_groups=3",
     "GroupNormalization x p p num_groups=3 > f32:2x6x4"},
    {"opset 21 | in x 2x6x4 | weight p 6 | GroupNormalization y x,p,p num_groups=3",
     "GroupNormalization x p p num_groups=3 > f32:2x6x4"},
    {"opset 17 | in x 2x3x4 | weight p 4 | LayerNormalization y x,p,p",
     "LayerNormalization x p p axis=2 > f32:2x3x4"},
    {"opset 17 | in x 2x3x4 | weight p 3x4 | LayerNormalization y,m x,p axis=1 | out m",
     "LayerNormalization x p axis=1 > f32:2x3x4 f32:2x1x1"},
    {"in x 2x3x4 | in s 2x3x4 | weight p 4 | SkipLayerNormalization y,-,-,z x,s,p,p | out z",
     "SkipLayerNormalization x s p p > f32:2x3x4 - - f32:2x3x4"},
    {"in x 2x3x4x5 | MeanVarianceNormalization y x",
     "MeanVarianceNormalization x axes=0,2,3 > f32:2x3x4x5"},
};

static void infer__parameters_of_norms_fit_channels_or_dimensions(void **state)
{
    (void)state;
    check_inferred(norms, N_ELEMENTS(norms));
}

static const struct infer_case images[] = {
    {"in x 1x3x4x6 | data s 4 1,1,2,0.5 | Resize y x,-,s",
     "Resize x resize_mode=nearest coordinates=half_pixel nearest_mode=round_prefer_floor "
     "scales=1,1,2,0.5 > f32:1x3x8x3"},
    {"in x 1x3x4x6 | ints s 4 1,3,8,9 | Resize y x,-,-,s resize_mode=linear "
     "coordinates=align_corners",
     "Resize x resize_mode=linear coordinates=align_corners scales=1,1,2,1.5 > f32:1x3x8x9"},
    {"opset 18 | in x 1x3x4x6 | ints s 2 8,8 | Resize y x,-,-,s axes=2,3 aspect_policy=not_larger "
     "resize_mode=cubic antialias=1",
     "Resize x resize_mode=cubic coordinates=half_pixel scales=1,1,1.3333334,1.3333334 "
     "antialias=1 > f32:1x3x5x8"},
    {"in x 1x3x4x6 | data r 8 0,0,0.1,0.2,1,1,0.8,0.9 | ints s 4 1,3,3,3 | Resize y x,r,-,s "
     "coordinates=tf_crop_and_resize resize_mode=linear",
     "Resize x resize_mode=linear coordinates=tf_crop_and_resize scales=1,1,0.75,0.5 "
     "roi=0,0,0.1,0.2,1,1,0.8,0.9 > f32:1x3x3x3"},
    {"opset 10 | in x 1x3x4x6 | data s 4 1,1,2,2 | Resize y x,s",
     "Resize x resize_mode=nearest coordinates=asymmetric nearest_mode=floor scales=1,1,2,2 > "
     "f32:1x3x8x12"},
    {"opset 9 | in x 1x3x4x6 | data s 4 1,1,2,3 | Upsample y x,s resize_mode=linear",
     "Resize x resize_mode=linear coordinates=asymmetric scales=1,1,2,3 > f32:1x3x8x18"},
    {"opset 7 | in x 1x3x4x6 | Upsample y x scales=1,1,2,3",
     "Resize x resize_mode=nearest coordinates=asymmetric nearest_mode=floor scales=1,1,2,3 > "
     "f32:1x3x8x18"},
    {"in x 1x8x2x3 | DepthToSpace y x blocksize=2 depth_mode=CRD",
     "DepthToSpace x depth_mode=CRD blocksize=2 > f32:1x2x4x6"},
    {"in x 1x2x4x6 | SpaceToDepth y x blocksize=2", "SpaceToDepth x blocksize=2 > f32:1x8x2x3"},
    {"in x 1x2x4x6 | SpaceToDepth y x blocksize=2 depth_mode=DCR",
     "SpaceToDepth x blocksize=2 > f32:1x8x2x3"},
    {"in x 1x2x4x6 | SpaceToDepth y x blocksize=2 depth_mode=CRD",
     "SpaceToDepth x depth_mode=CRD blocksize=2 > f32:1x8x2x3"},
    {"opset 16 | in x 1x3x4x6 | in g 1x5x7x2 | GridSample y x,g",
     "GridSample x g resize_mode=linear padding_mode=zeros align_corners=0 > f32:1x3x5x7"},
    {"opset 20 | in t 2x2x3 | ints s 4 2,3,5,6 | AffineGrid y t,s",
     "AffineGrid t align_corners=0 > f32:2x5x6x2"},
    {"opset 16 | in x 1x3x8x8 | in r 5x4 | in b 5 s64 | RoiAlign y x,r,b output_height=2 "
     "output_width=3",
     "RoiAlign x r b coordinates=half_pixel roi_mode=avg output_height=2 output_width=3 "
     "sampling_ratio=0 > f32:5x3x2x3"},
    {"in x 1x3x8x8 | in r 5x5 | MaxRoiPool y x,r pooled_shape=2,2",
     "MaxRoiPool x r pooled_shape=2,2 > f32:5x3x2x2"},
};

static void infer__resizing_leaves_one_scale_per_dimension(void **state)
{
    (void)state;
    check_inferred(images, N_ELEMENTS(images));
}

static const struct infer_case products[] = {
    {"in x 3 | weight w 3x5 | MatMul y x,w", "MatMul x w > f32:5"},
    {"in x 2x4x3 | weight w 3 | MatMul y x,w", "MatMul x w > f32:2x4"},
    {"in x 3 | in w 3 | MatMul y x,w", "MatMul x w > f32:"},
    {"in x 2x3x4 | in w 2x5x4 | FusedMatMul y x,w transB=1 gemm_alpha=0.125",
     "FusedMatMul x w transA=0 transB=1 gemm_alpha=0.125 transBatchA=0 transBatchB=0 > f32:2x3x5"},
    {"in x 4x2x3 | in w 2x3x5 | FusedMatMul y x,w transBatchA=1",
     "FusedMatMul x w transA=0 transB=0 transBatchA=1 transBatchB=0 > f32:2x4x5"},
    {"in x 2x3x3 | Det y x", "Det x > f32:2"},
    {"in a 2x3 | in b 3x4 | Einsum y a,b equation=ij,jk->ik",
     "Einsum a b equation=ab,bc->ac > f32:2x4"},
    {"in a 2x3 | in b 3x4 | Einsum y a,b equation=zj,ja",
     "Einsum a b equation=ab,bc->ca > f32:4x2"},
    {"in a 5x2x3 | in b 3x4 | Einsum y a,b equation=...qk,kz->...qz",
     "Einsum a b equation=abc,cd->abd > f32:5x2x4"},
    {"in a 2x3x3 | Einsum y a equation=bii->bi", "Einsum a equation=abb->ab > f32:2x3"},
    {"in a 2x3 s8 | in b 3x4 s8 | MatMulInteger y a,b", "MatMulInteger a b > s32:2x4"},
};

static void infer__products_have_the_shape_of_numpy(void **state)
{
    (void)state;
    check_inferred(products, N_ELEMENTS(products));
}

static const struct infer_case sequences[] = {
    {"in x 7x2x3 | weight w 1x16x3 | weight r 1x16x4 | LSTM y x,w,r hidden_size=4",
     "LSTM x w r direction=forward activations=Sigmoid,Tanh,Tanh layout=0 input_forget=0 > "
     "f32:7x1x2x4"},
    {"in x 7x2x3 | weight w 2x16x3 | weight r 2x16x4 | weight b 2x32 | ints l 2 7 | in h 2x2x4 | "
     "LSTM -,h2,y x,w,r,b,l,h,h direction=bidirectional",
     "LSTM x w r b - h h direction=bidirectional activations=Sigmoid,Tanh,Tanh,Sigmoid,Tanh,Tanh "
     "layout=0 input_forget=0 > f32:7x2x2x4 f32:2x2x4 f32:2x2x4"},
    {"in x 2x7x3 | weight w 1x12x3 | weight r 1x12x4 | GRU y,h x,w,r layout=1 direction=reverse "
     "linear_before_reset=1 | out h",
     "GRU x w r direction=reverse activations=Sigmoid,Tanh layout=1 linear_before_reset=1 > "
     "f32:2x7x1x4 f32:2x1x4"},
    {"in x 7x2x3 | weight w 1x4x3 | weight r 1x4x4 | ints l 2 7,5 | RNN y x,w,r,-,l "
     "activations=Relu",
     "RNN x w r - l direction=forward activations=Relu layout=0 > f32:7x1x2x4"},
    {"opset 23 | in q 2x4x5x8 | in k 2x2x6x8 | in v 2x2x6x10 | Attention y q,k,v is_causal=1",
     "Attention q k v is_causal=1 > f32:2x4x5x10"},
    {"opset 23 | in q 2x5x32 | in k 2x6x16 | in v 2x6x16 | in pk 2x2x3x8 | in pv 2x2x3x8 | "
     "Attention y,a,b q,k,v,-,pk,pv q_num_heads=4 kv_num_heads=2 | out a | out b",
     "Attention q k v - pk pv q_num_heads=4 kv_num_heads=2 is_causal=0 > f32:2x5x32 f32:2x2x9x8 "
     "f32:2x2x9x8"},
};

static void infer__sequences_say_what_they_left_out(void **state)
{
    (void)state;
    check_inferred(sequences, N_ELEMENTS(sequences));
}

static const struct infer_case quantised[] = {
    {"in x 2x3 | data s - 0.1 | QuantizeLinear y x,s", "QuantizeLinear x s > u8:2x3"},
    {"in x 2x3 s8 | data s 3 0.1 | DequantizeLinear y x,s",
     "DequantizeLinear x s axis=1 > f32:2x3"},
    {"in x 1x3x8x8 u8 | in w 4x3x3x3 s8 | data s - 0.1 | in z - s8 | QLinearConv y x,s,z,w,s,z,s,z",
     "QLinearConv x s z w s z s z kernel_shape=3,3 strides=1,1 pads=0,0,0,0 dilations=1,1 group=1 "
     "> "
     "s8:1x4x6x6"},
    {"in a 2x3 u8 | in b 3x4 s8 | data s - 0.1 | in z - u8 | QLinearMatMul y a,s,z,b,s,z,s,z",
     "QLinearMatMul a s z b s z s z > u8:2x4"},
    {"in x 2x3 | DynamicQuantizeLinear y,s,z x | out s | out z",
     "DynamicQuantizeLinear x > u8:2x3 f32: u8:"},
};

static void infer__quantised_operators_have_the_types_of_onnx(void **state)
{
    (void)state;
    check_inferred(quantised, N_ELEMENTS(quantised));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infer__inverse_windows_have_the_shape_and_the_pads_of_onnx),
        cmocka_unit_test(infer__parameters_of_norms_fit_channels_or_dimensions),
        cmocka_unit_test(infer__resizing_leaves_one_scale_per_dimension),
        cmocka_unit_test(infer__products_have_the_shape_of_numpy),
        cmocka_unit_test(infer__sequences_say_what_they_left_out),
        cmocka_unit_test(infer__quantised_operators_have_the_types_of_onnx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
