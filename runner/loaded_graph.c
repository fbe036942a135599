// A graph with memory of its own.
#include "runner/program.h"

#include <stdlib.h>
#include <string.h>

#include "runner/data.h"
#include "runner/loaded_weights.h"

// ---- memory --------------------------------------------------------------------------------

static int collect(struct loaded_graph *l, struct loaded_weights *weights, struct error *err)
{
    struct program_room room = {0};
    for (int i = 0; i < l->graph->n_nodes; i++) {
        const struct node *n = &l->graph->nodes[i];
        const struct kernel *k = kernel_set_get(l->kernels, l->graph, n, err);
        if (!k)
            return -1;
        loaded_weights_add(weights, n, k);
        program_room_add(&room, k);
    }
    plan_init(&l->plan, l->graph);
    l->arena_bytes = pages_small(l->plan.arena_bytes);
    l->room_bytes = pages_small(program_room_bytes(&room));
    l->weights_bytes = weights->bytes;
    size_t there = l->arena_bytes + l->room_bytes;
    if (weights->room_bytes > there)
        l->packing_bytes = pages_small(weights->room_bytes - there);
    return 0;
}

static size_t bytes_before_weights(const struct loaded_graph *l)
{
    return l->arena_bytes + l->room_bytes + l->packing_bytes;
}

static size_t all_bytes(const struct loaded_graph *l)
{
    return bytes_before_weights(l) + l->weights_bytes;
}

size_t loaded_graph_bytes(const struct loaded_graph *l)
{
    return pages_whole(all_bytes(l));
}

// Each part is touched by the whole team, as parts of a surrogate model are.
static int take_memory(struct loaded_graph *l, struct error *err)
{
    l->memory = pages_map(all_bytes(l), err);
    if (!l->memory)
        return -1;
    pages_touch(l->memory, l->arena_bytes);
    pages_touch(l->memory + l->arena_bytes, l->room_bytes + l->packing_bytes);
    pages_touch(l->memory + bytes_before_weights(l), l->weights_bytes);
    return 0;
}

// The arena is zero afterwards, for the inputs that nobody fills.
static int fill_weights(struct loaded_graph *l, const struct loaded_weights *weights,
                        struct error *err)
{
    size_t room_bytes = bytes_before_weights(l);
    int status = loaded_weights_make(weights, l->memory + room_bytes, l->memory, room_bytes, err);
    memset(l->memory, 0, weights->room_bytes > 0 ? l->arena_bytes : 0);
    return status;
}

// ---- activations ---------------------------------------------------------------------------

static void place_activations(struct loaded_graph *l)
{
    const struct graph *g = l->graph;
    l->address = xcalloc((size_t)g->n_values, sizeof *l->address);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].view_of == NONE && l->plan.offset[v] != SIZE_MAX)
            l->address[v] = l->memory + l->plan.offset[v];
}

static void fill_inputs(const struct loaded_graph *l)
{
    const struct graph *g = l->graph;
    for (int k = 0; k < g->n_inputs; k++)
        data_fill_input(g, g->inputs[k], l->address[g->inputs[k]], (uint64_t)g->inputs[k]);
}

// ---- the whole -----------------------------------------------------------------------------

static int append_nodes(struct loaded_graph *l, const struct loaded_weights *weights,
                        struct error *err)
{
    const struct graph *g = l->graph;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        const struct kernel *k = kernel_set_get(l->kernels, g, n, err);
        for (int s = 0; s < n->n_src; s++)
            if (k->weights[s].bytes > 0)
                l->address[graph_storage(g, n->src[s])] =
                    l->memory + bytes_before_weights(l) + loaded_weights_offset(weights, n, s, k);
        if (program_append_node(&l->program, k, g, n, l->address, err) != 0)
            return -1;
    }
    return program_finish(&l->program, l->memory + l->arena_bytes, err);
}

static int load(struct loaded_graph *l, struct loaded_weights *weights, struct error *err)
{
    if (collect(l, weights, err) || take_memory(l, err))
        return -1;
    place_activations(l);
    if (fill_weights(l, weights, err))
        return -1;
    fill_inputs(l);
    return append_nodes(l, weights, err);
}

int loaded_graph_init(struct loaded_graph *l, const struct engine *engine,
                      struct kernel_set *kernels, const struct graph *g, struct error *err)
{
    struct loaded_weights weights;
    *l = (struct loaded_graph){.graph = g, .kernels = kernels};
    program_init(&l->program, engine);
    loaded_weights_init(&weights, engine, g);
    int status = load(l, &weights, err);
    loaded_weights_release(&weights);
    if (status != 0)
        loaded_graph_release(l);
    return status;
}

void loaded_graph_release(struct loaded_graph *l)
{
    program_release(&l->program);
    plan_release(&l->plan);
    if (l->memory)
        pages_free(l->memory, all_bytes(l));
    free(l->address);
    *l = (struct loaded_graph){0};
}
