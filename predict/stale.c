#include "predict/stale.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

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

// Whether records tell of a footprint of which t's own tell nothing.
static bool adds(const struct timings *t, int brick, const struct record *records, int n)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < records[i].n_series; k++) {
            double footprint = records[i].series[k].footprint;
            bool known = false;
            for (int own = 0; own < t->stale[brick].n_own; own++)
                known = known || timings_series(t, brick, own, footprint);
            if (footprint > 0 && !known)
                return true;
        }
    return false;
}

static void append(struct timings *t, int brick, struct record *records, int n)
{
    int n_own = t->stale[brick].n_own;
    for (int i = n_own; i < t->n_records[brick]; i++)
        record_release(&t->records[brick][i]);
    size_t bytes = (size_t)(n_own + n) * sizeof *records;
    t->records[brick] = xrealloc(t->records[brick], bytes);
    memcpy(t->records[brick] + n_own, records, (size_t)n * sizeof *records);
    t->n_records[brick] = n_own + n;
    free(records);
}

// Takes the place's records of the brick if they add something, and are newer than the stale ones
// that t has.
static void offer(struct timings *t, int brick, const struct cache_place *place)
{
    struct record *records;
    int n = cache_find(place, t->suite->bricks[brick], &records, &t->misses);
    int n_own = t->stale[brick].n_own;
    bool newer =
        newest_of(records, n) > newest_of(t->records[brick] + n_own, t->n_records[brick] - n_own);
    if (!newer || !adds(t, brick, records, n)) {
        records_free(records, n);
        return;
    }
    append(t, brick, records, n);
    t->stale[brick].place = place;
}

int timings_add_stale(struct timings *t, const struct cache_all *all,
                      const struct cache_place *place)
{
    int n = 0;
    t->stale = xcalloc((size_t)t->suite->n_bricks + 1, sizeof *t->stale);
    for (int i = 0; i < t->suite->n_bricks; i++) {
        t->stale[i].n_own = t->n_records[i];
        for (int k = 0; k < all->n; k++)
            if (is_stale(&all->places[k], place))
                offer(t, i, &all->places[k]);
        n += t->stale[i].place != NULL;
    }
    if (n) {
        delays_release(&t->delays);
        t->delays = (struct delays){0};
        timings_survey(t);
    }
    return n;
}
