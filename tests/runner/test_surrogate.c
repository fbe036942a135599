// How surrogate models are bound to memory.
#include "tests/test.h"
#include "tests/runner/step_case.h"

#include "bricks/policy.h"
#include "runner/sampler.h"
#include "runner/surrogate.h"

#define VECTOR "f32:1x1024"
#define INTEGERS "s32:1x1024"

enum { N = 3 };

// A model of three steps and each of them as a brick.
struct network {
    const char *model, *bricks[N];
};

// The last one adds what the first one wrote.
static const struct network plain = {
    "dlb1 Relu i0:" VECTOR " > " VECTOR " | Gemm s0:" VECTOR " w:f32:1024x1024 > " VECTOR
    " | Add s0:" VECTOR " s1:" VECTOR " > " VECTOR " | out s2",
    {
        "dlb1 Relu i0:" VECTOR " > " VECTOR " | out s0",
        "dlb1 Gemm i0:" VECTOR " w:f32:1024x1024 > " VECTOR " | out s0",
        "dlb1 Add i0:" VECTOR " i1:" VECTOR " > " VECTOR " | out s0",
    },
};
static const struct network in_place = {
    "dlb1 Relu i0:" VECTOR " > " VECTOR " | Add s0:" VECTOR " i1:" VECTOR " inplace > " VECTOR
    " | Sigmoid s1:" VECTOR " > " VECTOR " | out s2",
    {
        "dlb1 Relu i0:" VECTOR " > " VECTOR " | out s0",
        "dlb1 Add i0:" VECTOR " i1:" VECTOR " inplace > " VECTOR " | out s0",
        "dlb1 Sigmoid i0:" VECTOR " > " VECTOR " | out s0",
    },
};
static const struct network integers = {
    "dlb1 Cast i0:" VECTOR " > " INTEGERS " | Cast s0:" INTEGERS " > " VECTOR " | Relu s1:" VECTOR
    " > " VECTOR " | out s2",
    {
        "dlb1 Cast i0:" VECTOR " > " INTEGERS " | out s0",
        "dlb1 Cast i0:" INTEGERS " > " VECTOR " | out s0",
        "dlb1 Relu i0:" VECTOR " > " VECTOR " | out s0",
    },
};
static const struct network indices = {
    "dlb1 Relu i0:f32:16 > f32:16 | Cast s0:f32:16 > s32:16 | Gather w:f32:100x64 s1:s32:16 axis=0 "
    "> f32:16x64 | out s2",
    {
        "dlb1 Relu i0:f32:16 > f32:16 | out s0",
        "dlb1 Cast i0:f32:16 > s32:16 | out s0",
        "dlb1 Gather w:f32:100x64 i0:s32:16 axis=0 > f32:16x64 | out s0",
    },
};
// The last brick takes a part of its source's elements as indices.
static const struct network moved_indices = {
    "dlb1 Relu i0:f32:2x64 > f32:2x64 | Cast s0:f32:2x64 > s32:2x64 | "
    "Slice s1:s32:2x64 starts=1,0 steps=1,1 > s32:1x64 | "
    "Gather w:f32:100x64 s2:s32:1x64 axis=0 > f32:1x64x64 | out s3",
    {
        "dlb1 Relu i0:f32:2x64 > f32:2x64 | out s0",
        "dlb1 Cast i0:f32:2x64 > s32:2x64 | out s0",
        "dlb1 Slice i0:s32:2x64 starts=1,0 steps=1,1 > s32:1x64 | "
        "Gather w:f32:100x64 s0:s32:1x64 axis=0 > f32:1x64x64 | out s1",
    },
};

struct fixture {
    struct engine engine;
    struct kernel_set *kernels;
    struct workspace workspace;
    struct brick *model, *bricks[N];
    struct plan plan;
    struct chain chain;
    struct piece pieces[N];
    struct surrogate surrogate;
    double bytes; // that a pass touches
    int slow;     // the model's brick that is, from 1 on; 0: none
};

// *state is the network at first.
static int setup(void **state)
{
    const struct network *network = *state;
    static const int candidate[] = {0, 1, 2}, first_node[] = {0, 1, 2};
    struct fixture *f = xcalloc(1, sizeof *f);
    struct engine_options options = {.threads = 1};
    assert_int_equal(engine_init(&f->engine, &options, TIMING_POLICY, NULL), 0);
    f->kernels = kernel_set_new(&f->engine);
    f->model = parse_brick(network->model);
    plan_init(&f->plan, f->model->graph);
    f->chain = (struct chain){
        .n = N,
        .candidate = candidate,
        .first_node = first_node,
        .graph = f->model->graph,
        .plan = &f->plan,
    };
    for (int i = 0; i < N; i++) {
        f->bricks[i] = parse_brick(network->bricks[i]);
        assert_int_equal(piece_init(&f->pieces[i], f->kernels, f->bricks[i]->graph, NULL), 0);
    }
    assert_int_equal(workspace_init(&f->workspace, 64 << 20, f->plan.arena_bytes, 1 << 20, NULL),
                     0);
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
        placements[i] = (struct placement){
            .chain = &f->chain,
            .at = at[i],
            .piece = &f->pieces[at[i]],
            .starts = starts[i],
            .slow = f->slow == at[i] + 1,
        };
    surrogate_init(&f->surrogate, &f->engine, &f->workspace, n, placements, f->bytes, &err);
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
    assert_int_equal(f->workspace.ring_at - before, 2 * f->pieces[1].weight_bytes);
}

static void bind__reads_over_what_the_positions_lack(void **state)
{
    struct fixture *f = *state;
    f->bytes = 16 << 20;
    bind(f, 2, (int[]){1, 1}, (bool[]){true, true});
    const size_t vectors = 2 * 4096; // source and result, a page each
    assert_int_equal(f->surrogate.rest.bytes,
                     (size_t)f->bytes - 2 * f->pieces[1].weight_bytes - vectors);
}

// 16 of a table's 100 rows are looked up.
static void bind__reads_over_what_is_not_looked_up(void **state)
{
    struct fixture *f = *state;
    f->bytes = 1 << 20;
    bind(f, 1, (int[]){2}, (bool[]){true});
    const size_t row = 64 * sizeof(float);
    assert_int_equal(f->pieces[2].row_bytes, 16 * row);
    assert_int_equal(f->pieces[2].table_bytes, 100 * row);
    assert_int_equal(f->pieces[2].weight_bytes, 16 * sizeof(int32_t)); // the indices
    const size_t activations = 2 * 4096; // the indices' place and the result's
    assert_int_equal(f->surrogate.rest.bytes,
                     (size_t)f->bytes - f->pieces[2].weight_bytes - 16 * row - activations);
}

static void bind__indices_that_others_move_are_valid_and_spread(void **state)
{
    struct fixture *f = *state;
    const int32_t *filled = (const void *)(f->workspace.ring + f->workspace.ring_at);
    int n_large = 0;
    bind(f, 1, (int[]){2}, (bool[]){true});
    assert_int_equal(f->pieces[2].weight_bytes, 2 * 64 * sizeof(int32_t));
    for (int i = 64; i < 128; i++) {
        assert_in_range(filled[i], 0, 99);
        n_large += filled[i] >= 50;
    }
    assert_in_range(n_large, 20, 44);
}

static void piece__what_several_steps_look_up_counts_as_often_but_not_beyond_the_table(void **state)
{
    struct fixture *f = *state;
    struct brick *brick =
        parse_brick("dlb1 Gather w:f32:20x64 i0:s64:8 axis=0 > f32:8x64 | "
                    "Gather w0:f32:20x64 i1:s64:8 axis=0 > f32:8x64 | "
                    "Gather w0:f32:20x64 i2:s64:2 axis=0 > f32:2x64 | out s0 s1 s2");
    struct piece piece;
    struct error err = {0};
    assert_int_equal(piece_init(&piece, f->kernels, brick->graph, &err), 0);
    assert_int_equal(piece.row_bytes, 18 * 64 * sizeof(float));
    assert_int_equal(piece.table_bytes, 20 * 64 * sizeof(float));
    piece_release(&piece);
    brick_free(brick);
    brick = parse_brick("dlb1 Gather w:f32:20x64 i0:s64:15 axis=0 > f32:15x64 | "
                        "Gather w0:f32:20x64 i1:s64:15 axis=0 > f32:15x64 | out s0 s1");
    assert_int_equal(piece_init(&piece, f->kernels, brick->graph, &err), 0);
    assert_int_equal(piece.row_bytes, 0); // all of it is read: a weight like others
    assert_true(piece.weight_bytes >= 20 * 64 * sizeof(float));
    piece_release(&piece);
    brick_free(brick);
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

// The model's second brick adds to its source; nothing else writes there.
static void warm__runs_all_but_what_is_slow(void **state)
{
    struct fixture *f = *state;
    for (f->slow = 0; f->slow <= 2; f->slow += 2) {
        bind(f, 1, (int[]){1}, (bool[]){true});
        float *sum = f->surrogate.rewrites[0].p, before = sum[0];
        surrogate_warm(&f->surrogate);
        assert_true((sum[0] == -before) == (f->slow == 2)); // rewritten, and only then added to
        surrogate_release(&f->surrogate);
    }
}

// What an in-place step finds at the start of a fragment is what it left there in the pass before:
// with its sign changed, so that sums do not grow from pass to pass.
static void pass__what_is_added_to_in_place_does_not_grow(void **state)
{
    struct fixture *f = *state;
    double time_ns[2];
    bind(f, 2, (int[]){1, 2}, (bool[]){true, false});
    assert_int_equal(n_rewrites(f, 0), 1); // the model's input stays as it is
    const float *sum = f->surrogate.rewrites[0].p;
    assert_ptr_equal(sum, f->workspace.arena + f->plan.offset[f->model->graph->nodes[1].dst[0]]);
    float *before = xcalloc(1024, sizeof *before);
    memcpy(before, sum, 1024 * sizeof *before);
    for (int pass = 0; pass < 1000; pass++)
        surrogate_pass(&f->surrogate, &clock_monotonic, time_ns);
    for (int i = 0; i < 1024; i++)
        assert_close(sum[i], before[i], 1e-3);
    free(before);
}

// Flipping a bit of what is no float might make anything of it.
static void pass__leaves_what_is_no_float_as_it_is(void **state)
{
    struct fixture *f = *state;
    double time_ns[2];
    bind(f, 2, (int[]){1, 2}, (bool[]){true, false});
    assert_int_equal(n_rewrites(f, 0), 1);
    int32_t *live = f->surrogate.rewrites[0].p;
    for (int i = 0; i < 1024; i++)
        live[i] = i - 512;
    for (int pass = 0; pass < 3; pass++)
        surrogate_pass(&f->surrogate, &clock_monotonic, time_ns);
    for (int i = 0; i < 1024; i++)
        assert_int_equal(live[i], i - 512);
    const struct node *relu = &f->model->graph->nodes[2];
    const float *result = (const float *)(f->workspace.arena + f->plan.offset[relu->dst[0]]);
    assert_close(result[0], 0, 0);
    assert_close(result[1023], 511, 0);
}

// What a step made of random numbers is no index.
static void bind__indices_lie_beside_the_weights_and_are_valid(void **state)
{
    struct fixture *f = *state;
    double time_ns[2];
    size_t before = f->workspace.ring_at;
    bind(f, 2, (int[]){1, 2}, (bool[]){true, false});
    const int32_t *index =
        (const int32_t *)(f->workspace.ring + before + f->pieces[2].weight_bytes - PLAN_ALIGN);
    surrogate_pass(&f->surrogate, &clock_monotonic, time_ns);
    int n_unlike = 0;
    for (int i = 0; i < 16; i++) {
        assert_in_range(index[i], 0, 99);
        n_unlike += index[i] != index[0];
    }
    assert_true(n_unlike > 0);
}

#define WITH(test, network)                                                                        \
    {                                                                                              \
#test, test, setup, teardown, (void *)&(network)                                           \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(bind__a_fragment_writes_what_it_reads_and_has_not_written, plain),
        WITH(bind__activations_lie_where_the_model_has_them, plain),
        WITH(bind__a_brick_alone_writes_its_results_place_before_its_sources, plain),
        WITH(bind__weights_are_distinct_per_position, plain),
        WITH(bind__indices_lie_beside_the_weights_and_are_valid, indices),
        WITH(bind__indices_that_others_move_are_valid_and_spread, moved_indices),
        WITH(bind__reads_over_what_the_positions_lack, plain),
        WITH(bind__reads_over_what_is_not_looked_up, indices),
        WITH(piece__what_several_steps_look_up_counts_as_often_but_not_beyond_the_table, plain),
        WITH(pass__times_every_position, plain),
        WITH(warm__runs_all_but_what_is_slow, in_place),
        WITH(pass__what_is_added_to_in_place_does_not_grow, in_place),
        WITH(pass__leaves_what_is_no_float_as_it_is, integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
