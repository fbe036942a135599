// Shapes of recurrent networks and of attention.
#include "decompose/passes.h"

#include <string.h>

#include "bricks/recurrent.h"

// ---- RNN, GRU, LSTM -------------------------------------------------------------------------

struct rnn {
    int64_t seq, batch, input, directions, gates, hidden;
    bool batch_first;
};

static int read_rnn(struct rnn *r, const struct graph *g, const struct node *n, struct error *err)
{
    const struct tensor *x = node_src_tensor(g, n, RNN_x), *w = node_src_tensor(g, n, RNN_w);
    int64_t gates = rnn_n_gates(n->op);
    int64_t direction = node_int(n, ATTR_direction, WORD_direction_forward);
    if (x->rank != 3 || w->rank != 3 || w->dims[1] % gates != 0)
        return node_fail(g, n, err, "'%s' of %s and weights of %s do not fit",
                         value_name(g, n->src[0]).s, dims_text(x).s, dims_text(w).s);
    *r = (struct rnn){.input = x->dims[2],
                      .directions = direction == WORD_direction_bidirectional ? 2 : 1,
                      .gates = gates,
                      .hidden = w->dims[1] / gates,
                      .batch_first = node_int(n, ATTR_layout, 0) != 0};
    r->seq = x->dims[r->batch_first];
    r->batch = x->dims[!r->batch_first];
    if (node_int(n, ATTR_hidden_size, r->hidden) != r->hidden)
        return node_fail(g, n, err, "hidden_size is %lld, but its weights are %s",
                         (long long)node_int(n, ATTR_hidden_size, 0), dims_text(w).s);
    return 0;
}

static int check_source(const struct graph *g, const struct node *n, int k,
                        const struct tensor *wanted, struct error *err)
{
    const struct tensor *t = node_src_tensor(g, n, k);
    if (t && !tensor_same_shape(t, wanted))
        return node_fail(g, n, err, "'%s' of %s is not %s", value_name(g, n->src[k]).s,
                         dims_text(t).s, dims_text(wanted).s);
    return 0;
}

// What goes over from one run to the next: [directions, batch, hidden], or batch first.
static struct tensor state_tensor(const struct rnn *r, enum type type)
{
    struct tensor t = {.type = type, .rank = 3, .dims = {r->directions, r->batch, r->hidden}};
    if (r->batch_first) {
        t.dims[0] = r->batch;
        t.dims[1] = r->directions;
    }
    return t;
}

static int check_rnn_sources(const struct rnn *r, const struct graph *g, const struct node *n,
                             struct error *err)
{
    int64_t d = r->directions, rows = r->gates * r->hidden;
    struct tensor w = {.rank = 3, .dims = {d, rows, r->input}};
    struct tensor recurrence = {.rank = 3, .dims = {d, rows, r->hidden}};
    struct tensor bias = {.rank = 2, .dims = {d, 2 * rows}}, lengths = {.rank = 1};
    struct tensor state = state_tensor(r, TYPE_none), peepholes = {.rank = 2};
    lengths.dims[0] = r->batch;
    peepholes.dims[0] = d;
    peepholes.dims[1] = 3 * r->hidden;
    const struct tensor *wanted[] = {NULL,     &w,     &recurrence, &bias,
                                     &lengths, &state, &state,      &peepholes};
    for (int k = 1; k < n->n_src; k++)
        if (check_source(g, n, k, wanted[k], err))
            return -1;
    return 0;
}

// Lengths that are all those of the sequence say nothing.
static void drop_full_lengths(const struct rnn *r, const struct graph *g, struct node *n)
{
    int64_t lengths[1];
    int v = node_src(n, RNN_lengths);
    const void *data = v == NONE ? NULL : value_data(g, v);
    for (int64_t i = 0; data && i < r->batch; i++) {
        lengths[0] = (int64_t)number_read(g->values[v].t.type, data, i);
        if (lengths[0] != r->seq)
            return;
    }
    if (data)
        node_omit_src(n, RNN_lengths);
}

static void set_rnn_attributes(const struct rnn *r, struct graph *g, struct node *n)
{
    int each = rnn_n_activations(n->op), count;
    int64_t activations[RNN_DIRECTIONS * RNN_ACTIVATIONS];
    for (int i = 0; i < each * (int)r->directions; i++)
        activations[i] = rnn_usual_activation(n->op, i % each);
    node_ints(n, ATTR_activations, &count);
    if (count == 0)
        node_set_ints(g, n, ATTR_activations, each * (int)r->directions, activations);
    node_set_int(g, n, ATTR_direction, node_int(n, ATTR_direction, WORD_direction_forward));
    node_set_int(g, n, ATTR_layout, r->batch_first);
    if (n->op != OP_RNN)
        node_set_flag(g, n, n->op == OP_GRU ? ATTR_linear_before_reset : ATTR_input_forget);
    node_drop(n, ATTR_hidden_size);
}

static int check_activations(const struct rnn *r, const struct graph *g, const struct node *n,
                             struct error *err)
{
    int each = rnn_n_activations(n->op), count;
    node_ints(n, ATTR_activations, &count);
    if (count != each * (int)r->directions)
        return node_fail(g, n, err, "activations has %d words instead of %d", count,
                         each * (int)r->directions);
    return 0;
}

int infer_rnn(struct graph *g, struct node *n, struct error *err)
{
    struct rnn r = {0};
    if (read_rnn(&r, g, n, err) || check_rnn_sources(&r, g, n, err))
        return -1;
    drop_full_lengths(&r, g, n);
    set_rnn_attributes(&r, g, n);
    if (check_activations(&r, g, n, err))
        return -1;
    enum type type = node_src_tensor(g, n, 0)->type;
    struct tensor y = {.type = type, .rank = 4, .dims = {r.seq, r.directions, r.batch, r.hidden}};
    if (r.batch_first)
        y = (struct tensor){
            .type = type, .rank = 4, .dims = {r.batch, r.seq, r.directions, r.hidden}};
    struct tensor state = state_tensor(&r, type);
    if (n->dst[0] == NONE) // a step has its first result even if nobody wants it
        n->dst[0] = graph_add_value(g, VALUE_node, NULL, &y);
    return node_set_dst(g, n, 0, &y, err) || node_set_dst(g, n, 1, &state, err) ||
                   node_set_dst(g, n, 2, &state, err)
               ? -1
               : 0;
}

// ---- Attention ------------------------------------------------------------------------------

// Sources 0 to 2 as [batch, heads, sequence, size] whatever their rank; false if they are neither
// that nor [batch, sequence, heads * size].
static bool read_heads(const struct graph *g, const struct node *n, int k, enum attr_key heads,
                       struct tensor *t)
{
    *t = *node_src_tensor(g, n, k);
    int64_t count = node_int(n, heads, 0);
    if (t->rank == 4)
        return true;
    if (t->rank != 3 || count < 1 || t->dims[2] % count != 0)
        return false;
    *t = (struct tensor){
        .type = t->type, .rank = 4, .dims = {t->dims[0], count, t->dims[1], t->dims[2] / count}};
    return true;
}

struct attention {
    struct tensor q, k, v; // [batch, heads, sequence, size]
    int64_t past;
};

static int read_attention(struct attention *a, const struct graph *g, const struct node *n,
                          struct error *err)
{
    if (!read_heads(g, n, 0, ATTR_q_num_heads, &a->q) ||
        !read_heads(g, n, 1, ATTR_kv_num_heads, &a->k) ||
        !read_heads(g, n, 2, ATTR_kv_num_heads, &a->v))
        return node_fail(g, n, err, "its sources cannot be split into heads");
    const struct tensor *past = node_src_tensor(g, n, 4);
    a->past = past && past->rank == 4 ? past->dims[2] : 0;
    bool fits = a->q.dims[0] == a->k.dims[0] && a->k.dims[0] == a->v.dims[0] &&
                a->k.dims[1] == a->v.dims[1] && a->k.dims[2] == a->v.dims[2] &&
                a->q.dims[3] == a->k.dims[3] && a->k.dims[1] > 0 &&
                a->q.dims[1] % a->k.dims[1] == 0;
    if (!fits)
        return node_fail(g, n, err, "queries of %s, keys of %s and values of %s do not fit",
                         dims_text(&a->q).s, dims_text(&a->k).s, dims_text(&a->v).s);
    return 0;
}

int infer_attention(struct graph *g, struct node *n, struct error *err)
{
    struct attention a;
    if (read_attention(&a, g, n, err))
        return -1;
    struct tensor y = a.q, key = a.k, value = a.v, scores = a.q;
    y.dims[3] = a.v.dims[3];
    key.dims[2] += a.past;
    value.dims[2] += a.past;
    scores.dims[3] = key.dims[2];
    if (node_src_tensor(g, n, 0)->rank == 3)
        y = (struct tensor){
            .type = y.type, .rank = 3, .dims = {y.dims[0], y.dims[2], y.dims[1] * y.dims[3]}};
    node_set_flag(g, n, ATTR_is_causal);
    while (n->n_dst > 1 && !node_dst_used(g, n, n->n_dst - 1))
        n->n_dst--;
    return node_set_dst(g, n, 0, &y, err) || node_set_dst(g, n, 1, &key, err) ||
                   node_set_dst(g, n, 2, &value, err) || node_set_dst(g, n, 3, &scores, err)
               ? -1
               : 0;
}
