// Reference of elementwise operators of several sources, alone and as posts.
#include <math.h>

#include "reference/kernels.h"

typedef long double binary_function(long double x, long double y);

#define FUNCTION(name, expression)                                                                 \
    static long double name(long double x, long double y)                                          \
    {                                                                                              \
        return expression;                                                                         \
    }

FUNCTION(sum, x + y)
FUNCTION(difference, x - y)
FUNCTION(product, x *y)
FUNCTION(quotient, x / y)
FUNCTION(power, powl(x, y))
FUNCTION(largest, x != x || x > y ? x : y)
FUNCTION(smallest, x != x || x < y ? x : y)
FUNCTION(prelu, x < 0 ? x * y : x)
FUNCTION(equal, x == y)
FUNCTION(greater, x > y)
FUNCTION(greater_or_equal, x >= y)
FUNCTION(less, x < y)
FUNCTION(less_or_equal, x <= y)
FUNCTION(and, x != 0 && y != 0)
FUNCTION(or, x != 0 || y != 0)
FUNCTION(exclusive_or, (x != 0) != (y != 0))
FUNCTION(bitwise_and, (long double)((int64_t)x &(int64_t)y))
FUNCTION(bitwise_or, (long double)((int64_t)x | (int64_t)y))
FUNCTION(bitwise_xor, (long double)((int64_t)x ^ (int64_t)y))
// Shifted out are all bits, by a negative number of places too.
FUNCTION(shifted_left, y >= 0 && y < 64 ? ldexpl(x, (int)y) : 0)
FUNCTION(shifted_right, floorl(ldexpl(x, y >= 0 && y < 64 ? -(int)y : -64)))
FUNCTION(remainder_of_dividend, fmodl(x, y))

// With the sign of the divisor.
static long double remainder_of_divisor(long double x, long double y)
{
    long double r = fmodl(x, y);
    if (r == 0)
        return copysignl(r, y);
    return (r < 0) != (y < 0) ? r + y : r;
}

static binary_function *const binary[N_OPS] = {
    [OP_Add] = sum,
    [OP_Sub] = difference,
    [OP_Mul] = product,
    [OP_Div] = quotient,
    [OP_Pow] = power,
    [OP_Mod] = remainder_of_divisor,
    [OP_Sum] = sum,
    [OP_Mean] = sum,
    [OP_Max] = largest,
    [OP_Min] = smallest,
    [OP_PRelu] = prelu,
    [OP_Equal] = equal,
    [OP_Greater] = greater,
    [OP_GreaterOrEqual] = greater_or_equal,
    [OP_Less] = less,
    [OP_LessOrEqual] = less_or_equal,
    [OP_And] = and,
    [OP_Or] = or
    ,
    [OP_Xor] = exclusive_or,
    [OP_BitwiseAnd] = bitwise_and,
    [OP_BitwiseOr] = bitwise_or,
    [OP_BitwiseXor] = bitwise_xor,
    [OP_BitShift] = shifted_left,
};

static binary_function *function_of(enum op op)
{
    if (!binary[op])
        BUG("%s is no elementwise operator of several sources", op_info(op)->name);
    return binary[op];
}

// Two operators that an attribute turns into another function.
static binary_function *function_of_node(const struct node *n)
{
    if (n->op == OP_Mod && node_int(n, ATTR_fmod, 0))
        return remainder_of_dividend;
    if (n->op == OP_BitShift &&
        node_int(n, ATTR_shift_direction, WORD_shift_direction_left) == WORD_shift_direction_right)
        return shifted_right;
    return function_of(n->op);
}

long double reference_apply_binary(enum op op, long double x, long double y)
{
    return function_of(op)(x, y);
}

static bool divides_integers(const struct reference_step *s)
{
    return (s->node->op == OP_Div || s->node->op == OP_Mod) && !type_is_real(s->dst->type);
}

static long double binary_at(const struct reference_step *s, const int64_t *at, const void *context)
{
    binary_function *const *f = context;
    long double x = source_at(s, 0, at), y = source_at(s, 1, at);
    if (y == 0 && divides_integers(s)) {
        step_refuse(s, "division by zero");
        return 0;
    }
    return (*f)(x, y);
}

void reference_binary(const struct reference_step *s)
{
    binary_function *f = function_of_node(s->node);
    each_element(s, binary_at, &f);
}

// Any number of sources, one after the other.
static long double nary_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    binary_function *f = function_of(s->node->op);
    long double x = source_at(s, 0, at);
    for (int k = 1; k < s->n_src; k++)
        x = f(x, source_at(s, k, at));
    return s->node->op == OP_Mean ? x / s->n_src : x;
}

void reference_nary(const struct reference_step *s)
{
    each_element(s, nary_at, NULL);
}

static long double where_at(const struct reference_step *s, const int64_t *at, const void *unused)
{
    (void)unused;
    return source_at(s, source_at(s, 0, at) != 0 ? 1 : 2, at);
}

void reference_where(const struct reference_step *s)
{
    each_element(s, where_at, NULL);
}
