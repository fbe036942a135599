#include "tests/decompose/infer_case.h"

#include "tests/test.h"

typedef void result_text(const struct graph *g, int status, const struct error *err,
                         struct str *out);

static void add_nodes(const struct graph *g, int status, const struct error *err, struct str *out)
{
    if (status)
        fail_msg("%s", err->text);
    for (int i = 0; i < g->n_nodes; i++) {
        str_add(out, i ? " | " : "");
        node_text(g, &g->nodes[i], out);
    }
}

static void add_message(const struct graph *g, int status, const struct error *err, struct str *out)
{
    (void)g;
    str_add(out, status ? err->text : "accepted");
}

static void add_reason(const struct graph *g, int status, const struct error *err, struct str *out)
{
    if (status)
        fail_msg("%s", err->text);
    if (g->n_unmodelled == 0)
        str_add(out, "all is modelled");
    else
        str_addf(out, "%s: %s", g->unmodelled[0].op, g->unmodelled[0].reason);
}

static void check(const struct infer_case *c, result_text *add_result)
{
    struct str text = STR_INIT, got = STR_INIT;
    str_addf(&text, "%s | out y", c->graph);
    struct graph *g = graph_from_text(text.text);
    struct error err = {0};
    int status = infer_shapes(g, &err);
    add_result(g, status, &err, &got);
    if (strcmp(got.text, c->expected) != 0)
        fail_msg("%s\ngives    %s\nexpected %s", c->graph, got.text, c->expected);
    graph_release(g);
    free(g);
    str_release(&text);
    str_release(&got);
}

void check_inferred(const struct infer_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&cases[i], add_nodes);
}

void check_refused(const struct infer_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&cases[i], add_message);
}

void check_given_up(const struct infer_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++)
        check(&cases[i], add_reason);
}
