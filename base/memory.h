// Memory: allocation that cannot return NULL, and an arena for what lives and dies together.
// Running out of memory aborts with a message; sizes that come from a file are therefore bounded
// by their reader before they arrive here.
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

void *xmalloc(size_t bytes);
void *xcalloc(size_t n, size_t bytes); // zeroed; aborts if n * bytes overflows
void *xrealloc(void *p, size_t bytes);
char *xstrdup(const char *s);

// Makes room for at least `need` items in a growing array: *items points to *capacity items of
// item_bytes each; grows by half and keeps the contents.
void grow(void *items, int *capacity, int need, size_t item_bytes);

// An arena hands out zeroed memory that is released all at once. Empty is {0}.
struct arena {
    struct arena_block *head; // newest block first
};

void *arena_alloc(struct arena *arena, size_t bytes);            // 16-byte aligned, zeroed
void *arena_copy(struct arena *arena, const void *p, size_t bytes);
char *arena_strdup(struct arena *arena, const char *s);          // NULL stays NULL
char *arena_strndup(struct arena *arena, const char *s, size_t n);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_release(struct arena *arena);

#endif
