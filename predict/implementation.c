#include "predict/implementation.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bricks/canon.h"

static const char between[] = " | "; // the steps' in a record, see record.h

// A run that has compared implementations knows more than one that took what there was: records of
// another cache that is merged into this one do not undo a choice.
static bool counts_more(const struct record *a, const struct record *b)
{
    bool compared = a->n_tried > 0;
    return compared != (b->n_tried > 0) ? compared : a->unix_time > b->unix_time;
}

const struct record *newest_record(const struct record *records, int n)
{
    const struct record *newest = NULL;
    for (int i = 0; i < n; i++)
        if (!newest || counts_more(&records[i], newest))
            newest = &records[i];
    return newest;
}

// ---- steps ---------------------------------------------------------------------------------

static void add_steps(struct step_records *r, const struct graph *g, int *step_of)
{
    struct cutter cutter;
    cutter_init(&cutter, g);
    for (int i = 0; i < g->n_nodes; i++) {
        struct brick_map map;
        step_of[i] = suite_add_brick(&r->steps, cutter_extract(&cutter, 1, &i, &map));
        brick_map_release(&map);
    }
    cutter_release(&cutter);
}

static void cut_bricks(struct step_records *r, const struct suite *suite)
{
    int n = 0;
    r->first = xcalloc((size_t)suite->n_bricks + 1, sizeof *r->first);
    for (int i = 0; i < suite->n_bricks; i++) {
        r->first[i] = n;
        n += suite->bricks[i]->graph->n_nodes;
    }
    r->first[suite->n_bricks] = n;
    r->step_of = xcalloc((size_t)n + 1, sizeof *r->step_of);
    for (int i = 0; i < suite->n_bricks; i++)
        add_steps(r, suite->bricks[i]->graph, r->step_of + r->first[i]);
}

void step_records_load(struct step_records *r, const struct suite *suite,
                       const struct cache_place *place)
{
    *r = (struct step_records){0};
    suite_init(&r->steps, 1);
    cut_bricks(r, suite);
    r->n_records = xcalloc((size_t)r->steps.n_bricks + 1, sizeof *r->n_records);
    r->records = xcalloc((size_t)r->steps.n_bricks + 1, sizeof *r->records);
    for (int i = 0; i < r->steps.n_bricks; i++)
        r->n_records[i] = cache_find(place, r->steps.bricks[i], &r->records[i], NULL);
}

void step_records_release(struct step_records *r)
{
    for (int i = 0; i < r->steps.n_bricks; i++)
        records_free(r->records[i], r->n_records[i]);
    free(r->n_records);
    free(r->records);
    free(r->first);
    free(r->step_of);
    suite_release(&r->steps);
    *r = (struct step_records){0};
}

// ---- choices -------------------------------------------------------------------------------

// What was chosen for a step, or NULL.
static const char *chosen_for(const struct step_records *r, int step)
{
    const struct record *newest = newest_record(r->records[step], r->n_records[step]);
    return newest && newest->n_tried ? newest->implementation : NULL;
}

// Joined as in a record, where the names of many steps are cut off: of a step whose name is not
// there whole nothing is said.
char *implementation_chosen(const struct step_records *r, int brick, const struct record *newest)
{
    enum { SIZE = sizeof newest->implementation };
    const char *at = newest->implementation;
    char now[SIZE] = "", name[SIZE];
    for (int i = r->first[brick]; *at && i < r->first[brick + 1]; i++) {
        const char *end = strstr(at, between);
        size_t n = end ? (size_t)(end - at) : strlen(at);
        bool whole = end || strlen(newest->implementation) + 1 < SIZE;
        const char *chosen = whole ? chosen_for(r, r->step_of[i]) : NULL;
        snprintf(name, SIZE, "%.*s", (int)n, at);
        name_append(now, SIZE, *now ? between : "");
        name_append(now, SIZE, chosen ? chosen : name);
        at += end ? n + strlen(between) : n;
    }
    return strcmp(now, newest->implementation) == 0 ? NULL : xstrdup(now);
}
