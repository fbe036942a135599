// Cuts bricks out of a suite: SUITE's bricks, N of them, as models of at most PER_MODEL bricks each
// that take all their inputs from outside. Which ones: `spread` evenly over the suite, or those
// that are `smallest` in bytes.
// usage: suite_cut SUITE N PER_MODEL spread|smallest OUT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/suite.h"
#include "bricks/work.h"

struct choice {
    int brick;
    double bytes;
};

static int smallest_first(const void *a, const void *b)
{
    double x = ((const struct choice *)a)->bytes, y = ((const struct choice *)b)->bytes;
    return (x > y) - (x < y);
}

// Fills chosen (room for all bricks); the first n count.
static void choose(const struct suite *s, int n, bool smallest, struct choice *chosen)
{
    for (int i = 0; i < s->n_bricks; i++)
        chosen[i] = (struct choice){i, work_graph(s->bricks[i]->graph).bytes};
    if (smallest)
        qsort(chosen, (size_t)s->n_bricks, sizeof *chosen, smallest_first);
    for (int i = 0; !smallest && i < n; i++)
        chosen[i] = chosen[(size_t)i * (size_t)s->n_bricks / (size_t)n];
}

// An input of the model for the brick's input k.
static struct edge add_input(struct suite *s, struct model *m, const struct graph *brick, int k)
{
    m->inputs[m->n_inputs] = (struct port){
        .name = arena_printf(&s->arena, "input%d", m->n_inputs),
        .t = brick->values[brick->inputs[k]].t,
    };
    return (struct edge){.instance = NONE, .output = m->n_inputs++};
}

static void add_outputs(struct suite *s, struct model *m, const struct graph *brick)
{
    for (int k = 0; k < brick->n_outputs; k++) {
        m->outputs[m->n_outputs] = (struct port){
            .name = arena_printf(&s->arena, "output%d", m->n_outputs),
            .t = brick->values[brick->outputs[k]].t,
            .from = {.instance = m->n_instances, .output = k},
        };
        m->n_outputs++;
    }
}

// A brick as the next instance of a model; brick: its number in s.
static void add_instance(struct suite *s, struct model *m, int brick)
{
    const struct graph *g = s->bricks[brick]->graph;
    struct instance *to = &m->instances[m->n_instances];
    *to = (struct instance){
        .brick = brick,
        .n_steps = g->n_nodes,
        .layers = arena_alloc(&s->arena, (size_t)g->n_nodes * sizeof *to->layers),
        .n_inputs = g->n_inputs,
        .inputs = arena_alloc(&s->arena, (size_t)(g->n_inputs + 1) * sizeof *to->inputs),
        .n_weights = suite_brick_weights(s->bricks[brick], NULL),
    };
    for (int k = 0; k < g->n_nodes; k++)
        to->layers[k] = arena_printf(&s->arena, "layer%d_%d", m->n_instances, k);
    for (int k = 0; k < g->n_inputs; k++)
        to->inputs[k] = add_input(s, m, g, k);
    add_outputs(s, m, g);
    m->n_instances++;
}

static void count_ports(const struct suite *from, int n, const struct choice *chosen, size_t *in,
                        size_t *out)
{
    *in = *out = 1;
    for (int i = 0; i < n; i++) {
        *in += (size_t)from->bricks[chosen[i].brick]->graph->n_inputs;
        *out += (size_t)from->bricks[chosen[i].brick]->graph->n_outputs;
    }
}

static int add_model(struct suite *s, const struct suite *from, int n, const struct choice *chosen,
                     const char *name, struct error *err)
{
    size_t n_in, n_out;
    struct model *m = suite_add_model(s, name, "cut");
    count_ports(from, n, chosen, &n_in, &n_out);
    m->inputs = arena_alloc(&s->arena, n_in * sizeof *m->inputs);
    m->outputs = arena_alloc(&s->arena, n_out * sizeof *m->outputs);
    m->instances = arena_alloc(&s->arena, (size_t)n * sizeof *m->instances);
    for (int i = 0; i < n; i++) {
        struct brick *copy = brick_parse(from->bricks[chosen[i].brick]->text, err);
        if (!copy)
            return -1;
        add_instance(s, m, suite_add_brick(s, copy));
    }
    return 0;
}

static int cut(const struct suite *from, int n, int per_model, const char *which, const char *out,
               struct error *err)
{
    struct choice *chosen = xcalloc((size_t)from->n_bricks + 1, sizeof *chosen);
    struct suite s;
    int status = 0;
    suite_init(&s, from->granularity);
    if (n > from->n_bricks)
        n = from->n_bricks;
    choose(from, n, strcmp(which, "smallest") == 0, chosen);
    for (int i = 0; i < n && !status; i += per_model) {
        char name[64];
        int some = n - i < per_model ? n - i : per_model;
        snprintf(name, sizeof name, "%s%d", which, i / per_model);
        status = add_model(&s, from, some, chosen + i, name, err);
    }
    if (!status)
        status = suite_save(&s, out, err);
    suite_release(&s);
    free(chosen);
    return status;
}

int main(int argc, char **argv)
{
    struct error err = {0};
    struct suite s;
    int n = argc == 6 ? atoi(argv[2]) : 0, per_model = argc == 6 ? atoi(argv[3]) : 0;
    if (n < 1 || per_model < 1) {
        fprintf(stderr, "usage: suite_cut SUITE N PER_MODEL spread|smallest OUT\n");
        return 2;
    }
    suite_init(&s, 1);
    int status = suite_load(&s, argv[1], &err) || cut(&s, n, per_model, argv[4], argv[5], &err);
    if (status)
        fprintf(stderr, "suite_cut: %s\n", err.text);
    suite_release(&s);
    return status ? 1 : 0;
}
