// What only moves elements: views are joined, and transposes that cancel, or that together are a
// known operator, become one step or none.
#include <string.h>

#include "decompose/fuse.h"
#include "decompose/passes.h"
#include "decompose/pattern.h"

// A view of a view is a view, and one of the same shape is nothing to its only user.
bool fuse_views(struct fusion *f, int i)
{
    struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    int user = node_is_view(g, i) ? fusion_user(f, n->dst[0]) : NONE;
    if (user == NONE || g->nodes[user].n_dst != 1)
        return false;
    if (node_is_view(g, user)) {
        fusion_become(f, i, OP_Reshape, 1, (const int[]){n->src[0]});
        fusion_absorb(f, i, user);
        return true;
    }
    if (!tensor_equal(&g->values[n->src[0]].t, &g->values[n->dst[0]].t))
        return false;
    for (int k = 0; k < g->nodes[user].n_src; k++)
        if (g->nodes[user].src[k] == n->dst[0]) {
            fusion_set_src(f, user, k, n->src[0]);
            return true;
        }
    return false;
}

// ---- transposes ----------------------------------------------------------------------------

static const int64_t *perm_of(const struct graph *g, int i)
{
    int rank;
    return node_ints(&g->nodes[i], ATTR_perm, &rank);
}

// Only dimensions of one element change their place.
bool fuse_unmoving(struct fusion *f, int i)
{
    struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    if (n->op != OP_Transpose)
        return false;
    const struct tensor *t = &g->values[n->src[0]].t;
    const int64_t *perm = perm_of(g, i);
    int64_t last = -1;
    for (int d = 0; d < t->rank; d++) {
        if (t->dims[perm[d]] == 1)
            continue;
        if (perm[d] < last)
            return false;
        last = perm[d];
    }
    fusion_become(f, i, OP_Reshape, 1, (const int[]){n->src[0]});
    return true;
}

// A transpose of a transpose is one.
bool fuse_transposes(struct fusion *f, int i)
{
    struct graph *g = f->g;
    if (g->nodes[i].op != OP_Transpose)
        return false;
    int first = fusion_producer(f, g->nodes[i].src[0], OP_Transpose);
    if (first == NONE)
        return false;
    int64_t perm[MAX_RANK];
    int rank = g->values[g->nodes[i].dst[0]].t.rank;
    for (int d = 0; d < rank; d++)
        perm[d] = perm_of(g, first)[perm_of(g, i)[d]];
    fusion_become(f, i, OP_Transpose, 1, (const int[]){g->nodes[first].src[0]});
    node_set_ints(g, &g->nodes[i], ATTR_perm, rank, perm);
    return true;
}

// ---- reshape, transpose, reshape -----------------------------------------------------------

// The transpose that alone uses the view i, and the view that alone uses that; false if there is
// no such.
static bool find_sandwich(const struct fusion *f, int i, int *swap, int *join)
{
    const struct graph *g = f->g;
    if (!node_is_view(g, i) || (*swap = fusion_user_of_kind(f, i, OP_Transpose)) == NONE)
        return false;
    *join = fusion_user(f, g->nodes[*swap].dst[0]);
    return *join != NONE && node_is_view(g, *join);
}

static void replace_sandwich(struct fusion *f, int i, int swap, int join, enum op op)
{
    fusion_become(f, i, op, 1, (const int[]){f->g->nodes[i].src[0]});
    fusion_absorb(f, i, swap);
    fusion_absorb(f, i, join);
}

// Splits channels into groups, swaps group and channel, and joins them again:
// [N, C, ...] -> [N, groups, C / groups, ...] -> [N, C / groups, groups, ...] -> [N, C, ...]
static bool is_shuffle(const struct graph *g, int split, int swap, int join)
{
    const struct tensor *src = &g->values[g->nodes[split].src[0]].t;
    const struct tensor *parts = &g->values[g->nodes[split].dst[0]].t;
    if (!tensor_same_shape(src, &g->values[g->nodes[join].dst[0]].t) || src->rank < 3 ||
        src->rank > 2 + MAX_SPATIAL || parts->rank != src->rank + 1 ||
        parts->dims[0] != src->dims[0] || parts->dims[1] * parts->dims[2] != src->dims[1])
        return false;
    const int64_t *perm = perm_of(g, swap);
    bool same = perm[0] == 0 && perm[1] == 2 && perm[2] == 1;
    for (int d = 3; same && d < parts->rank; d++)
        same = perm[d] == d && parts->dims[d] == src->dims[d - 1];
    return same;
}

bool fuse_shuffle(struct fusion *f, int i)
{
    int swap, join;
    if (!find_sandwich(f, i, &swap, &join) || !is_shuffle(f->g, i, swap, join))
        return false;
    int64_t groups = f->g->values[f->g->nodes[i].dst[0]].t.dims[1];
    replace_sandwich(f, i, swap, join, OP_ChannelShuffle);
    node_set_int(f->g, &f->g->nodes[i], ATTR_groups, groups);
    return true;
}

// Channels to blocks of b x b places and back, with the block's rows and columns before the
// channels (DCR) or behind them (CRD). In `parts`, dimension `block` and the next are the block.
static const struct blocks {
    enum op op;
    enum word mode;
    int64_t perm[6];
    int block;
} blocks[] = {
    {OP_DepthToSpace, WORD_depth_mode_dcr, {0, 3, 4, 1, 5, 2}, 1},
    {OP_DepthToSpace, WORD_depth_mode_crd, {0, 1, 4, 2, 5, 3}, 2},
    {OP_SpaceToDepth, WORD_depth_mode_dcr, {0, 3, 5, 1, 2, 4}, 3},
};

// Whether parts, of rank 6, splits src as the operator does; dst follows from perm.
static bool is_split(const struct blocks *b, const struct tensor *src, const struct tensor *parts)
{
    const int64_t *p = parts->dims;
    int64_t size = p[b->block];
    if (src->rank != 4 || parts->rank != 6 || p[0] != src->dims[0])
        return false;
    if (b->op == OP_SpaceToDepth)
        return p[1] == src->dims[1] && p[5] == size && p[2] * size == src->dims[2] &&
               p[4] * size == src->dims[3];
    return p[b->block + 1] == size && p[4] == src->dims[2] && p[5] == src->dims[3];
}

static bool is_joined(const struct blocks *b, const struct tensor *src, int64_t size,
                      const struct tensor *dst)
{
    bool wider = b->op == OP_DepthToSpace;
    int64_t channels = size * size;
    if (dst->rank != 4 || dst->dims[0] != src->dims[0])
        return false;
    if (wider)
        return dst->dims[1] * channels == src->dims[1] && dst->dims[2] == src->dims[2] * size &&
               dst->dims[3] == src->dims[3] * size;
    return dst->dims[1] == src->dims[1] * channels && dst->dims[2] * size == src->dims[2] &&
           dst->dims[3] * size == src->dims[3];
}

bool fuse_blocks(struct fusion *f, int i)
{
    struct graph *g = f->g;
    int swap, join;
    if (!find_sandwich(f, i, &swap, &join))
        return false;
    const struct tensor *src = &g->values[g->nodes[i].src[0]].t;
    const struct tensor *parts = &g->values[g->nodes[i].dst[0]].t;
    const struct tensor *dst = &g->values[g->nodes[join].dst[0]].t;
    for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++) {
        const struct blocks *b = &blocks[k];
        int64_t size = parts->dims[b->block];
        if (!is_split(b, src, parts) || !is_joined(b, src, size, dst) ||
            memcmp(perm_of(g, swap), b->perm, sizeof b->perm) != 0)
            continue;
        replace_sandwich(f, i, swap, join, b->op);
        node_set_int(g, &g->nodes[i], ATTR_blocksize, size);
        if (b->op == OP_DepthToSpace)
            node_set_int(g, &g->nodes[i], ATTR_depth_mode, b->mode);
        return true;
    }
    return false;
}

// ---- constants ------------------------------------------------------------------------------

// (x + a) + b of constants a and b is x + (a + b), where that sum is no larger than x.
bool fuse_added_constants(struct fusion *f, int i)
{
    struct graph *g = f->g;
    int user = g->nodes[i].op == OP_Add ? fusion_user_of_kind(f, i, OP_Add) : NONE;
    if (user == NONE)
        return false;
    const struct node *first = &g->nodes[i], *second = &g->nodes[user];
    int a = graph_is_weight(g, first->src[0]) ? 0 : 1, b = second->src[0] == first->dst[0] ? 1 : 0;
    int x = first->src[1 - a], constants[] = {first->src[a], second->src[b]};
    struct tensor sum = {.type = TYPE_f32}, dst = g->values[x].t;
    if (!graph_is_weight(g, constants[0]) || !graph_is_weight(g, constants[1]) ||
        !tensor_equal(&dst, &g->values[second->dst[0]].t) || dst.type != TYPE_f32 ||
        !broadcast_shapes(&g->values[constants[0]].t, &g->values[constants[1]].t, &sum) ||
        tensor_elements(&sum) > tensor_elements(&dst) || tensor_bytes(&sum) > f->budget / 4)
        return false;
    int together = fusion_add_constant(f, OP_Add, 2, constants, &sum);
    fusion_absorb(f, i, user);
    fusion_become(f, i, OP_Add, 2, (const int[]){x, together});
    return true;
}
