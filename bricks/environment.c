#include "bricks/environment.h"

#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "bricks/canon.h"

enum { ENVIRONMENT_FORMAT = 1, FIELD_SIZE = sizeof(((struct environment *)0)->value[0]) };

static const struct {
    const char *name;
    enum { RECORDED, KEYED, KEYED_BUT_PATCH } role;
} fields[N_ENVIRONMENT_FIELDS] = {
#define ENV(name, keyed) {#name, keyed},
    ENVIRONMENT_FIELDS(ENV)
#undef ENV
};

const char *environment_field_name(enum environment_field f)
{
    return fields[f].name;
}

bool environment_field_keyed(enum environment_field f)
{
    return fields[f].role != RECORDED;
}

void environment_set(struct environment *e, enum environment_field f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printable(e->value[f], FIELD_SIZE, text);
}

int environment_difference(const struct environment *a, const struct environment *b)
{
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        if (fields[f].role && strcmp(a->value[f], b->value[f]) != 0)
            return f;
    return -1;
}

void environment_differences(const struct environment *a, const struct environment *b,
                             struct str *out)
{
    int n = 0;
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++) {
        const char *x = a->value[f], *y = b->value[f];
        if (fields[f].role && strcmp(x, y) != 0)
            str_addf(out, "%s%s %s, not %s", n++ ? "; " : "", fields[f].name, *x ? x : "none",
                     *y ? y : "none");
    }
}

// Equal up to the last dot, with another one before it: 2.6 and 2.7 differ in more than a patch.
static bool same_but_patch(const char *a, const char *b)
{
    const char *dot_a = strrchr(a, '.'), *dot_b = strrchr(b, '.');
    return dot_a && dot_b && dot_a - a == dot_b - b && memchr(a, '.', (size_t)(dot_a - a)) &&
           strncmp(a, b, (size_t)(dot_a - a)) == 0;
}

bool environment_is_patch(const struct environment *a, const struct environment *b)
{
    bool differs = false;
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++) {
        if (!fields[f].role || strcmp(a->value[f], b->value[f]) == 0)
            continue;
        differs = true;
        if (fields[f].role != KEYED_BUT_PATCH || !same_but_patch(a->value[f], b->value[f]))
            return false;
    }
    return differs;
}

void environment_key(const struct environment *e, char *out, size_t size)
{
    struct str all = STR_INIT;
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        if (fields[f].role)
            str_addf(&all, "%s=%s\n", fields[f].name, e->value[f]);
    char hash[SIGNATURE_SIZE];
    signature_of(all.text, hash);
    str_release(&all);
    snprintf(out, size, "%.24s-%.24s-%.24s-t%.8s-%.8s", e->value[ENV_engine],
             e->value[ENV_engine_version], e->value[ENV_isa], e->value[ENV_threads], hash);
    for (char *c = out; *c; c++) // no hidden folder, none that is elsewhere
        if (!isalnum((unsigned char)*c) && (c == out || !strchr("._-", *c)))
            *c = '_';
}

json_t *environment_to_json(const struct environment *e)
{
    json_t *json = json_pack("{s:i}", "dlbricks_environment", ENVIRONMENT_FORMAT);
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        json_object_set_new(json, fields[f].name, json_text(e->value[f]));
    return json;
}

// Fields that are only recorded may be missing, keyed ones not.
static int read_field(struct environment *e, int f, const json_t *json, const char *where,
                      struct error *err)
{
    if (!fields[f].role && !json_object_get(json, fields[f].name))
        return 0;
    const char *value = json_get_text(json, fields[f].name, where, err);
    if (!value)
        return -1;
    if (strlen(value) >= FIELD_SIZE)
        return fail(err, "%s: \"%s\" is longer than %d bytes", where, fields[f].name,
                    FIELD_SIZE - 1);
    printable(e->value[f], FIELD_SIZE, value);
    return 0;
}

int environment_from_json(struct environment *e, const json_t *json, const char *where,
                          struct error *err)
{
    *e = (struct environment){0};
    int64_t format;
    if (json_get_int(json, "dlbricks_environment", &format, where, err))
        return -1;
    if (format != ENVIRONMENT_FORMAT)
        return fail_unsupported(err, "%s: environment format %lld is not known", where,
                                (long long)format);
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++)
        if (read_field(e, f, json, where, err))
            return -1;
    return 0;
}

// First line of a file without its end, "" where it cannot be read.
static void first_line(const char *path, char *out, int size)
{
    FILE *f = fopen(path, "r");
    out[0] = '\0';
    if (!f)
        return;
    if (!fgets(out, size, f))
        out[0] = '\0';
    fclose(f);
    out[strcspn(out, "\n")] = '\0';
}

static void detect_microcode(struct environment *e)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    char line[4096], value[64];
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "microcode : %63s", value) == 1) {
            environment_set(e, ENV_microcode, "%s", value);
            break;
        }
    }
    if (f)
        fclose(f);
}

// The vulnerabilities for which the kernel pays, by name: the whole texts would not fit.
static void detect_mitigations(struct environment *e)
{
    static const char folder[] = "/sys/devices/system/cpu/vulnerabilities";
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    struct str names = STR_INIT;
    for (int i = 0; i < n; i++) {
        char path[512], state[256];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        first_line(path, state, sizeof state);
        if (strncmp(state, "Mitigation", 10) == 0)
            str_addf(&names, "%s%s", names.len ? "," : "", entries[i]->d_name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    environment_set(e, ENV_mitigations, "%s", n > 0 && !names.len ? "none" : names.text);
    str_release(&names);
}

void environment_detect_system(struct environment *e)
{
    struct utsname system;
    if (uname(&system) == 0) {
        environment_set(e, ENV_kernel, "%s %s", system.sysname, system.release);
        environment_set(e, ENV_host, "%s", system.nodename);
    }
    struct sysinfo info;
    if (sysinfo(&info) == 0)
        environment_set(e, ENV_memory, "%llu",
                        (unsigned long long)info.totalram * (unsigned long long)info.mem_unit);
    environment_set(e, ENV_compiler, "%s", __VERSION__);
    detect_microcode(e);
    detect_mitigations(e);
}
