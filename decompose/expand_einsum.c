// Einsum becomes what it is: sums over the dimensions of one source, (batched) products of two
// matrices, the first of which takes the next source if there are more, and transposes around them.
// The equation is in its normal form, "abc,acd->abd": letters by their first place, no ellipsis.
#include "decompose/expand.h"

#include "decompose/passes.h"

enum { MAX_LETTERS = 26, MAX_SOURCES = 8 };

// Letters of a tensor's dimensions, as numbers from 0.
struct letters {
    int n;
    int of[MAX_RANK];
};

struct einsum {
    struct graph *g;
    int node, n_terms;
    enum type type;
    struct letters terms[MAX_SOURCES + 1]; // of the sources, then of the result
    int64_t dims[MAX_LETTERS];
};

static int place_of_letter(const struct letters *t, int letter)
{
    for (int k = 0; k < t->n; k++)
        if (t->of[k] == letter)
            return k;
    return NONE;
}

static bool has(const struct letters *t, int letter)
{
    return place_of_letter(t, letter) != NONE;
}

static void add_letter(struct letters *t, int letter)
{
    t->of[t->n++] = letter;
}

static void read_terms(struct einsum *e, const struct node *n)
{
    int count;
    const int64_t *text = node_ints(n, ATTR_equation, &count);
    e->n_terms = n->n_src + 1;
    for (int i = 0, term = 0; i < count; i++) {
        term += text[i] == ',' || text[i] == '-';
        if (text[i] >= 'a' && text[i] <= 'z')
            add_letter(&e->terms[term], (int)(text[i] - 'a'));
    }
}

// Whether every letter stands once in a term and for the same extent in all of them, and all have
// one type.
static bool is_plain(struct einsum *e)
{
    const struct node *n = &e->g->nodes[e->node];
    for (int k = 0; k < e->n_terms; k++) {
        const struct letters *t = &e->terms[k];
        const struct tensor *given = &e->g->values[k < n->n_src ? n->src[k] : n->dst[0]].t;
        for (int d = 0; d < t->n; d++) {
            int64_t *dim = &e->dims[t->of[d]];
            if (place_of_letter(t, t->of[d]) != d || given->dims[d] < 1 ||
                (*dim > 0 && *dim != given->dims[d]) || given->type != e->type)
                return false;
            *dim = given->dims[d];
        }
    }
    return true;
}

static struct tensor tensor_of(const struct einsum *e, const struct letters *t)
{
    struct tensor tensor = {.type = e->type, .rank = t->n};
    for (int d = 0; d < t->n; d++)
        tensor.dims[d] = e->dims[t->of[d]];
    return tensor;
}

static int64_t extent(const struct einsum *e, const struct letters *t)
{
    int64_t n = 1;
    for (int d = 0; d < t->n; d++)
        n *= e->dims[t->of[d]];
    return n;
}

// Value v, whose letters are `t`, summed over those that no other term has.
static int sum_alone(struct einsum *e, int v, int term)
{
    struct letters *t = &e->terms[term], kept = {0};
    int64_t axes[MAX_RANK];
    int n_axes = 0;
    for (int d = 0; d < t->n; d++) {
        bool wanted = false;
        for (int k = 0; k < e->n_terms; k++)
            wanted = wanted || (k != term && has(&e->terms[k], t->of[d]));
        if (wanted)
            add_letter(&kept, t->of[d]);
        else
            axes[n_axes++] = d;
    }
    *t = kept;
    struct tensor result = tensor_of(e, &kept);
    if (n_axes == 0)
        return v;
    int sum = expand_emit(e->g, e->node, OP_ReduceSum, 1, &v, &result);
    node_set_ints(e->g, expand_newest(e->g), ATTR_axes, n_axes, axes);
    node_set_int(e->g, expand_newest(e->g), ATTR_keepdims, 0);
    return sum;
}

// Value v with the letters `from` in the order `to`.
static int order(struct einsum *e, int v, const struct letters *from, const struct letters *to)
{
    int64_t perm[MAX_RANK];
    bool moves = false;
    for (int d = 0; d < to->n; d++) {
        perm[d] = place_of_letter(from, to->of[d]);
        moves = moves || perm[d] != d;
    }
    if (!moves)
        return v;
    struct tensor t = tensor_of(e, to);
    int moved = expand_emit(e->g, e->node, OP_Transpose, 1, &v, &t);
    node_set_ints(e->g, expand_newest(e->g), ATTR_perm, to->n, perm);
    return moved;
}

static int reshape(struct einsum *e, int v, const struct tensor *t)
{
    if (tensor_same_shape(&e->g->values[v].t, t))
        return v;
    int view = graph_add_value(e->g, VALUE_node, NULL, t);
    graph_add_node(e->g, OP_Reshape, NULL, 1, &v, 1, &view);
    return view;
}

static void append(struct letters *t, const struct letters *more)
{
    for (int d = 0; d < more->n; d++)
        add_letter(t, more->of[d]);
}

// Whether somebody wants a letter behind the product of the terms 0 and `next`.
static bool is_wanted_behind(const struct einsum *e, int next, int letter)
{
    for (int k = next + 1; k < e->n_terms; k++)
        if (has(&e->terms[k], letter))
            return true;
    return false;
}

// The letters of a source that the other one has, or has not, and that stay, or are summed over.
static struct letters pick(const struct einsum *e, int term, int other, bool shared, bool stays)
{
    struct letters picked = {0};
    const struct letters *t = &e->terms[term];
    int next = term > other ? term : other;
    for (int d = 0; d < t->n; d++)
        if (has(&e->terms[other], t->of[d]) == shared &&
            is_wanted_behind(e, next, t->of[d]) == stays)
            add_letter(&picked, t->of[d]);
    return picked;
}

// Value v, a source, as [batch, rows, columns] or, without a batch, as a matrix.
static int as_matrices(struct einsum *e, int v, int term, const struct letters *batch,
                       const struct letters *rows, const struct letters *columns)
{
    struct letters wanted = *batch;
    append(&wanted, rows);
    append(&wanted, columns);
    struct tensor t = {.type = e->type, .rank = 2, .dims = {extent(e, rows), extent(e, columns)}};
    if (batch->n > 0)
        t = (struct tensor){.type = e->type,
                            .rank = 3,
                            .dims = {extent(e, batch), extent(e, rows), extent(e, columns)}};
    return reshape(e, order(e, v, &e->terms[term], &wanted), &t);
}

// [batch, m, k] by [batch, k, n], of the terms 0 and `next`, where nothing is summed by
// broadcasting. The product takes the place of term 0: its letters are those of the batch, of m and
// of n. False if those are too many.
static bool multiply(struct einsum *e, int *src, int next)
{
    struct letters batch = pick(e, 0, next, true, true), summed = pick(e, 0, next, true, false);
    struct letters rows = pick(e, 0, next, false, true), columns = pick(e, next, 0, false, true);
    if (batch.n + rows.n + columns.n > MAX_RANK)
        return false;
    int pair[] = {as_matrices(e, src[0], 0, &batch, &rows, &summed),
                  as_matrices(e, src[next], next, &batch, &summed, &columns)};
    struct tensor t = e->g->values[pair[0]].t;
    t.dims[t.rank - 1] = extent(e, &columns);
    append(&batch, &rows);
    append(&batch, &columns);
    e->terms[0] = batch;
    enum op op = summed.n > 0 ? OP_MatMul : OP_Mul;
    int v = expand_emit(e->g, e->node, op, 2, pair, &t);
    struct tensor whole = tensor_of(e, &batch);
    src[0] = reshape(e, v, &whole);
    return true;
}

int expand_einsum(struct graph *g, int i, struct error *err)
{
    (void)err;
    const struct node n = g->nodes[i];
    struct einsum e = {.g = g, .node = i, .type = g->values[n.dst[0]].t.type};
    if (n.n_src > MAX_SOURCES)
        return 0;
    read_terms(&e, &n);
    if (!is_plain(&e))
        return 0;
    int src[MAX_SOURCES];
    for (int k = 0; k < n.n_src; k++)
        src[k] = sum_alone(&e, n.src[k], k);
    for (int next = 1; next < n.n_src; next++)
        if (!multiply(&e, src, next))
            return 0;
    int v = order(&e, src[0], &e.terms[0], &e.terms[n.n_src]);
    if (v == n.src[0]) {
        expand_become(g, i, OP_Identity, 1, &v);
        return 0;
    }
    expand_newest(g)->dst[0] = n.dst[0];
    g->nodes[i].n_dst = 0; // it goes, as nobody uses it any more
    return 0;
}
