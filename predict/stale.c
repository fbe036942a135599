#include "predict/stale.h"

#include <stdlib.h>

const struct cache_place *cache_same_place(const struct cache_all *all,
                                           const struct cache_place *place)
{
    for (int i = 0; i < all->n; i++)
        if (machine_same(&all->places[i].machine, &place->machine) &&
            environment_difference(&all->places[i].environment, &place->environment) < 0)
            return &all->places[i];
    return NULL;
}

static bool is_stale(const struct cache_place *other, const struct cache_place *place)
{
    return machine_same(&other->machine, &place->machine) &&
           environment_is_patch(&other->environment, &place->environment);
}

bool cache_has_stale(const struct cache_all *all, const struct cache_place *place)
{
    for (int i = 0; i < all->n; i++)
        if (is_stale(&all->places[i], place))
            return true;
    return false;
}

static int64_t newest_of(const struct record *records, int n)
{
    int64_t newest = INT64_MIN;
    for (int i = 0; i < n; i++)
        if (records[i].unix_time > newest)
            newest = records[i].unix_time;
    return newest;
}

// Takes the place's records of the brick if they are newer than those that t has.
static void offer(struct timings *t, int brick, const struct cache_place *place,
                  const struct cache_place **from)
{
    struct record *records;
    int n = cache_find(place, t->suite->bricks[brick], &records, &t->misses);
    if (newest_of(records, n) <= newest_of(t->records[brick], t->n_records[brick])) {
        records_free(records, n);
        return;
    }
    records_free(t->records[brick], t->n_records[brick]);
    t->records[brick] = records;
    t->n_records[brick] = n;
    *from = place;
}

int timings_add_stale(struct timings *t, const struct cache_all *all,
                      const struct cache_place *place, const struct cache_place **from)
{
    int n = 0;
    for (int i = 0; i < t->suite->n_bricks; i++) {
        bool lacking = t->n_records[i] == 0;
        from[i] = NULL;
        for (int k = 0; lacking && k < all->n; k++)
            if (is_stale(&all->places[k], place))
                offer(t, i, &all->places[k], &from[i]);
        n += from[i] != NULL;
    }
    if (n) {
        delays_release(&t->delays);
        t->delays = (struct delays){0};
        timings_survey(t);
    }
    return n;
}
