// Checks a brick: compiled kernels against the reference on the same random data.
#ifndef RUNNER_CHECK_H
#define RUNNER_CHECK_H

#include "runner/program.h"

struct check_result {
    double worst;     // see compare_f32; of live outputs
    double tolerance; // what rounding may explain; worst must not exceed it
    bool ok;
    char implementation[256]; // of every step, joined by " + "
};

// Compares `got` with `expected`, both f32 of n elements: the largest difference relative to the
// root mean square of expected, or to the element where that is larger, as in quotients by numbers
// near 0 (infinite if either is not finite where the other is).
double compare_f32(const float *got, const float *expected, size_t n);

// Compiles an indexed brick, runs it and the reference on the same seeded data. Returns 0 with
// *result filled whether or not it is ok; fails if the brick cannot be compiled, has no
// reference, or is larger than this machine's memory.
int check_brick(const struct engine *engine, struct kernel_set *kernels, const struct graph *brick,
                struct check_result *result, struct error *err);

#endif
