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

// Records of one signature have one text; the first that is whole tells it.
static enum walk read_text(void *context, const struct cache_entry *e)
{
    struct reader *reader = context;
    struct record_name name;
    struct record r;
    char *file;
    if (e->kind != ENTRY_record || !record_name_read(&name, e->name) ||
        json_object_get(reader->seen, name.signature) || record_read(&r, &file, e->path, NULL))
        return WALK_on;
    struct known_texts *k = reader->texts;
    grow(&k->known, &k->capacity, k->n + 1, sizeof *k->known);
    k->known[k->n++] = (struct known_text){xstrdup(r.text), reader->place};
    json_object_set_new(reader->seen, name.signature, json_true());
    record_release(&r);
    free(file);
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

void known_texts_release(struct known_texts *k)
{
    for (int i = 0; i < k->n; i++)
        free(k->known[i].text);
    free(k->known);
    *k = (struct known_texts){0};
}

const struct known_text *known_texts_nearest(const struct known_texts *k, const char *text)
{
    const struct known_text *nearest = NULL;
    double least = INFINITY;
    for (int i = 0; i < k->n; i++) {
        double distance = text_distance(text, k->known[i].text);
        if (distance < least) {
            least = distance;
            nearest = &k->known[i];
        }
    }
    return nearest;
}
