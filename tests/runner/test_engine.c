#include "tests/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xmmintrin.h>

#include "base/file.h"
#include "runner/dnnl_compat.h"
#include "runner/engine.h"
#include "runner/team.h"

// ---- quota ---------------------------------------------------------------------------------

struct file {
    const char *path, *text;
};

// A control group file system with these files in a fresh folder, and what the quota of it is.
struct quota_case {
    const char *name;
    const char *self; // /proc/self/cgroup
    struct file files[4];
    double quota;
};

static const struct quota_case quota_cases[] = {
    {"version 2, no limit", "0::/a/b\n", {{"a/b/cpu.max", "max 100000\n"}}, 0},
    {"version 2, own limit", "0::/a/b\n", {{"a/b/cpu.max", "150000 100000\n"}}, 1.5},
    {"version 2, a parent's limit is smaller",
     "0::/a/b\n",
     {{"a/b/cpu.max", "400000 100000\n"}, {"a/cpu.max", "200000 100000\n"}},
     2},
    {"version 2, limit at the mounted root", "0::/\n", {{"cpu.max", "50000 100000\n"}}, 0.5},
    {"version 2, the path is the host's", "0::/docker/0123\n", {{"cpu.max", "300000 100000\n"}}, 3},
    {"version 1, own limit",
     "5:memory:/x\n4:cpu,cpuacct:/a\n",
     {{"cpu,cpuacct/a/cpu.cfs_quota_us", "250000\n"},
      {"cpu,cpuacct/a/cpu.cfs_period_us", "100000\n"}},
     2.5},
    {"version 1, no limit",
     "4:cpuacct,cpu:/a\n",
     {{"cpuacct,cpu/a/cpu.cfs_quota_us", "-1\n"}, {"cpuacct,cpu/a/cpu.cfs_period_us", "100000\n"}},
     0},
    {"version 1, another controller's files do not count",
     "4:cpuset:/a\n",
     {{"cpuset/a/cpu.cfs_quota_us", "100000\n"}, {"cpuset/a/cpu.cfs_period_us", "100000\n"}},
     0},
    {"damaged", "nonsense\n0:\n0::/a\n", {{"a/cpu.max", "x y\n"}}, 0},
};

static void quota__smallest_limit_of_all_parents(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ELEMENTS(quota_cases); i++) {
        const struct quota_case *c = &quota_cases[i];
        char root[] = "/tmp/dlb-quota-XXXXXX", path[512], self[512];
        assert_non_null(mkdtemp(root));
        for (size_t k = 0; k < N_ELEMENTS(c->files) && c->files[k].path; k++) {
            snprintf(path, sizeof path, "%s/fs/%s", root, c->files[k].path);
            assert_int_equal(file_write(path, c->files[k].text, strlen(c->files[k].text), NULL), 0);
        }
        snprintf(self, sizeof self, "%s/self", root);
        assert_int_equal(file_write(self, c->self, strlen(c->self), NULL), 0);
        snprintf(path, sizeof path, "%s/fs", root);
        double quota = cgroup_quota(path, self);
        if (quota != c->quota)
            fail_msg("%s: %g instead of %g", c->name, quota, c->quota);
        snprintf(path, sizeof path, "rm -r %s", root);
        assert_int_equal(system(path), 0);
    }
}

static void quota__no_cgroup_file_is_no_limit(void **state)
{
    (void)state;
    assert_true(cgroup_quota("/nowhere", "/nowhere/self") == 0);
}

// ---- instruction sets ----------------------------------------------------------------------

static void isa__names_and_values_agree(void **state)
{
    (void)state;
    struct str names = STR_INIT;
    isa_names(&names);
    int n = 0;
    for (char *s = strtok(names.text, " "); s; s = strtok(NULL, " "), n++) {
        dnnl_cpu_isa_t isa, again;
        assert_true(isa_from_name(s, &isa));
        assert_true(isa_from_name(isa_name(isa), &again));
        assert_int_equal(isa, again);
    }
    assert_true(n >= 8);
    str_release(&names);
}

static void isa__avx512_is_avx512_core(void **state)
{
    (void)state;
    dnnl_cpu_isa_t isa;
    assert_true(isa_from_name("avx512", &isa));
    assert_string_equal(isa_name(isa), "avx512_core");
    assert_false(isa_from_name("avx3", &isa));
}

// Every CPU that oneDNN runs on has SSE4.1. The cap holds for the process: all other tests run
// with it.
static void init__isa_is_capped_once(void **state)
{
    (void)state;
    struct engine engine;
    struct error err = {0};
    struct engine_options options = {.isa = "sse41"};
    assert_int_equal(engine_init(&engine, &options, "test", &err), 0);
    assert_string_equal(engine.environment.value[ENV_isa], "sse41");
    engine_release(&engine);
    options.isa = "avx";
    assert_int_equal(engine_init(&engine, &options, "test", &err), -1);
    assert_non_null(strstr(err.text, "avx"));
}

static void init__unknown_isa_is_refused_with_the_known_ones(void **state)
{
    (void)state;
    struct engine engine;
    struct error err = {0};
    struct engine_options options = {.isa = "avx3"};
    assert_int_equal(engine_init(&engine, &options, "test", &err), -1);
    assert_non_null(strstr(err.text, "avx3"));
    assert_non_null(strstr(err.text, "avx2"));
}

// ---- threads and environment ---------------------------------------------------------------

static void init__too_many_threads_are_refused(void **state)
{
    (void)state;
    struct engine engine;
    struct error err = {0};
    struct engine_options options = {.threads = 4096};
    assert_int_equal(engine_init(&engine, &options, "test", &err), -1);
    assert_non_null(strstr(err.text, "4096"));
}

static void init__every_thread_flushes_denormals(void **state)
{
    (void)state;
    struct engine engine;
    struct error err = {0};
    struct engine_options options = {0};
    assert_int_equal(engine_init(&engine, &options, "test", &err), 0);
    int without = 0;
#pragma omp parallel reduction(+ : without)
    without += (_mm_getcsr() & 0x8040) != 0x8040;
    assert_int_equal(without, 0);
    engine_release(&engine);
}

static void init__every_keyed_field_of_the_environment_is_known(void **state)
{
    (void)state;
    struct engine engine;
    struct error err = {0};
    struct engine_options options = {.threads = 1};
    assert_int_equal(engine_init(&engine, &options, "test-policy", &err), 0);
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        if (environment_field_keyed((enum environment_field)f) && !engine.environment.value[f][0])
            fail_msg("%s is empty", environment_field_name((enum environment_field)f));
    assert_string_equal(engine.environment.value[ENV_threads], "1");
    assert_string_equal(engine.environment.value[ENV_policy], "test-policy");
    engine_release(&engine);
}

static void release__the_process_may_use_all_its_cores_again(void **state)
{
    (void)state;
    struct engine engine;
    struct error err = {0};
    struct engine_options options = {.threads = 1};
    int before = team_cores(&err);
    assert_true(before >= 1);
    assert_int_equal(engine_init(&engine, &options, "test", &err), 0);
    engine_release(&engine);
    assert_int_equal(team_cores(&err), before);
}

static void prepare__sets_what_is_missing_once(void **state)
{
    (void)state;
    struct engine_options options = {.isa = "avx2"};
    unsetenv("OMP_WAIT_POLICY");
    setenv("OPENBLAS_CORETYPE", "Nehalem", 1);
    assert_true(engine_prepare_process(&options));
    assert_string_equal(getenv("OMP_WAIT_POLICY"), "active");
    assert_string_equal(getenv("OPENBLAS_CORETYPE"), "Nehalem");
    assert_false(engine_prepare_process(&options));
    unsetenv("OPENBLAS_CORETYPE");
    assert_true(engine_prepare_process(&options));
    assert_string_equal(getenv("OPENBLAS_CORETYPE"), "Haswell");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quota__smallest_limit_of_all_parents),
        cmocka_unit_test(quota__no_cgroup_file_is_no_limit),
        cmocka_unit_test(isa__names_and_values_agree),
        cmocka_unit_test(isa__avx512_is_avx512_core),
        cmocka_unit_test(init__isa_is_capped_once),
        cmocka_unit_test(init__unknown_isa_is_refused_with_the_known_ones),
        cmocka_unit_test(init__too_many_threads_are_refused),
        cmocka_unit_test(init__every_thread_flushes_denormals),
        cmocka_unit_test(init__every_keyed_field_of_the_environment_is_known),
        cmocka_unit_test(release__the_process_may_use_all_its_cores_again),
        cmocka_unit_test(prepare__sets_what_is_missing_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
