// What writer.c and the tests that run it agree on.
#ifndef TESTS_FAULTS_WRITER_H
#define TESTS_FAULTS_WRITER_H

#include <stdio.h>

// Samples of a brick that nobody measures again.
enum { ENOUGH_SAMPLES = 3, MAX_BRICK_TEXT = 96 };

static inline void brick_text_of(int number, char out[MAX_BRICK_TEXT])
{
    snprintf(out, MAX_BRICK_TEXT, "dlb1 Relu i0:f32:1x%d > f32:1x%d | out s0", number + 8,
             number + 8);
}

#endif
