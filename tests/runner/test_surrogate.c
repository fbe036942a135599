#include "tests/test.h"

#include "bricks/brick.h"
#include "runner/sampler.h"
#include "runner/surrogate.h"

enum { N = 60 };

#define VECTOR "f32:1x1024"

// A brick whose result takes the place of its third input, one of equal and one of growing size.
static const char *const texts[] = {
    "dlb1 Add i0:" VECTOR " i1:" VECTOR " > " VECTOR " | Gemm s0:" VECTOR
    " w:f32:1024x1024 +Sum=i2:" VECTOR " > " VECTOR " | out s1",
    "dlb1 Relu i0:" VECTOR " inplace > " VECTOR " | out s0",
    "dlb1 Relu i0:f32:1x64 > f32:1x64 | out s0",
};

struct fixture {
    struct engine engine;
    struct kernel_set *kernels;
    struct workspace workspace;
    struct brick *bricks[N_ELEMENTS(texts)];
    struct piece pieces[N_ELEMENTS(texts)];
    const struct piece *order[N];
    struct surrogate surrogate;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof *f);
    struct engine_options options = {.threads = 1};
    const struct piece *all[N_ELEMENTS(texts)];
    assert_int_equal(engine_init(&f->engine, &options, TIMING_POLICY, NULL), 0);
    f->kernels = kernel_set_new(&f->engine);
    for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
        struct error err = {0};
        f->bricks[i] = brick_parse(texts[i], &err);
        assert_string_equal(err.text, "");
        assert_int_equal(piece_init(&f->pieces[i], f->kernels, f->bricks[i]->graph, &err), 0);
        all[i] = &f->pieces[i];
    }
    assert_int_equal(
        workspace_init(&f->workspace, 16 << 20, pieces_slot_bytes(N_ELEMENTS(texts), all), NULL),
        0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    surrogate_release(&f->surrogate);
    for (size_t i = 0; i < N_ELEMENTS(texts); i++) {
        piece_release(&f->pieces[i]);
        brick_free(f->bricks[i]);
    }
    workspace_release(&f->workspace);
    kernel_set_free(f->kernels);
    engine_release(&f->engine);
    free(f);
    return 0;
}

static void bind_pattern(struct fixture *f, const int *pattern, int n_pattern)
{
    struct error err = {0};
    for (int i = 0; i < N; i++)
        f->order[i] = &f->pieces[pattern[i % n_pattern]];
    int status =
        surrogate_init(&f->surrogate, &f->engine, f->kernels, &f->workspace, N, f->order, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, 0);
}

static void assert_inside(const struct fixture *f, const struct rewrite *r)
{
    const struct workspace *w = &f->workspace;
    const char *p = r->p;
    if (r->bytes)
        assert_true(p >= w->slots && p + r->bytes <= w->slots + N_SLOTS * w->slot_bytes);
}

static void bind__activations_stay_inside_their_slots(void **state)
{
    struct fixture *f = *state;
    static const int pattern[] = {0, 0, 1, 2, 0};
    double time_ns[N];
    bind_pattern(f, pattern, N_ELEMENTS(pattern));
    for (int i = 0; i < N; i++) {
        assert_inside(f, &f->surrogate.positions[i].src);
        assert_inside(f, &f->surrogate.positions[i].other);
    }
    surrogate_pass(&f->surrogate, &clock_monotonic, time_ns);
}

static void bind__a_source_is_written_only_where_the_result_before_was_smaller(void **state)
{
    struct fixture *f = *state;
    static const int pattern[] = {1, 1, 2, 1};
    bind_pattern(f, pattern, N_ELEMENTS(pattern));
    assert_int_equal(f->surrogate.positions[1].src.bytes, 0);
    assert_int_equal(f->surrogate.positions[2].src.bytes, 0);
    assert_int_equal(f->surrogate.positions[3].src.bytes, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bind__activations_stay_inside_their_slots, setup, teardown),
        cmocka_unit_test_setup_teardown(
            bind__a_source_is_written_only_where_the_result_before_was_smaller, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
