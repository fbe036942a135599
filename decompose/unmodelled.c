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
    n->n_attrs = n->n_bodies = 0;
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

// What it reads, and as much for each result as for the largest activation.
static int64_t estimate(struct cut *c, const struct node *n)
{
    int64_t largest = 0, bytes = 0;
    for (int k = 0; k < n->n_src; k++) {
        int v = n->src[k];
        if (v == NONE)
            continue;
        int64_t read = bytes_of(c, v);
        bytes += read;
        if (!graph_is_weight(c->g, v) && read > largest)
            largest = read;
    }
    for (int k = 0; k < n->n_dst; k++) {
        if (n->dst[k] == NONE)
            continue;
        c->guess[n->dst[k]] = largest;
        bytes += largest;
    }
    return bytes;
}

static void list_node(struct cut *c, const struct node *n)
{
    struct graph *g = c->g;
    grow(&g->unmodelled, &g->unmodelled_capacity, g->n_unmodelled + 1, sizeof *g->unmodelled);
    const char *name = n->name ? n->name : "";
    g->unmodelled[g->n_unmodelled++] =
        (struct unmodelled){name, n->op_type, n->reason, estimate(c, n)};
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
