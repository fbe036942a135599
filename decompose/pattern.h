// Patterns: how exporters spell one operator in many, as data. A pattern is an expression in
// prefix notation, built from the macros below:
//
//   T(Mul, X, T(Sigmoid, X))
//
// An operator takes as many operands as ops.def wants at least, in either order if it is
// commutative. A variable stands for one value, wherever it occurs.
#ifndef DECOMPOSE_PATTERN_H
#define DECOMPOSE_PATTERN_H

#include "decompose/fusion.h"

enum pattern_token {
    // Variables that stand for any value.
    X = N_OPS,
    Y,
    Z,
    ONES,
    ZEROS,
    GAMMA,
    BETA,
    // Variables that stand for a constant scalar whose value is known.
    EPSILON,
    FACTOR,
    // Constant scalars of this value.
    MINUS_HALF,
    SIXTH,
    HALF,
    INVERSE_ROOT2,
    ONE,
    TWO,
    THREE,
    CUBIC,       // 0.044715, of GELU by tanh
    ROOT2_BY_PI, // sqrt(2 / pi)
    // Parts.
    EITHER_OF, // the first of two expressions that fits
    TIMES_A, // a constant scalar and an expression: their product, or the quotient by 1 / constant
    NAMED_A, // a variable and the expression that it stands for
    N_VARIABLES = MINUS_HALF - X
};

#define T(op, ...) OP_##op, __VA_ARGS__
#define EITHER(...) EITHER_OF, __VA_ARGS__
#define TIMES(scalar, ...) TIMES_A, scalar, __VA_ARGS__
#define NAMED(variable, ...) NAMED_A, variable, __VA_ARGS__

enum { MAX_MATCHED = 24 };

struct match {
    int value[N_VARIABLES]; // per variable, from X on; NONE where it does not occur
    int n_nodes;
    int nodes[MAX_MATCHED]; // the root first
    int n_edges;
    int edges[2 * MAX_MATCHED]; // values that an operator, a product or a variable stands for
};

// Whether node `root` gives the value of the pattern, and no value inside it is used elsewhere.
bool pattern_match(const struct fusion *f, const short *pattern, int root, struct match *m);

// The value of a variable, and the number of one that stands for a scalar.
int match_value(const struct match *m, enum pattern_token variable);
double match_number(const struct fusion *f, const struct match *m, enum pattern_token variable);

// True if v is a constant of one element whose value is known; fills it in.
bool known_scalar(const struct graph *g, int v, double *x);

#endif
