#include "cli/session.h"

#include <stdio.h>

#include "base/file.h"
#include "bricks/cache_files.h"
#include "runner/clock.h"
#include "runner/probe.h"
#include "bricks/policy.h"

struct engine_options session_engine_options(const struct options *o)
{
    return (struct engine_options){.threads = o->threads, .isa = o->isa};
}

int session_open(struct engine *engine, const struct options *o, struct error *err)
{
    struct engine_options options = session_engine_options(o);
    if (engine_init(engine, &options, TIMING_POLICY, err))
        return -1;
    if (o->label)
        snprintf(engine->machine.label, sizeof engine->machine.label, "%s", o->label);
    return 0;
}

static bool is_complete(const struct probe *p)
{
    return p->n_levels && p->dispatch_ns > 0;
}

// Which footprints are wanted follows from the limits: of runs that start at once all take those
// that were written first.
static int settle_probe(struct cache_place *place, struct error *err)
{
    struct probe stored;
    if (cache_put_probe(place, &place->probe, FILE_keep, err) < 0)
        return -1;
    if (cache_read_probe(place->path, &stored, NULL) || !is_complete(&stored))
        return cache_put_probe(place, &place->probe, 0, err);
    place->probe = stored;
    return 0;
}

// Measures what the cache does not know of the machine's limits; older caches lack some.
static int complete_probe(struct cache_place *place, const struct engine *engine, struct error *err)
{
    struct probe *p = &place->probe;
    if (is_complete(p))
        return 0;
    if (p->n_levels)
        p->dispatch_ns = probe_dispatch_ns(engine, &clock_monotonic, err);
    else if (probe_measure(engine, &clock_monotonic, p, err))
        return -1;
    return p->dispatch_ns > 0 ? settle_probe(place, err) : -1;
}

int session_open_place(struct cache_place *place, const struct engine *engine,
                       const struct options *o, struct error *err)
{
    struct str cache = STR_INIT;
    cache_path(o->cache, &cache);
    int status = cache_open(place, cache.text, &engine->machine, &engine->environment, err);
    str_release(&cache);
    return status ? -1 : complete_probe(place, engine, err);
}

double session_now_s(void)
{
    return (double)clock_now(&clock_monotonic) * 1e-9;
}
