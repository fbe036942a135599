#include "bricks/cache.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "bricks/cache_files.h"
#include "bricks/cache_walk.h"

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

void cache_path(const char *given, struct str *out)
{
    if (!given)
        given = variable("DLBRICKS_CACHE");
    if (given)
        str_add(out, given);
    else if (is_directory("bench-cache") || (!variable("XDG_DATA_HOME") && !variable("HOME")))
        str_add(out, "bench-cache");
    else if (variable("XDG_DATA_HOME"))
        str_addf(out, "%s/dlbricks", variable("XDG_DATA_HOME"));
    else
        str_addf(out, "%s/.local/share/dlbricks", variable("HOME"));
}

// A label that was given replaces the stored one; else the stored one stays.
static int settle_machine(const char *folder, struct machine *m, struct error *err)
{
    struct machine stored;
    if (cache_read_machine(folder, &stored, NULL) == 0 && machine_same(&stored, m)) {
        char label[MAX_LABEL];
        machine_default_label(m, label, sizeof label);
        if (strcmp(m->label, label) == 0)
            memcpy(m->label, stored.label, sizeof m->label);
        if (strcmp(m->label, stored.label) == 0)
            return 0;
    }
    return cache_write_json(folder, "machine.json", machine_to_json(m), 0, err);
}

static int settle_environment(const char *folder, const struct environment *e, struct error *err)
{
    struct environment stored;
    if (cache_read_environment(folder, &stored, NULL) == 0 &&
        environment_difference(&stored, e) < 0)
        return 0;
    return cache_write_json(folder, "environment.json", environment_to_json(e), 0, err);
}

static int prepare_folders(const char *machine_folder, struct cache_place *place, struct error *err)
{
    if (make_directories(place->path, err) ||
        settle_machine(machine_folder, &place->machine, err) ||
        settle_environment(place->path, &place->environment, err))
        return -1;
    if (access(place->path, W_OK | X_OK) != 0)
        return fail(err, "%s: the cache cannot be written: %s", place->path, strerror(errno));
    cache_read_probe(place->path, &place->probe, NULL);
    return 0;
}

int cache_open(struct cache_place *place, const char *cache, const struct machine *m,
               const struct environment *e, struct error *err)
{
    char machine[CACHE_KEY_SIZE], environment[CACHE_KEY_SIZE];
    machine_key(m, machine, sizeof machine);
    environment_key(e, environment, sizeof environment);
    char *machine_folder = cache_join(cache, machine);
    *place = (struct cache_place){
        .path = cache_join(machine_folder, environment), .machine = *m, .environment = *e};
    int status = prepare_folders(machine_folder, place, err);
    free(machine_folder);
    if (status)
        cache_close(place);
    return status;
}

void cache_close(struct cache_place *place)
{
    free(place->path);
    place->path = NULL;
}

struct place_list {
    struct cache_place *places;
    int n, capacity;
    int damaged;
    struct machine machine; // whose folder the walk is in
};

// A folder that was made and not filled when its writer was killed is no damage.
static bool holds(const char *folder, const char *name)
{
    char *path = cache_join(folder, name);
    bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static void add_place(struct place_list *list, const char *path)
{
    struct cache_place place = {.machine = list->machine};
    if (cache_read_environment(path, &place.environment, NULL)) {
        list->damaged += holds(path, "environment.json") || cache_records_in_environment(path);
        return;
    }
    if (cache_read_probe(path, &place.probe, NULL))
        list->damaged++;
    place.path = xstrdup(path);
    grow(&list->places, &list->capacity, list->n + 1, sizeof *list->places);
    list->places[list->n++] = place;
}

static enum walk collect_place(void *context, const struct cache_entry *e)
{
    struct place_list *list = context;
    if (e->kind == ENTRY_environment)
        add_place(list, e->path);
    if (e->kind != ENTRY_machine)
        return WALK_past;
    if (cache_read_machine(e->path, &list->machine, NULL) == 0)
        return WALK_on;
    list->damaged += holds(e->path, "machine.json") || cache_records_in_machine(e->path);
    return WALK_past;
}

struct cache_place *cache_places(const char *cache, int *n, int *damaged)
{
    struct place_list list = {0};
    cache_walk(cache, collect_place, &list);
    *n = list.n;
    *damaged = list.damaged;
    return list.places;
}

void cache_places_free(struct cache_place *places, int n)
{
    for (int i = 0; i < n; i++)
        cache_close(&places[i]);
    free(places);
}

bool place_is_named(const struct cache_place *place, const char *name, size_t n)
{
    char key[CACHE_KEY_SIZE];
    const char *label = place->machine.label;
    machine_key(&place->machine, key, sizeof key);
    return (strlen(key) == n && strncmp(key, name, n) == 0) ||
           (strlen(label) == n && strncmp(label, name, n) == 0);
}

// Folder of a brick's records.
static char *record_folder(const struct cache_place *place, const char *signature)
{
    char digits[3] = {signature[0], signature[1], '\0'};
    return cache_join(place->path, digits);
}

static void count_miss(struct cache_misses *misses, const char *reason)
{
    if (!misses)
        return;
    if (misses->n++ == 0)
        snprintf(misses->reason, sizeof misses->reason, "%.*s", (int)sizeof misses->reason - 1,
                 reason);
}

// Fills r if it is whole, of this very brick, and of loops as fast as today's.
static enum record_fate read_usable(struct record *r, const char *path, const struct brick *brick,
                                    struct error *err)
{
    size_t bytes;
    char *text = file_read(path, MAX_RECORD_BYTES, &bytes, err);
    if (!text)
        return FATE_damaged;
    int status = record_from_text(r, text, bytes, path, err);
    free(text);
    if (status)
        return FATE_damaged;
    int version = brick_loop_version(brick->graph);
    enum record_fate fate = FATE_usable;
    if (strcmp(r->text, brick->text) != 0) {
        fail(err, "%s: the record is of another brick: %.100s", path, r->text);
        fate = FATE_foreign;
    } else if (r->loop_version != version) {
        fail(err, "%s: measured with version %d of our own loops; now it is %d", path,
             r->loop_version, version);
        fate = FATE_old;
    }
    if (fate != FATE_usable)
        record_release(r);
    return fate;
}

static bool is_record_of(const char *name, const char *signature)
{
    struct record_name parsed;
    return record_name_read(&parsed, name) && strcmp(parsed.signature, signature) == 0;
}

static void visit_file(const char *folder, const char *name, const struct brick *brick,
                       record_visit *visit, void *context)
{
    char *path = cache_join(folder, name);
    struct record r = {0};
    struct error why = {0};
    enum record_fate fate = read_usable(&r, path, brick, &why);
    visit(context, fate, path, &r, why.text);
    free(path);
}

void cache_visit_brick(const struct cache_place *place, const struct brick *brick,
                       record_visit *visit, void *context)
{
    if (!place->path)
        return;
    char *folder = record_folder(place, brick->signature);
    struct dirent **entries;
    int found = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < found; i++) {
        if (is_record_of(entries[i]->d_name, brick->signature))
            visit_file(folder, entries[i]->d_name, brick, visit, context);
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    free(folder);
}

struct record_list {
    struct record *records;
    int n, capacity;
    struct cache_misses *misses;
};

static void add_record(void *context, enum record_fate fate, const char *path, struct record *r,
                       const char *why)
{
    (void)path;
    struct record_list *list = context;
    if (fate != FATE_usable) {
        count_miss(list->misses, why);
        return;
    }
    grow(&list->records, &list->capacity, list->n + 1, sizeof *list->records);
    list->records[list->n++] = *r;
}

int cache_find(const struct cache_place *place, const struct brick *brick, struct record **records,
               struct cache_misses *misses)
{
    struct record_list list = {.misses = misses};
    cache_visit_brick(place, brick, add_record, &list);
    *records = list.records;
    return list.n;
}

int cache_put(const struct cache_place *place, const struct record *r, struct error *err)
{
    char *path = record_path(place->path, r->signature, r->run), *text = record_to_text(r);
    int status = file_write(path, text, strlen(text), err);
    free(text);
    free(path);
    return status;
}

int cache_put_probe(const struct cache_place *place, const struct probe *p, int flags,
                    struct error *err)
{
    return cache_write_json(place->path, "probe.json", probe_to_json(p), flags, err);
}
