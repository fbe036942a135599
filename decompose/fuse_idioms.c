// Idioms: operators that exporters spell in others, found by the patterns below.
#include <math.h>

#include "decompose/fuse.h"
#include "decompose/passes.h"
#include "decompose/pattern.h"

// ---- activations ---------------------------------------------------------------------------

// x / 2 * (1 + e), in whatever order
#define HALVES(e)                                                                                  \
    EITHER(TIMES(HALF, T(Mul, X, T(Add, ONE, e))),                                                 \
           EITHER(T(Mul, TIMES(HALF, X), T(Add, ONE, e)), T(Mul, X, TIMES(HALF, T(Add, ONE, e)))))
#define CUBE EITHER(T(Pow, X, THREE), T(Mul, X, T(Mul, X, X)))
#define SQUARED(x) EITHER(T(Pow, x, TWO), T(Mul, x, x))
#define CLIPPED T(Clip, T(Add, THREE, X)) // to 0 to 6

static const short gelu[] = {HALVES(T(Erf, TIMES(INVERSE_ROOT2, X)))};
static const short gelu_tanh[] = {
    HALVES(T(Tanh, EITHER(TIMES(ROOT2_BY_PI, T(Add, X, TIMES(CUBIC, CUBE))),
                          T(Mul, TIMES(ROOT2_BY_PI, X), T(Add, ONE, TIMES(CUBIC, SQUARED(X)))))))};
static const short silu[] = {T(Mul, X, T(Sigmoid, X))};
static const short swish[] = {T(Mul, X, T(Sigmoid, TIMES(FACTOR, X)))};
static const short hard_sigmoid[] = {TIMES(SIXTH, CLIPPED)};
static const short hard_swish[] = {
    EITHER(T(Mul, X, T(HardSigmoid, X)),
           EITHER(T(Mul, X, TIMES(SIXTH, CLIPPED)),
                  EITHER(TIMES(SIXTH, T(Mul, X, CLIPPED)), T(Mul, TIMES(SIXTH, X), CLIPPED))))};
static const short softplus[] = {T(Log, T(Add, ONE, T(Exp, X)))};
static const short mish[] = {T(Mul, X, T(Tanh, T(Softplus, X)))};

static const struct {
    const short *pattern;
    enum op op;
} activations[] = {
    {gelu, OP_Gelu},         {gelu_tanh, OP_GeluTanh},       {silu, OP_Swish},
    {swish, OP_Swish},       {hard_swish, OP_HardSwish},     {mish, OP_Mish},
    {softplus, OP_Softplus}, {hard_sigmoid, OP_HardSigmoid},
};

static bool nearly(float a, double b)
{
    return fabs((double)a - b) <= 1e-3;
}

// Attributes of what matched: a Clip from 0 to 6, and a HardSigmoid of slope 1 / 6.
static bool is_hard(const struct node *n)
{
    if (n->op == OP_Clip)
        return nearly(node_float(n, ATTR_min, -1), 0) && nearly(node_float(n, ATTR_max, -1), 6);
    if (n->op == OP_HardSigmoid)
        return nearly(node_float(n, ATTR_alpha, 0.2f), 1.0 / 6) &&
               nearly(node_float(n, ATTR_hard_beta, 0.5f), 0.5);
    return true;
}

static bool keeps_shape(const struct fusion *f, const struct match *m)
{
    const struct graph *g = f->g;
    for (int k = 0; k < m->n_nodes; k++) {
        const struct node *n = &g->nodes[m->nodes[k]];
        if (!is_hard(n) ||
            !tensor_same_shape(&g->values[n->dst[0]].t, &g->values[match_value(m, X)].t))
            return false;
    }
    return g->values[match_value(m, X)].t.type == TYPE_f32;
}

static void become_activation(struct fusion *f, int i, enum op op, const struct match *m)
{
    double factor = match_value(m, FACTOR) == NONE ? 1 : match_number(f, m, FACTOR);
    fusion_become(f, i, op, 1, (const int[]){match_value(m, X)});
    if (op == OP_Swish)
        node_set_float(f->g, &f->g->nodes[i], ATTR_alpha, (float)factor);
    if (op == OP_HardSigmoid) {
        node_set_float(f->g, &f->g->nodes[i], ATTR_alpha, 1.0f / 6);
        node_set_float(f->g, &f->g->nodes[i], ATTR_hard_beta, 0.5f);
    }
}

bool fuse_activation_idiom(struct fusion *f, int i)
{
    struct match m;
    for (size_t k = 0; k < sizeof activations / sizeof *activations; k++)
        if (pattern_match(f, activations[k].pattern, i, &m) && keeps_shape(f, &m)) {
            become_activation(f, i, activations[k].op, &m);
            return true;
        }
    return false;
}
