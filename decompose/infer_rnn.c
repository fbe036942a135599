// Shapes of recurrent networks.
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
