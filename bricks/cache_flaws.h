// What is wrong in a bench-cache, or with what was to be taken into one: where, and why.
#ifndef BRICKS_CACHE_FLAWS_H
#define BRICKS_CACHE_FLAWS_H

#include "base/error.h"

// FLAW(name, serious)
#define FLAWS(FLAW)                                                                                \
    FLAW(damaged, 1)    /* no version of dlbricks can use it */                                    \
    FLAW(unreadable, 1) /* permissions, I/O errors: nothing is known of it */                      \
    FLAW(unknown, 0)    /* of a format that this version does not know */                          \
    FLAW(leftover, 0)   /* a temporary file: of a writer that was killed, or still writes */       \
    FLAW(foreign, 0)    /* no file of a bench-cache */                                             \
    FLAW(kept, 0)       /* the cache says otherwise and was left as it is */

enum flaw_kind {
#define FLAW(name, serious) FLAW_##name,
    FLAWS(FLAW)
#undef FLAW
        N_FLAW_KINDS
};
extern const char *const flaw_names[N_FLAW_KINDS];

struct flaw {
    enum flaw_kind kind;
    char *path;   // "<cache>/...", or "FILE: line 12"
    char *reason; // begins with a path or line
    char *moved;  // where it was set aside; NULL: it was not
};

struct flaws {
    struct flaw *items;
    int n, capacity;
    int counts[N_FLAW_KINDS];
};

// What a file is found to be, by the error of reading it.
void flaws_add_error(struct flaws *f, const char *path, const struct error *why);
enum flaw_kind flaw_of_file(const char *path, const struct error *why);
void flaws_add(struct flaws *f, enum flaw_kind kind, const char *path, const char *reason);
void flaws_release(struct flaws *f);

// Faults that were not set aside.
int flaws_serious(const struct flaws *f);

// Moves what is damaged to <cache>/.quarantine/, under the same path, and leftovers that are an
// hour old by the clock of their file system, as a younger one may still be written. Nothing is
// deleted or replaced. The cache must be that of the flaws' paths.
int flaws_set_aside(struct flaws *f, const char *cache, struct error *err);

// The same for one file or folder; *moved, which the caller frees, receives where it is now: NULL
// if it is gone meanwhile.
int cache_set_aside(const char *cache, const char *path, char **moved, struct error *err);

#endif
