#include "cli/room.h"

#include <stdlib.h>

#include "bricks/plan.h"
#include "cli/commands.h"
#include "runner/data.h"
#include "runner/sequence.h"

static double weight_bytes(const struct graph *g)
{
    double bytes = 0;
    for (int v = 0; v < g->n_values; v++)
        bytes += g->values[v].kind == VALUE_weight ? (double)tensor_bytes(&g->values[v].t) : 0;
    return bytes;
}

static double all_bytes(const struct graph *g)
{
    double bytes = 0;
    for (int v = 0; v < g->n_values; v++)
        bytes += g->values[v].view_of == NONE ? (double)tensor_bytes(&g->values[v].t) : 0;
    return bytes;
}

static int largest_brick(const struct suite *s, const struct model *m)
{
    int largest = m->instances[0].brick;
    for (int i = 1; i < m->n_instances; i++)
        if (all_bytes(s->bricks[m->instances[i].brick]->graph) >
            all_bytes(s->bricks[largest]->graph))
            largest = m->instances[i].brick;
    return largest;
}

// Of a brick and what leads in to it, at most.
static double most_weight_bytes(const struct suite *s, const struct model *m)
{
    double most = 0;
    for (int end = 0; end < m->n_instances; end++) {
        double bytes = 0;
        for (int at = end > LEAD ? end - LEAD : 0; at <= end; at++)
            bytes += weight_bytes(s->bricks[m->instances[at].brick]->graph);
        most = bytes > most ? bytes : most;
    }
    return most;
}

// The sampler has all activations of the model, and weights twice.
static double bytes_needed(const struct suite *s, const struct model *m)
{
    struct graph *g = suite_model_graph(s, m);
    struct plan plan;
    plan_init(&plan, g);
    double bytes = (double)plan.arena_bytes + 2 * most_weight_bytes(s, m);
    plan_release(&plan);
    graph_release(g);
    free(g);
    return bytes;
}

static bool has_room(const struct suite *s, const struct model *m)
{
    struct str what = STR_INIT;
    struct error err = {0};
    const struct brick *brick = s->bricks[largest_brick(s, m)];
    str_addf(&what, "%s (%s) is left out: timing its bricks, of which the largest is %.12s (",
             m->name, m->source, brick->signature);
    brick_describe(brick, &what);
    str_addf(&what, " with %.1f GB),", all_bytes(brick->graph) / 1e9);
    bool enough = memory_suffices(bytes_needed(s, m), what.text, &err) == 0;
    if (!enough)
        report(&err);
    str_release(&what);
    return enough;
}

int room_leave_out(struct suite *s)
{
    int kept = 0, n = s->n_models;
    for (int i = 0; i < n; i++)
        if (s->models[i].n_instances == 0 || has_room(s, &s->models[i]))
            s->models[kept++] = s->models[i];
    s->n_models = kept;
    return n - kept;
}
