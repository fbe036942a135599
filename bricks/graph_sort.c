// The topological order of a graph.
#include <stdlib.h>
#include <string.h>

#include "bricks/graph.h"

static const char *value_label(const struct graph *g, int v)
{
    const char *name = g->values[v].name;
    return name ? name : "(unnamed)";
}

static const char *node_label(const struct node *n)
{
    return n->name && *n->name ? n->name : "(unnamed)";
}

// A node's source that another node gives.
struct source {
    int depth; // of the producer: nodes on the longest way to it
    int position;
    int producer;
};

// Depth-first walk state of graph_sort: a stack of its own, so that deep graphs cannot overflow
// the thread's.
struct sorter {
    const struct graph *g;
    int *first;             // per node: its first one in sources; one more at the end
    struct source *sources; // per node in the order in which they are visited
    char *state;            // per node: 0 new, 1 on the stack, 2 placed
    int *stack;             // nodes
    int *next;              // per node: next source to visit
    int *order;             // result
    int n_stack, n_order;
};

static int find_source(const struct graph *g, const struct node *n, int v, int *producer,
                       struct error *err)
{
    const struct value *value = v == NONE ? NULL : &g->values[graph_storage(g, v)];
    *producer = value && value->kind == VALUE_node ? value->producer : NONE;
    if (value && value->kind == VALUE_node && *producer == NONE)
        return fail(err, "%s '%s': nothing produces its input '%s'", op_info(n->op)->name,
                    node_label(n), value_label(g, v));
    return 0;
}

static int sorter_init(struct sorter *s, const struct graph *g, struct error *err)
{
    size_t n = (size_t)g->n_nodes, n_sources = 0;
    for (int i = 0; i < g->n_nodes; i++)
        n_sources += (size_t)g->nodes[i].n_src;
    *s = (struct sorter){
        .g = g,
        .first = xcalloc(n + 1, sizeof *s->first),
        .sources = xcalloc(n_sources, sizeof *s->sources),
        .state = xcalloc(n, 1),
        .stack = xcalloc(n, sizeof *s->stack),
        .next = xcalloc(n, sizeof *s->next),
        .order = xcalloc(n, sizeof *s->order),
    };
    for (int i = 0; i < g->n_nodes; i++) {
        s->first[i + 1] = s->first[i];
        for (int k = 0; k < g->nodes[i].n_src; k++) {
            int producer;
            if (find_source(g, &g->nodes[i], g->nodes[i].src[k], &producer, err))
                return -1;
            if (producer != NONE)
                s->sources[s->first[i + 1]++] = (struct source){0, k, producer};
        }
    }
    return 0;
}

static void sorter_release(struct sorter *s)
{
    free(s->first);
    free(s->sources);
    free(s->state);
    free(s->stack);
    free(s->next);
    free(s->order);
}

static int push(struct sorter *s, int node, struct error *err)
{
    if (s->state[node] == 1)
        return fail(err, "the graph has a cycle through %s '%s'",
                    op_info(s->g->nodes[node].op)->name, node_label(&s->g->nodes[node]));
    if (s->state[node] == 0) {
        s->state[node] = 1;
        s->stack[s->n_stack++] = node;
    }
    return 0;
}

static int place_from(struct sorter *s, int root, struct error *err)
{
    if (s->state[root] == 0 && push(s, root, err))
        return -1;
    while (s->n_stack) {
        int i = s->stack[s->n_stack - 1];
        if (s->next[i] < s->first[i + 1]) {
            if (push(s, s->sources[s->next[i]++].producer, err))
                return -1;
            continue;
        }
        s->n_stack--;
        s->state[i] = 2;
        s->order[s->n_order++] = i;
    }
    return 0;
}

// Fills order: what the outputs need, then the rest.
static int place_all(struct sorter *s, struct error *err)
{
    const struct graph *g = s->g;
    int status = 0;
    s->n_order = 0;
    memset(s->state, 0, (size_t)g->n_nodes);
    memcpy(s->next, s->first, (size_t)g->n_nodes * sizeof *s->next);
    for (int k = 0; k < g->n_outputs && status == 0; k++) {
        int producer = g->values[graph_storage(g, g->outputs[k])].producer;
        status = producer == NONE ? 0 : place_from(s, producer, err);
    }
    for (int i = 0; i < g->n_nodes && status == 0; i++)
        status = place_from(s, i, err);
    return status;
}

static int shallow_first(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    return x->depth != y->depth ? x->depth - y->depth : x->position - y->position;
}

// Puts each node's sources in order of depth. The nodes must have been placed.
static void sort_sources(struct sorter *s)
{
    int *depth = xcalloc((size_t)s->g->n_nodes, sizeof *depth);
    for (int at = 0; at < s->n_order; at++) {
        int i = s->order[at];
        struct source *sources = &s->sources[s->first[i]];
        int n = s->first[i + 1] - s->first[i];
        for (int k = 0; k < n; k++) {
            sources[k].depth = depth[sources[k].producer];
            if (depth[i] <= sources[k].depth)
                depth[i] = sources[k].depth + 1;
        }
        qsort(sources, (size_t)n, sizeof *sources, shallow_first);
    }
    free(depth);
}

static void reorder(struct graph *g, const int *order)
{
    struct node *sorted = xmalloc((size_t)g->n_nodes * sizeof *sorted);
    for (int i = 0; i < g->n_nodes; i++)
        sorted[i] = g->nodes[order[i]];
    free(g->nodes);
    g->nodes = sorted;
    g->nodes_capacity = g->n_nodes;
    graph_index(g);
}

int graph_sort(struct graph *g, struct error *err)
{
    struct sorter s;
    graph_index(g);
    int status = sorter_init(&s, g, err) || place_all(&s, err) ? -1 : 0;
    if (status == 0) {
        sort_sources(&s);
        status = place_all(&s, err);
    }
    if (status == 0)
        reorder(g, s.order);
    sorter_release(&s);
    return status;
}
