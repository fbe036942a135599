// Contents of constants: what exporters compute from shapes and initializers, by the column `fold`.
// They are computed by the reference, as runner/ checks its kernels with it.
#include "decompose/passes.h"

#include <math.h>
#include <string.h>

#include "bricks/work.h"
#include "decompose/decompose.h"
#include "reference/reference.h"

enum { FILL_BYTES = 64 * 1024, FLOPS_PER_BYTE = 64 };

// none   never a constant
// view   shows the contents of its source
// shape  of constant shape, whatever the contents
// yes    computed
enum fold { FOLD_none, FOLD_view, FOLD_shape, FOLD_yes };

static const enum fold folds[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, ...) [OP_##name] = FOLD_##fold,
#include "bricks/ops.def"
#undef OP
};

bool op_is_folded(enum op op)
{
    return folds[op] != FOLD_none;
}

// Before opset 13 it ran over all dimensions from its axis on, which simplify spells out and the
// reference does not know.
static bool is_older_softmax(const struct graph *g, const struct node *n)
{
    bool softmax = n->op == OP_Softmax || n->op == OP_LogSoftmax || n->op == OP_Hardmax;
    return softmax && g->opset < 13;
}

bool node_folds(const struct graph *g, const struct node *n)
{
    enum fold fold = is_older_softmax(g, n) ? FOLD_none : folds[n->op];
    for (int k = 0; k < n->n_src && fold != FOLD_shape; k++)
        if (n->src[k] != NONE && !graph_is_weight(g, n->src[k]))
            return false;
    return fold != FOLD_none;
}

// Bytes of the results and of the sources that are read, or more where there is much to compute.
static double cost(const struct graph *g, const struct node *n)
{
    struct work work = work_node(g, n);
    bool reads = folds[n->op] != FOLD_shape;
    return reads ? fmax(work.bytes, work.flops / FLOPS_PER_BYTE) : MAX_RANK * sizeof(int64_t);
}

static bool is_affordable(const struct graph *g, const struct node *n, size_t *budget)
{
    double bytes = cost(g, n);
    if (n->op == OP_ConstantOfShape && bytes > FILL_BYTES)
        return false;
    if (bytes > (double)*budget)
        return false;
    *budget -= (size_t)bytes;
    return true;
}

static void compute(struct graph *g, const struct node *n)
{
    const void **src = xcalloc((size_t)n->n_src + 1, sizeof *src);
    void **dst = xcalloc((size_t)n->n_dst, sizeof *dst);
    for (int k = 0; k < n->n_src; k++)
        src[k] = n->src[k] == NONE ? NULL : value_data(g, n->src[k]);
    for (int k = 0; k < n->n_dst; k++) {
        const struct tensor *t = n->dst[k] == NONE ? NULL : &g->values[n->dst[k]].t;
        if (t && t->rank >= 0 && t->type != TYPE_none)
            dst[k] = arena_alloc(&g->arena, tensor_bytes(t));
    }
    // An index out of range or a division by zero: the run would fail, the shape is right.
    if (reference_node(g, n, src, dst, false, NULL) == 0)
        for (int k = 0; k < n->n_dst; k++)
            if (dst[k])
                g->values[n->dst[k]].data = dst[k];
    free(dst);
    free(src);
}

// ---- contents that wait --------------------------------------------------------------------

// Most of what is large, as an exporter's masks, only becomes a weight, and whoever times bricks
// has no use for its contents.
struct recipe {
    struct graph *g;
    struct node node;
    int depth; // of recipes that wait for each other
    bool followed;
};

enum { SMALL_BYTES = 4096, MAX_RECIPE_DEPTH = 64 };

static const struct recipe *waiting(const struct graph *g, int v)
{
    const struct recipe *r = v == NONE ? NULL : g->values[graph_storage(g, v)].recipe;
    return r && !r->followed ? r : NULL;
}

// Depth of a recipe for the node; 0 if no source waits.
static int recipe_depth(const struct graph *g, const struct node *n)
{
    int depth = 0;
    for (int k = 0; k < n->n_src && folds[n->op] != FOLD_shape; k++) {
        const struct recipe *r = waiting(g, n->src[k]);
        if (r && r->depth >= depth)
            depth = r->depth + 1;
    }
    return depth;
}

// Whether the contents of all sources are known or, if they `may_wait`, only wait.
static bool is_known(const struct graph *g, const struct node *n, bool may_wait)
{
    for (int k = 0; k < n->n_src && folds[n->op] != FOLD_shape; k++)
        if (n->src[k] != NONE && !(may_wait && waiting(g, n->src[k])) && !value_data(g, n->src[k]))
            return false;
    return true;
}

static void fold_now(struct graph *g, const struct node *n)
{
    if (folds[n->op] == FOLD_view)
        g->values[n->dst[0]].data = value_data(g, n->src[0]);
    else if (is_known(g, n, false))
        compute(g, n);
}

static void write_recipe(struct graph *g, const struct node *n, int depth)
{
    struct recipe r = {.g = g, .node = *n, .depth = depth};
    struct recipe *kept = arena_copy(&g->arena, &r, sizeof r);
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE)
            g->values[n->dst[k]].recipe = kept;
}

void follow_recipe(const struct graph *g, int v)
{
    struct recipe *r = g->values[v].recipe;
    if (r->followed)
        return;
    r->followed = true;
    fold_now(r->g, &r->node);
}

void follow_recipes(struct graph *g)
{
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].recipe && g->values[v].n_uses > 0)
            follow_recipe(g, v);
}

// A matrix of whose transpose a product is to be made need not be there twice.
static void note_transpose(struct graph *g, const struct node *n)
{
    const struct value *src = n->op == OP_Transpose ? &g->values[n->src[0]] : NULL;
    if (!src || src->view_of != NONE || src->t.rank != 2)
        return;
    int rank;
    const int64_t *perm = node_ints(n, ATTR_perm, &rank);
    if (rank == 2 && perm[0] == 1)
        g->values[n->dst[0]].turned_from = n->src[0];
}

void fold_node(struct graph *g, const struct node *n, size_t *budget)
{
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE)
            g->values[n->dst[k]].kind = VALUE_weight;
    note_transpose(g, n);
    bool view = folds[n->op] == FOLD_view;
    int depth = recipe_depth(g, n);
    bool small = depth == 0 && (view || cost(g, n) <= SMALL_BYTES);
    if (!is_known(g, n, true) || (!view && !is_affordable(g, n, budget)))
        return;
    if (small || depth >= MAX_RECIPE_DEPTH)
        fold_now(g, n);
    else
        write_recipe(g, n, depth);
}

void *permuted_data(struct graph *g, const struct tensor *t, const void *data, const int64_t *perm)
{
    int64_t strides[MAX_RANK], at[MAX_RANK] = {0};
    tensor_strides(t, strides);
    size_t bytes = type_bytes(t->type);
    char *out = arena_alloc(&g->arena, tensor_bytes(t));
    int64_t from = 0;
    for (int64_t i = 0; i < tensor_elements(t); i++) {
        memcpy(out + (size_t)i * bytes, (const char *)data + (size_t)from * bytes, bytes);
        for (int d = t->rank - 1; d >= 0; d--) {
            from += strides[perm[d]];
            if (++at[d] < t->dims[perm[d]])
                break;
            from -= strides[perm[d]] * at[d];
            at[d] = 0;
        }
    }
    return out;
}
