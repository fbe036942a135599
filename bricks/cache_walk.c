#include "bricks/cache_walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bricks/cache_files.h"

enum level { LEVEL_cache, LEVEL_machine, LEVEL_environment, LEVEL_records };

struct walker {
    cache_visit *visit;
    void *context;
};

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), n_end = strlen(end);
    return n >= n_end && strcmp(name + n - n_end, end) == 0;
}

static bool is_leftover(const char *name)
{
    return strncmp(name, ".dlbricks-", 10) == 0 && ends_with(name, ".tmp");
}

static int is_of_interest(const struct dirent *entry)
{
    return entry->d_name[0] != '.' || is_leftover(entry->d_name);
}

enum file_type { FILE_TYPE_folder, FILE_TYPE_regular, FILE_TYPE_other };

static enum file_type type_of(const struct dirent *entry, const char *path)
{
    struct stat st;
    if (entry->d_type == DT_DIR)
        return FILE_TYPE_folder;
    if (entry->d_type == DT_REG)
        return FILE_TYPE_regular;
    if (stat(path, &st))
        return FILE_TYPE_other;
    return S_ISDIR(st.st_mode)   ? FILE_TYPE_folder
           : S_ISREG(st.st_mode) ? FILE_TYPE_regular
                                 : FILE_TYPE_other;
}

static enum walk visit(const struct walker *w, enum cache_entry_kind kind, const char *path,
                       int why)
{
    const char *slash = strrchr(path, '/');
    struct cache_entry e = {kind, path, slash ? slash + 1 : path, why};
    return w->visit(w->context, &e);
}

static enum walk visit_file(const struct walker *w, enum level level, const char *name,
                            const char *path)
{
    if (is_leftover(name))
        return visit(w, ENTRY_leftover, path, 0);
    if ((level == LEVEL_machine && strcmp(name, "machine.json") == 0) ||
        (level == LEVEL_environment && strcmp(name, "environment.json") == 0))
        return WALK_on; // belongs to its folder
    if (level == LEVEL_environment && strcmp(name, "probe.json") == 0)
        return visit(w, ENTRY_probe, path, 0);
    if (level == LEVEL_records && ends_with(name, ".json"))
        return visit(w, ENTRY_record, path, 0);
    return level == LEVEL_cache ? WALK_on : visit(w, ENTRY_foreign, path, 0);
}

// A device or a pipe, which must not be opened.
static enum walk visit_other(const struct walker *w, enum level level, const char *name,
                             const char *path)
{
    (void)name;
    return level == LEVEL_cache ? WALK_on : visit(w, ENTRY_foreign, path, 0);
}

static enum walk walk_folder(const struct walker *w, enum level level, const char *path);

static enum walk visit_folder(const struct walker *w, enum level level, const char *name,
                              const char *path)
{
    static const enum cache_entry_kind kinds[] = {ENTRY_machine, ENTRY_environment};
    bool digits = strspn(name, "0123456789abcdef") == 2 && !name[2];
    if (level == LEVEL_records || (level == LEVEL_environment && !digits))
        return visit(w, ENTRY_foreign, path, 0);
    enum walk next = level == LEVEL_environment ? WALK_on : visit(w, kinds[level], path, 0);
    return next == WALK_on ? walk_folder(w, level + 1, path) : next;
}

static enum walk walk_folder(const struct walker *w, enum level level, const char *path)
{
    static enum walk (*const visits[])(const struct walker *, enum level, const char *,
                                       const char *) = {
        [FILE_TYPE_folder] = visit_folder,
        [FILE_TYPE_regular] = visit_file,
        [FILE_TYPE_other] = visit_other,
    };
    struct dirent **entries;
    int n = scandir(path, &entries, is_of_interest, alphasort);
    if (n < 0)
        return visit(w, ENTRY_unreadable, path, errno);
    enum walk next = WALK_on;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name;
        char *below = cache_join(path, name);
        if (next != WALK_stop)
            next = visits[type_of(entries[i], below)](w, level, name, below);
        free(below);
        free(entries[i]);
    }
    free(entries);
    return next == WALK_stop ? WALK_stop : WALK_on;
}

enum walk cache_walk(const char *cache, cache_visit *visitor, void *context)
{
    return walk_folder(&(struct walker){visitor, context}, LEVEL_cache, cache);
}

enum walk cache_walk_place(const char *path, cache_visit *visitor, void *context)
{
    return walk_folder(&(struct walker){visitor, context}, LEVEL_environment, path);
}

static enum walk count_record(void *context, const struct cache_entry *e)
{
    int *n = context;
    *n += e->kind == ENTRY_record;
    return WALK_on;
}

static int count_records(enum level level, const char *path)
{
    int n = 0;
    walk_folder(&(struct walker){count_record, &n}, level, path);
    return n;
}

int cache_records_in_machine(const char *path)
{
    return count_records(LEVEL_machine, path);
}

int cache_records_in_environment(const char *path)
{
    return count_records(LEVEL_environment, path);
}
