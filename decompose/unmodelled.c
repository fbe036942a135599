// Nodes that cannot be modelled: those that shape inference gave up.
#include "decompose/passes.h"

#include <stdlib.h>
#include <string.h>

void node_give_up(struct graph *g, struct node *n, const char *reason)
{
    struct label_text label = node_label(g, n);
    size_t skip = strlen(label.s);
    if (strncmp(reason, label.s, skip) == 0 && strncmp(reason + skip, ": ", 2) == 0)
        reason += skip + 2;
    struct tensor unknown = {.rank = -1};
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE)
            g->values[n->dst[k]].t = unknown;
    n->op_type = n->op_type ? n->op_type : op_info(n->op)->name;
    n->op = OP_Unknown;
    n->reason = arena_strdup(&g->arena, reason);
    n->n_attrs = 0;
}

// Sizes come from a file that nobody checked as a whole.
static void add_bytes(int64_t *sum, int64_t bytes)
{
    if (__builtin_add_overflow(*sum, bytes, sum))
        *sum = INT64_MAX;
}

void graph_weigh_body(struct graph *body)
{
    for (int v = 0; v < body->n_values; v++) {
        const struct value *value = &body->values[v];
        if (value->kind == VALUE_weight && value->n_uses > 0 && value->t.type != TYPE_none)
            add_bytes(&body->body_bytes, (int64_t)tensor_bytes(&value->t));
    }
    for (int i = 0; i < body->n_nodes; i++) {
        int64_t dearest = 0;
        for (int k = 0; k < body->nodes[i].n_bodies; k++)
            if (body->nodes[i].bodies[k]->body_bytes > dearest)
                dearest = body->nodes[i].bodies[k]->body_bytes;
        add_bytes(&body->body_bytes, dearest);
    }
}

struct cut {
    struct graph *g;
    int64_t *guess; // per value without a tensor: its bytes, as they are guessed
};

static int64_t bytes_of(const struct cut *c, int v)
{
    const struct tensor *t = &c->g->values[v].t;
    return t->rank < 0 || t->type == TYPE_none ? c->guess[v] : (int64_t)tensor_bytes(t);
}

// What a node reads.
struct reading {
    int64_t bytes;
    int64_t largest; // of the activations
};

static void read_value(struct reading *r, const struct cut *c, int v)
{
    if (v == NONE)
        return;
    int64_t bytes = bytes_of(c, v);
    add_bytes(&r->bytes, bytes);
    if (!graph_is_weight(c->g, v) && bytes > r->largest)
        r->largest = bytes;
}

// The weights of a body, and what it uses of the values around it.
static struct reading read_body(const struct cut *c, const struct node *n, const struct graph *body)
{
    int own = n->n_src - n->n_captured, first = n->n_bodies == 1 ? own : 0; // If's have no inputs
    struct reading r = {.bytes = body->body_bytes};
    for (int k = first; k < body->n_inputs; k++)
        if (body->inputs[k] != NONE)
            read_value(&r, c, n->src[own + k - first]);
    return r;
}

static struct reading read_node(const struct cut *c, const struct node *n)
{
    struct reading r = {0}, dearest = {0};
    for (int k = 0; k < n->n_src - n->n_captured; k++)
        read_value(&r, c, n->src[k]);
    for (int k = 0; k < n->n_bodies; k++) {
        struct reading body = read_body(c, n, n->bodies[k]);
        if (body.bytes > dearest.bytes)
            dearest = body;
    }
    add_bytes(&r.bytes, dearest.bytes);
    if (dearest.largest > r.largest)
        r.largest = dearest.largest;
    return r;
}

// What it reads, and as much for each result as for the largest activation. That is no bound: what
// depends on data may be empty, and a product is often larger than its factors.
static int64_t estimate(struct cut *c, const struct node *n)
{
    struct reading r = read_node(c, n);
    for (int k = 0; k < n->n_dst; k++) {
        if (n->dst[k] == NONE)
            continue;
        c->guess[n->dst[k]] = r.largest;
        add_bytes(&r.bytes, r.largest);
    }
    return r.bytes;
}

// The reason, and how much of what is in its graphs the estimate counts.
static const char *full_reason(struct graph *g, const struct node *n)
{
    static const char *const counted[] = {"", " (counted: the weights of one run)",
                                          " (counted: the weights of the dearer one)"};
    return arena_printf(&g->arena, "%s%s", n->reason, counted[n->n_bodies]);
}

static void list_node(struct cut *c, const struct node *n)
{
    struct graph *g = c->g;
    grow(&g->unmodelled, &g->unmodelled_capacity, g->n_unmodelled + 1, sizeof *g->unmodelled);
    const char *name = n->name ? n->name : "";
    g->unmodelled[g->n_unmodelled++] =
        (struct unmodelled){name, n->op_type, full_reason(g, n), estimate(c, n)};
}

static bool is_step_result(const struct graph *g, int v)
{
    const struct value *value = &g->values[graph_storage(g, v)];
    return value->kind == VALUE_node && value->producer != NONE &&
           g->nodes[value->producer].op != OP_Unknown;
}

// So that what was computed for the node still is.
static void keep_sources(struct graph *g, const struct node *n, bool *is_output)
{
    for (int k = 0; k < n->n_src; k++) {
        int v = n->src[k];
        if (v == NONE || is_output[v] || !is_step_result(g, v))
            continue;
        is_output[v] = true;
        graph_add_output(g, v);
    }
}

static void drop_lost_outputs(struct graph *g)
{
    int kept = 0;
    for (int k = 0; k < g->n_outputs; k++) {
        const struct value *value = &g->values[g->outputs[k]];
        bool lost = value->kind == VALUE_node && value->producer != NONE &&
                    g->nodes[value->producer].op == OP_Unknown;
        if (!lost)
            g->outputs[kept++] = g->outputs[k];
    }
    g->n_outputs = kept;
}

static void cut_nodes(struct cut *c, bool *dead, bool *is_output)
{
    struct graph *g = c->g;
    for (int k = 0; k < g->n_outputs; k++)
        is_output[g->outputs[k]] = true;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        dead[i] = n->op == OP_Unknown;
        if (!dead[i])
            continue;
        list_node(c, n);
        keep_sources(g, n, is_output);
    }
    drop_lost_outputs(g);
    graph_drop_nodes(g, dead);
}

int graph_cut_unmodelled(struct graph *g, struct error *err)
{
    struct cut c = {.g = g, .guess = xcalloc((size_t)g->n_values, sizeof *c.guess)};
    bool *dead = xcalloc((size_t)g->n_nodes, sizeof *dead);
    bool *is_output = xcalloc((size_t)g->n_values, sizeof *is_output);
    cut_nodes(&c, dead, is_output);
    free(is_output);
    free(dead);
    free(c.guess);
    const struct unmodelled *first = g->unmodelled;
    if (g->n_nodes > 0 || g->n_unmodelled == 0)
        return 0;
    return fail(err, "%s '%s': %s", first->op, first->layer, first->reason);
}
