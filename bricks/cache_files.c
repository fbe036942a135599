#include "bricks/cache_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/str.h"
#include "bricks/brick.h"

enum { MAX_SMALL_BYTES = 1 << 20 };

char *cache_join(const char *folder, const char *name)
{
    struct str path = STR_INIT;
    str_addf(&path, "%s/%s", folder, name);
    return str_detach(&path);
}

int cache_write_json(const char *folder, const char *name, json_t *json, int flags,
                     struct error *err)
{
    char *path = cache_join(folder, name);
    char *text = json_dumps(json, JSON_INDENT(1));
    int status = file_put(path, text, strlen(text), flags, err);
    free(text);
    free(path);
    json_decref(json);
    return status;
}

// ---- the three small files of a place --------------------------------------------------------

int cache_read_machine(const char *folder, struct machine *m, struct error *err)
{
    char *path = cache_join(folder, "machine.json");
    json_t *json = json_read_file(path, MAX_SMALL_BYTES, err);
    int status = json ? machine_from_json(m, json, path, err) : -1;
    json_decref(json);
    free(path);
    return status;
}

int cache_read_environment(const char *folder, struct environment *e, struct error *err)
{
    char *path = cache_join(folder, "environment.json");
    json_t *json = json_read_file(path, MAX_SMALL_BYTES, err);
    int status = json ? environment_from_json(e, json, path, err) : -1;
    json_decref(json);
    free(path);
    return status;
}

int cache_read_probe(const char *folder, struct probe *p, struct error *err)
{
    *p = (struct probe){0};
    char *path = cache_join(folder, "probe.json");
    int status = 0;
    if (access(path, F_OK) == 0) {
        json_t *json = json_read_file(path, MAX_SMALL_BYTES, err);
        status = json ? probe_from_json(p, json, path, err) : -1;
        json_decref(json);
    }
    free(path);
    return status;
}

// ---- records ---------------------------------------------------------------------------------

bool record_name_read(struct record_name *out, const char *name)
{
    static const char hex[] = "0123456789abcdef", end[] = ".json";
    enum { DIGITS = SIGNATURE_SIZE - 1 };
    size_t n = strlen(name), n_end = sizeof end - 1;
    if (n <= DIGITS + 1 + n_end || n - DIGITS - 1 - n_end >= RUN_ID_SIZE)
        return false;
    if (strspn(name, hex) != DIGITS || name[DIGITS] != '.' || strcmp(name + n - n_end, end) != 0)
        return false;
    *out = (struct record_name){0};
    memcpy(out->signature, name, DIGITS);
    memcpy(out->run, name + DIGITS + 1, n - DIGITS - 1 - n_end);
    return true;
}

char *record_path(const char *place, const char *signature, const char *run)
{
    struct str path = STR_INIT;
    str_addf(&path, "%s/%.2s/%s.%s.json", place, signature, signature, run);
    return str_detach(&path);
}

int record_check_brick(const struct record *r, const char *where, struct error *err)
{
    struct error why = {0};
    struct brick *brick = brick_parse(r->text, &why);
    if (!brick)
        return fail(err, "%s: \"text\": %s", where, why.text);
    brick_free(brick);
    return 0;
}

int record_read(struct record *r, char **text, const char *path, struct error *err)
{
    size_t bytes;
    *r = (struct record){0};
    *text = file_read(path, MAX_RECORD_BYTES, &bytes, err);
    if (!*text)
        return -1;
    if (record_from_text(r, *text, bytes, path, err) == 0 && record_check_brick(r, path, err) == 0)
        return 0;
    record_release(r);
    free(*text);
    *text = NULL;
    return -1;
}

char *record_peek_text(const char *path, const char *signature)
{
    char head[4096 + 1], found[SIGNATURE_SIZE];
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    setvbuf(file, NULL, _IONBF, 0);
    head[fread(head, 1, sizeof head - 1, file)] = '\0';
    fclose(file);
    char *text = strstr(head, "\"text\":\"");
    char *end = text ? strchr(text += strlen("\"text\":\""), '"') : NULL;
    if (!end)
        return NULL;
    *end = '\0';
    signature_of(text, found);
    return strcmp(found, signature) == 0 ? xstrdup(text) : NULL;
}
