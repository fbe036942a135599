#include "bricks/suite_anonymous.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/footprint.h"

// One use of a brick.
struct use {
    double footprint;
    const struct brick *brick;
};

static int by_footprint_and_signature(const void *a, const void *b)
{
    const struct use *x = a, *y = b;
    if (x->footprint != y->footprint)
        return x->footprint < y->footprint ? -1 : 1;
    return strcmp(x->brick->signature, y->brick->signature);
}

static int by_signature(const void *a, const void *b)
{
    const struct brick *const *x = a, *const *y = b;
    return strcmp((*x)->signature, (*y)->signature);
}

// All uses in all models, sorted; the caller frees them.
static struct use *collect_uses(const struct suite *s, int *n)
{
    struct use *uses = NULL;
    int capacity = 0;
    *n = 0;
    for (int m = 0; m < s->n_models; m++) {
        const struct model *model = &s->models[m];
        double point = footprint_point(model_footprint(s, model), INFINITY);
        grow(&uses, &capacity, *n + model->n_instances, sizeof *uses);
        for (int i = 0; i < model->n_instances; i++)
            uses[(*n)++] = (struct use){point, s->bricks[model->instances[i].brick]};
    }
    if (*n)
        qsort(uses, (size_t)*n, sizeof *uses, by_footprint_and_signature);
    return uses;
}

static void copy_bricks(struct suite *to, const struct suite *from)
{
    size_t n = (size_t)from->n_bricks;
    const struct brick **sorted = xcalloc(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = from->bricks[i];
    qsort(sorted, n, sizeof *sorted, by_signature);
    for (size_t i = 0; i < n; i++)
        suite_add_brick(to, brick_copy(sorted[i]));
    free(sorted);
}

// The number of the brick in a suite whose bricks are sorted by signature.
static int find_brick(const struct suite *s, const struct brick *brick)
{
    struct brick **found =
        bsearch(&brick, s->bricks, (size_t)s->n_bricks, sizeof *s->bricks, by_signature);
    return (int)(found - s->bricks);
}

// The model's input of this tensor; all bricks that want one share it.
static int find_input(struct suite *s, struct model *m, const struct tensor *t)
{
    int k = 0;
    while (k < m->n_inputs && !tensor_equal(&m->inputs[k].t, t))
        k++;
    if (k == m->n_inputs)
        m->inputs[m->n_inputs++] = (struct port){.name = arena_printf(&s->arena, "%d", k), .t = *t};
    return k;
}

static void add_instance(struct suite *s, struct model *m, const struct brick *brick)
{
    const struct graph *g = brick->graph;
    struct instance *to = &m->instances[m->n_instances++];
    *to = (struct instance){
        .brick = find_brick(s, brick),
        .n_steps = g->n_nodes,
        .layers = arena_alloc(&s->arena, (size_t)g->n_nodes * sizeof *to->layers),
        .n_inputs = g->n_inputs,
        .inputs = arena_alloc(&s->arena, (size_t)g->n_inputs * sizeof *to->inputs),
        .n_weights = suite_brick_weights(brick, NULL),
    };
    for (int k = 0; k < g->n_nodes; k++)
        to->layers[k] = "";
    for (int k = 0; k < g->n_inputs; k++) {
        int input = find_input(s, m, &g->values[g->inputs[k]].t);
        to->inputs[k] = (struct edge){NONE, input};
    }
}

static void add_pool(struct suite *s, const struct use *uses, int n)
{
    char name[16];
    size_t n_inputs = 0;
    for (int i = 0; i < n; i++)
        n_inputs += (size_t)uses[i].brick->graph->n_inputs;
    snprintf(name, sizeof name, "%d", s->n_models + 1);
    struct model *m = suite_add_model(s, name, "anonymous");
    m->footprint = uses[0].footprint;
    m->inputs = arena_alloc(&s->arena, n_inputs * sizeof *m->inputs);
    m->instances = arena_alloc(&s->arena, (size_t)n * sizeof *m->instances);
    for (int i = 0; i < n; i++)
        add_instance(s, m, uses[i].brick);
}

void suite_pool(struct suite *to, const struct suite *from)
{
    int n;
    struct use *uses = collect_uses(from, &n);
    suite_init(to, from->granularity);
    copy_bricks(to, from);
    for (int first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && uses[end].footprint == uses[first].footprint;)
            end++;
        add_pool(to, uses + first, end - first);
    }
    free(uses);
}

int suite_check_whole(const struct suite *s, struct error *err)
{
    for (int m = 0; m < s->n_models; m++)
        if (s->models[m].footprint > 0)
            return fail(err,
                        "the suite is anonymous: its bricks can be timed and inspected, but only "
                        "its owner's key tells what models they make (predict --key)");
    return 0;
}
