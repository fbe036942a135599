// The canonical texts that a cache has records of.
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "bricks/cache_files.h"
#include "bricks/cache_walk.h"
#include "bricks/difference.h"
#include "predict/why.h"

struct reader {
    struct known_texts *texts;
    const struct cache_place *place;
    json_t *seen; // signatures
};

// The text alone, as most of a record are samples; the few that are asked for are read whole later.
static char *text_of(const char *path, const char *signature)
{
    struct record r;
    char *file, *text = record_peek_text(path, signature);
    if (text || record_read(&r, &file, path, NULL))
        return text;
    text = xstrdup(r.text);
    record_release(&r);
    free(file);
    return text;
}

// Records of one signature have one text; the first that begins with it tells it.
static enum walk read_text(void *context, const struct cache_entry *e)
{
    struct reader *reader = context;
    struct record_name name;
    if (e->kind != ENTRY_record || !record_name_read(&name, e->name) ||
        json_object_get(reader->seen, name.signature))
        return WALK_on;
    char *text = text_of(e->path, name.signature);
    if (!text)
        return WALK_on;
    struct known_texts *k = reader->texts;
    grow(&k->known, &k->capacity, k->n + 1, sizeof *k->known);
    k->known[k->n++] = (struct known_text){text, reader->place, xstrdup(e->path)};
    json_object_set_new(reader->seen, name.signature, json_true());
    return WALK_on;
}

void known_texts_read(struct known_texts *k, const struct cache_all *all)
{
    struct reader reader = {.texts = k, .seen = json_object()};
    *k = (struct known_texts){0};
    for (int i = 0; i < all->n; i++) {
        reader.place = &all->places[i];
        cache_walk_place(reader.place->path, read_text, &reader);
    }
    json_decref(reader.seen);
}

static void release(struct known_text *known)
{
    free(known->text);
    free(known->path);
}

void known_texts_release(struct known_texts *k)
{
    for (int i = 0; i < k->n; i++)
        release(&k->known[i]);
    free(k->known);
    *k = (struct known_texts){0};
}

struct nearest {
    int number; // of the text, or NONE
    double distance;
};

// Looks among the texts whose first operator is the ruler's, or among all others.
static void look(const struct known_texts *k, struct text_ruler *ruler, bool same_operator,
                 struct nearest *nearest)
{
    for (int i = 0; i < k->n; i++) {
        const char *other = k->known[i].text;
        if (text_same_first_operator(ruler, other) != same_operator)
            continue;
        double distance = text_distance(ruler, other, nearest->distance);
        if (distance < nearest->distance)
            *nearest = (struct nearest){i, distance};
    }
}

static int find_nearest(const struct known_texts *k, const char *text)
{
    struct nearest nearest = {NONE, INFINITY};
    struct text_ruler *ruler = text_ruler_new(text);
    look(k, ruler, true, &nearest);
    if (nearest.distance > OPERATOR_DISTANCE)
        look(k, ruler, false, &nearest);
    text_ruler_free(ruler);
    return nearest.number;
}

// The record of another run, where that whose text was read is damaged.
static bool has_other(const struct known_text *known)
{
    struct brick *brick = brick_parse(known->text, NULL);
    struct record *records = NULL;
    int n = brick ? cache_find(known->place, brick, &records, NULL) : 0;
    records_free(records, n);
    brick_free(brick);
    return n > 0;
}

static bool is_whole(const struct known_text *known)
{
    struct record r;
    char *file;
    if (record_read(&r, &file, known->path, NULL))
        return has_other(known);
    record_release(&r);
    free(file);
    return true;
}

const struct known_text *known_texts_nearest(struct known_texts *k, const char *text)
{
    int nearest;
    while ((nearest = find_nearest(k, text)) != NONE && !is_whole(&k->known[nearest])) {
        release(&k->known[nearest]);
        k->known[nearest] = k->known[--k->n];
    }
    return nearest == NONE ? NULL : &k->known[nearest];
}
