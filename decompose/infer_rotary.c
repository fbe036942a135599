// Shapes of rotary embeddings: pairs of numbers of every head, turned by an angle of its position.
#include "decompose/passes.h"

// X as [batch, positions, heads, size], whichever way it stands.
struct rotary {
    int64_t batch, positions, heads, size;
};

// X is [batch, positions, heads * size] or [batch, heads, positions, size]. Without a number of
// heads all of a head is turned: it is twice as large as a row of cosines.
static int read_heads(struct graph *g, struct node *n, int cosines, struct rotary *r,
                      struct error *err)
{
    const struct tensor *x = node_src_tensor(g, n, 0), *cos = node_src_tensor(g, n, cosines);
    int64_t half = cos->rank > 0 ? cos->dims[cos->rank - 1] : 0;
    int64_t heads = node_int(n, ATTR_num_heads, 0);
    if (x->rank == 4)
        *r = (struct rotary){x->dims[0], x->dims[2], x->dims[1], x->dims[3]};
    else if (x->rank == 3 && heads == 0 && half > 0 && x->dims[2] % (2 * half) == 0)
        *r = (struct rotary){x->dims[0], x->dims[1], x->dims[2] / (2 * half), 2 * half};
    else if (x->rank == 3 && heads > 0 && x->dims[2] % heads == 0)
        *r = (struct rotary){x->dims[0], x->dims[1], heads, x->dims[2] / heads};
    else
        return node_fail(g, n, err, "'%s' of %s cannot be split into heads",
                         value_name(g, n->src[0]).s, dims_text(x).s);
    node_set_int(g, n, ATTR_num_heads, r->heads);
    return 0;
}

// Sources `cosines` and the next one: a row for each position that there may be, or (rank 3) for
// each that there is.
static int check_angles(struct graph *g, struct node *n, int cosines, const struct rotary *r,
                        struct error *err)
{
    const struct tensor *cos = node_src_tensor(g, n, cosines);
    const struct tensor *sin = node_src_tensor(g, n, cosines + 1);
    int64_t turned = node_int(n, ATTR_rotary_embedding_dim, 0);
    turned = turned ? turned : r->size;
    bool table = cos->rank == 2, each = cos->rank == 3 && cos->dims[1] == r->positions &&
                                        (cos->dims[0] == r->batch || cos->dims[0] == 1);
    if (!tensor_equal(cos, sin) || (!table && !each) || turned > r->size ||
        turned != 2 * cos->dims[cos->rank - 1])
        return node_fail(g, n, err, "cosines of %s and sines of %s do not fit heads of %lld",
                         dims_text(cos).s, dims_text(sin).s, (long long)r->size);
    if (cos->type != node_src_tensor(g, n, 0)->type)
        return node_fail(g, n, err, "'%s' is %s, its cosines are %s", value_name(g, n->src[0]).s,
                         type_name(node_src_tensor(g, n, 0)->type), type_name(cos->type));
    node_set_int(g, n, ATTR_rotary_embedding_dim, turned);
    return 0;
}

// Source k: the position of each, [batch, positions], or, if `first`, [1]: that of the first one.
static int check_positions(const struct graph *g, const struct node *n, int k,
                           const struct rotary *r, bool first, struct error *err)
{
    const struct tensor *ids = node_src_tensor(g, n, k);
    bool each = ids->rank == 2 && ids->dims[0] == r->batch && ids->dims[1] == r->positions;
    bool one = first && ids->rank == 1 && ids->dims[0] == 1;
    if (each || one)
        return 0;
    return node_fail(g, n, err, "position_ids of %s do not fit %lld sequences of %lld positions",
                     dims_text(ids).s, (long long)r->batch, (long long)r->positions);
}

// Sources: X, cosines, sines, positions.
int infer_rotary_embedding(struct graph *g, struct node *n, struct error *err)
{
    struct rotary r;
    bool table = node_src(n, 3) != NONE;
    node_set_flag(g, n, ATTR_interleaved);
    if (read_heads(g, n, 1, &r, err) || check_angles(g, n, 1, &r, err) ||
        (table && check_positions(g, n, 3, &r, false, err)))
        return -1;
    if (table != (node_src_tensor(g, n, 1)->rank == 2))
        return node_fail(g, n, err, "cosines of %s %s position_ids",
                         dims_text(node_src_tensor(g, n, 1)).s, table ? "take no" : "need");
    return infer_same(g, n, err);
}

// Sources: X, positions, cosines, sines.
int infer_position_rotary_embedding(struct graph *g, struct node *n, struct error *err)
{
    struct rotary r;
    if (node_int(n, ATTR_is_packed_batching, 0) || node_float(n, ATTR_scale, 1) != 1)
        return node_unsupported(g, n, err, "is_packed_batching and a scale are not supported");
    node_set_flag(g, n, ATTR_interleaved);
    if (read_heads(g, n, 2, &r, err) || check_angles(g, n, 2, &r, err) ||
        check_positions(g, n, 1, &r, true, err))
        return -1;
    if (node_src_tensor(g, n, 2)->rank != 2)
        return node_fail(g, n, err, "cosines of %s are no table",
                         dims_text(node_src_tensor(g, n, 2)).s);
    return infer_same(g, n, err);
}
