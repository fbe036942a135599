#include "bricks/cache.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"

enum { MAX_RECORD_BYTES = 64 << 20, MAX_SMALL_BYTES = 1 << 20, KEY_SIZE = 160 };

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

static char *join(const char *folder, const char *name)
{
    struct str path = STR_INIT;
    str_addf(&path, "%s/%s", folder, name);
    return str_detach(&path);
}

// Takes the reference of json.
static int write_json(const char *folder, const char *name, json_t *json, struct error *err)
{
    char *path = join(folder, name);
    char *text = json_dumps(json, JSON_INDENT(1));
    int status = file_write(path, text, strlen(text), err);
    free(text);
    free(path);
    json_decref(json);
    return status;
}

// Each of the three small files of a place is read in the same way.
static int read_machine(const char *folder, struct machine *m, struct error *err)
{
    char *path = join(folder, "machine.json");
    json_t *json = json_read_file(path, MAX_SMALL_BYTES, err);
    int status = json ? machine_from_json(m, json, path, err) : -1;
    json_decref(json);
    free(path);
    return status;
}

static int read_environment(const char *folder, struct environment *e, struct error *err)
{
    char *path = join(folder, "environment.json");
    json_t *json = json_read_file(path, MAX_SMALL_BYTES, err);
    int status = json ? environment_from_json(e, json, path, err) : -1;
    json_decref(json);
    free(path);
    return status;
}

// A missing probe is an empty one.
static int read_probe(const char *folder, struct probe *p, struct error *err)
{
    *p = (struct probe){0};
    char *path = join(folder, "probe.json");
    int status = 0;
    if (access(path, F_OK) == 0) {
        json_t *json = json_read_file(path, MAX_SMALL_BYTES, err);
        status = json ? probe_from_json(p, json, path, err) : -1;
        json_decref(json);
    }
    free(path);
    return status;
}

static bool same_machine(const struct machine *a, const struct machine *b)
{
    char key_a[KEY_SIZE], key_b[KEY_SIZE];
    machine_key(a, key_a, sizeof key_a);
    machine_key(b, key_b, sizeof key_b);
    return strcmp(key_a, key_b) == 0;
}

// A label that was given replaces the stored one; else the stored one stays.
static int settle_machine(const char *folder, struct machine *m, struct error *err)
{
    struct machine stored;
    if (read_machine(folder, &stored, NULL) == 0 && same_machine(&stored, m)) {
        char label[MAX_LABEL];
        machine_default_label(m, label, sizeof label);
        if (strcmp(m->label, label) == 0)
            memcpy(m->label, stored.label, sizeof m->label);
        if (strcmp(m->label, stored.label) == 0)
            return 0;
    }
    return write_json(folder, "machine.json", machine_to_json(m), err);
}

static int settle_environment(const char *folder, const struct environment *e, struct error *err)
{
    struct environment stored;
    if (read_environment(folder, &stored, NULL) == 0 && environment_difference(&stored, e) < 0)
        return 0;
    return write_json(folder, "environment.json", environment_to_json(e), err);
}

static int prepare_folders(const char *machine_folder, struct cache_place *place, struct error *err)
{
    if (make_directories(place->path, err) ||
        settle_machine(machine_folder, &place->machine, err) ||
        settle_environment(place->path, &place->environment, err))
        return -1;
    if (access(place->path, W_OK | X_OK) != 0)
        return fail(err, "%s: the cache cannot be written: %s", place->path, strerror(errno));
    read_probe(place->path, &place->probe, NULL);
    return 0;
}

int cache_open(struct cache_place *place, const char *cache, const struct machine *m,
               const struct environment *e, struct error *err)
{
    char machine[KEY_SIZE], environment[KEY_SIZE];
    machine_key(m, machine, sizeof machine);
    environment_key(e, environment, sizeof environment);
    char *machine_folder = join(cache, machine);
    *place = (struct cache_place){
        .path = join(machine_folder, environment), .machine = *m, .environment = *e};
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

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

// Paths of the folders inside a folder, in the order of their names; the caller frees each and
// the array.
static char **subfolders(const char *path, int *n)
{
    struct dirent **entries;
    int found = scandir(path, &entries, not_hidden, alphasort);
    *n = 0;
    if (found < 0)
        return NULL;
    char **folders = xcalloc((size_t)found, sizeof *folders);
    for (int i = 0; i < found; i++) {
        char *folder = join(path, entries[i]->d_name);
        if (is_directory(folder))
            folders[(*n)++] = folder;
        else
            free(folder);
        free(entries[i]);
    }
    free(entries);
    return folders;
}

struct place_list {
    struct cache_place *places;
    int n, capacity;
    int damaged;
};

static void add_place(struct place_list *list, const struct machine *m, const char *path)
{
    struct cache_place place = {.machine = *m};
    if (read_environment(path, &place.environment, NULL)) {
        list->damaged++;
        return;
    }
    if (read_probe(path, &place.probe, NULL))
        list->damaged++;
    place.path = xstrdup(path);
    grow(&list->places, &list->capacity, list->n + 1, sizeof *list->places);
    list->places[list->n++] = place;
}

static void add_places_of_machine(struct place_list *list, const char *machine_folder)
{
    struct machine m;
    if (read_machine(machine_folder, &m, NULL)) {
        list->damaged++;
        return;
    }
    int n;
    char **folders = subfolders(machine_folder, &n);
    for (int i = 0; i < n; i++) {
        add_place(list, &m, folders[i]);
        free(folders[i]);
    }
    free(folders);
}

struct cache_place *cache_places(const char *cache, int *n, int *damaged)
{
    struct place_list list = {0};
    int n_machines;
    char **machines = subfolders(cache, &n_machines);
    for (int i = 0; i < n_machines; i++) {
        add_places_of_machine(&list, machines[i]);
        free(machines[i]);
    }
    free(machines);
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

// Folder of a brick's records.
static char *record_folder(const struct cache_place *place, const char *signature)
{
    char digits[3] = {signature[0], signature[1], '\0'};
    return join(place->path, digits);
}

static void count_miss(struct cache_misses *misses, const char *reason)
{
    if (!misses)
        return;
    if (misses->n++ == 0)
        snprintf(misses->reason, sizeof misses->reason, "%.*s", (int)sizeof misses->reason - 1,
                 reason);
}

// A record that is whole, of this very brick, and of loops as fast as today's.
static int read_usable(struct record *r, const char *path, const struct brick *brick,
                       struct error *err)
{
    size_t bytes;
    char *text = file_read(path, MAX_RECORD_BYTES, &bytes, err);
    if (!text)
        return -1;
    int status = record_from_text(r, text, bytes, path, err);
    free(text);
    if (status)
        return -1;
    int version = brick_loop_version(brick->graph);
    if (strcmp(r->text, brick->text) != 0)
        fail(err, "%s: the record is of another brick: %.100s", path, r->text);
    else if (r->loop_version != version)
        fail(err, "%s: measured with version %d of our own loops; now it is %d", path,
             r->loop_version, version);
    else
        return 0;
    record_release(r);
    return -1;
}

// "<signature>.<run>.json"
static bool is_record_of(const char *name, const char *signature)
{
    size_t n = strlen(name), end = strlen(".json");
    return n > SIGNATURE_SIZE + end && memcmp(name, signature, SIGNATURE_SIZE - 1) == 0 &&
           name[SIGNATURE_SIZE - 1] == '.' && strcmp(name + n - end, ".json") == 0;
}

struct record_list {
    struct record *records;
    int n, capacity;
};

static void add_record(struct record_list *list, const char *path, const struct brick *brick,
                       struct cache_misses *misses)
{
    struct record r;
    struct error why = {0};
    if (read_usable(&r, path, brick, &why)) {
        count_miss(misses, why.text);
        return;
    }
    grow(&list->records, &list->capacity, list->n + 1, sizeof *list->records);
    list->records[list->n++] = r;
}

int cache_find(const struct cache_place *place, const struct brick *brick, struct record **records,
               struct cache_misses *misses)
{
    struct record_list list = {0};
    *records = NULL;
    if (!place->path)
        return 0;
    char *folder = record_folder(place, brick->signature);
    struct dirent **entries;
    int found = scandir(folder, &entries, not_hidden, alphasort);
    for (int i = 0; i < found; i++) {
        if (is_record_of(entries[i]->d_name, brick->signature)) {
            char *path = join(folder, entries[i]->d_name);
            add_record(&list, path, brick, misses);
            free(path);
        }
        free(entries[i]);
    }
    if (found >= 0)
        free(entries);
    free(folder);
    *records = list.records;
    return list.n;
}

int cache_put(const struct cache_place *place, const struct record *r, struct error *err)
{
    struct str path = STR_INIT;
    str_addf(&path, "%s/%.2s/%s.%s.json", place->path, r->signature, r->signature, r->run);
    char *text = record_to_text(r);
    int status = file_write(path.text, text, strlen(text), err);
    free(text);
    str_release(&path);
    return status;
}

int cache_put_probe(const struct cache_place *place, const struct probe *p, struct error *err)
{
    return write_json(place->path, "probe.json", probe_to_json(p), err);
}
