#include "tests/test.h"

#include <math.h>
#include <string.h>

#include "reference/reference.h"
#include "tests/decompose/agree_case.h"

// Between `from` and `from + 1`, and neither regular nor the same for two tensors.
static float *numbers(struct graph *g, const struct tensor *t, float from, double seed)
{
    float *x = arena_alloc(&g->arena, tensor_bytes(t));
    for (int64_t i = 0; i < tensor_elements(t); i++)
        x[i] = from + (float)fabs(sin(seed + 1.7 * (double)i));
    return x;
}

// The graph with contents for all weights of its file; they are positive, as variances must be.
static struct graph *with_contents(const char *text)
{
    struct graph *g = graph_from_text(text);
    for (int v = 0; v < g->n_values; v++)
        if (g->values[v].kind == VALUE_weight && !g->values[v].data)
            g->values[v].data = numbers(g, &g->values[v].t, 0.25f, v);
    return g;
}

static void run(struct graph *g, void **address, const char *text)
{
    for (int v = 0; v < g->n_values; v++) {
        struct value *value = &g->values[v];
        if (value->kind == VALUE_weight)
            memcpy(&address[v], &value->data, sizeof value->data);
        else if (value->kind == VALUE_input)
            address[v] = numbers(g, &value->t, -0.5f, v);
        else if (value->view_of == NONE && value->t.rank >= 0)
            address[v] = arena_alloc(&g->arena, tensor_bytes(&value->t));
    }
    struct error err = {0};
    if (reference_run(g, address, &err))
        fail_msg("%s: %s", text, err.text);
}

static const void *output(const struct graph *g, void *const *address, int k)
{
    int v = g->outputs[k];
    return graph_is_weight(g, v) ? g->values[v].data : address[graph_storage(g, v)];
}

static void compare(const struct tensor *t, const float *a, const float *b, const char *text)
{
    for (int64_t i = 0; i < tensor_elements(t); i++)
        if (!(fabs(a[i] - b[i]) <= 1e-4 * (1 + fabs(b[i]))))
            fail_msg("%s: element %lld is %g if fused, else %g", text, (long long)i, (double)a[i],
                     (double)b[i]);
}

static void check_agreement(const char *text)
{
    struct graph *g[2];
    void **address[2];
    for (int k = 0; k < 2; k++) {
        struct error err = {0};
        g[k] = with_contents(text);
        if (graph_to_steps(g[k], &(struct decompose_options){.no_fusion = k == 1}, &err))
            fail_msg("%s: %s", text, err.text);
        address[k] = xcalloc((size_t)g[k]->n_values, sizeof *address[k]);
        run(g[k], address[k], text);
    }
    for (int k = 0; k < g[0]->n_outputs; k++) {
        const struct tensor *t = &g[0]->values[g[0]->outputs[k]].t;
        if (t->type == TYPE_f32)
            compare(t, output(g[0], address[0], k), output(g[1], address[1], k), text);
    }
    for (int k = 0; k < 2; k++) {
        free(address[k]);
        graph_release(g[k]);
        free(g[k]);
    }
}

void check_agreeing_cases(const struct steps_case *cases, size_t n)
{
    check_steps_cases(cases, n);
    for (size_t i = 0; i < n; i++)
        check_agreement(cases[i].graph);
}
