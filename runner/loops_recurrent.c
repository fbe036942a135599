#include "runner/loops_recurrent.h"

#include <string.h>

#include "runner/loops_isa.h"

enum { BLOCK = 64 }; // sums in registers

// One sequence in one direction. x and h are the gates' parts from the element and from the state.
struct sequence {
    const struct loop_recurrent *p;
    void *const *args;
    int64_t direction, number, length;
    float *x, *h;                  // [gates * hidden]
    float *state, *memory, *spare; // [hidden]
};

enum { LINES = 3 }; // of `hidden` numbers, beside x and h

static int64_t room_of_one(const struct loop_recurrent *p)
{
    return p->hidden * (2 * p->gates + LINES);
}

size_t recurrent_room(const struct loop_recurrent *p)
{
    return sizeof(float) * (size_t)(p->batch * p->directions * room_of_one(p));
}

static struct sequence find_sequence(const struct loop_recurrent *p, void *const *args, int64_t at)
{
    struct sequence s = {.p = p, .args = args, .direction = at / p->batch, .number = at % p->batch};
    const int32_t *lengths = args[RECURRENT_lengths];
    float *room = (float *)args[RECURRENT_room] + at * room_of_one(p);
    float **const lines[] = {&s.state, &s.memory, &s.spare};
    int64_t length = lengths ? lengths[s.number] : p->steps;
    s.length = length < 0 ? 0 : length > p->steps ? p->steps : length;
    s.x = room;
    s.h = room + p->gates * p->hidden;
    for (int i = 0; i < LINES; i++)
        *lines[i] = room + (2 * p->gates + i) * p->hidden;
    return s;
}

// ---- where things lie ----------------------------------------------------------------------

// Line number of (time, sequence) in x, whose lines hold all directions.
LOOP_INLINE int64_t line_at(const struct sequence *s, int64_t time)
{
    const struct loop_recurrent *p = s->p;
    return p->batch_first ? s->number * p->steps + time : time * p->batch + s->number;
}

LOOP_INLINE float *dst_at(const struct sequence *s, int64_t time)
{
    const struct loop_recurrent *p = s->p;
    int64_t line = p->batch_first ? line_at(s, time) * p->directions + s->direction
                                  : (time * p->directions + s->direction) * p->batch + s->number;
    return (float *)s->args[RECURRENT_dst] + line * p->hidden;
}

// Of this sequence, in a tensor of states; NULL if that is not there.
LOOP_INLINE float *state_in(const struct sequence *s, int arg)
{
    const struct loop_recurrent *p = s->p;
    int64_t line = p->batch_first ? s->number * p->directions + s->direction
                                  : s->direction * p->batch + s->number;
    return s->args[arg] ? (float *)s->args[arg] + line * p->hidden : NULL;
}

// The line of this direction that a gate has among `n` of them; NULL if they are not there.
LOOP_INLINE const float *parameters_at(const struct sequence *s, int arg, int64_t n, int64_t gate)
{
    const float *all = s->args[arg];
    return all ? all + (s->direction * n + gate) * s->p->hidden : NULL;
}

// ---- lines of numbers ----------------------------------------------------------------------

LOOP_INLINE void set_line(float *dst, const float *src, int64_t n)
{
    if (src)
        memcpy(dst, src, (size_t)n * sizeof *dst);
    else
        memset(dst, 0, (size_t)n * sizeof *dst);
}

// dst += a b, where b may be NULL: dst += a; nothing without a.
LOOP_INLINE void add_line(float *restrict dst, const float *restrict a, const float *restrict b,
                          int64_t n)
{
    for (int64_t i = 0; a && i < n; i++)
        dst[i] += b ? a[i] * b[i] : a[i];
}

// dst[j] += sum of src[i] weights[i][j], of n columns that fit into registers, where rows are
// `stride` apart. n is known to the compiler where it matters.
LOOP_INLINE void add_columns(float *restrict dst, const float *restrict src,
                             const float *restrict weights, int64_t rows, int64_t n, int64_t stride)
{
    float sum[BLOCK] = {0};
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < n; j++)
            sum[j] += src[i] * weights[i * stride + j];
    for (int64_t j = 0; j < n; j++)
        dst[j] += sum[j];
}

// The same of any number of columns.
LOOP_INLINE void add_product(float *restrict dst, const float *restrict src,
                             const float *restrict weights, int64_t rows, int64_t n, int64_t stride)
{
    int64_t at = 0;
    for (; at + BLOCK <= n; at += BLOCK)
        add_columns(dst + at, src, weights + at, rows, BLOCK, stride);
    for (; at + RECURRENT_COLUMNS <= n; at += RECURRENT_COLUMNS)
        add_columns(dst + at, src, weights + at, rows, RECURRENT_COLUMNS, stride);
    add_columns(dst + at, src, weights + at, rows, n - at, stride);
}

LOOP_INLINE void activate(const struct sequence *s, int which, float *line)
{
    const struct loop_activation *f = &s->p->f[s->direction][which];
    const float most = s->p->clip;
    for (int64_t i = 0; most > 0 && i < s->p->hidden; i++)
        line[i] = line[i] > most ? most : line[i] < -most ? -most : line[i];
    f->block(line, (const void *const[]){line}, s->p->hidden, f->parameters);
}

// ---- cells ---------------------------------------------------------------------------------

// Adds what gates [from, to) take from a state to their parts h.
LOOP_INLINE void add_state(const struct sequence *s, const float *state, int64_t from, int64_t to)
{
    int64_t n = s->p->hidden, columns = s->p->gates * n;
    const float *weights = (const float *)s->args[RECURRENT_weights] + s->direction * n * columns;
    add_product(s->h + from * n, state, weights + from * n, n, (to - from) * n, columns);
}

// Parts of the gates without the state: x + Wb, and Rb.
LOOP_INLINE void begin_gates(const struct sequence *s, int64_t time)
{
    const struct loop_recurrent *p = s->p;
    int64_t n = p->gates * p->hidden;
    const float *x = (const float *)s->args[RECURRENT_x];
    set_line(s->x, x + (line_at(s, time) * p->directions + s->direction) * n, n);
    add_line(s->x, parameters_at(s, RECURRENT_bias, 2 * p->gates, 0), NULL, n);
    set_line(s->h, parameters_at(s, RECURRENT_bias, 2 * p->gates, p->gates), n);
}

LOOP_INLINE void step_rnn(const struct sequence *s)
{
    add_state(s, s->state, 0, 1);
    add_line(s->x, s->h, NULL, s->p->hidden);
    activate(s, 0, s->x);
    set_line(s->state, s->x, s->p->hidden);
}

// update, reset, hidden
LOOP_INLINE void step_gru(const struct sequence *s)
{
    int64_t n = s->p->hidden;
    bool linear = s->p->cell == RECURRENT_linear_gru;
    float *update = s->x, *reset = s->x + n, *hidden = s->x + 2 * n, *from_state = s->h + 2 * n;
    add_state(s, s->state, 0, linear ? 3 : 2);
    add_line(s->x, s->h, NULL, 2 * n);
    activate(s, 0, update);
    activate(s, 0, reset);
    if (!linear) {
        set_line(s->spare, NULL, n);
        add_line(s->spare, reset, s->state, n);
        add_state(s, s->spare, 2, 3);
    }
    add_line(hidden, from_state, linear ? reset : NULL, n);
    activate(s, 1, hidden);
    for (int64_t i = 0; i < n; i++)
        s->state[i] = (1 - update[i]) * hidden[i] + update[i] * s->state[i];
}

// input, output, forget, cell; peepholes stand in the order input, output, forget
LOOP_INLINE void step_lstm(const struct sequence *s)
{
    const struct loop_recurrent *p = s->p;
    int64_t n = p->hidden;
    float *input = s->x, *output = s->x + n, *forget = s->x + 2 * n, *cell = s->x + 3 * n;
    add_state(s, s->state, 0, 4);
    add_line(s->x, s->h, NULL, 4 * n);
    add_line(forget, parameters_at(s, RECURRENT_peepholes, 3, 2), s->memory, n);
    add_line(input, parameters_at(s, RECURRENT_peepholes, 3, 0), s->memory, n);
    activate(s, 0, forget);
    activate(s, 0, input);
    activate(s, 1, cell);
    for (int64_t i = 0; i < n; i++)
        s->memory[i] = forget[i] * s->memory[i] + (p->coupled ? 1 - forget[i] : input[i]) * cell[i];
    add_line(output, parameters_at(s, RECURRENT_peepholes, 3, 1), s->memory, n);
    activate(s, 0, output);
    set_line(s->spare, s->memory, n);
    activate(s, 2, s->spare);
    for (int64_t i = 0; i < n; i++)
        s->state[i] = output[i] * s->spare[i];
}

LOOP_INLINE void run_sequence(const struct sequence *s)
{
    const struct loop_recurrent *p = s->p;
    bool reverse = p->reverse || s->direction == 1;
    set_line(s->state, state_in(s, RECURRENT_state), p->hidden);
    set_line(s->memory, state_in(s, RECURRENT_memory), p->hidden);
    for (int64_t i = 0; i < p->steps; i++) {
        int64_t time = reverse && i < s->length ? s->length - 1 - i : i;
        if (i >= s->length) { // beyond its end there are zeros
            set_line(dst_at(s, time), NULL, p->hidden);
            continue;
        }
        begin_gates(s, time);
        if (p->cell == RECURRENT_lstm)
            step_lstm(s);
        else if (p->cell == RECURRENT_rnn)
            step_rnn(s);
        else
            step_gru(s);
        set_line(dst_at(s, time), s->state, p->hidden);
    }
    if (s->args[RECURRENT_last_state])
        set_line(state_in(s, RECURRENT_last_state), s->state, p->hidden);
    if (s->args[RECURRENT_last_memory])
        set_line(state_in(s, RECURRENT_last_memory), s->memory, p->hidden);
}

LOOP_INLINE void loop_recurrent_body(const void *params, void *const *args, int thread, int threads)
{
    const struct loop_recurrent *p = params;
    struct part part = loop_part(p->batch * p->directions, thread, threads);
    for (int64_t at = part.from; at < part.to; at++) {
        struct sequence s = find_sequence(p, args, at);
        run_sequence(&s);
    }
}
LOOP_DEFINE(loop_recurrent)
