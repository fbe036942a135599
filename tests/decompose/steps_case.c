#include "tests/test.h"

#include "tests/decompose/steps_case.h"

struct graph *steps_from_text(const char *text, bool no_fusion)
{
    struct graph *g = graph_from_text(text);
    struct error err = {0};
    if (graph_to_steps(g, &(struct decompose_options){.no_fusion = no_fusion}, &err))
        fail_msg("%s: %s", text, err.text);
    return g;
}

void check_steps_cases(const struct steps_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct graph *g = steps_from_text(cases[i].graph, false);
        struct str got = STR_INIT;
        steps_text(g, &got);
        if (strcmp(got.text, cases[i].steps) != 0)
            fail_msg("%s\ngives    %s\nexpected %s", cases[i].graph, got.text, cases[i].steps);
        str_release(&got);
        graph_release(g);
        free(g);
    }
}

void check_refusals(const struct steps_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct graph *g = graph_from_text(cases[i].graph);
        struct error err = {0};
        if (graph_to_steps(g, &(struct decompose_options){0}, &err) == 0)
            fail_msg("%s was accepted", cases[i].graph);
        assert_string_equal(err.text, cases[i].steps);
        graph_release(g);
        free(g);
    }
}
