// Recurrent networks: oneDNN's rnn primitives, one layer in one or both directions, where our own
// loop is not faster. Gates stand in ONNX's order in the file and change places when they are
// packed.
#include "runner/lower.h"

#include "bricks/recurrent.h"

enum { MAX_GATES = LOOP_GATES };

// How ONNX and oneDNN arrange what they call by other names.
struct cell {
    enum op op;
    bool linear_before_reset;
    enum prim prim;
    int gates, bias_gates;
    int order[MAX_GATES];   // oneDNN's gate g is this one of ONNX's
    int bias[MAX_GATES][2]; // the sum of these; NONE: of one only
    int activations[3];     // that oneDNN has
};

static const struct cell cells[] = {
    {OP_LSTM,
     false,
     PRIM_lstm,
     4,
     4,
     {0, 2, 3, 1}, // input, output, forget, cell to input, forget, cell, output
     {{0, 4}, {2, 6}, {3, 7}, {1, 5}},
     {WORD_activations_sigmoid, WORD_activations_tanh, WORD_activations_tanh}},
    {OP_GRU,
     false,
     PRIM_gru,
     3,
     3,
     {0, 1, 2},
     {{0, 3}, {1, 4}, {2, 5}},
     {WORD_activations_sigmoid, WORD_activations_tanh, NONE}},
    {OP_GRU,
     true,
     PRIM_lbr_gru,
     3,
     4, // the candidate's two are kept apart
     {0, 1, 2},
     {{0, 3}, {1, 4}, {2, NONE}, {5, NONE}},
     {WORD_activations_sigmoid, WORD_activations_tanh, NONE}},
    {OP_RNN, false, PRIM_vanilla_rnn, 1, 1, {0}, {{0, 1}}, {WORD_activations_tanh, NONE, NONE}},
};

struct rnn {
    const struct cell *cell;
    int64_t t, n, c, h, directions;
    bool batch_first;
    struct step_spec spec;
};

// ---- attributes ----------------------------------------------------------------------------

static const struct cell *find_cell(const struct node *n)
{
    bool linear = node_int(n, ATTR_linear_before_reset, 0) != 0;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if (cells[i].op == n->op && cells[i].linear_before_reset == linear)
            return &cells[i];
    return NULL;
}

static int n_activations(const struct cell *cell)
{
    int n = 0;
    while (n < 3 && cell->activations[n] != NONE)
        n++;
    return n;
}

// A plain network may have Relu instead of Tanh; gates have what oneDNN generates code for. False
// if there is another one.
static bool read_activations(const struct node *n, struct rnn *r)
{
    int given, per_direction = n_activations(r->cell);
    const int64_t *words = node_ints(n, ATTR_activations, &given);
    bool relu = n->op == OP_RNN && given > 0 && words[0] == WORD_activations_relu;
    r->spec.prim.alg = relu ? dnnl_eltwise_relu : dnnl_eltwise_tanh;
    for (int i = 0; i < given; i++) {
        int wanted = relu ? WORD_activations_relu : r->cell->activations[i % per_direction];
        if (words[i] != wanted)
            return false;
    }
    return true;
}

// False if oneDNN's primitives cannot do it: they have few activations, do not clip what the gates
// take, do not couple them, and do not take sequence_lens, the lengths of the sequences.
static bool read_attributes(const struct lowering *l, struct rnn *r)
{
    static const dnnl_rnn_direction_t directions[] = {
        [WORD_direction_forward] = dnnl_unidirectional_left2right,
        [WORD_direction_reverse] = dnnl_unidirectional_right2left,
        [WORD_direction_bidirectional] = dnnl_bidirectional_concat,
    };
    const struct node *n = l->n;
    r->cell = find_cell(n);
    r->spec.prim.prim = r->cell->prim;
    r->spec.prim.direction = directions[node_int(n, ATTR_direction, WORD_direction_forward)];
    return read_activations(n, r) && !(node_float(n, ATTR_clip, 0) > 0) &&
           !node_int(n, ATTR_input_forget, 0) && !lowering_has(l, RNN_lengths);
}

static bool computes_floats(const struct lowering *l)
{
    for (int k = 0; k < l->n->n_src; k++)
        if (k != RNN_lengths && lowering_has(l, k) && lowering_operand(l, k).t.type != TYPE_f32)
            return false;
    return true;
}

static void read_shapes(const struct lowering *l, struct rnn *r)
{
    const struct tensor x = lowering_operand(l, RNN_x).t, weights = lowering_operand(l, RNN_r).t;
    r->batch_first = node_int(l->n, ATTR_layout, 0) != 0;
    r->t = x.dims[r->batch_first];
    r->n = x.dims[!r->batch_first];
    r->c = x.dims[2];
    r->directions = weights.dims[0];
    r->h = weights.dims[2];
}

// ---- sources -------------------------------------------------------------------------------

static const struct md *keep_strides(struct lowering *l, int rank, const int64_t *dims,
                                     const int64_t *strides)
{
    return lowering_keep(l, md_strides(TYPE_f32, rank, dims, strides));
}

static const struct md *keep_dense(struct lowering *l, int rank, const int64_t *dims)
{
    struct tensor t = {.type = TYPE_f32, .rank = rank};
    for (int i = 0; i < rank; i++)
        t.dims[i] = dims[i];
    return lowering_keep(l, md_tensor(&t));
}

// [t, n, channels]; in memory the batch may come first.
static const struct md *sequence_md(struct lowering *l, const struct rnn *r, int64_t channels)
{
    int64_t line = channels, first = r->batch_first ? r->t * line : line;
    int64_t step = r->batch_first ? line : r->n * line;
    return keep_strides(l, 3, (int64_t[]){r->t, r->n, channels}, (int64_t[]){step, first, 1});
}

// [1, direction, n, h]; in memory the batch may come first.
static const struct md *state_md(struct lowering *l, const struct rnn *r)
{
    int64_t h = r->h, n = r->n, d = r->directions;
    int64_t dims[] = {1, d, n, h};
    int64_t strides[] = {d * n * h, r->batch_first ? h : n * h, r->batch_first ? d * h : h, 1};
    return keep_strides(l, 4, dims, strides);
}

static const struct rearrangement *rearrange(struct lowering *l, const struct loop_gates *gates)
{
    struct rearrangement r = {
        .loop = &loop_gates,
        .params = arena_copy(&l->k->arena, gates, sizeof *gates),
        .params_bytes = sizeof *gates,
        .bytes = sizeof(float) * (size_t)(gates->rows * gates->n_to * gates->items),
    };
    return arena_copy(&l->k->arena, &r, sizeof r);
}

// ONNX's [direction, gate, out, in] as [1, direction, in, gate, out].
static void bind_weights(struct lowering *l, struct rnn *r, int arg, int src, int64_t in)
{
    int64_t g = r->cell->gates, h = r->h, d = r->directions;
    int64_t dims[] = {1, d, in, g, h}, strides[] = {d * g * h * in, g * h * in, 1, h * in, in};
    struct loop_gates gates = {.rows = d, .items = h * in, .n_from = (int)g, .n_to = (int)g};
    bool moved = false;
    for (int i = 0; i < g; i++) {
        gates.from[i][0] = r->cell->order[i];
        gates.from[i][1] = NONE;
        moved = moved || r->cell->order[i] != i;
    }
    step_bind_rearranged(&r->spec, arg, lowering_keep(l, md_any(TYPE_f32, 5, dims)),
                         keep_strides(l, 5, dims, strides), moved ? rearrange(l, &gates) : NULL,
                         src);
}

// [direction, gates, h] as [1, direction, gates, h] of sums.
static void bind_sums(struct lowering *l, struct rnn *r, int arg, int src, int n_from, int n_to,
                      const int from[][2])
{
    struct loop_gates gates = {
        .rows = r->directions, .items = r->h, .n_from = n_from, .n_to = n_to};
    for (int i = 0; i < n_to; i++)
        for (int k = 0; k < 2; k++)
            gates.from[i][k] = from[i][k];
    const struct md *md = keep_dense(l, 4, (int64_t[]){1, r->directions, n_to, r->h});
    step_bind_rearranged(&r->spec, arg, md, md, rearrange(l, &gates), src);
}

// What oneDNN wants and the file has not.
static void bind_zeros(struct lowering *l, struct rnn *r, int arg, const struct md *md)
{
    size_t bytes = md_bytes(md);
    struct operand zeros = {.place = lowering_temporary(l, bytes)};
    emit_loop_with_posts(l, &loop_zero, &bytes, sizeof bytes, 1, &zeros.place, &zeros, 0, NULL);
    step_bind(&r->spec, arg, md, zeros.place);
}

static void bind_biases(struct lowering *l, struct rnn *r)
{
    static const int peephole[][2] = {{0, NONE}, {2, NONE}, {1, NONE}}; // input, forget, output
    const struct cell *cell = r->cell;
    if (lowering_has(l, RNN_b))
        bind_sums(l, r, DNNL_ARG_BIAS, RNN_b, 2 * cell->gates, cell->bias_gates, cell->bias);
    else
        bind_zeros(l, r, DNNL_ARG_BIAS,
                   keep_dense(l, 4, (int64_t[]){1, r->directions, cell->bias_gates, r->h}));
    if (lowering_has(l, RNN_peephole))
        bind_sums(l, r, DNNL_ARG_WEIGHTS_PEEPHOLE, RNN_peephole, 3, 3, peephole);
}

// An LSTM takes both states or none.
static void bind_first_states(struct lowering *l, struct rnn *r)
{
    static const struct {
        int src, arg;
    } states[] = {{RNN_h, DNNL_ARG_SRC_ITER}, {RNN_c, DNNL_ARG_SRC_ITER_C}};
    int n = r->cell->prim == PRIM_lstm ? 2 : 1;
    if (!lowering_has(l, RNN_h) && !lowering_has(l, RNN_c))
        return;
    for (int i = 0; i < n; i++) {
        if (lowering_has(l, states[i].src))
            step_bind(&r->spec, states[i].arg, state_md(l, r), place_of(states[i].src));
        else
            bind_zeros(l, r, states[i].arg, state_md(l, r));
    }
}

// ---- results -------------------------------------------------------------------------------

static bool has_result(const struct lowering *l, int k)
{
    return k < l->n->n_dst && l->n->dst[k] != NONE;
}

// An LSTM gives both states or none.
static void bind_last_states(struct lowering *l, struct rnn *r)
{
    const struct md *md = state_md(l, r);
    bool lstm = r->cell->prim == PRIM_lstm;
    static const int args[] = {
        [RNN_last_h] = DNNL_ARG_DST_ITER, [RNN_last_c] = DNNL_ARG_DST_ITER_C};
    if (!has_result(l, RNN_last_h) && !(lstm && has_result(l, RNN_last_c)))
        return;
    for (int k = RNN_last_h; k <= (lstm ? RNN_last_c : RNN_last_h); k++)
        step_bind(&r->spec, args[k], md,
                  has_result(l, k) ? place_of(l->n->n_src + k)
                                   : lowering_temporary(l, md_bytes(md)));
}

// Both directions of several sequences: from oneDNN's [t, n, direction, h] to ONNX's
// [t, direction, n, h].
static bool emit_swap(struct lowering *l, const struct rnn *r, struct place from)
{
    int64_t h = r->h, n = r->n, d = r->directions;
    int64_t dims[] = {r->t, d, n, h}, strides[] = {n * d * h, h, d * h, 1};
    struct step_spec s = {.prim = {.prim = PRIM_reorder}, .dst = l->dst};
    step_bind(&s, DNNL_ARG_SRC, keep_strides(l, 4, dims, strides), from);
    step_bind(&s, DNNL_ARG_DST, keep_dense(l, 4, dims), l->dst.place);
    return emit_with_posts(l, &s, 0, NULL);
}

static bool emit_rnn(struct lowering *l, struct rnn *r)
{
    const struct md *md = sequence_md(l, r, r->directions * r->h);
    bool swapped = r->directions > 1 && r->n > 1 && !r->batch_first;
    struct place place = swapped ? lowering_temporary(l, md_bytes(md)) : l->dst.place;
    step_bind(&r->spec, DNNL_ARG_DST_LAYER, md, place);
    r->spec.dst = l->dst;
    return emit_with_posts(l, &r->spec, 0, NULL) && (!swapped || emit_swap(l, r, place));
}

int lower_rnn(struct lowering *l)
{
    struct rnn r = {0};
    if (!computes_floats(l))
        return unsupported(l, "only f32 can be computed with");
    if (!read_attributes(l, &r) || rnn_loop_is_faster(l))
        return lower_rnn_loop(l);
    read_shapes(l, &r);
    step_bind(&r.spec, DNNL_ARG_SRC_LAYER, sequence_md(l, &r, r.c), place_of(RNN_x));
    bind_first_states(l, &r);
    bind_weights(l, &r, DNNL_ARG_WEIGHTS_LAYER, RNN_w, r.c);
    bind_weights(l, &r, DNNL_ARG_WEIGHTS_ITER, RNN_r, r.h);
    bind_biases(l, &r);
    bind_last_states(l, &r);
    return emit_rnn(l, &r) ? 0 : unsupported(l, "oneDNN has no kernel for it");
}
