#include "tests/bricks/cache_case.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "bricks/cache_files.h"

struct machine case_machine(int k)
{
    struct machine m = {.cpu = "Test CPU",
                        .vendor = "Test",
                        .isa = "avx2",
                        .packages = 1,
                        .numa_nodes = 1,
                        .cores = 2 + k,
                        .threads = 2 + k};
    machine_default_label(&m, m.label, sizeof m.label);
    return m;
}

struct environment case_environment(int k)
{
    struct environment e = {0};
    environment_set(&e, ENV_engine, "onednn");
    environment_set(&e, ENV_threads, "%d", 2 + k);
    return e;
}

struct record case_record(const char *text, const char *run, double time_ns)
{
    struct record r;
    record_init(&r, text);
    strcpy(r.run, run);
    r.loop_version = op_info(OP_Relu)->version + 1; // tiny
    series_add(record_series(&r, 0), time_ns, near);
    return r;
}

char *case_text(int width)
{
    struct str text = STR_INIT;
    str_addf(&text, "dlb1 Relu i0:f32:1x%d > f32:1x%d | out s0", width, width);
    return str_detach(&text);
}

struct cache_place case_place(const char *cache, int machine, int environment)
{
    struct machine m = case_machine(machine);
    struct environment e = case_environment(environment);
    struct cache_place place;
    struct error err = {0};
    if (cache_open(&place, cache, &m, &e, &err))
        fail_msg("%s", err.text);
    return place;
}

char *case_put(const struct cache_place *place, int width, const char *run, int n)
{
    char *text = case_text(width);
    struct record r = case_record(text, run, 1000.5);
    struct error err = {0};
    for (int i = 1; i < n; i++)
        series_add(record_series(&r, 0), 1000.5 + i, near);
    if (cache_put(place, &r, &err))
        fail_msg("%s", err.text);
    char *path = record_path(place->path, r.signature, run);
    record_release(&r);
    free(text);
    return path;
}

char *case_read(const char *path)
{
    size_t bytes;
    struct error err = {0};
    char *text = file_read(path, 64 << 20, &bytes, &err);
    if (!text)
        fail_msg("%s", err.text);
    return text;
}

static void list_below(struct str *out, const char *root, const char *folder, bool all)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        char *path = scratch_path(folder, name);
        struct stat st;
        bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
        if (!dots && (all || name[0] != '.') && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode)) {
                list_below(out, root, path, all);
            } else {
                char *text = case_read(path);
                str_addf(out, "%s %s\n", path + strlen(root), text);
                free(text);
            }
        }
        free(path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

char *case_listing(const char *folder, bool all)
{
    struct str out = STR_INIT;
    list_below(&out, folder, folder, all);
    return str_detach(&out);
}
