// A brick that stands for itself: a model of one instance.
#include "bricks/suite.h"

static void add_ports(struct suite *s, struct model *m, const struct graph *g)
{
    m->inputs = arena_alloc(&s->arena, (size_t)g->n_inputs * sizeof *m->inputs);
    m->outputs = arena_alloc(&s->arena, (size_t)g->n_outputs * sizeof *m->outputs);
    for (; m->n_inputs < g->n_inputs; m->n_inputs++)
        m->inputs[m->n_inputs] = (struct port){.name = arena_printf(&s->arena, "x%d", m->n_inputs),
                                               .t = g->values[g->inputs[m->n_inputs]].t,
                                               .from = {NONE, m->n_inputs}};
    for (; m->n_outputs < g->n_outputs; m->n_outputs++)
        m->outputs[m->n_outputs] =
            (struct port){.name = arena_printf(&s->arena, "y%d", m->n_outputs),
                          .t = g->values[g->outputs[m->n_outputs]].t,
                          .from = {0, m->n_outputs}};
}

static struct instance make_instance(struct suite *s, int brick)
{
    const struct graph *g = s->bricks[brick]->graph;
    struct edge *inputs = arena_alloc(&s->arena, (size_t)g->n_inputs * sizeof *inputs);
    const char **layers = arena_alloc(&s->arena, (size_t)g->n_nodes * sizeof *layers);
    for (int i = 0; i < g->n_inputs; i++)
        inputs[i] = (struct edge){NONE, i};
    for (int i = 0; i < g->n_nodes; i++)
        layers[i] = op_info(g->nodes[i].op)->name;
    return (struct instance){.brick = brick,
                             .n_steps = g->n_nodes,
                             .layers = layers,
                             .n_inputs = g->n_inputs,
                             .inputs = inputs};
}

void suite_add_alone(struct suite *s, struct brick *brick)
{
    int at = suite_add_brick(s, brick);
    struct model *m =
        suite_add_model(s, arena_printf(&s->arena, "%.12s", s->bricks[at]->signature), "brick");
    add_ports(s, m, s->bricks[at]->graph);
    m->instances = arena_alloc(&s->arena, sizeof *m->instances);
    m->instances[m->n_instances++] = make_instance(s, at);
    m->n_layers = m->instances->n_steps;
}
