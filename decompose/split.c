// A graph of steps becomes one model of a suite: groups of steps (groups.h) are cut out as bricks,
// and the edges between them, layer names and shared weights are written down.
#include <stdlib.h>
#include <string.h>

#include "bricks/brick.h"
#include "decompose/decompose.h"
#include "decompose/groups.h"

struct splitter {
    struct suite *s;
    const struct graph *g;
    struct model *model;
    struct cutter cutter;
    struct edge *from; // per storage value of g: where it comes from
    bool *known;       // per storage value of g: `from` holds
    int **weights;     // per instance: storage values of g behind the brick's weights
};

// All source layers of a step, joined by '+', which therefore cannot stand in a name.
static const char *join_layers(struct arena *arena, const struct node *n)
{
    struct str joined = STR_INIT;
    for (int i = 0; i < n->n_layers; i++) {
        if (!n->layers[i] || !*n->layers[i])
            continue;
        if (joined.len)
            str_add(&joined, "+");
        size_t from = joined.len;
        str_add(&joined, n->layers[i]);
        for (char *c = joined.text + from; *c; c++)
            if (*c == '+')
                *c = '_';
    }
    const char *text = arena_strdup(arena, joined.text);
    str_release(&joined);
    return text;
}

static void set_layers(struct splitter *w, struct instance *to, const struct brick_map *map)
{
    to->n_steps = map->n_steps;
    to->layers = arena_alloc(&w->s->arena, (size_t)map->n_steps * sizeof *to->layers);
    for (int k = 0; k < map->n_steps; k++) {
        to->layers[k] = join_layers(&w->s->arena, &w->g->nodes[map->steps[k]]);
        w->model->n_layers += suite_count_layers(to->layers[k]);
    }
}

static int set_edges(struct splitter *w, struct instance *to, const struct brick_map *map,
                     struct error *err)
{
    to->n_inputs = map->n_inputs;
    to->inputs = arena_alloc(&w->s->arena, (size_t)map->n_inputs * sizeof *to->inputs);
    for (int k = 0; k < map->n_inputs; k++) {
        if (!w->known[map->inputs[k]])
            return fail(err, "nothing produces the value '%s' that layer '%s' uses",
                        w->g->values[map->inputs[k]].name ? w->g->values[map->inputs[k]].name : "",
                        to->layers[0]);
        to->inputs[k] = w->from[map->inputs[k]];
    }
    return 0;
}

static void set_source(struct splitter *w, int value, struct edge from)
{
    w->from[value] = from;
    w->known[value] = true;
}

// A suite holds no weights, and what the graph knows of them dies with it.
static void drop_contents(struct graph *brick)
{
    for (int v = 0; v < brick->n_values; v++)
        brick->values[v].data = NULL;
}

static int add_instance(struct splitter *w, int i, int n, const int *nodes, struct error *err)
{
    struct instance *to = &w->model->instances[i];
    struct brick_map map;
    struct brick *brick = cutter_extract(&w->cutter, n, nodes, &map);
    drop_contents(brick->graph);
    to->brick = suite_add_brick(w->s, brick);
    set_layers(w, to, &map);
    int status = set_edges(w, to, &map, err);
    for (int k = 0; k < map.n_outputs; k++)
        set_source(w, map.outputs[k], (struct edge){i, k});
    to->n_weights = map.n_weights;
    w->weights[i] = map.weights;
    map.weights = NULL;
    brick_map_release(&map);
    return status;
}

static int add_instances(struct splitter *w, struct error *err)
{
    struct groups groups;
    groups_init(&groups, w->g, w->s->granularity);
    struct model *m = w->model;
    m->instances = arena_alloc(&w->s->arena, (size_t)groups.n * sizeof *m->instances);
    int status = 0;
    for (int i = 0; i < groups.n && !status; i++) {
        m->n_instances++;
        status = add_instance(w, i, groups.start[i + 1] - groups.start[i],
                              &groups.nodes[groups.start[i]], err);
    }
    groups_release(&groups);
    return status;
}

static bool has_shared(const int *uses, const int *weights, int n)
{
    for (int k = 0; k < n; k++)
        if (uses[weights[k]] > 1)
            return true;
    return false;
}

// Numbers the weights of those instances that share one with another.
static void number_weights(struct splitter *w)
{
    const struct model *m = w->model;
    int *uses = xcalloc((size_t)w->g->n_values, sizeof *uses);
    int *id = xcalloc((size_t)w->g->n_values, sizeof *id), n_ids = 0; // id + 1; 0: none yet
    for (int i = 0; i < m->n_instances; i++)
        for (int k = 0; k < m->instances[i].n_weights; k++)
            uses[w->weights[i][k]]++;
    for (int i = 0; i < m->n_instances; i++) {
        struct instance *instance = &m->instances[i];
        int *weights = w->weights[i];
        if (!has_shared(uses, weights, instance->n_weights))
            continue;
        for (int k = 0; k < instance->n_weights; k++) {
            if (!id[weights[k]])
                id[weights[k]] = ++n_ids;
            weights[k] = id[weights[k]] - 1;
        }
        instance->weights =
            arena_copy(&w->s->arena, weights, (size_t)instance->n_weights * sizeof *weights);
    }
    free(uses);
    free(id);
}

static const char *port_name(struct splitter *w, int v, const char *kind, int k)
{
    const struct value *value = &w->g->values[v];
    if (!value->name)
        value = &w->g->values[graph_storage(w->g, v)];
    return value->name ? arena_strdup(&w->s->arena, value->name)
                       : arena_printf(&w->s->arena, "%s%d", kind, k);
}

static struct port *new_ports(struct splitter *w, int n)
{
    return arena_alloc(&w->s->arena, (size_t)n * sizeof(struct port));
}

static void add_inputs(struct splitter *w)
{
    struct model *m = w->model;
    m->inputs = new_ports(w, w->g->n_inputs);
    for (int k = 0; k < w->g->n_inputs; k++) {
        int v = w->g->inputs[k];
        set_source(w, v, (struct edge){NONE, k});
        m->inputs[m->n_inputs++] =
            (struct port){.name = port_name(w, v, "input", k), .t = w->g->values[v].t};
    }
}

// An output that is constant is no result of a run and has no port.
static void add_outputs(struct splitter *w)
{
    struct model *m = w->model;
    m->outputs = new_ports(w, w->g->n_outputs);
    for (int k = 0; k < w->g->n_outputs; k++) {
        int v = w->g->outputs[k], storage = graph_storage(w->g, v);
        if (!w->known[storage])
            continue;
        m->outputs[m->n_outputs++] = (struct port){
            .name = port_name(w, v, "output", k),
            .t = w->g->values[v].t,
            .from = w->from[storage],
        };
    }
}

// Graphs of steps may have outputs that no step computes; a suite cannot say so.
static int check_outputs(const struct graph *steps, const char *name, struct error *err)
{
    if (steps->n_nodes == 0)
        return fail(err, "%s: nothing is left to run: every output is constant or an input", name);
    for (int k = 0; k < steps->n_outputs; k++) {
        const struct value *v = &steps->values[steps->outputs[k]];
        if (graph_is_weight(steps, steps->outputs[k]))
            return fail(err, "%s: output '%s' depends on no input: it is a constant", name,
                        v->name ? v->name : "(unnamed)");
    }
    return 0;
}

int split(struct suite *s, const struct graph *steps, const char *name, const char *source,
          struct error *err)
{
    if (check_outputs(steps, name, err))
        return -1;
    struct splitter w = {
        .s = s,
        .g = steps,
        .model = suite_add_model(s, name, source),
        .from = xcalloc((size_t)steps->n_values, sizeof *w.from),
        .known = xcalloc((size_t)steps->n_values, sizeof *w.known),
        .weights = xcalloc((size_t)steps->n_nodes, sizeof *w.weights),
    };
    cutter_init(&w.cutter, steps);
    add_inputs(&w);
    int status = add_instances(&w, err);
    if (status == 0) {
        number_weights(&w);
        add_outputs(&w);
        suite_set_unmodelled(s, w.model, steps->n_unmodelled, steps->unmodelled);
    } else {
        s->n_models--;
    }
    for (int i = 0; i < steps->n_nodes; i++)
        free(w.weights[i]);
    cutter_release(&w.cutter);
    free(w.weights);
    free(w.from);
    free(w.known);
    return status;
}
