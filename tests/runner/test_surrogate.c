// How surrogate models are bound to memory.
#include "tests/test.h"

#include "bricks/brick.h"
#include "runner/sampler.h"
#include "runner/surrogate.h"

#define VECTOR "f32:1x1024"

// A model of three steps; the last one adds what the first one wrote.
static const char model[] =
    "dlb1 Relu i0:" VECTOR " > " VECTOR " | Gemm s0:" VECTOR " w:f32:1024x1024 > " VECTOR
    " | Add s0:" VECTOR " s1:" VECTOR " > " VECTOR " | out s2";
static const char *const bricks[] = {
    "dlb1 Relu i0:" VECTOR " > " VECTOR " | out s0",
    "dlb1 Gemm i0:" VECTOR " w:f32:1024x1024 > " VECTOR " | out s0",
    "dlb1 Add i0:" VECTOR " i1:" VECTOR " > " VECTOR " | out s0",
};
enum { N = N_ELEMENTS(bricks) };

struct fixture {
    struct engine engine;
    struct kernel_set *kernels;
    struct workspace workspace;
    struct brick *model, *bricks[N];
    struct plan plan;
    struct chain chain;
    struct piece pieces[N];
    struct surrogate surrogate;
};

static struct brick *parse(const char *text)
{
    struct error err = {0};
    struct brick *brick = brick_parse(text, &err);
    assert_string_equal(err.text, "");
    return brick;
}

static int setup(void **state)
{
    static const int candidate[] = {0, 1, 2}, first_node[] = {0, 1, 2};
    struct fixture *f = xcalloc(1, sizeof *f);
    struct engine_options options = {.threads = 1};
    assert_int_equal(engine_init(&f->engine, &options, TIMING_POLICY, NULL), 0);
    f->kernels = kernel_set_new(&f->engine);
    f->model = parse(model);
    plan_init(&f->plan, f->model->graph);
    f->chain = (struct chain){
        .n = N,
        .candidate = candidate,
        .first_node = first_node,
        .graph = f->model->graph,
        .plan = &f->plan,
    };
    for (int i = 0; i < N; i++) {
        f->bricks[i] = parse(bricks[i]);
        assert_int_equal(piece_init(&f->pieces[i], f->kernels, f->bricks[i]->graph, NULL), 0);
    }
    assert_int_equal(workspace_init(&f->workspace, 64 << 20, f->plan.arena_bytes, NULL), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    surrogate_release(&f->surrogate);
    for (int i = 0; i < N; i++) {
        piece_release(&f->pieces[i]);
        brick_free(f->bricks[i]);
    }
    plan_release(&f->plan);
    brick_free(f->model);
    workspace_release(&f->workspace);
    kernel_set_free(f->kernels);
    engine_release(&f->engine);
    free(f);
    return 0;
}

// Binds the model's bricks `at`, those at which a fragment starts marked by a sign.
static void bind(struct fixture *f, int n, const int *at, const bool *starts)
{
    struct placement placements[8];
    struct error err = {0};
    for (int i = 0; i < n; i++)
        placements[i] = (struct placement){&f->chain, at[i], &f->pieces[at[i]], starts[i]};
    surrogate_init(&f->surrogate, &f->engine, f->kernels, &f->workspace, n, placements, 4096, &err);
    assert_string_equal(err.text, "");
}

static int n_rewrites(const struct fixture *f, int position)
{
    const struct position *p = &f->surrogate.positions[position];
    return p->end_rewrite - p->first_rewrite;
}

static void bind__a_fragment_writes_what_it_reads_and_has_not_written(void **state)
{
    struct fixture *f = *state;
    bind(f, 5, (int[]){0, 1, 2, 2, 1}, (bool[]){true, false, false, true, true});
    assert_int_equal(n_rewrites(f, 0), 0); // a model's input stays as it is
    assert_int_equal(n_rewrites(f, 1), 0);
    assert_int_equal(n_rewrites(f, 2), 0);
    assert_int_equal(n_rewrites(f, 3), 2);
    assert_int_equal(n_rewrites(f, 4), 1);
}

static void bind__activations_lie_where_the_model_has_them(void **state)
{
    struct fixture *f = *state;
    bind(f, 1, (int[]){2}, (bool[]){true});
    const struct rewrite *r = f->surrogate.rewrites;
    const struct node *add = &f->model->graph->nodes[2];
    for (int k = 0; k < 2; k++) {
        assert_ptr_equal(r[k].p, f->workspace.arena + f->plan.offset[add->src[k]]);
        assert_int_equal(r[k].bytes, 4096);
    }
}

static void bind__a_brick_alone_writes_its_results_place_before_its_sources(void **state)
{
    struct fixture *f = *state;
    const struct node *add = &f->model->graph->nodes[2];
    f->chain.isolated = true;
    bind(f, 1, (int[]){2}, (bool[]){true});
    assert_int_equal(n_rewrites(f, 0), 3);
    // the last is written first
    assert_ptr_equal(f->surrogate.rewrites[2].p, f->workspace.arena + f->plan.offset[add->dst[0]]);
}

static void bind__weights_are_distinct_per_position(void **state)
{
    struct fixture *f = *state;
    size_t before = f->workspace.ring_at;
    bind(f, 2, (int[]){1, 1}, (bool[]){true, true});
    assert_int_equal(f->workspace.ring_at - before, 2 * f->pieces[1].weight_bytes + 4096);
}

static void pass__times_every_position(void **state)
{
    struct fixture *f = *state;
    double time_ns[4] = {0};
    bind(f, 4, (int[]){0, 1, 2, 2}, (bool[]){true, false, false, true});
    surrogate_pass(&f->surrogate, &clock_monotonic, time_ns);
    for (int i = 0; i < 4; i++)
        assert_true(time_ns[i] > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bind__a_fragment_writes_what_it_reads_and_has_not_written,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(bind__activations_lie_where_the_model_has_them, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            bind__a_brick_alone_writes_its_results_place_before_its_sources, setup, teardown),
        cmocka_unit_test_setup_teardown(bind__weights_are_distinct_per_position, setup, teardown),
        cmocka_unit_test_setup_teardown(pass__times_every_position, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
