// Cases of whole decompositions: a graph of ONNX nodes as text, and its steps as text.
#ifndef TESTS_STEPS_CASE_H
#define TESTS_STEPS_CASE_H

#include "decompose/decompose.h"
#include "tests/decompose/graph_text.h"

struct steps_case {
    const char *graph, *steps;
};

// The steps of a graph given as text; fails the test if there are none. The caller frees.
struct graph *steps_from_text(const char *text, bool no_fusion);

void check_steps_cases(const struct steps_case *cases, size_t n);

// That each text is refused with exactly this message (in place of the steps).
void check_refusals(const struct steps_case *cases, size_t n);

#endif
