#include "bricks/graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void graph_init(struct graph *g)
{
    *g = (struct graph){0};
}

void graph_release(struct graph *g)
{
    if (!g)
        return;
    free(g->values);
    free(g->nodes);
    free(g->inputs);
    free(g->outputs);
    for (int i = 0; i < g->n_bodies; i++) {
        graph_release(g->bodies[i]);
        free(g->bodies[i]);
    }
    free(g->bodies);
    free(g->unmodelled);
    arena_release(&g->arena);
    graph_init(g);
}

int graph_add_value(struct graph *g, enum value_kind kind, const char *name, const struct tensor *t)
{
    grow(&g->values, &g->values_capacity, g->n_values + 1, sizeof *g->values);
    g->values[g->n_values] = (struct value){
        .name = arena_strdup(&g->arena, name),
        .kind = kind,
        .t = t ? *t : (struct tensor){.rank = -1},
        .producer = NONE,
        .turned_from = NONE,
        .view_of = NONE,
    };
    return g->n_values++;
}

static void list_add(int **list, int *n, int *capacity, int value)
{
    grow(list, capacity, *n + 1, sizeof **list);
    (*list)[(*n)++] = value;
}

int graph_add_input(struct graph *g, const char *name, const struct tensor *t)
{
    int v = graph_add_value(g, VALUE_input, name, t);
    list_add(&g->inputs, &g->n_inputs, &g->inputs_capacity, v);
    return v;
}

void graph_add_output(struct graph *g, int value)
{
    list_add(&g->outputs, &g->n_outputs, &g->outputs_capacity, value);
}

struct graph *graph_add_body(struct graph *g)
{
    struct graph *body = xmalloc(sizeof *body);
    graph_init(body);
    body->opset = g->opset;
    grow(&g->bodies, &g->bodies_capacity, g->n_bodies + 1, sizeof(struct graph *));
    return g->bodies[g->n_bodies++] = body;
}

int graph_add_view(struct graph *g, int of, const struct tensor *t)
{
    assert(tensor_bytes(t) == tensor_bytes(&g->values[of].t));
    int v = graph_add_value(g, g->values[of].kind, NULL, t);
    g->values[v].view_of = graph_storage(g, of);
    g->values[v].data = g->values[of].data;
    return v;
}

struct node *graph_add_node(struct graph *g, enum op op, const char *name, int n_src,
                            const int *src, int n_dst, const int *dst)
{
    grow(&g->nodes, &g->nodes_capacity, g->n_nodes + 1, sizeof *g->nodes);
    struct node *n = &g->nodes[g->n_nodes++];
    *n = (struct node){
        .op = op,
        .name = arena_strdup(&g->arena, name),
        .n_src = n_src,
        .n_dst = n_dst,
        .src = arena_copy(&g->arena, src, (size_t)n_src * sizeof *src),
        .dst = arena_copy(&g->arena, dst, (size_t)n_dst * sizeof *dst),
    };
    if (n->name)
        node_add_layers(g, n, 1, (const char *const[]){n->name});
    return n;
}

// Makes the numbers of an attribute that has several the graph's own.
static void copy_list(struct graph *g, struct attr *a)
{
    enum attr_kind kind = attr_info(a->key)->kind;
    size_t n = (size_t)a->n;
    if (kind == ATTR_KIND_ints)
        a->u.ints = arena_copy(&g->arena, a->u.ints, n * sizeof *a->u.ints);
    else if (kind == ATTR_KIND_floats)
        a->u.floats = arena_copy(&g->arena, a->u.floats, n * sizeof *a->u.floats);
}

struct node *graph_copy_node(struct graph *g, const struct node *n, const int *src, const int *dst)
{
    struct node *copy = graph_add_node(g, n->op, NULL, n->n_src, src, n->n_dst, dst);
    copy->name = arena_strdup(&g->arena, n->name);
    copy->n_attrs = n->n_attrs;
    copy->attrs = arena_copy(&g->arena, n->attrs, (size_t)n->n_attrs * sizeof *n->attrs);
    for (int i = 0; i < n->n_attrs; i++)
        copy_list(g, &copy->attrs[i]);
    copy->n_posts = n->n_posts;
    memcpy(copy->posts, n->posts, sizeof n->posts);
    copy->inplace = n->inplace;
    copy->op_type = arena_strdup(&g->arena, n->op_type);
    copy->n_bodies = n->n_bodies;
    copy->bodies = n->bodies;
    copy->n_captured = n->n_captured;
    node_add_layers(g, copy, n->n_layers, n->layers);
    return copy;
}

static struct attr *find_attr(const struct node *n, enum attr_key key)
{
    for (int i = 0; i < n->n_attrs; i++)
        if (n->attrs[i].key == key)
            return &n->attrs[i];
    return NULL;
}

int64_t node_int(const struct node *n, enum attr_key key, int64_t fallback)
{
    const struct attr *a = find_attr(n, key);
    return a ? a->u.i : fallback;
}

float node_float(const struct node *n, enum attr_key key, float fallback)
{
    const struct attr *a = find_attr(n, key);
    return a ? a->u.f : fallback;
}

const int64_t *node_ints(const struct node *n, enum attr_key key, int *count)
{
    const struct attr *a = find_attr(n, key);
    *count = a ? a->n : 0;
    return a ? a->u.ints : NULL;
}

const float *node_floats(const struct node *n, enum attr_key key, int *count)
{
    const struct attr *a = find_attr(n, key);
    *count = a ? a->n : 0;
    return a ? a->u.floats : NULL;
}

bool node_has(const struct node *n, enum attr_key key)
{
    return find_attr(n, key) != NULL;
}

// The attribute with this key, added if absent. Attributes are few: the array is copied to grow.
static struct attr *set_attr(struct graph *g, struct node *n, enum attr_key key)
{
    struct attr *a = find_attr(n, key);
    if (a)
        return a;
    struct attr *attrs = arena_alloc(&g->arena, (size_t)(n->n_attrs + 1) * sizeof *attrs);
    if (n->n_attrs)
        memcpy(attrs, n->attrs, (size_t)n->n_attrs * sizeof *attrs);
    n->attrs = attrs;
    a = &attrs[n->n_attrs++];
    a->key = key;
    return a;
}

void node_set_int(struct graph *g, struct node *n, enum attr_key key, int64_t i)
{
    set_attr(g, n, key)->u.i = i;
}

void node_set_float(struct graph *g, struct node *n, enum attr_key key, float f)
{
    set_attr(g, n, key)->u.f = f;
}

void node_set_ints(struct graph *g, struct node *n, enum attr_key key, int count,
                   const int64_t *ints)
{
    const int64_t *copy = arena_copy(&g->arena, ints, (size_t)count * sizeof *ints);
    struct attr *a = set_attr(g, n, key);
    a->n = count;
    a->u.ints = copy;
}

void node_set_floats(struct graph *g, struct node *n, enum attr_key key, int count,
                     const float *floats)
{
    const float *copy = arena_copy(&g->arena, floats, (size_t)count * sizeof *floats);
    struct attr *a = set_attr(g, n, key);
    a->n = count;
    a->u.floats = copy;
}

void node_drop(struct node *n, enum attr_key key)
{
    struct attr *a = find_attr(n, key);
    if (a)
        *a = n->attrs[--n->n_attrs];
}

void node_add_src(struct graph *g, struct node *n, int value)
{
    int *src = arena_alloc(&g->arena, (size_t)(n->n_src + 1) * sizeof *src);
    if (n->n_src)
        memcpy(src, n->src, (size_t)n->n_src * sizeof *src);
    src[n->n_src++] = value;
    n->src = src;
}

void node_add_layers(struct graph *g, struct node *n, int count, const char *const *layers)
{
    if (count == 0)
        return;
    const char **all = arena_alloc(&g->arena, (size_t)(n->n_layers + count) * sizeof *all);
    if (n->n_layers)
        memcpy(all, n->layers, (size_t)n->n_layers * sizeof *all);
    for (int i = 0; i < count; i++)
        all[n->n_layers + i] = arena_strdup(&g->arena, layers[i]);
    n->layers = all;
    n->n_layers += count;
}

int graph_storage(const struct graph *g, int v)
{
    while (g->values[v].view_of != NONE)
        v = g->values[v].view_of;
    return v;
}

struct tensor *graph_tensor(struct graph *g, int v)
{
    return &g->values[v].t;
}

bool graph_is_weight(const struct graph *g, int v)
{
    return g->values[graph_storage(g, v)].kind == VALUE_weight;
}

// Counts one more use of v; the first use of a view is one of its storage.
static void count_use(struct graph *g, int v)
{
    while (v != NONE && g->values[v].n_uses++ == 0)
        v = g->values[v].view_of;
}

void graph_index(struct graph *g)
{
    for (int v = 0; v < g->n_values; v++) {
        g->values[v].producer = NONE;
        g->values[v].n_uses = 0;
    }
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        for (int k = 0; k < n->n_src; k++)
            count_use(g, n->src[k]);
        for (int k = 0; k < n->n_dst; k++)
            if (n->dst[k] != NONE)
                g->values[n->dst[k]].producer = i;
    }
    for (int k = 0; k < g->n_outputs; k++)
        count_use(g, g->outputs[k]);
}

void graph_drop_nodes(struct graph *g, const bool *dead)
{
    int kept = 0;
    for (int i = 0; i < g->n_nodes; i++)
        if (!dead[i])
            g->nodes[kept++] = g->nodes[i];
    g->n_nodes = kept;
    graph_index(g);
}

static bool node_is_used(const struct graph *g, const struct node *n)
{
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE && g->values[n->dst[k]].n_uses > 0)
            return true;
    return false;
}

void graph_drop_unused(struct graph *g)
{
    bool *dead = xcalloc((size_t)g->n_nodes, sizeof *dead);
    // Against the topological order, so that what only dead nodes use dies in the same pass.
    graph_index(g);
    for (int i = g->n_nodes - 1; i >= 0; i--) {
        const struct node *n = &g->nodes[i];
        dead[i] = !node_is_used(g, n);
        for (int k = 0; dead[i] && k < n->n_src; k++)
            for (int v = n->src[k]; v != NONE && --g->values[v].n_uses == 0;)
                v = g->values[v].view_of;
    }
    graph_drop_nodes(g, dead);
    free(dead);
}

static void replace(int *list, int n, int from, int to)
{
    for (int k = 0; k < n; k++)
        if (list[k] == from)
            list[k] = to;
}

void graph_replace_value(struct graph *g, int from, int to)
{
    for (int i = 0; i < g->n_nodes; i++)
        replace(g->nodes[i].src, g->nodes[i].n_src, from, to);
    replace(g->outputs, g->n_outputs, from, to);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].view_of == from)
            g->values[v].view_of = graph_storage(g, to);
}
