// Numbers of any element type. long double holds every value of every type exactly, the integers
// of 64 bits too, so that one function computes for all of them.
#ifndef REFERENCE_NUMBER_H
#define REFERENCE_NUMBER_H

#include "bricks/tensor.h"

// False only for TYPE_none, which has no numbers.
bool number_type(enum type type);
// f32, f64, f16, bf16.
bool type_is_real(enum type type);

// Element i of dense contents, which may lie at any address. A boolean is 0 or 1.
long double number_read(enum type type, const void *data, int64_t i);

// Rounds to the nearest value of a real type. An integer is cut towards zero and keeps its lowest
// bits where it does not fit; a boolean becomes whether x is other than 0.
void number_write(enum type type, void *data, int64_t i, long double x);

// The storage types of half the size.
float half_to_float(uint16_t half);
uint16_t float_to_half(float x); // to nearest, ties to even
float bfloat_to_float(uint16_t bfloat);
uint16_t float_to_bfloat(float x);

#endif
