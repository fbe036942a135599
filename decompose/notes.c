#include "decompose/decompose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"

enum { MAX_NOTES = 100 }; // nobody reads more; each is kept once

void notes_add(struct notes *notes, const char *format, ...)
{
    char raw[512], text[512];
    if (!notes)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    printable(text, sizeof text, raw);

    for (int k = 0; k < notes->n; k++)
        if (strcmp(notes->text[k], text) == 0)
            return;
    if (notes->n == MAX_NOTES)
        return;
    grow(&notes->text, &notes->capacity, notes->n + 1, sizeof *notes->text);
    notes->text[notes->n++] = arena_strdup(&notes->arena, text);
}

void notes_add_dim(struct notes *notes, const char *name, int64_t value)
{
    if (!notes)
        return;
    grow(&notes->dims, &notes->dims_capacity, notes->n_dims + 1, sizeof *notes->dims);
    notes->dims[notes->n_dims++] = (struct dim_binding){arena_strdup(&notes->arena, name), value};
}

void notes_release(struct notes *notes)
{
    arena_release(&notes->arena);
    free(notes->text);
    free(notes->dims);
    *notes = (struct notes){0};
}
