// How a loop gets its three versions: its body is written once, always inlined, and wrapped for
// each instruction set.
#ifndef RUNNER_LOOPS_ISA_H
#define RUNNER_LOOPS_ISA_H

#include "runner/loops.h"

#define LOOP_INLINE static inline __attribute__((always_inline))

#define LOOP_VERSION(id, isa, attributes)                                                          \
    attributes static void id##_##isa(const void *params, void *const *args, int thread,           \
                                      int threads)                                                 \
    {                                                                                              \
        id##_body(params, args, thread, threads);                                                  \
    }

// Defines loop `id` of loops.h from id_body.
#define LOOP_DEFINE(id)                                                                            \
    LOOP_VERSION(id, sse2, )                                                                       \
    LOOP_VERSION(id, avx2, __attribute__((target("avx2,fma"))))                                    \
    LOOP_VERSION(id, avx512,                                                                       \
                 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma,"                   \
                                       "prefer-vector-width=512"))))                               \
    const struct loop id = {#id, {id##_sse2, id##_avx2, id##_avx512}};

// Part of [0, n) that one thread takes.
struct part {
    int64_t from, to;
};

LOOP_INLINE struct part loop_part(int64_t n, int thread, int threads)
{
    return (struct part){n * thread / threads, n * (thread + 1) / threads};
}

#endif
