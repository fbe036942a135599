#include "bricks/work.h"

#include <stdlib.h>

#include "base/memory.h"
#include "bricks/step.h"

static double elements(const struct graph *g, int v)
{
    return (double)tensor_elements(&g->values[v].t);
}

// Two per multiply-add: dst elements times the products behind each.
static double work_conv(const struct graph *g, const struct node *n)
{
    const struct tensor *weights = &g->values[n->src[1]].t; // [oc, ic / group, kernel...]
    double products = (double)dims_count(weights->dims, 1, weights->rank);
    double bias = step_own_sources(n) > 2 && n->src[2] != NONE ? 1 : 0;
    return elements(g, n->dst[0]) * (2 * products + bias);
}

static double work_gemm(const struct graph *g, const struct node *n)
{
    const struct tensor *a = &g->values[n->src[0]].t;
    double k = (double)a->dims[node_int(n, ATTR_transA, 0) ? 0 : 1];
    double bias = step_own_sources(n) > 2 && n->src[2] != NONE ? 1 : 0;
    return elements(g, n->dst[0]) * (2 * k + bias);
}

static double work_matmul(const struct graph *g, const struct node *n)
{
    const struct tensor *a = &g->values[n->src[0]].t;
    return elements(g, n->dst[0]) * 2 * (double)a->dims[a->rank - 1];
}

static double work_pool(const struct graph *g, const struct node *n)
{
    int rank;
    const int64_t *kernel = node_ints(n, ATTR_kernel_shape, &rank);
    if (!kernel) // global: every source element once
        return elements(g, n->src[0]);
    return elements(g, n->dst[0]) * (double)dims_count(kernel, 0, rank);
}

static double work_batchnorm(const struct graph *g, const struct node *n)
{
    return 2 * elements(g, n->dst[0]);
}

// A window of squares, then scale, power and division.
static double work_lrn(const struct graph *g, const struct node *n)
{
    return elements(g, n->dst[0]) * (2 * (double)node_int(n, ATTR_size, 1) + 3);
}

// Maximum, difference, exponential, sum, quotient.
static double work_softmax(const struct graph *g, const struct node *n)
{
    return 5 * elements(g, n->dst[0]);
}

static double work_unary(const struct graph *g, const struct node *n)
{
    return elements(g, n->dst[0]);
}

static double work_binary(const struct graph *g, const struct node *n)
{
    return elements(g, n->dst[0]);
}

static double work_copy(const struct graph *g, const struct node *n)
{
    (void)g;
    (void)n;
    return 0;
}

#define work_none work_copy // operators that never become a step

typedef double flops_of(const struct graph *g, const struct node *n);

static flops_of *const flops[N_OPS] = {
#define OP(name, srcs, dsts, attrs, shape, fold, layout, work, ...) OP_ROW(name, work)
#define OP_ROW(name, work) [OP_##name] = work_##work,
#include "bricks/ops.def"
#undef OP
};

static bool seen_before(const int *list, int k)
{
    for (int j = 0; j < k; j++)
        if (list[j] == list[k])
            return true;
    return false;
}

struct work work_node(const struct graph *g, const struct node *n)
{
    struct work work = {.flops = flops[n->op](g, n)};
    work.flops += n->n_posts * elements(g, n->dst[0]);
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && !seen_before(n->src, k))
            work.bytes += (double)tensor_bytes(&g->values[n->src[k]].t);
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE)
            work.bytes += (double)tensor_bytes(&g->values[n->dst[k]].t);
    return work;
}

struct work work_graph(const struct graph *g)
{
    struct work sum = {0};
    for (int i = 0; i < g->n_nodes; i++) {
        struct work work = work_node(g, &g->nodes[i]);
        sum.flops += work.flops;
        sum.bytes += work.bytes;
    }
    return sum;
}

int64_t work_parameters(const struct graph *g)
{
    bool *seen = xcalloc((size_t)g->n_values, sizeof *seen);
    int64_t parameters = 0;
    for (int i = 0; i < g->n_nodes; i++)
        for (int k = 0; k < g->nodes[i].n_src; k++) {
            int v = g->nodes[i].src[k];
            if (v == NONE || !graph_is_weight(g, v))
                continue;
            v = graph_storage(g, v);
            if (!seen[v])
                parameters += tensor_elements(&g->values[v].t);
            seen[v] = true;
        }
    free(seen);
    return parameters;
}
