#include "tests/test.h"

#include "runner/watch.h"

// Every reading is a microsecond later than the one before.
static uint64_t tick(void *context)
{
    return *(uint64_t *)context += 1000;
}

static void watch__one_thread_hands_nothing_over(void **state)
{
    (void)state;
    assert_close(watch_handoff_ns(1, &clock_monotonic), 0, 0);
}

static void watch__divides_the_time_by_hops_and_cycles(void **state)
{
    (void)state;
    uint64_t now = 0;
    struct clock clock = {tick, &now};
    assert_close(watch_cycle_ns(&clock), 0.1, 1e-12); // 1000 ns for 10000 additions
    double hop_ns = watch_handoff_ns(2, &clock);
    assert_true(hop_ns > 0 && hop_ns < 1000);
    assert_close(fmod(1000 / hop_ns, 1), 0, 1e-9); // a whole number of hops
}

// Counters that say one thing after the other.
struct script {
    int n_read;
    struct counter_values values[3]; // before the cycle is measured, at the beginning, at the end
};

static void read_script(void *context, struct counter_values *out)
{
    struct script *s = context;
    *out = s->values[s->n_read++];
}

// What a watch says that begins and ends under these counters and a cycle of 0.1 ns.
static struct condition watched(struct script script)
{
    uint64_t now = 0;
    struct clock clock = {tick, &now};
    struct engine engine = {.threads = 1, .counters = {read_script, &script}};
    struct watch w;
    watch_begin(&w, &engine, &clock);
    struct condition c = watch_end(&w);
    assert_int_equal(script.n_read, 3);
    return c;
}

static const struct {
    struct counter_values before, after;
    int marks;
} marked[] = {
    {{7, 8, 9, 0, 0}, {7, 8, 9, 0, 0}, 0},
    {{7, 8, 9, 0, 0}, {8, 8, 9, 0, 0}, CONDITION_preempted},
    {{7, 8, 9, 0, 0}, {7, 9, 9, 0, 0}, CONDITION_faulted},
    {{7, 8, 9, 0, 0}, {7, 8, 11, 0, 0}, CONDITION_migrated},
    {{7, 8, 9, 0, 0},
     {8, 9, 10, 0, 0},
     CONDITION_preempted | CONDITION_faulted | CONDITION_migrated},
};

static void watch__marks_what_the_counters_counted_meanwhile(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(marked); i++) {
        // what happened before it began says nothing
        struct script script = {0, {{0}, marked[i].before, marked[i].after}};
        assert_int_equal(watched(script).marks, marked[i].marks);
    }
}

static const struct {
    const char *name;
    uint64_t cycles[3], reference_cycles[3];
    double cycle_ns;
} clocks[] = {
    {"not counted", {0, 0, 0}, {0, 0, 0}, 0.1},
    {"as fast", {10, 1010, 51010}, {20, 1020, 51020}, 0.1},
    {"half as fast", {0, 1000, 11000}, {0, 1000, 21000}, 0.2},
    {"faster", {0, 1000, 21000}, {0, 2000, 22000}, 0.05},
    {"the counters stood still", {5, 5, 5}, {7, 7, 7}, 0.1},
    {"only one is counted", {0, 1000, 2000}, {0, 0, 0}, 0.1},
};

static void watch__a_counted_cycle_is_the_mean_of_the_time_between(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(clocks); i++) {
        struct script script = {0};
        for (int k = 0; k < 3; k++)
            script.values[k] = (struct counter_values){
                .cycles = clocks[i].cycles[k], .reference_cycles = clocks[i].reference_cycles[k]};
        double cycle_ns = watched(script).cycle_ns;
        if (!(fabs(cycle_ns - clocks[i].cycle_ns) < 1e-6))
            fail_msg("%s: %g ns, not %g", clocks[i].name, cycle_ns, clocks[i].cycle_ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watch__one_thread_hands_nothing_over),
        cmocka_unit_test(watch__divides_the_time_by_hops_and_cycles),
        cmocka_unit_test(watch__marks_what_the_counters_counted_meanwhile),
        cmocka_unit_test(watch__a_counted_cycle_is_the_mean_of_the_time_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
