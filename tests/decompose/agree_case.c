#include "tests/test.h"

#include <math.h>
#include <stdlib.h>
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

// False if the reference does not have one of its operators, which never become steps.
static bool run(struct graph *g, void **address, const char *text)
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
    bool done = reference_run(g, address, &err) == 0;
    if (!done && !strstr(err.text, ": no reference, "))
        fail_msg("%s: %s", text, err.text);
    return done;
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
            fail_msg("%s: element %lld is %g, but fused %g", text, (long long)i, (double)b[i],
                     (double)a[i]);
}

// How far a graph is taken.
enum stage { FUSED, UNFUSED, INFERRED, N_STAGES };

static int take_to(struct graph *g, enum stage stage, struct error *err)
{
    if (stage == INFERRED)
        return infer_shapes(g, err);
    return graph_to_steps(g, &(struct decompose_options){.no_fusion = stage == UNFUSED}, err);
}

static void check_agreement(const char *text)
{
    struct graph *g[N_STAGES];
    void **address[N_STAGES];
    bool has[N_STAGES];
    for (int k = 0; k < N_STAGES; k++) {
        struct error err = {0};
        g[k] = with_contents(text);
        bool later = g[k]->opset >= 13; // the reference has not the earlier Softmax
        if (take_to(g[k], (enum stage)k, &err))
            fail_msg("%s: %s", text, err.text);
        address[k] = xcalloc((size_t)g[k]->n_values, sizeof *address[k]);
        has[k] = run(g[k], address[k], text) && (k < INFERRED || later);
        assert_true(has[k] || k == INFERRED);
    }
    for (int k = 0; k < g[0]->n_outputs; k++) {
        const struct tensor *t = &g[0]->values[g[0]->outputs[k]].t;
        for (int stage = UNFUSED; stage < N_STAGES && t->type == TYPE_f32; stage++)
            if (has[stage])
                compare(t, output(g[0], address[0], k), output(g[stage], address[stage], k), text);
    }
    for (int k = 0; k < N_STAGES; k++) {
        free(address[k]);
        graph_release(g[k]);
        free(g[k]);
    }
}

// The outputs of both, as they are without fusion.
static void check_same(const struct same_case *c)
{
    const char *texts[] = {c->graph, c->spelled_out};
    struct graph *g[2];
    void **address[2];
    for (int k = 0; k < 2; k++) {
        struct error err = {0};
        g[k] = with_contents(texts[k]);
        if (take_to(g[k], UNFUSED, &err))
            fail_msg("%s: %s", texts[k], err.text);
        address[k] = xcalloc((size_t)g[k]->n_values, sizeof *address[k]);
        assert_true(run(g[k], address[k], texts[k]));
    }
    assert_int_equal(g[0]->n_outputs, g[1]->n_outputs);
    for (int k = 0; k < g[0]->n_outputs; k++) {
        const struct tensor *t = &g[0]->values[g[0]->outputs[k]].t;
        assert_true(tensor_equal(t, &g[1]->values[g[1]->outputs[k]].t));
        compare(t, output(g[0], address[0], k), output(g[1], address[1], k), c->graph);
    }
    for (int k = 0; k < 2; k++) {
        free(address[k]);
        graph_release(g[k]);
        free(g[k]);
    }
}

void check_same_cases(const struct same_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check_same(&cases[i]);
}

void check_agreeing_cases(const struct steps_case *cases, size_t n)
{
    check_steps_cases(cases, n);
    for (size_t i = 0; i < n; i++)
        check_agreement(cases[i].graph);
}
