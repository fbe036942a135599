// Norms that exporters spell in other operators.
#include "decompose/fuse.h"
#include "decompose/passes.h"
#include "decompose/pattern.h"

#define MEAN(...) T(ReduceMean, __VA_ARGS__)
#define SQUARE(...) EITHER(T(Pow, __VA_ARGS__, TWO), T(Mul, __VA_ARGS__, __VA_ARGS__))
#define SQUARE_NAMED(name, ...)                                                                    \
    EITHER(T(Pow, NAMED(name, __VA_ARGS__), TWO), T(Mul, NAMED(name, __VA_ARGS__), name))
#define ROOT(...) EITHER(T(Sqrt, __VA_ARGS__), T(Pow, __VA_ARGS__, HALF))
#define INVERSE_ROOT(...)                                                                          \
    EITHER(T(Pow, __VA_ARGS__, MINUS_HALF),                                                        \
           EITHER(T(Reciprocal, ROOT(__VA_ARGS__)), T(Div, ONE, ROOT(__VA_ARGS__))))
#define VARIANCE(...) T(Add, MEAN(__VA_ARGS__), EPSILON)
// x by the root of the mean of y's squares; y is x or a name for it
#define NORMAL(y, ...)                                                                             \
    EITHER(T(Div, __VA_ARGS__, ROOT(VARIANCE(SQUARE(y)))),                                         \
           T(Mul, __VA_ARGS__, INVERSE_ROOT(VARIANCE(SQUARE(y)))))

static const short layer_norm[] = {
    T(Mul, NORMAL(Y, NAMED(Y, T(Sub, X, MEAN(X)))), GAMMA),
};
// x a + (beta - mean a), a = gamma / deviation
static const short layer_norm_linear[] = {
    T(Add,
      T(Mul, X,
        NAMED(Y, T(Mul, INVERSE_ROOT(VARIANCE(SQUARE_NAMED(ONES, T(Sub, X, NAMED(Z, MEAN(X)))))),
                   GAMMA))),
      T(Sub, BETA, T(Mul, Z, Y))),
};
static const short rms_norm[] = {T(Mul, NORMAL(X, X), GAMMA)};

static const struct {
    const short *pattern;
    enum op op;
} norms[] = {
    {layer_norm, OP_LayerNormalization},
    {layer_norm_linear, OP_LayerNormalization},
    {rms_norm, OP_RMSNormalization},
};

// The first of the dimensions that a mean is taken over, if they are the last ones; else NONE.
static int first_axis(const struct graph *g, const struct node *mean)
{
    int n, rank = g->values[mean->src[0]].t.rank;
    const int64_t *axes = node_ints(mean, ATTR_axes, &n);
    if (n == 0 || g->values[mean->dst[0]].t.rank != rank)
        return NONE;
    for (int k = 0; k < n; k++)
        if (axes[k] != rank - n + k)
            return NONE;
    return rank - n;
}

// What all means of a match are taken from; NONE if they differ.
static int common_axis(const struct graph *g, const struct match *m)
{
    int common = NONE;
    for (int k = 0; k < m->n_nodes; k++) {
        const struct node *n = &g->nodes[m->nodes[k]];
        if (n->op != OP_ReduceMean)
            continue;
        int axis = first_axis(g, n);
        if (axis == NONE || (common != NONE && axis != common))
            return NONE;
        common = axis;
    }
    return common;
}

// Constant v, one number for each element of dims[axis ..] of t, as a tensor of that shape; NONE
// if it is not one.
static int as_parameter(struct graph *g, int v, const struct tensor *t, int axis)
{
    const struct tensor *given = &g->values[v].t;
    struct tensor wanted = {.type = TYPE_f32, .rank = t->rank - axis};
    for (int d = 0; d < wanted.rank; d++) {
        wanted.dims[d] = t->dims[axis + d];
        int at = given->rank - wanted.rank + d;
        if (at < 0 || given->dims[at] != wanted.dims[d])
            return NONE;
    }
    if (!graph_is_weight(g, v) || given->type != TYPE_f32 ||
        tensor_elements(given) != tensor_elements(&wanted) || given->rank > t->rank)
        return NONE;
    return given->rank == wanted.rank ? v : graph_add_view(g, v, &wanted);
}

static bool become_norm(struct fusion *f, int i, enum op op, const struct match *m)
{
    struct graph *g = f->g;
    int x = match_value(m, X), axis = common_axis(g, m), n_src = 2;
    struct tensor t = g->values[x].t;
    if (axis == NONE || t.type != TYPE_f32 ||
        !tensor_same_shape(&t, &g->values[g->nodes[i].dst[0]].t))
        return false;
    int src[] = {x, as_parameter(g, match_value(m, GAMMA), &t, axis), NONE};
    if (match_value(m, BETA) != NONE)
        src[n_src++] = as_parameter(g, match_value(m, BETA), &t, axis);
    if (src[1] == NONE || src[n_src - 1] == NONE)
        return false;
    float epsilon = (float)match_number(f, m, EPSILON);
    fusion_become(f, i, op, n_src, src);
    node_set_int(g, &g->nodes[i], ATTR_axis, axis);
    node_set_float(g, &g->nodes[i], ATTR_epsilon, epsilon);
    return true;
}

bool fuse_norm_idiom(struct fusion *f, int i)
{
    struct match m;
    for (size_t k = 0; k < sizeof norms / sizeof *norms; k++)
        if (pattern_match(f, norms[k].pattern, i, &m) && become_norm(f, i, norms[k].op, &m))
            return true;
    return false;
}

// A layer norm without a bias takes in the constant that is added to it.
bool fuse_norm_bias(struct fusion *f, int i)
{
    struct graph *g = f->g;
    const struct node *n = &g->nodes[i];
    if (n->op != OP_LayerNormalization || n->n_src != 2)
        return false;
    int user = fusion_user_of_kind(f, i, OP_Add);
    if (user == NONE)
        return false;
    const int *operands = g->nodes[user].src;
    int other = operands[operands[0] == n->dst[0]];
    struct tensor t = g->values[n->dst[0]].t;
    int bias = as_parameter(g, other, &t, (int)node_int(n, ATTR_axis, t.rank - 1));
    if (bias == NONE)
        return false;
    fusion_add_src(f, i, bias);
    fusion_absorb(f, i, user);
    return true;
}

// ---- group norm ----------------------------------------------------------------------------

// As an instance norm of [N, groups, all of a group].
static const short group_norm[] = {
    T(Add, T(Mul, T(Reshape, T(InstanceNormalization, T(Reshape, X), ONES, ZEROS)), GAMMA), BETA),
};

static bool is_filled_with(const struct graph *g, int v, float x)
{
    const float *data = graph_is_weight(g, v) ? value_data(g, v) : NULL;
    for (int64_t k = 0; data && k < tensor_elements(&g->values[v].t); k++)
        if (data[k] != x)
            return false;
    return data != NULL;
}

// Constant v, one number for each channel of t ([C, 1, 1] or [1, C, 1, 1]), as [C]; else NONE.
static int as_channels(struct graph *g, int v, const struct tensor *t)
{
    const struct tensor *given = &g->values[v].t;
    struct tensor channels = {.type = TYPE_f32, .rank = 1, .dims = {t->dims[1]}};
    int at = given->rank - (t->rank - 1);
    if (at < 0 || at > 1 || given->dims[at] != t->dims[1] || given->type != TYPE_f32 ||
        !graph_is_weight(g, v) || tensor_elements(given) != t->dims[1])
        return NONE;
    return graph_add_view(g, v, &channels);
}

bool fuse_group_norm(struct fusion *f, int i)
{
    struct graph *g = f->g;
    struct match m;
    if (!pattern_match(f, group_norm, i, &m) || !is_filled_with(g, match_value(&m, ONES), 1) ||
        !is_filled_with(g, match_value(&m, ZEROS), 0))
        return false;
    int x = match_value(&m, X);
    struct tensor t = g->values[x].t;
    const struct node *norm = &g->nodes[m.nodes[3]];
    const struct tensor *grouped = &g->values[norm->src[0]].t;
    if (!tensor_same_shape(&t, &g->values[g->nodes[i].dst[0]].t) || t.rank < 3 ||
        grouped->dims[0] != t.dims[0] || t.dims[1] % grouped->dims[1] != 0)
        return false;
    int64_t groups = grouped->dims[1];
    float epsilon = node_float(norm, ATTR_epsilon, 1e-5f);
    int src[] = {x, as_channels(g, match_value(&m, GAMMA), &t),
                 as_channels(g, match_value(&m, BETA), &t)};
    if (src[1] == NONE || src[2] == NONE)
        return false;
    fusion_become(f, i, OP_GroupNormalization, 3, src);
    node_set_int(g, &g->nodes[i], ATTR_num_groups, groups);
    node_set_float(g, &g->nodes[i], ATTR_epsilon, epsilon);
    return true;
}
