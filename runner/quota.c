// How many CPUs the control groups of this process may use, and how long it was stopped for using
// more. /proc/self/cgroup names its group in each hierarchy; what holds for any parent holds too.
// Inside a container the path may be the host's while only the container's own part is mounted:
// folders that are not there are passed over.
#include "runner/engine.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

// Reads up to two numbers of a file, "max" as -1; returns how many there are.
static int read_numbers(const char *folder, const char *name, double number[2])
{
    struct str path = STR_INIT;
    str_addf(&path, "%s/%s", folder, name);
    FILE *file = fopen(path.text, "r");
    str_release(&path);
    if (!file)
        return 0;
    char line[128] = "";
    char *got = fgets(line, sizeof line, file);
    fclose(file);
    if (!got)
        return 0;
    if (strncmp(line, "max", 3) == 0) {
        number[0] = -1;
        return sscanf(line + 3, "%lf", &number[1]) == 1 ? 2 : 1;
    }
    int n = sscanf(line, "%lf %lf", &number[0], &number[1]);
    return n > 0 ? n : 0;
}

// CPUs that one folder allows, 0 if it sets no limit: cpu.max is version 2's, the others 1's.
static double folder_quota(const char *folder)
{
    double n[2], period[2];
    if (read_numbers(folder, "cpu.max", n) == 2)
        return n[0] > 0 && n[1] > 0 ? n[0] / n[1] : 0;
    if (read_numbers(folder, "cpu.cfs_quota_us", n) >= 1 &&
        read_numbers(folder, "cpu.cfs_period_us", period) >= 1)
        return n[0] > 0 && period[0] > 0 ? n[0] / period[0] : 0;
    return 0;
}

// Seconds for which one folder's group was stopped: throttled_usec is version 2's, throttled_time,
// in nanoseconds, 1's.
static double folder_throttled(const char *folder)
{
    struct str path = STR_INIT;
    str_addf(&path, "%s/cpu.stat", folder);
    FILE *file = fopen(path.text, "r");
    str_release(&path);
    double seconds = 0, x;
    char line[128];
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "throttled_usec %lf", &x) == 1)
            seconds = x * 1e-6;
        if (sscanf(line, "throttled_time %lf", &x) == 1)
            seconds = x * 1e-9;
    }
    if (file)
        fclose(file);
    return seconds;
}

// What is asked of every folder, and which of the answers other than 0 holds.
struct rule {
    double (*folder)(const char *folder);
    bool largest; // else the smallest
};
static const struct rule quota_rule = {folder_quota, false};
static const struct rule throttled_rule = {folder_throttled, true};

static double stricter(const struct rule *rule, double a, double b)
{
    if (a <= 0 || b <= 0)
        return a > 0 ? a : b;
    return (a > b) == rule->largest ? a : b;
}

// What holds from `path` below `root` up to root itself.
static double ask_hierarchy(const struct rule *rule, const char *root, const char *path)
{
    struct str folder = STR_INIT;
    str_addf(&folder, "%s%s", root, path);
    double answer = 0;
    for (size_t root_len = strlen(root);;) {
        answer = stricter(rule, answer, rule->folder(folder.text));
        char *slash = strrchr(folder.text, '/');
        if (!slash || (size_t)(slash - folder.text) < root_len)
            break;
        *slash = '\0';
    }
    str_release(&folder);
    return answer;
}

static bool has_controller(const char *list, const char *name)
{
    size_t n = strlen(name);
    for (const char *s = list; s; s = strchr(s, ',')) {
        s += *s == ',';
        if (strncmp(s, name, n) == 0 && (s[n] == ',' || s[n] == '\0'))
            return true;
    }
    return false;
}

// One line of /proc/self/cgroup: "0::/path" (version 2) or "4:cpu,cpuacct:/path" (version 1).
static double ask_line(const struct rule *rule, const char *root, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
        return 0;
    *path++ = '\0';
    controllers++;
    if (!*controllers)
        return ask_hierarchy(rule, root, path);
    if (!has_controller(controllers, "cpu"))
        return 0;
    struct str mount = STR_INIT;
    str_addf(&mount, "%s/%s", root, controllers);
    double answer = ask_hierarchy(rule, mount.text, path);
    str_release(&mount);
    return answer;
}

static double ask_groups(const struct rule *rule, const char *root, const char *self)
{
    FILE *file = fopen(self, "r");
    if (!file)
        return 0;
    double answer = 0;
    char line[4096];
    while (fgets(line, sizeof line, file))
        answer = stricter(rule, answer, ask_line(rule, root, line));
    fclose(file);
    return answer;
}

double cgroup_quota(const char *root, const char *self)
{
    return ask_groups(&quota_rule, root, self);
}

double cgroup_throttled_s(const char *root, const char *self)
{
    return ask_groups(&throttled_rule, root, self);
}
