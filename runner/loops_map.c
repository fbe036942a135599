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

// One number may be repeated more often than asked for: by vectors.
enum { BLOCK_SIZE = 512, VECTOR_SIZE = 16 };

union block {
    float f32[BLOCK_SIZE + VECTOR_SIZE];
    double f64[BLOCK_SIZE + VECTOR_SIZE];
    int64_t s64[BLOCK_SIZE + VECTOR_SIZE];
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
    LOOP_INLINE void repeat_##number(NUMBER *to, NUMBER x, int64_t n)                              \
    {                                                                                              \
        for (int64_t i = 0; i < n; i += VECTOR_SIZE)                                               \
            for (int j = 0; j < VECTOR_SIZE; j++)                                                  \
                to[i + j] = x;                                                                     \
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

LOOP_INLINE void copy_f32(float *to, const float *from, int64_t n)
{
    int64_t i = 0;
    for (; i + VECTOR_SIZE <= n; i += VECTOR_SIZE)
        memcpy(to + i, from + i, VECTOR_SIZE * sizeof *to);
    for (; i < n; i++)
        to[i] = from[i];
}

static const enum type own_type[N_MAP_NUMBERS] = {
    [MAP_f32] = TYPE_f32, [MAP_f64] = TYPE_f64, [MAP_s64] = TYPE_s64};

// Reads n numbers from element `at` of source k, in steps of `stride`, into the room from number
// `first` on.
LOOP_INLINE void load_block(const struct loop_map *m, union block *room, int64_t first,
                            const void *from, int k, int64_t at, int64_t stride, int64_t n)
{
    const enum type type = m->types[k];
    const int64_t read = stride == 0 ? 1 : n;
    if (m->number == MAP_f32)
        load_f32(room->f32 + first, from, type, at, stride, read);
    else if (m->number == MAP_f64)
        load_f64(room->f64 + first, from, type, at, stride, read);
    else
        load_s64(room->s64 + first, from, type, at, stride, read);
    if (stride == 0 && m->number == MAP_f32)
        repeat_f32(room->f32 + first, room->f32[first], n);
    else if (stride == 0) // f64 and s64 are of one size
        repeat_s64(room->s64 + first, room->s64[first], n);
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

// Rows shorter than this are computed several at a time.
enum { SHORT_ROW = BLOCK_SIZE / 2 };

// One thread's way through the nest, row by row of the innermost dimension.
struct map_walk {
    int64_t at, end;          // elements in the nest's order, which is that of the result's bytes
    int64_t begin;            // place in the row
    int64_t index[LOOP_RANK]; // of the row
    int64_t offset[LOOP_TENSORS]; // of the row's first element in each tensor
};

LOOP_INLINE void walk_begin(struct map_walk *w, const struct loop_nest *nest, int thread,
                            int threads)
{
    struct part part = loop_part(dims_count(nest->dims, 0, nest->rank), thread, threads);
    int64_t row = part.from / nest->dims[nest->rank - 1];
    w->at = part.from;
    w->end = part.to;
    w->begin = part.from % nest->dims[nest->rank - 1];
    for (int t = 0; t < nest->n; t++)
        w->offset[t] = 0;
    for (int i = nest->rank - 2; i >= 0; i--) {
        w->index[i] = row % nest->dims[i];
        row /= nest->dims[i];
        for (int t = 0; t < nest->n; t++)
            w->offset[t] += w->index[i] * nest->strides[t][i];
    }
}

LOOP_INLINE void walk_next_row(struct map_walk *w, const struct loop_nest *nest)
{
    w->begin = 0;
    for (int i = nest->rank - 2; i >= 0; i--) {
        bool ends = ++w->index[i] == nest->dims[i];
        for (int t = 0; t < nest->n; t++)
            w->offset[t] += nest->strides[t][i] * (ends ? 1 - nest->dims[i] : 1);
        if (!ends)
            return;
        w->index[i] = 0;
    }
}

LOOP_INLINE void walk_on(struct map_walk *w, const struct loop_nest *nest, int64_t n)
{
    w->at += n;
    w->begin += n;
    if (w->begin == nest->dims[nest->rank - 1])
        walk_next_row(w, nest);
}

// Passes whole rows along the next dimension, but not its last one.
LOOP_INLINE void walk_skip(struct map_walk *w, const struct loop_nest *nest, int64_t rows)
{
    if (rows == 0)
        return;
    w->at += rows * nest->dims[nest->rank - 1];
    w->index[nest->rank - 2] += rows;
    for (int t = 0; t < nest->n; t++)
        w->offset[t] += rows * nest->strides[t][nest->rank - 2];
}

LOOP_INLINE int64_t row_left(const struct map_walk *w, const struct loop_nest *nest)
{
    return MINIMUM(nest->dims[nest->rank - 1] - w->begin, w->end - w->at);
}

// One source while the loop runs: its numbers of a block, where they lie or in the room. `single`
// is where the element was read that fills the room, else -1.
struct map_source {
    const void *numbers;
    int64_t single;
    bool dense; // lies as the result does, as floats, doubles or 64-bit integers
    union block room;
};

LOOP_INLINE bool is_dense(const struct loop_map *m, int k)
{
    const struct loop_nest *nest = &m->nest;
    for (int i = 0; i < nest->rank; i++)
        if (nest->strides[k][i] != nest->strides[nest->n - 1][i])
            return false;
    return m->types[k] == own_type[m->number];
}

LOOP_INLINE const void *element_at(const struct loop_map *m, const void *from, int k, int64_t at)
{
    return (const char *)from + (size_t)at * type_bytes(m->types[k]);
}

// n numbers of one row of source k.
LOOP_INLINE void read_row(const struct loop_map *m, struct map_source *s, const void *from, int k,
                          const struct map_walk *w, int64_t n)
{
    int64_t stride = m->nest.strides[k][m->nest.rank - 1];
    int64_t at = w->offset[k] + w->begin * stride;
    s->numbers = &s->room;
    if (stride == 1 && m->types[k] == own_type[m->number]) {
        s->numbers = element_at(m, from, k, at);
    } else if (stride != 0) {
        load_block(m, &s->room, 0, from, k, at, stride, n);
    } else if (s->single != at) {
        load_block(m, &s->room, 0, from, k, at, 0, BLOCK_SIZE);
        s->single = at;
    }
}

// n numbers of each of some rows of source k into its room from number `first` on.
LOOP_INLINE void load_rows(const struct loop_map *m, struct map_source *s, int64_t first,
                           const void *from, int k, const struct map_walk *w, int64_t rows,
                           int64_t n)
{
    const struct loop_nest *nest = &m->nest;
    const int64_t stride = nest->strides[k][nest->rank - 1];
    const int64_t next = nest->rank > 1 ? nest->strides[k][nest->rank - 2] : 0;
    const int64_t at = w->offset[k] + w->begin * stride;
    const float *src = from;
    if (m->types[k] != TYPE_f32 || m->number != MAP_f32 || stride > 1)
        for (int64_t row = 0; row < rows; row++)
            load_block(m, &s->room, first + row * n, from, k, at + row * next, stride, n);
    else if (stride == 0) // factors of rows
        for (int64_t row = 0; row < rows; row++)
            repeat_f32(s->room.f32 + first + row * n, src[at + row * next], n);
    else // factors of channels
        for (int64_t row = 0; row < rows; row++)
            copy_f32(s->room.f32 + first + row * n, src + at + row * next, n);
}

// How many whole rows along the next dimension a block has room for; 1 if the first one is none.
LOOP_INLINE int64_t rows_that_fit(const struct map_walk *w, const struct loop_nest *nest,
                                  int64_t room)
{
    const int64_t inner = nest->dims[nest->rank - 1];
    if (nest->rank == 1 || w->begin > 0 || w->end - w->at < inner)
        return 1;
    int64_t rows = nest->dims[nest->rank - 2] - w->index[nest->rank - 2];
    rows = MINIMUM(rows, (w->end - w->at) / inner);
    return MINIMUM(rows, room / inner);
}

// Reads as many short rows as a block holds; returns the elements.
LOOP_INLINE int64_t read_rows(const struct loop_map *m, struct map_source *sources,
                              void *const *args, struct map_walk *w)
{
    const struct loop_nest *nest = &m->nest;
    int64_t read = 0;
    for (int k = 0; k < nest->n - 1; k++)
        sources[k].numbers =
            sources[k].dense ? element_at(m, args[k], k, w->at) : (const void *)&sources[k].room;
    while (w->at < w->end && read + row_left(w, nest) <= BLOCK_SIZE) {
        int64_t n = row_left(w, nest), rows = rows_that_fit(w, nest, BLOCK_SIZE - read);
        for (int k = 0; k < nest->n - 1; k++)
            if (!sources[k].dense)
                load_rows(m, &sources[k], read, args[k], k, w, rows, n);
        walk_skip(w, nest, rows - 1);
        walk_on(w, nest, n);
        read += rows * n;
    }
    return read;
}

// Reads a part of a long row.
LOOP_INLINE int64_t read_piece(const struct loop_map *m, struct map_source *sources,
                               void *const *args, struct map_walk *w)
{
    int64_t left = row_left(w, &m->nest), n = MINIMUM(left, BLOCK_SIZE);
    for (int k = 0; k < m->nest.n - 1; k++)
        read_row(m, &sources[k], args[k], k, w, n);
    walk_on(w, &m->nest, n);
    return n;
}

// Results pass from one function to the next in the nearest cache; only the last one's are written
// to the result.
LOOP_INLINE void map_compute(const struct loop_map *m, const struct map_source *sources, void *dst,
                             int64_t at, int64_t n)
{
    const int to = m->nest.n - 1;
    const bool own = m->types[to] == own_type[m->number];
    union block between;
    const void *src[MAP_SOURCES] = {NULL};
    for (int k = 0; k < m->sources; k++)
        src[k] = sources[k].numbers;
    for (int i = 0; i < m->n_stages; i++) {
        const struct map_stage *stage = &m->stages[i];
        bool last = i == m->n_stages - 1;
        void *out =
            last && own ? (char *)dst + (size_t)at * type_bytes(m->types[to]) : (void *)&between;
        if (i > 0) {
            src[0] = &between;
            src[1] = sources[stage->operand].numbers;
        }
        stage->block(out, src, n, stage->parameters);
    }
    if (!own)
        store_block(m, dst, &between, at, n);
}

LOOP_INLINE void loop_map_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_map *m = params;
    const bool is_short = m->nest.dims[m->nest.rank - 1] < SHORT_ROW;
    struct map_source sources[LOOP_TENSORS - 1];
    struct map_walk w;
    for (int k = 0; k < m->nest.n - 1; k++) {
        sources[k].single = -1;
        sources[k].dense = is_dense(m, k);
    }
    for (walk_begin(&w, &m->nest, thread, threads); w.at < w.end;) {
        int64_t at = w.at;
        int64_t n = is_short ? read_rows(m, sources, args, &w) : read_piece(m, sources, args, &w);
        map_compute(m, sources, args[m->nest.n - 1], at, n);
    }
}
LOOP_DEFINE(loop_map)
