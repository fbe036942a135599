// What models share, on a suite of three small ones.
#include "tests/test.h"

#include <math.h>

#include "predict/sharing.h"

enum { BRICKS = 4, MODELS = 3, USES = 3 };

static const char *const texts[BRICKS] = {
    "dlb1 Relu i0:f32:1x1000000 > f32:1x1000000 | out s0",
    "dlb1 Tanh i0:f32:1x1000000 > f32:1x1000000 | out s0",
    "dlb1 Exp i0:f32:1x1000000 > f32:1x1000000 | out s0",
    "dlb1 Sqrt i0:f32:1x1000000 > f32:1x1000000 | out s0",
};
// The second has one of the first's bricks, and one of its own; the third only what others have.
static const int bricks_of[MODELS][USES] = {{0, 1, 1}, {0, 2, 2}, {1, 2, 2}};

struct fixture {
    struct suite suite;
    struct timings timings;
    struct sharing sharing;
    struct edge edges[USES];
    struct instance instances[MODELS][USES];
    struct port input, output;
};

static void add_model(struct fixture *f, int m)
{
    static const char *name = "layer";
    struct model *model = suite_add_model(&f->suite, "model", "test");
    for (int i = 0; i < USES; i++)
        f->instances[m][i] = (struct instance){.brick = bricks_of[m][i],
                                               .n_steps = 1,
                                               .layers = &name,
                                               .n_inputs = 1,
                                               .inputs = &f->edges[i]};
    model->n_inputs = model->n_outputs = 1;
    model->inputs = &f->input;
    model->outputs = &f->output;
    model->n_instances = model->n_layers = USES;
    model->instances = f->instances[m];
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    static const struct probe unknown;
    const struct tensor t = {TYPE_f32, LAYOUT_row, 2, {1, 1000000}};
    suite_init(&f->suite, 1);
    for (int i = 0; i < BRICKS; i++)
        suite_add_brick(&f->suite, brick_parse(texts[i], NULL));
    for (int i = 0; i < USES; i++)
        f->edges[i] = (struct edge){i - 1, 0};
    f->edges[0].instance = NONE;
    f->input = (struct port){"x", t, {NONE, 0}};
    f->output = (struct port){"y", t, {USES - 1, 0}};
    for (int m = 0; m < MODELS; m++)
        add_model(f, m);
    f->timings = (struct timings){
        .suite = &f->suite,
        .far = 1 << 26,
        .n_records = xcalloc(BRICKS, sizeof(int)),
        .records = xcalloc(BRICKS, sizeof(struct record *)),
        .band = band_all(),
    };
    sharing_init(&f->sharing, &f->timings, &unknown);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sharing_release(&f->sharing);
    timings_release(&f->timings);
    suite_release(&f->suite);
    free(f);
    return 0;
}

static void sharing__a_model_adds_what_none_before_it_has(void **state)
{
    const struct sharing *s = &((struct fixture *)*state)->sharing;
    assert_int_equal(s->models[0].added, 2);
    assert_int_equal(s->models[1].added, 1);
    assert_int_equal(s->models[2].added, 0);
    assert_int_equal(s->total.unique, 3);
    assert_true(s->models[0].added_s > s->models[1].added_s);
    assert_true(s->models[2].added_s == 0);
}

static void sharing__time_is_shared_with_models_before_and_behind(void **state)
{
    const struct sharing *s = &((struct fixture *)*state)->sharing;
    for (int m = 0; m < MODELS; m++) {
        assert_true(s->models[m].time_ns > 0);
        assert_close(s->models[m].shared_ns, s->models[m].time_ns, 1e-12);
    }
}

static void sharing__without_records_all_time_is_estimated(void **state)
{
    const struct sharing *s = &((struct fixture *)*state)->sharing;
    assert_close(s->total.estimated_ns, s->total.time_ns, 1e-12);
}

static void sharing__bricks_cost_what_models_do(void **state)
{
    const struct sharing *s = &((struct fixture *)*state)->sharing;
    double sum = 0;
    for (int b = 0; b < BRICKS; b++) {
        sum += s->brick_ns[b];
        assert_close(s->brick_estimated_ns[b], s->brick_ns[b], 1e-12);
    }
    assert_close(sum, s->total.time_ns, 1e-12);
    assert_close(s->brick_ns[2] / s->brick_ns[1], 4.0 / 3, 1e-12); // four uses, and three
    assert_true(s->brick_ns[3] == 0);
}

static void similarities__are_common_over_either(void **state)
{
    struct fixture *f = *state;
    int n;
    struct similarity *pairs = similarities(&f->suite, MODELS, (const int[]){0, 1, 2}, &n);
    assert_int_equal(n, 3);
    for (int i = 0; i < n; i++) {
        assert_true(pairs[i].a < pairs[i].b);
        assert_int_equal(pairs[i].n_common, 1);
        assert_int_equal(pairs[i].n_either, 3);
        assert_close(pairs[i].jaccard, 1.0 / 3, 1e-12);
    }
    free(pairs);
}

static void similarities__of_groups_are_those_of_all_their_models(void **state)
{
    struct fixture *f = *state;
    int n;
    struct similarity *pairs = similarities(&f->suite, 2, (const int[]){0, 0, 1}, &n);
    assert_int_equal(n, 1);
    assert_int_equal(pairs[0].n_common, 2);
    assert_int_equal(pairs[0].n_either, 3);
    free(pairs);
}

static void similarities__the_most_alike_come_first(void **state)
{
    struct fixture *f = *state;
    int n;
    f->instances[2][0].brick = 0; // now the third has the second's bricks
    struct similarity *pairs = similarities(&f->suite, MODELS, (const int[]){0, 1, 2}, &n);
    assert_int_equal(n, 3);
    assert_int_equal(pairs[0].a, 1);
    assert_int_equal(pairs[0].b, 2);
    assert_close(pairs[0].jaccard, 1, 1e-12);
    free(pairs);
}

static void similarities__leave_out_groups_without_anything_in_common(void **state)
{
    struct fixture *f = *state;
    int n;
    for (int i = 0; i < USES; i++)
        f->instances[2][i].brick = 3;
    struct similarity *pairs = similarities(&f->suite, MODELS, (const int[]){0, 1, 2}, &n);
    assert_int_equal(n, 1);
    assert_int_equal(pairs[0].b, 1);
    free(pairs);
}

static void compare_groups__counts_uses_on_both_sides(void **state)
{
    struct fixture *f = *state;
    int n;
    struct brick_uses *all = compare_groups(&f->suite, 1, &n);
    assert_int_equal(n, 3); // the fourth brick has no use
    for (int i = 0; i < n; i++) {
        static const int uses[][2] = {{1, 1}, {2, 1}, {0, 4}};
        assert_int_equal(all[i].uses[0], uses[all[i].brick][0]);
        assert_int_equal(all[i].uses[1], uses[all[i].brick][1]);
    }
    free(all);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sharing__a_model_adds_what_none_before_it_has),
        CASE(sharing__time_is_shared_with_models_before_and_behind),
        CASE(sharing__without_records_all_time_is_estimated),
        CASE(sharing__bricks_cost_what_models_do),
        CASE(similarities__are_common_over_either),
        CASE(similarities__of_groups_are_those_of_all_their_models),
        CASE(similarities__the_most_alike_come_first),
        CASE(similarities__leave_out_groups_without_anything_in_common),
        CASE(compare_groups__counts_uses_on_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
