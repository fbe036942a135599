// Loops of our own, for what oneDNN runs only with "ref" or not at all. Every thread of the team
// calls the loop with its number and takes its part of the result. Each loop exists for three
// instruction sets, chosen by the same cap as oneDNN's. ops.def has the version of a loop that
// runs a step as a rule; raise it when its speed changes.
#ifndef RUNNER_LOOPS_H
#define RUNNER_LOOPS_H

#include "bricks/tensor.h"
#include "runner/kernel.h"

enum loop_isa { LOOP_sse2, LOOP_avx2, LOOP_avx512, N_LOOP_ISAS };

enum loop_isa loop_isa_of(const char *onednn_isa); // best that fits oneDNN's name of an ISA
const char *loop_isa_name(enum loop_isa isa);

struct loop {
    const char *name; // "loop_pool"
    kernel_loop *run[N_LOOP_ISAS];
};

// A nest of loops over 2 or 3 tensors, the result last. Dimensions stand in the order of the
// result's bytes, and those that run through all tensors without a break are one.
struct loop_nest {
    int rank, n;
    int64_t dims[MAX_RANK];
    int64_t strides[3][MAX_RANK]; // in elements; 0 where broadcast
    size_t item_bytes;
};
void loop_nest_make(struct loop_nest *nest, int n, int rank, const int64_t *dims,
                    const int64_t strides[][MAX_RANK], size_t item_bytes);
// The same for tensors of one rank that broadcast to the last one.
void loop_nest_broadcast(struct loop_nest *nest, int n, const struct tensor *const *tensors);

// src dst: moves items of 1, 2, 4 or 8 bytes. Params: struct loop_nest.
extern const struct loop loop_copy;

// a b dst, f32. Params: struct loop_nest.
extern const struct loop loop_add, loop_sub, loop_mul, loop_div;

// srcs dst: rows of dst are put together from one piece of each source.
struct loop_concat {
    int n;
    int64_t rows;
    size_t row_bytes;
    size_t piece_bytes[]; // of each source
};
extern const struct loop loop_concat;

// The remaining loops work on f32 with the channels innermost: [n][spatial...][channels]. Absent
// spatial dimensions have extent 1.
struct loop_window {
    int64_t n, in[3], out[3];
    int64_t kernel[3], stride[3], dilation[3], begin[3];
};

// src weights bias dst. Weights are [group][kernel...][ic of group][oc of group]; bias may be NULL.
struct loop_conv {
    struct loop_window w;
    int64_t groups, ic, oc; // channels of one group
};
extern const struct loop loop_conv;

// src dst. Averages divide by the positions inside the source, or inside the source with its
// padding, which ends at `padded_end`.
struct loop_pool {
    struct loop_window w;
    int64_t channels;
    bool max, include_pad;
    int64_t padded_end[3];
};
extern const struct loop loop_pool;

// src dst. Across channels: src / (bias + alpha * sum of squares) ^ beta.
struct loop_lrn {
    int64_t rows, channels;
    int64_t before, after; // neighbours on either side
    float alpha, beta, bias;
};
extern const struct loop loop_lrn;

// src dst. Tensors are [outer][n][inner].
struct loop_softmax {
    int64_t outer, n, inner;
};
extern const struct loop loop_softmax;

// src scale shift mean variance dst. Tensors are [outer][channels][inner].
struct loop_batchnorm {
    int64_t outer, channels, inner;
    float epsilon;
};
extern const struct loop loop_batchnorm;

#endif
