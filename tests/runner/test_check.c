#include "tests/test.h"
#include "tests/runner/step_case.h"

#include <math.h>

#include "bricks/brick.h"
#include "runner/check.h"

struct machinery {
    struct engine engine;
    struct kernel_set *kernels;
};

#define LAST "f32:2x32x7x7:last"

// Every operator that becomes a step, with the layouts and posts that the passes make.
static const char *const texts[] = {
    "dlb1 Conv i0:" LAST " w:f32:48x32x3x3 w:f32:48 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "
    "dilations=1,1 group=1 +Relu > f32:2x48x7x7:last | out s0",
    "dlb1 Conv i0:" LAST " w:f32:32x1x3x3 w:f32:32 kernel_shape=3,3 strides=2,2 pads=1,1,1,1 "
    "dilations=1,1 group=32 +Clip > f32:2x32x4x4:last | out s0",
    "dlb1 Conv i0:" LAST " w:f32:32x32x1x1 kernel_shape=1,1 strides=1,1 pads=0,0,0,0 "
    "dilations=1,1 group=1 +Sum=i1:" LAST " +Relu > " LAST " | out s0",
    "dlb1 Conv i0:" LAST " w:f32:32x32x1x1 kernel_shape=1,1 strides=1,1 pads=0,0,0,0 "
    "dilations=1,1 group=1 +Add=i1:" LAST " > " LAST " | out s0",
    "dlb1 MaxPool i0:" LAST " kernel_shape=3,3 strides=2,2 pads=0,0,0,0 dilations=1,1 > "
    "f32:2x32x3x3:last | out s0",
    "dlb1 AveragePool i0:" LAST " kernel_shape=3,3 strides=2,2 pads=1,1,1,1 dilations=1,1 "
    "count_include_pad=1 > f32:2x32x4x4:last | out s0",
    "dlb1 GlobalAveragePool i0:" LAST " > f32:2x32x1x1:last | out s0",
    "dlb1 GlobalMaxPool i0:" LAST " > f32:2x32x1x1:last | out s0",
    "dlb1 BatchNormalization i0:" LAST " w:f32:32 w:f32:32 w:f32:32 w:f32:32 > " LAST " | out s0",
    "dlb1 LRN i0:" LAST " lrn_beta=0.75 size=5 > " LAST " | out s0",
    "dlb1 Gemm i0:f32:2x100 w:f32:60x100 w:f32:60 transB=1 +Relu > f32:2x60 | out s0",
    "dlb1 MatMul i0:f32:3x4x20 i1:f32:3x20x5 > f32:3x4x5 | out s0",
    "dlb1 Softmax i0:f32:2x100 axis=1 > f32:2x100 | out s0",
    "dlb1 Relu i0:" LAST " > " LAST " | out s0",
    "dlb1 Sigmoid i0:" LAST " inplace > " LAST " | out s0",
    "dlb1 Tanh i0:" LAST " > " LAST " | out s0",
    "dlb1 LeakyRelu i0:" LAST " > " LAST " | out s0",
    "dlb1 Elu i0:" LAST " > " LAST " | out s0",
    "dlb1 Add i0:" LAST " i1:" LAST " +Relu > " LAST " | out s0",
    "dlb1 Sub i0:f32:4x5 i1:f32:5 > f32:4x5 | out s0",
    "dlb1 Mul i0:" LAST " i1:f32:2x32x1x1:last > " LAST " | out s0",
    "dlb1 Concat i0:f32:1x8x5x5:last i1:f32:1x24x5x5:last axis=1 > f32:1x32x5x5:last | out s0",
    "dlb1 Transpose i0:f32:2x3x4x5 perm=0,2,3,1 > f32:2x4x5x3 | out s0",
    "dlb1 Reorder i0:f32:2x32x7x7 > " LAST " | out s0",
    "dlb1 ChannelShuffle i0:" LAST " groups=4 > " LAST " | out s0",
    // Several steps, the first result used twice and live.
    "dlb1 Conv i0:" LAST " w:f32:32x32x1x1 kernel_shape=1,1 strides=1,1 pads=0,0,0,0 "
    "dilations=1,1 group=1 > " LAST " | Relu s0:" LAST " > " LAST " | Add s1:" LAST " s0:" LAST
    " > " LAST " | out s0 s2",
};

static void check__every_operator_agrees_with_the_reference(void **state)
{
    struct machinery *m = *state;
    for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
        struct error err = {0};
        struct check_result r;
        struct brick *brick = parse_brick(texts[i]);
        if (check_brick(&m->engine, m->kernels, brick->graph, &r, &err))
            fail_msg("%s: %s", texts[i], err.text);
        if (!r.ok)
            fail_msg("%s: %s: off by %g, tolerance %g", texts[i], r.implementation, r.worst,
                     r.tolerance);
        assert_string_not_equal(r.implementation, "");
        brick_free(brick);
    }
}

// Posts of one algorithm with different parameters: oneDNN 2.6 confuses them if they are fused.
static void check__factors_of_gemm_are_applied(void **state)
{
    struct machinery *m = *state;
    struct error err = {0};
    struct check_result r;
    struct brick *brick = parse_brick("dlb1 Gemm i0:f32:2x100 w:f32:60x100 w:f32:2x60 transB=1 "
                                      "gemm_alpha=0.5 gemm_beta=0.25 > f32:2x60 | out s0");
    if (check_brick(&m->engine, m->kernels, brick->graph, &r, &err))
        fail_msg("%s", err.text);
    if (!r.ok)
        fail_msg("%s: off by %g, tolerance %g", r.implementation, r.worst, r.tolerance);
    brick_free(brick);
}

// Two tensors of 2^38 elements: sizes that a suite or --dim may ask for.
static void check__more_than_the_memory_is_refused(void **state)
{
    struct machinery *m = *state;
    struct error err = {0};
    struct check_result r;
    struct brick *brick =
        parse_brick("dlb1 Relu i0:f32:524288x524288 > f32:524288x524288 | out s0");
    assert_int_equal(check_brick(&m->engine, m->kernels, brick->graph, &r, &err), -1);
    assert_non_null(strstr(err.text, "checking it needs 13194.1 GB of memory; this machine has "));
    brick_free(brick);
}

// A kernel that computes something else: LeakyRelu by the kernel of Relu.
static void check__wrong_kernel_is_found(void **state)
{
    struct machinery *m = *state;
    struct error err = {0};
    struct check_result r;
    struct kernel_set *kernels = kernel_set_new(&m->engine);
    struct brick *relu = parse_brick("dlb1 Relu i0:f32:1000 > f32:1000 | out s0");
    struct brick *leaky = parse_brick("dlb1 LeakyRelu i0:f32:1000 > f32:1000 | out s0");
    const struct kernel *right = kernel_set_get(kernels, relu->graph, &relu->graph->nodes[0], &err);
    const struct kernel *wrong =
        kernel_set_get(kernels, leaky->graph, &leaky->graph->nodes[0], &err);
    assert_non_null(right);
    assert_non_null(wrong);
    struct kernel_op *op = (struct kernel_op *)(uintptr_t)&wrong->ops[0], saved = *op;
    *op = right->ops[0];
    assert_int_equal(check_brick(&m->engine, kernels, leaky->graph, &r, &err), 0);
    assert_false(r.ok);
    assert_true(r.worst > 1e-3);
    *op = saved;
    brick_free(relu);
    brick_free(leaky);
    kernel_set_free(kernels);
}

static void compare__is_relative_to_the_root_mean_square(void **state)
{
    (void)state;
    const float expected[] = {3, -3, 3, -3}, got[] = {3, -3, 3.3f, -3};
    assert_true(fabs(compare_f32(got, expected, 4) - 0.1) < 1e-6);
    assert_true(compare_f32(expected, expected, 4) == 0);
    const float far[] = {1e6f, 1, -1, 2}, rounded[] = {1.001e6f, 1, -1, 2};
    assert_true(fabs(compare_f32(rounded, far, 4) - 1e-3) < 1e-6); // to what is larger than that
}

static void compare__what_is_not_finite_must_be_equal(void **state)
{
    (void)state;
    const float expected[] = {1, INFINITY, NAN}, got[] = {1, INFINITY, NAN};
    const float opposite[] = {1, -INFINITY, NAN}, number[] = {1, INFINITY, 2};
    const float zeros[] = {0, 0}, tiny[] = {0, 1e-30f};
    assert_true(compare_f32(got, expected, 3) == 0);
    assert_true(isinf(compare_f32(opposite, expected, 3)));
    assert_true(isinf(compare_f32(number, expected, 3)));
    assert_true(isinf(compare_f32(expected, number, 3)));
    assert_true(compare_f32(zeros, zeros, 2) == 0);
    assert_true(isinf(compare_f32(tiny, zeros, 2)));
}

static int start(void **state)
{
    static struct machinery m;
    struct error err = {0};
    *state = &m;
    if (engine_init(&m.engine, &(struct engine_options){0}, "test", &err)) {
        print_error("%s\n", err.text);
        return -1;
    }
    m.kernels = kernel_set_new(&m.engine);
    return 0;
}

static int stop(void **state)
{
    struct machinery *m = *state;
    kernel_set_free(m->kernels);
    engine_release(&m->engine);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check__every_operator_agrees_with_the_reference),
        cmocka_unit_test(check__factors_of_gemm_are_applied),
        cmocka_unit_test(check__more_than_the_memory_is_refused),
        cmocka_unit_test(check__wrong_kernel_is_found),
        cmocka_unit_test(compare__is_relative_to_the_root_mean_square),
        cmocka_unit_test(compare__what_is_not_finite_must_be_equal),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
