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

static void watch__marks_a_page_fault(void **state)
{
    (void)state;
    struct watch w;
    watch_begin(&w, 1, &clock_monotonic);
    enum { SIZE = 1 << 24 };
    volatile char *fresh = malloc(SIZE);
    for (int i = 0; i < SIZE; i += 4096)
        fresh[i] = 1;
    assert_true(watch_end(&w).marks & CONDITION_faulted);
    free((void *)fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watch__one_thread_hands_nothing_over),
        cmocka_unit_test(watch__divides_the_time_by_hops_and_cycles),
        cmocka_unit_test(watch__marks_a_page_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
