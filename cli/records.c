#include "cli/records.h"

#include "bricks/cache.h"

static int count_known(const struct timings *t)
{
    int n = 0;
    for (int i = 0; i < t->suite->n_bricks; i++)
        n += t->n_records[i] > 0;
    return n;
}

// Keeps the place's timings if it knows more bricks than the one so far, which has *most.
static void consider(struct records *r, const struct suite *s, const struct cache_place *place,
                     int *most)
{
    struct timings t;
    timings_load(&t, s, place);
    int known = count_known(&t);
    if (known <= *most) {
        timings_release(&t);
        return;
    }
    timings_release(&r->timings);
    r->timings = t;
    r->place = place;
    *most = known;
}

void records_load(struct records *r, const struct suite *s, const struct options *o)
{
    struct str cache = STR_INIT;
    struct machine here;
    struct error err = {0};
    int damaged, most = 0;
    *r = (struct records){0};
    cache_path(o->cache, &cache);
    r->places = cache_places(cache.text, &r->n_places, &damaged);
    bool known = machine_detect(&here, &err) == 0;
    if (known)
        r->nowhere.machine = here;
    timings_load(&r->timings, s, &r->nowhere);
    for (int i = 0; known && i < r->n_places; i++)
        if (machine_same(&r->places[i].machine, &here))
            consider(r, s, &r->places[i], &most);
    str_release(&cache);
}

void records_release(struct records *r)
{
    timings_release(&r->timings);
    cache_places_free(r->places, r->n_places);
    *r = (struct records){0};
}

const struct probe *records_probe(const struct records *r)
{
    return r->place ? &r->place->probe : &r->nowhere.probe;
}
