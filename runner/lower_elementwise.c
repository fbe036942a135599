// Elementwise operators, alone and as posts.
#include "runner/lower.h"

#include <float.h>

// oneDNN's algorithm of a unary operator; its alpha and beta are the post's: Clip has min and max,
// LeakyRelu and Elu alpha.
bool eltwise_of_op(enum op op, float alpha, float beta, struct fused *f)
{
    static const struct {
        enum op op;
        dnnl_alg_kind_t alg;
    } table[] = {
        {OP_Relu, dnnl_eltwise_relu}, {OP_LeakyRelu, dnnl_eltwise_relu},
        {OP_Clip, dnnl_eltwise_clip}, {OP_Sigmoid, dnnl_eltwise_logistic},
        {OP_Tanh, dnnl_eltwise_tanh}, {OP_Elu, dnnl_eltwise_elu},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].op == op) {
            *f = (struct fused){.kind = PRIM_POST_eltwise, .alg = table[i].alg};
            f->alpha = op == OP_Relu ? 0 : alpha;
            f->beta = beta;
            return true;
        }
    }
    return false;
}

dnnl_alg_kind_t binary_of_op(enum op op)
{
    return op == OP_Add   ? dnnl_binary_add
           : op == OP_Sub ? dnnl_binary_sub
           : op == OP_Mul ? dnnl_binary_mul
           : op == OP_Div ? dnnl_binary_div
                          : dnnl_alg_kind_undef;
}

int lowering_read_posts(struct lowering *l)
{
    for (int i = 0; i < l->n->n_posts; i++) {
        const struct post *p = &l->n->posts[i];
        struct fused *f = &l->posts[l->n_posts++];
        if (p->src == NONE) {
            if (!eltwise_of_op(p->op, p->alpha, p->beta, f))
                return unsupported(l, "one of its posts is not an elementwise operator");
            continue;
        }
        *f = (struct fused){.kind = p->accumulate ? PRIM_POST_sum : PRIM_POST_binary};
        f->alg = binary_of_op(p->op);
        if (f->alg == dnnl_alg_kind_undef)
            return unsupported(l, "one of its posts is not an arithmetic operator");
        if (!p->accumulate && !lowering_align(l, p->src, &f->operand))
            return unsupported(l, "the operand of a post has a layout of its own");
    }
    return 0;
}

int lower_unary(struct lowering *l)
{
    struct operand src = lowering_operand(l, 0);
    bool clip = l->n->op == OP_Clip;
    float alpha = clip ? node_float(l->n, ATTR_min, -FLT_MAX)
                       : node_float(l->n, ATTR_alpha, l->n->op == OP_LeakyRelu ? 0.01f : 1);
    struct fused f;
    eltwise_of_op(l->n->op, alpha, node_float(l->n, ATTR_max, FLT_MAX), &f);
    if (lowering_has(l, 1) || lowering_has(l, 2))
        return unsupported(l, "its limits are not constants");
    if (src.t.layout != l->dst.t.layout && !tensor_layouts_coincide(&src.t))
        return unsupported(l, "source and result have different layouts");
    if (emit_eltwise(l, &f, &src, &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "oneDNN has no kernel for it");
}

int lower_binary(struct lowering *l)
{
    struct operand a, b;
    if (!lowering_align(l, 0, &a) || !lowering_align(l, 1, &b))
        return unsupported(l, "the layouts of its operands cannot be broadcast");
    if (emit_binary(l, binary_of_op(l->n->op), &a, &b, &l->dst, l->n_posts, l->posts))
        return 0;
    return unsupported(l, "what follows it has no kernel");
}
