// Implementations by wish, and which there are to be wished for.
#include "tests/test.h"

#include "bricks/brick.h"
#include "runner/check.h"
#include "tests/runner/step_case.h"
#include "tests/runner/whole_engine.h"

static const char *const steps[] = {
    "Conv i0:f32:1x16x14x14:last w:f32:32x16x3x3 w:f32:32 kernel_shape=3,3 strides=1,1 "
    "pads=1,1,1,1 dilations=1,1 group=1 +Relu > f32:1x32x14x14:last",
    "Conv i0:f32:1x32x9x9:last w:f32:32x1x3x3 w:f32:32 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "
    "dilations=1,1 group=32 +Clip > f32:1x32x9x9:last",
    "Conv i0:f32:1x32x14x14:last w:f32:64x32x1x1 w:f32:64 kernel_shape=1,1 strides=1,1 "
    "pads=0,0,0,0 dilations=1,1 group=1 +Add=i1:f32:1x64x14x14:last +Relu > f32:1x64x14x14:last",
    "Conv i0:f32:1x32x14x14:last w:f32:64x32x1x1 w:f32:64 kernel_shape=1,1 strides=1,1 "
    "pads=0,0,0,0 dilations=1,1 group=1 +Sum=i1:f32:1x64x14x14:last +Relu > f32:1x64x14x14:last",
    "Conv i0:f32:2x12x9x9:last w:f32:18x4x3x3 w:f32:18 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 "
    "dilations=1,1 group=3 +Add=i1:f32:2x18x9x9:last +Mul=i2:f32:1x18x1x1:last > f32:2x18x9x9:last",
    "ConvTranspose i0:f32:1x16x7x7:last w:f32:16x8x2x2 w:f32:8 kernel_shape=2,2 strides=2,2 "
    "pads=0,0,0,0 dilations=1,1 group=1 > f32:1x8x14x14:last",
    "Gemm i0:f32:1x256 w:f32:40x256 w:f32:40 transA=0 transB=1 > f32:1x40",
    "Gemm i0:f32:1x256 w:f32:256x40 w:f32:40 transA=0 transB=0 +Relu > f32:1x40",
    "Gemm i0:f32:33x20 w:f32:20x10 i1:f32:33x1 transA=0 transB=0 +Relu > f32:33x10",
    "MatMul i0:f32:2x3x6 w:f32:6x50 +Add=i1:f32:50 > f32:2x3x50",
    "MatMul i0:f32:7x64 i1:f32:64x100 +Gelu > f32:7x100",
    "Add i0:f32:1x8x5x5:last i1:f32:1x8x5x5:last inplace +Relu > f32:1x8x5x5:last",
    "Transpose i0:s64:2x3x4 perm=2,0,1 > s64:4x2x3",
    "Softmax i0:f32:2x100 axis=1 > f32:2x100",
    "Gemm i0:f32:1x704 w:f32:3001x704 w:f32:3001 transA=0 transB=1 +Relu > f32:1x3001",
};

static struct kernel *make(const struct brick *brick, const char *wish)
{
    struct error err = {0};
    struct kernel *k = kernel_make(&engine, brick->graph, &brick->graph->nodes[0], wish, &err);
    if (!k)
        fail_msg("%s: %s", brick->text, err.text);
    return k;
}

static void list(const struct brick *brick, struct kernel_names *names)
{
    kernel_alternatives(&engine, brick->graph, &brick->graph->nodes[0], names);
}

static void assert_same_results(const struct brick *brick, const char *wish)
{
    struct error err = {0};
    struct check_result r = {0};
    struct kernel_set *wished = kernel_set_new(&engine);
    kernel_set_wish(wished, brick->graph, &brick->graph->nodes[0], wish);
    int status = check_brick(&engine, wished, brick->graph, &r, &err);
    if (status || !r.ok || strcmp(r.implementation, wish) != 0)
        fail_msg("%s with %s: off by %g with %s %s", brick->text, wish, r.worst, r.implementation,
                 err.text);
    kernel_set_free(wished);
}

static void alternatives__give_the_results_of_the_reference(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
        struct brick *brick = parse_step(steps[i]);
        struct kernel_names names;
        list(brick, &names);
        for (int k = 0; k < names.n; k++)
            assert_same_results(brick, names.name[k]);
        brick_free(brick);
    }
}

static void alternatives__are_other_names_than_the_rules_and_never_ref(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
        struct brick *brick = parse_step(steps[i]);
        struct kernel *rule = make(brick, NULL);
        struct kernel_names names;
        list(brick, &names);
        for (int k = 0; k < names.n; k++) {
            assert_string_not_equal(names.name[k], rule->implementation);
            assert_null(strstr(names.name[k], "ref"));
            for (int j = 0; j < k; j++)
                assert_string_not_equal(names.name[k], names.name[j]);
        }
        kernel_free(rule);
        brick_free(brick);
    }
}

static bool offers(const char *step, const char *part)
{
    struct brick *brick = parse_step(step);
    struct kernel_names names;
    bool found = false;
    list(brick, &names);
    for (int k = 0; k < names.n; k++)
        found = found || strstr(names.name[k], part);
    brick_free(brick);
    return found;
}

static void alternatives__of_what_is_offered(void **state)
{
    (void)state;
    assert_true(offers(steps[0], "gemm:"));
    assert_true(offers(steps[6], "openblas"));
    assert_true(offers(steps[7], "openblas"));
    assert_false(offers(steps[0], "openblas"));
}

static void rule__tiny_steps_run_on_one_thread_and_may_have_the_team(void **state)
{
    (void)state;
    struct brick *tiny = parse_step(steps[12]), *large = parse_step(steps[0]);
    struct kernel *k = make(tiny, NULL), *other = make(large, NULL);
    assert_int_equal(k->alone, engine.threads > 1);
    assert_int_equal(strncmp(k->implementation, "alone:", 6) == 0, engine.threads > 1);
    assert_int_equal(offers(steps[12], ""), engine.threads > 1);
    assert_false(offers(steps[12], "alone"));
    assert_false(other->alone);
    kernel_free(k);
    kernel_free(other);
    brick_free(tiny);
    brick_free(large);
}

static bool runs(const char *step, const char *part)
{
    struct brick *brick = parse_step(step);
    struct kernel *rule = make(brick, NULL);
    bool found = strstr(rule->implementation, part);
    kernel_free(rule);
    brick_free(brick);
    return found;
}

static void rule__few_channels_are_convolved_directly(void **state)
{
    (void)state;
    static const struct {
        int64_t ic, dilation;
        bool direct;
    } cases[] = {{32, 1, false}, {16, 1, false}, {16, 2, true}, {8, 1, true}, {3, 1, true}};
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char text[256];
        int d = (int)cases[i].dilation, ic = (int)cases[i].ic;
        snprintf(
            text, sizeof text,
            "Conv i0:f32:1x%dx30x40:last w:f32:16x%dx3x3 w:f32:16 kernel_shape=3,3 strides=1,1 "
            "pads=%d,%d,%d,%d dilations=%d,%d group=1 > f32:1x16x30x40:last",
            ic, ic, d, d, d, d, d, d);
        if (i == 0 && !runs(text, "brgconv"))
            skip(); // this CPU's convolutions are all direct
        assert_int_equal(runs(text, "jit:"), cases[i].direct);
        assert_int_equal(offers(text, "brgconv"), cases[i].direct);
    }
}

static void wish__is_honoured_and_marked(void **state)
{
    (void)state;
    struct brick *brick = parse_step(steps[0]);
    struct kernel *rule = make(brick, NULL);
    struct kernel_names names;
    list(brick, &names);
    assert_true(names.n > 0);
    struct kernel *same = make(brick, rule->implementation), *other = make(brick, names.name[0]);
    assert_false(rule->chosen);
    assert_false(same->chosen);
    assert_string_equal(same->implementation, rule->implementation);
    assert_true(other->chosen);
    assert_string_equal(other->implementation, names.name[0]);
    kernel_free(rule);
    kernel_free(same);
    kernel_free(other);
    brick_free(brick);
}

static void wish__that_is_not_to_be_had_gives_the_rule(void **state)
{
    (void)state;
    static const char *const wishes[] = {
        "brgconv:sparc",  "",        "alone:", "alone:brgconv:sparc",
        "openblas:sparc", "ref:any", "+",      "openblas"};
    for (size_t i = 0; i < N_ELEMENTS(steps); i++) {
        struct brick *brick = parse_step(steps[i]);
        struct kernel *rule = make(brick, NULL);
        for (size_t w = 0; w < N_ELEMENTS(wishes); w++) {
            struct kernel *k = make(brick, wishes[w]);
            assert_string_equal(k->implementation, rule->implementation);
            assert_false(k->chosen);
            assert_int_equal(k->alone, rule->alone);
            kernel_free(k);
        }
        kernel_free(rule);
        brick_free(brick);
    }
}

// The set knows steps by their text: floats that are not in it, and the place in a larger graph,
// make no difference.
static void set__wishes_hold_for_all_steps_of_one_text(void **state)
{
    (void)state;
    struct brick *alone = parse_step(steps[0]);
    struct brick *inside = brick_parse(
        "dlb1 Relu i0:f32:1x16x14x14:last > f32:1x16x14x14:last | Conv s0:f32:1x16x14x14:last "
        "w:f32:32x16x3x3 w:f32:32 kernel_shape=3,3 strides=1,1 pads=1,1,1,1 dilations=1,1 group=1 "
        "+Relu > f32:1x32x14x14:last | out s1",
        NULL);
    struct kernel_names names;
    struct kernel_set *set = kernel_set_new(&engine);
    list(alone, &names);
    kernel_set_wish(set, alone->graph, &alone->graph->nodes[0], names.name[0]);
    kernel_set_wish(set, alone->graph, &alone->graph->nodes[0], "another");
    const struct kernel *k = kernel_set_get(set, inside->graph, &inside->graph->nodes[1], NULL);
    assert_string_equal(k->implementation, names.name[0]);
    k = kernel_set_get(set, inside->graph, &inside->graph->nodes[0], NULL);
    assert_false(k->chosen);
    kernel_set_free(set);
    brick_free(alone);
    brick_free(inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alternatives__give_the_results_of_the_reference),
        cmocka_unit_test(alternatives__are_other_names_than_the_rules_and_never_ref),
        cmocka_unit_test(alternatives__of_what_is_offered),
        cmocka_unit_test(rule__tiny_steps_run_on_one_thread_and_may_have_the_team),
        cmocka_unit_test(rule__few_channels_are_convolved_directly),
        cmocka_unit_test(wish__is_honoured_and_marked),
        cmocka_unit_test(wish__that_is_not_to_be_had_gives_the_rule),
        cmocka_unit_test(set__wishes_hold_for_all_steps_of_one_text),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
