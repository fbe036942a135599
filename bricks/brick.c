#include "bricks/brick.h"

#include <stdlib.h>
#include <string.h>

#include "bricks/step.h"

// A subgraph on its way out of g: what each value of g has become.
struct extraction {
    const struct graph *g;
    struct graph *brick;
    int *new_value; // per storage value of g: value of the brick, or NONE
    struct brick_map *map;
};

static int *list_of(size_t n)
{
    return xcalloc(n, sizeof(int));
}

// The brick's value behind storage value `storage` of g; one from outside becomes an input or a
// weight that is the tensor as seen here.
static int import(struct extraction *x, int storage, const struct value *seen)
{
    int *known = &x->new_value[storage];
    if (*known != NONE)
        return *known;
    const struct value *source = &x->g->values[storage];
    if (source->kind == VALUE_weight) {
        *known = graph_add_value(x->brick, VALUE_weight, NULL, &seen->t);
        x->brick->values[*known].data = seen->data;
        x->map->weights[x->map->n_weights++] = storage;
    } else {
        *known = graph_add_input(x->brick, NULL, &seen->t);
        x->map->inputs[x->map->n_inputs++] = storage;
    }
    return *known;
}

static int import_source(struct extraction *x, int v)
{
    if (v == NONE)
        return NONE;
    const struct value *seen = &x->g->values[v];
    int value = import(x, graph_storage(x->g, v), seen);
    if (!tensor_equal(&x->brick->values[value].t, &seen->t))
        value = graph_add_view(x->brick, value, &seen->t);
    return value;
}

static int source_rank(const struct extraction *x, int v)
{
    static const int ranks[] = {[VALUE_node] = 0, [VALUE_input] = 1, [VALUE_weight] = 2};
    int storage = graph_storage(x->g, v);
    if (x->g->values[storage].kind == VALUE_node && x->new_value[storage] == NONE)
        return ranks[VALUE_input]; // produced outside
    return ranks[x->g->values[storage].kind];
}

// True if operand b of a commutative operator is to stand before a: results of the brick before
// inputs before weights, larger tensors first, then by number; new inputs come last.
static bool stands_before(const struct extraction *x, int b, int a)
{
    if (source_rank(x, a) != source_rank(x, b))
        return source_rank(x, b) < source_rank(x, a);
    const struct tensor *ta = &x->g->values[a].t, *tb = &x->g->values[b].t;
    for (int i = 0; i < MAX_RANK; i++)
        if (tb->dims[i] != ta->dims[i])
            return tb->dims[i] > ta->dims[i];
    unsigned na = (unsigned)x->new_value[graph_storage(x->g, a)]; // NONE is the largest
    unsigned nb = (unsigned)x->new_value[graph_storage(x->g, b)];
    return nb < na;
}

// Fills src with the node's sources in canonical order.
static void order_sources(const struct extraction *x, const struct node *n, int *src)
{
    memcpy(src, n->src, (size_t)n->n_src * sizeof *src);
    if (!op_is_commutative(n->op) || n->inplace || step_own_sources(n) != 2)
        return;
    if (stands_before(x, src[1], src[0])) {
        src[0] = n->src[1];
        src[1] = n->src[0];
    }
}

static void import_step(struct extraction *x, int i)
{
    const struct node *n = &x->g->nodes[i];
    int *src = list_of((size_t)n->n_src), *dst = list_of((size_t)n->n_dst);
    order_sources(x, n, src);
    for (int k = 0; k < n->n_src; k++)
        src[k] = import_source(x, src[k]);
    for (int k = 0; k < n->n_dst; k++) {
        dst[k] = NONE;
        if (n->dst[k] == NONE)
            continue;
        dst[k] = graph_add_value(x->brick, VALUE_node, NULL, &x->g->values[n->dst[k]].t);
        x->new_value[n->dst[k]] = dst[k];
    }
    graph_copy_node(x->brick, n, src, dst);
    x->map->steps[x->map->n_steps++] = i;
    free(src);
    free(dst);
}

// Marks the storage values of g that something outside the chosen nodes uses.
static bool *find_live(const struct graph *g, int n, const int *nodes)
{
    bool *inside = xcalloc((size_t)g->n_nodes, sizeof *inside);
    bool *live = xcalloc((size_t)g->n_values, sizeof *live);
    for (int i = 0; i < n; i++)
        inside[nodes[i]] = true;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; !inside[i] && k < g->nodes[i].n_src; k++)
            if (g->nodes[i].src[k] != NONE)
                live[graph_storage(g, g->nodes[i].src[k])] = true;
    for (int k = 0; k < g->n_outputs; k++)
        live[graph_storage(g, g->outputs[k])] = true;
    free(inside);
    return live;
}

static void export_outputs(struct extraction *x, const bool *live)
{
    for (int i = 0; i < x->map->n_steps; i++) {
        const struct node *n = &x->g->nodes[x->map->steps[i]];
        for (int k = 0; k < n->n_dst; k++) {
            if (n->dst[k] == NONE || !live[n->dst[k]])
                continue;
            graph_add_output(x->brick, x->new_value[n->dst[k]]);
            x->map->outputs[x->map->n_outputs++] = n->dst[k];
        }
    }
}

static void map_init(struct brick_map *map, const struct graph *g, int n, const int *nodes)
{
    size_t sources = 0, results = 0;
    for (int i = 0; i < n; i++) {
        sources += (size_t)g->nodes[nodes[i]].n_src;
        results += (size_t)g->nodes[nodes[i]].n_dst;
    }
    *map = (struct brick_map){
        .inputs = list_of(sources),
        .weights = list_of(sources),
        .outputs = list_of(results),
        .steps = list_of((size_t)n),
    };
}

void brick_map_release(struct brick_map *map)
{
    free(map->inputs);
    free(map->outputs);
    free(map->steps);
    free(map->weights);
    *map = (struct brick_map){0};
}

// Copies the nodes in the given order into a graph of their own.
static struct graph *cut_out(const struct graph *g, int n, const int *nodes, const bool *live,
                             struct brick_map *map)
{
    struct graph *brick = xcalloc(1, sizeof *brick);
    struct extraction x = {
        .g = g,
        .brick = brick,
        .new_value = list_of((size_t)g->n_values),
        .map = map,
    };
    for (int v = 0; v < g->n_values; v++)
        x.new_value[v] = NONE;
    map_init(map, g, n, nodes);
    for (int i = 0; i < n; i++)
        import_step(&x, nodes[i]);
    export_outputs(&x, live);
    graph_index(brick);
    free(x.new_value);
    return brick;
}

static void brick_set_text(struct brick *brick)
{
    struct str text = STR_INIT;
    canon_print(brick->graph, &text);
    brick->text = str_detach(&text);
    signature_of(brick->text, brick->signature);
}

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// Fills `canonical` with the nodes in canonical order.
static void order_nodes(const struct graph *g, int n, const int *nodes, const bool *live,
                        int *canonical)
{
    int *sorted = list_of((size_t)n), *order = list_of((size_t)n);
    memcpy(sorted, nodes, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    struct brick_map map;
    struct graph *draft = cut_out(g, n, sorted, live, &map);
    canon_order(draft, order);
    for (int i = 0; i < n; i++)
        canonical[i] = sorted[order[i]];
    brick_map_release(&map);
    graph_release(draft);
    free(draft);
    free(sorted);
    free(order);
}

struct brick *brick_extract(const struct graph *g, int n, const int *nodes, struct brick_map *map)
{
    bool *live = find_live(g, n, nodes);
    int *canonical = list_of((size_t)n);
    order_nodes(g, n, nodes, live, canonical);
    struct brick *brick = xcalloc(1, sizeof *brick);
    brick->graph = cut_out(g, n, canonical, live, map);
    brick_set_text(brick);
    free(canonical);
    free(live);
    return brick;
}

struct brick *brick_parse(const char *text, struct error *err)
{
    struct graph *graph = canon_parse(text, err);
    if (!graph)
        return NULL;
    struct brick *brick = xcalloc(1, sizeof *brick);
    brick->graph = graph;
    brick_set_text(brick);
    if (strcmp(brick->text, text) == 0)
        return brick;
    brick_free(brick);
    return fail_null(err, "a brick's text is not in canonical form: %.200s", text);
}

void brick_free(struct brick *brick)
{
    if (!brick)
        return;
    graph_release(brick->graph);
    free(brick->graph);
    free(brick->text);
    free(brick);
}
