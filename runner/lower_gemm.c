// Matrix products: Gemm, and MatMul with any broadcasting. Constant right-hand matrices are packed.
// One that serves all batches makes one large product. Products are oneDNN's matmul where that is
// generated code: it shares odd numbers of rows evenly among threads, which its inner product does
// not (197x768x2304, AVX-512, two threads: 480 against 361 GFLOP/s; no shape lost over 2 %). Else
// they are inner products, if the right-hand side is constant and the left-hand one not transposed.
// Many small matrices with a row each are multiplied by a loop of our own.
#include "runner/lower.h"

#include <limits.h>
#include <string.h>

#include "bricks/packing.h"

struct product {
    struct matrices a, b;
    struct operand dst; // [batches..., m, n]
    bool reshaped;      // the step's result, and the posts' operands, are not of that shape
    bool has_bias;      // one number per column
    struct place bias;
    int n_posts;
    struct fused posts[MAX_FUSED];
};

// ---- shapes --------------------------------------------------------------------------------

void matrices_swap(struct matrices *m, int i, int j)
{
    int64_t dim = m->dims[i], stride = m->strides[i];
    m->dims[i] = m->dims[j];
    m->strides[i] = m->strides[j];
    m->dims[j] = dim;
    m->strides[j] = stride;
}

void matrices_set_rank(struct matrices *m, int rank)
{
    int ones = rank - m->rank;
    int64_t all = dims_count(m->dims, 0, m->rank);
    for (int i = rank - 1; i >= 0; i--) {
        m->dims[i] = i < ones ? 1 : m->dims[i - ones];
        m->strides[i] = i < ones ? all : m->strides[i - ones];
    }
    m->rank = rank;
}

const struct md *matrices_md(struct lowering *l, const struct matrices *m)
{
    return lowering_keep(l, md_strides(TYPE_f32, m->rank, m->dims, m->strides));
}

// Source `src`: a vector is a row on the left and a column on the right. FusedMatMul may have the
// first dimension between the batches and the columns.
static struct matrices read_matrices(const struct lowering *l, int src)
{
    bool right = src == 1;
    struct tensor t = lowering_operand(l, src).t;
    if (t.rank == 1)
        t = (struct tensor){.rank = 2, .dims = {right ? t.dims[0] : 1, right ? 1 : t.dims[0]}};
    struct matrices m = {.rank = t.rank};
    memcpy(m.dims, t.dims, sizeof t.dims);
    t.layout = LAYOUT_row;
    tensor_strides(&t, m.strides);
    if (node_int(l->n, right ? ATTR_transBatchB : ATTR_transBatchA, 0))
        for (int i = 0; i < m.rank - 2; i++)
            matrices_swap(&m, i, i + 1);
    if (node_int(l->n, right ? ATTR_transB : ATTR_transA, 0))
        matrices_swap(&m, m.rank - 2, m.rank - 1);
    return m;
}

static bool is_row_major(const struct matrices *m)
{
    int64_t stride = 1;
    for (int i = m->rank - 1; i >= 0; i--) {
        if (m->dims[i] != 1 && m->strides[i] != stride)
            return false;
        stride *= m->dims[i];
    }
    return true;
}

// One matrix on the right serves all batches: they are rows of one large matrix.
static void fold_batches(struct product *p)
{
    int64_t columns = p->a.dims[p->a.rank - 1];
    int64_t rows = dims_count(p->a.dims, 0, p->a.rank - 1);
    p->a = (struct matrices){2, {rows, columns}, {columns, 1}};
}

static struct tensor product_shape(const struct matrices *a, const struct matrices *b)
{
    struct tensor c = {.type = TYPE_f32, .rank = a->rank};
    for (int i = 0; i < c.rank - 2; i++)
        c.dims[i] = a->dims[i] > b->dims[i] ? a->dims[i] : b->dims[i];
    c.dims[c.rank - 2] = a->dims[c.rank - 2];
    c.dims[c.rank - 1] = b->dims[c.rank - 1];
    return c;
}

// ---- posts ---------------------------------------------------------------------------------

// The operand of a post, which broadcasts to the step's result, as one that broadcasts to `to`, of
// which that is a reshape: possible for all elements, one per row of two dimensions, one per
// column, and a single one.
static bool reshape_operand(struct tensor *t, const struct tensor *to)
{
    int64_t all = tensor_elements(t), n = to->dims[to->rank - 1];
    struct tensor r = {.type = t->type, .rank = to->rank};
    bool per_column = t->rank > 0 && t->dims[t->rank - 1] == all && (all == n || all == 1);
    bool per_row = to->rank == 2 && t->rank > 0 && t->dims[t->rank - 1] == 1 && all == to->dims[0];
    if (!per_column && !per_row && all != tensor_elements(to))
        return false;
    for (int i = 0; i < r.rank; i++)
        r.dims[i] = per_column ? 1 : to->dims[i];
    if (per_column)
        r.dims[r.rank - 1] = all;
    else if (per_row && all != tensor_elements(to))
        r.dims[1] = 1;
    *t = r;
    return true;
}

static bool reshape_posts(struct product *p, const struct tensor *to)
{
    struct fused posts[MAX_FUSED];
    memcpy(posts, p->posts, sizeof posts);
    for (int i = 0; i < p->n_posts; i++)
        if (posts[i].kind == PRIM_POST_binary && !reshape_operand(&posts[i].operand.t, to))
            return false;
    memcpy(p->posts, posts, sizeof posts);
    return true;
}

// A first post that adds one number per column is the bias of the primitive.
static void take_bias(struct product *p)
{
    const struct fused *f = p->posts;
    if (p->n_posts == 0 || f->kind != PRIM_POST_binary || f->alg != dnnl_binary_add)
        return;
    int64_t n = p->dst.t.dims[p->dst.t.rank - 1];
    const struct tensor *t = &f->operand.t;
    if (p->reshaped || t->dims[t->rank - 1] != n || tensor_elements(t) != n)
        return;
    p->has_bias = true;
    p->bias = f->operand.place;
    p->n_posts--;
    memmove(p->posts, p->posts + 1, sizeof *p->posts * (size_t)p->n_posts);
}

static void add_posts(struct product *p, int n, const struct fused *posts)
{
    memcpy(p->posts + p->n_posts, posts, sizeof *posts * (size_t)n);
    p->n_posts += n;
}

static void add_linear(struct product *p, float factor)
{
    if (factor == 1)
        return;
    p->posts[p->n_posts++] = (struct fused){
        .kind = PRIM_POST_eltwise,
        .alg = dnnl_eltwise_linear,
        .alpha = factor,
    };
}

// ---- primitives ----------------------------------------------------------------------------

// The right-hand side: constant ones are packed to what the primitive prefers.
static void bind_weights(struct lowering *l, struct step_spec *s, const struct matrices *b)
{
    const struct md *plain = matrices_md(l, b);
    if (!lowering_is_weight(l, 1)) {
        step_bind(s, DNNL_ARG_WEIGHTS, plain, place_of(1));
        return;
    }
    struct md *any = md_any(TYPE_f32, b->rank, b->dims);
    step_bind_packed(s, DNNL_ARG_WEIGHTS, lowering_keep(l, any), plain, 1);
}

static void bind_bias(struct lowering *l, struct step_spec *s, const struct product *p, int rank)
{
    struct matrices bias = {1, {p->dst.t.dims[p->dst.t.rank - 1]}, {1}};
    if (!p->has_bias)
        return;
    matrices_set_rank(&bias, rank);
    step_bind(s, DNNL_ARG_BIAS, matrices_md(l, &bias), p->bias);
}

static bool emit_product(struct lowering *l, struct step_spec *s, const struct product *p,
                         emitter *emit)
{
    step_bind(s, DNNL_ARG_DST, lowering_keep(l, md_tensor(&p->dst.t)), p->dst.place);
    s->dst = p->reshaped ? l->dst : p->dst;
    s->reshaped = p->reshaped;
    return emit_by_choice(l, s, emit, p->n_posts, p->posts);
}

static bool inner_product(struct lowering *l, const struct product *p)
{
    struct step_spec s = {.prim = {.prim = PRIM_inner_product}};
    struct matrices b = p->b; // [n, k]
    if (b.rank != 2 || !is_row_major(&p->a) || !lowering_is_weight(l, 1))
        return false;
    matrices_swap(&b, 0, 1);
    step_bind(&s, DNNL_ARG_SRC, matrices_md(l, &p->a), place_of(0));
    bind_weights(l, &s, &b);
    bind_bias(l, &s, p, 1);
    return emit_product(l, &s, p, emit_with_posts);
}

static bool matmul(struct lowering *l, const struct product *p, emitter *emit)
{
    struct step_spec s = {.prim = {.prim = PRIM_matmul}};
    step_bind(&s, DNNL_ARG_SRC, matrices_md(l, &p->a), place_of(0));
    bind_weights(l, &s, &p->b);
    bind_bias(l, &s, p, p->b.rank);
    return emit_product(l, &s, p, emit);
}

// ---- OpenBLAS ------------------------------------------------------------------------------

// Matrices that lie as OpenBLAS reads them: the right-hand one row by row or column by column.
static bool describe_gemm(const struct product *p, struct loop_gemm *g)
{
    const int64_t *stride = p->b.strides;
    if (p->b.rank != 2 || p->a.rank != 2 || !is_row_major(&p->a))
        return false;
    *g = (struct loop_gemm){.m = p->a.dims[0], .n = p->b.dims[1], .k = p->b.dims[0]};
    g->transposed = stride[0] == 1 && stride[1] == g->k;
    bool plain = stride[1] == 1 && stride[0] == g->n;
    return (plain || g->transposed) && g->m <= INT_MAX && g->n <= INT_MAX && g->k <= INT_MAX;
}

// Whether OpenBLAS is what is wished for, or is offered.
static bool blas(struct lowering *l, const struct product *p)
{
    struct loop_gemm g;
    struct place args[] = {place_of(0), place_of(1), p->dst.place};
    const size_t named = strlen(loop_gemm_blas.name);
    bool wished = l->only && strncmp(l->only, loop_gemm_blas.name, named) == 0;
    if ((!wished && !l->offers) || !loop_gemm_exists() || !describe_gemm(p, &g))
        return false;
    if (l->offers)
        kernel_names_add(l->offers, loop_gemm_blas.name);
    return wished && emit_loop_with_posts(l, &loop_gemm_blas, &g, sizeof g, 3, args,
                                          p->reshaped ? &l->dst : &p->dst, p->n_posts, p->posts);
}

// ---- our own loop --------------------------------------------------------------------------

// One row times weights that lie column by column: as fast as with packed ones (0.97 to 1.03 of the
// time for 50257x768, 49152x576, 32128x512, 30522x384 and 10000x1024, one and two threads, AVX-512;
// 4096x4096 on one thread 1.06), and a table in which words are looked up, too, is there only once.
static bool dot(struct lowering *l, struct product p)
{
    struct loop_gemm g;
    bool wished = !l->only || strncmp(l->only, loop_dot.name, strlen(loop_dot.name)) == 0;
    if (!step_multiplies_table(l->g, l->n) || !describe_gemm(&p, &g) || !g.transposed)
        return false;
    if (l->offers)
        kernel_names_add(l->offers, loop_dot.name);
    if (!wished || l->offers)
        return false;
    take_bias(&p);
    const struct loop_dot d = {g.n, g.k};
    struct place bias = p.has_bias ? p.bias : place_of(OPERAND_none);
    struct place args[] = {place_of(0), place_of(1), bias, p.dst.place};
    return emit_loop_with_posts(l, &loop_dot, &d, sizeof d, 4, args, p.reshaped ? &l->dst : &p.dst,
                                p.n_posts, p.posts);
}

// ---- rows ----------------------------------------------------------------------------------

// Many small matrices, each with a row of its own: oneDNN needs 0.5 us for each of them.
static bool describe_rows(const struct product *p, struct loop_row_products *rows)
{
    enum { SMALL = 16 * 1024 }; // elements: then reading them takes as long
    int batch = p->b.rank - 2;
    *rows = (struct loop_row_products){.batches = dims_count(p->b.dims, 0, batch),
                                       .k = p->b.dims[batch],
                                       .n = p->b.dims[batch + 1]};
    bool paired = memcmp(p->a.dims, p->b.dims, sizeof *p->a.dims * (size_t)batch) == 0;
    return batch > 0 && paired && p->a.dims[batch] == 1 && is_row_major(&p->a) &&
           is_row_major(&p->b) && rows->batches > 1 && rows->k * rows->n <= SMALL;
}

static bool row_products(struct lowering *l, const struct product *p)
{
    struct loop_row_products rows;
    struct place args[] = {place_of(0), place_of(1), p->dst.place};
    if (l->only || l->offers || !describe_rows(p, &rows))
        return false;
    return emit_loop_with_posts(l, &loop_row_products, &rows, sizeof rows, 3, args,
                                p->reshaped ? &l->dst : &p->dst, p->n_posts, p->posts);
}

static int finish(struct lowering *l, struct product *p)
{
    if (p->b.rank == 2 && is_row_major(&p->a))
        fold_batches(p);
    matrices_set_rank(p->a.rank > p->b.rank ? &p->b : &p->a,
                      p->a.rank > p->b.rank ? p->a.rank : p->b.rank);
    p->dst = (struct operand){l->dst.place, product_shape(&p->a, &p->b)};
    p->reshaped = !tensor_same_shape(&p->dst.t, &l->dst.t) && !reshape_posts(p, &p->dst.t);
    if (dot(l, *p) || blas(l, p) || row_products(l, p))
        return 0;
    take_bias(p);
    if (matmul(l, p, emit_generated) || inner_product(l, p) || matmul(l, p, emit_with_posts))
        return 0;
    return unsupported(l, "oneDNN has no kernel for it");
}

// ---- Gemm and MatMul -----------------------------------------------------------------------

// alpha A B + beta C: the posts (alpha / beta) x, + C, beta x come before the node's own.
int lower_gemm(struct lowering *l)
{
    struct product p = {.a = read_matrices(l, 0), .b = read_matrices(l, 1)};
    float alpha = node_float(l->n, ATTR_gemm_alpha, 1), beta = node_float(l->n, ATTR_gemm_beta, 1);
    if (p.a.rank != 2 || l->dst.t.rank != 2)
        return unsupported(l, "Gemm multiplies matrices");
    if (lowering_has(l, 2) && beta != 0) {
        struct fused add = {.kind = PRIM_POST_binary, .alg = dnnl_binary_add};
        if (!lowering_align(l, 2, &add.operand))
            return unsupported(l, "C cannot be broadcast");
        add_linear(&p, alpha / beta);
        add_posts(&p, 1, &add);
        add_linear(&p, beta);
    } else {
        add_linear(&p, alpha);
    }
    add_posts(&p, l->n_posts, l->posts);
    return finish(l, &p);
}

int lower_matmul(struct lowering *l)
{
    struct product p = {.a = read_matrices(l, 0), .b = read_matrices(l, 1)};
    add_linear(&p, node_float(l->n, ATTR_gemm_alpha, 1));
    add_posts(&p, l->n_posts, l->posts);
    return finish(l, &p);
}
