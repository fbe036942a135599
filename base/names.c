#include "base/names.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

// FNV-1a
static uint32_t hash(const char *s)
{
    uint32_t h = 2166136261u;
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return h;
}

// The slot that holds the name, or the free one where it belongs.
static struct named_value *slot(const struct names *names, const char *name)
{
    uint32_t mask = (uint32_t)names->capacity - 1;
    uint32_t k = hash(name) & mask;
    while (names->slots[k].name && strcmp(names->slots[k].name, name) != 0)
        k = (k + 1) & mask;
    return &names->slots[k];
}

void names_release(struct names *names)
{
    free(names->slots);
    *names = (struct names){0};
}

struct named_value *names_find(const struct names *names, const char *name)
{
    if (names->n == 0)
        return NULL;
    struct named_value *s = slot(names, name);
    return s->name ? s : NULL;
}

static void rehash(struct names *names, int capacity)
{
    struct names bigger = {names->n, capacity, xcalloc((size_t)capacity, sizeof *names->slots)};
    for (int k = 0; k < names->capacity; k++)
        if (names->slots[k].name)
            *slot(&bigger, names->slots[k].name) = names->slots[k];
    names_release(names);
    *names = bigger;
}

struct named_value *names_add(struct names *names, const char *name, int value)
{
    if (2 * (names->n + 1) >= names->capacity)
        rehash(names, names->capacity ? 2 * names->capacity : 64);
    struct named_value *s = slot(names, name);
    *s = (struct named_value){.name = name, .value = value};
    names->n++;
    return s;
}
