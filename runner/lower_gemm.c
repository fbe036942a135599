// Matrix products. A constant right-hand side of Gemm makes an inner product, whose weights are
// packed; all others are oneDNN's matmul, which broadcasts over batches.
#include "runner/lower.h"

#include <string.h>

static const struct md *matrix(struct lowering *l, int64_t rows, int64_t columns,
                               int64_t row_stride, int64_t column_stride)
{
    return lowering_keep(l, md_strides(TYPE_f32, 2, (int64_t[]){rows, columns},
                                       (int64_t[]){row_stride, column_stride}));
}

// The right-hand side: constant ones are packed to what the primitive prefers.
static void bind_weights(struct lowering *l, struct step_spec *s, int64_t rows, int64_t columns,
                         const struct md *plain)
{
    if (!lowering_is_weight(l, 1)) {
        step_bind(s, DNNL_ARG_WEIGHTS, plain, place_of(1));
        return;
    }
    struct md *any = md_any(TYPE_f32, 2, (int64_t[]){rows, columns});
    step_bind_packed(s, DNNL_ARG_WEIGHTS, lowering_keep(l, any), plain, 1);
}

// ---- Gemm ----------------------------------------------------------------------------------

struct gemm {
    int64_t m, n, k;
    bool trans_a, trans_b;
    bool bias; // C is one number per column and goes in as it is
    int n_posts;
    struct fused posts[MAX_FUSED];
};

static void add_linear(struct gemm *g, float factor)
{
    if (factor == 1)
        return;
    g->posts[g->n_posts++] = (struct fused){
        .kind = PRIM_POST_eltwise,
        .alg = dnnl_eltwise_linear,
        .alpha = factor,
    };
}

static bool is_bias(const struct tensor *c, int64_t n)
{
    return c->rank >= 1 && c->dims[c->rank - 1] == n && tensor_elements(c) == n;
}

// alpha A B + beta C: C is a bias, or the posts (alpha / beta) x, + C, beta x come before the
// node's own.
static int read_posts(struct lowering *l, struct gemm *g)
{
    float alpha = node_float(l->n, ATTR_gemm_alpha, 1), beta = node_float(l->n, ATTR_gemm_beta, 1);
    bool has_c = lowering_has(l, 2) && beta != 0;
    g->n_posts = 0;
    g->bias = false;
    if (has_c && alpha == 1 && beta == 1) {
        struct tensor c = lowering_operand(l, 2).t;
        g->bias = is_bias(&c, g->n);
    }
    if (has_c && !g->bias) {
        struct fused add = {.kind = PRIM_POST_binary, .alg = dnnl_binary_add};
        if (!lowering_align(l, 2, &add.operand))
            return unsupported(l, "C cannot be broadcast");
        add_linear(g, alpha / beta);
        g->posts[g->n_posts++] = add;
        add_linear(g, beta);
    } else {
        add_linear(g, alpha);
    }
    memcpy(g->posts + g->n_posts, l->posts, sizeof *l->posts * (size_t)l->n_posts);
    g->n_posts += l->n_posts;
    return 0;
}

static bool gemm_inner_product(struct lowering *l, const struct gemm *g)
{
    struct step_spec s = {.prim = {.prim = PRIM_inner_product}};
    if (g->trans_a || !lowering_is_weight(l, 1))
        return false;
    step_bind(&s, DNNL_ARG_SRC, matrix(l, g->m, g->k, g->k, 1), place_of(0));
    bind_weights(l, &s, g->n, g->k,
                 g->trans_b ? matrix(l, g->n, g->k, g->k, 1) : matrix(l, g->n, g->k, 1, g->n));
    if (g->bias)
        step_bind(&s, DNNL_ARG_BIAS,
                  lowering_keep(l, md_strides(TYPE_f32, 1, &g->n, (int64_t[]){1})), place_of(2));
    step_bind_operand(l, &s, DNNL_ARG_DST, &l->dst);
    return emit_with_posts(l, &s, g->n_posts, g->posts);
}

static bool gemm_matmul(struct lowering *l, const struct gemm *g)
{
    struct step_spec s = {.prim = {.prim = PRIM_matmul}};
    step_bind(&s, DNNL_ARG_SRC,
              g->trans_a ? matrix(l, g->m, g->k, 1, g->m) : matrix(l, g->m, g->k, g->k, 1),
              place_of(0));
    bind_weights(l, &s, g->k, g->n,
                 g->trans_b ? matrix(l, g->k, g->n, 1, g->k) : matrix(l, g->k, g->n, g->n, 1));
    if (g->bias)
        step_bind(&s, DNNL_ARG_BIAS, matrix(l, 1, g->n, g->n, 1), place_of(2));
    step_bind_operand(l, &s, DNNL_ARG_DST, &l->dst);
    return emit_with_posts(l, &s, g->n_posts, g->posts);
}

int lower_gemm(struct lowering *l)
{
    struct gemm g = {
        .trans_a = node_int(l->n, ATTR_transA, 0) != 0,
        .trans_b = node_int(l->n, ATTR_transB, 0) != 0,
    };
    struct tensor a = lowering_operand(l, 0).t;
    if (a.rank != 2 || l->dst.t.rank != 2)
        return unsupported(l, "Gemm multiplies matrices");
    g.m = l->dst.t.dims[0];
    g.n = l->dst.t.dims[1];
    g.k = a.dims[g.trans_a ? 0 : 1];
    if (read_posts(l, &g) != 0)
        return -1;
    if (gemm_inner_product(l, &g) || gemm_matmul(l, &g))
        return 0;
    return unsupported(l, "oneDNN has no kernel for it");
}

// ---- MatMul --------------------------------------------------------------------------------

// A tensor as batches of matrices of `rank` dimensions: a vector becomes a row or a column.
static struct tensor as_matrices(struct tensor t, int rank, bool column)
{
    struct tensor m = {.type = t.type, .rank = rank};
    if (t.rank == 1)
        t = (struct tensor){.rank = 2, .dims = {column ? t.dims[0] : 1, column ? 1 : t.dims[0]}};
    for (int i = 0; i < rank; i++)
        m.dims[i] = i < rank - t.rank ? 1 : t.dims[i - (rank - t.rank)];
    return m;
}

// One matrix on the right serves all batches: they are rows of one large matrix.
static void fold_batches(struct tensor *t)
{
    int64_t rows = dims_count(t->dims, 0, t->rank - 1), columns = t->dims[t->rank - 1];
    *t = (struct tensor){.type = t->type, .rank = 2, .dims = {rows, columns}};
}

static struct tensor product_shape(const struct tensor *a, const struct tensor *b)
{
    struct tensor c = *a;
    for (int i = 0; i < c.rank - 2; i++)
        c.dims[i] = a->dims[i] > b->dims[i] ? a->dims[i] : b->dims[i];
    c.dims[c.rank - 1] = b->dims[c.rank - 1];
    return c;
}

int lower_matmul(struct lowering *l)
{
    struct tensor a = lowering_operand(l, 0).t, b = lowering_operand(l, 1).t;
    int rank = a.rank > b.rank ? a.rank : b.rank;
    rank = rank < 2 ? 2 : rank;
    bool one_matrix = b.rank <= 2;
    a = as_matrices(a, rank, false);
    b = as_matrices(b, one_matrix ? 2 : rank, true);
    if (one_matrix)
        fold_batches(&a);
    struct tensor c = product_shape(&a, &b);
    struct step_spec s = {.prim = {.prim = PRIM_matmul}, .dst = l->dst};
    s.reshaped = !tensor_same_shape(&c, &l->dst.t);
    step_bind(&s, DNNL_ARG_SRC, lowering_keep(l, md_tensor(&a)), place_of(0));
    const struct md *plain = lowering_keep(l, md_tensor(&b));
    if (one_matrix)
        bind_weights(l, &s, b.dims[0], b.dims[1], plain);
    else
        step_bind(&s, DNNL_ARG_WEIGHTS, plain, place_of(1));
    step_bind(&s, DNNL_ARG_DST, lowering_keep(l, md_tensor(&c)), l->dst.place);
    if (emit_with_posts(l, &s, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "oneDNN has no kernel for it");
}
