// What transformers become: attention and norms are one step each, and layers that are the same
// share their bricks, within a network and between networks.
#include "tests/test.h"

#include "datasets/zoo.h"
#include "decompose/decompose.h"

static void must(int status, const char *what, const struct error *err)
{
    if (status != 0)
        fail_msg("%s: %s", what, err->text);
}

static struct graph *steps_of(const char *name)
{
    const struct decompose_options options = {0};
    struct error err = {0};
    struct graph *g = zoo_build(zoo_find(name), 1);
    must(graph_to_steps(g, &options, &err), name, &err);
    return g;
}

static void release(struct graph *g)
{
    graph_release(g);
    free(g);
}

static int count(const struct graph *g, enum op op)
{
    int n = 0;
    for (int i = 0; i < g->n_nodes; i++)
        n += g->nodes[i].op == op;
    return n;
}

static const struct fused_case {
    const char *name;
    int attentions, layer_norms, rms_norms, group_norms;
} fused[] = {
    {"bert_tiny", 2, 5, 0, 0},
    {"albert_base", 12, 25, 0, 0},
    {"distilbert", 6, 13, 0, 0},
    {"t5_small_encoder", 6, 0, 13, 0},
    {"gpt2_prefill", 12, 25, 0, 0},
    {"gpt2_decode", 12, 25, 0, 0},
    {"smollm_135m_prefill", 30, 0, 61, 0},
    {"tinyllama_1b_decode", 22, 0, 45, 0},
    {"vit_b_16", 12, 25, 0, 0},
    {"swin_t", 12, 29, 0, 0},
    {"segformer_b0", 8, 30, 0, 0},
    {"whisper_tiny_encoder", 4, 9, 0, 0},
    {"wav2vec2_base", 12, 26, 0, 1},
    {"sd15_unet_down", 10, 15, 0, 17},
};

// Nothing is left of what they are spelled in.
static void transformers__attention_and_norms_are_single_steps(void **state)
{
    (void)state;
    static const enum op parts[] = {OP_Softmax, OP_Erf, OP_ReduceMean,
                                    OP_Sqrt,    OP_Pow, OP_InstanceNormalization};
    for (size_t i = 0; i < N_ELEMENTS(fused); i++) {
        const struct fused_case *c = &fused[i];
        struct graph *g = steps_of(c->name);
        if (count(g, OP_ScaledDotProductAttention) != c->attentions ||
            count(g, OP_LayerNormalization) != c->layer_norms ||
            count(g, OP_RMSNormalization) != c->rms_norms ||
            count(g, OP_GroupNormalization) != c->group_norms)
            fail_msg("%s: %d attentions, %d, %d and %d norms", c->name,
                     count(g, OP_ScaledDotProductAttention), count(g, OP_LayerNormalization),
                     count(g, OP_RMSNormalization), count(g, OP_GroupNormalization));
        for (size_t k = 0; k < N_ELEMENTS(parts); k++)
            if (count(g, parts[k]))
                fail_msg("%s: %s is left", c->name, op_info(parts[k])->name);
        release(g);
    }
}

static void add_to_suite(struct suite *s, const char *name)
{
    struct error err = {0};
    struct graph *g = steps_of(name);
    must(split(s, g, name, "zoo", &err), name, &err);
    release(g);
}

// Bricks of the second network that the first one has not.
static const struct shared_case {
    const char *known, *other;
    int new_bricks;
} shared[] = {
    {"bert_base", "distilbert", 0},
    {"minilm_l12", "minilm_l6", 0},
    {"swin_s", "swin_t", 0},
};

static void transformers__equal_layers_share_their_bricks(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(shared); i++) {
        struct suite s;
        suite_init(&s, 1);
        add_to_suite(&s, shared[i].known);
        int before = s.n_bricks;
        add_to_suite(&s, shared[i].other);
        if (s.n_bricks - before != shared[i].new_bricks)
            fail_msg("%s: %d bricks that %s has not", shared[i].other, s.n_bricks - before,
                     shared[i].known);
        suite_release(&s);
    }
}

static int64_t output_elements(const struct zoo_entry *e, int64_t batch)
{
    struct error err = {0};
    struct graph *g = zoo_build(e, batch);
    int64_t n = 0;
    must(infer_shapes(g, &err), e->name, &err);
    for (int i = 0; i < g->n_outputs; i++)
        n += tensor_elements(graph_tensor(g, g->outputs[i]));
    release(g);
    return n;
}

static void zoo__a_batch_of_three_gives_three_results(void **state)
{
    (void)state;
    for (int i = 0; i < zoo_count(); i++)
        if (output_elements(zoo_at(i), 3) != 3 * output_elements(zoo_at(i), 1))
            fail_msg("%s: its outputs do not grow with the batch", zoo_at(i)->name);
}

static void weights__uses_of_one_layer_share_them(void **state)
{
    (void)state;
    struct graph *albert = zoo_build(zoo_find("albert_base"), 1);
    int queries = 0, products = 0;
    for (int v = 0; v < albert->n_values; v++)
        queries += strcmp(albert->values[v].name, "layer.attention.query.weight") == 0;
    for (int i = 0; i < albert->n_nodes; i++)
        products += strstr(albert->nodes[i].name, "attention.query.product") != NULL;
    assert_int_equal(queries, 1);
    assert_int_equal(products, 12);
    release(albert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transformers__attention_and_norms_are_single_steps),
        cmocka_unit_test(transformers__equal_layers_share_their_bricks),
        cmocka_unit_test(zoo__a_batch_of_three_gives_three_results),
        cmocka_unit_test(weights__uses_of_one_layer_share_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
