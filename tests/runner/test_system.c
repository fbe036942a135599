// Settings and counters of the kernel, read below a folder of the test's own.
#include "tests/test.h"

#include <unistd.h>

#include "base/file.h"
#include "runner/system.h"
#include "tests/scratch.h"

#define CPU "/sys/devices/system/cpu/"

struct file {
    const char *path, *text;
};

// A fresh root with these files, up to the first without a path. Release with scratch_remove.
static char *make_root(const struct file *files)
{
    char *root = scratch_make(), path[512];
    for (; files->path; files++) {
        snprintf(path, sizeof path, "%s%s", root, files->path);
        assert_int_equal(file_write(path, files->text, strlen(files->text), NULL), 0);
    }
    return root;
}

static struct fitness_facts settings_of(const struct file *files)
{
    struct fitness_facts f = {.threads = 2};
    char *root = make_root(files);
    system_settings(&f, root);
    scratch_remove(root);
    return f;
}

static struct system_times times_of(const struct file *files)
{
    struct system_times t;
    char *root = make_root(files);
    system_times(&t, root);
    scratch_remove(root);
    return t;
}

static void settings__of_a_machine_that_shows_all(void **state)
{
    (void)state;
    const struct file files[] = {
        {"/proc/stat", "cpu  1 2 3\ncpu0 1 2 3\ncpu1 1 2 3\nintr 5\n"},
        {CPU "cpu0/cpufreq/scaling_governor", "schedutil\n"},
        {CPU "cpu1/cpufreq/scaling_governor", "performance\n"},
        {CPU "intel_pstate/no_turbo", "0\n"},
        {CPU "smt/active", "1\n"},
        {"/proc/self/cgroup", "0::/a\n"},
        {"/sys/fs/cgroup/a/cpu.max", "150000 100000\n"},
        {"/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
        {0},
    };
    struct fitness_facts f = settings_of(files);
    assert_int_equal(f.cpus, 2);
    assert_string_equal(f.governor, "schedutil");
    assert_int_equal(f.turbo, 1);
    assert_int_equal(f.smt, 1);
    assert_close(f.quota, 1.5, 0);
    assert_true(f.huge_pages);
}

static void settings__of_one_that_shows_none(void **state)
{
    (void)state;
    const struct file files[] = {{0}};
    struct fitness_facts f = settings_of(files);
    assert_int_equal(f.cpus, 0);
    assert_string_equal(f.governor, "");
    assert_int_equal(f.turbo, NOT_SHOWN);
    assert_int_equal(f.smt, NOT_SHOWN);
    assert_close(f.quota, 0, 0);
    assert_false(f.huge_pages);
}

static void settings__boost_and_never(void **state)
{
    (void)state;
    const struct file files[] = {
        {CPU "cpufreq/boost", "0\n"},
        {CPU "smt/active", "forceoff\n"},
        {"/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n"},
        {0},
    };
    struct fitness_facts f = settings_of(files);
    assert_int_equal(f.turbo, 0);
    assert_int_equal(f.smt, NOT_SHOWN);
    assert_false(f.huge_pages);
}

static void times__are_read_in_seconds(void **state)
{
    (void)state;
    const struct file files[] = {
        {"/proc/stat", "cpu  100 20 30 9999 9999 4 6 50 7 8\n"},
        {"/proc/self/stat", "17 (a) b) R 1 2 3 4 5 6 7 8 9 10 300 40 0 0\n"},
        {"/proc/self/cgroup", "0::/a/b\n"},
        {"/sys/fs/cgroup/a/b/cpu.stat", "usage_usec 5\nnr_throttled 2\nthrottled_usec 250000\n"},
        {"/sys/fs/cgroup/a/cpu.stat", "throttled_usec 1500000\n"},
        {0},
    };
    struct system_times t = times_of(files);
    double ticks = (double)sysconf(_SC_CLK_TCK);
    assert_close(t.busy_s, 160 / ticks, 1e-9);
    assert_close(t.steal_s, 50 / ticks, 1e-9);
    assert_close(t.own_s, 340 / ticks, 1e-9);
    assert_close(t.throttled_s, 1.5, 1e-9);
}

static void times__of_the_first_control_groups(void **state)
{
    (void)state;
    const struct file files[] = {
        {"/proc/self/cgroup", "4:cpu,cpuacct:/a\n"},
        {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.stat", "nr_periods 9\nthrottled_time 2500000000\n"},
        {0},
    };
    assert_close(times_of(files).throttled_s, 2.5, 1e-9);
}

static void times__damage_is_zero(void **state)
{
    (void)state;
    const struct file files[] = {
        {"/proc/stat", "cpu  x\n"},
        {"/proc/self/stat", "17 (a R 1 2\n"},
        {0},
    };
    struct system_times t = times_of(files);
    assert_close(t.busy_s + t.steal_s + t.own_s + t.throttled_s, 0, 0);
}

static void usage__is_what_was_counted_in_between(void **state)
{
    (void)state;
    struct system_times before = {100, 5, 50, 1}, after = {125, 5.6, 70, 1.2};
    struct fitness_facts f = {.threads = 2};
    system_usage(&f, &before, &after, 10);
    assert_close(f.others, 0.5, 1e-12); // 25 s less our own 20 s
    assert_close(f.steal, 0.03, 1e-12); // 0.6 s of 2 * 10 s
    assert_close(f.throttled, 0.02, 1e-12);
    system_usage(&f, &after, &before, 10); // counters that went back
    assert_close(f.others + f.steal + f.throttled, 0, 1e-12);
}

static void resident__is_read_in_bytes(void **state)
{
    (void)state;
    const struct file files[] = {
        {"/proc/self/status", "Name:\tVmRSS: 9 kB\nVmHWM:\t    300 kB\nVmRSS:\t    200 kB\n"},
        {0},
    };
    char *root = make_root(files);
    struct resident r = system_resident(root);
    assert_int_equal(r.now, 200 * 1024);
    assert_int_equal(r.peak, 300 * 1024);
    scratch_remove(root);
    r = system_resident("/nowhere");
    assert_int_equal(r.now + r.peak, 0);
}

static void advised__counts_only_mappings_that_ask_for_huge_pages(void **state)
{
    (void)state;
    const struct file files[] = {
        {"/proc/self/smaps",
         "7f00-7f10 rw-p 0 00:00 0\nRss: 4096 kB\nAnonHugePages: 2048 kB\nVmFlags: rd wr hg \n"
         "7f20-7f30 rw-p 0 00:00 0\nRss: 1024 kB\nAnonHugePages: 1024 kB\nVmFlags: rd wr \n"
         "7f40-7f50 rw-p 0 00:00 0\nRss: 8192 kB\nAnonHugePages: 8192 kB\nVmFlags: rd wr hg \n"},
        {0},
    };
    char *root = make_root(files);
    struct advised a = system_advised(root);
    assert_int_equal(a.bytes, 12 << 20);
    assert_int_equal(a.huge, 10 << 20);
    scratch_remove(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings__of_a_machine_that_shows_all),
        cmocka_unit_test(settings__of_one_that_shows_none),
        cmocka_unit_test(settings__boost_and_never),
        cmocka_unit_test(times__are_read_in_seconds),
        cmocka_unit_test(times__of_the_first_control_groups),
        cmocka_unit_test(times__damage_is_zero),
        cmocka_unit_test(usage__is_what_was_counted_in_between),
        cmocka_unit_test(resident__is_read_in_bytes),
        cmocka_unit_test(advised__counts_only_mappings_that_ask_for_huge_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
