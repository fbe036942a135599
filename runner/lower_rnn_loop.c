// Recurrent networks by a loop of our own: those that oneDNN has no primitive for (other
// activations than its own, clipping, coupled gates, sequences of different lengths) and single
// sequences. One product serves all elements of all sequences; the loop does the rest.
#include "runner/lower.h"

#include "bricks/recurrent.h"
#include "runner/loops_recurrent.h"

static const enum map maps[] = {
    [WORD_activations_tanh] = MAP_Tanh,
    [WORD_activations_sigmoid] = MAP_Sigmoid,
    [WORD_activations_relu] = MAP_Relu,
    [WORD_activations_leaky_relu] = MAP_LeakyRelu,
    [WORD_activations_thresholded_relu] = MAP_ThresholdedRelu,
    [WORD_activations_elu] = MAP_Elu,
    [WORD_activations_hard_sigmoid] = MAP_HardSigmoid,
    [WORD_activations_scaled_tanh] = MAP_ScaledTanh,
    [WORD_activations_affine] = MAP_Linear,
    [WORD_activations_softsign] = MAP_Softsign,
    [WORD_activations_softplus] = MAP_Softplus,
};

static enum recurrent_cell cell_of(const struct node *n)
{
    bool linear = node_int(n, ATTR_linear_before_reset, 0) != 0;
    if (n->op == OP_GRU)
        return linear ? RECURRENT_linear_gru : RECURRENT_gru;
    return n->op == OP_LSTM ? RECURRENT_lstm : RECURRENT_rnn;
}

// False if there is an activation that ONNX does not have.
static bool read_activations(const struct lowering *l, struct loop_recurrent *p)
{
    struct rnn_activation f[RNN_DIRECTIONS][RNN_ACTIVATIONS];
    if (!rnn_activations(l->n, (int)p->directions, f))
        return false;
    for (int d = 0; d < p->directions; d++)
        for (int k = 0; k < rnn_n_activations(l->n->op); k++)
            p->f[d][k] = (struct loop_activation){
                .block = map_info(maps[f[d][k].word])->block[MAP_f32][lowering_isa(l)],
                .parameters = {f[d][k].alpha, f[d][k].beta},
            };
    return true;
}

static bool read_cell(const struct lowering *l, struct loop_recurrent *p)
{
    const struct tensor x = lowering_operand(l, RNN_x).t, r = lowering_operand(l, RNN_r).t;
    *p = (struct loop_recurrent){
        .cell = cell_of(l->n),
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
    return read_activations(l, p);
}

// x W^T for all elements: [steps * batch, input] by [input, directions * gates * hidden].
static bool emit_product(struct lowering *l, const struct loop_recurrent *p, struct operand *dst)
{
    struct tensor x = lowering_operand(l, RNN_x).t;
    int64_t in = x.dims[2], rows = p->steps * p->batch;
    int64_t columns = p->directions * p->gates * p->hidden;
    struct tensor flat = {.type = TYPE_f32, .rank = 2, .dims = {rows, in}};
    struct matrices w = {2, {in, columns}, {1, in}};
    struct step_spec s = {.prim = {.prim = PRIM_matmul}};
    dst->t = (struct tensor){.type = TYPE_f32, .rank = 2, .dims = {rows, columns}};
    dst->place = lowering_temporary(l, tensor_bytes(&dst->t));
    step_bind(&s, DNNL_ARG_SRC, lowering_keep(l, md_tensor(&flat)), place_of(RNN_x));
    step_bind_packed(&s, DNNL_ARG_WEIGHTS, lowering_keep(l, md_any(TYPE_f32, 2, w.dims)),
                     matrices_md(l, &w), RNN_w);
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
    return lowering_packed(l, RNN_r, matrices_md(l, &plain), matrices_md(l, &packed), place);
}

// Sources and results that may be left out.
static void place_optional(const struct lowering *l, struct place *args)
{
    static const int srcs[][2] = {{RECURRENT_bias, RNN_b},
                                  {RECURRENT_lengths, RNN_lengths},
                                  {RECURRENT_state, RNN_h},
                                  {RECURRENT_memory, RNN_c},
                                  {RECURRENT_peepholes, RNN_peephole}};
    const struct place none = {.operand = OPERAND_none};
    for (size_t i = 0; i < sizeof srcs / sizeof *srcs; i++)
        args[srcs[i][0]] = lowering_has(l, srcs[i][1]) ? place_of(srcs[i][1]) : none;
    for (int k = 0; k < 3; k++) {
        bool wanted = k < l->n->n_dst && l->n->dst[k] != NONE;
        args[RECURRENT_dst + k] = wanted ? place_of(l->n->n_src + k) : none;
    }
}

// Of one sequence oneDNN runs one direction after the other, a product per element, on all threads;
// the loop runs a direction per thread. Both directions of 64 elements, 128 and then 64 units: 0.26
// ms instead of 0.55 at two threads, 0.50 instead of 0.74 at one; one direction, 128 units: 164 us
// instead of 263 and 216 instead of 407 (Zen 5). For several sequences oneDNN's products are
// larger, and for one element there is nothing to gain.
bool rnn_loop_is_faster(const struct lowering *l)
{
    const struct tensor x = lowering_operand(l, RNN_x).t, r = lowering_operand(l, RNN_r).t;
    bool batch_first = node_int(l->n, ATTR_layout, 0) != 0;
    return x.dims[batch_first] > 1 && x.dims[!batch_first] == 1 &&
           r.dims[1] % RECURRENT_COLUMNS == 0 && l->n_posts == 0;
}

int lower_rnn_loop(struct lowering *l)
{
    struct loop_recurrent p;
    struct operand x;
    struct place args[RECURRENT_ARGS];
    if (l->n_posts > 0)
        return unsupported(l, "nothing can be fused into it");
    if (lowering_has(l, RNN_lengths) && lowering_operand(l, RNN_lengths).t.type != TYPE_s32)
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
