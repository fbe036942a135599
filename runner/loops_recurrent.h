// The recurrent part of RNN, GRU and LSTM as ONNX defines them, with all that oneDNN's primitives
// lack: any activations, clipping, coupled gates, sequences of different lengths. Every thread
// takes whole sequences; what depends on the sequence's own elements alone is there before.
#ifndef RUNNER_LOOPS_RECURRENT_H
#define RUNNER_LOOPS_RECURRENT_H

#include "bricks/recurrent.h"
#include "runner/loops_map.h"

enum recurrent_cell { RECURRENT_rnn, RECURRENT_gru, RECURRENT_linear_gru, RECURRENT_lstm };

struct loop_activation {
    map_block *block;
    double parameters[MAP_PARAMETERS];
};

// Gates stand in ONNX's order: LSTM input, output, forget, cell; GRU update, reset, hidden.
struct loop_recurrent {
    enum recurrent_cell cell;
    int64_t steps, batch, hidden, directions, gates;
    bool reverse; // the first direction runs from the end
    bool batch_first, coupled;
    float clip;                                                // of what activations take; 0: none
    struct loop_activation f[RNN_DIRECTIONS][RNN_ACTIVATIONS]; // per direction
};

// x [steps][batch][directions][gates * hidden] (or batch first), weights [directions][hidden]
// [gates * hidden], then bias, lengths (s32), states, memories and peepholes as in ONNX, each of
// which may be NULL; results as in ONNX, NULL where not wanted; and room for `recurrent_room`.
enum {
    RECURRENT_x,
    RECURRENT_weights,
    RECURRENT_bias,
    RECURRENT_lengths,
    RECURRENT_state,
    RECURRENT_memory,
    RECURRENT_peepholes,
    RECURRENT_dst,
    RECURRENT_last_state,
    RECURRENT_last_memory,
    RECURRENT_room,
    RECURRENT_ARGS
};
extern const struct loop loop_recurrent;

// The loop is fast if the columns of its products, the gates' units, are a multiple of so many.
enum { RECURRENT_COLUMNS = 16 };

size_t recurrent_room(const struct loop_recurrent *p); // bytes

#endif
