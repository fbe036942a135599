// Steps that read or write where indices say, and matrices that are cut along a diagonal.
#include "runner/loops_index.h"
#include "runner/lower.h"

static int64_t elements_from(const struct tensor *t, int first)
{
    return dims_count(t->dims, first, t->rank);
}

// All tensors row-major, nothing behind the step.
static int check_plain(const struct lowering *l)
{
    const struct node *n = l->n;
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && lowering_operand(l, k).t.layout != LAYOUT_row &&
            !tensor_layouts_coincide(&l->g->values[n->src[k]].t))
            return unsupported(l, "a source is not row-major");
    return l->n_posts ? unsupported(l, "nothing can be fused into it") : 0;
}

// ---- gather --------------------------------------------------------------------------------

int lower_gather(struct lowering *l)
{
    struct tensor data = lowering_operand(l, 0).t, indices = lowering_operand(l, 1).t;
    int axis = (int)node_int(l->n, ATTR_axis, 0);
    struct loop_gather p = {
        .index_type = indices.type,
        .outer = dims_count(data.dims, 0, axis),
        .n = tensor_elements(&indices),
        .extent = data.dims[axis],
        .block_bytes = (size_t)elements_from(&data, axis + 1) * type_bytes(data.type),
    };
    struct place args[] = {place_of(0), place_of(1), l->dst.place};
    if (check_plain(l))
        return -1;
    emit_loop(l, &loop_gather, &p, sizeof p, 3, args);
    return 0;
}

// Tuples in `indices` that mean blocks of `data`, whose first `batch` dimensions both have.
static struct loop_tuples read_tuples(const struct tensor *data, const struct tensor *indices,
                                      int batch)
{
    int depth = (int)indices->dims[indices->rank - 1], first = batch + depth;
    struct loop_tuples p = {
        .index_type = indices->type,
        .outer = dims_count(data->dims, 0, batch),
        .n = dims_count(indices->dims, batch, indices->rank - 1),
        .depth = depth,
        .blocks = dims_count(data->dims, batch, first),
        .block_bytes = (size_t)elements_from(data, first) * type_bytes(data->type),
    };
    for (int d = 0; d < depth; d++) {
        p.extents[d] = data->dims[batch + d];
        p.strides[d] = dims_count(data->dims, batch + d + 1, first);
    }
    return p;
}

int lower_gather_nd(struct lowering *l)
{
    struct tensor data = lowering_operand(l, 0).t, indices = lowering_operand(l, 1).t;
    struct loop_tuples p = read_tuples(&data, &indices, (int)node_int(l->n, ATTR_batch_dims, 0));
    struct place args[] = {place_of(0), place_of(1), l->dst.place};
    if (check_plain(l))
        return -1;
    emit_loop(l, &loop_gather_nd, &p, sizeof p, 3, args);
    return 0;
}

// Strides of three tensors over the dimensions of `over`; `whole`, one of them, does not move along
// the axis, along which its stride is returned.
static int64_t axis_nest(struct loop_nest *nest, const struct tensor *over,
                         const struct tensor *const tensors[3], int whole, int axis)
{
    int64_t strides[LOOP_TENSORS][LOOP_RANK];
    for (int t = 0; t < 3; t++)
        tensor_strides(tensors[t], strides[t]);
    int64_t stride = strides[whole][axis];
    strides[whole][axis] = 0;
    loop_nest_make(nest, 3, over->rank, over->dims, strides);
    return stride;
}

int lower_gather_elements(struct lowering *l)
{
    struct tensor data = lowering_operand(l, 0).t, indices = lowering_operand(l, 1).t;
    int axis = (int)node_int(l->n, ATTR_axis, 0);
    const struct tensor *tensors[] = {&data, &indices, &l->dst.t};
    struct loop_gather_elements p = {
        .index_type = indices.type,
        .extent = data.dims[axis],
        .item_bytes = type_bytes(data.type),
    };
    struct place args[] = {place_of(0), place_of(1), l->dst.place};
    if (check_plain(l))
        return -1;
    p.stride = axis_nest(&p.nest, &indices, tensors, 0, axis);
    emit_loop(l, &loop_gather_elements, &p, sizeof p, 3, args);
    return 0;
}

// ---- scatter -------------------------------------------------------------------------------

// dst begins as a copy of the data.
static void emit_data(struct lowering *l)
{
    struct loop_copy p = {.item_bytes = type_bytes(l->dst.t.type)};
    const int64_t n = tensor_elements(&l->dst.t), one[2][LOOP_RANK] = {{1}, {1}};
    struct place args[] = {place_of(0), l->dst.place};
    loop_nest_make(&p.nest, 2, 1, &n, one);
    emit_loop(l, &loop_copy, &p, sizeof p, 2, args);
}

static enum loop_update update_of(const struct node *n)
{
    static const enum loop_update updates[] = {
        [WORD_reduction_none] = UPDATE_none, [WORD_reduction_add] = UPDATE_add,
        [WORD_reduction_mul] = UPDATE_mul,   [WORD_reduction_max] = UPDATE_max,
        [WORD_reduction_min] = UPDATE_min,
    };
    return updates[node_int(n, ATTR_reduction, WORD_reduction_none)];
}

// Halves are only moved.
static bool can_update(enum loop_update update, enum type type)
{
    return update == UPDATE_none || (type != TYPE_f16 && type != TYPE_bf16);
}

int lower_scatter_nd(struct lowering *l)
{
    struct tensor data = lowering_operand(l, 0).t, indices = lowering_operand(l, 1).t;
    struct loop_scatter_nd p = {
        .to = read_tuples(&data, &indices, 0),
        .update = update_of(l->n),
        .type = data.type,
    };
    struct place args[] = {place_of(1), place_of(2), l->dst.place};
    if (!can_update(p.update, p.type))
        return unsupported(l, "there is no kernel for a reduction of this type");
    if (check_plain(l))
        return -1;
    emit_data(l);
    emit_loop(l, &loop_scatter_nd, &p, sizeof p, 3, args);
    return 0;
}

int lower_scatter_elements(struct lowering *l)
{
    struct tensor indices = lowering_operand(l, 1).t, updates = lowering_operand(l, 2).t;
    int axis = (int)node_int(l->n, ATTR_axis, 0);
    const struct tensor *tensors[] = {&indices, &updates, &l->dst.t};
    struct loop_scatter_elements p = {
        .index_type = indices.type,
        .type = l->dst.t.type,
        .update = update_of(l->n),
        .extent = l->dst.t.dims[axis],
    };
    struct place args[] = {place_of(1), place_of(2), l->dst.place};
    if (!can_update(p.update, p.type))
        return unsupported(l, "there is no kernel for a reduction of this type");
    if (check_plain(l))
        return -1;
    p.stride = axis_nest(&p.nest, &indices, tensors, 2, axis);
    emit_data(l);
    emit_loop(l, &loop_scatter_elements, &p, sizeof p, 3, args);
    return 0;
}

// ---- made from indices ---------------------------------------------------------------------

int lower_one_hot(struct lowering *l)
{
    struct tensor indices = lowering_operand(l, 0).t;
    int axis = (int)node_int(l->n, ATTR_axis, -1);
    axis += axis < 0 ? l->dst.t.rank : 0;
    struct loop_one_hot p = {
        .index_type = indices.type,
        .outer = dims_count(l->dst.t.dims, 0, axis),
        .depth = l->dst.t.dims[axis],
        .inner = elements_from(&l->dst.t, axis + 1),
        .item_bytes = type_bytes(l->dst.t.type),
    };
    struct place args[] = {place_of(0), place_of(2), l->dst.place};
    if (check_plain(l))
        return -1;
    emit_loop(l, &loop_one_hot, &p, sizeof p, 3, args);
    return 0;
}

int lower_reverse_sequence(struct lowering *l)
{
    struct tensor lengths = lowering_operand(l, 1).t, t = l->dst.t;
    int64_t time = node_int(l->n, ATTR_time_axis, 0), batch = node_int(l->n, ATTR_batch_axis, 1);
    int64_t strides[1][LOOP_RANK];
    struct loop_reverse p = {
        .index_type = lengths.type,
        .time = t.dims[time],
        .batch = t.dims[batch],
        .item_bytes = type_bytes(t.type),
    };
    struct place args[] = {place_of(0), place_of(1), l->dst.place};
    if (check_plain(l))
        return -1;
    tensor_strides(&t, strides[0]);
    p.time_stride = strides[0][time];
    p.batch_stride = strides[0][batch];
    t.dims[time] = t.dims[batch] = 1;
    loop_nest_make(&p.rest, 1, t.rank, t.dims, strides);
    emit_loop(l, &loop_reverse, &p, sizeof p, 3, args);
    return 0;
}

int lower_trilu(struct lowering *l)
{
    const struct tensor *t = &l->dst.t;
    struct loop_trilu p = {
        .matrices = dims_count(t->dims, 0, t->rank - 2),
        .rows = t->dims[t->rank - 2],
        .columns = t->dims[t->rank - 1],
        .k = node_int(l->n, ATTR_k, 0),
        .upper = node_int(l->n, ATTR_upper, 1) != 0,
        .item_bytes = type_bytes(t->type),
    };
    struct place args[] = {place_of(0), l->dst.place};
    if (check_plain(l))
        return -1;
    emit_loop(l, &loop_trilu, &p, sizeof p, 2, args);
    return 0;
}
