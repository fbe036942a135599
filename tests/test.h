// What every test program includes first: cmocka and what its header needs.
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#undef fail // cmocka's macro; base/error.h has a function of that name
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

// Doubles that may differ by at most `tolerance`; cmocka compares floats only.
#define assert_close(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

#define N_ELEMENTS(array) (sizeof(array) / sizeof *(array))

#endif
