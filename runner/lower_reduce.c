// Reductions, and what runs along an axis.
#include "runner/loops_index.h"
#include "runner/loops_reduce.h"
#include "runner/lower.h"

// ---- reductions ----------------------------------------------------------------------------

// Which dimensions vanish, as bits.
static unsigned gone_dims(const struct node *n)
{
    int count;
    const int64_t *axes = node_ints(n, ATTR_axes, &count);
    unsigned gone = 0;
    for (int i = 0; i < count; i++)
        gone |= 1u << axes[i];
    return gone;
}

// Splits src into the dimensions that stay, with their places in dst, and those that vanish. dst
// may have kept the latter with extent 1.
static void make_nests(const struct tensor *src, unsigned gone, const struct tensor *dst,
                       struct loop_reduce *p)
{
    int64_t from[MAX_RANK], to[MAX_RANK], kept[2][LOOP_RANK], left[1][LOOP_RANK];
    int64_t kept_dims[MAX_RANK], left_dims[MAX_RANK];
    int n_kept = 0, n_left = 0, at = 0;
    bool keeps = dst->rank == src->rank;
    tensor_strides(src, from);
    tensor_strides(dst, to);
    for (int i = 0; i < src->rank; i++) {
        if (gone >> i & 1) {
            left_dims[n_left] = src->dims[i];
            left[0][n_left++] = from[i];
            at += keeps;
            continue;
        }
        kept_dims[n_kept] = src->dims[i];
        kept[0][n_kept] = from[i];
        kept[1][n_kept++] = to[at++];
    }
    loop_nest_make(&p->kept, 2, n_kept, kept_dims, kept);
    loop_nest_make(&p->gone, 1, n_left, left_dims, left);
    p->count = dims_count(left_dims, 0, n_left);
}

static bool emit_reduce(struct lowering *l, enum reduce reduce, enum reduce_finish finish,
                        const struct operand *src, const struct operand *dst, int n,
                        const struct fused *posts)
{
    struct loop_reduce p = {.type = src->t.type, .finish = finish};
    struct place args[] = {src->place, dst->place};
    p.fold = reduce_fold_of(reduce, src->t.type, lowering_isa(l));
    make_nests(&src->t, gone_dims(l->n), &dst->t, &p);
    return p.fold && emit_loop_with_posts(l, &loop_reduce, &p, sizeof p, 2, args, dst, n, posts);
}

// log(sum(exp(x))), each line's largest element subtracted before and added after.
static bool emit_log_sum_exp(struct lowering *l, const struct operand *src)
{
    struct operand top = l->dst, wide = top, parts = *src, last[2];
    top.place = lowering_temporary(l, tensor_bytes(&top.t));
    parts.place = lowering_temporary(l, tensor_bytes(&parts.t));
    wide = (struct operand){top.place, src->t};
    wide.t.layout = top.t.rank == src->t.rank ? top.t.layout : LAYOUT_row;
    for (int i = 0; i < src->t.rank; i++)
        wide.t.dims[i] = gone_dims(l->n) >> i & 1 ? 1 : src->t.dims[i];
    last[0] = l->dst;
    last[1] = top;
    return emit_reduce(l, REDUCE_max, FINISH_none, src, &top, 0, NULL) &&
           emit_map(l, MAP_Sub, NULL, (struct operand[]){*src, wide}, &parts, 0, NULL) &&
           emit_map(l, MAP_Exp, NULL, &parts, &parts, 0, NULL) &&
           emit_reduce(l, REDUCE_sum, FINISH_log, &parts, &l->dst, 0, NULL) &&
           emit_map(l, MAP_Add, NULL, last, &l->dst, l->n_posts, l->posts);
}

int lower_reduce(struct lowering *l)
{
    static const struct {
        enum op op;
        enum reduce reduce;
        enum reduce_finish finish;
    } table[] = {
        {OP_ReduceSum, REDUCE_sum, FINISH_none},   {OP_ReduceMean, REDUCE_sum, FINISH_mean},
        {OP_ReduceMax, REDUCE_max, FINISH_none},   {OP_ReduceMin, REDUCE_min, FINISH_none},
        {OP_ReduceProd, REDUCE_prod, FINISH_none}, {OP_ReduceL1, REDUCE_abs, FINISH_none},
        {OP_ReduceL2, REDUCE_square, FINISH_sqrt}, {OP_ReduceSumSquare, REDUCE_square, FINISH_none},
        {OP_ReduceLogSum, REDUCE_sum, FINISH_log},
    };
    struct operand src = lowering_operand(l, 0);
    bool done = l->n->op == OP_ReduceLogSumExp && emit_log_sum_exp(l, &src);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].op == l->n->op)
            done = emit_reduce(l, table[i].reduce, table[i].finish, &src, &l->dst, l->n_posts,
                               l->posts);
    return done ? 0 : unsupported(l, "there is no kernel for this type");
}

// ---- along an axis -------------------------------------------------------------------------

static int read_lines(struct lowering *l, struct loop_lines *p)
{
    struct tensor src = lowering_operand(l, 0).t;
    int64_t axis = node_int(l->n, ATTR_axis, 0);
    *p = (struct loop_lines){
        .type = src.type,
        .outer = dims_count(src.dims, 0, (int)axis),
        .n = src.dims[axis],
        .inner = dims_count(src.dims, (int)axis + 1, src.rank),
    };
    if (!loop_lines_take(src.type))
        return unsupported(l, "there is no kernel for this type");
    if (src.layout != LAYOUT_row || l->dst.t.layout != LAYOUT_row)
        return unsupported(l, "it is not row-major");
    return l->n_posts ? unsupported(l, "nothing can be fused into it") : 0;
}

int lower_arg(struct lowering *l)
{
    struct loop_lines p;
    struct place args[] = {place_of(0), l->dst.place};
    if (read_lines(l, &p))
        return -1;
    p.largest = l->n->op == OP_ArgMax;
    p.last = node_int(l->n, ATTR_select_last_index, 0) != 0;
    emit_loop(l, &loop_arg, &p, sizeof p, 2, args);
    return 0;
}

// One at the place of the largest, zero elsewhere.
int lower_hardmax(struct lowering *l)
{
    struct loop_lines p;
    if (read_lines(l, &p))
        return -1;
    p.largest = true;
    struct loop_one_hot hot = {
        .index_type = TYPE_s64,
        .outer = p.outer,
        .depth = p.n,
        .inner = p.inner,
        .item_bytes = sizeof(float),
        .usual = {0, 1},
    };
    size_t bytes = (size_t)(p.outer * p.inner) * sizeof(int64_t);
    struct place places = lowering_temporary(l, bytes);
    struct place arg[] = {place_of(0), places};
    struct place one_hot[] = {places, place_of(OPERAND_none), l->dst.place};
    emit_loop(l, &loop_arg, &p, sizeof p, 2, arg);
    emit_loop(l, &loop_one_hot, &hot, sizeof hot, 3, one_hot);
    return 0;
}

int lower_topk(struct lowering *l)
{
    struct loop_lines p;
    const struct node *n = l->n;
    if (read_lines(l, &p))
        return -1;
    p.largest = node_int(n, ATTR_largest, 1) != 0;
    p.k = l->dst.t.dims[node_int(n, ATTR_axis, 0)];
    bool wants_indices = n->n_dst > 1 && n->dst[1] != NONE;
    size_t bytes = (size_t)tensor_elements(&l->dst.t) * sizeof(int64_t);
    struct place args[] = {place_of(0), l->dst.place,
                           wants_indices ? place_of(n->n_src + 1) : lowering_temporary(l, bytes)};
    emit_loop(l, &loop_top, &p, sizeof p, 3, args);
    return 0;
}

int lower_cumsum(struct lowering *l)
{
    struct loop_lines p;
    struct place args[] = {place_of(0), l->dst.place};
    if (read_lines(l, &p))
        return -1;
    p.exclusive = node_int(l->n, ATTR_exclusive, 0) != 0;
    p.reverse = node_int(l->n, ATTR_reverse, 0) != 0;
    emit_loop(l, &loop_running_sum, &p, sizeof p, 2, args);
    return 0;
}
