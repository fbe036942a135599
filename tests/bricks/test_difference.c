#include "tests/test.h"

#include "bricks/difference.h"

static const char conv[] = "dlb1 Conv i0:f32:1x64x56x56:last w:f32:64x64x3x3 w:f32:64 strides=1,1 "
                           "pads=1,1,1,1 group=1 > f32:1x64x56x56:last | out s0";

static const struct {
    const char *text, *other, *difference;
} cases[] = {
    {conv, conv, ""},
    {conv,
     "dlb1 Conv i0:f32:1x64x56x56:last w:f32:64x64x3x3 w:f32:64 strides=2,2 pads=1,1,1,1 group=1 > "
     "f32:1x64x28x28:last | out s0",
     "strides 1,1, not 2,2; dst0 f32:1x64x56x56:last, not f32:1x64x28x28:last"},
    {"dlb1 Relu i0:f32:8 > f32:8 | out s0", "dlb1 Tanh i0:f32:8 > f32:8 | out s0",
     "op Relu, not Tanh"},
    {"dlb1 Relu i0:f32:8 > f32:8 | out s0", "dlb1 Relu i0:f32:8 inplace > f32:8 | out s0",
     "inplace none, not inplace"},
    {"dlb1 Conv i0:f32:8 +Relu > f32:8 | out s0",
     "dlb1 Conv i0:f32:8 +Add=i1:f32:8 +Relu > f32:8 | out s0",
     "+0 +Relu, not +Add=i1:f32:8; +1 none, not +Relu"},
    {"dlb1 Relu i0:f32:8 > f32:8 | Tanh s0:f32:8 > f32:8 | out s1",
     "dlb1 Relu i0:f32:8 > f32:8 | out s0",
     "step1.op Tanh, not none; step1.src0 s0:f32:8, not none; step1.dst0 f32:8, not none; "
     "out s1, not s0"},
    {"dlb1 Relu i0:f32:8 > f32:8 | out s0", "", // not whole: still no reading beyond the end
     "op Relu, not none; src0 i0:f32:8, not none; dst0 f32:8, not none; out s0, not none"},
};

static void difference__names_each_field_and_both_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct str out = STR_INIT;
        text_difference(cases[i].text, cases[i].other, &out);
        assert_string_equal(out.text, cases[i].difference);
        str_release(&out);
    }
}

static double distance(const char *text, const char *other)
{
    struct text_ruler *ruler = text_ruler_new(text);
    double first = text_distance(ruler, other, INFINITY);
    double again = text_distance(ruler, other, first / 2);
    assert_true(again <= first && again >= first / 2);
    text_ruler_free(ruler);
    return first;
}

static void distance__is_zero_for_equal_texts_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        double there = distance(cases[i].text, cases[i].other);
        assert_true(*cases[i].difference ? there > 0 : there == 0);
        assert_close(there, distance(cases[i].other, cases[i].text), 1e-9);
    }
}

static bool is_same_operator(const char *text, const char *other)
{
    struct text_ruler *ruler = text_ruler_new(text);
    bool same = text_same_first_operator(ruler, other);
    text_ruler_free(ruler);
    return same;
}

static void distance__another_first_operator_is_at_least_so_far(void **state)
{
    (void)state;
    static const char relu[] = "dlb1 Relu i0:f32:8 > f32:8 | out s0";
    static const struct {
        const char *text;
        bool same;
    } others[] = {{relu, true},
                  {"dlb1 Relu i0:f32:9 > f32:9 | out s0", true},
                  {"dlb1 Relu", true},
                  {"dlb1 Relu6 i0:f32:8 > f32:8 | out s0", false},
                  {"dlb1 Re i0:f32:8 > f32:8 | out s0", false},
                  {"dlb1 Tanh i0:f32:8 > f32:8 | out s0", false},
                  {"", false}};
    for (size_t i = 0; i < N_ELEMENTS(others); i++) {
        assert_int_equal(is_same_operator(relu, others[i].text), others[i].same);
        assert_int_equal(is_same_operator(others[i].text, relu), others[i].same);
        if (!others[i].same)
            assert_true(distance(relu, others[i].text) >= OPERATOR_DISTANCE);
    }
}

// Each text is nearer to the first than the next one.
static void distance__grows_with_what_differs(void **state)
{
    (void)state;
    static const char *const near_to_far[] = {
        "dlb1 Relu i0:f32:1x64 > f32:1x64 | out s0",
        "dlb1 Relu i0:f32:1x65 > f32:1x65 | out s0",
        "dlb1 Relu i0:f32:1x128 > f32:1x128 | out s0",
        "dlb1 Relu i0:f32:2x128 > f32:2x128 | out s0",
        "dlb1 Relu i0:u8:2x128 > u8:2x128 | out s0",
        "dlb1 Relu i0:u8:2x128:last inplace > u8:2x128:last | out s0",
        "dlb1 Tanh i0:f32:1x64 > f32:1x64 | out s0",
        "dlb1 Tanh i0:f32:1x64 > f32:1x64 | Relu s0:f32:1x64 > f32:1x64 | out s1",
    };
    for (size_t i = 2; i < N_ELEMENTS(near_to_far); i++)
        assert_true(distance(near_to_far[0], near_to_far[i - 1]) <
                    distance(near_to_far[0], near_to_far[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(difference__names_each_field_and_both_values),
        cmocka_unit_test(distance__is_zero_for_equal_texts_only),
        cmocka_unit_test(distance__another_first_operator_is_at_least_so_far),
        cmocka_unit_test(distance__grows_with_what_differs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
