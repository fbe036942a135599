#include "tests/test.h"

#include "bricks/fitness.h"

// A machine that nothing is wrong with.
static const struct fitness_facts quiet = {
    .cpus = 4,
    .cores = 4,
    .threads = 2,
    .governor = "performance",
    .huge_pages = true,
    .handoff_ns = 50,
    .cycle_ns = 0.25,
};

static struct fitness judge_with(void (*change)(struct fitness_facts *f))
{
    struct fitness_facts f = quiet;
    if (change)
        change(&f);
    return fitness_judge(&f);
}

// ---- judgement -----------------------------------------------------------------------------

static void powersave(struct fitness_facts *f)
{
    strcpy(f->governor, "powersave");
}

static void nothing_shown(struct fitness_facts *f)
{
    f->governor[0] = '\0';
    f->turbo = f->smt = NOT_SHOWN;
}

static void turbo_that_holds(struct fitness_facts *f)
{
    f->turbo = 1;
}

static void turbo_that_moves(struct fitness_facts *f)
{
    f->turbo = 1;
    f->cycle_spread = 0.03;
}

static void more_threads_than_cores(struct fitness_facts *f)
{
    f->cores = 1;
}

static void busy_siblings(struct fitness_facts *f)
{
    f->smt = 1;
    f->others = 0.5;
}

static void some_steal(struct fitness_facts *f)
{
    f->steal = 0.03;
}

static void others_on_idle_cpus(struct fitness_facts *f)
{
    f->others = 1.5;
}

static void others_on_all_cpus(struct fitness_facts *f)
{
    f->others = 2.5; // of which 0.5 from the two threads of the team
}

static void tight_quota(struct fitness_facts *f)
{
    f->quota = 2;
}

static void wide_quota(struct fitness_facts *f)
{
    f->quota = 3;
}

static void stopped(struct fitness_facts *f)
{
    f->throttled = 0.1;
}

static void small_pages(struct fitness_facts *f)
{
    f->huge_pages = false;
}

static void drifting(struct fitness_facts *f)
{
    f->drift[CALIBRATION_memory] = 0.2;
}

static void switching(struct fitness_facts *f)
{
    f->other_handoff_ns = 200;
    f->switched = 0.3;
}

static const struct {
    const char *name;
    void (*change)(struct fitness_facts *f);
    enum fitness_point point;
    enum grade grade;
    const char *state; // part of it
    double expected_error;
} cases[] = {
    {"quiet", NULL, FITNESS_governor, GRADE_fine, "performance", 0.01},
    {"powersave", powersave, FITNESS_governor, GRADE_watch, "powersave", 0.01},
    {"a virtual machine", nothing_shown, FITNESS_governor, GRADE_fine, "not shown", 0.01},
    {"turbo that holds", turbo_that_holds, FITNESS_turbo, GRADE_fine, "on", 0.01},
    {"turbo that moves", turbo_that_moves, FITNESS_turbo, GRADE_watch, "on", 0.01},
    {"moving clock", turbo_that_moves, FITNESS_cycle, GRADE_watch, "+-1.5 %", 0.01},
    {"threads on siblings", more_threads_than_cores, FITNESS_smt, GRADE_watch, "2 threads on 1",
     0.01},
    {"busy siblings", busy_siblings, FITNESS_smt, GRADE_watch, "beside the team", 0.01},
    {"steal", some_steal, FITNESS_steal, GRADE_watch, "3.0 %", 0.04},
    {"others on idle CPUs", others_on_idle_cpus, FITNESS_load, GRADE_watch, "1.50 of 4", 0.01},
    {"others on all CPUs", others_on_all_cpus, FITNESS_load, GRADE_bad, "2.50 of 4", 0.26},
    {"tight quota", tight_quota, FITNESS_quota, GRADE_watch, "2.00 CPUs for 2", 0.01},
    {"wide quota", wide_quota, FITNESS_quota, GRADE_fine, "3.00 CPUs for 2", 0.01},
    {"stopped", stopped, FITNESS_throttling, GRADE_bad, "10.0 %", 0.11},
    {"small pages", small_pages, FITNESS_huge_pages, GRADE_watch, "off", 0.01},
    {"drifting", drifting, FITNESS_memory_drift, GRADE_bad, "20.0 %", 0.2002},
    {"switching", switching, FITNESS_handoff, GRADE_watch, "50 ns, but 200 ns in 30 %", 0.01},
};

static void judge__each_point_by_its_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(cases); i++) {
        struct fitness fitness = judge_with(cases[i].change);
        const struct finding *p = &fitness.findings[cases[i].point];
        if (p->grade != cases[i].grade || !strstr(p->state, cases[i].state))
            fail_msg("%s: %s is %s, '%s'", cases[i].name, p->name, grade_name(p->grade), p->state);
        if (fabs(fitness.expected_error - cases[i].expected_error) > 1e-4)
            fail_msg("%s: expects %g", cases[i].name, fitness.expected_error);
        assert_int_equal(p->advice != NULL, p->grade != GRADE_fine);
        assert_true(fitness.grade >= p->grade);
    }
}

static void judge__many_small_losses_make_a_large_one(void **state)
{
    (void)state;
    struct fitness_facts f = quiet;
    f.steal = f.throttled = f.others = 0.009;
    struct fitness fitness = fitness_judge(&f);
    assert_int_equal(fitness.findings[FITNESS_steal].grade, GRADE_fine);
    assert_string_equal(fitness_verdict(&fitness), "fair");
}

static void line__says_what_is_not_fine_worst_first(void **state)
{
    (void)state;
    char line[FITNESS_LINE];
    struct fitness_facts f = quiet;
    struct fitness fitness = fitness_judge(&f);
    fitness_line(&fitness, line);
    assert_string_equal(line, "fit: expect +-1.0 %");
    powersave(&f);
    stopped(&f);
    fitness = fitness_judge(&f);
    fitness_line(&fitness, line);
    assert_string_equal(line, "unfit: throttling 10.0 %, governor powersave: expect +-11.0 %");
}

static void line__is_cut_between_points(void **state)
{
    (void)state;
    char line[FITNESS_LINE];
    struct fitness fitness = judge_with(NULL);
    for (int i = 0; i < N_FITNESS_POINTS; i++) {
        fitness.findings[i].grade = GRADE_watch;
        memset(fitness.findings[i].state, 'x', 30);
        fitness.findings[i].state[30] = '\0';
    }
    fitness.expected_error = 1e300;
    fitness_line(&fitness, line);
    assert_non_null(strstr(line, "xxx: expect +-999.9 %"));
    assert_null(strstr(line, "handoff"));
}

// ---- what a calibration saw ----------------------------------------------------------------

static struct condition seen(double handoff_ns, double cycle_ns)
{
    return (struct condition){.handoff_ns = (float)handoff_ns, .cycle_ns = (float)cycle_ns};
}

static void release(int n, struct calibration_block *blocks)
{
    for (int i = 0; i < n; i++)
        for (int c = 0; c < N_CALIBRATIONS; c++)
            series_release(&blocks[i].series[c]);
}

static void measured__drift_is_between_blocks_of_the_prevailing_handoff(void **state)
{
    (void)state;
    enum { N = 11 };
    struct calibration_block blocks[N] = {0};
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 5; k++) { // 1000, 1010 ... 1100
            series_add(&blocks[i].series[CALIBRATION_compute], 1000 + 10 * i, seen(50, 0.25));
            series_add(&blocks[i].series[CALIBRATION_memory], 3000, seen(50, 0.25));
        }
        series_add(&blocks[i].series[CALIBRATION_compute], 9000 + 1000 * i, seen(200, 0.25));
    }
    struct fitness_facts f = quiet;
    fitness_measured(&f, N, blocks);
    assert_close(f.drift[CALIBRATION_compute], 90.0 / 1050, 1e-9); // the middle 90 % of 100
    assert_close(f.drift[CALIBRATION_memory], 0, 0);
    assert_close(f.calibration_ns[CALIBRATION_compute], 1050, 0);
    assert_close(f.handoff_ns, 50, 0);
    assert_close(f.other_handoff_ns, 200, 0);
    assert_close(f.switched, 1.0 / 11, 1e-12);
    assert_close(f.cycle_ns, 0.25, 1e-9);
    assert_close(f.cycle_spread, 0, 0);
    release(N, blocks);
}

static void measured__nothing_is_zero(void **state)
{
    (void)state;
    struct fitness_facts f = quiet;
    fitness_measured(&f, 0, NULL);
    assert_close(f.drift[CALIBRATION_compute] + f.handoff_ns + f.switched + f.cycle_ns, 0, 0);
}

static void measured__a_clock_that_moves(void **state)
{
    (void)state;
    struct calibration_block block = {0};
    for (int i = 0; i <= 100; i++)
        series_add(&block.series[CALIBRATION_compute], 1000, seen(0, 0.2 + 0.001 * i));
    struct fitness_facts f = quiet;
    fitness_measured(&f, 1, &block);
    assert_close(f.cycle_spread, 0.08 / 0.25, 1e-5);
    assert_close(f.handoff_ns, 0, 0);
    release(1, &block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judge__each_point_by_its_limits),
        cmocka_unit_test(judge__many_small_losses_make_a_large_one),
        cmocka_unit_test(line__says_what_is_not_fine_worst_first),
        cmocka_unit_test(line__is_cut_between_points),
        cmocka_unit_test(measured__drift_is_between_blocks_of_the_prevailing_handoff),
        cmocka_unit_test(measured__nothing_is_zero),
        cmocka_unit_test(measured__a_clock_that_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
