// Forms: which fields of a struct are a table's columns, in order. One list serves writing rows to
// a table and reading them back from its JSON.
#ifndef CLI_FORM_H
#define CLI_FORM_H

#include <jansson.h>

#include "base/memory.h"
#include "cli/table.h"

// Field types by the column's kind: text const char *, count int64_t, real double.
struct form {
    int n;
    const struct column *columns;
    const size_t *offsets;
};

// From two arrays of equal length.
#define FORM(columns, offsets)                                                                     \
    {                                                                                              \
        (int)(sizeof(columns) / sizeof *(columns)), columns, offsets                               \
    }

// For lists like `#define ROW(X) X(text, model, "model", 0, 0) ...`: kind, field (which is the
// column's key as well), then title, scale and digits of the column.
#define FORM_COLUMN(kind, field, title, scale, digits)                                             \
    {#field, title, COLUMN_##kind, scale, digits},

// Adds a row's first n cells (n: the table's columns, at most those of the form).
void form_add(const struct form *f, struct table *t, const void *row);

// The inverse; texts are copied to the arena; null, or a text or real that is not there, is NULL or
// NAN. `where` names the object.
int form_read(const struct form *f, const json_t *object, void *row, struct arena *arena,
              const char *where, struct error *err);

#endif
