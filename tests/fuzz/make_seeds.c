// make_seeds FOLDER: writes what the fuzz targets start from, FOLDER/model, text and json. Every
// model is a small ONNX file; the texts are those of their bricks, the suites hold them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "bricks/record.h"
#include "decompose/decompose.h"
#include "tests/decompose/onnx_build.h"

static const char *const models[] = {
    "in x N,3,9,9|weight w 4,3,3,3|weight b 4|Conv c x,w,b y pads=is:1,1,1,1 strides=is:2,2|"
    "Relu r y z|out z",
    "in x 1,4,9|weight w 4,2,3|Conv c x,w y group=i:2 auto_pad=s:SAME_LOWER dilations=is:2|out y",
    "in x 1,2,3,4,5|weight w 2,2,2,2,2|ConvTranspose c x,w y strides=is:2,1,1 "
    "output_padding=is:1,0,0|out y",
    "in x 1,3,9,9|MaxPool p x y kernel_shape=is:3,3 strides=is:2,2 ceil_mode=i:1|AveragePool q y z "
    "kernel_shape=is:2,2 count_include_pad=i:1 pads=is:1,1,0,0|GlobalAveragePool g z o|out o",
    "in x 1,3,4,4|weight s 3|BatchNormalization b x,s,s,s,s y|LRN l y z size=i:3|"
    "InstanceNormalization i z,s,s o|out o",
    "in x 2,3|weight w 3,4|weight b 4|Gemm g x,w,b y alpha=f:0.5|Softmax s y z axis=i:1|out z",
    "in x 2,3,4|in y 2,4,3|MatMul m x,y z|Transpose t z o perm=is:0,2,1|LogSoftmax l o p|out p",
    "in x 2,3,4|weight s 4|LayerNormalization l x,s,s y axis=i:-1|Gelu g y z|Erf e z o|out o",
    "in x 2,3|in y 3|Add a x,y b|Sub s b,x c|Mul m c,y d|Div v d,x e|Pow p e,y f|Max n f,x g|"
    "PRelu r g,y h|out h",
    "in x 2,3|in y 2,3|Less l x,y a|Not n a b|And d a,b c|Where w c,x,y z|Cast k c e to=i:1|out z|"
    "out e",
    "in x 2,3|Clip c x y min=f:0 max=f:6|LeakyRelu l y z alpha=f:0.1|HardSigmoid h z o|Neg n o p|"
    "out p",
    "in x 2,3,4|ReduceMean r x y axes=is:-1 keepdims=i:0|Constant a - ax value_ints=is:1|"
    "ReduceSum s x,ax z|ArgMax m x k axis=i:2|out y|out z|out k",
    "in x 2,9|Constant c - k value_ints=is:3|TopK t x,k v,i axis=i:1|Constant d - a value_int=i:1|"
    "CumSum s v,a o|out o|out i",
    "in x 2,6|Split s x a,b axis=i:1|Concat c b,a y axis=i:0|Constant n - s0 value_ints=is:0,1|"
    "Constant m - s1 value_ints=is:3,3|Slice l y,s0,s1 z|out z",
    "in x 4,5|Constant c - i value_ints=is:0,-1|Gather g x,i y axis=i:1|Constant d - e "
    "value_ints=is:2,4,2|Expand p y,e z|Constant f - r value_ints=is:1,2,3|Tile t z,r o|out o",
    "in x 2,6|weight t 9,3|Cast c x i to=i:7|Transpose p i j perm=is:1,0|"
    "Constant a - s0 value_ints=is:0,1|Constant b - s1 value_ints=is:6,2|Slice s j,s0,s1 k|"
    "Gather g t,k y|out y",
    "in x 1|weight t 5|Cast c x i to=i:7|Constant e - n value_ints=is:4000000,2000|Expand p i,n j|"
    "Gather g t,j y|out y",
    "in x 2,3,4|Constant c - p value_ints=is:0,0,1,0,0,1|Pad q x,p y mode=s:edge|Flatten f y z|"
    "Constant d - s value_ints=is:-1,2|Reshape r z,s o|out o",
    "in x 1,2,4,4|Constant r - e value_floats=fs:|Constant c - s value_floats=fs:1,1,2,2|"
    "Resize z x,,s y mode=s:linear coordinate_transformation_mode=s:asymmetric|"
    "DepthToSpace d y o blocksize=i:1|SpaceToDepth t o p blocksize=i:2|out p",
    "in x 3,4|Shape s x d|ConstantOfShape c d z|Size n x m|NonZero nz x i|Transpose t i j|"
    "Add a x,z y|out y|out j",
    "in x 3,2,4|weight w 1,20,4|weight r 1,20,5|LSTM l x,w,r y,h,c hidden_size=i:5|"
    "Squeeze s y z|out z|out h",
    "in x 3,2,4|weight w 2,15,4|weight r 2,15,5|GRU l x,w,r y hidden_size=i:5 "
    "direction=s:bidirectional linear_before_reset=i:1 activations=ss:Sigmoid,Tanh,Sigmoid,Tanh|"
    "out y",
    "in q 1,2,3,4|in k 1,2,5,4|in v 1,2,5,4|Transpose t k kt perm=is:0,1,3,2|MatMul m q,kt s|"
    "weight c |Div d s,c e|Softmax o e p axis=i:-1|MatMul n p,v y|out y",
    "in x 2,3|in y 3,4|Einsum e x,y z equation=s:ij,jk->ik|Trilu t z o upper=i:0|out o",
    "in x 2,3|Shape s x d|Constant c - n value_ints=is:2,3|Equal e d,n f|ReduceMin m f g "
    "keepdims=i:0|Constant t - u value_int=i:1|Cast k u b to=i:9|If i b y "
    "then_branch=g:Relu~r~x~a;out~a else_branch=g:Neg~n~x~a;out~a|out y",
    "in x 2,3|Constant c - n value_int=i:3|Loop l n,,x y,z "
    "body=g:in~i~;in~c~;in~v~;Identity~j~c~d;Relu~r~v~w;Add~a~w,x~u;out~d;out~w;out~u|out y|out z",
    "in x 2,8|weight w 8|weight b 8|com.microsoft:SkipLayerNormalization s x,x,w,b y|"
    "com.microsoft:FastGelu g y z|com.microsoft:FusedMatMul m z,z o transB=i:1 alpha=f:0.5|out o",
    "in q 1,2,4,8|in k 1,1,3,8|in m 4,5|in p 1,1,2,8|Attention a q,k,k,m,p,p y,z,w "
    "is_causal=i:1|out y|out z",
    "in x 1,2,32|weight c 9,4|in p 1,1,5,8|Constant a - n value_ints=is:6|"
    "com.microsoft:RotaryEmbedding r x,n,c,c y num_heads=i:4|com.microsoft:GroupQueryAttention g "
    "y,,,p,p,n,,c,c z,v,w num_heads=i:2 kv_num_heads=i:1 do_rotary=i:1 local_window_size=i:3|"
    "out z|out v",
    "in x 1,2,4,4|weight w 2,2,1,1|com.microsoft:FusedConv f x,w y activation=s:Relu|"
    "my.domain:Thing t y z|Relu r z o|out o|out y",
};

enum { N_MODELS = sizeof models / sizeof *models };

struct seeds {
    const char *folder;
    struct suite all;
};

static void write_seed(const struct seeds *seeds, const char *kind, int number, const char *data,
                       size_t size)
{
    char path[4096];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/%s/%03d", seeds->folder, kind, number);
    if (file_write(path, data, size, &err)) {
        fprintf(stderr, "%s\n", err.text);
        exit(EXIT_FAILURE);
    }
}

static void save_suite(const struct seeds *seeds, const struct suite *s, int number)
{
    char path[4096];
    struct error err = {0};
    snprintf(path, sizeof path, "%s/json/%03d", seeds->folder, number);
    if (suite_save(s, path, &err))
        fprintf(stderr, "%s\n", err.text);
}

// A model that cannot be decomposed is a seed too, and is named.
static void add_model(struct seeds *seeds, int number)
{
    struct str graph = STR_INIT, model = STR_INIT;
    put_graph(&graph, models[number]);
    put_model(&model, &graph);
    write_seed(seeds, "model", number, model.text, model.len);
    str_release(&model);

    char path[4096];
    struct suite s;
    struct error err = {0};
    snprintf(path, sizeof path, "%s/model/%03d", seeds->folder, number);
    suite_init(&s, 1);
    if (decompose_file(&s, path, &(struct decompose_options){0}, NULL, &err) ||
        suite_merge(&seeds->all, &s, &err))
        fprintf(stderr, "%s\n", err.text);
    else
        save_suite(seeds, &s, number);
    suite_release(&s);
}

static void add_record(const struct seeds *seeds, const char *text, int number)
{
    struct record r;
    record_init(&r, text);
    snprintf(r.run, sizeof r.run, "20261122T160134-4f3a");
    series_add(record_series(&r, 0), 1000, (struct condition){0});
    series_add(record_series(&r, 1e6), 1234.5, (struct condition){0});
    char *json = record_to_text(&r);
    write_seed(seeds, "json", number, json, strlen(json));
    free(json);
    record_release(&r);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_seeds FOLDER\n");
        return EXIT_FAILURE;
    }
    struct seeds seeds = {.folder = argv[1]};
    suite_init(&seeds.all, 1);
    for (int i = 0; i < N_MODELS; i++)
        add_model(&seeds, i);
    for (int i = 0; i < seeds.all.n_bricks; i++)
        write_seed(&seeds, "text", i, seeds.all.bricks[i]->text, strlen(seeds.all.bricks[i]->text));
    if (seeds.all.n_bricks)
        add_record(&seeds, seeds.all.bricks[0]->text, N_MODELS);
    suite_release(&seeds.all);
    return EXIT_SUCCESS;
}
