// The zoo against what its sources publish.
#include "tests/test.h"

#include "datasets/zoo.h"
#include "decompose/decompose.h"
#include "tests/scratch.h"

static void must(int status, const char *what, const struct error *err)
{
    if (status != 0)
        fail_msg("%s: %s", what, err->text);
}

static void infer(struct graph *g, const struct zoo_entry *e)
{
    struct error err = {0};
    must(infer_shapes(g, &err), e->name, &err);
}

static void release(struct graph *g)
{
    graph_release(g);
    free(g);
}

// Relative deviation; 0 where nothing is published.
static double off(double built, double published)
{
    return published > 0 ? fabs(built / published - 1) : 0;
}

// All that are off are named, then the test fails.
static void zoo__parameters_and_multiply_adds_are_as_published(void **state)
{
    (void)state;
    int n_off = 0;
    for (int i = 0; i < zoo_count(); i++) {
        const struct zoo_entry *e = zoo_at(i);
        struct graph *g = zoo_build(e, 1);
        double parameters = zoo_parameters(g, e->with_statistics);
        infer(g, e);
        double gmacs = zoo_gmacs(g);
        if (off(parameters, e->parameters) > 0.005 || off(gmacs, e->gmacs) > 0.02) {
            print_error("%s: %.0f parameters, %.3f GMACs; published are %.0f, %.3f\n", e->name,
                        parameters, gmacs, e->parameters, e->gmacs);
            n_off++;
        }
        release(g);
    }
    assert_int_equal(n_off, 0);
}

static void zoo__figures_have_a_source(void **state)
{
    (void)state;
    for (int i = 0; i < zoo_count(); i++) {
        const struct zoo_entry *e = zoo_at(i);
        if ((e->parameters > 0 || e->gmacs > 0) != (e->figures != NULL))
            fail_msg("%s: figures without a source, or the other way round", e->name);
        if ((e->layers > 0) != ((e->lists & LIST_dlbricks50) != 0))
            fail_msg("%s: layers in DLBricks' table 1, but not in the list, or no layers", e->name);
        if (!e->source || !e->task || e->year < 1980)
            fail_msg("%s: no source, task or year", e->name);
    }
}

// DLBricks counts the layers of another framework: within 2 %, or the deviation speaks of them.
static void zoo__layers_are_as_many_as_in_table_1_or_deviate_as_stated(void **state)
{
    (void)state;
    int n_off = 0;
    for (int i = 0; i < zoo_count(); i++) {
        const struct zoo_entry *e = zoo_at(i);
        struct graph *g = zoo_build(e, 1);
        infer(g, e);
        bool stated = e->deviation && strstr(e->deviation, "table 1 counts");
        if (off(g->n_nodes, e->layers) > 0.02 && !stated) {
            print_error("%s: %d layers; table 1 of DLBricks has %d\n", e->name, g->n_nodes,
                        e->layers);
            n_off++;
        }
        release(g);
    }
    assert_int_equal(n_off, 0);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Every node and every value, weights included.
static void zoo__names_are_unique(void **state)
{
    (void)state;
    for (int i = 0; i < zoo_count(); i++) {
        struct graph *g = zoo_build(zoo_at(i), 1);
        const char **names = xcalloc((size_t)g->n_values, sizeof *names);
        for (int v = 0; v < g->n_values; v++)
            names[v] = g->values[v].name;
        qsort(names, (size_t)g->n_values, sizeof *names, by_text);
        for (int v = 1; v < g->n_values; v++)
            if (strcmp(names[v - 1], names[v]) == 0)
                fail_msg("%s: two values are called %s", zoo_at(i)->name, names[v]);
        free(names);
        release(g);
    }
}

// All the way to steps and bricks, and nothing is left out.
static void zoo__every_network_decomposes(void **state)
{
    (void)state;
    for (int i = 0; i < zoo_count(); i++) {
        const struct zoo_entry *e = zoo_at(i);
        const struct decompose_options options = {0};
        struct error err = {0};
        struct suite s;
        struct graph *g = zoo_build(e, 1);
        suite_init(&s, 1);
        must(graph_to_steps(g, &options, &err), e->name, &err);
        must(split(&s, g, e->name, "zoo", &err), e->name, &err);
        if (s.models[0].n_unmodelled)
            fail_msg("%s: %s '%s' is not modelled: %s", e->name, s.models[0].unmodelled[0].op,
                     s.models[0].unmodelled[0].layer, s.models[0].unmodelled[0].reason);
        suite_release(&s);
        release(g);
    }
}

// What is built and what is written and read again.
static void zoo__files_have_the_bricks_of_what_they_were_written_from(void **state)
{
    (void)state;
    char *folder = scratch_make(), *path = scratch_path(folder, "a.onnx");
    for (int i = 0; i < zoo_count(); i++) {
        const struct zoo_entry *e = zoo_at(i);
        const struct decompose_options options = {0};
        struct notes notes = {0};
        struct error err = {0};
        struct suite built, read;
        struct graph *g = zoo_build(e, 1);
        must(onnx_write(g, path, &err), e->name, &err);
        suite_init(&built, 1);
        suite_init(&read, 1);
        must(graph_to_steps(g, &options, &err), e->name, &err);
        must(split(&built, g, e->name, "zoo", &err), e->name, &err);
        must(decompose_file(&read, path, &options, &notes, &err), e->name, &err);
        if (read.models[0].n_instances != built.models[0].n_instances)
            fail_msg("%s: %d bricks, %d in its file", e->name, built.models[0].n_instances,
                     read.models[0].n_instances);
        for (int k = 0; k < built.n_bricks; k++)
            assert_string_equal(read.bricks[k]->text, built.bricks[k]->text);
        notes_release(&notes);
        suite_release(&built);
        suite_release(&read);
        release(g);
    }
    scratch_remove(folder);
    free(path);
}

static void zoo__batch_reaches_the_output(void **state)
{
    (void)state;
    struct error err = {0};
    struct graph *g = zoo_build(zoo_find("squeezenet1_1"), 3);
    must(infer_shapes(g, &err), "squeezenet1_1", &err);
    assert_int_equal(g->n_outputs, 1);
    const struct tensor *t = graph_tensor(g, g->outputs[0]);
    assert_int_equal(t->rank, 2);
    assert_int_equal(t->dims[0], 3);
    assert_int_equal(t->dims[1], 1000);
    release(g);
}

static void zoo_find__knows_every_entry_and_nothing_else(void **state)
{
    (void)state;
    for (int i = 0; i < zoo_count(); i++)
        assert_ptr_equal(zoo_find(zoo_at(i)->name), zoo_at(i)); // so names are unique too
    assert_null(zoo_find("resnet5"));
    assert_null(zoo_find(""));
}

static int selected(const char *what)
{
    int n = 0;
    for (int i = 0; i < zoo_count(); i++)
        n += zoo_selects(what, zoo_at(i));
    return n;
}

static void zoo_selects__by_name_family_task_and_list(void **state)
{
    (void)state;
    assert_int_equal(selected("all"), zoo_count());
    assert_int_equal(selected("resnet50"), 1);
    assert_int_equal(selected("squeezenet"), 2);
    assert_true(selected("classification") > 10);
    assert_true(selected("classification") <= zoo_count());
    assert_int_equal(selected("dlbricks50"), 50);
    assert_true(selected("modern") >= 50);
    assert_int_equal(selected("nothing"), 0);
    assert_int_equal(selected(""), 0);
}

// By family, or by network where one of its family would not do.
static void zoo__has_what_people_run_today(void **state)
{
    static const char *const wanted[] = {
        "resnet50", // v1.5
        "resnet_v2",
        "resnext50_32x4d",
        "wide_resnet50_2",
        "regnet",
        "densenet",
        "efficientnet",
        "efficientnet_v2",
        "mobilenet_v1",
        "mobilenet_v2",
        "mobilenet_v3",
        "mnasnet",
        "shufflenet_v2",
        "squeezenet",
        "ghostnet",
        "convnext",
        "vit_b_16",
        "deit_small",
        "swin",
        "mixer",
        "yolov3",
        "yolov5",
        "yolov8",
        "ssd_mobilenet",
        "retinanet",
        "unet",
        "deeplabv3_resnet50",
        "fcn_resnet50",
        "segformer",
        "bert_tiny",
        "bert_large",
        "distilbert",
        "albert_base",
        "minilm_l6",
        "gpt2_prefill",
        "gpt2_decode",
        "t5",
        "smollm_135m_prefill",
        "smollm_135m_decode",
        "llama32_1b_prefill",
        "llama32_1b_decode",
        "whisper_tiny_encoder",
        "wav2vec2",
        "lstm_lm",
        "gru_kws",
        "dlrm",
        "wide_deep",
        "ncf",
        "alphazero",
        "sd_unet",
    };
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(wanted); i++) {
        int n = 0;
        for (int k = 0; k < zoo_count(); k++)
            n += zoo_selects(wanted[i], zoo_at(k)) && (zoo_at(k)->lists & LIST_modern);
        if (n == 0)
            fail_msg("the list of what people run has no %s", wanted[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zoo__parameters_and_multiply_adds_are_as_published),
        cmocka_unit_test(zoo__layers_are_as_many_as_in_table_1_or_deviate_as_stated),
        cmocka_unit_test(zoo__figures_have_a_source),
        cmocka_unit_test(zoo__names_are_unique),
        cmocka_unit_test(zoo__every_network_decomposes),
        cmocka_unit_test(zoo__files_have_the_bricks_of_what_they_were_written_from),
        cmocka_unit_test(zoo__batch_reaches_the_output),
        cmocka_unit_test(zoo_find__knows_every_entry_and_nothing_else),
        cmocka_unit_test(zoo_selects__by_name_family_task_and_list),
        cmocka_unit_test(zoo__has_what_people_run_today),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
