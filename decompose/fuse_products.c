// Products of matrices: transposes and factors around them are part of the product, and one with
// constant weights is that of two matrices.
#include "decompose/fuse.h"
#include "decompose/fuse_weights.h"
#include "decompose/passes.h"
#include "decompose/pattern.h"

static bool swaps_last(const struct graph *g, int i)
{
    int rank;
    const int64_t *perm = node_ints(&g->nodes[i], ATTR_perm, &rank);
    for (int d = 0; d < rank; d++)
        if (perm[d] != (d < rank - 2 ? d : d == rank - 2 ? rank - 1 : rank - 2))
            return false;
    return rank >= 2;
}

static bool is_batched(enum op op)
{
    return op == OP_MatMul || op == OP_FusedMatMul;
}

bool fuse_transposed_operand(struct fusion *f, int i)
{
    struct graph *g = f->g;
    static const enum attr_key keys[] = {ATTR_transA, ATTR_transB};
    if (!is_batched(g->nodes[i].op) && g->nodes[i].op != OP_Gemm)
        return false;
    for (int k = 0; k < 2; k++) {
        struct node *n = &g->nodes[i];
        int swap = fusion_producer(f, n->src[k], OP_Transpose);
        if (swap == NONE || !swaps_last(g, swap) || becomes_row_major(g, swap))
            continue;
        if (n->op == OP_MatMul)
            n->op = OP_FusedMatMul;
        node_set_int(g, n, keys[k], !node_int(n, keys[k], 0));
        fusion_set_src(f, i, k, g->nodes[swap].src[0]);
        return true;
    }
    return false;
}

// A known factor of the product: into constant weights, else its alpha.
static void scale_product(struct graph *g, struct node *n, double factor)
{
    int weights = n->src[1];
    if (graph_is_weight(g, weights)) {
        n->src[1] = weight_scaled(g, weights, &factor, 1, 1);
        return;
    }
    n->op = OP_FusedMatMul;
    float alpha = node_float(n, ATTR_gemm_alpha, 1);
    node_set_float(g, n, ATTR_gemm_alpha, (float)(alpha * factor));
}

// The number by which node i multiplies its source k, or divides it; 0 if it is not known.
static double known_factor(const struct graph *g, int i, int k)
{
    const struct node *n = &g->nodes[i];
    double x;
    if ((n->op != OP_Mul && (n->op != OP_Div || k != 0)) || !known_scalar(g, n->src[1 - k], &x) ||
        !tensor_equal(&g->values[n->src[k]].t, &g->values[n->dst[0]].t))
        return 0;
    return n->op == OP_Mul ? x : x == 0 ? 0 : 1 / x;
}

bool fuse_product_scale(struct fusion *f, int i)
{
    struct graph *g = f->g;
    struct node *n = &g->nodes[i];
    int user = is_batched(n->op) ? fusion_user(f, n->dst[0]) : NONE;
    if (user == NONE || (g->nodes[user].op != OP_Mul && g->nodes[user].op != OP_Div))
        return false;
    double factor = known_factor(g, user, g->nodes[user].src[0] == n->dst[0] ? 0 : 1);
    if (factor == 0)
        return false;
    scale_product(g, n, factor);
    fusion_absorb(f, i, user);
    return true;
}

// A factor of one of the matrices is one of the product.
bool fuse_operand_scale(struct fusion *f, int i)
{
    struct graph *g = f->g;
    if (!is_batched(g->nodes[i].op))
        return false;
    for (int side = 0; side < 2; side++) {
        int v = g->nodes[i].src[side];
        int scale = fusion_user(f, v) == i ? g->values[v].producer : NONE;
        for (int k = 0; scale != NONE && k < 2; k++) {
            double factor = g->nodes[scale].n_src == 2 ? known_factor(g, scale, k) : 0;
            if (factor == 0)
                continue;
            fusion_set_src(f, i, side, g->nodes[scale].src[k]);
            scale_product(g, &g->nodes[i], factor);
            return true;
        }
    }
    return false;
}

static void flatten(struct tensor *t)
{
    int64_t rows = dims_count(t->dims, 0, t->rank - 1), columns = t->dims[t->rank - 1];
    *t = (struct tensor){.type = t->type, .rank = 2, .dims = {rows, columns}};
}

// The left matrix as one of rank 2, if all rows of its batches are rows of that, or it is the only
// one; false if neither.
static bool flat_matrix(const struct node *n, struct tensor *t)
{
    if (!node_int(n, ATTR_transA, 0)) {
        flatten(t);
        return true;
    }
    if (dims_count(t->dims, 0, t->rank - 2) != 1)
        return false;
    *t = (struct tensor){
        .type = t->type, .rank = 2, .dims = {t->dims[t->rank - 2], t->dims[t->rank - 1]}};
    return true;
}

// [..., K] by weights [K, N]: all rows are those of one matrix.
bool fuse_flat_product(struct fusion *f, int i)
{
    struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    bool plain = !node_int(n, ATTR_transBatchA, 0) && node_float(n, ATTR_gemm_alpha, 1) == 1;
    if (!is_batched(n->op) || !plain || !graph_is_weight(g, n->src[1]) ||
        g->values[n->src[1]].t.rank != 2 || g->values[n->src[0]].t.rank <= 2)
        return false;
    int x = n->src[0], weights = n->src[1], dst = n->dst[0];
    int64_t transposed[] = {node_int(n, ATTR_transA, 0), node_int(n, ATTR_transB, 0)};
    struct tensor matrix = g->values[x].t, result = g->values[dst].t;
    if (!flat_matrix(n, &matrix))
        return false;
    flatten(&result);
    int flat = fusion_add_node(f, OP_Reshape, 1, &x, &matrix);
    fusion_become(f, i, OP_Gemm, 2, (const int[]){flat, weights});
    node_set_int(g, &g->nodes[i], ATTR_transA, transposed[0]);
    node_set_int(g, &g->nodes[i], ATTR_transB, transposed[1]);
    fusion_show(f, i, &result);
    return true;
}
