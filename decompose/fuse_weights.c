#include "decompose/fuse_weights.h"

#include <math.h>
#include <stdlib.h>

#include "decompose/passes.h"

static struct affine affine_new(int64_t channels, bool known)
{
    struct affine a = {.channels = channels};
    if (known) {
        a.scale = xcalloc((size_t)channels, sizeof *a.scale);
        a.shift = xcalloc((size_t)channels, sizeof *a.shift);
    }
    return a;
}

void affine_release(struct affine *a)
{
    free(a->scale);
    free(a->shift);
    *a = (struct affine){0};
}

struct affine affine_of_batchnorm(const struct graph *g, const struct node *norm)
{
    const float *gamma = value_data(g, norm->src[1]), *beta = value_data(g, norm->src[2]);
    const float *mean = value_data(g, norm->src[3]), *variance = value_data(g, norm->src[4]);
    double epsilon = node_float(norm, ATTR_epsilon, 1e-5f);
    int64_t channels = tensor_elements(&g->values[norm->src[1]].t);
    struct affine a = affine_new(channels, gamma && beta && mean && variance);
    for (int64_t c = 0; c < channels && a.scale; c++) {
        a.scale[c] = gamma[c] / sqrt(variance[c] + epsilon);
        a.shift[c] = beta[c] - a.scale[c] * mean[c];
    }
    return a;
}

struct affine affine_of_constant(const struct graph *g, int v, int64_t channels, bool factor)
{
    const float *data = value_data(g, v);
    bool one = tensor_elements(&g->values[v].t) == 1;
    struct affine a = affine_new(channels, data != NULL);
    for (int64_t c = 0; c < a.channels && data; c++) {
        double x = data[one ? 0 : c];
        a.scale[c] = factor ? x : 1;
        a.shift[c] = factor ? 0 : x;
    }
    return a;
}

int weight_scaled(struct graph *g, int v, const double *scale, int64_t n, int64_t run)
{
    const float *data = value_data(g, v);
    struct tensor t = g->values[v].t;
    int w = graph_add_value(g, VALUE_weight, NULL, &t);
    if (!data || !scale)
        return w;
    float *scaled = arena_alloc(&g->arena, tensor_bytes(&t));
    for (int64_t k = 0; k < tensor_elements(&t); k++)
        scaled[k] = (float)(data[k] * scale[k / run % n]);
    g->values[w].data = scaled;
    return w;
}

// Weights are [oc, ic / group, ...], and those of a product [k, n] or, transposed, [n, k].
void node_scale_weights(struct graph *g, int i, const struct affine *a)
{
    struct node *n = &g->nodes[i];
    const struct tensor *t = &g->values[n->src[1]].t;
    bool by_row = n->op == OP_Conv || node_int(n, ATTR_transB, 0);
    int64_t run = by_row ? dims_count(t->dims, 1, t->rank) : 1;
    n->src[1] = weight_scaled(g, n->src[1], a->scale, a->channels, run);
}

void node_shift_bias(struct graph *g, int i, const struct affine *a)
{
    struct node *n = &g->nodes[i];
    int old = node_src(n, 2);
    const float *data = old == NONE ? NULL : value_data(g, old);
    struct tensor t = {.type = TYPE_f32, .rank = 1, .dims = {a->channels}};
    int v = graph_add_value(g, VALUE_weight, NULL, &t);
    if (n->n_src < 3)
        node_add_src(g, n, v);
    else
        n->src[2] = v;
    if (!a->scale || (old != NONE && !data))
        return;
    float *bias = arena_alloc(&g->arena, tensor_bytes(&t));
    for (int64_t c = 0; c < a->channels; c++)
        bias[c] = (float)(a->scale[c] * (data ? data[c] : 0) + a->shift[c]);
    g->values[v].data = bias;
}
