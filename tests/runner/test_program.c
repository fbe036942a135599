#include "tests/test.h"

#include <math.h>

#include "bricks/brick.h"
#include "runner/data.h"
#include "runner/program.h"
#include "runner/system.h"
#include "runner/visit.h"
#include "reference/number.h"
#include "reference/reference.h"
#include "tests/runner/whole_engine.h"
#include "tests/runner/step_case.h"

static void load(struct loaded_graph *l, const struct graph *g)
{
    struct error err = {0};
    if (loaded_graph_init(l, &engine, kernels, g, &err) != 0)
        fail_msg("%s", err.text);
}

// ---- whole graphs --------------------------------------------------------------------------

// Three convolutions of one weight with a residual, a view between pooling and Gemm, one weight
// used in two orders.
#define RESIDUAL                                                                                   \
    "dlb1 Conv i0:f32:1x16x8x8:last w:f32:16x16x3x3 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "    \
    "dilations=1,1 group=1 +Relu > f32:1x16x8x8:last | "                                           \
    "Conv s0:f32:1x16x8x8:last w0:f32:16x16x3x3 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "        \
    "dilations=1,1 group=1 +Relu > f32:1x16x8x8:last | "                                           \
    "Conv s1:f32:1x16x8x8:last w0:f32:16x16x3x3 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "        \
    "dilations=1,1 group=1 +Sum=s0:f32:1x16x8x8:last +Relu > f32:1x16x8x8:last | out s2"
#define POOL_GEMM                                                                                  \
    "dlb1 GlobalAveragePool i0:f32:1x16x8x8:last > f32:1x16x1x1 | "                                \
    "Gemm s0:f32:1x16 w:f32:10x16 w:f32:10 transA=0 transB=1 > f32:1x10 | "                        \
    "Softmax s1:f32:1x10 axis=1 > f32:1x10 | out s2"
#define SHARED_WEIGHT                                                                              \
    "dlb1 Relu i0:f32:3x16 > f32:3x16 | Gemm s0:f32:3x16 w:f32:16x16 transA=0 transB=0 > "         \
    "f32:3x16 | Gemm s1:f32:3x16 w0:f32:16x16 transA=0 transB=1 > f32:3x16 | out s2"

// Runs l's graph by the reference, on l's input and on the contents that l's weights have.
static void expect_reference(const struct loaded_graph *l, struct graph *g)
{
    struct error err = {0};
    void **address = calloc((size_t)g->n_values, sizeof *address);
    for (int v = 0; v < g->n_values; v++) {
        if (g->values[v].view_of != NONE)
            continue;
        size_t bytes = tensor_bytes(&g->values[v].t);
        address[v] = malloc(bytes);
        if (g->values[v].data)
            memcpy(address[v], g->values[v].data, bytes);
    }
    for (int k = 0; k < g->n_inputs; k++)
        memcpy(address[g->inputs[k]], l->address[g->inputs[k]],
               tensor_bytes(&g->values[g->inputs[k]].t));
    if (reference_run(g, address, &err) != 0)
        fail_msg("%s", err.text);
    program_run(&l->program);
    for (int k = 0; k < g->n_outputs; k++) {
        int out = g->outputs[k];
        const float *got = l->address[out], *expected = address[out];
        for (int64_t i = 0; i < tensor_elements(&g->values[out].t); i++)
            if (!(fabsf(got[i] - expected[i]) <= 1e-4f * fmaxf(1, fabsf(expected[i]))))
                fail_msg("output %d: element %d is %g, not %g", k, (int)i, (double)got[i],
                         (double)expected[i]);
    }
    for (int v = 0; v < g->n_values; v++)
        free(address[v]);
    free(address);
}

static void give_weights(struct graph *g, void **contents)
{
    for (int v = 0; v < g->n_values; v++) {
        if (g->values[v].kind != VALUE_weight || g->values[v].view_of != NONE)
            continue;
        size_t bytes = tensor_bytes(&g->values[v].t);
        contents[v] = malloc(bytes);
        data_fill(contents[v], bytes, 0.2f, (uint64_t)v);
        g->values[v].data = contents[v];
    }
}

static void loaded_graph__gives_the_result_of_the_reference(void **state)
{
    (void)state;
    static const char *const texts[] = {RESIDUAL, POOL_GEMM, SHARED_WEIGHT};
    for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
        struct brick *brick = parse_brick(texts[i]);
        struct graph *g = brick->graph;
        void **contents = calloc((size_t)g->n_values, sizeof *contents);
        give_weights(g, contents);
        struct loaded_graph l;
        load(&l, g);
        expect_reference(&l, g);
        loaded_graph_release(&l);
        for (int v = 0; v < g->n_values; v++)
            free(contents[v]);
        free(contents);
        brick_free(brick);
    }
}

// Three sequences of seven elements; beyond their lengths there are zeros.
static void loaded_graph__sequences_end_where_their_lengths_say(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "LSTM i0:f32:7x3x12 i1:f32:2x64x12 i2:f32:2x64x16 i3:f32:2x128 i4:s32:3 i5:f32:2x3x16 "
        "i6:f32:2x3x16 direction=2 > f32:7x2x3x16 f32:2x3x16 f32:2x3x16",
        "GRU i0:f32:3x7x12 i1:f32:1x48x12 i2:f32:1x48x16 i3:f32:1x96 i4:s32:3 direction=1 "
        "layout=1 > f32:3x7x1x16 f32:3x1x16",
        "RNN i0:f32:7x3x12 i1:f32:1x16x12 i2:f32:1x16x16 i3:f32:1x32 i4:s32:3 > f32:7x1x3x16 "
        "f32:1x3x16",
    };
    static const int32_t lengths[] = {7, 1, 4};
    for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
        struct str text = STR_INIT;
        str_addf(&text, "dlb1 %s | out s0", texts[i]);
        struct brick *brick = parse_brick(text.text);
        struct loaded_graph l;
        load(&l, brick->graph);
        memcpy(l.address[brick->graph->inputs[4]], lengths, sizeof lengths);
        expect_reference(&l, brick->graph);
        loaded_graph_release(&l);
        brick_free(brick);
        str_release(&text);
    }
}

static void loaded_graph__lengths_are_those_of_the_data_even_behind_a_cast(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "GRU i0:f32:7x3x12 w:f32:1x48x12 w:f32:1x48x16 - i1:s32:3 > f32:7x1x3x16",
        "Cast i0:s64:3 > s32:3 | "
        "GRU i1:f32:7x3x12 w:f32:1x48x12 w:f32:1x48x16 - s0:s32:3 > f32:7x1x3x16",
    };
    for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
        struct str text = STR_INIT;
        str_addf(&text, "dlb1 %s | out s%zu", texts[i], i);
        struct brick *brick = parse_brick(text.text);
        struct loaded_graph l;
        load(&l, brick->graph);
        int v = brick->graph->inputs[i == 0];
        for (int k = 0; k < 3; k++)
            assert_int_equal(number_read(brick->graph->values[v].t.type, l.address[v], k), 7);
        loaded_graph_release(&l);
        brick_free(brick);
        str_release(&text);
    }
}

static void loaded_graph__one_weight_in_two_orders_lies_twice(void **state)
{
    (void)state;
    struct brick *brick = parse_brick(SHARED_WEIGHT);
    struct loaded_graph l;
    load(&l, brick->graph);
    assert_true(l.weights_bytes >= 2 * 16 * 16 * sizeof(float));
    loaded_graph_release(&l);
    struct brick *same = parse_brick(RESIDUAL);
    load(&l, same->graph);
    assert_true(l.weights_bytes < 2 * 16 * 16 * 9 * sizeof(float));
    loaded_graph_release(&l);
    brick_free(brick);
    brick_free(same);
}

static void loaded_graph__random_weights_keep_the_activations_finite(void **state)
{
    (void)state;
    struct brick *brick = parse_brick(POOL_GEMM);
    struct loaded_graph l;
    load(&l, brick->graph);
    program_run(&l.program);
    const float *out = l.address[brick->graph->outputs[0]];
    float sum = 0;
    for (int i = 0; i < 10; i++)
        sum += out[i];
    assert_true(fabsf(sum - 1) < 1e-5f);
    loaded_graph_release(&l);
    brick_free(brick);
}

static void loaded_graph__indices_behind_a_slice_are_spread(void **state)
{
    (void)state;
    struct brick *brick =
        parse_brick("dlb1 Slice i0:s64:1x64 starts=0,8 steps=1,1 > s64:1x32 | Gather "
                    "w:f32:20x4 s0:s64:1x32 axis=0 > f32:1x32x4 | out s1");
    struct loaded_graph l;
    load(&l, brick->graph);
    const int64_t *indices = l.address[brick->graph->inputs[0]];
    int n_large = 0;
    for (int i = 8; i < 40; i++) {
        assert_in_range(indices[i], 0, 19);
        n_large += indices[i] >= 10;
    }
    assert_in_range(n_large, 8, 24);
    loaded_graph_release(&l);
    brick_free(brick);
}

// The weight is padded where oneDNN packs it, and made in the arena before.
static void loaded_graph__numbers_that_nobody_fills_are_zero(void **state)
{
    (void)state;
    enum { N = 65536 };
    struct brick *brick = parse_brick("dlb1 Gemm i0:f32:1x4000 w:f32:10x4000 transA=0 transB=1 > "
                                      "f32:1x10 | Abs i1:s64:65536 > s64:65536 | out s0 s1");
    struct loaded_graph l;
    load(&l, brick->graph);
    const int64_t *numbers = l.address[brick->graph->inputs[1]];
    assert_true(l.arena_bytes >= N * sizeof *numbers);
    for (int i = 0; i < N; i++)
        assert_int_equal(numbers[i], 0);
    loaded_graph_release(&l);
    brick_free(brick);
}

// Rows of the identity times weights that are packed in several slices: the weights themselves,
// which are the same as if they had been made in one go.
static void expect_sliced(const char *text, bool transposed)
{
    enum { K = 192, N = 10007, M = 8 };
    struct brick *brick = parse_brick(text);
    const struct graph *g = brick->graph;
    struct loaded_graph l;
    load(&l, g);
    size_t bytes = sizeof(float) * K * N;
    assert_in_range(l.arena_bytes + l.packing_bytes, 1, bytes * 2 / 3);
    int w = g->nodes[0].src[1], wrong = 0;
    float *made = malloc(bytes), *in = l.address[g->inputs[0]];
    data_fill_operand(g, &g->nodes[0], 1, made, bytes, (uint64_t)w);
    memset(in, 0, sizeof(float) * M * K);
    for (int i = 0; i < M; i++)
        in[i * K + 27 * i] = 1;
    program_run(&l.program);
    const float *out = l.address[g->outputs[0]];
    for (int i = 0; i < M; i++)
        for (int j = 0; j < N; j++)
            wrong += out[i * N + j] != made[transposed ? j * K + 27 * i : 27 * i * N + j];
    assert_int_equal(wrong, 0);
    free(made);
    loaded_graph_release(&l);
    brick_free(brick);
}

static void loaded_graph__weights_that_are_packed_in_slices_are_whole(void **state)
{
    (void)state;
    expect_sliced("dlb1 Gemm i0:f32:8x192 w:f32:192x10007 transA=0 transB=0 > f32:8x10007 | out s0",
                  false);
    expect_sliced("dlb1 Gemm i0:f32:8x192 w:f32:10007x192 transA=0 transB=1 > f32:8x10007 | out s0",
                  true);
}

// The peak begins anew; false if the kernel does not do that.
static bool forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    bool done = file && fputs("5", file) >= 0;
    return (!file || fclose(file) == 0) && done;
}

// Padded weights, weights of a form of oneDNN's own, rearranged gates, a scratchpad, a large arena.
static void loaded_graph__peak_of_loading_and_running_is_planned(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "dlb1 Gemm i0:f32:1x768 w:f32:768x25013 transA=0 transB=0 > f32:1x25013 | out s0",
        "dlb1 Gemm i0:f32:64x768 w:f32:25013x768 transA=0 transB=1 > f32:64x25013 | out s0",
        "dlb1 LSTM i0:f32:4x1x1024 w:f32:1x4096x1024 w:f32:1x4096x1024 w:f32:1x8192 "
        "direction=0 > f32:4x1x1x1024 | out s0",
        "dlb1 Conv i0:f32:1x512x32x32:last w:f32:1000x512x3x3 kernel_shape=3,3 strides=1,1 "
        "pads=1,1,1,1 dilations=1,1 group=1 > f32:1x1000x32x32:last | out s0",
        "dlb1 Relu i0:f32:8388608 > f32:8388608 | out s0",
    };
    const size_t code = (size_t)6 << 20; // generated, and of libraries
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct brick *brick = parse_brick(texts[i]);
        struct loaded_graph l;
        if (!forget_peak())
            skip();
        size_t before = system_resident("").now;
        load(&l, brick->graph);
        program_run(&l.program);
        size_t grown = system_resident("").peak - before;
        if (grown > loaded_graph_bytes(&l) + code)
            fail_msg("%s: %zu bytes planned, %zu taken", texts[i], loaded_graph_bytes(&l), grown);
        loaded_graph_release(&l);
        brick_free(brick);
    }
}

static void loaded_graph__unsupported_step_is_refused(void **state)
{
    (void)state;
    struct brick *brick = parse_brick("dlb1 Gemm i0:s64:2x3 w:s64:3x4 > s64:2x4 | out s0");
    struct loaded_graph l;
    struct error err = {0};
    assert_int_equal(loaded_graph_init(&l, &engine, kernels, brick->graph, &err), -1);
    assert_non_null(strstr(err.text, "Gemm"));
    brick_free(brick);
}

// ---- programs ------------------------------------------------------------------------------

static void append(struct program *p, const struct graph *g, void *const *address)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const struct kernel *k = kernel_set_get(kernels, g, &g->nodes[i], NULL);
        assert_int_equal(program_append_node(p, k, g, &g->nodes[i], address, NULL), 0);
    }
}

static void run_steps__runs_only_those(void **state)
{
    (void)state;
    struct brick *brick =
        parse_brick("dlb1 Relu i0:f32:4 > f32:4 | Tanh s0:f32:4 > f32:4 | out s0 s1");
    struct graph *g = brick->graph;
    float in[4] = {-1, 0, 1, 2}, relu[4] = {9, 9, 9, 9}, tanh_out[4] = {9, 9, 9, 9};
    void *address[3] = {0};
    address[g->inputs[0]] = in;
    address[g->outputs[0]] = relu;
    address[g->outputs[1]] = tanh_out;
    struct program p;
    program_init(&p, &engine);
    append(&p, g, address);
    assert_int_equal(program_finish(&p, NULL, NULL), 0);
    assert_int_equal(p.n_steps, 2);
    program_run_steps(&p, 0, 1);
    assert_true(relu[0] == 0 && relu[3] == 2 && tanh_out[3] == 9);
    program_run_steps(&p, 1, 2);
    assert_true(fabsf(tanh_out[3] - 0.96402758f) < 1e-5f);
    program_release(&p);
    brick_free(brick);
}

static uint64_t tick(void *context)
{
    uint64_t *now = context;
    return *now += 10;
}

static void visit_steps__times_every_step_of_every_run(void **state)
{
    (void)state;
    struct brick *brick =
        parse_brick("dlb1 Relu i0:f32:4 > f32:4 | Tanh s0:f32:4 > f32:4 | out s1");
    struct loaded_graph l;
    struct step_times t;
    uint64_t now = 0;
    const struct clock clock = {tick, &now};
    load(&l, brick->graph);
    visit_steps(&l, &clock, 1e-7, 100, &t); // a run takes 20 ns
    assert_int_equal(t.n_steps, 2);
    assert_int_equal(t.n_runs, 5);
    for (int i = 0; i < t.n_runs * t.n_steps; i++) {
        assert_true(t.time_ns[i] == 10);
        assert_true(t.start_ns[i] == 10 + 20 * i);
    }
    assert_true(step_times_median(&t, 1) == 10);
    step_times_release(&t);
    visit_steps(&l, &clock, 1, 7, &t);
    assert_int_equal(t.n_runs, 7);
    step_times_release(&t);
    loaded_graph_release(&l);
    brick_free(brick);
}

static void append__two_graphs_share_kernels_but_not_memory(void **state)
{
    (void)state;
    struct brick *brick = parse_brick("dlb1 Relu i0:f32:4 > f32:4 | out s0");
    struct graph *g = brick->graph;
    float a[2][4] = {{-1, 1, -1, 1}, {0}}, b[2][4] = {{2, -2, 2, -2}, {0}};
    struct program p;
    program_init(&p, &engine);
    float(*pairs[])[4] = {a, b};
    for (int i = 0; i < 2; i++) {
        void *address[2] = {0};
        address[g->inputs[0]] = pairs[i][0];
        address[g->outputs[0]] = pairs[i][1];
        append(&p, g, address);
    }
    assert_int_equal(program_finish(&p, NULL, NULL), 0);
    assert_ptr_equal(p.steps[0].kernel, p.steps[1].kernel);
    program_run(&p);
    assert_true(a[1][0] == 0 && a[1][1] == 1 && b[1][0] == 2 && b[1][1] == 0);
    program_release(&p);
    brick_free(brick);
}

// ---- data ----------------------------------------------------------------------------------

static void data__is_the_same_for_the_same_seed_only(void **state)
{
    (void)state;
    enum { N = 10000 };
    static float a[N], b[N], c[N];
    data_fill(a, sizeof a, 2, 7);
    data_fill(b, sizeof b, 2, 7);
    data_fill(c, sizeof c, 2, 8);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        assert_true(a[i] >= -2 && a[i] <= 2);
        sum += (double)a[i];
        squares += (double)a[i] * (double)a[i];
    }
    assert_true(fabs(sum / N) < 0.05);
    assert_true(fabs(squares / N - 4.0 / 3) < 0.05); // of a uniform distribution
}

static void pages__are_aligned_to_huge_ones_and_zero(void **state)
{
    (void)state;
    size_t bytes = 5u << 20;
    char *p = pages_alloc(bytes, NULL);
    assert_non_null(p);
    assert_true((uintptr_t)p % (2u << 20) == 0);
    for (size_t i = 0; i < bytes; i += 1000)
        assert_int_equal(p[i], 0);
    pages_free(p, bytes);
}

// Also where the kernel would promise it.
static void pages__beyond_the_machine_are_refused(void **state)
{
    (void)state;
    struct error err = {0};
    assert_null(pages_alloc((size_t)1 << 46, &err));
    assert_non_null(strstr(err.text, "running it needs 70368.7 GB of memory; this machine has "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loaded_graph__gives_the_result_of_the_reference),
        cmocka_unit_test(loaded_graph__sequences_end_where_their_lengths_say),
        cmocka_unit_test(loaded_graph__lengths_are_those_of_the_data_even_behind_a_cast),
        cmocka_unit_test(loaded_graph__one_weight_in_two_orders_lies_twice),
        cmocka_unit_test(loaded_graph__random_weights_keep_the_activations_finite),
        cmocka_unit_test(loaded_graph__indices_behind_a_slice_are_spread),
        cmocka_unit_test(loaded_graph__numbers_that_nobody_fills_are_zero),
        cmocka_unit_test(loaded_graph__weights_that_are_packed_in_slices_are_whole),
        cmocka_unit_test(loaded_graph__peak_of_loading_and_running_is_planned),
        cmocka_unit_test(loaded_graph__unsupported_step_is_refused),
        cmocka_unit_test(run_steps__runs_only_those),
        cmocka_unit_test(visit_steps__times_every_step_of_every_run),
        cmocka_unit_test(append__two_graphs_share_kernels_but_not_memory),
        cmocka_unit_test(data__is_the_same_for_the_same_seed_only),
        cmocka_unit_test(pages__are_aligned_to_huge_ones_and_zero),
        cmocka_unit_test(pages__beyond_the_machine_are_refused),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
