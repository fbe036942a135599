// Half floats in our loops are those of the reference.
#include "tests/test.h"

#include <math.h>

#include "reference/number.h"
#include "runner/loops_half.h"

static bool same(float a, float b)
{
    return (isnan(a) && isnan(b)) || float_bits(a) == float_bits(b);
}

static void half__every_one_widens_exactly(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 1u << 16; bits++) {
        if (!same(float_of_half((uint16_t)bits), half_to_float((uint16_t)bits)))
            fail_msg("f16 %#x", (unsigned)bits);
        if (!same(float_of_bfloat((uint16_t)bits), bfloat_to_float((uint16_t)bits)))
            fail_msg("bf16 %#x", (unsigned)bits);
    }
}

static void check_narrowed(uint32_t bits)
{
    float x = bits_float(bits);
    if (half_of_float(x) != float_to_half(x))
        fail_msg("f16 of %a", (double)x);
    if (bfloat_of_float(x) != float_to_bfloat(x))
        fail_msg("bf16 of %a", (double)x);
}

// Every half float, the middle between it and the next one, and what lies beside both.
static void half__floats_are_rounded_to_the_nearest_even(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 1u << 16; half++) {
        float x = half_to_float((uint16_t)half);
        for (uint32_t k = 0; k < 3 && !isnan(x); k++) {
            check_narrowed(float_bits(x) - 1 + k);
            check_narrowed(float_bits(x) + (1u << 12) - 1 + k);
            check_narrowed((half << 16) + 0x7fff + k);
        }
    }
    static const uint32_t special[] = {0x7f800000, 0xff800000, 0x7fc00000, 1, 0x807fffff};
    for (size_t i = 0; i < N_ELEMENTS(special); i++)
        check_narrowed(special[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half__every_one_widens_exactly),
        cmocka_unit_test(half__floats_are_rounded_to_the_nearest_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
