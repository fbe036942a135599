#include "tests/test.h"

#include "predict/gap.h"

static double total(const struct gap *g)
{
    return g->computing_ns + g->dispatch_ns + g->cache_ns + g->copies_ns + g->delays_ns +
           g->unexplained_ns;
}

static const struct {
    const char *name;
    double measured_ns, dispatch_ns, delays_ns;
    int n;
    struct gap_brick bricks[3];
    struct gap gap; // but for measured_ns
} cases[] = {
    {"nothing", 100, 5, 0, 0, {{0}}, {.unexplained_ns = 100}},
    {"computing alone",
     1000,
     0,
     0,
     1,
     {{1, false, 900, 900}},
     {.computing_ns = 900, .unexplained_ns = 100}},
    {"dispatch is part of the hot loop",
     1000,
     50,
     0,
     1,
     {{2, false, 1000, 900}},
     {.computing_ns = 800, .dispatch_ns = 100, .cache_ns = 100}},
    {"a reorder is all copy but for its dispatch",
     1500,
     50,
     0,
     2,
     {{1, false, 1000, 1000}, {1, true, 500, 300}},
     {.computing_ns = 950, .dispatch_ns = 100, .copies_ns = 450}},
    {"delays",
     1100,
     0,
     40,
     1,
     {{1, false, 1000, 1000}},
     {.computing_ns = 1000, .delays_ns = 40, .unexplained_ns = 60}},
    {"predicted too slow",
     900,
     0,
     0,
     1,
     {{1, false, 1000, 800}},
     {.computing_ns = 800, .cache_ns = 200, .unexplained_ns = -100}},
    {"hot loop not known", 1000, 0, 0, 1, {{1, false, 1000, 0}}, {.computing_ns = 1000}},
    {"a step as small as its dispatch",
     30,
     50,
     0,
     1,
     {{1, false, 30, 20}},
     {.dispatch_ns = 20, .cache_ns = 10}},
};

static void gap__is_split_by_cause(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct gap g = gap_explain(cases[i].measured_ns, cases[i].dispatch_ns, cases[i].delays_ns,
                                   cases[i].n, cases[i].bricks);
        const struct gap *e = &cases[i].gap;
        if (fabs(g.computing_ns - e->computing_ns) + fabs(g.dispatch_ns - e->dispatch_ns) +
                fabs(g.cache_ns - e->cache_ns) + fabs(g.copies_ns - e->copies_ns) +
                fabs(g.delays_ns - e->delays_ns) + fabs(g.unexplained_ns - e->unexplained_ns) >
            1e-9)
            fail_msg("%s: computing %g dispatch %g cache %g copies %g delays %g unexplained %g",
                     cases[i].name, g.computing_ns, g.dispatch_ns, g.cache_ns, g.copies_ns,
                     g.delays_ns, g.unexplained_ns);
        assert_close(total(&g), cases[i].measured_ns, 1e-9);
    }
}

static void gap__knows_bricks_that_only_move(void **state)
{
    (void)state;
    struct brick *bricks[] = {
        brick_parse("dlb1 Tanh i0:f32:1x8 > f32:1x8 | out s0", NULL),
        brick_parse("dlb1 Transpose i0:f32:2x3 perm=1,0 > f32:3x2 | out s0", NULL),
    };
    struct instance instances[] = {{.brick = 0}, {.brick = 1}, {.brick = 0}};
    struct model model = {.name = "m", .n_instances = 3, .instances = instances};
    struct suite suite = {.n_bricks = 2, .bricks = bricks, .n_models = 1, .models = &model};
    struct brick_time times[] = {
        {.known = true, .time_ns = 1000, .hot_ns = 700},
        {.known = true, .time_ns = 200, .hot_ns = 150},
        {.known = true, .time_ns = 1000, .hot_ns = 700},
    };
    struct prediction p = {.model = &model, .times = times, .delays_ns = 20};
    struct gap g = gap_of(2300, &p, &suite, 50);
    assert_close(g.computing_ns, 1300, 1e-9);
    assert_close(g.dispatch_ns, 150, 1e-9);
    assert_close(g.cache_ns, 600, 1e-9);
    assert_close(g.copies_ns, 150, 1e-9);
    assert_close(g.unexplained_ns, 80, 1e-9);
    for (int i = 0; i < 2; i++)
        brick_free(bricks[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gap__is_split_by_cause),
        cmocka_unit_test(gap__knows_bricks_that_only_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
