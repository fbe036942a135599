// Shape inference: one rule per entry of the shape column, in the order of the graph. What depends
// on constants only is computed at once and becomes a weight, so that the exporters' shape
// arithmetic is gone when its result is needed. Rules write attributes back in full (kernel_shape,
// strides, pads, axis, perm ...): two nodes that do the same then say the same. A node that a rule
// cannot handle is given up, and with it all that needs its results.
#include "decompose/inference.h"

#include <stdlib.h>
#include <string.h>

#include "decompose/decompose.h"
#include "decompose/onnx_tensor.h"

enum { FOLD_LEAST_BYTES = 16 << 20, FOLD_FACTOR = 4 };

typedef int infer_rule(struct graph *g, struct node *n, struct error *err);

static infer_rule *const rules[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, ...) [OP_##name] = infer_##shape,
#include "bricks/ops.def"
#undef OP
};

static int check_shapes(const struct graph *g, struct error *err)
{
    for (int v = 0; v < g->n_values; v++) {
        const struct value *value = &g->values[v];
        if (value->kind == VALUE_node || value->n_uses == 0)
            continue;
        if (!shape_is_sane(value->t.dims, value->t.rank, value->kind == VALUE_input))
            return fail(err, "'%s' has the impossible shape %s", value_name(g, v).s,
                        dims_text(&value->t).s);
    }
    return 0;
}

static int check_results(const struct graph *g, const struct node *n, struct error *err)
{
    for (int k = 0; k < n->n_dst; k++) {
        if (n->dst[k] == NONE || g->values[n->dst[k]].n_uses == 0)
            continue;
        const struct tensor *t = &g->values[n->dst[k]].t;
        if (t->rank < 0)
            return node_unsupported(g, n, err, "its output '%s' is not supported",
                                    value_name(g, n->dst[k]).s);
        if (tensor_elements(t) == 0)
            return node_unsupported(g, n, err, "its result of %s has no elements", dims_text(t).s);
    }
    return 0;
}

// The contents of a result without elements are known: it is a constant.
static bool gives_nothing(const struct graph *g, const struct node *n)
{
    const struct tensor *t = n->n_dst == 1 ? &g->values[n->dst[0]].t : NULL;
    return t && t->rank >= 0 && t->type != TYPE_none && tensor_elements(t) == 0;
}

static int check_source(const struct graph *g, const struct node *n, int v, struct error *err)
{
    const struct value *value = &g->values[v];
    if (value->t.rank >= 0 && value->t.type != TYPE_none)
        return 0;
    const struct node *from =
        value->kind == VALUE_node && value->producer != NONE ? &g->nodes[value->producer] : NULL;
    if (!from)
        return node_unsupported(g, n, err, "'%s' is no tensor of a type that dlbricks has",
                                value_name(g, v).s);
    if (from->reason && strncmp(from->reason, "depends on ", 11) == 0)
        return node_unsupported(g, n, err, "%s", from->reason);
    return node_unsupported(g, n, err, "depends on %s", node_label(g, from).s);
}

static int check_sources(const struct graph *g, const struct node *n, struct error *err)
{
    for (int k = 0; k < op_info(n->op)->min_srcs; k++)
        if (node_src(n, k) == NONE)
            return node_fail(g, n, err, "its input %d is missing", k);
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && check_source(g, n, n->src[k], err))
            return -1;
    return 0;
}

// A step is known by its first result, even where only others are used.
static void give_first_result(struct graph *g, int i)
{
    const struct node *n = &g->nodes[i];
    if (n->n_dst == 0 || n->dst[0] != NONE)
        return;
    n->dst[0] = graph_add_value(g, VALUE_node, NULL, NULL);
    g->values[n->dst[0]].producer = i;
}

static int infer_node(struct inference *w, int i, struct error *err)
{
    struct graph *g = w->g;
    struct node *n = &g->nodes[i];
    if (n->n_bodies)
        return expand_control(w, i, err);
    if (check_sources(g, n, err))
        return -1;
    give_first_result(g, i);
    if (rules[n->op](g, n, err))
        return -1;
    if (node_folds(g, n))
        fold_node(g, n, &w->budget);
    else if (gives_nothing(g, n))
        g->values[n->dst[0]].kind = VALUE_weight;
    else
        return check_results(g, n, err);
    w->dead[i] = true;
    return 0;
}

static void grow_dead(struct inference *w)
{
    int old = w->capacity;
    grow(&w->dead, &w->capacity, w->g->n_nodes, sizeof *w->dead);
    if (w->capacity > old)
        memset(w->dead + old, 0, (size_t)(w->capacity - old) * sizeof *w->dead);
}

int infer_nodes(struct inference *w, int first)
{
    int end = w->g->n_nodes;
    grow_dead(w);
    for (int i = first; i < end; i++) {
        struct error why = {0};
        if (infer_node(w, i, &why) == 0)
            continue;
        if (!why.unsupported) {
            fail(w->err, "%s", why.text);
            return -1;
        }
        node_give_up(w->g, &w->g->nodes[i], why.text);
    }
    return 0;
}

// Bytes that may be computed in all: in proportion to the constants that the file paid for, so
// that a small one cannot ask for much.
static size_t fold_budget(const struct graph *g)
{
    size_t bytes = FOLD_LEAST_BYTES;
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].data)
            bytes += FOLD_FACTOR * tensor_bytes(&g->values[v].t);
    return bytes;
}

int infer_shapes_only(struct graph *g, struct error *err)
{
    if (graph_sort(g, err))
        return -1;
    graph_drop_unused(g);
    if (check_shapes(g, err))
        return -1;
    struct inference w = {.g = g, .budget = fold_budget(g), .err = err};
    int status = infer_nodes(&w, 0);
    if (status == 0) {
        graph_drop_nodes(g, w.dead);
        status = graph_sort(g, err);
    }
    free(w.dead);
    if (status)
        return -1;
    graph_drop_unused(g);
    return graph_cut_unmodelled(g, err);
}

int infer_shapes(struct graph *g, struct error *err)
{
    if (infer_shapes_only(g, err))
        return -1;
    follow_recipes(g);
    return 0;
}
