#include "tests/test.h"
#include "tests/scratch.h"

#include "base/file.h"
#include "bricks/suite.h"

// Two convolutions with one weight, whose result is seen flat by a softmax.
static const char good[] =
    "{\"dlbricks_suite\":1,\"granularity\":2,\n"
    "\"bricks\":[\n"
    "\"dlb1 Conv i0:f32:1x8x4x4:last w:f32:8x8x1x1 strides=1,1 > f32:1x8x4x4:last | out s0\",\n"
    "\"dlb1 Relu i0:f32:1x128 > f32:1x128 | Softmax s0:f32:1x128 axis=1 > f32:1x128 | out s1\"],\n"
    "\"models\":[\n"
    "{\"name\":\"net\",\"source\":\"net.onnx\",\"dims\":{\"batch\":1},\n"
    "\"inputs\":[[\"x\",\"f32:1x8x4x4:last\"]],\n"
    "\"bricks\":[\n"
    "[0,[\"conv1+relu\"],[[-1,0]],[0]],\n"
    "[0,[\"conv2\"],[[0,0]],[0]],\n"
    "[1,[\"relu\",\"soft\"],[[1,0]]]],\n"
    "\"outputs\":[[\"prob\",\"f32:1x128\",2,0]]}]}\n";

struct scratch {
    char *folder, *path;
};

static struct scratch scratch_with(const char *text, size_t bytes)
{
    struct scratch s;
    s.folder = scratch_make();
    s.path = scratch_path(s.folder, "a.suite.json");
    scratch_write(s.path, text, bytes);
    return s;
}

static void scratch_end(struct scratch *s)
{
    free(s->path);
    scratch_remove(s->folder);
}

static struct suite load_good(void)
{
    struct scratch f = scratch_with(good, strlen(good));
    struct suite s;
    struct error err = {0};
    if (suite_load(&s, f.path, &err))
        fail_msg("%s", err.text);
    scratch_end(&f);
    return s;
}

static char *saved(const struct suite *s)
{
    struct scratch f = scratch_with("", 0);
    size_t bytes;
    assert_int_equal(suite_save(s, f.path, NULL), 0);
    char *text = file_read(f.path, 1 << 20, &bytes, NULL);
    scratch_end(&f);
    return text;
}

static void save__what_was_loaded_gives_the_same_bytes(void **state)
{
    (void)state;
    struct suite s = load_good();
    assert_int_equal(s.n_bricks, 2);
    assert_int_equal(s.models[0].n_layers, 5);
    char *text = saved(&s);
    assert_string_equal(text, good);
    free(text);
    suite_release(&s);
}

static void model_graph__views_names_and_shared_weights_are_back(void **state)
{
    (void)state;
    struct suite s = load_good();
    struct graph *g = suite_model_graph(&s, &s.models[0]);
    assert_int_equal(g->n_nodes, 4);
    assert_int_equal(g->nodes[0].src[1], g->nodes[1].src[1]);
    assert_int_equal(graph_storage(g, g->nodes[2].src[0]), g->nodes[1].dst[0]);
    assert_int_equal(g->values[g->nodes[2].src[0]].t.rank, 2);
    assert_int_equal(g->nodes[0].n_layers, 2);
    assert_string_equal(g->nodes[3].name, "soft");
    assert_int_equal(g->values[g->nodes[3].dst[0]].n_uses, 1);
    assert_string_equal(g->values[g->outputs[0]].name, "prob");
    graph_release(g);
    free(g);
    suite_release(&s);
}

static void add_brick__equal_texts_are_one_brick(void **state)
{
    (void)state;
    struct suite s;
    suite_init(&s, 1);
    char text[100];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            snprintf(text, sizeof text, "dlb1 Relu i0:f32:%d > f32:%d | out s0", i + 1, i + 1);
            assert_int_equal(suite_add_brick(&s, brick_parse(text, NULL)), i);
        }
    assert_int_equal(s.n_bricks, 1000);
    suite_release(&s);
}

static void merge__bricks_are_shared_and_names_stay_unique(void **state)
{
    (void)state;
    struct suite s = load_good(), other = load_good();
    assert_int_equal(suite_merge(&s, &other, NULL), 0);
    suite_release(&other);
    assert_int_equal(s.n_bricks, 2);
    assert_int_equal(s.n_models, 2);
    assert_string_equal(s.models[1].name, "net#2");
    assert_string_equal(s.models[1].dims[0].name, "batch");
    assert_string_equal(s.models[1].outputs[0].name, "prob");
    struct graph *g = suite_model_graph(&s, &s.models[1]);
    assert_int_equal(g->n_nodes, 4);
    graph_release(g);
    free(g);
    suite_init(&other, 7);
    struct error err = {0};
    assert_int_equal(suite_merge(&s, &other, &err), -1);
    assert_non_null(strstr(err.text, "granularity 2 and 7"));
    suite_release(&s);
}

static void accompany__the_sources_of_a_brick_alone_are_written_first(void **state)
{
    (void)state;
    static const char sum[] =
        "dlb1 Where i0:boolean:4 i1:f32:4 i2:f32:4 > f32:4 | out s0"; // reads floats and others
    struct suite s = load_good(), staged;
    struct error err = {0};
    struct brick *where = brick_parse(sum, &err);
    assert_non_null(where);
    suite_add_alone(&s, where);
    assert_false(model_is_isolated(&s.models[0]));
    assert_true(model_is_isolated(&s.models[1]));
    assert_int_equal(suite_accompany(&staged, &s, NULL), 0);
    assert_int_equal(staged.n_bricks, s.n_bricks + 1);
    for (int i = 0; i < s.n_bricks; i++)
        assert_string_equal(staged.bricks[i]->text, s.bricks[i]->text);
    assert_string_equal(staged.bricks[s.n_bricks]->text, "dlb1 Relu i0:f32:4 > f32:4 | out s0");
    assert_int_equal(staged.models[0].n_instances, s.models[0].n_instances);
    const struct model *m = &staged.models[1];
    assert_int_equal(m->n_instances, 3);
    assert_int_equal(m->instances[2].brick, s.n_bricks - 1);
    for (int k = 0; k < 3; k++)
        assert_int_equal(m->instances[2].inputs[k].instance, k - 1); // the first is an input
    suite_release(&s);
    suite_release(&staged);
}

static void load__every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t n = 0; n + 2 < strlen(good); n += 7) {
        struct scratch f = scratch_with(good, n);
        struct suite s;
        struct error err = {0};
        assert_int_equal(suite_load(&s, f.path, &err), -1);
        assert_non_null(strstr(err.text, f.path));
        assert_int_equal(s.n_bricks, 0);
        suite_release(&s);
        scratch_end(&f);
    }
}

// Replaces the first `from` of the good suite.
static char *edited(const char *from, const char *to)
{
    const char *at = strstr(good, from);
    assert_non_null(at);
    struct str out = STR_INIT;
    str_add_n(&out, good, (size_t)(at - good));
    str_add(&out, to);
    str_add(&out, at + strlen(from));
    return str_detach(&out);
}

static void load__what_is_wrong_is_refused_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"_suite\":1", "_suite\":2", "suite format 2 is not known"},
        {"granularity\":2", "granularity\":0", "granularity 0 is not from 1"},
        {"granularity\":2", "granularity\":1", "brick 1 has 2 steps, more than the granularity 1"},
        {"dlb1 Conv", "dlb1 Cow", "brick 0: canonical text"},
        {"\"dlb1 Conv", "7,\"dlb1 Conv", "brick 0 is not a string"},
        {"\"bricks\":[\n\"dlb1",
         "\"bricks\":[\"dlb1 Relu i0:f32:1x128 > f32:1x128 | Softmax s0:f32:1x128 axis=1 > "
         "f32:1x128 | out s1\",\"dlb1",
         "brick 2 is the same as brick 0"},
        {"\"name\":\"net\"", "\"name\":7", "\"name\" is not a string"},
        {"\"dims\":{\"batch\":1}", "\"dims\":{\"batch\":\"x\"}", "'net': a dimension"},
        {"[\"x\",\"f32", "[7,\"f32", "a name is missing"},
        {"4:last\"]]", "4:last\",1]]", "not a list of 2"},
        {"[\"x\",\"f32:", "[\"x\",\"f33:", "'x' has no valid tensor"},
        {"[0,[\"conv1", "[2,[\"conv1",
         "'net', instance 0: the brick's number is not an integer "
         "from 0 to 1"},
        {"[0,[\"conv1", "[-1,[\"conv1", "the brick's number"},
        {"[\"conv1+relu\"]", "[]", "0 layer names for 1 steps"},
        {"[\"conv1+relu\"]", "[[]]", "a name is missing"},
        {"[\"conv1+relu\"]", "0", "the list of layer names is missing"},
        {"[[-1,0]]", "[]", "0 edges for 1 inputs"},
        {"[[-1,0]]", "[[-1]]", "edge 0 is not a list of two"},
        {"[[-1,0]]", "[[-1,1]]", "an edge's output is not an integer from 0 to 0"},
        {"[[-1,0]]", "[[0,0]]", "an edge's instance is not an integer from -1 to -1"},
        {"[[-1,0]]", "[[-2,0]]", "an edge's instance"},
        {"[[0,0]],[0]", "[[1,0]],[0]", "instance 1: an edge's instance"},
        {"[[0,0]],[0]", "[[0,0.5]],[0]", "an edge's output"},
        {"[[-1,0]],[0]", "[[-1,0]],[0,1]", "2 weight ids for 1 weights"},
        {"[[-1,0]],[0]", "[[-1,0]],[-1]", "a weight id is not"},
        {"[[-1,0]],[0]", "[[-1,0]],[2]", "weight id 2, but only 2 weights have ids"},
        {"[[-1,0]],[0]", "[[-1,0]],{}", "the list of weight ids is missing"},
        {"\"f32:1x128\",2,0", "\"f32:1x127\",2,0", "brings another tensor"},
        {"\"f32:1x128\",2,0", "\"s32:1x128\",2,0", "brings another tensor"},
        {"\"f32:1x128\",2,0", "\"f32:1x128\",3,0", "an edge's instance"},
        {"[\"x\",\"f32:1x8x4x4:last\"]", "[\"x\",\"f32:1x8x4x5:last\"]", "brings another tensor"},
        {"\"models\":[", "\"models\":[0,", "\"name\" (a string) is missing"},
    };
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        char *text = edited(cases[i].from, cases[i].to);
        struct scratch f = scratch_with(text, strlen(text));
        struct suite s;
        struct error err = {0};
        assert_int_equal(suite_load(&s, f.path, &err), -1);
        if (!strstr(err.text, cases[i].message) || !strstr(err.text, f.path))
            fail_msg("case %zu: '%s' does not say '%s'", i, err.text, cases[i].message);
        suite_release(&s);
        scratch_end(&f);
        free(text);
    }
}

static void load__names_lose_their_control_characters(void **state)
{
    (void)state;
    char *text = edited("\"name\":\"net\"", "\"name\":\"n\\u001b[2Jt\"");
    struct scratch f = scratch_with(text, strlen(text));
    struct suite s;
    assert_int_equal(suite_load(&s, f.path, NULL), 0);
    assert_string_equal(s.models[0].name, "n?[2Jt");
    suite_release(&s);
    scratch_end(&f);
    free(text);
}

static void is_file__tells_json_from_onnx(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool expected;
    } cases[] = {{" \n{}", true}, {"\x08\x07", false}, {"", false}, {"[", false}};
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct scratch f = scratch_with(cases[i].text, strlen(cases[i].text));
        assert_int_equal(suite_is_file(f.path), cases[i].expected);
        scratch_end(&f);
    }
    assert_false(suite_is_file("/nonexistent"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(save__what_was_loaded_gives_the_same_bytes),
        cmocka_unit_test(model_graph__views_names_and_shared_weights_are_back),
        cmocka_unit_test(add_brick__equal_texts_are_one_brick),
        cmocka_unit_test(merge__bricks_are_shared_and_names_stay_unique),
        cmocka_unit_test(accompany__the_sources_of_a_brick_alone_are_written_first),
        cmocka_unit_test(load__every_truncation_is_refused),
        cmocka_unit_test(load__what_is_wrong_is_refused_with_its_place),
        cmocka_unit_test(load__names_lose_their_control_characters),
        cmocka_unit_test(is_file__tells_json_from_onnx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
