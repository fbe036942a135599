// If and Loop: the nodes of a body take the place of the node where what decides it is constant.
#include <stdlib.h>
#include <string.h>

#include "decompose/inference.h"
#include "reference/number.h"

enum { MAX_EXPANDED = 200 * 1000 }; // values, so that a small file cannot ask for many

// The number of a constant of one element; false if it is not known.
static bool constant_number(const struct graph *g, int v, int64_t *number)
{
    if (!graph_is_weight(g, v) || tensor_elements(&g->values[v].t) != 1 || !value_data(g, v))
        return false;
    enum type type = g->values[v].t.type;
    if (type_is_real(type))
        return false;
    *number = (int64_t)number_read(type, value_data(g, v), 0);
    return true;
}

static int add_number(struct graph *g, enum type type, int64_t number)
{
    struct tensor t = {.type = type};
    int v = graph_add_value(g, VALUE_weight, NULL, &t);
    void *data = arena_alloc(&g->arena, type_bytes(type));
    number_write(type, data, 0, (long double)number);
    g->values[v].data = data;
    return v;
}

static int copy_value(struct graph *g, const struct value *from)
{
    int v = graph_add_value(g, from->kind, from->name, &from->t);
    g->values[v].data = from->data;
    g->values[v].n_uses = from->n_uses;
    return v;
}

static void copy_node(struct graph *g, const struct node *n, const int *new_value)
{
    int *values = xmalloc((size_t)(n->n_src + n->n_dst) * sizeof *values), *dst = values + n->n_src;
    for (int k = 0; k < n->n_src; k++)
        values[k] = n->src[k] == NONE ? NONE : new_value[n->src[k]];
    for (int k = 0; k < n->n_dst; k++)
        dst[k] = n->dst[k] == NONE ? NONE : new_value[n->dst[k]];
    graph_copy_node(g, n, values, dst);
    for (int k = 0; k < n->n_dst; k++)
        if (dst[k] != NONE)
            g->values[dst[k]].producer = g->n_nodes - 1;
    free(values);
}

// Adds the body's nodes with `args` as its inputs, and infers them; fills `results`, one value per
// output of the body.
static int run_body(struct inference *w, const struct graph *body, const int *args, int *results)
{
    struct graph *g = w->g;
    int first = g->n_nodes, *new_value = xmalloc((size_t)body->n_values * sizeof *new_value);
    memset(new_value, 0xff, (size_t)body->n_values * sizeof *new_value);
    for (int k = 0; k < body->n_inputs; k++)
        if (body->inputs[k] != NONE)
            new_value[body->inputs[k]] = args[k];
    for (int v = 0; v < body->n_values; v++)
        if (body->values[v].kind != VALUE_input)
            new_value[v] = copy_value(g, &body->values[v]);
    for (int i = 0; i < body->n_nodes; i++)
        copy_node(g, &body->nodes[i], new_value);
    for (int k = 0; k < body->n_outputs; k++)
        results[k] = new_value[body->outputs[k]];
    free(new_value);
    return infer_nodes(w, first);
}

// What the node gave is now what `from` gives.
static void hand_result(struct graph *g, const struct node *n, int k, int from)
{
    if (k >= n->n_dst || n->dst[k] == NONE)
        return;
    int dst = n->dst[k];
    graph_add_node(g, OP_Identity, NULL, 1, &from, 1, &dst);
    g->values[dst].producer = g->n_nodes - 1;
}

// Counts a run of the body before it is made.
static int pay(struct inference *w, const struct node *n, const struct graph *body,
               struct error *why)
{
    w->n_expanded += body->n_values + body->n_outputs + 1;
    if (w->n_expanded <= MAX_EXPANDED)
        return 0;
    return node_unsupported(w->g, n, why, "its graphs would give more than %d values",
                            MAX_EXPANDED);
}

static int expand_if(struct inference *w, int i, struct error *why)
{
    struct node n = w->g->nodes[i]; // the graph's own moves when nodes are added
    int64_t condition;
    if (!constant_number(w->g, n.src[0], &condition))
        return node_unsupported(w->g, &n, why, "which of its graphs runs depends on data");
    const struct graph *body = n.bodies[condition == 0];
    if (pay(w, &n, body, why))
        return -1;
    int *results = xmalloc((size_t)body->n_outputs * sizeof *results);
    int status = run_body(w, body, n.src + 1, results), first = w->g->n_nodes;
    for (int k = 0; k < body->n_outputs; k++)
        hand_result(w->g, &n, k, results[k]);
    free(results);
    return status ? status : infer_nodes(w, first);
}

// --- Loop ---

enum { TRIP_COUNT, CONDITION, CARRIED }; // sources of the node, inputs of its body

struct loop {
    int i; // number of the node
    struct node n;
    const struct graph *body;
    int n_carried, n_scans;
    int64_t trip_count;
    int64_t condition;
    int *args;    // of the body's next run
    int *results; // of its last run: condition, carried values, one element of each scan
    int n_runs, capacity;
    int *scans; // elements of all scans, run by run
};

static void loop_init(struct loop *l, const struct graph *g, int i)
{
    const struct node *n = &g->nodes[i];
    const struct graph *body = n->bodies[0];
    size_t n_src = (size_t)n->n_src, n_results = (size_t)body->n_outputs;
    *l = (struct loop){.i = i, .n = *n, .body = body, .trip_count = INT64_MAX, .condition = 1};
    l->n_carried = n->n_src - n->n_captured - CARRIED;
    l->n_scans = body->n_outputs - 1 - l->n_carried;
    l->args = xmalloc(n_src * sizeof *l->args);
    memcpy(l->args, n->src, n_src * sizeof *l->args);
    l->results = xmalloc(n_results * sizeof *l->results);
}

static void loop_release(struct loop *l)
{
    free(l->args);
    free(l->results);
    free(l->scans);
}

// Reads what says how often the body runs; false if it is not constant.
static bool loop_bounds(struct loop *l, const struct graph *g)
{
    const int *src = l->n.src;
    return (src[TRIP_COUNT] == NONE || constant_number(g, src[TRIP_COUNT], &l->trip_count)) &&
           (src[CONDITION] == NONE || constant_number(g, src[CONDITION], &l->condition));
}

static void keep_scans(struct loop *l)
{
    size_t n = (size_t)l->n_scans, at = (size_t)l->n_runs * n;
    grow(&l->scans, &l->capacity, (int)(at + n), sizeof *l->scans);
    memcpy(l->scans + at, l->results + 1 + l->n_carried, n * sizeof *l->scans);
}

static int loop_run(struct inference *w, struct loop *l, struct error *why)
{
    if (pay(w, &l->n, l->body, why))
        return -1;
    l->args[TRIP_COUNT] = add_number(w->g, TYPE_s64, l->n_runs);
    l->args[CONDITION] = add_number(w->g, TYPE_boolean, 1);
    if (run_body(w, l->body, l->args, l->results))
        return -1;
    memcpy(l->args + CARRIED, l->results + 1, (size_t)l->n_carried * sizeof *l->args);
    if (l->n_scans)
        keep_scans(l);
    l->n_runs++;
    if (!constant_number(w->g, l->results[0], &l->condition))
        return node_unsupported(w->g, &l->n, why, "how often its graph runs depends on data");
    return 0;
}

// The elements of one scan, put together along a new first dimension.
static int join_scan(struct graph *g, const struct loop *l, int scan)
{
    static const struct tensor unknown = {.rank = -1};
    int *parts = xmalloc((size_t)l->n_runs * sizeof *parts);
    for (int run = 0; run < l->n_runs; run++) {
        parts[run] = graph_add_value(g, VALUE_node, NULL, &unknown);
        struct node *n = graph_add_node(g, OP_Unsqueeze, NULL, 1,
                                        &l->scans[run * l->n_scans + scan], 1, &parts[run]);
        node_set_ints(g, n, ATTR_axes, 1, (const int64_t[]){0});
    }
    int joined = graph_add_value(g, VALUE_node, NULL, &unknown);
    struct node *n = graph_add_node(g, OP_Concat, l->n.name, l->n_runs, parts, 1, &joined);
    node_set_int(g, n, ATTR_axis, 0);
    free(parts);
    return joined;
}

static int loop_results(struct inference *w, const struct loop *l, struct error *why)
{
    int first = w->g->n_nodes;
    if (l->n_scans && l->n_runs == 0) {
        w->g->nodes[l->i].n_bodies = 0; // nothing of it is read
        return node_unsupported(w->g, &l->n, why, "its graph never runs: its results are empty");
    }
    for (int k = 0; k < l->n_carried; k++)
        hand_result(w->g, &l->n, k, l->args[CARRIED + k]);
    for (int k = 0; k < l->n_scans; k++)
        hand_result(w->g, &l->n, l->n_carried + k, join_scan(w->g, l, k));
    return infer_nodes(w, first);
}

static int expand_loop(struct inference *w, int i, struct error *why)
{
    struct loop l;
    int status = 0;
    loop_init(&l, w->g, i);
    if (!loop_bounds(&l, w->g))
        status = node_unsupported(w->g, &l.n, why, "how often its graph runs depends on data");
    while (status == 0 && l.n_runs < l.trip_count && l.condition)
        status = loop_run(w, &l, why);
    if (status == 0)
        status = loop_results(w, &l, why);
    loop_release(&l);
    return status;
}

int expand_control(struct inference *w, int i, struct error *why)
{
    bool is_if = w->g->nodes[i].op == OP_If;
    int status = is_if ? expand_if(w, i, why) : expand_loop(w, i, why);
    w->dead[i] = status == 0;
    return status;
}

// Nodes with bodies are expanded; these have none.
int infer_control(struct graph *g, struct node *n, struct error *err)
{
    return node_unsupported(g, n, err, "it has no graphs");
}

int infer_unknown(struct graph *g, struct node *n, struct error *err)
{
    return node_unsupported(g, n, err, "dlbricks does not have this operator");
}
