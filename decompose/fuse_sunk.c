// Views and transposes that sink: what follows one of them behind a product, and works on each
// element alone, is done before it, so that the product can take it in.
#include <string.h>

#include "decompose/fuse.h"
#include "decompose/passes.h"
#include "decompose/pattern.h"

// ---- what sinks, and what it sinks below ---------------------------------------------------

static bool is_unary(const struct node *n)
{
    const struct op_info *info = op_info(n->op);
    return info->layout == OP_LAYOUT_follow && n->n_src == 1 && n->n_dst == 1 &&
           strcmp(info->lower, "unary") == 0;
}

static bool has_constant(const struct graph *g, const struct node *n)
{
    return graph_is_weight(g, n->src[0]) || graph_is_weight(g, n->src[1]);
}

static bool is_elementwise(const struct graph *g, const struct node *n)
{
    return is_unary(n) || n->op == OP_Add || (n->op == OP_Mul && has_constant(g, n));
}

// A product's factor, which the product takes in too.
static bool is_scaling(const struct graph *g, const struct node *n)
{
    double x;
    return (n->op == OP_Mul || n->op == OP_Div) && n->n_src == 2 &&
           (known_scalar(g, n->src[1], &x) || known_scalar(g, n->src[0], &x));
}

// Whether v is the result of a product, or of no more than `depth` steps behind one that it could
// take in, under whatever view.
static bool follows_product(const struct fusion *f, int v, int depth)
{
    const struct graph *g = f->g;
    int i = fusion_user(f, v) == NONE ? NONE : g->values[v].producer;
    if (i == NONE)
        return false;
    const struct node *n = &g->nodes[i];
    if (node_is_view(g, i))
        return follows_product(f, n->src[0], depth);
    bool passes = is_elementwise(g, n) || is_scaling(g, n);
    for (int k = 0; k < n->n_src && depth > 0 && passes; k++)
        if (follows_product(f, n->src[k], depth - 1))
            return true;
    return fuse_is_product(n->op);
}

// Operand v, which stands beside the result of node i, as it stands beside the source of that: node
// i only moves elements. NONE if it cannot be had for nothing.
typedef int beside_rule(struct fusion *f, int i, int v);

static bool sink(struct fusion *f, int i, beside_rule *beside)
{
    struct graph *g = f->g;
    int shown = g->nodes[i].dst[0], user = fusion_user(f, shown);
    if (user == NONE || !is_elementwise(g, &g->nodes[user]) ||
        !tensor_equal(&g->values[shown].t, &g->values[g->nodes[user].dst[0]].t) ||
        !follows_product(f, g->nodes[i].src[0], MAX_POSTS - 1))
        return false;
    int k = g->nodes[user].src[0] == shown ? 0 : 1;
    if (g->nodes[user].n_src == 2) {
        int other = beside(f, i, g->nodes[user].src[1 - k]);
        if (other == NONE)
            return false;
        fusion_set_src(f, user, 1 - k, other);
    }
    fusion_sink(f, i, user, k);
    return true;
}

// ---- views ---------------------------------------------------------------------------------

// True if t is one number, or one per element of the last dimension of both shapes.
static bool broadcasts_to_both(const struct tensor *t, const struct tensor *a,
                               const struct tensor *b)
{
    int64_t n = tensor_elements(t);
    if (t->rank > a->rank || t->rank > b->rank)
        return false;
    return n == 1 ||
           (t->dims[t->rank - 1] == n && a->dims[a->rank - 1] == n && b->dims[b->rank - 1] == n);
}

// What broadcasts to `shown` as what broadcasts to `viewed`, where the two differ only in
// dimensions of one element; false if they do not, or t has not those.
static bool without_ones(struct tensor *t, const struct tensor *shown, const struct tensor *viewed)
{
    struct tensor out = {.type = t->type, .rank = viewed->rank};
    int at = 0, ahead = shown->rank - t->rank;
    for (int d = 0; d < viewed->rank; d++) {
        out.dims[d] = 1;
        if (viewed->dims[d] == 1)
            continue;
        while (at < shown->rank && shown->dims[at] == 1)
            at++;
        if (at == shown->rank || shown->dims[at] != viewed->dims[d])
            return false;
        out.dims[d] = at < ahead ? 1 : t->dims[at - ahead];
        at++;
    }
    bool all = tensor_elements(&out) == tensor_elements(t);
    *t = out;
    return all;
}

static int beside_view(struct fusion *f, int i, int v)
{
    struct graph *g = f->g;
    struct tensor t = g->values[v].t, viewed = g->values[g->nodes[i].src[0]].t;
    struct tensor shown = g->values[g->nodes[i].dst[0]].t;
    if (broadcasts_to_both(&t, &viewed, &shown))
        return v;
    if (tensor_equal(&t, &shown))
        t = viewed;
    else if (!without_ones(&t, &shown, &viewed))
        return NONE;
    return graph_is_weight(g, v) ? graph_add_view(g, v, &t)
                                 : fusion_add_node(f, OP_Reshape, 1, &v, &t);
}

bool fuse_sunk_view(struct fusion *f, int i)
{
    return node_is_view(f->g, i) && sink(f, i, beside_view);
}

// ---- transposes ----------------------------------------------------------------------------

// A constant of one number for all, or for each index of one dimension of what is shown, shown from
// before the transpose; NONE if it is another.
static int constant_beside(struct graph *g, int v, const int64_t *perm, int rank)
{
    const struct tensor *t = &g->values[v].t;
    int64_t n = tensor_elements(t);
    int ahead = rank - t->rank, d = 0;
    while (d < t->rank && t->dims[d] != n)
        d++;
    if (n == 1 || ahead < 0 || d == t->rank)
        return n == 1 ? v : NONE;
    int at = (int)perm[ahead + d];
    struct tensor before = {.type = t->type, .rank = rank - at};
    for (int k = 0; k < before.rank; k++)
        before.dims[k] = k == 0 ? n : 1;
    return graph_add_view(g, v, &before);
}

static bool same_order(const struct graph *g, int a, int b)
{
    int rank;
    const int64_t *perm = node_ints(&g->nodes[a], ATTR_perm, &rank);
    return memcmp(perm, node_ints(&g->nodes[b], ATTR_perm, &rank), (size_t)rank * sizeof *perm) ==
           0;
}

// An activation costs nothing to transpose back if it was transposed alike, and nothing more than
// beside the transpose if that only relabels: then it is wanted in this order there too.
static int beside_transpose(struct fusion *f, int i, int v)
{
    struct graph *g = f->g;
    int rank, x = g->nodes[i].src[0];
    const int64_t *perm = node_ints(&g->nodes[i], ATTR_perm, &rank);
    if (graph_is_weight(g, v))
        return constant_beside(g, v, perm, rank);
    if (!tensor_equal(&g->values[v].t, &g->values[g->nodes[i].dst[0]].t))
        return NONE;
    int alike = fusion_producer(f, v, OP_Transpose);
    if (alike != NONE && same_order(g, alike, i))
        return g->nodes[alike].src[0];
    if (!becomes_relabelling(g, i, v))
        return NONE;
    int64_t back[MAX_RANK];
    for (int d = 0; d < rank; d++)
        back[perm[d]] = d;
    struct tensor t = g->values[x].t;
    int before = fusion_add_node(f, OP_Transpose, 1, &v, &t);
    node_set_ints(g, &g->nodes[g->values[before].producer], ATTR_perm, rank, back);
    return before;
}

bool fuse_sunk_transpose(struct fusion *f, int i)
{
    return f->g->nodes[i].op == OP_Transpose && sink(f, i, beside_transpose);
}
