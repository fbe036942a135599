#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

// Blocks grow from the first size to the last: a suite has thousands of bricks of a kilobyte each.
enum { FIRST_BLOCK = 1024, LAST_BLOCK = 64 * 1024, ARENA_ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(ARENA_ALIGN) char data[];
};

static void *checked(void *p, size_t bytes)
{
    if (!p && bytes)
        BUG("out of memory asking for %zu bytes", bytes);
    return p;
}

void *xmalloc(size_t bytes)
{
    return checked(malloc(bytes ? bytes : 1), bytes);
}

void *xcalloc(size_t n, size_t bytes)
{
    return checked(calloc(n ? n : 1, bytes ? bytes : 1), n);
}

void *xrealloc(void *p, size_t bytes)
{
    return checked(realloc(p, bytes ? bytes : 1), bytes);
}

char *xstrdup(const char *s)
{
    return checked(strdup(s), 1);
}

void grow(void *items, int *capacity, int need, size_t item_bytes)
{
    if (need <= *capacity)
        return;
    int room = *capacity + *capacity / 2 + 8;
    if (room < need)
        room = need;
    void *p;
    memcpy(&p, items, sizeof p); // items is a T **; copied so that no type is punned
    p = xrealloc(p, (size_t)room * item_bytes);
    memcpy(items, &p, sizeof p);
    *capacity = room;
}

static size_t next_block(const struct arena *arena, size_t bytes)
{
    size_t size = arena->head ? 2 * arena->head->size : FIRST_BLOCK;
    if (size > LAST_BLOCK)
        size = LAST_BLOCK;
    return bytes > size ? bytes : size;
}

void *arena_alloc(struct arena *arena, size_t bytes)
{
    bytes = (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    struct arena_block *b = arena->head;
    if (!b || b->size - b->used < bytes) {
        size_t size = next_block(arena, bytes);
        b = xcalloc(1, sizeof *b + size);
        b->size = size;
        b->next = arena->head;
        arena->head = b;
    }
    void *p = b->data + b->used;
    b->used += bytes;
    return p;
}

void *arena_copy(struct arena *arena, const void *p, size_t bytes)
{
    void *copy = arena_alloc(arena, bytes);
    if (bytes)
        memcpy(copy, p, bytes);
    return copy;
}

char *arena_strdup(struct arena *arena, const char *s)
{
    return s ? arena_copy(arena, s, strlen(s) + 1) : NULL;
}

char *arena_strndup(struct arena *arena, const char *s, size_t n)
{
    char *copy = arena_alloc(arena, n + 1);
    memcpy(copy, s, n);
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *text = arena_alloc(arena, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    return text;
}

void arena_release(struct arena *arena)
{
    for (struct arena_block *b = arena->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    arena->head = NULL;
}
