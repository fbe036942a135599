#include "runner/resident.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static FILE *open_below(const char *root, const char *path)
{
    struct str whole = STR_INIT;
    str_addf(&whole, "%s%s", root, path);
    FILE *file = fopen(whole.text, "r");
    str_release(&whole);
    return file;
}

// A line like "VmRSS:      1234 kB"; false if it is of another name.
static bool read_kb(const char *line, const char *name, size_t *bytes)
{
    size_t n = strlen(name), kb;
    if (strncmp(line, name, n) != 0 || line[n] != ':' || sscanf(line + n + 1, "%zu kB", &kb) != 1)
        return false;
    *bytes = kb * 1024;
    return true;
}

struct resident resident_memory(const char *root)
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
struct advised resident_advised(const char *root)
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
