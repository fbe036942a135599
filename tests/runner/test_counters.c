#include "tests/test.h"

#include <omp.h>
#include <sched.h>
#include <sys/resource.h>

#include "runner/engine.h"

static cpu_set_t allowed; // when the program began

static int note_allowed(void **state)
{
    (void)state;
    return sched_getaffinity(0, sizeof allowed, &allowed);
}

static int restore_allowed(void **state)
{
    (void)state;
    return sched_setaffinity(0, sizeof allowed, &allowed);
}

static void bind_to(size_t cpu)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
}

// The first CPU that the process may use but for one; CPU_SETSIZE if there is none.
static size_t first_but(size_t cpu)
{
    size_t i = 0;
    while (i < CPU_SETSIZE && (i == cpu || !CPU_ISSET(i, &allowed)))
        i++;
    return i;
}

// The team of one thread is moved to another CPU, as when somebody takes its pin away.
static void assert_sees_a_move(struct counters *c)
{
    size_t here = first_but(CPU_SETSIZE), there = first_but(here);
    bind_to(here);
    struct counter_values before = counters_read(c), still = counters_read(c);
    assert_true(still.migrations == before.migrations);
    if (there < CPU_SETSIZE) {
        bind_to(there);
        assert_true(counters_read(c).migrations == before.migrations + 1);
    }
    counters_close(c);
}

static void counters__see_a_thread_that_lost_its_pin(void **state)
{
    (void)state;
    struct counters c;
    counters_open(&c, 1);
    assert_sees_a_move(&c);
}

// No files left to open stands for a kernel that does not allow it.
static void counters__see_it_where_the_kernel_does_not_let_them_count(void **state)
{
    (void)state;
    struct counters c;
    struct rlimit before, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    counters_open(&c, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    struct counter_values values = counters_read(&c);
    assert_true(values.cycles == 0 && values.reference_cycles == 0);
    assert_sees_a_move(&c);
}

static void counters__count_faults_of_the_process(void **state)
{
    (void)state;
    enum { SIZE = 1 << 24, PAGE = 4096 };
    struct counters c;
    counters_open(&c, 1);
    struct counter_values before = counters_read(&c);
    volatile char *fresh = malloc(SIZE);
    for (int i = 0; i < SIZE; i += PAGE)
        fresh[i] = 1;
    assert_true(counters_read(&c).faults > before.faults);
    free((void *)fresh);
    counters_close(&c);
}

static void counters__a_pinned_team_does_not_migrate(void **state)
{
    (void)state;
    struct engine engine;
    assert_int_equal(engine_init(&engine, &(struct engine_options){0}, "test", NULL), 0);
    struct counter_values before = counters_read(&engine.counters);
    int n_free = 0;
    for (int i = 0; i < 100; i++) {
#pragma omp parallel num_threads(engine.threads) reduction(+ : n_free)
        {
            cpu_set_t set;
            n_free += sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) != 1;
            sched_yield();
        }
    }
    assert_int_equal(n_free, 0);
    assert_true(counters_read(&engine.counters).migrations == before.migrations);
    engine_release(&engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(counters__see_a_thread_that_lost_its_pin, restore_allowed),
        cmocka_unit_test_teardown(counters__see_it_where_the_kernel_does_not_let_them_count,
                                  restore_allowed),
        cmocka_unit_test(counters__count_faults_of_the_process),
        cmocka_unit_test(counters__a_pinned_team_does_not_migrate),
    };
    return cmocka_run_group_tests(tests, note_allowed, NULL);
}
