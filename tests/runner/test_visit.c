// Whole models under a clock that the test moves, and what visits say.
#include "tests/test.h"

#include "runner/loaded_text.h"
#include "runner/visit.h"
#include "tests/runner/whole_engine.h"

static const struct band near = {40, 60};

static void add_visit(struct visits *v, double handoff_ns, int n, const double *time_ns)
{
    struct condition c = {.handoff_ns = (float)handoff_ns};
    grow(&v->time_ns, &v->capacity, v->n + n, sizeof *v->time_ns);
    grow(&v->visit, &v->visits_capacity, v->n_visits + 1, sizeof *v->visit);
    v->visit[v->n_visits++] = (struct visit){v->n, v->n + n, c, c};
    for (int i = 0; i < n; i++)
        v->time_ns[v->n++] = time_ns[i];
}

// A visit of n runs that all took about as long.
static void add_steady(struct visits *v, double handoff_ns, int n, double time_ns)
{
    double *times = xcalloc((size_t)n, sizeof *times);
    for (int i = 0; i < n; i++)
        times[i] = time_ns + 0.001 * i;
    add_visit(v, handoff_ns, n, times);
    free(times);
}

// Runs of a visit are alike, and say the more about the visit the more there are, but no more about
// the model.
static void latency__its_interval_does_not_shrink_with_the_runs_of_a_visit(void **state)
{
    (void)state;
    for (int n = 5; n <= 500; n *= 10) {
        struct visits v = {0};
        for (int i = 0; i < 8; i++)
            add_steady(&v, 50, n, 100 + i);
        struct latency l = visits_latency(&v, near);
        assert_int_equal(l.n_runs, 8 * n);
        assert_close(l.p50.value, 103.5, 1);
        assert_close(l.p50.low, 101, 1); // second of eight, or the first
        assert_close(l.p50.high, 106, 1.5);
        visits_release(&v);
    }
}

static void latency__its_interval_shrinks_with_more_visits(void **state)
{
    (void)state;
    double before = INFINITY;
    for (int n = 8; n <= 800; n *= 10) {
        struct visits v = {0};
        for (int i = 0; i < n; i++)
            add_steady(&v, 50, 5, 100 + 10.0 * (i * 7 % n) / n);
        struct latency l = visits_latency(&v, near);
        double width = l.p50.high - l.p50.low;
        assert_true(l.p50.low <= l.p50.value && l.p50.value <= l.p50.high);
        assert_true(width > 0 && width < before / 2);
        before = width;
        visits_release(&v);
    }
}

static void latency__one_visit_is_judged_by_its_runs(void **state)
{
    (void)state;
    struct visits v = {0};
    add_visit(&v, 50, 7, (const double[]){104, 100, 101, 107, 102, 103, 105});
    struct latency l = visits_latency(&v, near);
    assert_close(l.p50.value, 103, 0);
    assert_close(l.p50.low, 100, 0);
    assert_close(l.p50.high, 107, 0);
    assert_close(l.least, 100, 0);
    assert_close(l.p90, 105.8, 1e-9);
    visits_release(&v);
}

static void latency__visits_of_other_conditions_count_only_without_any(void **state)
{
    (void)state;
    struct visits v = {0};
    for (int i = 0; i < 3; i++)
        add_steady(&v, 50, 5, 100);
    for (int i = 0; i < 4; i++)
        add_steady(&v, 200, 5, 130);
    assert_int_equal(visits_within(&v, near), 3);
    assert_close(visits_latency(&v, near).p50.value, 100, 0.1);
    assert_int_equal(visits_latency(&v, near).n_runs, 15);
    assert_close(visits_latency(&v, visits_prevailing(&v)).p50.value, 130, 0.1);
    assert_int_equal(visits_latency(&v, (struct band){500, 600}).n_runs, 35);
    visits_release(&v);
}

static void noise__is_how_far_the_later_half_is_from_the_earlier(void **state)
{
    (void)state;
    struct visits v = {0};
    add_steady(&v, 50, 5, 100);
    assert_close(visits_noise(&v, near), 0, 0);
    add_steady(&v, 50, 5, 100);
    add_steady(&v, 200, 5, 500); // of another condition
    add_steady(&v, 50, 5, 103);
    add_steady(&v, 50, 5, 103);
    assert_close(visits_noise(&v, near), 0.03, 1e-4);
    visits_release(&v);
}

// Every reading is `step` later than the one before.
struct mock {
    uint64_t now, step;
    int n_read;
};

static uint64_t mock_now(void *context)
{
    struct mock *m = context;
    m->n_read++;
    return m->now += m->step;
}

// A run takes one step of the clock: between the readings around it there is none.
static void visit__lasts_as_long_as_asked_for_but_five_runs(void **state)
{
    (void)state;
    static const struct {
        double step_s, min_s;
        int runs;
    } cases[] = {{1, 0, 5}, {1, 4.5, 5}, {1, 20.5, 21}, {1e-3, 0.0995, 100}, {1e-9, 1, 1000}};
    struct loaded_text text;
    struct error err = {0};
    if (loaded_text_init(&text, &engine, kernels, "Relu i0:f32:1x64 > f32:1x64 | out s0", &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct mock mock = {.step = (uint64_t)(cases[i].step_s * 1e9 + 0.5)};
        struct clock clock = {mock_now, &mock};
        struct visits v = {0};
        visit_model(&text.loaded, &clock, cases[i].min_s, &v);
        assert_int_equal(v.n, cases[i].runs);
        assert_int_equal(v.n_visits, 1);
        assert_int_equal(v.visit[0].end - v.visit[0].first, cases[i].runs);
        for (int k = 0; k < v.n; k++)
            assert_close(v.time_ns[k], (double)mock.step, 0);
        struct latency l = visits_latency(&v, band_all());
        assert_close(l.p50.low, (double)mock.step, 0);
        assert_close(l.p50.high, (double)mock.step, 0);
        visits_release(&v);
    }
    loaded_text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latency__its_interval_does_not_shrink_with_the_runs_of_a_visit),
        cmocka_unit_test(latency__its_interval_shrinks_with_more_visits),
        cmocka_unit_test(latency__one_visit_is_judged_by_its_runs),
        cmocka_unit_test(latency__visits_of_other_conditions_count_only_without_any),
        cmocka_unit_test(noise__is_how_far_the_later_half_is_from_the_earlier),
        cmocka_unit_test(visit__lasts_as_long_as_asked_for_but_five_runs),
    };
    return cmocka_run_group_tests(tests, engine_start, engine_stop);
}
