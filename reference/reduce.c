// Reference of operators that make one number, or a few, of a line or block of them.
#include <math.h>
#include <stdlib.h>

#include "reference/kernels.h"

// What a reduction does with every element, how it joins two results, and with the last.
struct reduction {
    long double start;
    long double (*each)(long double x);
    long double (*join)(long double x, long double y);
    long double (*finish)(long double x, int64_t n);
};

#define FUNCTION(name, expression)                                                                 \
    static long double name(long double x)                                                         \
    {                                                                                              \
        return expression;                                                                         \
    }
FUNCTION(itself, x)
FUNCTION(size_of, fabsl(x))
FUNCTION(square, x *x)

#define JOIN(name, expression)                                                                     \
    static long double name(long double x, long double y)                                          \
    {                                                                                              \
        return expression;                                                                         \
    }
JOIN(sum, x + y)
JOIN(product, x *y)
JOIN(largest, x != x || x > y ? x : y)
JOIN(smallest, x != x || x < y ? x : y)
// log(exp(x) + exp(y)) without overflow.
JOIN(log_sum, x == y ? x + logl(2) : largest(x, y) + log1pl(expl(-fabsl(x - y))))

#define FINISH(name, expression)                                                                   \
    static long double name(long double x, int64_t n)                                              \
    {                                                                                              \
        (void)n;                                                                                   \
        return expression;                                                                         \
    }
FINISH(as_is, x)
FINISH(mean, x / (long double)n)
FINISH(root, sqrtl(x))
FINISH(logarithm, logl(x))

static const struct reduction reductions[N_OPS] = {
    [OP_ReduceSum] = {0, itself, sum, as_is},
    [OP_ReduceMean] = {0, itself, sum, mean},
    [OP_ReduceMax] = {-INFINITY, itself, largest, as_is},
    [OP_ReduceMin] = {INFINITY, itself, smallest, as_is},
    [OP_ReduceProd] = {1, itself, product, as_is},
    [OP_ReduceL1] = {0, size_of, sum, as_is},
    [OP_ReduceL2] = {0, square, sum, root},
    [OP_ReduceSumSquare] = {0, square, sum, as_is},
    [OP_ReduceLogSum] = {0, itself, sum, logarithm},
    [OP_ReduceLogSumExp] = {-INFINITY, itself, log_sum, as_is},
};

// Which dimensions of src are reduced: all if none is named, but none where dst has src's shape, as
// with noop_with_empty_axes.
struct reduced_dims {
    bool is[MAX_RANK];
    bool kept; // as dimensions of size 1 in dst
};

static struct reduced_dims reduced_dims(const struct reference_step *s)
{
    int n, rank = s->src[0].t->rank;
    const int64_t *axes = node_ints(s->node, ATTR_axes, &n);
    bool all = n == 0 && !tensor_same_shape(s->src[0].t, s->dst);
    struct reduced_dims r = {.kept = s->dst->rank == rank};
    for (int d = 0; d < rank; d++)
        r.is[d] = all;
    for (int i = 0; i < n; i++)
        r.is[axes[i] < 0 ? axes[i] + rank : axes[i]] = true;
    return r;
}

static int64_t reduced_index(const struct reference_step *s, const struct reduced_dims *r,
                             const int64_t *at)
{
    int64_t to[MAX_RANK];
    int rank = 0;
    for (int d = 0; d < s->src[0].t->rank; d++) {
        if (!r->is[d] || r->kept)
            to[rank++] = r->is[d] ? 0 : at[d];
    }
    return tensor_index(s->dst, to);
}

void reference_reduce(const struct reference_step *s)
{
    const struct reduction *f = &reductions[s->node->op];
    struct reduced_dims dims = reduced_dims(s);
    int64_t n = tensor_elements(s->src[0].t), n_dst = tensor_elements(s->dst);
    for (int64_t i = 0; i < n_dst; i++)
        s->out[i] = f->start;
    for (int64_t i = 0; i < n; i++) {
        int64_t at[MAX_RANK];
        tensor_coordinates(s->src[0].t, i, at);
        long double *to = &s->out[reduced_index(s, &dims, at)];
        *to = f->join(*to, f->each(operand_at(&s->src[0], at)));
    }
    for (int64_t i = 0; i < n_dst; i++)
        s->out[i] = f->finish(s->out[i], n / n_dst);
}

// Place of the largest or smallest number of a line: of equal ones the first, or the last.
static int64_t best_of(const long double *line, const struct lines *l, bool largest_wins, bool last)
{
    int64_t best = 0;
    for (int64_t i = 1; i < l->length; i++) {
        long double x = line[i * l->stride], y = line[best * l->stride];
        if (x == y ? last : largest_wins ? x > y : x < y)
            best = i;
    }
    return best;
}

// dst has as many elements as src has lines, in the same order.
void reference_arg(const struct reference_step *s)
{
    const struct tensor *t = s->src[0].t;
    struct lines l = lines_along(t, node_axis(s->node, 0, t->rank));
    bool last = node_int(s->node, ATTR_select_last_index, 0) != 0;
    long double *numbers = operand_numbers(&s->src[0]);
    for (int64_t i = 0; i < l.n; i++)
        s->out[i] =
            (long double)best_of(numbers + line_start(&l, i), &l, s->node->op == OP_ArgMax, last);
    free(numbers);
}

struct ranked {
    long double x;
    int64_t index;
};

// Larger ones first; of equal ones that of the lower index.
static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->x != y->x)
        return x->x > y->x ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void store_top(const struct result *r, const struct ranked *order, const struct lines *to,
                      int64_t line, int which, long double sign)
{
    for (int64_t i = 0; r && i < to->length; i++)
        r->out[line_start(to, line) + i * to->stride] =
            which == 0 ? sign * order[i].x : (long double)order[i].index;
}

// Results: the k largest (or smallest) numbers of every line, sorted, and their places.
void reference_topk(const struct reference_step *s)
{
    const struct tensor *t = s->src[0].t;
    const struct result *values = optional_result(s, 0), *places = optional_result(s, 1);
    int axis = node_axis(s->node, -1, t->rank);
    struct lines from = lines_along(t, axis), to = lines_along((values ? values : places)->t, axis);
    long double sign = node_int(s->node, ATTR_largest, 1) ? 1 : -1;
    long double *numbers = operand_numbers(&s->src[0]);
    struct ranked *order = xcalloc((size_t)from.length, sizeof *order);
    for (int64_t line = 0; line < from.n; line++) {
        for (int64_t i = 0; i < from.length; i++)
            order[i] =
                (struct ranked){sign * numbers[line_start(&from, line) + i * from.stride], i};
        qsort(order, (size_t)from.length, sizeof *order, compare_ranked);
        store_top(values, order, &to, line, 0, sign);
        store_top(places, order, &to, line, 1, sign);
    }
    free(order);
    free(numbers);
}

static void cumulate_line(long double *line, const struct lines *l, bool exclusive, bool reverse)
{
    long double total = 0;
    for (int64_t i = 0; i < l->length; i++) {
        long double *x = &line[(reverse ? l->length - 1 - i : i) * l->stride];
        long double next = total + *x;
        *x = exclusive ? total : next;
        total = next;
    }
}

// The axis is an attribute, or source 1.
void reference_cumsum(const struct reference_step *s)
{
    const struct operand *axis = optional_source(s, 1);
    int64_t given = axis ? (int64_t)operand_read(axis, 0) : node_int(s->node, ATTR_axis, 0);
    given += given < 0 ? s->dst->rank : 0;
    if (given < 0 || given >= s->dst->rank) {
        step_refuse(s, "the axis is none of its dimensions");
        return;
    }
    struct lines l = lines_along(s->dst, (int)given);
    reference_copy(s);
    for (int64_t i = 0; i < l.n; i++)
        cumulate_line(s->out + line_start(&l, i), &l, node_int(s->node, ATTR_exclusive, 0) != 0,
                      node_int(s->node, ATTR_reverse, 0) != 0);
}
