// The exponential function in operations that every instruction set has for vectors.
#ifndef RUNNER_LOOPS_EXP_H
#define RUNNER_LOOPS_EXP_H

#include <stdint.h>
#include <string.h>

#include "runner/loops_isa.h"

// For x <= 0, to two roundings; 0 below the smallest normal number. x = n log 2 + r with |r| <=
// log(2) / 2, exp(r) by its series to the 7th power.
LOOP_INLINE float loop_exp(float x)
{
    const float least = -87.3f, shift = 12582912; // 1.5 * 2^23: rounds to an integer when added
    float clamped = x > least ? x : least;
    float n = clamped * 1.44269504f + shift - shift;
    float r = clamped - n * 0.693359375f + n * 2.12194440e-4f;
    float series = 1.0f / 5040;
    series = series * r + 1.0f / 720;
    series = series * r + 1.0f / 120;
    series = series * r + 1.0f / 24;
    series = series * r + 1.0f / 6;
    series = series * r + 0.5f;
    series = series * r * r + r + 1;
    int32_t bits = ((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return x > least ? series * power : 0;
}

#endif
