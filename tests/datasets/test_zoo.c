// The zoo against what its sources publish. Figures count what torchvision counts: multiply-adds
// of convolutions and fully connected layers; parameters that are trained, thus no running means
// and variances.
#include "tests/test.h"

#include "bricks/work.h"
#include "datasets/zoo.h"
#include "decompose/decompose.h"

static void must(int status, const struct error *err)
{
    if (status != 0)
        fail_msg("%s", err->text);
}

static int trained_srcs(const struct node *n)
{
    if (n->op == OP_Conv || n->op == OP_Gemm)
        return n->n_src;
    return n->op == OP_BatchNormalization ? 3 : 0; // X, scale, B
}

static double trained_parameters(const struct graph *g)
{
    double total = 0;
    for (int i = 0; i < g->n_nodes; i++) {
        for (int s = 1; s < trained_srcs(&g->nodes[i]); s++)
            total += (double)tensor_elements(&g->values[g->nodes[i].src[s]].t);
    }
    return total;
}

static double gmacs(const struct graph *g)
{
    double flops = 0;
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->op == OP_Conv || n->op == OP_Gemm)
            flops += work_node(g, n).flops;
    }
    return flops / 2 / 1e9;
}

static void zoo__parameters_and_multiply_adds_are_as_published(void **state)
{
    (void)state;
    for (int i = 0; i < n_zoo; i++) {
        struct error err = {0};
        struct graph *g = zoo_build(&zoo[i], 1);
        must(infer_shapes(g, &err), &err);
        if (trained_parameters(g) != zoo[i].parameters)
            fail_msg("%s: %.0f parameters, published are %.0f", zoo[i].name, trained_parameters(g),
                     zoo[i].parameters);
        double ratio = gmacs(g) / zoo[i].gmacs;
        if (ratio < 0.98 || ratio > 1.02)
            fail_msg("%s: %.3f GMACs, published are %.3f", zoo[i].name, gmacs(g), zoo[i].gmacs);
        graph_release(g);
        free(g);
    }
}

static void zoo__names_of_layers_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < n_zoo; i++) {
        struct graph *g = zoo_build(&zoo[i], 1);
        for (int a = 0; a < g->n_nodes; a++) {
            for (int b = 0; b < a; b++) {
                if (strcmp(g->nodes[a].name, g->nodes[b].name) == 0)
                    fail_msg("%s: two layers are called %s", zoo[i].name, g->nodes[a].name);
            }
        }
        graph_release(g);
        free(g);
    }
}

static void zoo__batch_reaches_the_output(void **state)
{
    (void)state;
    struct error err = {0};
    struct graph *g = zoo_build(zoo_find("squeezenet1_1"), 3);
    must(infer_shapes(g, &err), &err);
    assert_int_equal(g->n_outputs, 1);
    const struct tensor *t = graph_tensor(g, g->outputs[0]);
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->dims[0], 3);
    assert_int_equal(t->dims[1], 1000);
    graph_release(g);
    free(g);
}

static void zoo_find__knows_every_entry_and_nothing_else(void **state)
{
    (void)state;
    for (int i = 0; i < n_zoo; i++)
        assert_ptr_equal(zoo_find(zoo[i].name), &zoo[i]);
    assert_null(zoo_find("resnet5"));
    assert_null(zoo_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zoo__parameters_and_multiply_adds_are_as_published),
        cmocka_unit_test(zoo__names_of_layers_are_unique),
        cmocka_unit_test(zoo__batch_reaches_the_output),
        cmocka_unit_test(zoo_find__knows_every_entry_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
