// A walk over the files of a bench-cache: names only, nothing is opened. What is hidden is passed
// over, but for the temporary files that a killed writer leaves behind.
#ifndef BRICKS_CACHE_WALK_H
#define BRICKS_CACHE_WALK_H

enum cache_entry_kind {
    ENTRY_machine,     // folder; what is in it follows
    ENTRY_environment, // folder; what is in it follows
    ENTRY_probe,
    ENTRY_record,     // *.json in a folder of two digits
    ENTRY_leftover,   // a temporary file
    ENTRY_foreign,    // none of the cache's
    ENTRY_unreadable, // a folder that cannot be listed
};

struct cache_entry {
    enum cache_entry_kind kind;
    const char *path;
    const char *name; // last part of the path
    int why;          // errno of what is unreadable
};

// What the visitor wants next: go on, pass over what is in this folder, or end the walk.
enum walk { WALK_on, WALK_past, WALK_stop };
typedef enum walk cache_visit(void *context, const struct cache_entry *e);

// Visits all that is in a cache, in the order of names; WALK_stop if the visitor ended it. A
// cache that does not exist is unreadable (ENOENT).
enum walk cache_walk(const char *cache, cache_visit *visitor, void *context);

// The same for what is in the folder of one environment.
enum walk cache_walk_place(const char *path, cache_visit *visitor, void *context);

// Records in the folder of a machine or of an environment.
int cache_records_in_machine(const char *path);
int cache_records_in_environment(const char *path);

#endif
