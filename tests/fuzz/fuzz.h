// Fuzz targets: fuzz_<name>.c each define LLVMFuzzerTestOneInput. With clang they are programs of
// libFuzzer (option DLB_FUZZ); with any compiler they are replayed and mutated a little by
// replay.c. make_seeds.c writes what they start from.
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "bricks/graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A file in memory with these contents; valid until the next call.
const char *fuzz_file(const uint8_t *data, size_t size);

// What can be computed and held in a few milliseconds and megabytes.
bool fuzz_is_small(const struct graph *g);

// Runs a graph of steps through the plain code of reference/ on zeros, if it is small: what shape
// inference and the checks of canonical text let pass must not read or write beyond any tensor.
void fuzz_run(struct graph *g);

#endif
