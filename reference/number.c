#include "reference/number.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

// X(type, how it is stored, value of what is stored, what is stored for a value)
#define NUMBER_TYPES(X)                                                                            \
    X(f32, float, (long double), (float))                                                          \
    X(f64, double, (long double), (double))                                                        \
    X(u8, uint8_t, (long double), (uint8_t)to_integer)                                             \
    X(s8, int8_t, (long double), (int8_t)to_integer)                                               \
    X(s32, int32_t, (long double), (int32_t)to_integer)                                            \
    X(s64, int64_t, (long double), to_integer)                                                     \
    X(boolean, uint8_t, 0 !=, 0 !=)                                                                \
    X(f16, uint16_t, half_to_float, to_half)                                                       \
    X(bf16, uint16_t, bfloat_to_float, to_bfloat)

bool number_type(enum type type)
{
    return type != TYPE_none;
}

bool type_is_real(enum type type)
{
    return type == TYPE_f32 || type == TYPE_f64 || type == TYPE_f16 || type == TYPE_bf16;
}

// Sign, 5 bits of exponent with bias 15, 10 of fraction.
float half_to_float(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 1023;
    float size;
    if (exponent == 31)
        size = fraction ? NAN : INFINITY;
    else if (exponent == 0)
        size = ldexpf((float)fraction, -24);
    else
        size = ldexpf((float)(fraction + 1024), exponent - 25);
    return half & 0x8000 ? -size : size;
}

uint16_t float_to_half(float x)
{
    int exponent, sign = signbit(x) ? 0x8000 : 0;
    if (isnan(x))
        return (uint16_t)(sign | 0x7e00);
    if (fabsf(x) >= 0x1p16f)
        return (uint16_t)(sign | 0x7c00);
    frexpf(x, &exponent); // |x| in [2^(exponent - 1), 2^exponent)
    if (exponent < -13 || x == 0)
        exponent = -13; // subnormal: in units of 2^-24
    int units = (int)rintf(ldexpf(fabsf(x), 11 - exponent));
    // A carry out of the fraction raises the exponent, as it should.
    return (uint16_t)(sign | (((exponent + 13) << 10) + units));
}

float bfloat_to_float(uint16_t bfloat)
{
    uint32_t bits = (uint32_t)bfloat << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

uint16_t float_to_bfloat(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (isnan(x))
        return (uint16_t)(bits >> 16 | 0x40);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static int64_t to_integer(long double x)
{
    if (x != x)
        return 0;
    if (x >= 0x1p63L)
        return INT64_MAX;
    return x < -0x1p63L ? INT64_MIN : (int64_t)x;
}

static uint16_t to_half(long double x)
{
    return float_to_half((float)x);
}

static uint16_t to_bfloat(long double x)
{
    return float_to_bfloat((float)x);
}

long double number_read(enum type type, const void *data, int64_t i)
{
    switch (type) {
#define X(name, ctype, value, stored)                                                              \
    case TYPE_##name: {                                                                            \
        ctype x;                                                                                   \
        memcpy(&x, (const char *)data + (size_t)i * sizeof x, sizeof x);                           \
        return value(x);                                                                           \
    }
        NUMBER_TYPES(X)
#undef X
    default:
        BUG("no number of type %s", type_name(type));
    }
}

void number_write(enum type type, void *data, int64_t i, long double x)
{
    switch (type) {
#define X(name, ctype, value, stored)                                                              \
    case TYPE_##name: {                                                                            \
        ctype y = stored(x);                                                                       \
        memcpy((char *)data + (size_t)i * sizeof y, &y, sizeof y);                                 \
        return;                                                                                    \
    }
        NUMBER_TYPES(X)
#undef X
    default:
        BUG("no number of type %s", type_name(type));
    }
}
