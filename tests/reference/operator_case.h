// One operator computed by the reference on tensors that are written as text.
#ifndef TESTS_REFERENCE_OPERATOR_CASE_H
#define TESTS_REFERENCE_OPERATOR_CASE_H

enum { CASE_SRCS = 8, CASE_DSTS = 4 };

struct operator_case {
    const char *node; // "Gather axis=1"
    const char
        *src[CASE_SRCS + 1]; // "f32:2x3 1 2 3 4 5 6": the last number is repeated; "-": omitted
    const char *dst[CASE_DSTS + 1]; // the expected results, written in the same way
};

// Computes the case and compares, real numbers to five digits. Fails with the case's text. With
// NULL instead of results it expects that there are none for these contents, a message holding
// `refusal`.
void assert_operator(const struct operator_case *c);
void assert_refused(const struct operator_case *c, const char *refusal);

#endif
