#include "decompose/pattern.h"

#include <math.h>

#include "decompose/passes.h"

// A matcher is a match and where it stands in the pattern.
struct matcher {
    const struct fusion *f;
    const short *at;
    struct match *m;
};

static bool match_expression(struct matcher *w, int v);

static double number_of(enum pattern_token token)
{
    static const double numbers[] = {
        [MINUS_HALF - MINUS_HALF] = -0.5,
        [SIXTH - MINUS_HALF] = 1.0 / 6,
        [HALF - MINUS_HALF] = 0.5,
        [INVERSE_ROOT2 - MINUS_HALF] = 0.7071067811865476,
        [ONE - MINUS_HALF] = 1,
        [TWO - MINUS_HALF] = 2,
        [THREE - MINUS_HALF] = 3,
        [CUBIC - MINUS_HALF] = 0.044715,
        [ROOT2_BY_PI - MINUS_HALF] = 0.7978845608028654,
    };
    return numbers[token - MINUS_HALF];
}

// Exporters round: half precision keeps three digits.
static bool nearly(double a, double b)
{
    return fabs(a - b) <= 1e-3 * fabs(b);
}

bool known_scalar(const struct graph *g, int v, double *x)
{
    const struct tensor *t = &g->values[v].t;
    if (!graph_is_weight(g, v) || t->type != TYPE_f32 || tensor_elements(t) != 1)
        return false;
    const float *data = value_data(g, v);
    *x = data ? (double)*data : 0;
    return data != NULL;
}

// Whether v is a scalar that the token, a number or a variable, can stand for. `inverse` takes
// what v divides by.
static bool match_scalar(struct matcher *w, enum pattern_token token, int v, bool inverse)
{
    double x;
    if (!known_scalar(w->f->g, v, &x))
        return false;
    if (token >= MINUS_HALF)
        return inverse ? nearly(x * number_of(token), 1) : nearly(x, number_of(token));
    int *bound = &w->m->value[token - X];
    if (inverse || (*bound != NONE && *bound != v))
        return false;
    *bound = v;
    return true;
}

static bool match_variable(struct matcher *w, enum pattern_token token, int v)
{
    int *bound = &w->m->value[token - X];
    if (*bound == NONE)
        *bound = v;
    return *bound == v;
}

static bool match_operands(struct matcher *w, const struct node *n, bool swapped)
{
    if (op_info(n->op)->min_srcs == 1)
        return match_expression(w, n->src[0]);
    for (int k = 0; k < op_info(n->op)->min_srcs; k++)
        if (!match_expression(w, n->src[swapped ? 1 - k : k]))
            return false;
    return true;
}

// Tries one order of the operands; takes everything back if it does not fit.
static bool try_operands(struct matcher *w, const struct node *n, bool swapped)
{
    const short *at = w->at;
    struct match before = *w->m;
    if (match_operands(w, n, swapped))
        return true;
    w->at = at;
    *w->m = before;
    return false;
}

static bool match_node(struct matcher *w, int i)
{
    const struct node *n = &w->f->g->nodes[i];
    if (n->n_src != op_info(n->op)->min_srcs || n->n_posts || w->m->n_nodes == MAX_MATCHED)
        return false;
    w->m->nodes[w->m->n_nodes++] = i;
    return try_operands(w, n, false) || (op_is_commutative(n->op) && try_operands(w, n, true));
}

// constant * expression, in either order, or expression / constant.
static bool match_times(struct matcher *w, int v)
{
    enum pattern_token scalar = (enum pattern_token) * w->at++;
    int i = fusion_producer(w->f, v, OP_Mul), division = fusion_producer(w->f, v, OP_Div);
    if (i == NONE)
        i = division;
    if (i == NONE || w->m->n_nodes == MAX_MATCHED)
        return false;
    const struct node *n = &w->f->g->nodes[i];
    w->m->nodes[w->m->n_nodes++] = i;
    if (match_scalar(w, scalar, n->src[1], division != NONE))
        return match_expression(w, n->src[0]);
    return division == NONE && match_scalar(w, scalar, n->src[0], false) &&
           match_expression(w, n->src[1]);
}

static const short *skip_expression(const short *at)
{
    enum pattern_token token = (enum pattern_token) * at++;
    int n = token < X ? op_info((enum op)token)->min_srcs : 0;
    if (token == EITHER_OF || token == TIMES_A || token == NAMED_A)
        n = 2;
    while (n-- > 0)
        at = skip_expression(at);
    return at;
}

static bool match_either(struct matcher *w, int v)
{
    const short *first = w->at, *second = skip_expression(first);
    struct match before = *w->m;
    if (!match_expression(w, v)) {
        *w->m = before;
        w->at = second;
        return match_expression(w, v);
    }
    w->at = skip_expression(second);
    return true;
}

static bool match_expression(struct matcher *w, int v)
{
    enum pattern_token token = (enum pattern_token) * w->at++;
    if (token == EITHER_OF)
        return match_either(w, v);
    if (token == NAMED_A) {
        enum pattern_token variable = (enum pattern_token) * w->at++;
        return match_expression(w, v) && match_variable(w, variable, v);
    }
    if (token >= EPSILON && token <= ROOT2_BY_PI)
        return match_scalar(w, token, v, false);
    if (w->m->n_edges == 2 * MAX_MATCHED)
        return false;
    w->m->edges[w->m->n_edges++] = v;
    if (token == TIMES_A)
        return match_times(w, v);
    if (token >= X)
        return match_variable(w, token, v);
    int i = fusion_producer(w->f, v, (enum op)token);
    return i != NONE && match_node(w, i);
}

static int edges_to(const struct match *m, int v)
{
    int n = 0;
    for (int k = 0; k < m->n_edges; k++)
        n += m->edges[k] == v;
    return n;
}

static bool is_closed(const struct fusion *f, const struct match *m)
{
    for (int k = 1; k < m->n_nodes; k++) {
        const struct node *n = &f->g->nodes[m->nodes[k]];
        if (f->g->values[n->dst[0]].n_uses != edges_to(m, n->dst[0]))
            return false;
    }
    return true;
}

bool pattern_match(const struct fusion *f, const short *pattern, int root, struct match *m)
{
    if (*pattern < N_OPS && *pattern != (short)f->g->nodes[root].op)
        return false;
    *m = (struct match){0};
    for (int k = 0; k < N_VARIABLES; k++)
        m->value[k] = NONE;
    struct matcher w = {f, pattern, m};
    return match_expression(&w, f->g->nodes[root].dst[0]) && is_closed(f, m);
}

int match_value(const struct match *m, enum pattern_token variable)
{
    return m->value[variable - X];
}

double match_number(const struct fusion *f, const struct match *m, enum pattern_token variable)
{
    double x = 0;
    known_scalar(f->g, match_value(m, variable), &x);
    return x;
}
