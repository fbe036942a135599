#include "cli/places.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/session.h"

void places_open(struct places *p, const struct options *o)
{
    int n, damaged;
    *p = (struct places){.cache = STR_INIT};
    cache_path(o->cache, &p->cache);
    p->places = cache_places(p->cache.text, &n, &damaged);
    p->all = (struct cache_all){p->places, n};
    p->chosen = xcalloc((size_t)n + 1, sizeof *p->chosen);
    if (damaged)
        note("%d place(s) of the cache %s cannot be read", damaged, p->cache.text);
}

void places_release(struct places *p)
{
    free(p->chosen);
    cache_places_free(p->places, p->all.n);
    str_release(&p->cache);
}

// An instruction set as environments name it.
static const char *isa_in_full(const char *isa)
{
    return strcmp(isa, "avx512") == 0 ? "avx512_core" : isa;
}

static bool fits_options(const struct cache_place *place, const struct options *o)
{
    const struct environment *e = &place->environment;
    bool threads = o->all_threads.n == 0, isa = o->isas.n == 0;
    for (int i = 0; i < o->all_threads.n; i++)
        threads = threads || atoi(e->value[ENV_threads]) == o->all_threads.value[i];
    for (int i = 0; i < o->isas.n; i++)
        isa = isa || strcmp(e->value[ENV_isa], isa_in_full(o->isas.value[i])) == 0;
    return threads && isa;
}

static void choose(struct places *p, const struct cache_place *place)
{
    for (int i = 0; i < p->n; i++)
        if (p->chosen[i] == place)
            return;
    p->chosen[p->n++] = place;
}

// Chooses the places of one name; returns why there are none, or NULL.
static const char *choose_name(struct places *p, const char *name, size_t n_name,
                               const struct options *o)
{
    bool named = false, fitting = false;
    for (int i = 0; i < p->all.n; i++) {
        bool same = place_is_named(&p->all.places[i], name, n_name);
        bool fits = same && fits_options(&p->all.places[i], o);
        named = named || same;
        fitting = fitting || fits;
        if (fits)
            choose(p, &p->all.places[i]);
    }
    if (fitting)
        return NULL;
    return named ? "was not timed with such --threads and --isa in the cache"
                 : "is not in the cache";
}

int places_choose_named(struct places *p, const struct options *o, struct error *err)
{
    struct str missing = STR_INIT;
    int status = 0;
    for (const char *name = o->machine; *name;) {
        size_t n = strcspn(name, ",");
        const char *why = choose_name(p, name, n, o);
        p->n_missing += why != NULL;
        if (why)
            str_addf(&missing, "%smachine '%.*s' %s %s", missing.len ? "; " : "", (int)n, name, why,
                     p->cache.text);
        name += n + (name[n] == ',');
    }
    if (p->n == 0)
        status = fail(err, "%s; `dlbricks machine list` shows what the cache has", missing.text);
    else if (missing.len)
        note("%s", missing.text);
    str_release(&missing);
    return status;
}

void places_choose_all(struct places *p, const struct options *o)
{
    for (int i = 0; i < p->all.n; i++)
        if (fits_options(&p->all.places[i], o))
            choose(p, &p->all.places[i]);
}

int places_choose_here(struct places *p, const struct options *o, struct error *err)
{
    struct engine engine;
    if (session_open(&engine, o, err))
        return -1;
    p->here = (struct cache_place){.machine = engine.machine, .environment = engine.environment};
    engine_release(&engine); // nothing is run: no thread is to wait for work
    const struct cache_place *there = cache_same_place(&p->all, &p->here);
    choose(p, there ? there : &p->here);
    return 0;
}
