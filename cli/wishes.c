#include "cli/wishes.h"

#include "predict/stale.h"

// Every step of a brick as a brick of its own.
static void add_steps(struct suite *steps, const struct graph *g)
{
    struct cutter cutter;
    cutter_init(&cutter, g);
    for (int i = 0; i < g->n_nodes; i++) {
        struct brick_map map;
        suite_add_brick(steps, cutter_extract(&cutter, 1, &i, &map));
        brick_map_release(&map);
    }
    cutter_release(&cutter);
}

struct kernel_set *wishes_of_place(const struct engine *engine, const struct suite *s,
                                   const struct cache_place *place)
{
    struct kernel_set *kernels = kernel_set_new(engine);
    struct suite steps;
    struct timings t;
    suite_init(&steps, 1);
    for (int i = 0; i < s->n_bricks; i++)
        add_steps(&steps, s->bricks[i]->graph);
    timings_load(&t, &steps, place);
    for (int i = 0; i < steps.n_bricks; i++) {
        const struct graph *g = steps.bricks[i]->graph;
        const struct record *newest = timings_newest(&t, i);
        if (newest)
            kernel_set_wish(kernels, g, &g->nodes[0], newest->implementation);
    }
    timings_release(&t);
    suite_release(&steps);
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
