#include "decompose/fusion.h"

#include <stdlib.h>

#include "decompose/passes.h"

enum { CONSTANT_BYTES = 64 << 20 };

static bool is_counted(const struct fusion *f, int v)
{
    return v != NONE && f->g->values[v].kind != VALUE_weight;
}

static int *users_of(struct fusion *f, int v)
{
    grow(&f->users, &f->users_capacity, f->g->n_values, sizeof *f->users);
    for (; f->n_users < f->g->n_values; f->n_users++)
        f->users[f->n_users] = 0;
    return &f->users[v];
}

static void use(struct fusion *f, int i, int v)
{
    if (!is_counted(f, v))
        return;
    f->g->values[v].n_uses++;
    *users_of(f, v) ^= i;
}

static void disuse(struct fusion *f, int i, int v, int heir);

static bool is_used(const struct graph *g, const struct node *n)
{
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE && g->values[n->dst[k]].n_uses > 0)
            return true;
    return false;
}

// Marks node i dead; its layers go to the heir, which takes over what it did.
static void kill(struct fusion *f, int i, int heir)
{
    const struct node *n = &f->g->nodes[i];
    f->dead[i] = true;
    node_add_layers(f->g, &f->g->nodes[heir], n->n_layers, n->layers);
    for (int k = 0; k < n->n_src; k++)
        disuse(f, i, n->src[k], heir);
}

static void disuse(struct fusion *f, int i, int v, int heir)
{
    if (!is_counted(f, v))
        return;
    struct value *value = &f->g->values[v];
    *users_of(f, v) ^= i;
    int producer = value->producer;
    if (--value->n_uses == 0 && producer != NONE && !f->dead[producer] &&
        !is_used(f->g, &f->g->nodes[producer]))
        kill(f, producer, heir);
}

static void fusion_init(struct fusion *f, struct graph *g)
{
    *f = (struct fusion){.g = g, .n_ordered = g->n_nodes, .budget = CONSTANT_BYTES};
    graph_index(g);
    grow(&f->dead, &f->dead_capacity, g->n_nodes, sizeof *f->dead);
    for (int v = 0; v < g->n_values; v++)
        g->values[v].n_uses = 0;
    for (int i = 0; i < g->n_nodes; i++) {
        f->dead[i] = false;
        for (int k = 0; k < g->nodes[i].n_src; k++)
            use(f, i, g->nodes[i].src[k]);
    }
    for (int k = 0; k < g->n_outputs; k++)
        use(f, NONE, g->outputs[k]);
}

static int fusion_finish(struct fusion *f, struct error *err)
{
    graph_drop_nodes(f->g, f->dead);
    free(f->dead);
    free(f->users);
    if (graph_sort(f->g, err))
        return -1;
    graph_drop_unused(f->g);
    return 0;
}

static bool apply_any(struct fusion *f, int i, fusion_rule *const *rules, size_t n_rules)
{
    for (size_t k = 0; k < n_rules; k++)
        if (!f->dead[i] && rules[k](f, i))
            return true;
    return false;
}

int fusion_run(struct graph *g, fusion_rule *const *rules, size_t n_rules, struct error *err)
{
    struct fusion f;
    fusion_init(&f, g);
    for (int i = 0; i < f.n_ordered; i++)
        while (apply_any(&f, i, rules, n_rules))
            ;
    return fusion_finish(&f, err);
}

int fusion_user(const struct fusion *f, int v)
{
    return v < f->n_users && f->g->values[v].n_uses == 1 ? f->users[v] : NONE;
}

int fusion_user_of_kind(const struct fusion *f, int i, enum op op)
{
    int user = fusion_user(f, f->g->nodes[i].dst[0]);
    return user != NONE && f->g->nodes[user].op == op ? user : NONE;
}

int fusion_producer(const struct fusion *f, int v, enum op op)
{
    int i = v == NONE ? NONE : f->g->values[v].producer;
    return i != NONE && !f->dead[i] && f->g->nodes[i].op == op && f->g->nodes[i].dst[0] == v ? i
                                                                                             : NONE;
}

static bool only_moves(const struct graph *g, int i)
{
    return node_is_view(g, i) || g->nodes[i].op == OP_Transpose;
}

bool fusion_is_earlier(const struct fusion *f, int v, int i)
{
    int producer = f->g->values[v].producer;
    while (producer != NONE && only_moves(f->g, producer))
        producer = f->g->values[f->g->nodes[producer].src[0]].producer;
    return producer < i;
}

// Adds a node that gives value dst.
static void add_node(struct fusion *f, enum op op, int n_src, const int *src, int dst)
{
    int i = f->g->n_nodes;
    graph_add_node(f->g, op, NULL, n_src, src, 1, &dst);
    grow(&f->dead, &f->dead_capacity, f->g->n_nodes, sizeof *f->dead);
    f->dead[i] = false;
    f->g->values[dst].producer = i;
    for (int k = 0; k < n_src; k++)
        use(f, i, src[k]);
}

int fusion_add_node(struct fusion *f, enum op op, int n_src, const int *src, const struct tensor *t)
{
    int v = graph_add_value(f->g, VALUE_node, NULL, t);
    add_node(f, op, n_src, src, v);
    return v;
}

int fusion_add_constant(struct fusion *f, enum op op, int n_src, const int *src,
                        const struct tensor *t)
{
    int v = fusion_add_node(f, op, n_src, src, t), i = f->g->values[v].producer;
    fold_node(f->g, &f->g->nodes[i], &f->budget);
    f->g->values[v].producer = NONE;
    f->dead[i] = true;
    return v;
}

void fusion_set_src(struct fusion *f, int i, int k, int v)
{
    int old = f->g->nodes[i].src[k];
    use(f, i, v);
    f->g->nodes[i].src[k] = v;
    disuse(f, i, old, i);
}

void fusion_add_src(struct fusion *f, int i, int v)
{
    use(f, i, v);
    node_add_src(f->g, &f->g->nodes[i], v);
}

void fusion_become(struct fusion *f, int i, enum op op, int n_src, const int *src)
{
    struct node *n = &f->g->nodes[i];
    struct node old = *n;
    n->op = op;
    n->n_attrs = 0;
    n->n_src = n_src;
    n->src = arena_copy(&f->g->arena, src, (size_t)n_src * sizeof *src);
    for (int k = 0; k < n_src; k++)
        use(f, i, src[k]);
    for (int k = 0; k < old.n_src; k++)
        disuse(f, i, old.src[k], i);
}

void fusion_show(struct fusion *f, int i, const struct tensor *t)
{
    struct graph *g = f->g;
    int dst = g->nodes[i].dst[0];
    int result = graph_add_value(g, VALUE_node, NULL, t);
    g->values[result].producer = i;
    g->nodes[i].dst[0] = result;
    add_node(f, OP_Reshape, 1, &result, dst);
}

void fusion_absorb(struct fusion *f, int into, int from)
{
    struct graph *g = f->g;
    int dst = g->nodes[from].dst[0];
    g->values[g->nodes[into].dst[0]].producer = NONE;
    g->nodes[into].dst[0] = dst;
    g->values[dst].producer = into;
    kill(f, from, into);
}

void fusion_sink(struct fusion *f, int move, int user, int k)
{
    struct graph *g = f->g;
    int src = g->nodes[move].src[0], shown = g->nodes[move].dst[0], dst = g->nodes[user].dst[0];
    struct tensor t = g->values[src].t;
    t.type = g->values[dst].t.type;
    int result = graph_add_value(g, VALUE_node, NULL, &t);
    g->values[result].producer = user;
    g->nodes[user].dst[0] = result;
    g->values[dst].producer = move;
    g->nodes[move].dst[0] = dst;
    fusion_set_src(f, user, k, src);
    g->values[shown].producer = NONE;
    if (g->nodes[move].op == OP_Transpose)
        fusion_set_src(f, move, 0, result);
    else
        fusion_become(f, move, OP_Reshape, 1, &result);
}
