// Loops along dimensions: reductions over any of them, and along one axis the place of the largest,
// the k largest, and running sums.
#ifndef RUNNER_LOOPS_REDUCE_H
#define RUNNER_LOOPS_REDUCE_H

#include "runner/loops.h"

enum reduce {
#define REDUCE(name, ...) REDUCE_##name,
#include "runner/reduce.def"
#undef REDUCE
    N_REDUCES
};

// What is made of a sum in the end; as many elements are added as `count` says.
enum reduce_finish { FINISH_none, FINISH_mean, FINISH_sqrt, FINISH_log };

// Folds n elements into accumulators, which begin anew if `first`: all into one, or each into its
// own (`across`; their stride is 1 then).
typedef void reduce_fold(void *acc, const void *src, int64_t stride, int64_t n, bool across,
                         bool first);

// NULL if there is none for this type.
reduce_fold *reduce_fold_of(enum reduce reduce, enum type type, enum loop_isa isa);

// src dst. One nest over the dimensions that stay, of src and dst, and one over those that vanish,
// of src alone.
struct loop_reduce {
    struct loop_nest kept, gone;
    enum type type;
    reduce_fold *fold;
    enum reduce_finish finish;
    int64_t count;
};
extern const struct loop loop_reduce;

// The loops along an axis take tensors of [outer][n][inner], of the types of loop_lines_take.
struct loop_lines {
    enum type type;
    int64_t outer, n, inner;
    bool largest;   // arg, top: or the smallest
    bool last;      // arg: of equals the last
    int64_t k;      // top
    bool exclusive; // running sum: without the element itself
    bool reverse;   // running sum: from the end
};
bool loop_lines_take(enum type type);

extern const struct loop loop_arg; // src dst: dst is s64 [outer][inner]
extern const struct loop loop_top; // src values indices (s64): both [outer][k][inner], best first
extern const struct loop loop_running_sum; // src dst

#endif
