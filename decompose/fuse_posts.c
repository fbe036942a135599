// Steps that take what follows them: what is done to each element of a result before it is stored.
#include <float.h>

#include "decompose/fuse.h"
#include "decompose/passes.h"

static bool takes_posts(enum op op)
{
    return op == OP_Conv || op == OP_ConvTranspose || op == OP_Gemm || op == OP_MatMul ||
           op == OP_FusedMatMul;
}

static bool is_activation(enum op op)
{
    static const enum op activations[] = {
        OP_Relu, OP_Clip,     OP_Sigmoid, OP_Tanh,      OP_LeakyRelu, OP_Elu,
        OP_Gelu, OP_GeluTanh, OP_Swish,   OP_HardSwish, OP_Mish,
    };
    for (size_t k = 0; k < sizeof activations / sizeof *activations; k++)
        if (activations[k] == op)
            return true;
    return false;
}

static struct post activation_post(const struct node *n)
{
    struct post p = {.op = n->op, .src = NONE};
    if (n->op == OP_Clip) {
        p.alpha = node_float(n, ATTR_min, -FLT_MAX);
        p.beta = node_float(n, ATTR_max, FLT_MAX);
    } else {
        p.alpha = node_float(n, ATTR_alpha, 0);
    }
    return p;
}

bool fuse_activation(struct fusion *f, int i)
{
    struct node *n = &f->g->nodes[i];
    int user = fusion_user(f, n->dst[0]);
    if ((!takes_posts(n->op) && n->op != OP_Add) || n->n_posts == MAX_POSTS || user == NONE ||
        f->g->values[n->dst[0]].t.type != TYPE_f32 || !is_activation(f->g->nodes[user].op) ||
        f->g->nodes[user].n_src != 1)
        return false;
    n->posts[n->n_posts++] = activation_post(&f->g->nodes[user]);
    fusion_absorb(f, i, user);
    return true;
}

// A step adds what exists before it runs, as large as its own result. Of two steps whose results
// are added the later one does it.
bool fuse_residual(struct fusion *f, int i)
{
    struct node *n = &f->g->nodes[i];
    int user = takes_posts(n->op) && n->n_posts == 0 ? fusion_user_of_kind(f, i, OP_Add) : NONE;
    if (user == NONE)
        return false;
    int other = node_other_src(&f->g->nodes[user], n->dst[0]);
    if (graph_is_weight(f->g, other) || !fusion_is_earlier(f, other, i) ||
        !tensor_equal(&f->g->values[other].t, &f->g->values[n->dst[0]].t))
        return false;
    fusion_add_src(f, i, other);
    n->posts[n->n_posts++] = (struct post){.op = OP_Add, .src = n->n_src - 1};
    fusion_absorb(f, i, user);
    return true;
}
