#include "bricks/cache_flaws.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/str.h"
#include "bricks/cache_files.h"

static const char quarantine[] = ".quarantine";
enum { LEFTOVER_S = 3600 };

const char *const flaw_names[N_FLAW_KINDS] = {
#define FLAW(name, serious) #name,
    FLAWS(FLAW)
#undef FLAW
};

static const bool is_serious[N_FLAW_KINDS] = {
#define FLAW(name, serious) serious,
    FLAWS(FLAW)
#undef FLAW
};

void flaws_add(struct flaws *f, enum flaw_kind kind, const char *path, const char *reason)
{
    grow(&f->items, &f->capacity, f->n + 1, sizeof *f->items);
    f->items[f->n++] = (struct flaw){kind, xstrdup(path), xstrdup(reason), NULL};
    f->counts[kind]++;
}

static bool can_be_read(const char *path)
{
    char chunk[65536];
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    while (fread(chunk, 1, sizeof chunk, f) == sizeof chunk)
        ;
    bool good = !ferror(f);
    fclose(f);
    return good;
}

enum flaw_kind flaw_of_file(const char *path, const struct error *why)
{
    if (why->unsupported)
        return FLAW_unknown;
    return can_be_read(path) ? FLAW_damaged : FLAW_unreadable;
}

void flaws_add_error(struct flaws *f, const char *path, const struct error *why)
{
    flaws_add(f, flaw_of_file(path, why), path, why->text);
}

void flaws_release(struct flaws *f)
{
    for (int i = 0; i < f->n; i++) {
        free(f->items[i].path);
        free(f->items[i].reason);
        free(f->items[i].moved);
    }
    free(f->items);
    *f = (struct flaws){0};
}

int flaws_serious(const struct flaws *f)
{
    int n = 0;
    for (int i = 0; i < f->n; i++)
        n += is_serious[f->items[i].kind] && !f->items[i].moved;
    return n;
}

// ---- setting aside ---------------------------------------------------------------------------

// A name below the quarantine that nothing has yet.
static char *free_name(const char *cache, const char *path)
{
    struct str name = STR_INIT;
    const char *inside = path + strlen(cache);
    str_addf(&name, "%s/%s%s", cache, quarantine, inside);
    for (int i = 1; access(name.text, F_OK) == 0; i++) {
        str_clear(&name);
        str_addf(&name, "%s/%s%s.%d", cache, quarantine, inside, i);
    }
    return str_detach(&name);
}

int cache_set_aside(const char *cache, const char *path, char **moved, struct error *err)
{
    char *target = free_name(cache, path), *slash = strrchr(target, '/');
    *slash = '\0';
    int status = make_directories(target, err);
    *slash = '/';
    bool gone = false;
    if (!status && rename(path, target)) {
        gone = errno == ENOENT;
        status = gone ? 0 : fail(err, "%s: cannot be set aside: %s", path, strerror(errno));
    }
    *moved = status || gone ? NULL : target;
    if (!*moved)
        free(target);
    return status;
}

// The time by the clock of the cache's file system, which dated the leftovers: from a file made
// for that.
static int file_system_time(const char *cache, time_t *now, struct error *err)
{
    char *folder = cache_join(cache, quarantine), *probe = cache_join(folder, "now");
    struct stat st = {0};
    int status = file_put(probe, "", 0, FILE_unflushed, err);
    if (!status && stat(probe, &st))
        status = fail(err, "%s: %s", probe, strerror(errno));
    unlink(probe);
    *now = st.st_mtime;
    free(folder);
    free(probe);
    return status;
}

static bool is_old(const char *path, time_t now)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_mtime + LEFTOVER_S <= now;
}

int flaws_set_aside(struct flaws *f, const char *cache, struct error *err)
{
    time_t now = 0;
    if (f->counts[FLAW_leftover] && file_system_time(cache, &now, err))
        return -1;
    for (int i = 0; i < f->n; i++) {
        struct flaw *item = &f->items[i];
        bool old = item->kind == FLAW_leftover && is_old(item->path, now);
        if ((old || item->kind == FLAW_damaged) &&
            cache_set_aside(cache, item->path, &item->moved, err))
            return -1;
    }
    return 0;
}
