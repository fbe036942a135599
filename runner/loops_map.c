#include "runner/loops_map.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "runner/loops_half.h"

// ---- the functions of map.def --------------------------------------------------------------

// The C library has these for vectors, too (glibc 2.35: libmvec), but declares them so only to
// code that is compiled with -ffast-math.
#if defined __GLIBC__ && defined __x86_64__ && defined __GNUC__ && !defined __clang__
#define VECTORISED(name)                                                                           \
    __attribute__((simd("notinbranch"))) float name##f(float);                                     \
    __attribute__((simd("notinbranch"))) double name(double);
VECTORISED(exp)
VECTORISED(expm1)
VECTORISED(log)
VECTORISED(log1p)
VECTORISED(erf)
VECTORISED(sin)
VECTORISED(cos)
VECTORISED(tan)
VECTORISED(asin)
VECTORISED(acos)
VECTORISED(atan)
VECTORISED(sinh)
VECTORISED(cosh)
VECTORISED(tanh)
VECTORISED(asinh)
VECTORISED(acosh)
VECTORISED(atanh)
__attribute__((simd("notinbranch"))) float powf(float, float);
__attribute__((simd("notinbranch"))) double pow(double, double);
#endif

#define MAXIMUM(x, y) ((x) > (y) ? (x) : (y))
#define MINIMUM(x, y) ((x) < (y) ? (x) : (y))
// Of bounds the wrong way round the largest wins, as ONNX's Clip has it.
#define CLAMP(x, least, most)                                                                      \
    ((most) < (least) || (x) > (most) ? (most) : (x) < (least) ? (least) : (x))
#define SOFTPLUS(x) (MAXIMUM(x, 0) + F(log1p)(F(exp)(-F(fabs)(x))))
#define WRAP(x, operator, y) ((int64_t)((uint64_t)(x) operator(uint64_t)(y)))

// A bound that no whole number reaches is the largest or smallest one.
LOOP_INLINE int64_t map_whole(double x)
{
    return x >= 0x1p63 ? INT64_MAX : x <= -0x1p63 ? INT64_MIN : (int64_t)x;
}

// Quotients are those of C: rounded towards zero. What cannot be divided gives 0.
LOOP_INLINE int64_t map_quotient(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? WRAP(0, -, a) : a / b;
}

// The remainder has the sign of the dividend, the modulo that of the divisor.
LOOP_INLINE int64_t map_remainder(int64_t a, int64_t b)
{
    return b == 0 || b == -1 ? 0 : a % b;
}

LOOP_INLINE int64_t map_modulo(int64_t a, int64_t b)
{
    int64_t r = map_remainder(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

// The modulo of a division by b that leaves r. Rounded to a float it is that of floats, too.
LOOP_INLINE double map_real_modulo(double r, double b)
{
    if (r == 0)
        return copysign(r, b);
    return (r < 0) != (b < 0) ? r + b : r;
}

LOOP_INLINE int64_t map_power(int64_t a, int64_t b)
{
    uint64_t power = 1, square = (uint64_t)a;
    if (b < 0)
        return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
    for (; b > 0; b /= 2, square *= square)
        power *= b % 2 ? square : 1;
    return (int64_t)power;
}

// By more places than there are, or a negative number of them, all bits are shifted out.
LOOP_INLINE int64_t map_shift_left(int64_t a, int64_t n)
{
    return n < 0 || n >= 64 ? 0 : (int64_t)((uint64_t)a << n);
}

LOOP_INLINE int64_t map_shift_right(int64_t a, int64_t n)
{
    return a >> (n < 0 || n >= 64 ? 63 : n);
}

#define READ_1 const NUMBER a = x[i]
#define READ_2 READ_1, b = y[i]
#define READ_3 READ_2, c = z[i]
#define SOURCES_1 const NUMBER *x = src[0]
#define SOURCES_2 SOURCES_1, *y = src[1]
#define SOURCES_3 SOURCES_2, *z = src[2]

#define BLOCK_VERSION(id, sources, attributes, function)                                           \
    attributes static void id(void *dst, const void *const *src, int64_t n,                        \
                              const double *parameters)                                            \
    {                                                                                              \
        const NUMBER alpha = PARAMETER(parameters[0]), beta = PARAMETER(parameters[1]);            \
        NUMBER *to = dst;                                                                          \
        SOURCES_##sources;                                                                         \
        (void)alpha, (void)beta;                                                                   \
        _Pragma("omp simd") for (int64_t i = 0; i < n; i++)                                        \
        {                                                                                          \
            READ_##sources;                                                                        \
            to[i] = (NUMBER)(function);                                                            \
        }                                                                                          \
    }
#define BLOCK(name, number, sources, function)                                                     \
    BLOCK_VERSION(name##_##number##_sse2, sources, , function)                                     \
    BLOCK_VERSION(name##_##number##_avx2, sources, LOOP_TARGET_avx2, function)                     \
    BLOCK_VERSION(name##_##number##_avx512, sources, LOOP_TARGET_avx512, function)
#define BLOCK_none(...)

#define REAL_real BLOCK
#define REAL_both BLOCK
#define REAL_integer BLOCK_none
#define INTEGER_real BLOCK_none
#define INTEGER_both BLOCK
#define INTEGER_integer BLOCK

#define PARAMETER(x) (NUMBER)(x)
#define NUMBER float
#define LARGEST FLT_MAX
#define F(name) name##f
#define MAP(name, sources, numbers, real, integer) REAL_##numbers(name, f32, sources, real)
#include "runner/map.def"
#undef MAP
#undef F
#undef LARGEST
#undef NUMBER

#define NUMBER double
#define LARGEST DBL_MAX
#define F(name) name
#define MAP(name, sources, numbers, real, integer) REAL_##numbers(name, f64, sources, real)
#include "runner/map.def"
#undef MAP
#undef F
#undef LARGEST
#undef NUMBER
#undef PARAMETER

#define PARAMETER(x) map_whole(x)
#define NUMBER int64_t
#define MAP(name, sources, numbers, real, integer) INTEGER_##numbers(name, s64, sources, integer)
#include "runner/map.def"
#undef MAP
#undef NUMBER

#define VERSIONS(name, number)                                                                     \
    [MAP_##number] = {name##_##number##_sse2, name##_##number##_avx2, name##_##number##_avx512}
#define BLOCKS_real(name) VERSIONS(name, f32), VERSIONS(name, f64)
#define BLOCKS_integer(name) VERSIONS(name, s64)
#define BLOCKS_both(name) BLOCKS_real(name), BLOCKS_integer(name)

static const struct map_info infos[N_MAPS] = {
#define MAP(id, n, numbers, real, integer)                                                         \
    [MAP_##id] = {.name = "loop_" #id, .sources = n, .block = {BLOCKS_##numbers(id)}},
#include "runner/map.def"
#undef MAP
};

const struct map_info *map_info(enum map map)
{
    return &infos[map];
}

int map_of_op(enum op op)
{
    static const int maps[N_OPS] = {
#define MAP(name, ...) [OP_##name] = MAP_##name + 1,
#define MAP_PART(...)
#include "runner/map.def"
#undef MAP
    };
    return maps[op] - 1;
}

// ---- blocks --------------------------------------------------------------------------------

enum { BLOCK_SIZE = 256 };

union block {
    float f32[BLOCK_SIZE];
    double f64[BLOCK_SIZE];
    int64_t s64[BLOCK_SIZE];
};

// Types, the number that a stored element e is, and what a number x becomes when it is stored as
// one. Reals become small integers by way of a larger one, which takes the lowest bits as ONNX
// Runtime does.
#define MAP_TYPES(X)                                                                               \
    X(f32, float, e, (float)x)                                                                     \
    X(f64, double, e, (double)x)                                                                   \
    X(s64, int64_t, e, (int64_t)x)                                                                 \
    X(s32, int32_t, e, (int32_t)x)                                                                 \
    X(s8, int8_t, e, (int8_t)(int32_t)x)                                                           \
    X(u8, uint8_t, e, (uint8_t)(int32_t)x)                                                         \
    X(boolean, uint8_t, e, (uint8_t)(x != 0))                                                      \
    X(f16, uint16_t, float_of_half(e), half_of_float((float)x))                                    \
    X(bf16, uint16_t, float_of_bfloat(e), bfloat_of_float((float)x))

bool map_takes(enum type type)
{
    switch (type) {
#define X(name, ...) case TYPE_##name:
        MAP_TYPES(X)
#undef X
        return true;
    default:
        return false;
    }
}

#define LOAD_CASE(name, ctype, number, store)                                                      \
    case TYPE_##name:                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const ctype e = ((const ctype *)from)[at + i * stride];                                \
            to[i] = (NUMBER)(number);                                                              \
        }                                                                                          \
        break;
#define STORE_CASE(name, ctype, number, store)                                                     \
    case TYPE_##name:                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                          \
            const NUMBER x = from[i];                                                              \
            ((ctype *)to)[at + i] = store;                                                         \
        }                                                                                          \
        break;
#define TRANSFERS(number)                                                                          \
    LOOP_INLINE void load_##number(NUMBER *restrict to, const void *from, enum type type,          \
                                   int64_t at, int64_t stride, int64_t n)                          \
    {                                                                                              \
        switch (type) {                                                                            \
            MAP_TYPES(LOAD_CASE)                                                                   \
        default:                                                                                   \
            BUG("a source of type %s", type_name(type));                                           \
        }                                                                                          \
    }                                                                                              \
    LOOP_INLINE void store_##number(void *to, const NUMBER *restrict from, enum type type,         \
                                    int64_t at, int64_t n)                                         \
    {                                                                                              \
        switch (type) {                                                                            \
            MAP_TYPES(STORE_CASE)                                                                  \
        default:                                                                                   \
            BUG("a result of type %s", type_name(type));                                           \
        }                                                                                          \
    }

#define NUMBER float
TRANSFERS(f32)
#undef NUMBER
#define NUMBER double
TRANSFERS(f64)
#undef NUMBER
#define NUMBER int64_t
TRANSFERS(s64)
#undef NUMBER

static const enum type own_type[N_MAP_NUMBERS] = {
    [MAP_f32] = TYPE_f32, [MAP_f64] = TYPE_f64, [MAP_s64] = TYPE_s64};

LOOP_INLINE void load_block(const struct loop_map *m, union block *room, const void *from, int k,
                            int64_t at, int64_t stride, int64_t n)
{
    if (m->number == MAP_f32)
        load_f32(room->f32, from, m->types[k], at, stride, n);
    else if (m->number == MAP_f64)
        load_f64(room->f64, from, m->types[k], at, stride, n);
    else
        load_s64(room->s64, from, m->types[k], at, stride, n);
}

LOOP_INLINE void store_block(const struct loop_map *m, void *to, const union block *room,
                             int64_t at, int64_t n)
{
    enum type type = m->types[m->nest.n - 1];
    if (m->number == MAP_f32)
        store_f32(to, room->f32, type, at, n);
    else if (m->number == MAP_f64)
        store_f64(to, room->f64, type, at, n);
    else
        store_s64(to, room->s64, type, at, n);
}

// ---- the loop ------------------------------------------------------------------------------

// One source while the loop runs: `single` is where the room's element was read that stands for a
// whole row.
struct map_source {
    int64_t single;
    union block room;
};

// n numbers of source k from element `at` on, where they lie or in the room.
LOOP_INLINE const void *map_read(const struct loop_map *m, struct map_source *s, const void *from,
                                 int k, int64_t at, int64_t n)
{
    int64_t stride = m->nest.strides[k][m->nest.rank - 1];
    if (stride == 1 && m->types[k] == own_type[m->number])
        return (const char *)from + (size_t)at * type_bytes(m->types[k]);
    if (stride != 0) {
        load_block(m, &s->room, from, k, at, stride, n);
    } else if (s->single != at) {
        load_block(m, &s->room, from, k, at, 0, BLOCK_SIZE);
        s->single = at;
    }
    return &s->room;
}

LOOP_INLINE void map_row(const struct loop_map *m, struct map_source *sources, void *const *args,
                         const int64_t *offset, int64_t n)
{
    const int n_src = m->nest.n - 1;
    const bool own = m->types[n_src] == own_type[m->number];
    union block result;
    for (int64_t done = 0; done < n; done += BLOCK_SIZE) {
        int64_t left = MINIMUM(n - done, BLOCK_SIZE), at = offset[n_src] + done;
        const void *src[MAP_SOURCES] = {NULL};
        for (int k = 0; k < n_src; k++)
            src[k] = map_read(m, &sources[k], args[k], k,
                              offset[k] + done * m->nest.strides[k][m->nest.rank - 1], left);
        if (own) {
            m->block((char *)args[n_src] + (size_t)at * type_bytes(m->types[n_src]), src, left,
                     m->parameters);
            continue;
        }
        m->block(&result, src, left, m->parameters);
        store_block(m, args[n_src], &result, at, left);
    }
}

LOOP_INLINE void loop_map_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_map *m = params;
    struct map_source sources[MAP_SOURCES];
    for (int k = 0; k < MAP_SOURCES; k++)
        sources[k].single = -1;
    FOR_ROWS(r, &m->nest, thread, threads)
    {
        int64_t offset[LOOP_TENSORS];
        for (int t = 0; t < m->nest.n; t++)
            offset[t] = row_offset(&m->nest, t, &r);
        map_row(m, sources, args, offset, r.n);
    }
}
LOOP_DEFINE(loop_map)
