#include "bricks/recurrent.h"

#include <math.h>

int rnn_n_gates(enum op op)
{
    return op == OP_LSTM ? 4 : op == OP_GRU ? 3 : 1;
}

int rnn_n_activations(enum op op)
{
    return op == OP_LSTM ? 3 : op == OP_GRU ? 2 : 1;
}

// ONNX's numbers for activations that do not give their own; NAN where there is no such number.
static const struct {
    float alpha, beta;
} usual[] = {
    [WORD_activations_tanh] = {NAN, NAN},
    [WORD_activations_sigmoid] = {NAN, NAN},
    [WORD_activations_relu] = {NAN, NAN},
    [WORD_activations_leaky_relu] = {0.01f, NAN},
    [WORD_activations_thresholded_relu] = {1, NAN},
    [WORD_activations_elu] = {1, NAN},
    [WORD_activations_hard_sigmoid] = {0.2f, 0.5f},
    [WORD_activations_scaled_tanh] = {1, 1},
    [WORD_activations_affine] = {1, 0},
    [WORD_activations_softsign] = {NAN, NAN},
    [WORD_activations_softplus] = {NAN, NAN},
};

int64_t rnn_usual_activation(enum op op, int k)
{
    return op == OP_RNN || k > 0 ? WORD_activations_tanh : WORD_activations_sigmoid;
}

// The next number of a list, for an activation that has such a number.
static double take_number(const struct node *n, enum attr_key key, int *next, float fallback)
{
    int count;
    const float *numbers = node_floats(n, key, &count);
    if (isnan(fallback))
        return 0;
    int i = (*next)++;
    return (double)(i < count ? numbers[i] : fallback);
}

// Activations of all directions stand in one list, as do their numbers.
bool rnn_activations(const struct node *n, int n_directions,
                     struct rnn_activation out[RNN_DIRECTIONS][RNN_ACTIVATIONS])
{
    int given, each = rnn_n_activations(n->op), alpha = 0, beta = 0;
    const int64_t *words = node_ints(n, ATTR_activations, &given);
    for (int i = 0; i < n_directions * each; i++) {
        int64_t word = i < given ? words[i] : rnn_usual_activation(n->op, i % each);
        if (word < 0 || word >= (int64_t)(sizeof usual / sizeof *usual))
            return false;
        out[i / each][i % each] = (struct rnn_activation){
            .word = word,
            .alpha = take_number(n, ATTR_activation_alpha, &alpha, usual[word].alpha),
            .beta = take_number(n, ATTR_activation_beta, &beta, usual[word].beta),
        };
    }
    return true;
}
