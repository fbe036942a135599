#include "runner/probe_loops.h"

#include <string.h>

// Twelve independent chains hide the latency of the multiply-adds. They are variables, not an
// array, so that they stay in registers.
#define EACH(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define START(k) acc##k = b * (k + 1.0f),
#define STEP(k) acc##k = acc##k * a + b;
#define TOTAL(k) +acc##k

// One version of the loops for vectors of `bytes` bytes, compiled for `target_isa`.
#define LOOPS(suffix, bytes, target_isa)                                                           \
    typedef float vector_##suffix __attribute__((vector_size(bytes)));                             \
    typedef float loaded_##suffix __attribute__((vector_size(bytes), aligned(4), may_alias));      \
                                                                                                   \
    __attribute__((target(target_isa))) static float fma_##suffix(long n)                          \
    {                                                                                              \
        vector_##suffix a = (vector_##suffix){0} + 0.999f, b = (vector_##suffix){0} + 0.001f;      \
        vector_##suffix EACH(START) sum;                                                           \
        for (long i = 0; i < n; i++) {                                                             \
            EACH(STEP)                                                                             \
        }                                                                                          \
        sum = EACH(TOTAL);                                                                         \
        return sum[0];                                                                             \
    }                                                                                              \
                                                                                                   \
    __attribute__((target(target_isa))) static float read_##suffix(const float *x, size_t n)       \
    {                                                                                              \
        vector_##suffix acc[8] = {{0}};                                                            \
        enum { LANES = bytes / sizeof(float) };                                                    \
        for (size_t i = 0; i < n; i += 8 * LANES) {                                                \
            _Pragma("GCC unroll 8") for (size_t k = 0; k < 8; k++) acc[k] +=                       \
                *(const loaded_##suffix *)(x + i + k * LANES);                                     \
        }                                                                                          \
        for (int k = 1; k < 8; k++)                                                                \
            acc[0] += acc[k];                                                                      \
        return acc[0][0];                                                                          \
    }

LOOPS(512, 64, "avx512f,fma")
LOOPS(256, 32, "avx2,fma")
LOOPS(128, 16, "sse2")

static const struct probe_loops versions[] = {
    {"avx512", 16, fma_512, read_512},
    {"avx2", 8, fma_256, read_256},
    {"", 4, fma_128, read_128},
};

const struct probe_loops *probe_loops_for(const char *isa)
{
    const struct probe_loops *v = versions;
    while (strncmp(isa, v->isa, strlen(v->isa)) != 0)
        v++;
    return v;
}
