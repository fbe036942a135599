#include "tests/test.h"

#include "predict/kind.h"

#define CONV(n, oc, ic, k, group)                                                                  \
    "dlb1 Conv i0:f32:" #n "x64x28x28:last w:f32:" #oc "x" #ic "x" #k "x" #k " w:f32:" #oc         \
    " kernel_shape=" #k "," #k " strides=1,1 pads=0,0,0,0 dilations=1,1 group=" #group             \
    " > f32:" #n "x" #oc "x28x28:last | out s0"

static struct kind kind_of(const char *text)
{
    struct error err = {0};
    struct kind k;
    struct brick *brick = brick_parse(text, &err);
    if (!brick)
        fail_msg("%s", err.text);
    kind_init(&k, brick);
    brick_free(brick);
    return k;
}

static void kind__names_what_runs_through_one_code(void **state)
{
    (void)state;
    static const struct {
        const char *text, *name;
    } cases[] = {
        {CONV(1, 64, 64, 1, 1), "Conv 1x1"},
        {CONV(1, 128, 64, 1, 1), "Conv 1x1"},
        {CONV(1, 64, 1, 1, 64), "Conv depthwise"},
        {CONV(1, 64, 16, 1, 4), "Conv grouped"},
        {"dlb1 Relu i0:f32:1x1000 > f32:1x1000 | out s0", "Relu"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct kind k = kind_of(cases[i].text);
        assert_string_equal(k.name, cases[i].name);
        kind_release(&k);
    }
}

static void family__is_the_same_at_all_batch_sizes(void **state)
{
    (void)state;
    struct kind one = kind_of(CONV(1, 64, 64, 1, 1)), eight = kind_of(CONV(8, 64, 64, 1, 1)),
                other = kind_of(CONV(8, 32, 64, 1, 1));
    assert_string_equal(one.family, eight.family);
    assert_string_not_equal(one.family, other.family);
    assert_close(one.batch, 1, 0);
    assert_close(eight.batch, 8, 0);
    kind_release(&one);
    kind_release(&eight);
    kind_release(&other);
}

// With 64 images the batch size is also the number of channels of the weights.
static void family__leaves_weights_alone(void **state)
{
    (void)state;
    struct kind one = kind_of(CONV(1, 64, 64, 1, 1)), many = kind_of(CONV(64, 64, 64, 1, 1));
    assert_string_equal(one.family, many.family);
    kind_release(&one);
    kind_release(&many);
}

static void roofline__is_the_slower_of_computing_and_moving(void **state)
{
    (void)state;
    struct kind k = {.flops = 1e6, .bytes = 1e6};
    struct probe probe = {.gflops_fma = 100, .gbps_memory = 10, .dispatch_ns = 500};
    assert_close(kind_roofline_ns(&k, 1e9, &probe), 500 + 1e5, 1e-6);
    k.flops = 1e8;
    assert_close(kind_roofline_ns(&k, 1e9, &probe), 500 + 1e6, 1e-6);
}

// Weights come from where the footprint fits, all else from where the brick's own bytes do.
static void roofline__reads_from_the_cache_that_holds_it(void **state)
{
    (void)state;
    struct kind k = {.bytes = 1e6, .parameters = 2e5}; // 8e5 bytes of weights
    struct probe probe = {.gflops_fma = 100,
                          .gbps_memory = 10,
                          .dispatch_ns = 500,
                          .n_levels = 3,
                          .levels = {{1 << 20, 100}, {16 << 20, 50}, {256 << 20, 10}}};
    assert_close(kind_roofline_ns(&k, 1e6, &probe), 500 + 1e4, 1e-6);
    assert_close(kind_roofline_ns(&k, 1.6e7, &probe), 500 + 1.6e4 + 2e3, 1e-6);
    assert_close(kind_roofline_ns(&k, 1e9, &probe), 500 + 8e4 + 2e3, 1e-6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kind__names_what_runs_through_one_code),
        cmocka_unit_test(family__is_the_same_at_all_batch_sizes),
        cmocka_unit_test(family__leaves_weights_alone),
        cmocka_unit_test(roofline__is_the_slower_of_computing_and_moving),
        cmocka_unit_test(roofline__reads_from_the_cache_that_holds_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
