// What makes models share bricks: texts say nothing of names, numbers and order, and equal blocks
// are cut alike, in the zoo and in models of others.
#include "tests/test.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "bricks/suite_anonymous.h"
#include "datasets/zoo.h"
#include "decompose/decompose.h"
#include "tests/scratch.h"

#define FOLDER SOURCE_DIR "/../shared/models"

static const struct dim_binding dims[] = {{"sequence", 16}, {"length", 16}};
static const struct decompose_options options = {.n_dims = 2, .dims = dims, .n_optional_dims = 2};

static void must(int status, const char *what, const struct error *err)
{
    if (status != 0)
        fail_msg("%s: %s", what, err->text);
}

static void release(struct graph *g)
{
    graph_release(g);
    free(g);
}

// ---- shuffling -----------------------------------------------------------------------------

static uint64_t random_state;

static int random_below(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

static int *random_order(int n)
{
    int *order = xcalloc((size_t)n, sizeof *order);
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        int other = random_below(i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    return order;
}

static void renumber(int *list, int n, const int *number)
{
    for (int k = 0; k < n; k++)
        list[k] = list[k] == NONE ? NONE : number[list[k]];
}

static void shuffle_values(struct graph *g)
{
    int *number = random_order(g->n_values);
    struct value *values = xcalloc((size_t)g->n_values, sizeof *values);
    for (int v = 0; v < g->n_values; v++) {
        values[number[v]] = g->values[v];
        renumber(&values[number[v]].view_of, 1, number);
        values[number[v]].name = arena_printf(&g->arena, "value %d of another file", number[v]);
    }
    for (int i = 0; i < g->n_nodes; i++) {
        renumber(g->nodes[i].src, g->nodes[i].n_src, number);
        renumber(g->nodes[i].dst, g->nodes[i].n_dst, number);
    }
    renumber(g->inputs, g->n_inputs, number);
    renumber(g->outputs, g->n_outputs, number);
    free(g->values);
    g->values = values;
    g->values_capacity = g->n_values;
    free(number);
}

static void shuffle_nodes(struct graph *g)
{
    int *order = random_order(g->n_nodes);
    struct node *nodes = xcalloc((size_t)g->n_nodes, sizeof *nodes);
    for (int i = 0; i < g->n_nodes; i++) {
        struct node *n = &nodes[i];
        *n = g->nodes[order[i]];
        n->name = arena_printf(&g->arena, "layer %d of another file", i);
        for (int k = 0; k < n->n_layers; k++)
            n->layers[k] = n->name;
    }
    free(g->nodes);
    g->nodes = nodes;
    g->nodes_capacity = g->n_nodes;
    free(order);
}

static void shuffle(struct graph *g, uint64_t seed)
{
    random_state = seed;
    shuffle_values(g);
    shuffle_nodes(g);
}

// ---- all models ----------------------------------------------------------------------------

typedef struct graph *maker(const void *what);

static struct graph *make_of_zoo(const void *entry)
{
    return zoo_build(entry, 1);
}

static struct graph *make_of_file(const void *path)
{
    struct error err = {0};
    struct graph *g = onnx_read(path, &options, NULL, &err);
    must(g ? 0 : -1, path, &err);
    return g;
}

static void each_file(void (*check)(const char *name, maker *make, const void *what))
{
    DIR *dir = opendir(FOLDER);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", FOLDER, e->d_name);
        if (strstr(e->d_name, ".onnx"))
            check(e->d_name, make_of_file, path);
    }
    if (dir)
        closedir(dir);
}

// One network per family: it is the families that differ.
static void each_model(void (*check)(const char *name, maker *make, const void *what))
{
    const struct zoo_family *last = NULL;
    for (int i = 0; i < zoo_count(); i++) {
        const struct zoo_entry *entry = zoo_at(i);
        if (zoo_family_of(entry) != last)
            check(entry->name, make_of_zoo, entry);
        last = zoo_family_of(entry);
    }
    each_file(check);
}

// ---- order and names -----------------------------------------------------------------------

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// The texts of all instances, sorted, as one text; the caller frees it.
static char *all_texts(const struct graph *g, int granularity)
{
    struct suite s;
    struct error err = {0};
    struct str all = STR_INIT;
    suite_init(&s, granularity);
    must(split(&s, g, "model", "test", &err), "split", &err);
    const struct model *m = &s.models[0];
    const char **texts = xcalloc((size_t)m->n_instances, sizeof *texts);
    for (int i = 0; i < m->n_instances; i++)
        texts[i] = s.bricks[m->instances[i].brick]->text;
    qsort(texts, (size_t)m->n_instances, sizeof *texts, by_text);
    for (int i = 0; i < m->n_instances; i++)
        str_addf(&all, "%s\n", texts[i]);
    free(texts);
    suite_release(&s);
    return str_detach(&all);
}

static void check_shuffled(const char *name, maker *make, const void *what)
{
    struct error err = {0};
    struct graph *g = make(what), *shuffled = make(what);
    shuffle(shuffled, 7);
    must(graph_to_steps(g, &options, &err), name, &err);
    must(graph_to_steps(shuffled, &options, &err), name, &err);
    for (int granularity = 1; granularity <= 10; granularity += granularity < 4 ? 1 : 3) {
        char *expected = all_texts(g, granularity), *got = all_texts(shuffled, granularity);
        if (strcmp(expected, got) != 0)
            fail_msg("%s: other bricks at G = %d once its nodes stand in another order", name,
                     granularity);
        free(expected);
        free(got);
    }
    release(g);
    release(shuffled);
}

static void bricks__depend_on_neither_order_nor_names(void **state)
{
    (void)state;
    each_model(check_shuffled);
}

// ---- equal blocks --------------------------------------------------------------------------

static void add_zoo(struct suite *s, const char *name)
{
    struct error err = {0};
    struct graph *g = zoo_build(zoo_find(name), 1);
    must(graph_to_steps(g, &options, &err), name, &err);
    must(split(s, g, name, "zoo", &err), name, &err);
    release(g);
}

// Networks of which the second one has more blocks, and how many bricks it may add: what stands
// before and behind the blocks. BERT has token types and a pooler, DistilBERT has not.
static const struct {
    const char *shallow, *deep;
    int most;
} pairs[] = {
    {"resnet50", "resnet101", 0},     {"resnet101", "resnet152", 0},  {"resnet18", "resnet34", 0},
    {"bert_small", "bert_medium", 0}, {"distilbert", "bert_base", 2},
};

static void bricks__of_more_blocks_are_known_at_every_granularity(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (int granularity = 1; granularity <= 10; granularity++) {
            struct suite s;
            suite_init(&s, granularity);
            add_zoo(&s, pairs[i].shallow);
            int known = s.n_bricks;
            add_zoo(&s, pairs[i].deep);
            if (s.n_bricks - known > pairs[i].most)
                fail_msg("%s adds %d bricks to %s at G = %d", pairs[i].deep, s.n_bricks - known,
                         pairs[i].shallow, granularity);
            suite_release(&s);
        }
}

// ---- suites --------------------------------------------------------------------------------

static size_t saved_bytes(const struct suite *s, const char *path)
{
    struct error err = {0};
    struct stat st;
    must(suite_save(s, path, &err), path, &err);
    assert_int_equal(stat(path, &st), 0);
    return (size_t)st.st_size;
}

static void suite__is_at_most_150_bytes_per_layer(void **state)
{
    (void)state;
    char *folder = scratch_make(), *path = scratch_path(folder, "all.json");
    for (int granularity = 1; granularity <= 4; granularity += 3) {
        struct suite s;
        size_t n_layers = 0;
        suite_init(&s, granularity);
        for (int i = 0; i < zoo_count(); i++)
            add_zoo(&s, zoo_at(i)->name);
        for (int m = 0; m < s.n_models; m++)
            n_layers += (size_t)s.models[m].n_layers;
        assert_in_range(saved_bytes(&s, path) / n_layers, 1, 150);
        suite_release(&s);
    }
    free(path);
    scratch_remove(folder);
}

static char *read_file(const char *path)
{
    struct str text = STR_INIT;
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (int c; (c = getc(f)) != EOF;)
        str_add_n(&text, &(char){(char)c}, 1);
    fclose(f);
    return str_detach(&text);
}

static void expect_equal_files(const char *a, const char *b)
{
    char *x = read_file(a), *y = read_file(b);
    assert_string_equal(x, y);
    free(x);
    free(y);
}

static void suite_of(struct suite *s, int n, const char *const *names)
{
    suite_init(s, 2);
    for (int i = 0; i < n; i++)
        add_zoo(s, names[i]);
}

static void save_pool(const struct suite *s, const char *path)
{
    struct suite pool;
    struct error err = {0};
    suite_pool(&pool, s);
    must(suite_save(&pool, path, &err), path, &err);
    suite_release(&pool);
}

// No name of a layer, port or model stands in the text. One of a single character would anyway.
static void expect_no_names(const struct suite *s, const char *text)
{
    for (int m = 0; m < s->n_models; m++) {
        const struct model *model = &s->models[m];
        assert_null(strstr(text, model->name));
        for (int k = 0; k < model->n_inputs; k++) {
            char quoted[256]; // as the format has a member "inputs"
            snprintf(quoted, sizeof quoted, "\"%s\"", model->inputs[k].name);
            assert_null(strstr(text, quoted));
        }
        for (int i = 0; i < model->n_instances; i++)
            for (int k = 0; k < model->instances[i].n_steps; k++)
                if (strlen(model->instances[i].layers[k]) > 1)
                    assert_null(strstr(text, model->instances[i].layers[k]));
    }
}

static const char *const secret[] = {"resnet18", "squeezenet1_1", "bert_tiny"};
static const char *const turned[] = {"bert_tiny", "resnet18", "squeezenet1_1"};
static const char *const decoys[] = {"resnet34", "mobilenet_v2"};

// Every input of a brick is one of the model's.
static void expect_no_edges(const char *path)
{
    struct suite s;
    struct error err = {0};
    must(suite_load(&s, path, &err), path, &err);
    for (int m = 0; m < s.n_models; m++)
        for (int i = 0; i < s.models[m].n_instances; i++)
            for (int k = 0; k < s.models[m].instances[i].n_inputs; k++)
                assert_int_equal(s.models[m].instances[i].inputs[k].instance, NONE);
    suite_release(&s);
}

static void anonymous__tells_no_names_and_no_order(void **state)
{
    (void)state;
    char *folder = scratch_make(), *a = scratch_path(folder, "a"), *b = scratch_path(folder, "b");
    struct suite s, t;
    suite_of(&s, 3, secret);
    suite_of(&t, 3, turned);
    save_pool(&s, a);
    save_pool(&t, b);
    expect_equal_files(a, b);
    char *text = read_file(a);
    expect_no_names(&s, text);
    expect_no_edges(a);
    free(text);
    suite_release(&s);
    suite_release(&t);
    free(a);
    free(b);
    scratch_remove(folder);
}

static void anonymous__the_key_puts_models_together_again(void **state)
{
    (void)state;
    char *folder = scratch_make(), *key = scratch_path(folder, "key");
    char *shared = scratch_path(folder, "shared"), *before = scratch_path(folder, "before");
    char *after = scratch_path(folder, "after");
    struct suite s, others, pool, whole;
    struct error err = {0};
    suite_of(&s, 3, secret);
    must(suite_save(&s, before, &err), before, &err);
    must(suite_save_key(&s, key, &err), key, &err);
    suite_of(&others, 2, decoys);
    must(suite_merge(&others, &s, &err), "merge", &err);
    save_pool(&others, shared);
    must(suite_load(&pool, shared, &err), shared, &err);
    must(suite_load_key(&whole, &pool, key, &err), key, &err);
    must(suite_save(&whole, after, &err), after, &err);
    expect_equal_files(before, after);
    suite_release(&s);
    suite_release(&others);
    suite_release(&pool);
    suite_release(&whole);
    free(key);
    free(shared);
    free(before);
    free(after);
    scratch_remove(folder);
}

static void anonymous__a_key_for_other_bricks_is_refused(void **state)
{
    (void)state;
    char *folder = scratch_make(), *key = scratch_path(folder, "key");
    struct suite s, others, whole;
    struct error err = {0};
    suite_of(&s, 3, secret);
    suite_of(&others, 2, decoys);
    must(suite_save_key(&s, key, &err), key, &err);
    assert_int_equal(suite_load_key(&whole, &others, key, &err), -1);
    assert_non_null(strstr(err.text, "the suite has no brick with the key's signature"));
    suite_release(&s);
    suite_release(&others);
    free(key);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bricks__depend_on_neither_order_nor_names),
        cmocka_unit_test(bricks__of_more_blocks_are_known_at_every_granularity),
        cmocka_unit_test(suite__is_at_most_150_bytes_per_layer),
        cmocka_unit_test(anonymous__tells_no_names_and_no_order),
        cmocka_unit_test(anonymous__the_key_puts_models_together_again),
        cmocka_unit_test(anonymous__a_key_for_other_bricks_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
