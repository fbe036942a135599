// Steps that take what follows them: what is done to each element of a result before it is stored.
#include <float.h>
#include <string.h>

#include "decompose/fuse.h"
#include "decompose/passes.h"

bool fuse_is_product(enum op op)
{
    return op == OP_Conv || op == OP_ConvTranspose || op == OP_Gemm || op == OP_MatMul ||
           op == OP_FusedMatMul;
}

static bool takes_activation(enum op op)
{
    return fuse_is_product(op) || op == OP_BatchNormalization || op == OP_GroupNormalization ||
           op == OP_InstanceNormalization;
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

static bool has_lowering(enum op op, const char *name)
{
    return strcmp(op_info(op)->lower, name) == 0;
}

// A step that works on each element of f32 alone begins a chain: all that follows is done to a few
// elements at a time, in one pass over memory.
static bool begins_chain(const struct graph *g, const struct node *n)
{
    bool clips = n->op == OP_Clip && n->n_src == 1;
    if (n->op == OP_Cast ||
        !(clips || has_lowering(n->op, "unary") || has_lowering(n->op, "binary")))
        return false;
    for (int k = 0; k < n->n_src; k++)
        if (g->values[n->src[k]].t.type != TYPE_f32)
            return false;
    return g->values[n->dst[0]].t.type == TYPE_f32;
}

// A function of one number whose parameters, if it has any, are those of a post.
static bool is_function(enum op op)
{
    return is_activation(op) || (has_lowering(op, "unary") && !*op_info(op)->attrs);
}

static struct post function_post(const struct node *n)
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

// The step that alone uses the f32 result of node i, if it gives one of the same shape and there is
// room for another post; else NONE.
static int follower(const struct fusion *f, int i)
{
    const struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    int user = n->n_posts < MAX_POSTS ? fusion_user(f, n->dst[0]) : NONE;
    const struct tensor *dst = &g->values[n->dst[0]].t;
    bool fits = user != NONE && dst->type == TYPE_f32 &&
                tensor_equal(dst, &g->values[g->nodes[user].dst[0]].t);
    return fits ? user : NONE;
}

bool fuse_activation(struct fusion *f, int i)
{
    struct node *n = &f->g->nodes[i];
    bool whole = takes_activation(n->op);
    int user = whole || begins_chain(f->g, n) ? follower(f, i) : NONE;
    if (user == NONE || f->g->nodes[user].n_src != 1 ||
        !(whole ? is_activation : is_function)(f->g->nodes[user].op))
        return false;
    n->posts[n->n_posts++] = function_post(&f->g->nodes[user]);
    fusion_absorb(f, i, user);
    return true;
}

static void take_operand(struct fusion *f, int i, int user, int operand)
{
    struct node *n = &f->g->nodes[i];
    fusion_add_src(f, i, operand);
    n->posts[n->n_posts++] = (struct post){.op = f->g->nodes[user].op, .src = n->n_src - 1};
    fusion_absorb(f, i, user);
}

// A product adds what exists before it runs, as large as its own result. Of two steps whose results
// are added the later one does it.
bool fuse_residual(struct fusion *f, int i)
{
    const struct node *n = &f->g->nodes[i];
    int user = fuse_is_product(n->op) && n->n_posts == 0 ? follower(f, i) : NONE;
    if (user == NONE || f->g->nodes[user].op != OP_Add)
        return false;
    int other = node_other_src(&f->g->nodes[user], n->dst[0]);
    if (graph_is_weight(f->g, other) || !fusion_is_earlier(f, other, i) ||
        !tensor_equal(&f->g->values[other].t, &f->g->values[n->dst[0]].t))
        return false;
    take_operand(f, i, user, other);
    return true;
}

// A chain goes on with what exists before it runs, broadcast to it.
bool fuse_chain(struct fusion *f, int i)
{
    const struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    int user = begins_chain(g, n) ? follower(f, i) : NONE;
    if (user == NONE)
        return false;
    const struct node *next = &g->nodes[user];
    bool either = next->op == OP_Add || next->op == OP_Mul;
    bool first = next->src[0] == n->dst[0] && (next->op == OP_Sub || next->op == OP_Div);
    if (!either && !first)
        return false;
    int other = node_other_src(next, n->dst[0]);
    if (g->values[other].t.type != TYPE_f32 || !fusion_is_earlier(f, other, i))
        return false;
    take_operand(f, i, user, other);
    return true;
}
