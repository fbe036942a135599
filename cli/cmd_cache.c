// dlbricks cache: how much it holds, whether it is whole, and taking in others.
#include <math.h>

#include "bricks/cache_merge.h"
#include "bricks/cache_stats.h"
#include "cli/cache_tables.h"
#include "cli/commands.h"
#include "cli/facts.h"

// ---- cache stats -----------------------------------------------------------------------------

static const struct column place_columns[] = {
    {"label", "label", COLUMN_text, 0, 0},    {"environment", "environment", COLUMN_text, 0, 0},
    {"bricks", "bricks", COLUMN_count, 0, 0}, {"records", "records", COLUMN_count, 0, 0},
    {"runs", "runs", COLUMN_count, 0, 0},     {"bytes", "MB", COLUMN_count, 1e-6, 1},
    {"path", NULL, COLUMN_text, 0, 0},
};

static const struct column total_columns[] = {
    {"machines", "machines", COLUMN_count, 0, 0},   {"places", "environments", COLUMN_count, 0, 0},
    {"bricks", "bricks", COLUMN_count, 0, 0},       {"records", "records", COLUMN_count, 0, 0},
    {"runs", "runs", COLUMN_count, 0, 0},           {"bytes", "MB", COLUMN_count, 1e-6, 1},
    {"leftovers", "leftovers", COLUMN_count, 0, 0},
};

static void add_place(struct table *t, const struct place_stats *s)
{
    facts_add_place(t, &s->place);
    table_count(t, s->bricks);
    table_count(t, s->records);
    table_count(t, s->runs);
    table_count(t, s->bytes);
    table_text(t, s->place.path);
}

static void add_total(struct table *t, const struct cache_stats *stats)
{
    int64_t records = 0, bytes = 0;
    for (int i = 0; i < stats->n_places; i++) {
        records += stats->places[i].records;
        bytes += stats->places[i].bytes;
    }
    table_count(t, stats->n_machines);
    table_count(t, stats->n_places);
    table_count(t, stats->bricks);
    table_count(t, records);
    table_count(t, stats->runs);
    table_count(t, bytes);
    table_count(t, stats->n_leftovers);
}

static void print_stats(const struct cache_stats *stats, const struct options *o)
{
    struct table places, total;
    table_init(&places, COLUMNS(place_columns));
    table_init(&total, COLUMNS(total_columns));
    for (int i = 0; i < stats->n_places; i++)
        add_place(&places, &stats->places[i]);
    add_total(&total, stats);
    const struct section sections[] = {
        {"places", NULL, &places},
        {"total", "In all", &total},
    };
    sections_print(sections, o->csv ? 1 : 2, o, stdout);
    table_release(&places);
    table_release(&total);
}

int cmd_cache_stats(const struct options *o)
{
    struct str cache = STR_INIT;
    struct cache_stats stats;
    cache_path(o->cache, &cache);
    cache_stats(cache.text, &stats);
    if (stats.n_places || o->json || o->csv)
        print_stats(&stats, o);
    else
        note("%s holds no machine yet; `dlbricks bench` fills it", cache.text);
    if (stats.n_damaged)
        note("%d folders or limits cannot be read; `dlbricks cache verify` names them",
             stats.n_damaged);
    cache_stats_release(&stats);
    str_release(&cache);
    return STATUS_done;
}

// ---- cache verify ----------------------------------------------------------------------------

static const struct column summary_columns[] = {
    {"places", "environments", COLUMN_count, 0, 0},
    {"records", "whole records", COLUMN_count, 0, 0},
    {"damaged", "damaged", COLUMN_count, 0, 0},
    {"unreadable", "unreadable", COLUMN_count, 0, 0},
    {"unknown", "unknown", COLUMN_count, 0, 0},
    {"leftover", "leftovers", COLUMN_count, 0, 0},
    {"foreign", "foreign", COLUMN_count, 0, 0},
    {"set_aside", "set aside", COLUMN_count, 0, 0},
};

static int n_set_aside(const struct flaws *f)
{
    int n = 0;
    for (int i = 0; i < f->n; i++)
        n += f->items[i].moved != NULL;
    return n;
}

static void print_scan(const struct cache_scan *scan, const struct options *o)
{
    static const enum flaw_kind kinds[] = {FLAW_damaged, FLAW_unreadable, FLAW_unknown,
                                           FLAW_leftover, FLAW_foreign};
    struct table summary, flaws;
    table_init(&summary, COLUMNS(summary_columns));
    table_count(&summary, scan->n_places);
    table_count(&summary, scan->n_records);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        table_count(&summary, scan->flaws.counts[kinds[i]]);
    table_count(&summary, n_set_aside(&scan->flaws));
    flaws_table(&scan->flaws, &flaws);
    const struct section sections[] = {
        {"summary", NULL, &summary},
        {"flaws", "Flaws", &flaws},
    };
    if (o->csv)
        table_print(&flaws, o, stdout);
    else
        sections_print(sections, 2, o, stdout);
    table_release(&summary);
    table_release(&flaws);
}

int cmd_cache_verify(const struct options *o)
{
    static const struct cache_sink nobody = {0};
    struct str cache = STR_INIT;
    struct cache_scan scan;
    struct error err = {0};
    cache_path(o->cache, &cache);
    int status = cache_scan(cache.text, &nobody, &scan, &err);
    if (!status && o->repair)
        status = flaws_set_aside(&scan.flaws, cache.text, &err);
    if (!status || scan.flaws.n)
        print_scan(&scan, o);
    int result = status ? report(&err) : flaws_serious(&scan.flaws) ? STATUS_failed : STATUS_done;
    flaws_release(&scan.flaws);
    str_release(&cache);
    return result;
}

// ---- cache merge -----------------------------------------------------------------------------

int cmd_cache_merge(const struct options *o)
{
    return take_sources(o, union_cache);
}
