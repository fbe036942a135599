// Puts a model together again from its bricks.
#include <stdlib.h>
#include <string.h>

#include "bricks/suite.h"

int suite_brick_weights(const struct brick *brick, int *values)
{
    const struct graph *g = brick->graph;
    int n = 0;
    for (int v = 0; v < g->n_values; v++) {
        if (g->values[v].kind != VALUE_weight || g->values[v].view_of != NONE)
            continue;
        if (values)
            values[n] = v;
        n++;
    }
    return n;
}

struct assembly {
    const struct suite *s;
    const struct model *m;
    struct graph *g;
    int *inputs;   // per input of the model: value of g
    int **outputs; // per instance and output of its brick: value of g
    int *shared;   // per weight id: value of g, or NONE
};

// The value `of` as tensor t.
static int seen_as(struct graph *g, int of, const struct tensor *t)
{
    return tensor_equal(&g->values[of].t, t) ? of : graph_add_view(g, of, t);
}

static int follow(const struct assembly *a, struct edge e)
{
    return e.instance == NONE ? a->inputs[e.output] : a->outputs[e.instance][e.output];
}

static int make_weight(struct assembly *a, const struct instance *instance, int k,
                       const struct tensor *t)
{
    int *shared = instance->weights ? &a->shared[instance->weights[k]] : NULL;
    if (shared && *shared != NONE)
        return seen_as(a->g, *shared, t);
    int v = graph_add_value(a->g, VALUE_weight, NULL, t);
    if (shared)
        *shared = v;
    return v;
}

// Fills new_value for what enters the brick: inputs and weights.
static void connect(struct assembly *a, const struct instance *instance, int *new_value)
{
    const struct brick *brick = a->s->bricks[instance->brick];
    const struct graph *b = brick->graph;
    for (int k = 0; k < b->n_inputs; k++)
        new_value[b->inputs[k]] =
            seen_as(a->g, follow(a, instance->inputs[k]), &b->values[b->inputs[k]].t);
    int *weights = xcalloc((size_t)b->n_values, sizeof *weights);
    int n_weights = suite_brick_weights(brick, weights);
    for (int k = 0; k < n_weights; k++)
        new_value[weights[k]] = make_weight(a, instance, k, &b->values[weights[k]].t);
    free(weights);
}

// Layer names of a step, which stand joined by '+'.
static void name_layers(struct graph *g, struct node *n, const char *joined)
{
    n->name = NULL;
    n->n_layers = 0;
    for (const char *at = joined; *at;) {
        size_t length = strcspn(at, "+");
        const char *layer = arena_strndup(&g->arena, at, length);
        if (!n->name)
            n->name = layer;
        node_add_layers(g, n, 1, &layer);
        at += length + (at[length] == '+');
    }
}

static int *map_sources(struct assembly *a, const struct graph *b, const struct node *n,
                        int *new_value)
{
    int *src = xcalloc((size_t)n->n_src, sizeof *src);
    for (int k = 0; k < n->n_src; k++) {
        int v = n->src[k];
        src[k] = NONE;
        if (v != NONE)
            src[k] = seen_as(a->g, new_value[graph_storage(b, v)], &b->values[v].t);
    }
    return src;
}

static void copy_step(struct assembly *a, const struct graph *b, const struct node *n,
                      const char *layers, int *new_value)
{
    int *src = map_sources(a, b, n, new_value);
    int *dst = xcalloc((size_t)n->n_dst, sizeof *dst);
    for (int k = 0; k < n->n_dst; k++) {
        dst[k] = NONE;
        if (n->dst[k] == NONE)
            continue;
        dst[k] = graph_add_value(a->g, VALUE_node, NULL, &b->values[n->dst[k]].t);
        new_value[n->dst[k]] = dst[k];
    }
    name_layers(a->g, graph_copy_node(a->g, n, src, dst), layers);
    free(src);
    free(dst);
}

static void add_instance(struct assembly *a, int i)
{
    const struct instance *instance = &a->m->instances[i];
    const struct graph *b = a->s->bricks[instance->brick]->graph;
    int *new_value = xcalloc((size_t)b->n_values, sizeof *new_value);
    connect(a, instance, new_value);
    for (int k = 0; k < b->n_nodes; k++)
        copy_step(a, b, &b->nodes[k], instance->layers[k], new_value);
    a->outputs[i] = xcalloc((size_t)b->n_outputs, sizeof *a->outputs[i]);
    for (int k = 0; k < b->n_outputs; k++)
        a->outputs[i][k] = new_value[b->outputs[k]];
    free(new_value);
}

static int count_ids(const struct model *m)
{
    int n = 0;
    for (int i = 0; i < m->n_instances; i++)
        for (int k = 0; m->instances[i].weights && k < m->instances[i].n_weights; k++)
            if (m->instances[i].weights[k] >= n)
                n = m->instances[i].weights[k] + 1;
    return n;
}

static void add_inputs(struct assembly *a)
{
    for (int k = 0; k < a->m->n_inputs; k++)
        a->inputs[k] = graph_add_input(a->g, a->m->inputs[k].name, &a->m->inputs[k].t);
}

static void add_outputs(struct assembly *a)
{
    for (int k = 0; k < a->m->n_outputs; k++) {
        const struct port *port = &a->m->outputs[k];
        int v = seen_as(a->g, follow(a, port->from), &port->t);
        if (!a->g->values[v].name)
            a->g->values[v].name = arena_strdup(&a->g->arena, port->name);
        graph_add_output(a->g, v);
    }
}

struct graph *suite_model_graph(const struct suite *s, const struct model *m)
{
    int n_ids = count_ids(m);
    struct assembly a = {
        .s = s,
        .m = m,
        .g = xcalloc(1, sizeof *a.g),
        .inputs = xcalloc((size_t)m->n_inputs, sizeof *a.inputs),
        .outputs = xcalloc((size_t)m->n_instances, sizeof *a.outputs),
        .shared = xcalloc((size_t)n_ids, sizeof *a.shared),
    };
    graph_init(a.g);
    a.g->name = arena_strdup(&a.g->arena, m->name);
    for (int id = 0; id < n_ids; id++)
        a.shared[id] = NONE;
    add_inputs(&a);
    for (int i = 0; i < m->n_instances; i++)
        add_instance(&a, i);
    add_outputs(&a);
    graph_index(a.g);
    for (int i = 0; i < m->n_instances; i++)
        free(a.outputs[i]);
    free(a.outputs);
    free(a.inputs);
    free(a.shared);
    return a.g;
}
