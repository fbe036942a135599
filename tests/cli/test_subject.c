#include "tests/test.h"

#include "cli/input.h"
#include "cli/subject.h"

// A network that is loaded in no time and visited for a while.
static struct suite suite;
static struct engine engine;
static struct kernel_set *kernels;
static struct subject subject;

static int start(void **state)
{
    (void)state;
    static const char *args[] = {"zoo:squeezenet1_1"};
    struct error err = {0};
    assert_int_equal(input_load(&(struct options){.n_args = 1, .args = args}, &suite), 0);
    if (engine_init(&engine, &(struct engine_options){.threads = 1}, "test", &err))
        fail_msg("%s", err.text);
    kernels = kernel_set_new(&engine);
    if (subject_init(&subject, &engine, kernels, &suite, &suite.models[0], &err))
        fail_msg("%s", err.text);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    subject_release(&subject);
    kernel_set_free(kernels);
    engine_release(&engine);
    suite_release(&suite);
    return 0;
}

static void subject_refresh__gives_other_memory_after_a_few_visits(void **state)
{
    (void)state;
    const char *memory = subject.loaded.memory;
    assert_int_equal(subject.n_loads, 1);
    subject_visit(&subject);
    subject.load_s = 0; // however slow this machine is
    subject_refresh(&subject);
    assert_int_equal(subject.n_loads, 1); // one visit is too few
    subject_visit(&subject);
    subject_refresh(&subject);
    assert_int_equal(subject.n_loads, 2);
    assert_ptr_not_equal(subject.loaded.memory, memory);
    int n_runs = subject.visits.n;
    subject_visit(&subject);
    assert_int_equal(subject.visits.n_visits, 3); // the earlier ones count as before
    assert_true(subject.visits.n > n_runs);
}

static void subject_refresh__is_for_models_that_are_loaded_quickly(void **state)
{
    (void)state;
    int n_loads = subject.n_loads;
    subject.load_s = 1;
    subject.n_since = 10;
    subject.visited_s = 1.9;
    subject_refresh(&subject);
    assert_int_equal(subject.n_loads, n_loads);
    subject.visited_s = 2.1;
    subject_refresh(&subject);
    assert_int_equal(subject.n_loads, n_loads + 1);
    assert_int_equal(subject.n_since, 0);
    assert_true(subject.visited_s == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subject_refresh__gives_other_memory_after_a_few_visits),
        cmocka_unit_test(subject_refresh__is_for_models_that_are_loaded_quickly),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
