#include "bricks/cache_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "bricks/cache_files.h"

enum { STREAM_FORMAT = 1, MAX_LINE_BYTES = MAX_RECORD_BYTES + (1 << 20) };

// ---- out -------------------------------------------------------------------------------------

struct exporter {
    const struct export_filter *filter;
    FILE *out;
    const char *name;
    struct str head; // of each line of this place
};

static void add_member(struct str *line, const char *name, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    str_addf(line, "\"%s\":%s,", name, text);
    free(text);
    json_decref(json);
}

static int write_line(struct exporter *x, const char *kind, const char *text, struct error *err)
{
    struct str line = STR_INIT;
    str_addf(&line, "%s\"%s\":", x->head.text, kind);
    // Between values only: inside of strings JSON has no line ends.
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        str_add_n(&line, text, n);
    }
    str_add(&line, "}\n");
    bool written = fwrite(line.text, 1, line.len, x->out) == line.len;
    str_release(&line);
    return written ? 0 : fail(err, "%s: cannot be written: %s", x->name, strerror(errno));
}

static int export_place(void *context, const struct cache_place *place, struct error *err)
{
    struct exporter *x = context;
    if (x->filter && x->filter->leaves_out(x->filter->context, place))
        return 1;
    str_clear(&x->head);
    str_addf(&x->head, "{\"dlbricks_export\":%d,", STREAM_FORMAT);
    add_member(&x->head, "machine", machine_to_json(&place->machine));
    add_member(&x->head, "environment", environment_to_json(&place->environment));
    if (!place->probe.n_levels)
        return 0;
    json_t *probe = probe_to_json(&place->probe);
    char *text = json_dumps(probe, JSON_COMPACT);
    int status = write_line(x, "probe", text, err);
    free(text);
    json_decref(probe);
    return status;
}

static int export_record(void *context, const struct cache_place *place, const struct record *r,
                         const char *text, struct error *err)
{
    (void)place, (void)text; // the file may be laid out in any way
    char *plain = record_to_text(r);
    int status = write_line(context, "record", plain, err);
    free(plain);
    return status;
}

int cache_export(const char *cache, const struct export_filter *filter, FILE *out, const char *name,
                 struct cache_scan *scan, struct error *err)
{
    struct exporter x = {filter, out, name, STR_INIT};
    const struct cache_sink sink = {&x, export_place, export_record};
    int status = cache_scan(cache, &sink, scan, err);
    if (!status && fflush(out))
        status = fail(err, "%s: cannot be written: %s", name, strerror(errno));
    str_release(&x.head);
    return status;
}

// ---- in --------------------------------------------------------------------------------------

struct importer {
    struct cache_union *u;
    const char *where; // "FILE: line 12"
    char machine[CACHE_KEY_SIZE], environment[CACHE_KEY_SIZE];
    char label[MAX_LABEL]; // of the line before; the place is opened anew where they change
};

// A line that is not as it should be: `why` is filled.
static int read_place(struct cache_place *place, const json_t *line, const char *where,
                      struct error *why)
{
    int64_t format;
    *place = (struct cache_place){0};
    if (json_get_int(line, "dlbricks_export", &format, where, why))
        return -1;
    if (format != STREAM_FORMAT)
        return fail_unsupported(why, "%s: export format %lld is not known", where,
                                (long long)format);
    const json_t *machine = json_get_object(line, "machine", where, why);
    const json_t *environment = json_get_object(line, "environment", where, why);
    if (!machine || !environment || machine_from_json(&place->machine, machine, where, why))
        return -1;
    return environment_from_json(&place->environment, environment, where, why);
}

static int open_place(struct importer *x, const struct cache_place *place, struct error *err)
{
    char machine[CACHE_KEY_SIZE], environment[CACHE_KEY_SIZE];
    machine_key(&place->machine, machine, sizeof machine);
    environment_key(&place->environment, environment, sizeof environment);
    bool same = strcmp(machine, x->machine) == 0 && strcmp(environment, x->environment) == 0 &&
                strcmp(place->machine.label, x->label) == 0;
    if (same && !place->probe.n_levels)
        return 0;
    if (union_place(x->u, place, x->where, err))
        return -1;
    memcpy(x->machine, machine, sizeof machine);
    memcpy(x->environment, environment, sizeof environment);
    memcpy(x->label, place->machine.label, sizeof x->label);
    return 0;
}

static int take_record(struct importer *x, const struct cache_place *place, const json_t *json,
                       struct error *why, struct error *err)
{
    struct record r;
    if (record_from_json(&r, json, x->where, why))
        return 0;
    int status = 0;
    if (!record_check_brick(&r, x->where, why)) {
        char *text = record_to_text(&r);
        status = open_place(x, place, err) || union_record(x->u, &r, text, err) ? -1 : 0;
        free(text);
    }
    record_release(&r);
    return status;
}

// Returns -1 with err if the cache cannot be written; what is wrong with the line is in why.
static int take_object(struct importer *x, const json_t *line, struct error *why, struct error *err)
{
    struct cache_place place;
    const json_t *record = json_object_get(line, "record"), *probe = json_object_get(line, "probe");
    if (read_place(&place, line, x->where, why))
        return 0;
    if (!record == !probe)
        fail(why, "%s: holds not exactly one of \"record\" and \"probe\"", x->where);
    else if (record)
        return take_record(x, &place, record, why, err);
    else if (probe_from_json(&place.probe, probe, x->where, why) == 0)
        return open_place(x, &place, err);
    return 0;
}

static void refuse_line(struct importer *x, const struct error *why)
{
    flaws_add(&x->u->flaws, why->unsupported ? FLAW_unknown : FLAW_damaged, x->where, why->text);
}

static void refuse_long_line(struct importer *x)
{
    struct error why = {0};
    fail(&why, "%s: longer than %d bytes, which is more than a record can be", x->where,
         MAX_LINE_BYTES);
    refuse_line(x, &why);
}

static int take_line(struct importer *x, const char *line, size_t bytes, struct error *err)
{
    struct error why = {0};
    int status = 0;
    json_t *json = json_read_text(line, bytes, x->where, &why);
    if (json)
        status = take_object(x, json, &why, err);
    json_decref(json);
    if (why.text[0])
        refuse_line(x, &why);
    return status;
}

// The next line without its end, false at the end of the stream. What is too long to be a line of
// ours is read and not kept: *too_long.
static bool next_line(FILE *in, struct str *line, bool *too_long)
{
    int c;
    str_clear(line);
    *too_long = false;
    while ((c = getc_unlocked(in)) != EOF && c != '\n') {
        char byte = (char)c;
        *too_long = *too_long || line->len >= MAX_LINE_BYTES;
        if (!*too_long)
            str_add_n(line, &byte, 1);
    }
    return c != EOF || line->len;
}

static int take_lines(struct importer *x, FILE *in, const char *name, struct error *err)
{
    struct str line = STR_INIT, where = STR_INIT;
    bool too_long;
    int status = 0;
    for (int number = 1; !status && next_line(in, &line, &too_long); number++) {
        str_clear(&where);
        str_addf(&where, "%s: line %d", name, number);
        x->where = where.text;
        if (too_long)
            refuse_long_line(x);
        else if (line.text[strspn(line.text, " \t\r")] || strlen(line.text) != line.len)
            status = take_line(x, line.text, line.len, err);
    }
    str_release(&line);
    str_release(&where);
    return status;
}

int union_stream(struct cache_union *u, FILE *in, const char *name, struct error *err)
{
    struct importer x = {.u = u};
    int status = take_lines(&x, in, name, err);
    if (!status && ferror(in))
        status = fail(err, "%s: cannot be read: %s", name, strerror(errno));
    return status ? status : union_flush(u, err);
}
