#include "cli/facts.h"

#include "bricks/cache_files.h"
#include "bricks/plan.h"
#include "bricks/work.h"

struct facts facts_of(const struct suite *s, const struct model *m, const struct graph *g)
{
    struct plan plan;
    struct work work = work_graph(g);
    plan_init(&plan, g);
    struct facts facts = {
        .layers = m->n_layers,
        .steps = g->n_nodes,
        .bricks = m->n_instances,
        .unique_bricks = suite_n_unique(s, m),
        .parameters = work_parameters(g),
        .flops = work.flops,
        .bytes = work.bytes,
        .weight_bytes = plan.weight_bytes,
        .arena_bytes = plan.arena_bytes,
        .footprint_bytes = m->footprint > 0 ? (size_t)m->footprint : plan_footprint(&plan),
    };
    plan_release(&plan);
    return facts;
}

void facts_add_brick(struct table *t, const struct brick *brick)
{
    char prefix[13];
    struct str what = STR_INIT;
    snprintf(prefix, sizeof prefix, "%.12s", brick->signature);
    brick_describe(brick, &what);
    table_text(t, prefix);
    table_text(t, what.text);
    str_release(&what);
}

void facts_add_place(struct table *t, const struct cache_place *place)
{
    char key[CACHE_KEY_SIZE];
    environment_key(&place->environment, key, sizeof key);
    table_text(t, place->machine.label);
    table_text(t, key);
}
