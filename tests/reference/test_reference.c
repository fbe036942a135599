#include "tests/test.h"

#include <math.h>

#include "bricks/brick.h"
#include "reference/reference.h"

enum { MAX_OPERANDS = 6, MAX_ELEMENTS = 64 };

struct float_attr {
    enum attr_key key;
    float value;
};

// A brick, the contents of its inputs and then of its weights in the order of the text, and those
// of its only output, computed by hand. All in the layout that the text says.
static const struct step_case {
    const char *text;
    float operands[MAX_OPERANDS][9];
    float expected[9];
    struct float_attr attrs[3]; // of the first step, which the text leaves out
} cases[] = {
    // 37 = 1 * 1 + 2 * 2 + 3 * 4 + 4 * 5
    {.text = "dlb1 Conv i0:f32:1x1x3x3 w:f32:1x1x2x2 w:f32:1 kernel_shape=2,2 > f32:1x1x2x2 "
             "| out s0",
     .operands = {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4}, {1}},
     .expected = {38, 48, 68, 78}},
    {.text = "dlb1 Conv i0:f32:1x2x1x2:last w:f32:2x1x1x1 kernel_shape=1,1 group=2 > "
             "f32:1x2x1x2:last | out s0",
     .operands = {{1, 2, 3, 4}, {10, 100}},
     .expected = {10, 200, 30, 400}},
    {.text = "dlb1 Conv i0:f32:1x1x4 w:f32:1x1x2 kernel_shape=2 pads=1,1 dilations=2 > "
             "f32:1x1x4 | out s0",
     .operands = {{1, 2, 3, 4}, {1, 10}},
     .expected = {20, 31, 42, 3}},
    {.text = "dlb1 Conv i0:f32:1x1x5 w:f32:1x1x2 kernel_shape=2 strides=2 pads=1,0 > f32:1x1x3 "
             "| out s0",
     .operands = {{1, 2, 3, 4, 5}, {1, 10}},
     .expected = {10, 32, 54}},
    // Without bias: the second operand of the post is the third source.
    {.text = "dlb1 Conv i0:f32:1x1x1x2 w:f32:1x1x1x1 kernel_shape=1,1 +Add=i1:f32:1x1x1x2 +Relu "
             "> f32:1x1x1x2 | out s0",
     .operands = {{1, -2}, {1, 1}, {2}},
     .expected = {3, 0}},
    {.text = "dlb1 MaxPool i0:f32:1x1x4 kernel_shape=2 strides=2 pads=1,0 > f32:1x1x2 | out s0",
     .operands = {{-1, -5, -2, -3}},
     .expected = {-1, -2}},
    {.text = "dlb1 AveragePool i0:f32:1x1x3 kernel_shape=2 pads=1,1 > f32:1x1x4 | out s0",
     .operands = {{3, 6, 9}},
     .expected = {3, 4.5f, 7.5f, 9}},
    {.text = "dlb1 AveragePool i0:f32:1x1x3 kernel_shape=2 pads=1,1 count_include_pad=1 > "
             "f32:1x1x4 | out s0",
     .operands = {{3, 6, 9}},
     .expected = {1.5f, 4.5f, 7.5f, 4.5f}},
    // Rounded up: what is beyond the padding counts for nobody.
    {.text = "dlb1 AveragePool i0:f32:1x1x4 kernel_shape=3 strides=2 count_include_pad=1 > "
             "f32:1x1x2 | out s0",
     .operands = {{1, 2, 3, 4}},
     .expected = {2, 3.5f}},
    {.text = "dlb1 GlobalAveragePool i0:f32:1x2x1x2:last > f32:1x2x1x1:last | out s0",
     .operands = {{1, 10, 3, -20}},
     .expected = {2, -5}},
    {.text = "dlb1 GlobalMaxPool i0:f32:1x2x1x2:last > f32:1x2x1x1:last | out s0",
     .operands = {{1, 10, 3, -20}},
     .expected = {3, 10}},
    {.text = "dlb1 BatchNormalization i0:f32:1x2x2 w:f32:2 w:f32:2 w:f32:2 w:f32:2 > f32:1x2x2 "
             "| out s0",
     .operands = {{1, 2, 3, 4}, {2, 3}, {10, 20}, {1, 2}, {3, 8}},
     .expected = {10, 11, 21, 22},
     .attrs = {{ATTR_epsilon, 1}}},
    {.text = "dlb1 LRN i0:f32:1x3x1x1 lrn_beta=1 size=3 > f32:1x3x1x1 | out s0",
     .operands = {{1, 2, 3}},
     .expected = {1 / 6.f, 2 / 15.f, 3 / 14.f},
     .attrs = {{ATTR_alpha, 3}}},
    {.text = "dlb1 LRN i0:f32:1x2x1x1 lrn_beta=1 size=2 > f32:1x2x1x1 | out s0",
     .operands = {{1, 2}},
     .expected = {1 / 7.f, 2 / 6.f},
     .attrs = {{ATTR_alpha, 2}, {ATTR_bias, 2}}},
    {.text = "dlb1 Gemm i0:f32:2x1 w:f32:3x2 w:f32:3 transA=1 transB=1 gemm_alpha=2 "
             "gemm_beta=0.5 > f32:1x3 | out s0",
     .operands = {{1, 2}, {1, 0, 0, 1, 1, 1}, {10, 20, 30}},
     .expected = {7, 14, 21}},
    {.text = "dlb1 Gemm i0:f32:1x2 w:f32:2x2 +Mul=i1:f32:2 > f32:1x2 | out s0",
     .operands = {{1, 2}, {3, 5}, {1, 2, 3, 4}},
     .expected = {21, 50}},
    {.text = "dlb1 MatMul i0:f32:2x1x2 w:f32:2x1 > f32:2x1x1 | out s0",
     .operands = {{1, 2, 3, 4}, {1, 10}},
     .expected = {21, 43}},
    {.text = "dlb1 MatMul i0:f32:2 i1:f32:2x3 > f32:3 | out s0",
     .operands = {{1, 10}, {1, 2, 3, 4, 5, 6}},
     .expected = {41, 52, 63}},
    {.text = "dlb1 MatMul i0:f32:2x3 i1:f32:3 > f32:2 | out s0",
     .operands = {{1, 2, 3, 4, 5, 6}, {1, 10, 100}},
     .expected = {321, 654}},
    // exp(ln 3) = 3
    {.text = "dlb1 Softmax i0:f32:2x2 axis=0 > f32:2x2 | out s0",
     .operands = {{0, 0, 1.0986123f, 0}},
     .expected = {0.25f, 0.5f, 0.75f, 0.5f}},
    {.text = "dlb1 Softmax i0:f32:1x2 axis=1 inplace > f32:1x2 | out s0",
     .operands = {{1000, 1000}},
     .expected = {0.5f, 0.5f}},
    {.text = "dlb1 Relu i0:f32:3 > f32:3 | out s0",
     .operands = {{-1, 0, 2}},
     .expected = {0, 0, 2}},
    {.text = "dlb1 Sigmoid i0:f32:2 > f32:2 | out s0",
     .operands = {{0, 1.0986123f}},
     .expected = {0.5f, 0.75f}},
    {.text = "dlb1 Tanh i0:f32:2 > f32:2 | out s0",
     .operands = {{0, 0.5493061f}},
     .expected = {0, 0.5f}},
    {.text = "dlb1 LeakyRelu i0:f32:2 > f32:2 | out s0",
     .operands = {{-10, 2}},
     .expected = {-0.1f, 2}},
    {.text = "dlb1 Elu i0:f32:2 > f32:2 | out s0",
     .operands = {{-0.6931472f, 2}},
     .expected = {-1, 2},
     .attrs = {{ATTR_alpha, 2}}},
    {.text = "dlb1 Clip i0:f32:3 > f32:3 | out s0",
     .operands = {{-7, 0.5f, 7}},
     .expected = {-1, 0.5f, 2},
     .attrs = {{ATTR_min, -1}, {ATTR_max, 2}}},
    {.text = "dlb1 Sub i0:f32:2x2 i1:f32:2x1 > f32:2x2 | out s0",
     .operands = {{1, 2, 3, 4}, {10, 20}},
     .expected = {-9, -8, -17, -16}},
    {.text = "dlb1 Div i0:f32:1x2x1x2:last i1:f32:2 > f32:1x2x1x2:last | out s0",
     .operands = {{1, 2, 3, 4}, {2, 4}},
     .expected = {0.5f, 1, 0.75f, 1}},
    {.text = "dlb1 Concat i0:f32:1x1x1x2:last i1:f32:1x2x1x2:last axis=1 > f32:1x3x1x2:last "
             "| out s0",
     .operands = {{1, 2}, {3, 4, 5, 6}},
     .expected = {1, 3, 4, 2, 5, 6}},
    {.text = "dlb1 Transpose i0:f32:1x2x3 perm=2,0,1 > f32:3x1x2 | out s0",
     .operands = {{1, 2, 3, 4, 5, 6}},
     .expected = {1, 4, 2, 5, 3, 6}},
    {.text = "dlb1 Reorder i0:f32:1x2x1x3 > f32:1x2x1x3:last | out s0",
     .operands = {{1, 2, 3, 4, 5, 6}},
     .expected = {1, 4, 2, 5, 3, 6}},
    {.text = "dlb1 ChannelShuffle i0:f32:1x6x1x1:last groups=2 > f32:1x6x1x1:last | out s0",
     .operands = {{0, 1, 2, 3, 4, 5}},
     .expected = {0, 3, 1, 4, 2, 5}},
    // The second step sees the first one's result as another shape.
    {.text = "dlb1 Relu i0:f32:1x2x1x2:last > f32:1x2x1x2:last | "
             "MatMul s0:f32:2x2 w:f32:2x1 > f32:2x1 | out s1",
     .operands = {{1, 2, -3, 4}, {1, 10}},
     .expected = {21, 40}},
};

// Addresses of all values of a brick: operands as given, room for the results.
struct bound {
    void *address[16];
    float results[16][MAX_ELEMENTS];
};

static void bind(struct bound *b, const struct graph *g, const struct step_case *c)
{
    int n = 0;
    *b = (struct bound){0};
    assert_true(g->n_values <= 16);
    for (int k = 0; k < g->n_inputs; k++)
        b->address[g->inputs[k]] = (void *)(uintptr_t)c->operands[n++];
    for (int v = 0; v < g->n_values; v++) {
        if (g->values[v].view_of != NONE)
            continue;
        if (g->values[v].kind == VALUE_weight)
            b->address[v] = (void *)(uintptr_t)c->operands[n++];
        else if (g->values[v].kind == VALUE_node)
            b->address[v] = b->results[v];
    }
}

static struct brick *parsed(const struct step_case *c)
{
    struct error err = {0};
    struct brick *brick = brick_parse(c->text, &err);
    if (!brick)
        fail_msg("%s: %s", c->text, err.text);
    for (size_t i = 0; i < N_ELEMENTS(c->attrs) && c->attrs[i].value != 0; i++)
        node_set_float(brick->graph, &brick->graph->nodes[0], c->attrs[i].key, c->attrs[i].value);
    return brick;
}

static void assert_near(const char *text, const float *got, const float *expected, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (!(fabsf(got[i] - expected[i]) <= 1e-5f * fabsf(expected[i]) + 1e-7f))
            fail_msg("%s: element %d is %g, expected %g", text, (int)i, (double)got[i],
                     (double)expected[i]);
    }
}

static void reference__gives_what_is_computed_by_hand(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct error err = {0};
        struct brick *brick = parsed(&cases[i]);
        const struct graph *g = brick->graph;
        struct bound b;
        bind(&b, g, &cases[i]);
        assert_int_equal(reference_run(g, b.address, &err), 0);
        int out = g->outputs[0];
        assert_near(cases[i].text, b.address[out], cases[i].expected,
                    tensor_elements(&g->values[out].t));
        brick_free(brick);
    }
}

static void reference__result_may_take_the_place_of_a_source(void **state)
{
    (void)state;
    const struct step_case accumulated = {
        .text = "dlb1 Conv i0:f32:1x1x1x2 w:f32:1x1x1x1 kernel_shape=1,1 +Sum=i1:f32:1x1x1x2 "
                "> f32:1x1x1x2 | out s0",
        .operands = {{1, 2}, {10, 20}, {3}},
    };
    struct error err = {0};
    struct brick *brick = parsed(&accumulated);
    const struct graph *g = brick->graph;
    struct bound b;
    bind(&b, g, &accumulated);
    float shared[2] = {10, 20};
    b.address[g->inputs[1]] = b.address[g->outputs[0]] = shared;
    assert_int_equal(reference_run(g, b.address, &err), 0);
    assert_near(accumulated.text, shared, (const float[]){13, 26}, 2);
    brick_free(brick);
}

static void reference__moves_elements_of_any_type(void **state)
{
    (void)state;
    struct error err = {0};
    struct brick *brick =
        brick_parse("dlb1 Concat i0:s64:2 i1:s64:1 axis=0 > s64:3 | out s0", &err);
    int64_t a[2] = {INT64_MAX, -1}, b[1] = {INT64_C(0x7ff0000000000001)}, dst[3] = {0};
    void *address[3] = {a, b, dst};
    assert_int_equal(reference_run(brick->graph, address, &err), 0);
    assert_int_equal(dst[0], INT64_MAX);
    assert_int_equal(dst[1], -1);
    assert_int_equal(dst[2], INT64_C(0x7ff0000000000001));
    brick_free(brick);
}

static void reference__posts_compute_in_the_type_of_the_result(void **state)
{
    (void)state;
    struct error err = {0};
    struct brick *brick = brick_parse("dlb1 Relu i0:s8:2 > s8:2 | out s0", &err);
    struct node *n = &brick->graph->nodes[0];
    n->posts[n->n_posts++] = (struct post){.op = OP_Clip, .src = NONE, .alpha = 0, .beta = 1.5f};
    int8_t a[2] = {-1, 2}, dst[2] = {7, 7};
    void *address[2] = {a, dst};
    assert_int_equal(reference_run(brick->graph, address, &err), 0);
    assert_int_equal(dst[0], 0);
    assert_int_equal(dst[1], 1);
    brick_free(brick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference__gives_what_is_computed_by_hand),
        cmocka_unit_test(reference__result_may_take_the_place_of_a_source),
        cmocka_unit_test(reference__moves_elements_of_any_type),
        cmocka_unit_test(reference__posts_compute_in_the_type_of_the_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
