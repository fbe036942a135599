// Checks of elementwise operators.
#include "bricks/step_checks.h"

static bool gives_boolean(enum op op)
{
    static const enum op ops[] = {
        OP_Equal, OP_Greater, OP_GreaterOrEqual, OP_Less, OP_LessOrEqual, OP_And,
        OP_Or,    OP_Xor,     OP_IsNaN,          OP_IsInf};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (ops[i] == op)
            return true;
    return false;
}

// Sources from number `first` on are of one type, which the result has unless it is a truth value.
static const char *check_types(const struct graph *g, const struct node *n, int first)
{
    enum type type = step_src(g, n, first)->type, to = step_dst(g, n)->type;
    for (int k = first + 1; k < step_own_sources(n); k++)
        if (n->src[k] != NONE && step_src(g, n, k)->type != type && n->op != OP_Pow)
            return "the sources have different types";
    bool fits = n->op == OP_Cast || to == (gives_boolean(n->op) ? TYPE_boolean : type);
    return unless(fits, "the result has not the type of the sources");
}

const char *check_unary(const struct graph *g, const struct node *n)
{
    const struct tensor *from = step_src(g, n, 0), *to = step_dst(g, n);
    if (!tensor_same_shape(from, to) || !tensor_same_order(from, to))
        return "the result has not the shape and layout of the source";
    return check_types(g, n, 0);
}

const char *check_clip(const struct graph *g, const struct node *n)
{
    for (int k = 1; k < 3; k++)
        if (step_optional_src(g, n, k) && tensor_elements(step_src(g, n, k)) != 1)
            return "a bound is no scalar";
    if (step_own_sources(n) > 1 && (node_has(n, ATTR_min) || node_has(n, ATTR_max)))
        return "bounds are sources or attributes, not both";
    return check_unary(g, n);
}

// Every extent of the result is that of a source.
static const char *check_broadcast(const struct graph *g, const struct node *n)
{
    const struct tensor *to = step_dst(g, n);
    struct tensor sum = {.rank = to->rank};
    for (int i = 0; i < to->rank; i++)
        sum.dims[i] = 1;
    for (int k = 0; k < step_own_sources(n); k++) {
        const struct tensor *from = step_src(g, n, k);
        if (!tensor_broadcasts_to(from, to))
            return "the operands do not broadcast to the result";
        for (int i = 0; i < to->rank; i++)
            if (tensor_dim(from, to->rank, i) == to->dims[i])
                sum.dims[i] = to->dims[i];
    }
    return unless(tensor_same_shape(&sum, to), "the operands do not broadcast to the result");
}

const char *check_nary(const struct graph *g, const struct node *n)
{
    const char *what = check_broadcast(g, n);
    return what ? what : check_types(g, n, 0);
}

const char *check_where(const struct graph *g, const struct node *n)
{
    const char *what = check_broadcast(g, n);
    if (step_src(g, n, 0)->type != TYPE_boolean)
        return "the condition is no truth value";
    return what ? what : check_types(g, n, 1);
}

const char *check_binary(const struct graph *g, const struct node *n)
{
    int64_t direction = node_int(n, ATTR_shift_direction, WORD_shift_direction_left);
    if (direction < WORD_shift_direction_left || direction > WORD_shift_direction_right)
        return "there is no such direction";
    return check_nary(g, n);
}
