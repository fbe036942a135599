// 16-bit floats and their widening to f32, without branches, so that loops over them are vectorised
// with any instruction set, and without subnormal f32, which the team's threads flush to zero.
// F. Giesen: float->half variants, https://gist.github.com/rygorous/2156668
#ifndef RUNNER_LOOPS_HALF_H
#define RUNNER_LOOPS_HALF_H

#include <string.h>

#include "runner/loops_isa.h"

LOOP_INLINE float bits_float(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

LOOP_INLINE uint32_t float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

// f16: sign, 5 bits of exponent with bias 15, 10 of fraction; f32: 8 with bias 127, 23.
enum {
    HALF_SHIFT = 23 - 10,
    HALF_LEAST = (127 - 14) << 23,     // bits of 2^-14, the smallest normal f16
    HALF_BEYOND = (127 + 16) << 23,    // bits of 2^16, which no f16 reaches
    HALF_UNIT = (127 - 24 + 23) << 23, // bits of 1/2: its last place is 2^-24, that of f16
    FLOAT_INFINITY = 0xff << 23,
};

LOOP_INLINE float float_of_half(uint16_t half)
{
    const uint32_t size = half & 0x7fffu, sign = (half & 0x8000u) << 16;
    const uint32_t normal = (size << HALF_SHIFT) + ((127u - 15) << 23);
    const uint32_t large = normal + ((128u - 16) << 23); // infinity and NaN
    const uint32_t small = float_bits(bits_float((size << HALF_SHIFT) + HALF_LEAST) -
                                      bits_float(HALF_LEAST)); // 0 and subnormal
    return bits_float(sign | (size < 0x400 ? small : size < 0x7c00 ? normal : large));
}

// Rounded to the nearest, halves to even.
LOOP_INLINE uint16_t half_of_float(float x)
{
    const uint32_t bits = float_bits(x) & 0x7fffffffu, sign = float_bits(x) >> 31 << 15;
    const uint32_t small = float_bits(bits_float(bits) + bits_float(HALF_UNIT)) - HALF_UNIT;
    const uint32_t rounded = bits + 0xfff + (bits >> HALF_SHIFT & 1) - ((127u - 15) << 23);
    const uint32_t large = bits > FLOAT_INFINITY ? 0x7e00 : 0x7c00;
    return (uint16_t)(sign | (bits < HALF_LEAST    ? small
                              : bits < HALF_BEYOND ? rounded >> HALF_SHIFT
                                                   : large));
}

// bf16 is the upper half of f32.
LOOP_INLINE float float_of_bfloat(uint16_t bfloat)
{
    return bits_float((uint32_t)bfloat << 16);
}

LOOP_INLINE uint16_t bfloat_of_float(float x)
{
    const uint32_t bits = float_bits(x), nan = bits >> 16 | 0x40;
    const uint32_t rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffffu) > FLOAT_INFINITY ? nan : rounded);
}

#endif
