#include "tests/perf/support/only_place.h"

#include "bricks/cost.h"

int only_place_load(struct only_place *p, const struct suite *s, const char *cache,
                    struct error *err)
{
    int damaged;
    *p = (struct only_place){.place = &p->nowhere};
    if (cache)
        p->places = cache_places(cache, &p->n, &damaged);
    if (p->n > 1)
        return fail(err, "%s: %d machines and environments instead of one", cache, p->n);
    if (p->n)
        p->place = p->places;
    else if (machine_detect(&p->nowhere.machine, err))
        return -1;
    timings_load(&p->timings, s, p->place);
    return 0;
}

void only_place_release(struct only_place *p)
{
    if (p->timings.suite)
        timings_release(&p->timings);
    cache_places_free(p->places, p->n);
}

double only_place_time(const struct only_place *p, int brick, double footprint, bool *estimated)
{
    struct brick_time time = brick_time(&p->timings, brick, footprint);
    const struct brick *b = p->timings.suite->bricks[brick];
    double time_ns = time.known ? time.time_ns : cost_run_ns(b, footprint, &p->place->probe);
    *estimated = !time.known;
    brick_time_release(&time);
    return time_ns;
}
