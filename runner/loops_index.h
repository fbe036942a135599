// Loops that read or write where indices say. Indices count from the end where they are negative;
// what is outside is taken to the nearest valid place, as data must not lead anywhere else.
#ifndef RUNNER_LOOPS_INDEX_H
#define RUNNER_LOOPS_INDEX_H

#include "runner/loops.h"

// data indices dst: dst[o][i] = data[o][indices[i]], blocks of bytes.
struct loop_gather {
    enum type index_type; // s32 or s64, here and below
    int64_t outer, n;
    int64_t extent; // of the dimension that is gathered from
    size_t block_bytes;
};
extern const struct loop loop_gather;

// A tuple of indices says which block is meant. `outer` tensors stand behind each other.
struct loop_tuples {
    enum type index_type;
    int64_t outer, n;                             // tuples of each
    int depth;                                    // indices of a tuple
    int64_t extents[MAX_RANK], strides[MAX_RANK]; // strides in blocks
    int64_t blocks;                               // of data, of each outer one
    size_t block_bytes;
};

// data indices dst: dst[o][i] = data[o][tuple i of o].
extern const struct loop loop_gather_nd; // Params: struct loop_tuples.

// data indices dst. The nest runs over these three; data's stride along the axis is 0 in it.
struct loop_gather_elements {
    struct loop_nest nest;
    enum type index_type;
    int64_t extent, stride; // of data along the axis, in elements
    size_t item_bytes;
};
extern const struct loop loop_gather_elements;

// How an update changes what it meets.
enum loop_update { UPDATE_none, UPDATE_add, UPDATE_mul, UPDATE_max, UPDATE_min };

// indices updates dst: dst[tuple i] becomes updates[i]. dst holds the data already.
struct loop_scatter_nd {
    struct loop_tuples to; // of one outer one
    enum loop_update update;
    enum type type;
};
extern const struct loop loop_scatter_nd;

// indices updates dst. The nest runs over indices, updates and dst, whose stride along the axis is
// 0 in it. dst holds the data already.
struct loop_scatter_elements {
    struct loop_nest nest;
    enum type index_type, type;
    enum loop_update update;
    int64_t extent, stride; // of dst along the axis, in elements
};
extern const struct loop loop_scatter_elements;

// indices values dst: dst[outer][depth][inner] is values[0], but values[1] at the indices
// [outer][inner]; an index outside marks nothing.
struct loop_one_hot {
    enum type index_type; // or f32
    int64_t outer, depth, inner;
    size_t item_bytes;
    float usual[2]; // values, if those are NULL
};
extern const struct loop loop_one_hot;

// src lengths dst, [time][batch][inner] with any strides: the first lengths[batch] elements of each
// line along time in reverse order, then the others as they are.
struct loop_reverse {
    enum type index_type;
    int64_t time, batch, time_stride, batch_stride; // in elements
    struct loop_nest rest;                          // the other dimensions
    size_t item_bytes;
};
extern const struct loop loop_reverse;

// src dst: of matrices, what lies on and above, or on and below, diagonal k; the rest is 0.
struct loop_trilu {
    int64_t matrices, rows, columns;
    int64_t k;
    bool upper;
    size_t item_bytes;
};
extern const struct loop loop_trilu;

#endif
