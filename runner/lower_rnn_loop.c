// Recurrent networks that oneDNN has no primitive for: other activations than its own, clipping,
// coupled gates, sequences of different lengths. One product serves all elements of all sequences;
// a loop of our own does the rest.
#include "runner/lower.h"

#include <math.h>

#include "runner/loops_recurrent.h"

enum { SRC_x, SRC_w, SRC_r, SRC_b, SRC_lengths, SRC_h, SRC_c, SRC_peephole };

// What computes an activation, and ONNX's numbers for one that does not give its own; NAN where it
// has no such number.
static const struct {
    enum map map;
    float alpha, beta;
} activations[] = {
    [WORD_activations_tanh] = {MAP_Tanh, NAN, NAN},
    [WORD_activations_sigmoid] = {MAP_Sigmoid, NAN, NAN},
    [WORD_activations_relu] = {MAP_Relu, NAN, NAN},
    [WORD_activations_leaky_relu] = {MAP_LeakyRelu, 0.01f, NAN},
    [WORD_activations_thresholded_relu] = {MAP_ThresholdedRelu, 1, NAN},
    [WORD_activations_elu] = {MAP_Elu, 1, NAN},
    [WORD_activations_hard_sigmoid] = {MAP_HardSigmoid, 0.2f, 0.5f},
    [WORD_activations_scaled_tanh] = {MAP_ScaledTanh, 1, 1},
    [WORD_activations_affine] = {MAP_Linear, 1, 0},
    [WORD_activations_softsign] = {MAP_Softsign, NAN, NAN},
    [WORD_activations_softplus] = {MAP_Softplus, NAN, NAN},
};

static const struct {
    enum op op;
    bool linear_before_reset;
    enum recurrent_cell cell;
    int activations;
    int usual[RECURRENT_ACTIVATIONS];
} cells[] = {
    {OP_LSTM,
     false,
     RECURRENT_lstm,
     3,
     {WORD_activations_sigmoid, WORD_activations_tanh, WORD_activations_tanh}},
    {OP_GRU, false, RECURRENT_gru, 2, {WORD_activations_sigmoid, WORD_activations_tanh}},
    {OP_GRU, true, RECURRENT_linear_gru, 2, {WORD_activations_sigmoid, WORD_activations_tanh}},
    {OP_RNN, false, RECURRENT_rnn, 1, {WORD_activations_tanh}},
};

static int find_cell(const struct node *n)
{
    bool linear = node_int(n, ATTR_linear_before_reset, 0) != 0;
    int i = 0;
    while (cells[i].op != n->op || cells[i].linear_before_reset != linear)
        i++;
    return i;
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

// Activations of all directions stand in one list, as do their numbers. False if there is one that
// ONNX does not have.
static bool read_activations(const struct lowering *l, struct loop_recurrent *p, int cell)
{
    int given, per_direction = cells[cell].activations, alpha = 0, beta = 0;
    const int64_t *words = node_ints(l->n, ATTR_activations, &given);
    for (int i = 0; i < (int)p->directions * per_direction; i++) {
        int64_t word = i < given ? words[i] : cells[cell].usual[i % per_direction];
        if (word < 0 || word >= (int64_t)(sizeof activations / sizeof *activations))
            return false;
        struct loop_activation *f = &p->f[i / per_direction][i % per_direction];
        f->block = map_info(activations[word].map)->block[MAP_f32][lowering_isa(l)];
        f->parameters[0] =
            take_number(l->n, ATTR_activation_alpha, &alpha, activations[word].alpha);
        f->parameters[1] = take_number(l->n, ATTR_activation_beta, &beta, activations[word].beta);
    }
    return true;
}

static bool read_cell(const struct lowering *l, struct loop_recurrent *p)
{
    const struct tensor x = lowering_operand(l, SRC_x).t, r = lowering_operand(l, SRC_r).t;
    int cell = find_cell(l->n);
    *p = (struct loop_recurrent){
        .cell = cells[cell].cell,
        .hidden = r.dims[2],
        .directions = r.dims[0],
        .gates = r.dims[1] / r.dims[2],
        .reverse = node_int(l->n, ATTR_direction, 0) == WORD_direction_reverse,
        .batch_first = node_int(l->n, ATTR_layout, 0) != 0,
        .coupled = node_int(l->n, ATTR_input_forget, 0) != 0,
        .clip = node_float(l->n, ATTR_clip, 0),
    };
    p->steps = x.dims[p->batch_first];
    p->batch = x.dims[!p->batch_first];
    return read_activations(l, p, cell);
}

// x W^T for all elements: [steps * batch, input] by [input, directions * gates * hidden].
static bool emit_product(struct lowering *l, const struct loop_recurrent *p, struct operand *dst)
{
    struct tensor x = lowering_operand(l, SRC_x).t;
    int64_t in = x.dims[2], rows = p->steps * p->batch;
    int64_t columns = p->directions * p->gates * p->hidden;
    struct tensor flat = {.type = TYPE_f32, .rank = 2, .dims = {rows, in}};
    struct matrices w = {2, {in, columns}, {1, in}};
    struct step_spec s = {.prim = {.prim = PRIM_matmul}};
    dst->t = (struct tensor){.type = TYPE_f32, .rank = 2, .dims = {rows, columns}};
    dst->place = lowering_temporary(l, tensor_bytes(&dst->t));
    step_bind(&s, DNNL_ARG_SRC, lowering_keep(l, md_tensor(&flat)), place_of(SRC_x));
    step_bind_packed(&s, DNNL_ARG_WEIGHTS, lowering_keep(l, md_any(TYPE_f32, 2, w.dims)),
                     matrices_md(l, &w), SRC_w);
    step_bind_operand(l, &s, DNNL_ARG_DST, dst);
    return emit_with_posts(l, &s, 0, NULL);
}

// ONNX's [direction, gate * hidden, in] as [direction, in, gate * hidden].
static bool transpose_weights(struct lowering *l, const struct loop_recurrent *p,
                              struct place *place)
{
    int64_t in = p->hidden, n = p->gates * p->hidden;
    struct matrices plain = {3, {p->directions, in, n}, {in * n, 1, in}};
    struct matrices packed = {3, {p->directions, in, n}, {in * n, n, 1}};
    return lowering_packed(l, SRC_r, matrices_md(l, &plain), matrices_md(l, &packed), place);
}

// Sources and results that may be left out.
static void place_optional(const struct lowering *l, struct place *args)
{
    static const int srcs[][2] = {{RECURRENT_bias, SRC_b},
                                  {RECURRENT_lengths, SRC_lengths},
                                  {RECURRENT_state, SRC_h},
                                  {RECURRENT_memory, SRC_c},
                                  {RECURRENT_peepholes, SRC_peephole}};
    const struct place none = {.operand = OPERAND_none};
    for (size_t i = 0; i < sizeof srcs / sizeof *srcs; i++)
        args[srcs[i][0]] = lowering_has(l, srcs[i][1]) ? place_of(srcs[i][1]) : none;
    for (int k = 0; k < 3; k++) {
        bool wanted = k < l->n->n_dst && l->n->dst[k] != NONE;
        args[RECURRENT_dst + k] = wanted ? place_of(l->n->n_src + k) : none;
    }
}

int lower_rnn_loop(struct lowering *l)
{
    struct loop_recurrent p;
    struct operand x;
    struct place args[RECURRENT_ARGS];
    if (l->n_posts > 0)
        return unsupported(l, "nothing can be fused into it");
    if (lowering_has(l, SRC_lengths) && lowering_operand(l, SRC_lengths).t.type != TYPE_s32)
        return unsupported(l, "the lengths of its sequences are not s32");
    if (!read_cell(l, &p))
        return unsupported(l, "ONNX does not have one of its activations");
    if (!emit_product(l, &p, &x) || !transpose_weights(l, &p, &args[RECURRENT_weights]))
        return unsupported(l, "oneDNN has no kernel for its product");
    args[RECURRENT_x] = x.place;
    place_optional(l, args);
    args[RECURRENT_room] = lowering_temporary(l, recurrent_room(&p));
    emit_loop(l, &loop_recurrent, &p, sizeof p, RECURRENT_ARGS, args);
    return 0;
}
