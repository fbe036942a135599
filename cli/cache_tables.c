#include "cli/cache_tables.h"

#include <string.h>

#include "cli/commands.h"

bool place_is_wanted(const struct options *o, const struct cache_place *place)
{
    for (const char *p = o->machine; p && *p;) {
        size_t n = strcspn(p, ",");
        if (place_is_named(place, p, n))
            return true;
        p += n + (p[n] == ',');
    }
    return !o->machine;
}

static const struct column flaw_columns[] = {
    {"flaw", "flaw", COLUMN_text, 0, 0},
    {"path", NULL, COLUMN_text, 0, 0},
    {"reason", "what is wrong", COLUMN_text, 0, 0},
    {"set_aside", "set aside as", COLUMN_text, 0, 0},
};

void flaws_table(const struct flaws *f, struct table *t)
{
    table_init(t, COLUMNS(flaw_columns));
    for (int i = 0; i < f->n; i++) {
        table_text(t, flaw_names[f->items[i].kind]);
        table_text(t, f->items[i].path);
        table_text(t, f->items[i].reason);
        table_text(t, f->items[i].moved);
    }
}

static const struct column taken_columns[] = {
    {"records", "records", COLUMN_text, 0, 0},
    {"count", "count", COLUMN_count, 0, 0},
};

static void print_union(const struct cache_union *u, const struct options *o)
{
    struct table taken, flaws;
    table_init(&taken, COLUMNS(taken_columns));
    for (int i = 0; i < N_TAKEN; i++) {
        table_text(&taken, taken_names[i]);
        table_count(&taken, u->counts[i]);
    }
    flaws_table(&u->flaws, &flaws);
    const struct section sections[] = {
        {"taken", NULL, &taken},
        {"flaws", "Left out, or as it was", &flaws},
    };
    sections_print(sections, 2, o, stdout);
    table_release(&taken);
    table_release(&flaws);
}

int take_sources(const struct options *o,
                 int (*take)(struct cache_union *u, const char *source, struct error *err))
{
    struct str cache = STR_INIT;
    struct cache_union u;
    struct error err = {0};
    int status = 0;
    cache_path(o->cache, &cache);
    union_init(&u, cache.text);
    for (int i = 0; i < o->n_args && !status; i++)
        status = take(&u, o->args[i], &err);
    print_union(&u, o);
    bool left_out = flaws_serious(&u.flaws) || u.flaws.counts[FLAW_unknown];
    int result = status ? report(&err) : left_out ? STATUS_failed : STATUS_done;
    union_release(&u);
    str_release(&cache);
    return result;
}
