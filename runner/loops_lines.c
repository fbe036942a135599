// Loops along an axis.
#include "base/error.h"
#include "runner/loops_isa.h"
#include "runner/loops_reduce.h"

enum { N_LINES = 64 }; // side by side, so that what lies together is read together

// Where line number `line` begins in a tensor of n elements per line.
LOOP_INLINE int64_t line_begin(const struct loop_lines *p, int64_t line, int64_t n)
{
    return line / p->inner * n * p->inner + line % p->inner;
}

#define ITEM float
#define SUM float
#define OF(name) name##_f32
#include "runner/lines_of_type.h"
#undef OF
#undef SUM
#undef ITEM

#define ITEM double
#define SUM double
#define OF(name) name##_f64
#include "runner/lines_of_type.h"
#undef OF
#undef SUM
#undef ITEM

#define SUM uint64_t // wraps around
#define ITEM int64_t
#define OF(name) name##_s64
#include "runner/lines_of_type.h"
#undef OF
#undef ITEM

#define ITEM int32_t
#define OF(name) name##_s32
#include "runner/lines_of_type.h"
#undef OF
#undef ITEM

#define ITEM int8_t
#define OF(name) name##_s8
#include "runner/lines_of_type.h"
#undef OF
#undef ITEM

#define ITEM uint8_t
#define OF(name) name##_u8
#include "runner/lines_of_type.h"
#undef OF
#undef ITEM
#undef SUM

#define TYPES_OF_LINES(X) X(f32) X(f64) X(s64) X(s32) X(s8) X(u8)

bool loop_lines_take(enum type type)
{
#define X(name) type == TYPE_##name ||
    return TYPES_OF_LINES(X) false;
#undef X
}

// Defines a loop whose threads share out the lines.
#define LINES_CASE(function, name)                                                                 \
    case TYPE_##name:                                                                              \
        function##_##name(p, args, part);                                                          \
        break;
#define LINES_LOOP(id, function)                                                                   \
    LOOP_INLINE void id##_body(const void *params, void *const *args, int thread, int threads)     \
    {                                                                                              \
        const struct loop_lines *p = params;                                                       \
        struct part part = loop_part(p->outer * p->inner, thread, threads);                        \
        switch (p->type) {                                                                         \
            LINES_CASE(function, f32)                                                              \
            LINES_CASE(function, f64)                                                              \
            LINES_CASE(function, s64)                                                              \
            LINES_CASE(function, s32)                                                              \
            LINES_CASE(function, s8)                                                               \
            LINES_CASE(function, u8)                                                               \
        default:                                                                                   \
            BUG("lines of type %s", type_name(p->type));                                           \
        }                                                                                          \
    }                                                                                              \
    LOOP_DEFINE(id)

LINES_LOOP(loop_arg, arg)
LINES_LOOP(loop_top, top)
LINES_LOOP(loop_running_sum, running_sum)
