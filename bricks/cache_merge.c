#include "bricks/cache_merge.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "bricks/cache_files.h"

const char *const taken_names[N_TAKEN] = {
#define TAKEN(name) #name,
    TAKENS(TAKEN)
#undef TAKEN
};

void union_init(struct cache_union *u, const char *cache)
{
    *u = (struct cache_union){.cache = cache};
}

void union_release(struct cache_union *u)
{
    cache_close(&u->place);
    flaws_release(&u->flaws);
}

int union_flush(struct cache_union *u, struct error *err)
{
    return u->place.path ? file_flush_system(u->cache, err) : 0;
}

// ---- places ----------------------------------------------------------------------------------

static bool has_default_label(const struct machine *m)
{
    char label[MAX_LABEL];
    machine_default_label(m, label, sizeof label);
    return strcmp(m->label, label) == 0;
}

// The label that the cache gave stays.
static void settle_label(struct cache_union *u, struct machine *m, const char *where)
{
    struct machine stored = {0};
    char key[CACHE_KEY_SIZE];
    machine_key(m, key, sizeof key);
    char *folder = cache_join(u->cache, key);
    bool known = cache_read_machine(folder, &stored, NULL) == 0;
    if (known && machine_same(m, &stored) && !has_default_label(&stored) &&
        strcmp(m->label, stored.label) != 0) {
        struct error why = {0};
        fail(&why, "%s: calls the machine '%s'; here it stays '%s'", where, m->label, stored.label);
        if (!has_default_label(m))
            flaws_add(&u->flaws, FLAW_kept, folder, why.text);
        memcpy(m->label, stored.label, sizeof m->label);
    }
    free(folder);
}

int union_place(struct cache_union *u, const struct cache_place *from, const char *where,
                struct error *err)
{
    struct machine m = from->machine;
    settle_label(u, &m, where);
    cache_close(&u->place);
    if (cache_open(&u->place, u->cache, &m, &from->environment, err))
        return -1;
    if (!from->probe.n_levels || u->place.probe.n_levels)
        return 0;
    u->place.probe = from->probe;
    return cache_put_probe(&u->place, &from->probe, FILE_keep | FILE_unflushed, err) < 0 ? -1 : 0;
}

// ---- records ---------------------------------------------------------------------------------

// One that is there already, as union_record finds it.
struct stored {
    struct record r;
    char *text;
};

// Flushed, as what is replaced is gone then.
static int replace(const char *path, const char *text, struct error *err)
{
    return file_put(path, text, strlen(text), 0, err);
}

// The run's name with digits of the record's own, so that the same is found there the next time.
static char *renamed(const struct record *r, struct record *out)
{
    enum { TAIL = 9 };
    char *text = record_to_text(r), digits[SIGNATURE_SIZE];
    signature_of(text, digits);
    free(text);
    *out = *r; // borrows
    snprintf(out->run, sizeof out->run, "%.*s-%.8s", RUN_ID_SIZE - 1 - TAIL, r->run, digits);
    return record_to_text(out);
}

static int take(struct cache_union *u, const struct record *r, const char *text, enum taken *how,
                struct error *err);

static int take_beside(struct cache_union *u, const struct record *r, enum taken *how,
                       struct error *err)
{
    struct record other;
    char *text = renamed(r, &other);
    int status = take(u, &other, text, how, err);
    if (*how == TAKEN_added)
        *how = TAKEN_beside;
    free(text);
    return status;
}

// Which of two unequal records keeps the name: whatever comes first, the same one.
static bool stands_before(const struct record *a, const char *a_text, const struct record *b,
                          const char *b_text)
{
    int n_a = record_n_samples(a), n_b = record_n_samples(b);
    return n_a != n_b ? n_a > n_b : strcmp(a_text, b_text) > 0;
}

static int settle(struct cache_union *u, const char *path, const struct stored *old,
                  const struct record *r, const char *text, enum taken *how, struct error *err)
{
    bool holds = record_contains(&old->r, r), is_held = record_contains(r, &old->r);
    bool first = stands_before(r, text, &old->r, old->text);
    *how = TAKEN_known;
    if (holds && (!is_held || !first))
        return 0;
    if (!holds && !is_held && !first)
        return take_beside(u, r, how, err);
    if (!holds && !is_held && (take_beside(u, &old->r, how, err) || union_flush(u, err)))
        return -1;
    *how = is_held ? TAKEN_extended : TAKEN_beside;
    return replace(path, text, err);
}

// What is there and cannot be read makes room.
static int take_instead(struct cache_union *u, const char *path, const char *text,
                        const struct error *why, enum taken *how, struct error *err)
{
    flaws_add_error(&u->flaws, path, why);
    struct flaw *damage = &u->flaws.items[u->flaws.n - 1];
    *how = TAKEN_added;
    if (damage->kind != FLAW_damaged)
        return fail(err, "%s", why->text);
    if (cache_set_aside(u->cache, path, &damage->moved, err))
        return -1;
    return replace(path, text, err);
}

static int read_stored(struct stored *old, const char *path, const struct record *r,
                       struct error *why)
{
    if (record_read(&old->r, &old->text, path, why))
        return -1;
    if (strcmp(old->r.text, r->text) != 0 || strcmp(old->r.run, r->run) != 0)
        return fail(why, "%s: is a record of another brick or run", path);
    return 0;
}

static int take(struct cache_union *u, const struct record *r, const char *text, enum taken *how,
                struct error *err)
{
    char *path = record_path(u->place.path, r->signature, r->run);
    int status = file_put(path, text, strlen(text), FILE_keep | FILE_unflushed, err);
    *how = TAKEN_added;
    if (status > 0) {
        struct error why = {0};
        struct stored old;
        if (read_stored(&old, path, r, &why))
            status = take_instead(u, path, text, &why, how, err);
        else
            status = settle(u, path, &old, r, text, how, err);
        record_release(&old.r);
        free(old.text);
    }
    free(path);
    return status;
}

int union_record(struct cache_union *u, const struct record *r, const char *text, struct error *err)
{
    enum taken how;
    if (take(u, r, text, &how, err))
        return -1;
    u->counts[how]++;
    return 0;
}

// ---- whole caches ----------------------------------------------------------------------------

struct source {
    struct cache_union *u;
    const char *from;
};

static int take_place(void *context, const struct cache_place *place, struct error *err)
{
    struct source *s = context;
    return union_place(s->u, place, s->from, err);
}

static int take_record(void *context, const struct cache_place *place, const struct record *r,
                       const char *text, struct error *err)
{
    (void)place;
    struct source *s = context;
    return union_record(s->u, r, text, err);
}

static int check_source(const char *cache, const char *from, struct error *err)
{
    struct stat a, b;
    if (stat(cache, &a) == 0 && stat(from, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return fail(err, "%s: is the cache itself", from);
    return 0;
}

static void move_flaws(struct flaws *to, struct flaws *from)
{
    for (int i = 0; i < from->n; i++)
        if (from->items[i].kind != FLAW_leftover && from->items[i].kind != FLAW_foreign)
            flaws_add(to, from->items[i].kind, from->items[i].path, from->items[i].reason);
    flaws_release(from);
}

int union_cache(struct cache_union *u, const char *from, struct error *err)
{
    struct source source = {u, from};
    const struct cache_sink sink = {&source, take_place, take_record};
    struct cache_scan scan;
    if (check_source(u->cache, from, err))
        return -1;
    int status = cache_scan(from, &sink, &scan, err);
    move_flaws(&u->flaws, &scan.flaws);
    return status ? -1 : union_flush(u, err);
}
