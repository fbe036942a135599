// Checks of matrix products and of what is made of them.
#include "bricks/step_checks.h"

#include <string.h>

#include "bricks/recurrent.h"

const char *check_gemm(const struct graph *g, const struct node *n)
{
    const struct tensor *a = step_src(g, n, 0), *b = step_src(g, n, 1),
                        *c = step_optional_src(g, n, 2), *to = step_dst(g, n);
    if (a->rank != 2 || b->rank != 2 || to->rank != 2)
        return "Gemm multiplies matrices";
    int ta = node_int(n, ATTR_transA, 0) != 0, tb = node_int(n, ATTR_transB, 0) != 0;
    bool fits =
        a->dims[!ta] == b->dims[tb] && a->dims[ta] == to->dims[0] && b->dims[!tb] == to->dims[1];
    return unless(fits && (!c || tensor_broadcasts_to(c, to)),
                  "the matrices do not fit each other");
}

// The product's shape: what a and b have in front of their matrices is broadcast, and a vector's
// dimension is left out. False if there is none.
static bool matmul_shape(const struct tensor *a, const struct tensor *b, struct tensor *product)
{
    int batches_a = a->rank > 2 ? a->rank - 2 : 0, batches_b = b->rank > 2 ? b->rank - 2 : 0;
    struct tensor in_a = {.rank = batches_a}, in_b = {.rank = batches_b};
    memcpy(in_a.dims, a->dims, sizeof *a->dims * (size_t)batches_a);
    memcpy(in_b.dims, b->dims, sizeof *b->dims * (size_t)batches_b);
    *product = (struct tensor){.rank = batches_a > batches_b ? batches_a : batches_b};
    for (int i = 0; i < product->rank; i++) {
        int64_t x = tensor_dim(&in_a, product->rank, i), y = tensor_dim(&in_b, product->rank, i);
        product->dims[i] = x > y ? x : y;
    }
    if (!tensor_broadcasts_to(&in_a, product) || !tensor_broadcasts_to(&in_b, product))
        return false;
    if (a->rank > 1)
        product->dims[product->rank++] = a->dims[a->rank - 2];
    if (b->rank > 1)
        product->dims[product->rank++] = b->dims[b->rank - 1];
    return true;
}

// As FusedMatMul has them: the first dimension may stand behind the batches, and rows and columns
// be swapped.
static struct tensor untransposed(struct tensor t, bool batches, bool matrix)
{
    int64_t first = t.dims[0];
    if (batches && t.rank > 2) {
        memmove(t.dims, t.dims + 1, sizeof first * (size_t)(t.rank - 2));
        t.dims[t.rank - 2] = first;
    }
    if (matrix && t.rank > 1) {
        int64_t rows = t.dims[t.rank - 2];
        t.dims[t.rank - 2] = t.dims[t.rank - 1];
        t.dims[t.rank - 1] = rows;
    }
    return t;
}

const char *check_matmul(const struct graph *g, const struct node *n)
{
    struct tensor a = untransposed(*step_src(g, n, 0), node_int(n, ATTR_transBatchA, 0),
                                   node_int(n, ATTR_transA, 0));
    struct tensor b = untransposed(*step_src(g, n, 1), node_int(n, ATTR_transBatchB, 0),
                                   node_int(n, ATTR_transB, 0));
    const struct tensor *to = step_dst(g, n);
    struct tensor product;
    if (a.rank < 1 || b.rank < 1 || a.dims[a.rank - 1] != b.dims[b.rank > 1 ? b.rank - 2 : 0])
        return "the matrices do not fit each other";
    if (!tensor_is_row_major(&a) || !tensor_is_row_major(&b) || !tensor_is_row_major(to))
        return "a product is row-major";
    return unless(matmul_shape(&a, &b, &product) && tensor_same_shape(&product, to),
                  "the result has not the shape of the product");
}

// ---- attention -----------------------------------------------------------------------------

enum { MOST_SCORES_LOG = 40 };

// Dimensions as [..., heads, rows, columns], whichever way they stand in memory.
static struct tensor heads_of(const struct tensor *t, bool swapped)
{
    struct tensor heads = *t;
    if (swapped) {
        heads.dims[t->rank - 3] = t->dims[t->rank - 2];
        heads.dims[t->rank - 2] = t->dims[t->rank - 3];
    }
    return heads;
}

// The scores' tensor; false if queries, keys, values and result do not fit.
static bool scores_of(const struct tensor *q, const struct tensor *k, const struct tensor *v,
                      const struct tensor *to, struct tensor *scores)
{
    int row = q->rank - 2, column = q->rank - 1;
    struct tensor wanted = *q;
    double elements = 1;
    *scores = *q;
    scores->dims[column] = wanted.dims[row] = k->dims[row];
    for (int i = 0; i < q->rank; i++)
        elements *= (double)scores->dims[i];
    if (!tensor_same_shape(k, &wanted) || elements > (double)(1LL << MOST_SCORES_LOG))
        return false;
    wanted.dims[column] = v->dims[column];
    if (!tensor_same_shape(v, &wanted))
        return false;
    wanted.dims[row] = q->dims[row];
    return tensor_same_shape(to, &wanted);
}

const char *check_sdpa(const struct graph *g, const struct node *n)
{
    const struct tensor *all[] = {step_src(g, n, 0), step_src(g, n, 1), step_src(g, n, 2),
                                  step_dst(g, n)};
    const struct tensor *mask = step_optional_src(g, n, 3);
    struct tensor heads[4], scores;
    int64_t swapped[4], ahead = node_int(n, ATTR_k, 0), back = node_int(n, ATTR_left_window_size, 0);
    if (ahead < 0 || ahead > INT32_MAX || back < 0 || back > INT32_MAX)
        return "k or left_window_size is out of range";
    if (!step_read_ints(n, ATTR_swapped, 4, 0, 0, swapped))
        return "swapped says something of queries, keys, values and result";
    for (int i = 0; i < 4; i++) {
        if (all[i]->rank != all[0]->rank || all[i]->rank < 2 + (swapped[i] != 0))
            return "queries, keys, values and result are batches of matrices";
        if (!tensor_is_row_major(all[i]))
            return "attention is row-major";
        heads[i] = heads_of(all[i], swapped[i]);
    }
    if (!scores_of(&heads[0], &heads[1], &heads[2], &heads[3], &scores))
        return "queries, keys, values and result do not fit each other";
    return unless(!mask || (tensor_broadcasts_to(mask, &scores) && tensor_is_row_major(mask)),
                  "the mask does not broadcast to the scores");
}

// ---- recurrent networks --------------------------------------------------------------------

struct rnn_shape {
    int64_t t, n, c, h, directions, gates;
    bool batch_first;
};

static bool fits(const struct tensor *t, int rank, const int64_t *dims)
{
    return !t || tensor_has_dims(t, rank, dims);
}

static const char *check_parameters(const struct graph *g, const struct node *n,
                                    const struct rnn_shape *s)
{
    int64_t rows = s->gates * s->h;
    if (!fits(step_src(g, n, RNN_w), 3, (int64_t[]){s->directions, rows, s->c}) ||
        !fits(step_src(g, n, RNN_r), 3, (int64_t[]){s->directions, rows, s->h}))
        return "the weights do not fit the sequence";
    return unless(
        fits(step_optional_src(g, n, RNN_b), 2, (int64_t[]){s->directions, 2 * rows}) &&
            fits(step_optional_src(g, n, RNN_lengths), 1, (int64_t[]){s->n}) &&
            fits(step_optional_src(g, n, RNN_peephole), 2, (int64_t[]){s->directions, 3 * s->h}),
        "biases, lengths or peepholes do not fit the weights");
}

static const char *check_states(const struct graph *g, const struct node *n,
                                const struct rnn_shape *s)
{
    int64_t last[] = {s->directions, s->n, s->h}, first[] = {s->n, s->directions, s->h};
    const int64_t *state = s->batch_first ? first : last;
    int64_t row[] = {s->t, s->directions, s->n, s->h}, batch[] = {s->n, s->t, s->directions, s->h};
    if (!fits(step_optional_src(g, n, RNN_h), 3, state) ||
        !fits(step_optional_src(g, n, RNN_c), 3, state))
        return "the initial states do not fit the weights";
    for (int k = 1; k < n->n_dst; k++)
        if (n->dst[k] != NONE && !fits(&g->values[n->dst[k]].t, 3, state))
            return "the last states do not fit the weights";
    return unless(fits(step_dst(g, n), 4, s->batch_first ? batch : row),
                  "the result does not fit the sequence");
}

const char *check_rnn(const struct graph *g, const struct node *n)
{
    const struct tensor *x = step_src(g, n, RNN_x), *weights = step_src(g, n, RNN_r);
    int64_t direction = node_int(n, ATTR_direction, WORD_direction_forward);
    if (x->rank != 3 || weights->rank != 3 || weights->dims[2] > INT32_MAX)
        return "sequence and weights have three dimensions";
    struct rnn_shape s = {
        .c = x->dims[2],
        .h = weights->dims[2],
        .directions = direction == WORD_direction_bidirectional ? 2 : 1,
        .gates = rnn_n_gates(n->op),
        .batch_first = node_int(n, ATTR_layout, 0) != 0,
    };
    s.t = x->dims[s.batch_first];
    s.n = x->dims[!s.batch_first];
    if (direction < WORD_direction_forward || direction > WORD_direction_bidirectional)
        return "there is no such direction";
    const char *what = check_parameters(g, n, &s);
    return what ? what : check_states(g, n, &s);
}
