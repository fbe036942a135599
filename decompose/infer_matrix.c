// Shapes of matrix products.
#include "decompose/passes.h"

static int check_types(const struct graph *g, const struct node *n, struct error *err)
{
    const struct tensor *first = node_src_tensor(g, n, 0);
    for (int k = 1; k < n->n_src; k++) {
        const struct tensor *t = node_src_tensor(g, n, k);
        if (t && t->type != first->type)
            return node_fail(g, n, err, "'%s' is %s, '%s' is %s", value_name(g, n->src[0]).s,
                             type_name(first->type), value_name(g, n->src[k]).s,
                             type_name(t->type));
    }
    return 0;
}

static int check_gemm_addend(const struct graph *g, const struct node *n, const struct tensor *t,
                             struct error *err)
{
    const struct tensor *c = node_src_tensor(g, n, 2);
    struct tensor sum;
    if (c && (!broadcast_shapes(t, c, &sum) || !tensor_same_shape(t, &sum)))
        return node_fail(g, n, err, "C of %s does not fit a result of %s", dims_text(c).s,
                         dims_text(t).s);
    return 0;
}

int infer_gemm(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *a = node_src_tensor(g, n, 0), *b = node_src_tensor(g, n, 1);
    if (check_types(g, n, err))
        return -1;
    if (a->rank != 2 || b->rank != 2)
        return node_fail(g, n, err, "operands of %s and %s are not matrices", dims_text(a).s,
                         dims_text(b).s);
    int trans_a = node_int(n, ATTR_transA, 0) != 0, trans_b = node_int(n, ATTR_transB, 0) != 0;
    if (a->dims[!trans_a] != b->dims[trans_b])
        return node_fail(g, n, err, "%s%s times %s%s does not fit", dims_text(a).s,
                         trans_a ? " transposed" : "", dims_text(b).s,
                         trans_b ? " transposed" : "");
    struct tensor t = {.type = a->type, .rank = 2, .dims = {a->dims[trans_a], b->dims[!trans_b]}};
    node_set_int(g, n, ATTR_transA, trans_a);
    node_set_int(g, n, ATTR_transB, trans_b);
    return check_gemm_addend(g, n, &t, err) ? -1 : node_set_dst(g, n, 0, &t, err);
}

// numpy's matmul: matrices in the last two dimensions, the others broadcast. A vector is a matrix
// of one row (a) or of one column (b), which the product then does not have.
static bool product_shape(struct tensor a, struct tensor b, struct tensor *t)
{
    bool row = a.rank == 1, column = b.rank == 1;
    if (a.rank < 1 || b.rank < 1)
        return false;
    if (row)
        a = (struct tensor){.type = a.type, .rank = 2, .dims = {1, a.dims[0]}};
    if (column)
        b = (struct tensor){.type = b.type, .rank = 2, .dims = {b.dims[0], 1}};
    int64_t rows = a.dims[a.rank - 2], columns = b.dims[b.rank - 1];
    bool fits = a.dims[a.rank - 1] == b.dims[b.rank - 2];
    a.dims[a.rank - 2] = a.dims[a.rank - 1] = b.dims[b.rank - 2] = b.dims[b.rank - 1] = 1;
    if (!fits || !broadcast_shapes(&a, &b, t))
        return false;
    t->rank -= 2;
    if (!row)
        t->dims[t->rank++] = rows;
    if (!column)
        t->dims[t->rank++] = columns;
    return true;
}

static int set_product(struct graph *g, struct node *n, const struct tensor *a,
                       const struct tensor *b, enum type type, struct error *err)
{
    struct tensor t;
    if (!product_shape(*a, *b, &t))
        return node_fail(g, n, err, "%s times %s does not fit", dims_text(a).s, dims_text(b).s);
    t.type = type;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_matmul(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *a = node_src_tensor(g, n, 0), *b = node_src_tensor(g, n, 1);
    return check_types(g, n, err) ? -1 : set_product(g, n, a, b, a->type, err);
}

// Sources: a, b and the zero points of both.
int infer_matmul_integer(struct graph *g, struct node *n, struct error *err)
{
    return set_product(g, n, node_src_tensor(g, n, 0), node_src_tensor(g, n, 1), TYPE_s32, err);
}

// Sources: a, b and y, each with scale and zero point; y has only these.
int infer_qlinear_matmul(struct graph *g, struct node *n, struct error *err)
{
    return set_product(g, n, node_src_tensor(g, n, 0), node_src_tensor(g, n, 3),
                       node_src_tensor(g, n, 7)->type, err);
}

// An operand of FusedMatMul as it is multiplied: with `batch`, [rows, batch..., columns] stands for
// [batch..., rows, columns]; with `transposed`, the last two dimensions are then swapped.
static struct tensor matmul_operand(const struct tensor *t, bool batch, bool transposed)
{
    struct tensor out = *t;
    if (t->rank < 2)
        return out;
    int rows = t->rank - 2, columns = t->rank - 1;
    for (int i = 0; batch && i < rows; i++)
        out.dims[i] = t->dims[i + 1];
    if (batch)
        out.dims[rows] = t->dims[0];
    int64_t height = out.dims[rows];
    if (transposed) {
        out.dims[rows] = out.dims[columns];
        out.dims[columns] = height;
    }
    return out;
}

int infer_fused_matmul(struct graph *g, struct node *n, struct error *err)
{
    static const enum attr_key keys[] = {ATTR_transA, ATTR_transB, ATTR_transBatchA,
                                         ATTR_transBatchB};
    if (check_types(g, n, err))
        return -1;
    for (int i = 0; i < 4; i++)
        node_set_flag(g, n, keys[i]);
    struct tensor a = matmul_operand(node_src_tensor(g, n, 0), node_int(n, ATTR_transBatchA, 0),
                                     node_int(n, ATTR_transA, 0));
    struct tensor b = matmul_operand(node_src_tensor(g, n, 1), node_int(n, ATTR_transBatchB, 0),
                                     node_int(n, ATTR_transB, 0));
    return set_product(g, n, &a, &b, a.type, err);
}

// Of each matrix in the last two dimensions.
int infer_det(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    if (t.rank < 2 || t.dims[t.rank - 1] != t.dims[t.rank - 2])
        return node_fail(g, n, err, "'%s' of %s is no square matrix", value_name(g, n->src[0]).s,
                         dims_text(&t).s);
    t.rank -= 2;
    return node_set_dst(g, n, 0, &t, err);
}
