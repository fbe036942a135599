#include "bricks/work.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bricks/step.h"

static double elements(const struct graph *g, int v)
{
    return (double)tensor_elements(&g->values[v].t);
}

// A source of the operator itself; NULL if it is omitted.
static const struct tensor *optional(const struct graph *g, const struct node *n, int k)
{
    return k < step_own_sources(n) && n->src[k] != NONE ? &g->values[n->src[k]].t : NULL;
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

// Every source element meets every weight of its channel.
static double work_conv_transpose(const struct graph *g, const struct node *n)
{
    const struct tensor *weights = &g->values[n->src[1]].t; // [ic, oc / group, kernel...]
    double bias = optional(g, n, 2) ? elements(g, n->dst[0]) : 0;
    return elements(g, n->src[0]) * 2 * (double)dims_count(weights->dims, 1, weights->rank) + bias;
}

static double work_fused_matmul(const struct graph *g, const struct node *n)
{
    const struct tensor *a = &g->values[n->src[0]].t;
    int k = node_int(n, ATTR_transA, 0) && a->rank > 1 ? a->rank - 2 : a->rank - 1;
    return a->rank ? elements(g, n->dst[0]) * 2 * (double)a->dims[k] : 0;
}

// As work_conv and work_matmul, but every operand comes with its scale and zero point.
static double work_qlinear_conv(const struct graph *g, const struct node *n)
{
    const struct tensor *weights = &g->values[n->src[3]].t;
    return elements(g, n->dst[0]) * 2 * (double)dims_count(weights->dims, 1, weights->rank);
}

static double work_qlinear_matmul(const struct graph *g, const struct node *n)
{
    const struct tensor *a = &g->values[n->src[0]].t;
    return a->rank ? elements(g, n->dst[0]) * 2 * (double)a->dims[a->rank - 1] : 0;
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

// Two products of all queries with all keys, a softmax between them.
static double work_sdpa(const struct graph *g, const struct node *n)
{
    const struct tensor *k = &g->values[n->src[1]].t, *v = &g->values[n->src[2]].t;
    int swapped = 0;
    const int64_t *order = node_ints(n, ATTR_swapped, &swapped);
    double keys = (double)k->dims[k->rank - (swapped > 1 && order[1] ? 3 : 2)];
    double e = (double)k->dims[k->rank - 1], f = (double)v->dims[v->rank - 1];
    return elements(g, n->dst[0]) / f * keys * (2 * e + 2 * f + 5);
}

static double work_unary(const struct graph *g, const struct node *n)
{
    return elements(g, n->dst[0]);
}

static double work_binary(const struct graph *g, const struct node *n)
{
    return elements(g, n->dst[0]);
}

static double work_nary(const struct graph *g, const struct node *n)
{
    return elements(g, n->dst[0]) * (step_own_sources(n) - 1);
}

static double work_reduce(const struct graph *g, const struct node *n)
{
    return elements(g, n->src[0]);
}

// Mean, variance, then difference, quotient, scale and shift.
static double work_norm(const struct graph *g, const struct node *n)
{
    return 7 * elements(g, n->src[0]);
}

// Two multiply-adds per dimension that is interpolated; nothing where elements are only chosen.
static double work_resize(const struct graph *g, const struct node *n)
{
    const struct tensor *from = &g->values[n->src[0]].t, *to = &g->values[n->dst[0]].t;
    double per_element = 0;
    for (int i = 0; i < to->rank && i < from->rank; i++)
        per_element += from->dims[i] != to->dims[i] ? 4 : 0;
    return node_int(n, ATTR_resize_mode, 0) == WORD_resize_mode_nearest
               ? 0
               : elements(g, n->dst[0]) * per_element;
}

// A multiply-add for each of the elements around a place; nothing where one is only chosen.
static double work_grid_sample(const struct graph *g, const struct node *n)
{
    int64_t mode = node_int(n, ATTR_resize_mode, WORD_resize_mode_linear);
    double around = mode == WORD_resize_mode_cubic ? 4 : 2;
    return mode == WORD_resize_mode_nearest
               ? 0
               : elements(g, n->dst[0]) * 2 * pow(around, g->values[n->src[0]].t.rank - 2);
}

// Four elements around each sample, of which a bin has two by two where data decide.
static double work_roi_align(const struct graph *g, const struct node *n)
{
    double samples = (double)node_int(n, ATTR_sampling_ratio, 0);
    samples = samples > 0 ? samples : 2;
    return elements(g, n->dst[0]) * 2 * 4 * samples * samples;
}

// Every weight once per step of the sequence and per row of the batch.
static double work_rnn(const struct graph *g, const struct node *n)
{
    const struct tensor *src = &g->values[n->src[0]].t; // [seq, batch, input]
    double rows = src->rank == 3 ? (double)dims_count(src->dims, 0, 2) : 0;
    return 2 * rows * (elements(g, n->src[1]) + elements(g, n->src[2]));
}

// Products of queries with keys, softmax, products with values. With three dimensions the heads
// lie in the last.
static double work_attention(const struct graph *g, const struct node *n)
{
    const struct tensor *q = &g->values[n->src[0]].t, *k = &g->values[n->src[1]].t;
    const struct tensor *past = optional(g, n, 4);
    bool flat = q->rank == 3;
    double heads = (double)(flat ? node_int(n, ATTR_q_num_heads, 1) : 1);
    double keys = k->rank < 2 ? 0 : (double)k->dims[k->rank - 2];
    keys += past && past->rank == 4 ? (double)past->dims[2] : 0;
    double depth = q->rank ? (double)q->dims[q->rank - 1] : 0;
    double rows = depth > 0 ? elements(g, n->src[0]) / depth : 0;
    return keys * (2 * elements(g, n->src[0]) + 2 * elements(g, n->dst[0]) + 5 * rows * heads);
}

// The products of one source with weights, then attention of all its places to all.
static double work_self_attention(const struct graph *g, const struct node *n)
{
    const struct tensor *x = &g->values[n->src[0]].t, *w = &g->values[n->src[1]].t;
    const struct tensor *past = optional(g, n, 4);
    if (x->rank != 3 || w->rank != 2)
        return 0;
    double rows = (double)(x->dims[0] * x->dims[1]), size = (double)w->dims[1] / 3;
    double keys = (double)x->dims[1] + (past && past->rank == 5 ? (double)past->dims[3] : 0);
    double heads = (double)node_int(n, ATTR_num_heads, 1);
    return rows * (2 * (double)w->dims[0] * (double)w->dims[1] + keys * (4 * size + 5 * heads));
}

// A multiply-add per source and combination of all letters of the equation, which is in its normal
// form: "ab,bc->ac".
static double work_einsum(const struct graph *g, const struct node *n)
{
    double combinations = 1;
    bool seen[26] = {false};
    int count, source = 0, dim = 0;
    const int64_t *text = node_ints(n, ATTR_equation, &count);
    for (int i = 0; i < count && text[i] != '-'; i++) {
        const struct tensor *t = optional(g, n, source);
        bool letter = text[i] >= 'a' && text[i] <= 'z' && t && dim < t->rank;
        if (letter && !seen[text[i] - 'a']) {
            seen[text[i] - 'a'] = true;
            combinations *= (double)t->dims[dim];
        }
        source += text[i] == ',';
        dim = text[i] == ',' ? 0 : dim + 1;
    }
    return step_own_sources(n) * combinations;
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

static bool looks_up(enum op op)
{
    return op == OP_Gather || op == OP_GatherElements || op == OP_GatherND;
}

double work_bytes_read(const struct graph *g, const struct node *n, int k)
{
    double bytes = (double)tensor_bytes(&g->values[n->src[k]].t);
    double taken = (double)tensor_bytes(&g->values[n->dst[0]].t);
    return k == 0 && looks_up(n->op) ? fmin(bytes, taken) : bytes;
}

struct work work_node(const struct graph *g, const struct node *n)
{
    struct work work = {.flops = flops[n->op](g, n)};
    work.flops += n->n_posts * elements(g, n->dst[0]);
    for (int k = 0; k < n->n_src; k++)
        if (n->src[k] != NONE && !seen_before(n->src, k))
            work.bytes += work_bytes_read(g, n, k);
    for (int k = 0; k < n->n_dst; k++)
        if (n->dst[k] != NONE)
            work.bytes += (double)tensor_bytes(&g->values[n->dst[k]].t);
    return work;
}

// Two threads take 0.5 to 0.7 us to begin where their cores are near each other, 2 where they are
// far. Of 24 steps of language models, CNNs and recurrent networks below these limits one thread
// took 0.06 to 0.74 of the time of two (near) in 22, 1.02 in a product of 1x256x10 and 1.08 in a
// layer normalisation of 768.
static const double tiny_bytes = 16e3, tiny_flops = 16e3;

bool work_is_tiny(const struct graph *g, const struct node *n)
{
    struct work work = work_node(g, n);
    return work.bytes < tiny_bytes && work.flops < tiny_flops;
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
