#include "bricks/cache_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bricks/cache_files.h"
#include "bricks/cache_walk.h"

struct scanner {
    const char *cache;
    const struct cache_sink *sink;
    struct cache_scan *scan;
    struct machine machine;
    struct cache_place place;
    int status;
    struct error *err;
};

static enum walk next_of(struct scanner *s, int status)
{
    s->status = status < 0 ? -1 : 0;
    return status < 0 ? WALK_stop : status ? WALK_past : WALK_on;
}

// ---- folders ---------------------------------------------------------------------------------

// A folder without its description: nobody can tell whose its records are. One that was made and
// not yet filled when its writer was killed is fine.
static enum walk refuse_folder(struct scanner *s, const char *path, const char *name, int n_records,
                               const struct error *why)
{
    char *file = cache_join(path, name);
    bool there = access(file, F_OK) == 0;
    enum flaw_kind kind = there ? flaw_of_file(file, why) : FLAW_damaged;
    struct str reason = STR_INIT;
    str_addf(&reason, "%s; %d records cannot be used so", why->text, n_records);
    if (kind == FLAW_damaged)
        str_add(&reason, " until `dlbricks bench` on that machine writes it anew");
    if (there || n_records)
        flaws_add(&s->scan->flaws, kind, path, reason.text);
    str_release(&reason);
    free(file);
    return WALK_past;
}

static int check_key(const char *key, const char *name, const char *path, struct error *err)
{
    if (strcmp(key, name) == 0)
        return 0;
    return fail(err, "%s: the folder's description belongs into a folder %s", path, key);
}

static enum walk enter_machine(struct scanner *s, const struct cache_entry *e)
{
    struct error why = {0};
    char key[CACHE_KEY_SIZE];
    int status = cache_read_machine(e->path, &s->machine, &why);
    machine_key(&s->machine, key, sizeof key);
    if (status || check_key(key, e->name, e->path, &why))
        return refuse_folder(s, e->path, "machine.json", cache_records_in_machine(e->path), &why);
    return WALK_on;
}

static enum walk enter_environment(struct scanner *s, const struct cache_entry *e)
{
    struct error why = {0};
    char key[CACHE_KEY_SIZE];
    struct cache_place *place = &s->place;
    cache_close(place);
    *place = (struct cache_place){.machine = s->machine};
    int status = cache_read_environment(e->path, &place->environment, &why);
    environment_key(&place->environment, key, sizeof key);
    if (status || check_key(key, e->name, e->path, &why))
        return refuse_folder(s, e->path, "environment.json", cache_records_in_environment(e->path),
                             &why);
    cache_read_probe(e->path, &place->probe, NULL); // the walk comes to it
    place->path = xstrdup(e->path);
    s->scan->n_places++;
    return next_of(s, s->sink->place ? s->sink->place(s->sink->context, place, s->err) : 0);
}

// ---- files -----------------------------------------------------------------------------------

static int check_name(const struct record *r, const struct cache_entry *e, struct error *err)
{
    struct record_name name;
    if (!record_name_read(&name, e->name))
        return fail(err, "%s: the name is not <signature>.<run>.json", e->path);
    if (strcmp(name.signature, r->signature) != 0)
        return fail(err, "%s: the file's name has another signature than its \"text\"", e->path);
    if (strcmp(name.run, r->run) != 0)
        return fail(err, "%s: the file's name has another run than \"run\", %s", e->path, r->run);
    if (strncmp(name.signature, e->name - 3, 2) != 0)
        return fail(err, "%s: lies in another folder than that of its first two digits", e->path);
    return 0;
}

static enum walk scan_record(struct scanner *s, const struct cache_entry *e)
{
    struct error why = {0};
    struct record r;
    char *text;
    if (record_read(&r, &text, e->path, &why)) {
        flaws_add_error(&s->scan->flaws, e->path, &why);
        return WALK_on;
    }
    int status = 0;
    if (check_name(&r, e, &why)) {
        flaws_add_error(&s->scan->flaws, e->path, &why);
    } else {
        s->scan->n_records++;
        if (s->sink->record)
            status = s->sink->record(s->sink->context, &s->place, &r, text, s->err);
    }
    record_release(&r);
    free(text);
    return next_of(s, status);
}

static enum walk scan_probe(struct scanner *s, const struct cache_entry *e)
{
    struct error why = {0};
    struct probe p;
    if (cache_read_probe(s->place.path, &p, &why))
        flaws_add_error(&s->scan->flaws, e->path, &why);
    return WALK_on;
}

static enum walk scan_other(struct scanner *s, const struct cache_entry *e)
{
    bool leftover = e->kind == ENTRY_leftover;
    struct error why = {0};
    fail(&why, "%s: %s", e->path,
         leftover ? "a temporary file: its writer was killed, or still writes"
                  : "no file of a bench-cache");
    flaws_add(&s->scan->flaws, leftover ? FLAW_leftover : FLAW_foreign, e->path, why.text);
    return WALK_on;
}

static enum walk scan_unreadable(struct scanner *s, const struct cache_entry *e)
{
    struct error why = {0};
    fail(&why, "%s: cannot be read: %s", e->path, strerror(e->why));
    if (strcmp(e->path, s->cache) == 0)
        return next_of(s, fail(s->err, "%s", why.text));
    flaws_add(&s->scan->flaws, FLAW_unreadable, e->path, why.text);
    return WALK_on;
}

static enum walk scan_entry(void *context, const struct cache_entry *e)
{
    static enum walk (*const scans[])(struct scanner *, const struct cache_entry *) = {
        [ENTRY_machine] = enter_machine,      [ENTRY_environment] = enter_environment,
        [ENTRY_probe] = scan_probe,           [ENTRY_record] = scan_record,
        [ENTRY_leftover] = scan_other,        [ENTRY_foreign] = scan_other,
        [ENTRY_unreadable] = scan_unreadable,
    };
    return scans[e->kind](context, e);
}

int cache_scan(const char *cache, const struct cache_sink *sink, struct cache_scan *scan,
               struct error *err)
{
    struct scanner s = {.cache = cache, .sink = sink, .scan = scan, .err = err};
    *scan = (struct cache_scan){0};
    cache_walk(cache, scan_entry, &s);
    cache_close(&s.place);
    return s.status;
}
