// Why a brick's time is known or not: what became of each record that the cache has of it, and for
// a brick that no place knows the nearest text that one does.
#ifndef PREDICT_WHY_H
#define PREDICT_WHY_H

#include "predict/stale.h"

// WHY(name): from the record that is used to the one that is farthest from it.
#define WHY_REASONS(WHY)                                                                           \
    WHY(used)                                                                                      \
    WHY(footprint)      /* timed, but not at the footprints of these models */                     \
    WHY(implementation) /* other code ran than in the newest record, or than was chosen */         \
    WHY(loop)           /* of another version of our own loops */                                  \
    WHY(damaged)        /* no record, or another brick's */                                        \
    WHY(stale)          /* of another patch level of a library */                                  \
    WHY(relative)       /* of another size of this type of machine */                              \
    WHY(environment)                                                                               \
    WHY(machine)                                                                                   \
    WHY(new) /* there is no record */

enum why {
#define WHY(name) WHY_##name,
    WHY_REASONS(WHY)
#undef WHY
};
const char *why_name(enum why why);

// What is asked about: bricks of a suite, in one place.
struct inquiry {
    const struct cache_all *all;
    const struct cache_place *here; // without a path: nothing was timed there yet
    struct timings timings;         // of that place
    struct demand *demands;         // per brick: footprints of the suite's models
};
void inquiry_init(struct inquiry *q, const struct suite *suite, const struct cache_all *all,
                  const struct cache_place *here);
void inquiry_release(struct inquiry *q);

// What became of one record.
struct reason {
    enum why why;
    const struct cache_place *place; // that holds it; NULL: there is none (WHY_new)
    char *path;                      // NULL: none
    char *detail;                    // the fields that differ, "timed with, not wanted with"
};

struct reasons {
    int n, capacity;
    struct reason *reason;
};

// All records that the cache has of a brick, place by place.
void reasons_find(struct reasons *r, const struct inquiry *q, int brick);
void reasons_release(struct reasons *r);

// The reason for the brick as a whole: that of the record that comes nearest to being used.
// WHY_used if all footprints are known. It names no path, and its detail is the caller's to free.
struct reason reason_of_brick(const struct reasons *r, const struct inquiry *q, int brick);

// The bricks of a whole cache, each once.
struct known_text {
    char *text;
    const struct cache_place *place; // the first that knows it
    char *path;                      // its record there
};
struct known_texts {
    int n, capacity;
    struct known_text *known;
};
void known_texts_read(struct known_texts *k, const struct cache_all *all);
void known_texts_release(struct known_texts *k);

// By text_distance; NULL if nothing is known. Forgets texts whose record turns out to be damaged.
const struct known_text *known_texts_nearest(struct known_texts *k, const char *text);

#endif
