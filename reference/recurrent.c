// Reference of RNN, GRU and LSTM: every direction and sequence on its own, step by step.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/recurrent.h"
#include "reference/kernels.h"

// One direction. Gates stand one after the other in W, R and B: of LSTM input, output, forget and
// cell; of GRU update, reset and hidden.
struct recurrent {
    const struct reference_step *s;
    const struct operand *w, *r, *b, *lengths, *h, *c, *peepholes; // all but w and r may be NULL
    int64_t steps, batch, input, hidden;
    int n_gates, direction, n_directions;
    bool reverse, batch_first;
    double clip; // 0: none
    struct rnn_activation f[RNN_ACTIVATIONS];
};

// Of one sequence at one time. x and h are those parts of the gates.
struct cell {
    double *x, *h; // [n_gates, hidden]: X W^T + Wb and H R^T + Rb
    double *state, *memory;
};

static double clipped(const struct recurrent *r, double x)
{
    return r->clip > 0 ? fmax(-r->clip, fmin(r->clip, x)) : x;
}

static double apply(const struct recurrent *r, int which, double number)
{
    static const enum op ops[] = {
        [WORD_activations_tanh] = OP_Tanh,
        [WORD_activations_sigmoid] = OP_Sigmoid,
        [WORD_activations_relu] = OP_Relu,
        [WORD_activations_leaky_relu] = OP_LeakyRelu,
        [WORD_activations_thresholded_relu] = OP_ThresholdedRelu,
        [WORD_activations_elu] = OP_Elu,
        [WORD_activations_hard_sigmoid] = OP_HardSigmoid,
        [WORD_activations_softsign] = OP_Softsign,
        [WORD_activations_softplus] = OP_Softplus,
    };
    const struct rnn_activation *f = &r->f[which];
    double x = clipped(r, number);
    if (f->word == WORD_activations_affine)
        return f->alpha * x + f->beta;
    if (f->word == WORD_activations_scaled_tanh)
        return f->alpha * tanh(f->beta * x);
    return (double)reference_apply_unary(ops[f->word], (long double)x, f->alpha, f->beta);
}

static void step_rnn(const struct recurrent *r, struct cell *cell)
{
    for (int64_t i = 0; i < r->hidden; i++)
        cell->state[i] = apply(r, 0, cell->x[i] + cell->h[i]);
}

// Peephole of gate 0 to 2 (input, output, forget) at element i.
static double peephole(const struct recurrent *r, int gate, int64_t i)
{
    int64_t at[] = {r->direction, gate * r->hidden + i};
    return r->peepholes ? (double)operand_at(r->peepholes, at) : 0;
}

enum { LSTM_GATES = 4 };

static void step_lstm(const struct recurrent *r, struct cell *cell)
{
    int64_t n = r->hidden;
    bool coupled = node_int(r->s->node, ATTR_input_forget, 0) != 0;
    for (int64_t i = 0; i < n; i++) {
        double *c = &cell->memory[i], gate[LSTM_GATES];
        for (int k = 0; k < LSTM_GATES; k++)
            gate[k] = cell->x[k * n + i] + cell->h[k * n + i];
        double forget = apply(r, 0, gate[2] + peephole(r, 2, i) * *c);
        double input = coupled ? 1 - forget : apply(r, 0, gate[0] + peephole(r, 0, i) * *c);
        *c = forget * *c + input * apply(r, 1, gate[3]);
        double output = apply(r, 0, gate[1] + peephole(r, 1, i) * *c);
        cell->state[i] = output * apply(r, 2, *c);
    }
}

// Part of the hidden gate that comes from the state.
static double hidden_part(const struct recurrent *r, const struct cell *cell, const double *reset,
                          int64_t i)
{
    int64_t n = r->hidden, at[] = {r->direction, 2 * n + i, 0};
    if (node_int(r->s->node, ATTR_linear_before_reset, 0))
        return reset[i] * cell->h[2 * n + i];
    double sum = r->b ? (double)operand_at(r->b, (const int64_t[]){r->direction, 5 * n + i}) : 0;
    for (at[2] = 0; at[2] < n; at[2]++)
        sum += reset[at[2]] * cell->state[at[2]] * (double)operand_at(r->r, at);
    return sum;
}

static void step_gru(const struct recurrent *r, struct cell *cell)
{
    int64_t n = r->hidden;
    double *reset = xcalloc((size_t)n * 2, sizeof *reset), *next = reset + n;
    for (int64_t i = 0; i < n; i++)
        reset[i] = apply(r, 0, cell->x[n + i] + cell->h[n + i]);
    for (int64_t i = 0; i < n; i++) {
        double update = apply(r, 0, cell->x[i] + cell->h[i]);
        double hidden = apply(r, 1, cell->x[2 * n + i] + hidden_part(r, cell, reset, i));
        next[i] = (1 - update) * hidden + update * cell->state[i];
    }
    memcpy(cell->state, next, (size_t)n * sizeof *next);
    free(reset);
}

// x = X W^T + Wb at one time, h = H R^T + Rb.
static void fill_gates(const struct recurrent *r, struct cell *cell, int64_t time, int64_t sequence)
{
    const struct operand *x = &r->s->src[RNN_x];
    struct tensor t = {.type = TYPE_f64, .rank = 1, .dims = {r->hidden}};
    struct operand state = {(const char *)cell->state, &t, {1}};
    int64_t at[] = {r->batch_first ? sequence : time, r->batch_first ? time : sequence, 0};
    int64_t n = r->n_gates * r->hidden;
    for (int64_t i = 0; i < n; i++) {
        int64_t row[] = {r->direction, i, 0}, bias[] = {r->direction, i}, more[] = {bias[0], n + i};
        cell->x[i] = (double)dot(x, (struct span){operand_offset(x, at), 1}, r->w,
                                 (struct span){operand_offset(r->w, row), 1}, r->input);
        cell->h[i] = (double)dot(&state, (struct span){0, 1}, r->r,
                                 (struct span){operand_offset(r->r, row), 1}, r->hidden);
        cell->x[i] += r->b ? (double)operand_at(r->b, bias) : 0;
        cell->h[i] += r->b ? (double)operand_at(r->b, more) : 0;
    }
}

static void load_state(const struct recurrent *r, const struct operand *from, int64_t sequence,
                       double *to)
{
    for (int64_t i = 0; from && i < r->hidden; i++) {
        int64_t at[] = {r->batch_first ? sequence : r->direction,
                        r->batch_first ? r->direction : sequence, i};
        to[i] = (double)operand_at(from, at);
    }
}

static void store_last(const struct recurrent *r, int k, int64_t sequence, const double *from)
{
    const struct result *to = optional_result(r->s, k);
    for (int64_t i = 0; to && i < r->hidden; i++) {
        int64_t at[] = {r->batch_first ? sequence : r->direction,
                        r->batch_first ? r->direction : sequence, i};
        to->out[tensor_index(to->t, at)] = (long double)from[i];
    }
}

static void store_time(const struct recurrent *r, int64_t time, int64_t sequence,
                       const double *from)
{
    const struct result *to = optional_result(r->s, RNN_y);
    for (int64_t i = 0; to && i < r->hidden; i++) {
        int64_t time_first[] = {time, r->direction, sequence, i};
        int64_t batch_first[] = {sequence, time, r->direction, i};
        to->out[tensor_index(to->t, r->batch_first ? batch_first : time_first)] =
            (long double)from[i];
    }
}

static int64_t length_of(const struct recurrent *r, int64_t sequence)
{
    int64_t length = r->lengths ? (int64_t)operand_element(r->lengths, sequence) : r->steps;
    if (length >= 0 && length <= r->steps)
        return length;
    step_refuse(r->s, "a sequence is longer than the data");
    return 0;
}

static void run_sequence(const struct recurrent *r, int64_t sequence)
{
    int64_t length = length_of(r, sequence), n = r->hidden;
    double *memory = xcalloc((size_t)(n * (2 * r->n_gates + 2)), sizeof *memory);
    struct cell cell = {memory, memory + n * r->n_gates, memory + 2 * n * r->n_gates,
                        memory + n * (2 * r->n_gates + 1)};
    load_state(r, r->h, sequence, cell.state);
    load_state(r, r->c, sequence, cell.memory);
    for (int64_t i = 0; i < length; i++) {
        int64_t time = r->reverse ? length - 1 - i : i;
        fill_gates(r, &cell, time, sequence);
        if (r->s->node->op == OP_LSTM)
            step_lstm(r, &cell);
        else if (r->s->node->op == OP_GRU)
            step_gru(r, &cell);
        else
            step_rnn(r, &cell);
        store_time(r, time, sequence, cell.state);
    }
    store_last(r, RNN_last_h, sequence, cell.state);
    store_last(r, RNN_last_c, sequence, cell.memory);
    free(memory);
}

static void read_activations(struct recurrent *r)
{
    struct rnn_activation f[RNN_DIRECTIONS][RNN_ACTIVATIONS] = {0};
    if (!rnn_activations(r->s->node, r->n_directions, f))
        step_refuse(r->s, "ONNX does not have one of its activations");
    memcpy(r->f, f[r->direction], sizeof r->f);
}

static struct recurrent recurrent_of(const struct reference_step *s, int direction)
{
    const struct tensor *x = s->src[RNN_x].t;
    struct recurrent r = {
        .s = s,
        .w = &s->src[RNN_w],
        .r = &s->src[RNN_r],
        .b = optional_source(s, RNN_b),
        .lengths = optional_source(s, RNN_lengths),
        .h = optional_source(s, RNN_h),
        .c = optional_source(s, RNN_c),
        .peepholes = optional_source(s, RNN_peephole),
        .batch_first = node_int(s->node, ATTR_layout, 0) != 0,
        .input = x->dims[2],
        .hidden = s->src[RNN_r].t->dims[2],
        .n_directions = (int)s->src[RNN_w].t->dims[0],
        .direction = direction,
        .clip = (double)node_float(s->node, ATTR_clip, 0),
    };
    r.steps = x->dims[r.batch_first ? 1 : 0];
    r.batch = x->dims[r.batch_first ? 0 : 1];
    r.n_gates = (int)(s->src[RNN_w].t->dims[1] / r.hidden);
    r.reverse = direction == 1 ||
                node_int(s->node, ATTR_direction, WORD_direction_forward) == WORD_direction_reverse;
    read_activations(&r);
    return r;
}

// Results: Y, the last state, the last memory (LSTM). Beyond its length a sequence gives zeros.
void reference_rnn(const struct reference_step *s)
{
    int n_directions = (int)s->src[RNN_w].t->dims[0];
    for (int d = 0; d < n_directions; d++) {
        struct recurrent r = recurrent_of(s, d);
#pragma omp parallel for if (s->threaded)
        for (int64_t sequence = 0; sequence < r.batch; sequence++)
            run_sequence(&r, sequence);
    }
}
