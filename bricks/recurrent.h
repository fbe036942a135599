// What ONNX says of RNN, GRU and LSTM, for all that check, compute or compile them.
#ifndef BRICKS_RECURRENT_H
#define BRICKS_RECURRENT_H

#include "bricks/graph.h"

enum rnn_source { RNN_x, RNN_w, RNN_r, RNN_b, RNN_lengths, RNN_h, RNN_c, RNN_peephole };
enum rnn_result { RNN_y, RNN_last_h, RNN_last_c };
enum { RNN_DIRECTIONS = 2, RNN_ACTIVATIONS = 3 }; // at most

int rnn_n_gates(enum op op);       // of one direction, in W, R and half of B
int rnn_n_activations(enum op op); // of one direction
int64_t rnn_usual_activation(enum op op, int k);

struct rnn_activation {
    int64_t word;       // WORD_activations_*
    double alpha, beta; // 0 where it has no such number
};

// The activations of each direction: those given, else the usual ones with ONNX's numbers. False if
// there is one that ONNX does not have.
bool rnn_activations(const struct node *n, int n_directions,
                     struct rnn_activation out[RNN_DIRECTIONS][RNN_ACTIVATIONS]);

#endif
