// Shapes as data: one operator per case, and what its result and its normalised attributes are.
#include "tests/test.h"

#include "decompose/decompose.h"
#include "tests/decompose/graph_text.h"

static void add_ints(const struct node *n, enum attr_key key, struct str *out)
{
    int count;
    const int64_t *ints = node_ints(n, key, &count);
    for (int i = 0; i < count; i++)
        str_addf(out, i ? ",%lld" : "%lld", (long long)ints[i]);
}

static const struct window_case {
    const char *src, *node, *dst, *pads;
} windows[] = {
    {"1x3x8x8", "Conv y x,w", "1x8x6x6", "0,0,0,0"},
    {"2x3x8x9", "Conv y x,w pads=1,1,1,1", "2x8x8x9", "1,1,1,1"},
    {"1x3x8x8", "Conv y x,w pads=0,1,2,3", "1x8x8x10", "0,1,2,3"},
    {"1x3x8x8", "Conv y x,w strides=2,3", "1x8x3x2", "0,0,0,0"},
    {"1x3x8x8", "Conv y x,w dilations=2,3", "1x8x4x2", "0,0,0,0"},
    {"1x3x3x3", "Conv y x,w", "1x8x1x1", "0,0,0,0"},
    {"1x3x8x7", "Conv y x,w auto_pad=1 strides=2,2", "1x8x4x4", "0,1,1,1"},
    {"1x3x8x7", "Conv y x,w auto_pad=2 strides=2,2", "1x8x4x4", "1,1,0,1"},
    {"1x3x8x7", "Conv y x,w auto_pad=3 strides=2,2", "1x8x3x3", "0,0,0,0"},
    {"1x3x8x8", "Conv y x,w auto_pad=1 dilations=2,2", "1x8x8x8", "2,2,2,2"},
    {"1x3x8x8", "MaxPool y x kernel_shape=2,2", "1x3x7x7", "0,0,0,0"},
    {"1x3x8x8", "MaxPool y x kernel_shape=3,3 strides=2,2", "1x3x3x3", "0,0,0,0"},
    {"1x3x8x8", "MaxPool y x kernel_shape=3,3 strides=2,2 ceil_mode=1", "1x3x4x4", "0,0,0,0"},
    {"1x3x7x7", "MaxPool y x kernel_shape=3,3 strides=2,2 ceil_mode=1", "1x3x3x3", "0,0,0,0"},
    {"1x3x8x8", "MaxPool y x kernel_shape=3,3 strides=2,2 dilations=2,2", "1x3x2x2", "0,0,0,0"},
    // the third window would start in the padding behind the source
    {"1x1x3", "MaxPool y x kernel_shape=1 strides=2 ceil_mode=1", "1x1x2", "0,0"},
    {"1x1x2x2", "MaxPool y x kernel_shape=2,2 strides=3,3 pads=1,1,1,1 ceil_mode=1", "1x1x1x1",
     "1,1,1,1"},
    {"1x3x5x5", "AveragePool y x kernel_shape=2,2 strides=5,5", "1x3x1x1", "0,0,0,0"},
    {"1x3x5x4", "AveragePool y x kernel_shape=2,2 strides=3,3 auto_pad=1", "1x3x2x2", "0,0,0,1"},
    {"1x3x5", "MaxPool y x kernel_shape=3 auto_pad=2", "1x3x5", "1,1"},
    {"1x2x4x5x6", "MaxPool y x kernel_shape=2,2,2", "1x2x3x4x5", "0,0,0,0,0,0"},
};

static void infer__windows_have_the_shape_and_the_pads_of_onnx(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(windows); i++) {
        const struct window_case *c = &windows[i];
        struct str text = STR_INIT, got = STR_INIT;
        str_addf(&text, "in x %s | weight w 8x3x3x3 | %s | out y", c->src, c->node);
        struct graph *g = graph_from_text(text.text);
        struct error err = {0};
        if (infer_shapes(g, &err))
            fail_msg("%s: %s", text.text, err.text);
        tensor_print(&g->values[graph_value(g, "y")].t, &got);
        str_add(&got, " ");
        add_ints(&g->nodes[0], ATTR_pads, &got);
        str_clear(&text);
        str_addf(&text, "f32:%s %s", c->dst, c->pads);
        assert_string_equal(got.text, text.text);
        graph_release(g);
        free(g);
        str_release(&text);
        str_release(&got);
    }
}

static const struct shape_case {
    const char *graph, *dst;
} shapes[] = {
    {"in x 1x3x8x8 | GlobalAveragePool y x", "1x3x1x1"},
    {"in x 4x3 | weight w 3x5 | weight b 5 | Gemm y x,w,b", "4x5"},
    {"in x 3x4 | weight w 5x3 | Gemm y x,w transA=1 transB=1", "4x5"},
    {"in x 2x4x3 | weight w 3x5 | MatMul y x,w", "2x4x5"},
    {"in x 2x1x4x3 | in w 6x3x5 | MatMul y x,w", "2x6x4x5"},
    {"in x 2x3x4 | in z 3x1 | Add y x,z", "2x3x4"},
    {"in x 4 | in z 2x3x1 | Mul y x,z", "2x3x4"},
    {"in x 2x1 | in z 1x3 | in v 4x1x1 | Sum y x,z,v", "4x2x3"},
    {"in x 1x2x5 | in z 1x3x5 | Concat y x,z axis=1", "1x5x5"},
    {"in x 1x2x5 | in z 1x2x4 | Concat y x,z axis=-1", "1x2x9"},
    {"in x 2x3x4 | Transpose y x", "4x3x2"},
    {"in x 2x3x4 | Transpose y x perm=1,0,2", "3x2x4"},
    {"in x 2x3x4 | ints s 2 0,-1 | Reshape y x,s", "2x12"},
    {"in x 2x3x4 | ints s 3 -1,1,6 | Reshape y x,s", "4x1x6"},
    {"in x 2x3x4 | Flatten y x", "2x12"},
    {"in x 2x3x4 | Flatten y x axis=0", "1x24"},
    {"in x 2x3x4 | Flatten y x axis=-1", "6x4"},
    {"in x 2x3x4 | Flatten y x axis=3", "24x1"},
    {"in x 1x3x1x2 | Squeeze y x", "3x2"},
    {"opset 11 | in x 1x3x1x2 | Squeeze y x axes=-2", "1x3x2"},
    {"in x 1x3x1x2 | ints a 2 0,2 | Squeeze y x,a", "3x2"},
    {"in x 3x2 | ints a 2 -1,0 | Unsqueeze y x,a", "1x3x2x1"},
    {"opset 11 | in x 3x2 | Unsqueeze y x axes=1", "3x1x2"},
    {"in x 3x2 | Dropout y x ratio=0.5", "3x2"},
    // what exporters write for x.view(x.size(0), -1)
    {"in x 2x3x4 | Shape s x | ints zero - 0 | Gather n s,zero | ints a 1 0 | Unsqueeze u n,a | "
     "ints rest 1 -1 | Concat t u,rest axis=0 | Reshape y x,t",
     "2x12"},
};

static void infer__shapes_are_those_of_onnx(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(shapes); i++) {
        struct str text = STR_INIT, got = STR_INIT;
        str_addf(&text, "%s | out y", shapes[i].graph);
        struct graph *g = graph_from_text(text.text);
        struct error err = {0};
        if (infer_shapes(g, &err))
            fail_msg("%s: %s", text.text, err.text);
        tensor_print(&g->values[graph_value(g, "y")].t, &got);
        if (strcmp(got.text + strlen("f32:"), shapes[i].dst) != 0)
            fail_msg("%s: %s instead of %s", text.text, got.text, shapes[i].dst);
        graph_release(g);
        free(g);
        str_release(&text);
        str_release(&got);
    }
}

static void infer__a_node_that_nobody_needs_is_not_looked_at(void **state)
{
    (void)state;
    struct graph *g =
        graph_from_text("in x 1x3x8x8 | weight w 8x5x3x3 | Conv wrong x,w | Relu y x | out y");
    struct error err = {0};
    assert_int_equal(infer_shapes(g, &err), 0);
    assert_int_equal(g->n_nodes, 1);
    graph_release(g);
    free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infer__windows_have_the_shape_and_the_pads_of_onnx),
        cmocka_unit_test(infer__shapes_are_those_of_onnx),
        cmocka_unit_test(infer__a_node_that_nobody_needs_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
