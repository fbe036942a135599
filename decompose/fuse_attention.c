// Scaled dot-product attention, spelled as MatMul, scale, mask, Softmax, MatMul.
#include "decompose/fuse.h"
#include "decompose/passes.h"
#include "decompose/pattern.h"

// Of attribute `swapped`.
enum { QUERIES, KEYS, VALUES, RESULT, N_SWAPPED };

// What is found on the way from softmax back to the queries and keys.
struct scores {
    int q, k, mask; // values; k is transposed
    double scale;
};

static const struct tensor *tensor_of(const struct fusion *f, int v)
{
    return &f->g->values[v].t;
}

// The node of this kind that gives v to nobody else, or NONE.
static int sole_producer(const struct fusion *f, int v, enum op op)
{
    return fusion_user(f, v) == NONE ? NONE : fusion_producer(f, v, op);
}

// The number by which node i multiplies or divides its source k; 0 if it is not known.
static double factor_beside(const struct fusion *f, int i, int k)
{
    const struct node *n = &f->g->nodes[i];
    double x;
    if (!known_scalar(f->g, n->src[1 - k], &x) || x == 0 ||
        !tensor_equal(tensor_of(f, n->src[k]), tensor_of(f, n->dst[0])))
        return 0;
    return n->op == OP_Mul ? x : k == 0 ? 1 / x : 0;
}

// v as scale * the returned value, through any products with and quotients by known numbers.
static int unscaled(const struct fusion *f, int v, double *scale)
{
    for (;;) {
        int i = sole_producer(f, v, OP_Mul);
        if (i == NONE)
            i = sole_producer(f, v, OP_Div);
        if (i == NONE)
            return v;
        int k = factor_beside(f, i, 0) != 0 ? 0 : 1;
        double factor = factor_beside(f, i, k);
        if (factor == 0)
            return v;
        *scale *= factor;
        v = f->g->nodes[i].src[k];
    }
}

// Whether a mask broadcasts to the scores and does not make them larger.
static bool is_mask(const struct tensor *mask, const struct tensor *scores)
{
    int ahead = scores->rank - mask->rank;
    bool fits = ahead >= 0 && mask->type == TYPE_f32;
    for (int d = 0; fits && d < mask->rank; d++)
        fits = mask->dims[d] == 1 || mask->dims[d] == scores->dims[ahead + d];
    return fits;
}

static bool same_batches(const struct tensor *a, const struct tensor *b)
{
    bool same = a->rank == b->rank && a->rank >= 2;
    for (int d = 0; same && d < a->rank - 2; d++)
        same = a->dims[d] == b->dims[d];
    return same;
}

// A sum is that of the product and a mask, on either side.
static int take_mask(const struct fusion *f, int v, struct scores *s)
{
    int i = sole_producer(f, v, OP_Add);
    if (i == NONE)
        return v;
    const struct node *n = &f->g->nodes[i];
    for (int k = 0; k < 2; k++) {
        double ignored = 1;
        int product = unscaled(f, n->src[k], &ignored);
        if (sole_producer(f, product, OP_MatMul) == NONE ||
            !tensor_equal(tensor_of(f, product), tensor_of(f, v)) ||
            !is_mask(tensor_of(f, n->src[1 - k]), tensor_of(f, v)))
            continue;
        s->mask = n->src[1 - k];
        return n->src[k];
    }
    return v;
}

static bool find_scores(const struct fusion *f, int softmax, struct scores *s)
{
    *s = (struct scores){.mask = NONE, .scale = 1};
    int v = take_mask(f, f->g->nodes[softmax].src[0], s);
    int product = sole_producer(f, unscaled(f, v, &s->scale), OP_MatMul);
    if (product == NONE)
        return false;
    s->q = unscaled(f, f->g->nodes[product].src[0], &s->scale);
    s->k = unscaled(f, f->g->nodes[product].src[1], &s->scale);
    return same_batches(tensor_of(f, s->q), tensor_of(f, s->k));
}

// K^T as a transpose of what has keys before elements: turns the transpose around, or drops it.
static int turned_keys(struct fusion *f, int v)
{
    struct graph *g = f->g;
    int i = fusion_producer(f, v, OP_Transpose), rank;
    if (i == NONE)
        return NONE;
    const struct tensor *t = tensor_of(f, v);
    const int64_t *given = node_ints(&g->nodes[i], ATTR_perm, &rank);
    int64_t perm[MAX_RANK];
    bool moves = false;
    for (int d = 0; d < rank; d++) {
        perm[d] = given[d < rank - 2 ? d : d == rank - 2 ? rank - 1 : rank - 2];
        moves |= perm[d] != d;
    }
    if (!moves)
        return g->nodes[i].src[0];
    struct tensor turned = *t;
    turned.dims[rank - 2] = t->dims[rank - 1];
    turned.dims[rank - 1] = t->dims[rank - 2];
    int keys = fusion_add_node(f, OP_Transpose, 1, &g->nodes[i].src[0], &turned);
    node_set_ints(g, &g->nodes[g->n_nodes - 1], ATTR_perm, rank, perm);
    return keys;
}

// Exporters write Where(IsNaN(p), 0, p) of a softmax p, so that a query that sees no key gives
// zeros. The softmax, or NONE if node i is not that.
static int guarded_softmax(const struct fusion *f, int i)
{
    const struct node *n = &f->g->nodes[i];
    int test = n->op == OP_Where ? fusion_producer(f, n->src[0], OP_IsNaN) : NONE;
    double x;
    if (test == NONE || f->g->nodes[test].src[0] != n->src[2] ||
        !known_scalar(f->g, n->src[1], &x) || x != 0)
        return NONE;
    return fusion_producer(f, n->src[2], OP_Softmax);
}

static bool is_innermost(const struct fusion *f, const struct node *softmax)
{
    return node_int(softmax, ATTR_axis, -1) == tensor_of(f, softmax->src[0])->rank - 1;
}

// Node i is the Softmax, or what guards it.
bool fuse_attention(struct fusion *f, int i)
{
    struct graph *g = f->g;
    int softmax = g->nodes[i].op == OP_Softmax ? i : guarded_softmax(f, i);
    struct scores s;
    if (softmax == NONE || !is_innermost(f, &g->nodes[softmax]))
        return false;
    int product = fusion_user_of_kind(f, i, OP_MatMul);
    if (product == NONE || g->nodes[product].src[0] != g->nodes[i].dst[0] ||
        !find_scores(f, softmax, &s))
        return false;
    int v = g->nodes[product].src[1], keys;
    if (!same_batches(tensor_of(f, s.q), tensor_of(f, v)) || (keys = turned_keys(f, s.k)) == NONE)
        return false;
    const int src[] = {s.q, keys, v, s.mask};
    fusion_become(f, product, OP_ScaledDotProductAttention, s.mask == NONE ? 3 : 4, src);
    node_set_float(g, &g->nodes[product], ATTR_scale, (float)s.scale);
    if (softmax != i)
        node_set_int(g, &g->nodes[product], ATTR_blind_zero, 1);
    return true;
}

// ---- heads ---------------------------------------------------------------------------------

static bool swaps_heads(const struct graph *g, int i)
{
    int rank;
    const int64_t *perm = node_ints(&g->nodes[i], ATTR_perm, &rank);
    for (int d = 0; d < rank; d++)
        if (perm[d] != (d == rank - 3 ? rank - 2 : d == rank - 2 ? rank - 3 : d))
            return false;
    return rank >= 3;
}

static void read_swapped(const struct node *n, int64_t swapped[N_SWAPPED])
{
    int given;
    const int64_t *old = node_ints(n, ATTR_swapped, &given);
    for (int k = 0; k < N_SWAPPED; k++)
        swapped[k] = k < given ? old[k] : 0;
}

// Attention reads and writes heads before positions or behind them: transposes that only swap
// the two are part of it.
bool fuse_attention_heads(struct fusion *f, int i)
{
    struct graph *g = f->g;
    if (g->nodes[i].op != OP_ScaledDotProductAttention)
        return false;
    int64_t swapped[N_SWAPPED];
    read_swapped(&g->nodes[i], swapped);
    bool changed = false;
    for (int k = QUERIES; k <= VALUES; k++) {
        int swap = fusion_producer(f, g->nodes[i].src[k], OP_Transpose);
        if (swap == NONE || !swaps_heads(g, swap))
            continue;
        fusion_set_src(f, i, k, g->nodes[swap].src[0]);
        swapped[k] ^= 1;
        changed = true;
    }
    int swap = fusion_user_of_kind(f, i, OP_Transpose);
    if (swap != NONE && swaps_heads(g, swap)) {
        fusion_absorb(f, i, swap);
        swapped[RESULT] ^= 1;
        changed = true;
    }
    if (changed)
        node_set_ints(g, &g->nodes[i], ATTR_swapped, N_SWAPPED, swapped);
    return changed;
}
