#include "runner/loops_reduce.h"

#include <math.h>
#include <stdint.h>

#include "base/error.h"
#include "runner/loops_isa.h"

// ---- folding -------------------------------------------------------------------------------

#define WRAP(x, operator, y) ((int64_t)((uint64_t)(x) operator(uint64_t)(y)))

// Folds for one reduction, type and instruction set. Only real numbers need leave to be added in
// another order.
#define FOLD_VERSION(id, attributes, pragma, initial, step)                                        \
    attributes static void id(void *acc, const void *src, int64_t stride, int64_t n, bool across,  \
                              bool first)                                                          \
    {                                                                                              \
        SUM *sums = acc;                                                                           \
        const ITEM *items = src;                                                                   \
        if (across) {                                                                              \
            for (int64_t i = 0; i < n; i++) {                                                      \
                const SUM a = first ? (initial) : sums[i], x = items[i];                           \
                sums[i] = (step);                                                                  \
            }                                                                                      \
            return;                                                                                \
        }                                                                                          \
        SUM a = first ? (initial) : *sums;                                                         \
        pragma for (int64_t i = 0; i < n; i++)                                                     \
        {                                                                                          \
            const SUM x = items[i * stride];                                                       \
            a = (step);                                                                            \
        }                                                                                          \
        *sums = a;                                                                                 \
    }
#define FOLD(id, pragma, initial, step)                                                            \
    FOLD_VERSION(id##_sse2, , pragma, initial, step)                                               \
    FOLD_VERSION(id##_avx2, LOOP_TARGET_avx2, pragma, initial, step)                               \
    FOLD_VERSION(id##_avx512, LOOP_TARGET_avx512, pragma, initial, step)
#define SIMD(operator) SIMD_TEXT(omp simd reduction(operator: a))
#define SIMD_TEXT(text) _Pragma(#text)

#define LEAST -INFINITY
#define MOST INFINITY
#define ITEM float
#define SUM float
#define REDUCE(name, parallel, initial, real, whole) FOLD(name##_f32, SIMD(parallel), initial, real)
#include "runner/reduce.def"
#undef REDUCE
#undef SUM
#undef ITEM

#define ITEM double
#define SUM double
#define REDUCE(name, parallel, initial, real, whole) FOLD(name##_f64, SIMD(parallel), initial, real)
#include "runner/reduce.def"
#undef REDUCE
#undef SUM
#undef ITEM
#undef MOST
#undef LEAST

#define LEAST INT64_MIN
#define MOST INT64_MAX
#define SUM int64_t
#define ITEM int64_t
#define REDUCE(name, parallel, initial, real, whole) FOLD(name##_s64, , initial, whole)
#include "runner/reduce.def"
#undef REDUCE
#undef ITEM

#define ITEM int32_t
#define REDUCE(name, parallel, initial, real, whole) FOLD(name##_s32, , initial, whole)
#include "runner/reduce.def"
#undef REDUCE
#undef ITEM

#define ITEM int8_t
#define REDUCE(name, parallel, initial, real, whole) FOLD(name##_s8, , initial, whole)
#include "runner/reduce.def"
#undef REDUCE
#undef ITEM

#define ITEM uint8_t
#define REDUCE(name, parallel, initial, real, whole) FOLD(name##_u8, , initial, whole)
#include "runner/reduce.def"
#undef REDUCE
#undef ITEM
#undef SUM

#define VERSIONS(name, type)                                                                       \
    {                                                                                              \
        name##_##type##_sse2, name##_##type##_avx2, name##_##type##_avx512                         \
    }

reduce_fold *reduce_fold_of(enum reduce reduce, enum type type, enum loop_isa isa)
{
    static reduce_fold *const folds[N_REDUCES][N_TYPES][N_LOOP_ISAS] = {
#define REDUCE(name, ...)                                                                          \
    [REDUCE_##name] = {[TYPE_f32] = VERSIONS(name, f32),   [TYPE_f64] = VERSIONS(name, f64),       \
                       [TYPE_s64] = VERSIONS(name, s64),   [TYPE_s32] = VERSIONS(name, s32),       \
                       [TYPE_s8] = VERSIONS(name, s8),     [TYPE_u8] = VERSIONS(name, u8),         \
                       [TYPE_boolean] = VERSIONS(name, u8)},
#include "runner/reduce.def"
#undef REDUCE
    };
    return folds[reduce][type][isa];
}

// ---- reduction -----------------------------------------------------------------------------

enum { N_SUMS = 256 };

union sums {
    float f32[N_SUMS];
    double f64[N_SUMS];
    int64_t s64[N_SUMS];
};

LOOP_INLINE double finished(double x, const struct loop_reduce *p)
{
    return p->finish == FINISH_mean   ? x / (double)p->count
           : p->finish == FINISH_sqrt ? sqrt(x)
           : p->finish == FINISH_log  ? log(x)
                                      : x;
}

#define STORE_REAL(name, ctype)                                                                    \
    case TYPE_##name:                                                                              \
        ((ctype *)dst)[at] = (ctype)finished((double)sums->name[i], p);                            \
        break;
#define STORE_WHOLE(name, ctype)                                                                   \
    case TYPE_##name:                                                                              \
        ((ctype *)dst)[at] =                                                                       \
            (ctype)(p->finish == FINISH_none ? sums->s64[i]                                        \
                                             : (int64_t)finished((double)sums->s64[i], p));        \
        break;

LOOP_INLINE void store_sum(const struct loop_reduce *p, void *dst, int64_t at,
                           const union sums *sums, int64_t i)
{
    switch (p->type) {
        STORE_REAL(f32, float)
        STORE_REAL(f64, double)
        STORE_WHOLE(s64, int64_t)
        STORE_WHOLE(s32, int32_t)
        STORE_WHOLE(s8, int8_t)
        STORE_WHOLE(u8, uint8_t)
        STORE_WHOLE(boolean, uint8_t)
    default:
        BUG("a reduction of type %s", type_name(p->type));
    }
}

// Folds everything that vanishes into sums: of n results side by side, or of one.
LOOP_INLINE void fold_all(const struct loop_reduce *p, union sums *sums, const char *src, int64_t n,
                          bool across)
{
    const struct loop_nest *gone = &p->gone;
    const int64_t inner = gone->dims[gone->rank - 1], step = gone->strides[0][gone->rank - 1];
    const int64_t bytes = (int64_t)type_bytes(p->type);
    bool first = true;
    FOR_ROWS(r, gone, 0, 1)
    {
        const char *row = src + row_offset(gone, 0, &r) * bytes;
        if (!across)
            p->fold(sums, row, step, inner, false, first);
        for (int64_t i = 0; across && i < inner; i++)
            p->fold(sums, row + i * step * bytes, 1, n, true, first && i == 0);
        first = false;
    }
}

// Results lie side by side in src, too, and are folded together; or one by one where a result's
// own elements lie closer.
LOOP_INLINE void loop_reduce_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_reduce *p = params;
    const int64_t from = p->kept.strides[0][p->kept.rank - 1];
    const int64_t to = p->kept.strides[1][p->kept.rank - 1];
    const bool across = from == 1 && p->gone.strides[0][p->gone.rank - 1] != 1;
    const int64_t most = across ? N_SUMS : 1, bytes = (int64_t)type_bytes(p->type);
    union sums sums;
    FOR_ROWS(r, &p->kept, thread, threads)
    {
        const char *src = (const char *)args[0] + row_offset(&p->kept, 0, &r) * bytes;
        int64_t dst = row_offset(&p->kept, 1, &r);
        for (int64_t done = 0; done < r.n; done += most) {
            int64_t n = r.n - done < most ? r.n - done : most;
            fold_all(p, &sums, src + done * from * bytes, n, across);
            for (int64_t i = 0; i < n; i++)
                store_sum(p, args[1], dst + (done + i) * to, &sums, i);
        }
    }
}
LOOP_DEFINE(loop_reduce)
