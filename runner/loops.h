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

enum { LOOP_RANK = 2 * MAX_RANK, LOOP_TENSORS = 3 + MAX_POSTS + 1 };

// A nest of loops over some tensors, the result last. Dimensions stand in the order of the
// result's bytes, and those that run through all tensors without a break are one.
struct loop_nest {
    int rank, n;
    int64_t dims[LOOP_RANK];
    int64_t strides[LOOP_TENSORS][LOOP_RANK]; // in elements; 0 where broadcast
};
void loop_nest_make(struct loop_nest *nest, int n, int rank, const int64_t *dims,
                    const int64_t strides[][LOOP_RANK]);
// The same for tensors of one rank that broadcast to the last one.
void loop_nest_broadcast(struct loop_nest *nest, int n, const struct tensor *const *tensors);

// Where a stretch of the result along one dimension is read: from `offset` on, in steps of
// `stride` (both in elements of the source along all its dimensions). LOOP_FILL: nowhere.
struct loop_piece {
    int64_t begin, offset, stride;
};
enum { LOOP_FILL = -1 };

// Items are of 1, 2, 4 or 8 bytes, or blocks of any size; `fill` is one of them.
// A dimension is one piece with the nest's strides, or has a list of them.
struct loop_copy {
    struct loop_nest nest;
    int64_t offset; // of the source's first element
    size_t item_bytes;
    int n_pieces[LOOP_RANK]; // 0: none but the nest's
    const struct loop_piece *pieces[LOOP_RANK];
    const void *fill;
};
// src dst
extern const struct loop loop_copy;

// srcs dst, src dsts: rows of the whole are put together from one piece of each part, or taken
// apart. A part that is not wanted is NULL.
struct loop_parts {
    int n;
    int64_t rows;
    size_t row_bytes;
    size_t piece_bytes[]; // of each part
};
extern const struct loop loop_concat, loop_split;

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

// The same with the window laid over dst: a transposed convolution.
extern const struct loop loop_conv_transpose;

// src dst. The largest; the p-norm if p > 0; else the average. Averages divide by the positions
// inside the source, or inside the source with its padding, which ends at `padded_end`.
struct loop_pool {
    struct loop_window w;
    int64_t channels;
    bool max, include_pad;
    int p;
    int64_t padded_end[3];
};
extern const struct loop loop_pool;

// src indices: s64, where in a row-major source the largest element of each window lies, or in one
// whose spatial dimensions stand the other way round. indices are [n][channels][out...], or
// channels-last.
struct loop_pool_indices {
    struct loop_window w;
    int64_t channels;
    bool reversed, last;
};
extern const struct loop loop_pool_indices;

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
    bool log;
    bool blind_zero; // where inner is 1: a line of -INFINITY only becomes 0, not NaN
};
extern const struct loop loop_softmax;

// src dst. Tensors are [outer][n][inner]; the p-norm, p 1 or 2, of every line becomes 1.
struct loop_lpnorm {
    int64_t outer, n, inner;
    int p;
};
extern const struct loop loop_lpnorm;

// src scale shift mean factor dst. Tensors are [rows][n], scale and shift [n], mean and factor
// [rows]; all but scale may be NULL. Divides by the root of the mean square, of the distances from
// the mean if centred; factor is what is multiplied with.
struct loop_layernorm {
    int64_t rows, n;
    bool centred;
    float epsilon;
};
extern const struct loop loop_layernorm;

// What a loop does to the numbers it has computed while they are near; block NULL: nothing.
struct loop_then {
    void (*block)(void *dst, const void *const *src, int64_t n, const double *parameters);
    double parameters[2];
};

// Three loops one after the other: src sums; src scale shift sums; src sums dst. Tensors are
// [n][pixels][channels], sums [n][slice][2][channels]. There is one scale and shift per channel or
// per group.
enum { LOOP_SLICES = 64 };
struct loop_groupnorm {
    int64_t n, pixels, channels, groups, parameters;
    float epsilon;
    struct loop_then then;
};
extern const struct loop loop_group_sums, loop_group_factors, loop_scale_channels;

// scale shift mean variance sums, of which those of slice 0 are all there are: what
// loop_group_factors gives, of statistics that are known.
extern const struct loop loop_batch_factors;

// scores: [n][queries][keys]. What a query must not see becomes -infinity: query i sees keys
// i + ahead - back to i + ahead.
struct loop_causal {
    int64_t n, queries, keys;
    int64_t ahead, back;
};
extern const struct loop loop_causal;

// src scale shift mean variance dst. Tensors are [outer][channels][inner].
struct loop_batchnorm {
    int64_t outer, channels, inner;
    float epsilon;
};
extern const struct loop loop_batchnorm;

// src dst. Gates of a recurrent network, [rows][n_from][items], become [rows][n_to][items]: each
// is one of the old ones or the sum of two (the second NONE: of one).
enum { LOOP_GATES = 4 };
struct loop_gates {
    int64_t rows, items;
    int n_from, n_to;
    int from[LOOP_GATES][2];
};
extern const struct loop loop_gates;

// a b dst: OpenBLAS' product of row-major matrices [m, k] and [k, n], or [n, k] if transposed, each
// thread one part of the result. Only where OpenBLAS leaves the threads to us.
struct loop_gemm {
    int64_t m, n, k;
    bool transposed;
};
extern const struct loop loop_gemm_blas;
bool loop_gemm_exists(void);

// a b bias dst: a row [k] times the transpose of a row-major matrix [n, k]; bias [n] may be NULL.
struct loop_dot {
    int64_t n, k;
};
extern const struct loop loop_dot;

// a b c: of each batch, a row [k] times a matrix [k][n].
struct loop_row_products {
    int64_t batches, k, n;
};
extern const struct loop loop_row_products;

// dst. Params: size_t, its bytes, which become 0.
extern const struct loop loop_zero;

#endif
