#include "tests/test.h"

#include "bricks/brick.h"

#define CONV                                                                                       \
    "Conv i0:f32:1x64x56x56:last w:f32:64x64x3x3 w:f32:64 kernel_shape=3,3 strides=1,1 "           \
    "pads=1,1,1,1 dilations=1,1 group=1"
#define OUT " > f32:1x64x56x56:last"

static const char *const texts[] = {
    "dlb1 " CONV " +Relu" OUT " | out s0",
    "dlb1 " CONV " +Sum=i1:f32:1x64x56x56:last +Relu" OUT " | out s0",
    "dlb1 " CONV OUT " | Add s0:f32:1x64x56x56:last i0:f32:1x64x56x56:last +Relu" OUT
    " | Relu s1:f32:1x64x56x56:last inplace" OUT " | out s0 s2",
    "dlb1 Relu i0:f32:2x3 > f32:2x3 | Gemm s0:f32:2x3 w:f32:3x3 > f32:2x3 | "
    "Gemm s1:f32:2x3 w0:f32:3x3 > f32:2x3 | out s2",
    "dlb1 Gemm i0:f32:2x4 i1:f32:4x3 i2:f32:3 transA=0 transB=0 gemm_alpha=0.5 gemm_beta=2 > "
    "f32:2x3 | out s0",
    "dlb1 LRN i0:f32:1x64x55x55:last lrn_beta=0.75 size=5 > f32:1x64x55x55:last | out s0",
    "dlb1 Softmax i0:f32:1x10 axis=1 > f32:1x10 | Relu s0:f32:10 > f32:10 | out s1",
    "dlb1 Conv i0:f32:1x8x9x9:last w:f32:4x2x3x3 strides=2,2 group=4 +Mul=i1:f32:1x4x1x1 > "
    "f32:1x4x4x4:last | out s0",
    "dlb1 MaxPool i0:f32:1x4x6x6:last kernel_shape=3,3 strides=2,2 > f32:1x4x3x3:last | out s0",
    "dlb1 GlobalAveragePool i0:f32:1x4x6x6:last > f32:1x4x1x1:last | out s0",
    "dlb1 MatMul i0:f32:2x1x3x4 i1:f32:5x4x6 > f32:2x5x3x6 | out s0",
    "dlb1 MatMul i0:f32:4 w:f32:4x6 > f32:6 | out s0",
    "dlb1 Gemm i0:f32:4x3 w:f32:2x4 w:f32:2 transA=1 transB=1 > f32:3x2 | out s0",
    "dlb1 Concat i0:f32:1x2x3 i1:f32:1x5x3 axis=-2 > f32:1x7x3 | out s0",
    "dlb1 Transpose i0:s64:2x3x4 perm=1,2,0 > s64:3x4x2 | out s0",
    "dlb1 Reorder i0:u8:1x2x3x4 > u8:1x2x3x4:last | out s0",
    "dlb1 ChannelShuffle i0:f32:1x6x2x2:last groups=3 > f32:1x6x2x2:last | out s0",
};

static void parse__print_gives_the_same_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
        struct error err = {0};
        struct brick *brick = brick_parse(texts[i], &err);
        assert_string_equal(err.text, "");
        assert_string_equal(brick->text, texts[i]);
        brick_free(brick);
    }
}

static void parse__every_truncation_is_refused_or_shorter(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(texts); i++)
        for (size_t n = 0; n + 3 < strlen(texts[i]); n++) {
            char *cut = strndup(texts[i], n);
            struct error err = {0};
            struct brick *brick = brick_parse(cut, &err);
            if (!brick)
                assert_string_not_equal(err.text, "");
            brick_free(brick);
            free(cut);
        }
}

static const char *const bad[] = {
    "",
    "dlb2 Relu i0:f32:1 > f32:1 | out s0",
    "dlb1 out",
    "dlb1 Nonsense i0:f32:1 > f32:1 | out s0",
    "dlb1 Relu i1:f32:1 > f32:1 | out s0",
    "dlb1 Relu s0:f32:1 > f32:1 | out s0",
    "dlb1 Relu i0:f32:99999999999999999999 > f32:1 | out s0",
    "dlb1 Relu i0:f32:1x1x1x1x1x1x1x1x1 > f32:1 | out s0",
    "dlb1 Relu i0:f32:1 i1:f32:1 > f32:1 | out s0",
    "dlb1 Relu i0:f32:1 group=1 > f32:1 | out s0",
    "dlb1 Relu i0:f32:1 > f32:1 f32:1 | out s0",
    "dlb1 Relu i0:f32:1 > f32:1 | Relu s0:f32:2 > f32:1 | out s1",
    "dlb1 Relu i0:f32:1 +Add > f32:1 | out s0",
    "dlb1 Relu i0:f32:1 +Relu +Relu +Relu +Relu +Relu > f32:1 | out s0",
    "dlb1 Relu i0:f32:1 > f32:1 | out s1",
    "dlb1 Relu i0:f32:1 > f32:1",
    "dlb1 Relu i0:f32:2x2:last > f32:2x2 | out s0",
    "dlb1 Constant inplace > f32:1 | out s0",
    "dlb1 RandomNormal inplace > f32:2x3 | out s0",
    "dlb1 Identity i0:f32:1 > f32:1 | out s0",
    "dlb1 Relu - > f32:1 | out s0",
    "dlb1 Relu i0:f32:0 > f32:0 | out s0",
    "dlb1 Relu i0:f32:4 > f32:5 | out s0",
    "dlb1 Relu i0:s32:4 > f32:4 | out s0",
    "dlb1 Reorder i0:s32:4 +Relu > s32:4 | out s0",
    "dlb1 Relu i0:f32:1x2x3x4 > f32:1x2x3x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last - > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x1x1 group=0 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x1x1x1 group=4 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x3x1x1 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x1 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x1x1 w:f32:1 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x3x3 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x9x9 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x1x1 kernel_shape=3,3 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x1x1 strides=0,1 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x1x1 pads=1,1 > f32:1x2x4x4:last | out s0",
    "dlb1 Conv i0:f32:1x2x4x4:last w:f32:2x2x3x3 dilations=9223372036854775807,1 > "
    "f32:1x2x4x2:last | out s0",
    "dlb1 MaxPool i0:f32:1x2x4x4:last > f32:1x2x4x4:last | out s0",
    "dlb1 MaxPool i0:f32:2x8 kernel_shape=2 > f32:2x4 | out s0",
    "dlb1 MaxPool i0:f32:1x2x4x4:last kernel_shape=2 > f32:1x2x4x4:last | out s0",
    "dlb1 MaxPool i0:f32:1x2x4x4:last kernel_shape=1,1 > f32:1x2x5x4:last | out s0",
    "dlb1 MaxPool i0:f32:1x2x2x2:last kernel_shape=1,1 pads=1,1,1,1 > f32:1x2x4x4:last | out s0",
    "dlb1 GlobalMaxPool i0:f32:1x2x4x4:last > f32:1x2x4x4:last | out s0",
    "dlb1 MaxPool i0:f32:1x2x2x2:last kernel_shape=1,1 > f32:1x2x2x2:last u8:1x2x2x2 | out s0",
    "dlb1 LpPool i0:f32:1x2x2x2:last kernel_shape=1,1 p=0 > f32:1x2x2x2:last | out s0",
    "dlb1 ConvTranspose i0:f32:1x2x4x4:last w:f32:2x2x1x1 > f32:1x2x5x4:last | out s0",
    "dlb1 ConvTranspose i0:f32:1x2x4x4:last w:f32:3x2x1x1 > f32:1x2x4x4:last | out s0",
    "dlb1 ConvTranspose i0:f32:1x2x4x4:last w:f32:2x2x1x1 group=0 > f32:1x2x4x4:last | out s0",
    "dlb1 LayerNormalization i0:f32:2x4 w:f32:3 axis=1 > f32:2x4 | out s0",
    "dlb1 LayerNormalization i0:f32:2x4 w:f32:4 axis=1 > f32:2x4 f32:1x1 | out s0",
    "dlb1 LpNormalization i0:f32:2x4 axis=1 p=3 > f32:2x4 | out s0",
    "dlb1 GroupNormalization i0:f32:1x4x2:last w:f32:4 w:f32:4 num_groups=3 > f32:1x4x2:last | "
    "out s0",
    "dlb1 InstanceNormalization i0:f32:1x4x2:last w:f32:4 w:f32:2 > f32:1x4x2:last | out s0",
    "dlb1 FusedMatMul i0:f32:2x3 i1:f32:3x5 transA=1 > f32:2x5 | out s0",
    "dlb1 ScaledDotProductAttention i0:f32:2x3 i1:f32:4x5 i2:f32:4x3 > f32:2x3 | out s0",
    "dlb1 ScaledDotProductAttention i0:f32:2x3 i1:f32:4x3 i2:f32:5x3 > f32:2x3 | out s0",
    "dlb1 ScaledDotProductAttention i0:f32:2x3 i1:f32:4x3 i2:f32:4x3 w:f32:3x4 > f32:2x3 | out s0",
    "dlb1 ScaledDotProductAttention i0:f32:2x3 i1:f32:4x3 i2:f32:4x3 swapped=1,1,1,1 > f32:2x3 | "
    "out s0",
    "dlb1 ScaledDotProductAttention i0:f32:99999999x1 i1:f32:99999999x1 i2:f32:99999999x1 > "
    "f32:99999999x1 | out s0",
    "dlb1 LSTM i0:f32:7x3x12 w:f32:1x60x12 w:f32:1x64x16 > f32:7x1x3x16 | out s0",
    "dlb1 LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 direction=2 > f32:7x1x3x16 | out s0",
    "dlb1 LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 direction=9 > f32:7x1x3x16 | out s0",
    "dlb1 LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 w:f32:1x64 > f32:7x1x3x16 | out s0",
    "dlb1 LSTM i0:f32:7x3x12 w:f32:1x64x12 w:f32:1x64x16 > f32:7x1x3x16 f32:1x3x8 | out s0",
    "dlb1 GRU i0:f32:7x3x12 w:f32:1x48x12 w:f32:1x48x16 > f32:7x3x1x16 | out s0",
    "dlb1 BatchNormalization i0:f32:1x2x4:last w:f32:2 w:f32:2 w:f32:2 w:f32:1 > "
    "f32:1x2x4:last | out s0",
    "dlb1 LRN i0:f32:1x2x4x4:last size=0 > f32:1x2x4x4:last | out s0",
    "dlb1 Gemm i0:f32:2x3 w:f32:4x5 > f32:2x5 | out s0",
    "dlb1 Gemm i0:f32:2x3 w:f32:3x5 > f32:2x6 | out s0",
    "dlb1 Gemm i0:f32:2x3 w:f32:3x5 w:f32:4 > f32:2x5 | out s0",
    "dlb1 Gemm i0:f32:6 w:f32:3x5 > f32:2x5 | out s0",
    "dlb1 MatMul i0:f32:2x3 i1:f32:4x5 > f32:2x5 | out s0",
    "dlb1 MatMul i0:f32:2x2x3 i1:f32:3x3x5 > f32:3x2x5 | out s0",
    "dlb1 MatMul i0:f32: i1:f32:1 > f32: | out s0",
    "dlb1 Softmax i0:f32:1x10 axis=2 > f32:1x10 | out s0",
    "dlb1 Add i0:f32:4 i1:f32:3 > f32:4 | out s0",
    "dlb1 Add i0:f32:1 i1:f32:1 > f32:4 | out s0",
    "dlb1 Concat i0:f32:2 - axis=0 > f32:2 | out s0",
    "dlb1 Concat i0:f32:2x2 i1:f32:2x2 axis=0 > f32:5x2 | out s0",
    "dlb1 Concat i0:f32:2x2 i1:f32:2x3 axis=0 > f32:4x2 | out s0",
    "dlb1 Concat i0:f32:2x2 axis=-3 > f32:2x2 | out s0",
    "dlb1 Transpose i0:f32:2x2 perm=0,0 > f32:2x2 | out s0",
    "dlb1 Transpose i0:f32:2x2 perm=0,2 > f32:2x2 | out s0",
    "dlb1 Transpose i0:f32:2x2 perm=0 > f32:2x2 | out s0",
    "dlb1 Transpose i0:f32:2x3 perm=1,0 > f32:2x3 | out s0",
    "dlb1 ChannelShuffle i0:f32:1x6x2x2:last groups=4 > f32:1x6x2x2:last | out s0",
    "dlb1 ChannelShuffle i0:f32:1x6x2x2:last groups=0 > f32:1x6x2x2:last | out s0",
    "dlb1 Reorder i0:f32:6 > f32:2x3 | out s0",
    "dlb1 Relu i0:f32:4 +Add=i1:f32:3 > f32:4 | out s0",
    "dlb1 Relu i0:f32:4 +Softmax > f32:4 | out s0",
    "dlb1 Relu i0:f32:4 +Sum=i1:f32:1 > f32:4 | out s0",
    "dlb1 Relu i0:f32:4 +Sum=w:f32:4 > f32:4 | out s0",
    "dlb1 Relu i0:f32:4 +Sum=i0:f32:4 > f32:4 | out s0",
    "dlb1 Relu i0:f32:4 +Sum=i1:f32:4 +Sum=i2:f32:4 > f32:4 | out s0",
    "dlb1 Relu w:f32:4 inplace > f32:4 | out s0",
    "dlb1 Add i0:f32:4 i0:f32:4 inplace > f32:4 | out s0",
    "dlb1 Relu i0:f32:4 +Cast > f32:4 | out s0",
    "dlb1 Add i0:f32:1 i1:f32:4 inplace > f32:4 | out s0",
    "dlb1 Reorder i0:f32:4 inplace > f32:4 | out s0",
    "dlb1 Relu i0:f32:4 inplace > f32:4 | Relu i0:f32:4 inplace > f32:4 | out s0 s1",
};

static void parse__wrong_texts_are_refused_with_a_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(bad); i++) {
        struct error err = {0};
        if (brick_parse(bad[i], &err))
            fail_msg("%s: is not refused", bad[i]);
        assert_non_null(strstr(err.text, "canonical text, column"));
    }
}

// relu(x) and gemm(x) joined by an Add, built in either order of the first two.
static struct graph *diamond(bool swapped)
{
    struct graph *g = xcalloc(1, sizeof *g);
    struct tensor t = {.type = TYPE_f32, .rank = 2, .dims = {4, 4}};
    int x = graph_add_input(g, swapped ? "a" : "b", &t);
    int w = graph_add_value(g, VALUE_weight, "w", &t);
    int y = graph_add_value(g, VALUE_node, NULL, &t), z = graph_add_value(g, VALUE_node, NULL, &t);
    int sum = graph_add_value(g, VALUE_node, "sum", &t);
    for (int i = 0; i < 2; i++) {
        if ((i == 0) != swapped)
            graph_add_node(g, OP_Relu, "r", 1, (int[]){x}, 1, (int[]){y});
        else
            graph_add_node(g, OP_Gemm, "g", 2, (int[]){x, w}, 1, (int[]){z});
    }
    graph_add_node(g, OP_Add, "s", 2, swapped ? (int[]){z, y} : (int[]){y, z}, 1, (int[]){sum});
    graph_add_output(g, sum);
    graph_index(g);
    return g;
}

static void text__does_not_depend_on_names_or_order(void **state)
{
    (void)state;
    struct graph *a = diamond(false), *b = diamond(true);
    struct brick_map map_a, map_b;
    struct brick *x = brick_extract(a, 3, (int[]){0, 1, 2}, &map_a);
    struct brick *y = brick_extract(b, 3, (int[]){2, 0, 1}, &map_b);
    assert_string_equal(x->text, y->text);
    assert_string_equal(x->signature, y->signature);
    assert_int_equal(a->nodes[map_a.steps[0]].op, b->nodes[map_b.steps[0]].op);
    struct brick *again = brick_parse(x->text, NULL);
    assert_non_null(again);
    brick_free(again);
    brick_free(x);
    brick_free(y);
    brick_map_release(&map_a);
    brick_map_release(&map_b);
    graph_release(a);
    graph_release(b);
    free(a);
    free(b);
}

static void signature__is_sha256_of_the_text(void **state)
{
    (void)state;
    char hex[SIGNATURE_SIZE];
    signature_of("abc", hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void name__one_that_is_cut_stays_different(void **state)
{
    (void)state;
    char fits[16] = "", a[16] = "", b[16] = "";
    name_append(fits, sizeof fits, "jit:");
    name_append(fits, sizeof fits, "avx512_core");
    assert_string_equal(fits, "jit:avx512_core");
    name_append(a, sizeof a, "jit:avx512_core+loop");
    name_append(b, sizeof b, "jit:avx512_core+copy");
    assert_int_equal(strlen(a), sizeof a - 1);
    assert_memory_equal(a, "jit:av#", 7);
    assert_string_not_equal(a, b);
    name_append(fits, sizeof fits, "+loop");
    assert_string_equal(fits, a);
    name_append(fits, sizeof fits, "+loop");
    assert_string_not_equal(fits, a);
}

// Bytes of 1 and 256 in little-endian order compare the other way round.
static void text__larger_operands_stand_first(void **state)
{
    (void)state;
    struct graph g = {0};
    struct tensor shapes[] = {{.type = TYPE_f32, .rank = 2, .dims = {1, 4}},
                              {.type = TYPE_f32, .rank = 2, .dims = {256, 4}}};
    int src[2];
    for (int k = 0; k < 2; k++)
        src[k] = graph_add_input(&g, NULL, &shapes[k]);
    int sum = graph_add_value(&g, VALUE_node, NULL, &shapes[1]);
    graph_add_node(&g, OP_Add, NULL, 2, src, 1, &sum);
    graph_add_output(&g, sum);
    graph_index(&g);
    struct brick_map map;
    struct brick *brick = brick_extract(&g, 1, (int[]){0}, &map);
    assert_string_equal(brick->text, "dlb1 Add i0:f32:256x4 i1:f32:1x4 > f32:256x4 | out s0");
    brick_free(brick);
    brick_map_release(&map);
    graph_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__print_gives_the_same_text),
        cmocka_unit_test(parse__every_truncation_is_refused_or_shorter),
        cmocka_unit_test(parse__wrong_texts_are_refused_with_a_place),
        cmocka_unit_test(text__does_not_depend_on_names_or_order),
        cmocka_unit_test(text__larger_operands_stand_first),
        cmocka_unit_test(signature__is_sha256_of_the_text),
        cmocka_unit_test(name__one_that_is_cut_stays_different),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
