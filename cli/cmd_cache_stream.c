// dlbricks cache export, import: the bench-cache as JSON lines.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bricks/cache_stream.h"
#include "cli/cache_tables.h"
#include "cli/commands.h"

static FILE *open_stream(const char *path, const char *mode, FILE *standard, struct error *err)
{
    if (strcmp(path, "-") == 0)
        return standard;
    FILE *f = fopen(path, mode);
    return f ? f : fail_null(err, "%s: cannot be opened: %s", path, strerror(errno));
}

// ---- export ----------------------------------------------------------------------------------

struct choice_of_places {
    const struct options *o;
    int n;
};

static bool leaves_out(void *context, const struct cache_place *place)
{
    struct choice_of_places *c = context;
    bool wanted = place_is_wanted(c->o, place);
    c->n += wanted;
    return !wanted;
}

static int export_to(FILE *out, const char *name, const char *cache, const struct options *o,
                     struct error *err)
{
    struct choice_of_places chosen = {o, 0};
    const struct export_filter filter = {leaves_out, &chosen};
    struct cache_scan scan;
    int status = cache_export(cache, &filter, out, name, &scan, err);
    if (!status && o->machine && !chosen.n)
        status = fail(err, "machine '%s' is not in the cache %s", o->machine, cache);
    for (int i = 0; i < scan.flaws.n; i++)
        if (scan.flaws.items[i].kind < FLAW_leftover)
            note("left out: %s", scan.flaws.items[i].reason);
    int faults = flaws_serious(&scan.flaws) + scan.flaws.counts[FLAW_unknown];
    flaws_release(&scan.flaws);
    return status ? -1 : faults;
}

int cmd_cache_export(const struct options *o)
{
    const char *path = o->output ? o->output : "-";
    bool standard = strcmp(path, "-") == 0;
    struct str cache = STR_INIT;
    struct error err = {0};
    cache_path(o->cache, &cache);
    FILE *out = open_stream(path, "wb", stdout, &err);
    int status =
        out ? export_to(out, standard ? "standard output" : path, cache.text, o, &err) : -1;
    if (out && !standard && fclose(out) && status >= 0)
        status = fail(&err, "%s: cannot be written: %s", path, strerror(errno));
    str_release(&cache);
    return status < 0 ? report(&err) : status ? STATUS_failed : STATUS_done;
}

// ---- import ----------------------------------------------------------------------------------

static int import_from(struct cache_union *u, const char *path, struct error *err)
{
    FILE *in = open_stream(path, "rb", stdin, err);
    if (!in)
        return -1;
    bool standard = in == stdin;
    int status = union_stream(u, in, standard ? "standard input" : path, err);
    if (!standard)
        fclose(in);
    return status;
}

int cmd_cache_import(const struct options *o)
{
    return take_sources(o, import_from);
}
