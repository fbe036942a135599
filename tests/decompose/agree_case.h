// Cases of whole decompositions whose fused and unfused steps must compute the same as the model's
// own nodes, which the reference tells.
#ifndef TESTS_AGREE_CASE_H
#define TESTS_AGREE_CASE_H

#include "tests/decompose/steps_case.h"

// As check_steps_cases; then weights without contents, and the inputs, get numbers, and the outputs
// are compared.
void check_agreeing_cases(const struct steps_case *cases, size_t n);

// Two graphs with the same inputs, in the same order in front, that compute the same outputs.
struct same_case {
    const char *graph, *spelled_out;
};
void check_same_cases(const struct same_case *cases, size_t n);

#endif
