#include "runner/check.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bricks/work.h"
#include "runner/data.h"
#include "reference/number.h"
#include "reference/reference.h"

// |got - expected|, where equal infinities and two NaNs are no difference.
static double difference(float got, float expected)
{
    if (isfinite(got) && isfinite(expected))
        return fabs((double)got - (double)expected);
    bool same = got == expected || (isnan(got) && isnan(expected));
    return same ? 0 : INFINITY;
}

double compare_f32(const float *got, const float *expected, size_t n)
{
    double largest = 0, squares = 0;
    size_t n_finite = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(expected[i])) {
            squares += (double)expected[i] * (double)expected[i];
            n_finite++;
        }
    double size = n_finite ? sqrt(squares / (double)n_finite) : 0;
    for (size_t i = 0; i < n; i++) {
        double off = difference(got[i], expected[i]);
        double own = isfinite(expected[i]) ? fabs((double)expected[i]) : 0;
        if (off > 0)
            largest = fmax(largest, size > 0 ? off / fmax(size, own) : INFINITY);
    }
    return largest;
}

// What float32 may lose. A sum of k products of random signs is of size sqrt(k) and, added up in
// any order, off by at most some k^(1/2) roundings of that size; functions like exp are
// approximated to a dozen roundings. The errors of consecutive steps add up, as the data keep
// their variance from step to step. The factor 8 covers the largest of millions of elements. A
// wrong kernel is off by more than 1e-2, a layer of 25088 inputs may be off by 2e-4.
static double rounding_tolerance(const struct graph *g)
{
    double roundings = 0;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        double elements = (double)tensor_elements(&g->values[n->dst[0]].t);
        roundings += 16 + sqrt(work_node(g, n).flops / fmax(elements, 1));
    }
    return 8 * roundings * (double)FLT_EPSILON;
}

// Bytes that checking asks for at most: reference and program each hold every value (a program
// packs weights and keeps one of them plain), the reference computes one result, and some operators
// first take in one source, as long doubles. The reference's memory aborts when it runs out.
static double bytes_needed(const struct graph *g)
{
    double sum = 0, largest = 0; // real numbers: no sum of sizes overflows
    for (int v = 0; v < g->n_values; v++) {
        if (g->values[v].view_of != NONE)
            continue;
        sum += (double)tensor_bytes(&g->values[v].t);
        largest = fmax(largest, (double)tensor_elements(&g->values[v].t));
    }
    return 2 * sum + 2 * largest * sizeof(long double);
}

// Fills inputs and weights, each as its first user wants it; makes room for every result.
static void **reference_memory(const struct graph *g)
{
    void **address = xcalloc((size_t)g->n_values, sizeof *address);
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        for (int k = 0; k < n->n_src; k++) {
            int v = n->src[k] == NONE ? NONE : graph_storage(g, n->src[k]);
            if (v == NONE || address[v])
                continue;
            size_t bytes = tensor_bytes(&g->values[v].t);
            int node = i, src = k;
            data_find_index(g, v, &node, &src);
            address[v] = xmalloc(bytes);
            data_fill_operand(g, &g->nodes[node], src, address[v], bytes, (uint64_t)v);
            data_fill_indices(g, v, address[v], (uint64_t)v);
        }
        for (int k = 0; k < n->n_dst; k++)
            if (n->dst[k] != NONE)
                address[n->dst[k]] = xmalloc(tensor_bytes(&g->values[n->dst[k]].t));
    }
    return address;
}

static void free_memory(const struct graph *g, void **address)
{
    for (int v = 0; v < g->n_values; v++)
        free(address[v]);
    free(address);
}

static float *as_floats(const struct tensor *t, const void *data)
{
    int64_t n = tensor_elements(t);
    float *floats = xcalloc((size_t)n, sizeof *floats);
    for (int64_t i = 0; i < n; i++)
        floats[i] = (float)number_read(t->type, data, i);
    return floats;
}

// Integers must be equal.
static double compare_output(const struct tensor *t, const void *got, const void *expected)
{
    if (t->type == TYPE_f32)
        return compare_f32(got, expected, (size_t)tensor_elements(t));
    if (!type_is_real(t->type))
        return memcmp(got, expected, tensor_bytes(t)) == 0 ? 0 : INFINITY;
    float *a = as_floats(t, got), *b = as_floats(t, expected);
    double difference = compare_f32(a, b, (size_t)tensor_elements(t));
    free(a);
    free(b);
    return difference;
}

static void name_implementations(const struct program *p, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < p->n_steps && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " + " : "",
                                 p->steps[i].kernel->implementation);
}

static int run_both(const struct loaded_graph *l, const struct graph *g, void *const *expected,
                    struct check_result *result, struct error *err)
{
    for (int k = 0; k < g->n_inputs; k++) {
        int v = g->inputs[k];
        memcpy(l->address[v], expected[v], tensor_bytes(&g->values[v].t));
    }
    program_run(&l->program);
    if (reference_run(g, expected, err))
        return -1;
    result->worst = 0;
    for (int k = 0; k < g->n_outputs; k++) {
        int v = graph_storage(g, g->outputs[k]);
        result->worst =
            fmax(result->worst, compare_output(&g->values[v].t, l->address[v], expected[v]));
    }
    result->tolerance = rounding_tolerance(g);
    result->ok = result->worst <= result->tolerance;
    return 0;
}

int check_brick(const struct engine *engine, struct kernel_set *kernels, const struct graph *brick,
                struct check_result *result, struct error *err)
{
    if (memory_suffices(bytes_needed(brick), "checking it", err))
        return -1;
    struct graph g = *brick; // borrows all but the values, whose contents become known
    g.values = xmalloc((size_t)g.n_values * sizeof *g.values);
    memcpy(g.values, brick->values, (size_t)g.n_values * sizeof *g.values);
    void **address = reference_memory(&g);
    for (int v = 0; v < g.n_values; v++)
        if (graph_is_weight(&g, v))
            g.values[v].data = address[graph_storage(&g, v)];
    struct loaded_graph l;
    int status = loaded_graph_init(&l, engine, kernels, &g, err);
    if (status == 0) {
        name_implementations(&l.program, result->implementation, sizeof result->implementation);
        status = run_both(&l, &g, address, result, err);
        loaded_graph_release(&l);
    }
    free_memory(&g, address);
    free(g.values);
    return status;
}
