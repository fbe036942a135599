// The engine with the default team, made once for all tests of a program.
#ifndef TESTS_RUNNER_WHOLE_ENGINE_H
#define TESTS_RUNNER_WHOLE_ENGINE_H

#include "runner/kernel.h"

extern struct engine engine;
extern struct kernel_set *kernels;

// Group setup and teardown.
int engine_start(void **state);
int engine_stop(void **state);

#endif
