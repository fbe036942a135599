// Single steps as canonical text, run and compared with the reference.
#ifndef TESTS_RUNNER_STEP_CASE_H
#define TESTS_RUNNER_STEP_CASE_H

#include <stddef.h>

// Text of the step, without "dlb1 " in front and " | out s0" behind, and a part of the
// implementation's name that must (or, after '!', must not) be there; NULL if any will do.
struct step_case {
    const char *text, *implementation;
};

// Fails if a step cannot be run, is wrong, or took what it must not.
void check_steps(const struct step_case *steps, size_t n);

// Fail if the text cannot be parsed; the caller frees the brick. A whole canonical text, and one of
// a single step as above.
struct brick *parse_brick(const char *text);
struct brick *parse_step(const char *step);

#endif
