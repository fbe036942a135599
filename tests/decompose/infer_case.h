// Cases of shape inference: a graph of ONNX nodes as text without its `out y`, and what its nodes
// are afterwards, as node_text says it, or why it was refused or given up.
#ifndef TESTS_INFER_CASE_H
#define TESTS_INFER_CASE_H

#include "decompose/decompose.h"
#include "tests/decompose/graph_text.h"

struct infer_case {
    const char *graph, *expected;
};

// The nodes, separated by " | ".
void check_inferred(const struct infer_case *cases, size_t n);

// The whole message with which inference fails.
void check_refused(const struct infer_case *cases, size_t n);

// OPERATOR: REASON of the first node that cannot be modelled.
void check_given_up(const struct infer_case *cases, size_t n);

#endif
