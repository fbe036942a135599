#include "cli/wishes.h"

#include "cli/commands.h"
#include "predict/stale.h"

struct kernel_set *wishes_of_steps(const struct engine *engine, const struct step_records *r)
{
    struct kernel_set *kernels = kernel_set_new(engine);
    for (int i = 0; i < r->steps.n_bricks; i++) {
        const struct graph *g = r->steps.bricks[i]->graph;
        const struct record *newest = newest_record(r->records[i], r->n_records[i]);
        if (newest)
            kernel_set_wish(kernels, g, &g->nodes[0], newest->implementation);
    }
    return kernels;
}

struct kernel_set *wishes_of_place(const struct engine *engine, const struct suite *s,
                                   const struct cache_place *place)
{
    struct step_records steps;
    step_records_load(&steps, s, place);
    struct kernel_set *kernels = wishes_of_steps(engine, &steps);
    step_records_release(&steps);
    return kernels;
}

struct kernel_set *wishes_of_cache(const struct engine *engine, const struct suite *s,
                                   const struct options *o)
{
    struct str cache = STR_INIT;
    int n, damaged;
    cache_path(o->cache, &cache);
    struct cache_place *places = cache_places(cache.text, &n, &damaged);
    struct cache_place nowhere = {.machine = engine->machine, .environment = engine->environment};
    struct cache_all all = {places, n};
    const struct cache_place *here = cache_same_place(&all, &nowhere);
    struct kernel_set *kernels = wishes_of_place(engine, s, here ? here : &nowhere);
    cache_places_free(places, n);
    str_release(&cache);
    return kernels;
}

void wishes_free(struct kernel_set *kernels)
{
    const char *first;
    int n = kernels ? kernel_set_unmet(kernels, &first) : 0;
    if (n)
        note("%d step(s) cannot be run as in the newest records of the cache, which therefore do "
             "not tell what they take (%s); 'bench --older-than 1s' times them anew as they run "
             "now, "
             "or 'bench --choose' where they were chosen among several",
             n, first);
    kernel_set_free(kernels);
}
