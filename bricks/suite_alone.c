// Bricks that stand for themselves: models of one instance, and those whose instances are not
// connected.
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

bool model_is_isolated(const struct model *m)
{
    for (int i = 0; i < m->n_instances; i++)
        for (int k = 0; k < m->instances[i].n_inputs; k++)
            if (m->instances[i].inputs[k].instance != NONE)
                return false;
    return true;
}

static struct brick *make_producer(const struct tensor *t)
{
    struct graph g;
    graph_init(&g);
    int src = graph_add_input(&g, NULL, t), dst = graph_add_value(&g, VALUE_node, NULL, t);
    graph_add_node(&g, OP_Relu, NULL, 1, &src, 1, &dst);
    graph_add_output(&g, dst);
    graph_index(&g);
    struct brick_map map;
    struct brick *brick = brick_extract(&g, 1, (int[]){0}, &map);
    brick_map_release(&map);
    graph_release(&g);
    return brick;
}

// Adds who writes what the edge brings as tensor t; returns the edge from there.
static struct edge add_producer(struct suite *s, struct model *m, struct edge e,
                                const struct tensor *t)
{
    int brick = suite_add_brick(s, make_producer(t)), at = m->n_instances++;
    m->instances[at] = make_instance(s, brick);
    m->instances[at].inputs[0] = e;
    return (struct edge){at, 0};
}

// A copy of the instance behind who writes its sources. Layer names stay behind.
static void add_accompanied(struct suite *s, struct model *m, const struct instance *from)
{
    struct instance copy = make_instance(s, from->brick);
    const struct graph *g = s->bricks[from->brick]->graph;
    for (int k = 0; k < g->n_inputs; k++) {
        const struct tensor *t = &g->values[g->inputs[k]].t;
        copy.inputs[k] = from->inputs[k];
        if (t->type == TYPE_f32)
            copy.inputs[k] = add_producer(s, m, copy.inputs[k], t);
    }
    m->instances[m->n_instances++] = copy;
}

static void accompany(struct suite *s, struct model *m)
{
    const struct instance *alone = m->instances;
    int n_alone = m->n_instances, n = n_alone;
    for (int i = 0; i < n_alone; i++)
        n += alone[i].n_inputs;
    m->instances = arena_alloc(&s->arena, (size_t)n * sizeof *m->instances);
    m->n_instances = m->n_outputs = 0;
    for (int i = 0; i < n_alone; i++)
        add_accompanied(s, m, &alone[i]);
}

int suite_accompany(struct suite *to, const struct suite *from, struct error *err)
{
    suite_init(to, from->granularity);
    if (suite_merge(to, from, err))
        return -1;
    for (int k = 0; k < to->n_models; k++)
        if (model_is_isolated(&to->models[k]))
            accompany(to, &to->models[k]);
    return 0;
}
