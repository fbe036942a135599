#include "bricks/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"

// Open addressing over the bricks' signatures; a hit compares the whole text.
struct text_index {
    int n_slots; // power of two, at least twice the number of bricks
    int *slots;  // brick, or NONE
};

void suite_init(struct suite *s, int granularity)
{
    *s = (struct suite){.granularity = granularity};
}

void suite_release(struct suite *s)
{
    for (int i = 0; i < s->n_bricks; i++)
        brick_free(s->bricks[i]);
    free(s->bricks);
    free(s->models);
    if (s->index)
        free(s->index->slots);
    free(s->index);
    names_release(&s->names);
    arena_release(&s->arena);
    suite_init(s, s->granularity);
}

// The slot that holds this text, or the free one where it belongs.
static int *find_slot(const struct suite *s, const struct brick *brick)
{
    unsigned mask = (unsigned)s->index->n_slots - 1, at = 0;
    sscanf(brick->signature, "%8x", &at);
    for (at &= mask;; at = (at + 1) & mask) {
        int *slot = &s->index->slots[at];
        if (*slot == NONE || strcmp(s->bricks[*slot]->text, brick->text) == 0)
            return slot;
    }
}

static void grow_index(struct suite *s)
{
    if (!s->index)
        s->index = xcalloc(1, sizeof *s->index);
    struct text_index *index = s->index;
    if (index->n_slots >= 2 * (s->n_bricks + 1))
        return;
    index->n_slots = index->n_slots ? 2 * index->n_slots : 256;
    index->slots = xrealloc(index->slots, (size_t)index->n_slots * sizeof *index->slots);
    for (int i = 0; i < index->n_slots; i++)
        index->slots[i] = NONE;
    for (int i = 0; i < s->n_bricks; i++)
        *find_slot(s, s->bricks[i]) = i;
}

int suite_add_brick(struct suite *s, struct brick *brick)
{
    grow_index(s);
    int *slot = find_slot(s, brick);
    if (*slot != NONE) {
        brick_free(brick);
        return *slot;
    }
    grow(&s->bricks, &s->bricks_capacity, s->n_bricks + 1, sizeof *s->bricks);
    s->bricks[s->n_bricks] = brick;
    return *slot = s->n_bricks++;
}

// Takes in the names of the models that came since; of all, if some have gone.
static void update_names(struct suite *s)
{
    if (s->n_named > s->n_models) {
        names_release(&s->names);
        s->n_named = 0;
    }
    for (; s->n_named < s->n_models; s->n_named++)
        if (!names_find(&s->names, s->models[s->n_named].name))
            names_add(&s->names, s->models[s->n_named].name, 1);
}

struct model *suite_add_model(struct suite *s, const char *name, const char *source)
{
    update_names(s);
    const char *unique = arena_strdup(&s->arena, name);
    struct named_value *namesake = names_find(&s->names, name);
    while (names_find(&s->names, unique))
        unique = arena_printf(&s->arena, "%s#%d", name, ++namesake->value);
    grow(&s->models, &s->models_capacity, s->n_models + 1, sizeof *s->models);
    struct model *m = &s->models[s->n_models++];
    *m = (struct model){.name = unique, .source = arena_strdup(&s->arena, source)};
    return m;
}

int suite_count_layers(const char *joined)
{
    int n = *joined != '\0';
    for (const char *c = joined; *c; c++)
        n += *c == '+';
    return n;
}

static void copy_instance(struct arena *arena, struct instance *to, const struct instance *from,
                          const int *new_brick)
{
    *to = *from;
    to->brick = new_brick[from->brick];
    to->layers = arena_alloc(arena, (size_t)from->n_steps * sizeof *to->layers);
    for (int i = 0; i < from->n_steps; i++)
        to->layers[i] = arena_strdup(arena, from->layers[i]);
    to->inputs = arena_copy(arena, from->inputs, (size_t)from->n_inputs * sizeof *to->inputs);
    if (from->weights)
        to->weights =
            arena_copy(arena, from->weights, (size_t)from->n_weights * sizeof *to->weights);
}

static struct port *copy_ports(struct arena *arena, const struct port *from, int n)
{
    struct port *to = arena_copy(arena, from, (size_t)n * sizeof *to);
    for (int i = 0; i < n; i++)
        to[i].name = arena_strdup(arena, from[i].name);
    return to;
}

static struct unmodelled *copy_unmodelled(struct arena *arena, const struct unmodelled *from, int n)
{
    struct unmodelled *to = arena_copy(arena, from, (size_t)n * sizeof *to);
    for (int i = 0; i < n; i++) {
        to[i].layer = arena_strdup(arena, from[i].layer);
        to[i].op = arena_strdup(arena, from[i].op);
        to[i].reason = arena_strdup(arena, from[i].reason);
    }
    return to;
}

void suite_set_unmodelled(struct suite *s, struct model *m, int n,
                          const struct unmodelled *unmodelled)
{
    m->n_unmodelled = n;
    m->unmodelled = copy_unmodelled(&s->arena, unmodelled, n);
}

static void copy_model(struct suite *s, const struct model *from, const int *new_brick)
{
    struct model *to = suite_add_model(s, from->name, from->source);
    const char *name = to->name, *source = to->source;
    *to = *from;
    to->name = name;
    to->source = source;
    to->dims = arena_copy(&s->arena, from->dims, (size_t)from->n_dims * sizeof *to->dims);
    for (int i = 0; i < from->n_dims; i++)
        to->dims[i].name = arena_strdup(&s->arena, from->dims[i].name);
    to->inputs = copy_ports(&s->arena, from->inputs, from->n_inputs);
    to->outputs = copy_ports(&s->arena, from->outputs, from->n_outputs);
    to->instances = arena_alloc(&s->arena, (size_t)from->n_instances * sizeof *to->instances);
    for (int i = 0; i < from->n_instances; i++)
        copy_instance(&s->arena, &to->instances[i], &from->instances[i], new_brick);
    suite_set_unmodelled(s, to, from->n_unmodelled, from->unmodelled);
}

int suite_merge(struct suite *s, const struct suite *from, struct error *err)
{
    if (s->granularity != from->granularity)
        return fail(err,
                    "suites of granularity %d and %d cannot be merged; decompose again with the "
                    "same -G",
                    s->granularity, from->granularity);
    int *new_brick = xcalloc((size_t)from->n_bricks, sizeof *new_brick);
    int status = 0;
    for (int i = 0; i < from->n_bricks && !status; i++) {
        struct brick *brick = brick_parse(from->bricks[i]->text, err);
        if (brick)
            new_brick[i] = suite_add_brick(s, brick);
        else
            status = -1;
    }
    for (int i = 0; i < from->n_models && !status; i++)
        copy_model(s, &from->models[i], new_brick);
    free(new_brick);
    return status;
}

int suite_n_unique(const struct suite *s, const struct model *m)
{
    bool *seen = xcalloc((size_t)s->n_bricks + 1, sizeof *seen);
    int n = 0;
    for (int i = 0; i < m->n_instances; i++) {
        n += !seen[m->instances[i].brick];
        seen[m->instances[i].brick] = true;
    }
    free(seen);
    return n;
}
