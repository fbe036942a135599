// The loops that the probe times, one version per vector width.
#ifndef RUNNER_PROBE_LOOPS_H
#define RUNNER_PROBE_LOOPS_H

#include <stddef.h>

struct probe_loops {
    const char *isa; // prefix of the effective ISA's name that this version needs
    int fma_lanes;   // floats per vector
    // n rounds of fused multiply-adds (multiply, then add without FMA) on 12 vectors; returns
    // something that depends on all of them
    float (*fma)(long n);
    float (*read)(const float *x, size_t n); // sum of n floats, n a multiple of 128
};

enum { PROBE_FMA_VECTORS = 12 };

// The version for an effective ISA such as "avx512_core_bf16".
const struct probe_loops *probe_loops_for(const char *isa);

#endif
