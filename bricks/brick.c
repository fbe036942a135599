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

// Adds `change` to the uses of all that the nodes use.
static void count_uses(struct cutter *c, int n, const int *nodes, int change)
{
    for (int i = 0; i < n; i++) {
        const struct node *node = &c->g->nodes[nodes[i]];
        for (int k = 0; k < node->n_src; k++)
            if (node->src[k] != NONE)
                c->n_uses[graph_storage(c->g, node->src[k])] += change;
    }
}

// Results that something outside uses: n_uses counts no uses inside.
static void export_outputs(struct extraction *x, const int *n_uses)
{
    for (int i = 0; i < x->map->n_steps; i++) {
        const struct node *n = &x->g->nodes[x->map->steps[i]];
        for (int k = 0; k < n->n_dst; k++) {
            if (n->dst[k] == NONE || !n_uses[n->dst[k]])
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

// Forgets the values of the brick that was cut.
static void forget(struct cutter *c, const struct brick_map *map)
{
    for (int k = 0; k < map->n_inputs; k++)
        c->new_value[map->inputs[k]] = NONE;
    for (int k = 0; k < map->n_weights; k++)
        c->new_value[map->weights[k]] = NONE;
    for (int i = 0; i < map->n_steps; i++) {
        const struct node *n = &c->g->nodes[map->steps[i]];
        for (int k = 0; k < n->n_dst; k++)
            if (n->dst[k] != NONE)
                c->new_value[n->dst[k]] = NONE;
    }
}

// Copies the nodes in the given order into a graph of their own.
static struct graph *cut_out(struct cutter *c, int n, const int *nodes, struct brick_map *map)
{
    struct graph *brick = xcalloc(1, sizeof *brick);
    struct extraction x = {.g = c->g, .brick = brick, .new_value = c->new_value, .map = map};
    map_init(map, c->g, n, nodes);
    for (int i = 0; i < n; i++)
        import_step(&x, nodes[i]);
    export_outputs(&x, c->n_uses);
    graph_index(brick);
    forget(c, map);
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
static void order_nodes(struct cutter *c, int n, const int *nodes, int *canonical)
{
    memcpy(canonical, nodes, (size_t)n * sizeof *canonical);
    if (n == 1)
        return;
    int *sorted = list_of((size_t)n), *order = list_of((size_t)n);
    memcpy(sorted, nodes, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    struct brick_map map;
    struct graph *draft = cut_out(c, n, sorted, &map);
    canon_order(draft, order);
    for (int i = 0; i < n; i++)
        canonical[i] = sorted[order[i]];
    brick_map_release(&map);
    graph_release(draft);
    free(draft);
    free(sorted);
    free(order);
}

void cutter_init(struct cutter *c, const struct graph *g)
{
    *c = (struct cutter){
        .g = g, .n_uses = list_of((size_t)g->n_values), .new_value = list_of((size_t)g->n_values)};
    for (int v = 0; v < g->n_values; v++)
        c->new_value[v] = NONE;
    for (int i = 0; i < g->n_nodes; i++)
        count_uses(c, 1, &i, 1);
    for (int k = 0; k < g->n_outputs; k++)
        c->n_uses[graph_storage(g, g->outputs[k])]++;
}

void cutter_release(struct cutter *c)
{
    free(c->n_uses);
    free(c->new_value);
    *c = (struct cutter){0};
}

struct brick *cutter_extract(struct cutter *c, int n, const int *nodes, struct brick_map *map)
{
    int *canonical = list_of((size_t)n);
    count_uses(c, n, nodes, -1);
    order_nodes(c, n, nodes, canonical);
    struct brick *brick = xcalloc(1, sizeof *brick);
    brick->graph = cut_out(c, n, canonical, map);
    brick_set_text(brick);
    count_uses(c, n, nodes, 1);
    free(canonical);
    return brick;
}

struct brick *brick_extract(const struct graph *g, int n, const int *nodes, struct brick_map *map)
{
    struct cutter c;
    cutter_init(&c, g);
    struct brick *brick = cutter_extract(&c, n, nodes, map);
    cutter_release(&c);
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

struct brick *brick_copy(const struct brick *brick)
{
    struct error err = {0};
    struct brick *copy = brick_parse(brick->text, &err);
    if (!copy)
        BUG("a brick's own text: %s", err.text);
    return copy;
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
