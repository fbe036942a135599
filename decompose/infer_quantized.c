// Shapes of quantised operators: integers with a scale and a zero point.
#include "decompose/passes.h"

// The type of zero point k, else of output_dtype, else u8.
static int quantized_type(const struct graph *g, const struct node *n, int k, enum type *type,
                          struct error *err)
{
    const struct tensor *zero = node_src_tensor(g, n, k);
    int64_t asked = node_int(n, ATTR_output_dtype, 0);
    *type = zero ? zero->type : asked ? type_from_onnx(asked) : TYPE_u8;
    if (*type == TYPE_none)
        return node_unsupported(g, n, err, "element type %lld is not supported", (long long)asked);
    return 0;
}

// A scale for all, or one per element of the axis; with blocks, of about the source's shape.
static int check_scale(struct graph *g, struct node *n, struct error *err)
{
    const struct tensor *src = node_src_tensor(g, n, 0), *scale = node_src_tensor(g, n, 1);
    int64_t axis = node_int(n, ATTR_axis, 1);
    if (tensor_elements(scale) == 1) {
        node_drop(n, ATTR_axis);
        return 0;
    }
    if (normal_axis(g, n, "axis", &axis, src->rank, err))
        return -1;
    bool blocked = node_int(n, ATTR_block_size, 0) > 0 && scale->rank == src->rank;
    if (!blocked && (scale->rank != 1 || scale->dims[0] != src->dims[axis]))
        return node_fail(g, n, err, "scales of %s do not fit '%s' of %s", dims_text(scale).s,
                         value_name(g, n->src[0]).s, dims_text(src).s);
    node_set_int(g, n, ATTR_axis, axis);
    return 0;
}

int infer_quantize(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    if (check_scale(g, n, err) || quantized_type(g, n, 2, &t.type, err))
        return -1;
    return node_set_dst(g, n, 0, &t, err);
}

int infer_dequantize(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    if (check_scale(g, n, err))
        return -1;
    t.type = node_src_tensor(g, n, 1)->type;
    return node_set_dst(g, n, 0, &t, err);
}

// Results: the numbers, their scale and their zero point.
int infer_dynamic_quantize(struct graph *g, struct node *n, struct error *err)
{
    struct tensor t = *node_src_tensor(g, n, 0);
    struct tensor scale = {.type = TYPE_f32}, zero = {.type = TYPE_u8};
    t.type = TYPE_u8;
    return node_set_dst(g, n, 0, &t, err) || node_set_dst(g, n, 1, &scale, err) ||
                   node_set_dst(g, n, 2, &zero, err)
               ? -1
               : 0;
}
