#include "runner/probe_loops.h"

#include <string.h>

// One version of the loops for vectors of `bytes` bytes, compiled for `target_isa`. Not sanitized:
// gcc 14 aligns the frame of a sanitized function too little for 64-byte vectors that are spilled.
#define LOOPS(suffix, bytes, target_isa)                                                           \
    typedef float vector_##suffix __attribute__((vector_size(bytes), aligned(4)));                 \
                                                                                                   \
    __attribute__((target(target_isa), no_sanitize_address)) static float fma_##suffix(long n)     \
    {                                                                                              \
        vector_##suffix acc[PROBE_FMA_VECTORS], a = {0}, b = {0};                                  \
        a += 0.999f;                                                                               \
        b += 0.001f;                                                                               \
        for (int k = 0; k < PROBE_FMA_VECTORS; k++)                                                \
            acc[k] = b * (float)(k + 1);                                                           \
        for (long i = 0; i < n; i++) {                                                             \
            _Pragma("GCC unroll 12") for (int k = 0; k < PROBE_FMA_VECTORS; k++)                   \
            {                                                                                      \
                acc[k] = acc[k] * a + b;                                                           \
                __asm__ volatile("" : "+x"(acc[k])); /* keeps the work as it is written */         \
            }                                                                                      \
        }                                                                                          \
        for (int k = 1; k < PROBE_FMA_VECTORS; k++)                                                \
            acc[0] += acc[k];                                                                      \
        return acc[0][0];                                                                          \
    }                                                                                              \
                                                                                                   \
    __attribute__((target(target_isa), no_sanitize_address)) static float read_##suffix(           \
        const float *x, size_t n)                                                                  \
    {                                                                                              \
        vector_##suffix acc[8] = {{0}};                                                            \
        enum { LANES = bytes / sizeof(float) };                                                    \
        for (size_t i = 0; i < n; i += 8 * LANES) {                                                \
            _Pragma("GCC unroll 8") for (size_t k = 0; k < 8; k++) acc[k] +=                       \
                *(const vector_##suffix *)(const void *)(x + i + k * LANES);                       \
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
