// Taking into a cache what comes from elsewhere: from another cache, or from a stream of lines
// (cache_stream.h). A union in which nothing is lost: what is not yet there is added; of two files
// of one name the one that holds all samples of the other stays; where each has what the other has
// not, both stay, one of them as a run of its own.
#ifndef BRICKS_CACHE_MERGE_H
#define BRICKS_CACHE_MERGE_H

#include "bricks/cache_scan.h"

// TAKEN(name)
#define TAKENS(TAKEN)                                                                              \
    TAKEN(added)    /* was not there */                                                            \
    TAKEN(known)    /* is there, or one that holds it */                                           \
    TAKEN(extended) /* replaced one that it holds */                                               \
    TAKEN(beside)   /* another of its name is there: both are now */

enum taken {
#define TAKEN(name) TAKEN_##name,
    TAKENS(TAKEN)
#undef TAKEN
        N_TAKEN
};
extern const char *const taken_names[N_TAKEN];

struct cache_union {
    const char *cache;
    struct cache_place place; // that was opened last
    int counts[N_TAKEN];      // records
    struct flaws flaws;       // what could not be taken, or was set aside for it
};

void union_init(struct cache_union *u, const char *cache);
void union_release(struct cache_union *u);

// Opens a place of the cache for what follows, with what is known of the same place elsewhere. Its
// label and limits are taken where the cache has none of its own. `where` names the source.
int union_place(struct cache_union *u, const struct cache_place *from, const char *where,
                struct error *err);

// Takes a record (text: its file) into that place.
int union_record(struct cache_union *u, const struct record *r, const char *text,
                 struct error *err);

// Flushes to disk what was taken. What a crash of the machine before that leaves is damaged
// at worst, and taken again by the next time.
int union_flush(struct cache_union *u, struct error *err);

// Takes all of another cache, which must exist and must not be the same. The flaws name what is
// damaged there and was left out.
int union_cache(struct cache_union *u, const char *from, struct error *err);

#endif
