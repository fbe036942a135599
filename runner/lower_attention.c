// Scaled dot-product attention: softmax(scale * Q K^T + mask) V as two batched products around a
// softmax. The scores lie in memory of the step; heads are read and written where they lie.
#include "runner/lower.h"

#include <string.h>

enum { BATCH, HEAD, ROW, COLUMN, N_DIMS };

struct attention {
    struct matrices q, k, v, dst; // [batch, head, row, column]; k is transposed
    struct operand scores;        // [batch, head, query, key]
    int n_posts;                  // of the scores
    struct fused posts[4];
};

// Operand number `operand`, the `which`-th that attribute `swapped` speaks of.
static struct matrices read_heads(const struct lowering *l, int operand, int which)
{
    int n;
    const int64_t *swapped = node_ints(l->n, ATTR_swapped, &n);
    struct tensor t = lowering_operand(l, operand).t;
    struct matrices m = {.rank = t.rank};
    memcpy(m.dims, t.dims, sizeof t.dims);
    tensor_strides(&t, m.strides);
    if (which < n && swapped[which])
        matrices_swap(&m, m.rank - 3, m.rank - 2);
    if (m.rank < N_DIMS)
        matrices_set_rank(&m, N_DIMS);
    for (; m.rank > N_DIMS; m.rank--) { // batches are dense
        m.dims[1] *= m.dims[0];
        memmove(m.dims, m.dims + 1, sizeof *m.dims * (size_t)(m.rank - 1));
        memmove(m.strides, m.strides + 1, sizeof *m.strides * (size_t)(m.rank - 1));
    }
    return m;
}

// The mask broadcasts to the scores. Batches of several dimensions are one there: it must have all
// of them or none.
static bool read_mask(const struct lowering *l, const struct tensor *scores, struct operand *mask)
{
    *mask = lowering_operand(l, 3);
    struct tensor t = mask->t, r = {.type = TYPE_f32, .rank = N_DIMS};
    int64_t batches = 1;
    for (int i = 0; i < t.rank - 3; i++)
        batches *= t.dims[i];
    for (int i = HEAD; i < N_DIMS; i++)
        r.dims[i] = t.rank >= N_DIMS - i ? t.dims[t.rank - (N_DIMS - i)] : 1;
    r.dims[BATCH] = batches;
    mask->t = r;
    return batches == 1 || batches == scores->dims[BATCH];
}

static void add_post(struct attention *a, dnnl_alg_kind_t alg, float factor)
{
    if (alg == dnnl_eltwise_tanh || factor != 1)
        a->posts[a->n_posts++] =
            (struct fused){.kind = PRIM_POST_eltwise, .alg = alg, .alpha = factor};
}

// Scores are scaled; softcap * tanh(scores / softcap), if there is one, keeps them small; then the
// mask is added.
static bool read_posts(const struct lowering *l, struct attention *a)
{
    float scale = node_float(l->n, ATTR_scale, 1), cap = node_float(l->n, ATTR_softcap, 0);
    add_post(a, dnnl_eltwise_linear, cap > 0 ? scale / cap : scale);
    if (cap > 0) {
        add_post(a, dnnl_eltwise_tanh, 0);
        add_post(a, dnnl_eltwise_linear, cap);
    }
    if (!lowering_has(l, 3))
        return true;
    struct fused *f = &a->posts[a->n_posts++];
    *f = (struct fused){.kind = PRIM_POST_binary, .alg = dnnl_binary_add};
    return read_mask(l, &a->scores.t, &f->operand);
}

static bool emit_scores(struct lowering *l, const struct attention *a)
{
    struct step_spec s = {.prim = {.prim = PRIM_matmul}};
    step_bind(&s, DNNL_ARG_SRC, matrices_md(l, &a->q), place_of(0));
    step_bind(&s, DNNL_ARG_WEIGHTS, matrices_md(l, &a->k), place_of(1));
    step_bind_operand(l, &s, DNNL_ARG_DST, &a->scores);
    return emit_with_posts(l, &s, a->n_posts, a->posts);
}

// No query sees a later key, nor one that lies too far back.
static bool emit_causal(struct lowering *l, const struct attention *a)
{
    const int64_t *dims = a->scores.t.dims;
    int64_t ahead = node_int(l->n, ATTR_k, 0);
    struct loop_causal params = {dims[BATCH] * dims[HEAD], dims[ROW], dims[COLUMN], ahead,
                                 node_int(l->n, ATTR_left_window_size, dims[ROW] + ahead)};
    struct place args[] = {a->scores.place};
    return !node_int(l->n, ATTR_is_causal, 0) ||
           emit_loop_with_posts(l, &loop_causal, &params, sizeof params, 1, args, &a->scores, 0,
                                NULL);
}

static bool emit_weights(struct lowering *l, const struct attention *a)
{
    if (node_int(l->n, ATTR_blind_zero, 0))
        return emit_blind_softmax(l, &a->scores);
    return emit_softmax(l, dnnl_softmax_accurate, &a->scores, &a->scores, COLUMN, 0, NULL);
}

static bool emit_weighted_sum(struct lowering *l, const struct attention *a)
{
    struct step_spec s = {.prim = {.prim = PRIM_matmul}, .dst = l->dst, .reshaped = true};
    step_bind(&s, DNNL_ARG_SRC, lowering_keep(l, md_tensor(&a->scores.t)), a->scores.place);
    step_bind(&s, DNNL_ARG_WEIGHTS, matrices_md(l, &a->v), place_of(2));
    step_bind(&s, DNNL_ARG_DST, matrices_md(l, &a->dst), l->dst.place);
    return emit_with_posts(l, &s, l->n_posts, l->posts);
}

int lower_sdpa(struct lowering *l)
{
    struct attention a = {
        .q = read_heads(l, 0, 0),
        .k = read_heads(l, 1, 1),
        .v = read_heads(l, 2, 2),
        .dst = read_heads(l, l->n->n_src, 3),
    };
    matrices_swap(&a.k, ROW, COLUMN);
    a.scores.t = (struct tensor){
        .type = TYPE_f32,
        .rank = N_DIMS,
        .dims = {a.q.dims[BATCH], a.q.dims[HEAD], a.q.dims[ROW], a.k.dims[COLUMN]},
    };
    a.scores.place = lowering_temporary(l, tensor_bytes(&a.scores.t));
    if (!read_posts(l, &a))
        return unsupported(l, "the mask cannot be broadcast");
    if (emit_scores(l, &a) && emit_causal(l, &a) && emit_weights(l, &a) && emit_weighted_sum(l, &a))
        return 0;
    return unsupported(l, "oneDNN has no kernel for it");
}
