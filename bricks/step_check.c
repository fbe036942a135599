// One small check per lowering of ops.def, and what holds for all steps. Shapes are those of
// decompose/infer_*.c; here the result is given and has to be what it would be there.
#include "bricks/step_checks.h"

#include <string.h>

const char *check_none(const struct graph *g, const struct node *n)
{
    (void)g;
    enum op_layout layout = op_info(n->op)->layout;
    return unless(layout != OP_LAYOUT_view && layout != OP_LAYOUT_gone,
                  "the operator never becomes a step");
}

static check_function *const checks[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, lower, ...) OP_ROW(name, lower)
#define OP_ROW(name, lower) [OP_##name] = check_##lower,
#include "bricks/ops.def"
#undef OP_ROW
#undef OP
};

// ---- all steps -----------------------------------------------------------------------------

static bool has_elements(const struct tensor *t)
{
    for (int i = 0; i < t->rank; i++)
        if (t->dims[i] < 1)
            return false;
    return true;
}

// Only what a row of ops.def takes at most may be omitted: not an operand of a post, nor one of
// any number of sources.
static const char *check_tensors(const struct graph *g, const struct node *n)
{
    const struct op_info *info = op_info(n->op);
    for (int k = 0; k < n->n_src; k++) {
        if (n->src[k] == NONE && (k < info->min_srcs || info->max_srcs < 0))
            return "a source that the operator needs is omitted";
        if (n->src[k] != NONE && !has_elements(step_src(g, n, k)))
            return "a source has no elements";
    }
    return unless(has_elements(step_dst(g, n)), "the result has no elements");
}

// Which types an operator computes with is the kernels' to say: a graph may hold steps that are
// only described.
static const char *check_types(const struct graph *g, const struct node *n)
{
    return unless(step_dst(g, n)->type == TYPE_f32 || n->n_posts == 0,
                  "only f32 can follow after '+'");
}

static const char *check_posts(const struct graph *g, const struct node *n)
{
    for (int i = 0; i < n->n_posts; i++) {
        const struct post *post = &n->posts[i];
        bool unary = checks[post->op] == check_unary || checks[post->op] == check_clip;
        if (post->op == OP_Cast) // elementwise too, but no function of a number
            return "the type cannot change after '+'";
        if (post->src == NONE ? !unary : checks[post->op] != check_binary)
            return "an operator after '+' is not elementwise";
        if (post->src != NONE && !tensor_broadcasts_to(step_src(g, n, post->src), step_dst(g, n)))
            return "an operand after '+' does not broadcast to the result";
    }
    return NULL;
}

static int count_takers(const struct node *n)
{
    int takers = n->inplace;
    for (int i = 0; i < n->n_posts; i++)
        takers += n->posts[i].accumulate;
    return takers;
}

static const char *check_taken(const struct graph *g, const struct node *n)
{
    int taken = step_taken_source(n), uses = 0;
    if (taken == NONE)
        return NULL;
    if (count_takers(n) > 1)
        return "the result takes the place of two sources";
    if (n->inplace && !op_is_elementwise(n->op) && n->op != OP_Softmax)
        return "the operator cannot run in place";
    if (graph_is_weight(g, taken))
        return "the result would overwrite a weight";
    if (!tensor_same_places(&g->values[taken].t, step_dst(g, n)) ||
        tensor_bytes(&g->values[taken].t) != tensor_bytes(step_dst(g, n)))
        return "the result does not fit in the place of the source";
    for (int k = 0; k < n->n_src; k++)
        uses += n->src[k] != NONE && graph_storage(g, n->src[k]) == graph_storage(g, taken);
    return unless(uses == 1, "the result would overwrite a source that is still read");
}

// No step reads what an earlier one has overwritten.
static const char *check_alive(const struct graph *g, const struct node *n)
{
    for (int i = 0; i < g->n_nodes; i++) {
        int taken = step_taken_source(&g->nodes[i]);
        for (int k = 0; taken != NONE && k < n->n_src; k++)
            if (n->src[k] != NONE && graph_storage(g, n->src[k]) == graph_storage(g, taken))
                return "an earlier step has overwritten a source";
    }
    return NULL;
}

// Shape inference always writes it, and what it is by default differs between operators.
static const char *check_axis(const struct graph *g, const struct node *n)
{
    (void)g;
    bool has_lowering = strcmp(op_info(n->op)->lower, "none") != 0;
    return unless(!has_lowering || !op_has_attr(n->op, ATTR_axis) || node_has(n, ATTR_axis),
                  "axis is missing");
}

const char *step_check(const struct graph *g, const struct node *n)
{
    // In this order: each relies on what those before it have found to hold.
    static check_function *const all[] = {check_tensors, check_types, check_posts, check_axis};
    const char *what = NULL;
    for (size_t i = 0; !what && i < sizeof all / sizeof *all; i++)
        what = all[i](g, n);
    if (!what)
        what = checks[n->op](g, n);
    if (!what)
        what = check_taken(g, n);
    return what ? what : check_alive(g, n);
}
