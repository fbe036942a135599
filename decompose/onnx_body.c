// If and Loop. Their graphs become bodies of the node: graphs of their own, closed in that every
// value of the graph around them is one more input of the body and one more source of the node.
#include <stdlib.h>
#include <string.h>

#include "decompose/onnx_node.h"
#include "decompose/passes.h"

enum { MAX_BODIES = 2, MAX_CAPTURES = 4096, LOOP_OWN = 2 };

// Outer values that a node's bodies use, in the order of the node's sources.
struct captures {
    int n, capacity;
    int *values;
};

static const char *const body_names[][MAX_BODIES] = {{"then_branch", "else_branch"}, {"body"}};

static int capture_number(const struct onnx_node *n, struct captures *c, int outer)
{
    for (int k = 0; k < c->n; k++)
        if (c->values[k] == outer)
            return k;
    if (c->n == MAX_CAPTURES)
        return fail(n->r->err, "%s: its graphs use more than %d values of the graph around them",
                    n->label, MAX_CAPTURES);
    grow(&c->values, &c->capacity, c->n + 1, sizeof *c->values);
    c->values[c->n] = outer;
    return c->n++;
}

static void set_input(struct graph *body, int k, int v)
{
    grow(&body->inputs, &body->inputs_capacity, k + 1, sizeof *body->inputs);
    while (body->n_inputs <= k)
        body->inputs[body->n_inputs++] = NONE;
    body->inputs[k] = v;
    body->values[v].kind = VALUE_input;
}

// Whatever the body uses and does not define is of the graph around it.
static int capture_all(const struct onnx_node *n, struct onnx_reader *inner, struct captures *c)
{
    int own = inner->graph->n_inputs;
    for (int k = 0; k < inner->names.capacity; k++) {
        struct named_value *entry = &inner->names.slots[k];
        if (!entry->name || entry->defined)
            continue;
        int outer = onnx_value(n->r, entry->name)->value;
        if (outer == NONE)
            return fail(n->r->err, "%s: its graph uses " NAME ", which is omitted", n->label,
                        entry->name);
        int number = capture_number(n, c, outer);
        if (number < 0)
            return -1;
        set_input(inner->graph, own + number, entry->value);
    }
    return 0;
}

// *own is the number of inputs that the body names itself.
static struct graph *read_body(const struct onnx_node *n, const char *name, struct captures *c,
                               int *own)
{
    struct wire bytes = onnx_attribute_graph(n, name);
    if (wire_size(bytes) == 0)
        return fail_null(n->r->err, "%s: has no graph '%s'", n->label, name);
    if (n->r->depth == MAX_DEPTH)
        return fail_null(n->r->err, "%s: is nested deeper than %d graphs and functions", n->label,
                         MAX_DEPTH);
    struct onnx_reader inner = *n->r;
    inner.names = (struct names){0};
    inner.graph = graph_add_body(n->r->graph);
    inner.depth++;
    int status = onnx_read_contents(&inner, bytes, onnx_read_body_input, onnx_read_body_output);
    *own = inner.graph->n_inputs;
    if (status == 0)
        status = capture_all(n, &inner, c);
    if (status == 0)
        status = onnx_finish(&inner);
    if (status == 0)
        graph_weigh_body(inner.graph);
    names_release(&inner.names);
    return status ? NULL : inner.graph;
}

static int check_counts(const struct onnx_node *n, enum op op, int own, const struct graph *body)
{
    const Onnx__NodeProto *p = n->proto;
    int given = (int)p->n_input, results = (int)p->n_output;
    bool is_loop = op == OP_Loop;
    if (is_loop ? own < LOOP_OWN || given > own : own != 0 || given != 1)
        return fail(n->r->err, "%s: has %d inputs, and its graph has %d", n->label, given, own);
    if (body->n_outputs - is_loop < results || (is_loop && body->n_outputs - 1 < own - LOOP_OWN))
        return fail(n->r->err, "%s: has %d outputs, and its graph has %d", n->label, results,
                    body->n_outputs);
    for (int k = is_loop ? LOOP_OWN : 0; k < (is_loop ? own : 1); k++)
        if (k >= given || !p->input[k][0])
            return fail(n->r->err, "%s: input %d is omitted but needed", n->label, k);
    return 0;
}

static int add_control(const struct onnx_node *n, enum op op, int own, const struct captures *c,
                       int n_bodies, struct graph *const *bodies)
{
    int given = (int)n->proto->n_input, n_dst = (int)n->proto->n_output, n_src = own + c->n;
    int *values = onnx_node_values(n, given);
    if (!values)
        return -1;
    int *src = xmalloc((size_t)n_src * sizeof *src);
    for (int k = 0; k < own; k++)
        src[k] = k < given ? values[k] : NONE;
    if (c->n)
        memcpy(src + own, c->values, (size_t)c->n * sizeof *src);
    struct graph *g = n->r->graph;
    struct node *node = graph_add_node(g, op, onnx_node_name(n), n_src, src, n_dst, values + given);
    node->n_bodies = n_bodies;
    node->n_captured = c->n;
    node->bodies = arena_copy(&g->arena, bodies, (size_t)n_bodies * sizeof *bodies);
    free(src);
    free(values);
    return 0;
}

int onnx_read_control(const struct onnx_node *n, enum op op)
{
    bool is_loop = op == OP_Loop;
    int n_bodies = is_loop ? 1 : MAX_BODIES, own = 0, status = 0;
    struct graph *bodies[MAX_BODIES];
    struct captures captures = {0};
    for (int k = 0; k < n_bodies && status == 0; k++) {
        bodies[k] = read_body(n, body_names[is_loop][k], &captures, &own);
        status = bodies[k] ? check_counts(n, op, own, bodies[k]) : -1;
    }
    if (status == 0)
        status = add_control(n, op, is_loop ? own : 1, &captures, n_bodies, bodies);
    free(captures.values);
    return status;
}
