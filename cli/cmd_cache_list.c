// dlbricks cache list, show: what the bench-cache holds of which bricks.
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/statistics.h"
#include "bricks/cache_files.h"
#include "bricks/cache_scan.h"
#include "bricks/cache_walk.h"
#include "cli/cache_tables.h"
#include "cli/commands.h"
#include "cli/facts.h"

static void add_date(struct table *t, int64_t unix_time)
{
    char date[32] = "";
    time_t seconds = (time_t)unix_time;
    struct tm utc;
    if (gmtime_r(&seconds, &utc))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M", &utc);
    table_text(t, date);
}

// ---- cache list ------------------------------------------------------------------------------

static const struct column brick_columns[] = {
    {"label", "label", COLUMN_text, 0, 0},       {"environment", "environment", COLUMN_text, 0, 0},
    {"brick", "brick", COLUMN_text, 0, 0},       {"description", "what", COLUMN_text, 0, 0},
    {"runs", "runs", COLUMN_count, 0, 0},        {"samples", "samples", COLUMN_count, 0, 0},
    {"newest_unix_s", NULL, COLUMN_count, 0, 0}, {"newest_utc", "newest (UTC)", COLUMN_text, 0, 0},
    {"signature", NULL, COLUMN_text, 0, 0},      {"text", NULL, COLUMN_text, 0, 0},
};

// The records of a brick follow each other.
struct listing {
    const struct options *o;
    struct table table;
    struct cache_place place; // of the brick; its path is not kept
    struct brick *brick;      // NULL: none yet
    int runs, samples;
    int64_t newest;
};

static void finish_brick(struct listing *l)
{
    if (!l->brick)
        return;
    facts_add_place(&l->table, &l->place);
    facts_add_brick(&l->table, l->brick);
    table_count(&l->table, l->runs);
    table_count(&l->table, l->samples);
    table_count(&l->table, l->newest);
    add_date(&l->table, l->newest);
    table_text(&l->table, l->brick->signature);
    table_text(&l->table, l->brick->text);
    brick_free(l->brick);
    l->brick = NULL;
}

static int list_record(void *context, const struct cache_place *place, const struct record *r,
                       const char *text, struct error *err)
{
    (void)text;
    struct listing *l = context;
    if (l->brick && strcmp(l->brick->text, r->text) != 0)
        finish_brick(l);
    if (!l->brick) {
        l->place = *place;
        l->brick = brick_parse(r->text, err);
        l->runs = l->samples = 0;
        l->newest = r->unix_time;
    }
    l->runs++;
    l->samples += record_n_samples(r);
    l->newest = r->unix_time > l->newest ? r->unix_time : l->newest;
    return l->brick ? 0 : -1;
}

static int list_place(void *context, const struct cache_place *place, struct error *err)
{
    (void)err;
    struct listing *l = context;
    finish_brick(l);
    return !place_is_wanted(l->o, place);
}

int cmd_cache_list(const struct options *o)
{
    struct str cache = STR_INIT;
    struct listing l = {.o = o};
    const struct cache_sink sink = {&l, list_place, list_record};
    struct cache_scan scan;
    struct error err = {0};
    cache_path(o->cache, &cache);
    table_init(&l.table, COLUMNS(brick_columns));
    int status = cache_scan(cache.text, &sink, &scan, &err);
    finish_brick(&l);
    if (!status)
        table_print(&l.table, o, stdout);
    if (flaws_serious(&scan.flaws))
        note("%d files are damaged or unreadable; `dlbricks cache verify` names them",
             flaws_serious(&scan.flaws));
    flaws_release(&scan.flaws);
    table_release(&l.table);
    str_release(&cache);
    return status ? report(&err) : STATUS_done;
}

// ---- cache show ------------------------------------------------------------------------------

static const struct column shown_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"text", "text", COLUMN_text, 0, 0},
};

static const struct column record_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"label", "label", COLUMN_text, 0, 0},
    {"environment", "environment", COLUMN_text, 0, 0},
    {"run", "run", COLUMN_text, 0, 0},
    {"host", "host", COLUMN_text, 0, 0},
    {"unix_time", NULL, COLUMN_count, 0, 0},
    {"utc", "until (UTC)", COLUMN_text, 0, 0},
    {"implementation", "implementation", COLUMN_text, 0, 0},
    {"loop_version", NULL, COLUMN_count, 0, 0},
    {"fitness", "machine", COLUMN_text, 0, 0},
    {"path", NULL, COLUMN_text, 0, 0},
};

static const struct column series_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"run", "run", COLUMN_text, 0, 0},
    {"footprint_bytes", "footprint MB", COLUMN_real, 1e-6, 1},
    {"samples", "samples", COLUMN_count, 0, 0},
    {"p50_ns", "ms", COLUMN_real, 1e-6, 4},
    {"low_ns", "low", COLUMN_real, 1e-6, 4},
    {"high_ns", "high", COLUMN_real, 1e-6, 4},
};

static const struct column tried_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"run", "run", COLUMN_text, 0, 0},
    {"implementation", "implementation", COLUMN_text, 0, 0},
    {"footprint_bytes", "footprint MB", COLUMN_real, 1e-6, 1},
    {"samples", "samples", COLUMN_count, 0, 0},
    {"p50_ns", "ms", COLUMN_real, 1e-6, 4},
    {"kept", "kept", COLUMN_count, 0, 0},
};

struct showing {
    const struct options *o;
    const struct cache_place *place;
    struct table bricks, records, series, tried;
    struct str shown; // texts of the bricks that have a row, one per line
};

static bool is_asked(const struct options *o, const char *name)
{
    for (int i = 0; i < o->n_args; i++)
        if (strncmp(name, o->args[i], strlen(o->args[i])) == 0)
            return true;
    return false;
}

static void add_brick(struct showing *s, const struct record *r)
{
    struct brick *brick = brick_parse(r->text, NULL);
    if (brick && !strstr(s->shown.text, r->text)) {
        facts_add_brick(&s->bricks, brick);
        table_text(&s->bricks, r->text);
        str_addf(&s->shown, "%s\n", r->text);
    }
    brick_free(brick);
}

static void add_series(struct showing *s, const struct record *r, const struct series *series)
{
    char brick[13];
    snprintf(brick, sizeof brick, "%.12s", r->signature);
    struct interval time = median_interval(series->time_ns, series->n);
    table_text(&s->series, brick);
    table_text(&s->series, r->run);
    table_real(&s->series, series->footprint);
    table_count(&s->series, series->n);
    table_real(&s->series, time.value);
    table_real(&s->series, time.low);
    table_real(&s->series, time.high);
}

static void add_tried(struct showing *s, const struct record *r, const struct tried *t)
{
    char brick[13];
    snprintf(brick, sizeof brick, "%.12s", r->signature);
    table_text(&s->tried, brick);
    table_text(&s->tried, r->run);
    table_text(&s->tried, t->implementation);
    table_real(&s->tried, t->footprint);
    table_count(&s->tried, t->n_samples);
    table_real(&s->tried, t->time_ns);
    table_count(&s->tried, strcmp(t->implementation, r->implementation) == 0);
}

static void add_record(struct showing *s, const struct record *r, const char *path)
{
    char brick[13];
    snprintf(brick, sizeof brick, "%.12s", r->signature);
    table_text(&s->records, brick);
    facts_add_place(&s->records, s->place);
    table_text(&s->records, r->run);
    table_text(&s->records, r->host);
    table_count(&s->records, r->unix_time);
    add_date(&s->records, r->unix_time);
    table_text(&s->records, r->implementation);
    table_count(&s->records, r->loop_version);
    table_text(&s->records, r->fitness);
    table_text(&s->records, path);
    for (int i = 0; i < r->n_series; i++)
        add_series(s, r, &r->series[i]);
    for (int i = 0; i < r->n_tried; i++)
        add_tried(s, r, &r->tried[i]);
}

static enum walk show_entry(void *context, const struct cache_entry *e)
{
    struct showing *s = context;
    struct record r;
    struct error err = {0};
    char *text;
    if (e->kind != ENTRY_record || !is_asked(s->o, e->name))
        return WALK_on;
    if (record_read(&r, &text, e->path, &err)) {
        note("passed over: %s", err.text);
        return WALK_on;
    }
    add_brick(s, &r);
    add_record(s, &r, e->path);
    record_release(&r);
    free(text);
    return WALK_on;
}

static int print_shown(struct showing *s, const char *cache)
{
    struct error err = {0};
    const struct section sections[] = {
        {"bricks", NULL, &s->bricks},
        {"records", "Records", &s->records},
        {"series", "Times by footprint; 0: hot loop", &s->series},
        {"tried", "Implementations that were compared", &s->tried},
    };
    const int n_sections = table_rows(&s->tried) || s->o->json ? 4 : 3;
    if (table_rows(&s->records) == 0) {
        fail(&err, "%s: no record of a brick whose signature begins with '%s'", cache,
             s->o->args[0]);
        return report(&err);
    }
    if (s->o->csv)
        table_print(&s->series, s->o, stdout);
    else
        sections_print(sections, n_sections, s->o, stdout);
    return STATUS_done;
}

static void show_places(struct showing *s, const char *cache)
{
    int n, n_damaged;
    struct cache_place *places = cache_places(cache, &n, &n_damaged);
    for (int i = 0; i < n; i++) {
        s->place = &places[i];
        if (place_is_wanted(s->o, s->place))
            cache_walk_place(s->place->path, show_entry, s);
    }
    if (n_damaged)
        note("%d folders or limits cannot be read; `dlbricks cache verify` names them", n_damaged);
    cache_places_free(places, n);
}

int cmd_cache_show(const struct options *o)
{
    struct str cache = STR_INIT;
    struct showing s = {.o = o, .shown = STR_INIT};
    cache_path(o->cache, &cache);
    table_init(&s.bricks, COLUMNS(shown_columns));
    table_init(&s.records, COLUMNS(record_columns));
    table_init(&s.series, COLUMNS(series_columns));
    table_init(&s.tried, COLUMNS(tried_columns));
    show_places(&s, cache.text);
    int status = print_shown(&s, cache.text);
    table_release(&s.bricks);
    table_release(&s.records);
    table_release(&s.series);
    table_release(&s.tried);
    str_release(&s.shown);
    str_release(&cache);
    return status;
}
