#include "runner/system.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "runner/engine.h"

static FILE *open_below(const char *root, const char *path)
{
    struct str whole = STR_INIT;
    str_addf(&whole, "%s%s", root, path);
    FILE *file = fopen(whole.text, "r");
    str_release(&whole);
    return file;
}

// The first line without its end; false if the file cannot be read.
static bool read_line(const char *root, const char *path, char *line, int size)
{
    FILE *file = open_below(root, path);
    bool read = file && fgets(line, size, file);
    if (file)
        fclose(file);
    line[read ? strcspn(line, "\n") : 0] = '\0';
    return read;
}

// ---- settings ------------------------------------------------------------------------------

static bool read_governor(const char *root, int cpu, char *line, int size)
{
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", cpu);
    return read_line(root, path, line, size);
}

// The last one that is not "performance", if any is.
static void find_governor(struct fitness_facts *f, const char *root)
{
    char line[sizeof f->governor];
    f->governor[0] = '\0';
    for (int cpu = 0; cpu < f->cpus; cpu++)
        if (read_governor(root, cpu, line, sizeof line))
            if (!f->governor[0] || strcmp(line, "performance") != 0)
                memcpy(f->governor, line, sizeof line);
}

// 1 or 0 as the file says, or NOT_SHOWN.
static int read_switch(const char *root, const char *path)
{
    char line[32];
    if (!read_line(root, path, line, sizeof line) || (line[0] != '0' && line[0] != '1'))
        return NOT_SHOWN;
    return line[0] == '1';
}

static int read_turbo(const char *root)
{
    int off = read_switch(root, "/sys/devices/system/cpu/intel_pstate/no_turbo");
    return off == NOT_SHOWN ? read_switch(root, "/sys/devices/system/cpu/cpufreq/boost") : !off;
}

// Lines "cpu0 ...", "cpu1 ..." of /proc/stat: CPUs that are online.
static int count_cpus(const char *root)
{
    FILE *file = open_below(root, "/proc/stat");
    char line[512];
    int n = 0;
    while (file && fgets(line, sizeof line, file))
        n += strncmp(line, "cpu", 3) == 0 && line[3] >= '0' && line[3] <= '9';
    if (file)
        fclose(file);
    return n;
}

bool system_huge_pages(const char *root)
{
    char line[128];
    return read_line(root, "/sys/kernel/mm/transparent_hugepage/enabled", line, sizeof line) &&
           (strstr(line, "[always]") || strstr(line, "[madvise]"));
}

static void group_paths(const char *root, struct str *groups, struct str *self)
{
    str_addf(groups, "%s/sys/fs/cgroup", root);
    str_addf(self, "%s/proc/self/cgroup", root);
}

void system_settings(struct fitness_facts *f, const char *root)
{
    struct str groups = STR_INIT, self = STR_INIT;
    group_paths(root, &groups, &self);
    f->cpus = count_cpus(root);
    find_governor(f, root);
    f->turbo = read_turbo(root);
    f->smt = read_switch(root, "/sys/devices/system/cpu/smt/active");
    f->quota = cgroup_quota(groups.text, self.text);
    f->huge_pages = system_huge_pages(root);
    str_release(&groups);
    str_release(&self);
}

// ---- counters ------------------------------------------------------------------------------

static double ticks_s(double ticks)
{
    return ticks / (double)sysconf(_SC_CLK_TCK);
}

// "cpu  user nice system idle iowait irq softirq steal ..."; guests count as user already.
static void read_cpu_times(struct system_times *t, const char *root)
{
    char line[512];
    double user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
    if (!read_line(root, "/proc/stat", line, sizeof line) ||
        sscanf(line, "cpu %lf %lf %lf %*f %*f %lf %lf %lf", &user, &nice, &system, &irq, &softirq,
               &steal) < 3)
        return;
    t->busy_s = ticks_s(user + nice + system + irq + softirq);
    t->steal_s = ticks_s(steal);
}

// "pid (name) state ..." with user and system time as fields 14 and 15; a name may hold anything.
static double read_own_s(const char *root)
{
    char line[1024];
    double user, system;
    read_line(root, "/proc/self/stat", line, sizeof line);
    const char *behind = strrchr(line, ')');
    if (!behind || sscanf(behind + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lf %lf", &user,
                          &system) != 2)
        return 0;
    return ticks_s(user + system);
}

void system_times(struct system_times *t, const char *root)
{
    struct str groups = STR_INIT, self = STR_INIT;
    group_paths(root, &groups, &self);
    *t = (struct system_times){
        .own_s = read_own_s(root),
        .throttled_s = cgroup_throttled_s(groups.text, self.text),
    };
    read_cpu_times(t, root);
    str_release(&groups);
    str_release(&self);
}

void system_usage(struct fitness_facts *f, const struct system_times *before,
                  const struct system_times *after, double seconds)
{
    if (seconds <= 0)
        return;
    double busy_s = after->busy_s - before->busy_s, own_s = after->own_s - before->own_s;
    f->steal = fmax(after->steal_s - before->steal_s, 0) / seconds / f->threads;
    f->throttled = fmax(after->throttled_s - before->throttled_s, 0) / seconds;
    f->others = fmax(busy_s - own_s, 0) / seconds;
}

// ---- memory --------------------------------------------------------------------------------

// A line like "VmRSS:      1234 kB"; false if it is of another name.
static bool read_kb(const char *line, const char *name, size_t *bytes)
{
    size_t n = strlen(name), kb;
    if (strncmp(line, name, n) != 0 || line[n] != ':' || sscanf(line + n + 1, "%zu kB", &kb) != 1)
        return false;
    *bytes = kb * 1024;
    return true;
}

struct resident system_resident(const char *root)
{
    struct resident r = {0};
    char line[256];
    FILE *file = open_below(root, "/proc/self/status");
    while (file && fgets(line, sizeof line, file))
        if (!read_kb(line, "VmRSS", &r.now))
            read_kb(line, "VmHWM", &r.peak);
    if (file)
        fclose(file);
    return r;
}

// Of each mapping, "VmFlags" is the last line; "hg" among them is the advice.
struct advised system_advised(const char *root)
{
    struct advised all = {0}, one = {0};
    char line[512];
    FILE *file = open_below(root, "/proc/self/smaps");
    while (file && fgets(line, sizeof line, file)) {
        if (read_kb(line, "Rss", &one.bytes) || read_kb(line, "AnonHugePages", &one.huge))
            continue;
        if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " hg")) {
            all.bytes += one.bytes;
            all.huge += one.huge;
        }
    }
    if (file)
        fclose(file);
    return all;
}
