#include "cli/form.h"

#include <math.h>

#include "base/json.h"

void form_add(const struct form *f, struct table *t, const void *row)
{
    for (int i = 0; i < t->n_columns; i++) {
        const char *field = (const char *)row + f->offsets[i];
        if (f->columns[i].kind == COLUMN_text)
            table_text(t, *(const char *const *)(const void *)field);
        else if (f->columns[i].kind == COLUMN_count)
            table_count(t, *(const int64_t *)(const void *)field);
        else
            table_real(t, *(const double *)(const void *)field);
    }
}

// Columns that were not asked for are not there at all.
static bool is_empty(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return !value || json_is_null(value);
}

static int read_text(const json_t *object, const char *key, const char **text, struct arena *arena,
                     const char *where, struct error *err)
{
    *text = NULL;
    if (is_empty(object, key))
        return 0;
    const char *found = json_get_text(object, key, where, err);
    if (!found)
        return -1;
    *text = arena_strdup(arena, found);
    return 0;
}

static int read_real(const json_t *object, const char *key, double *real, const char *where,
                     struct error *err)
{
    *real = NAN;
    if (is_empty(object, key))
        return 0;
    return json_get_real(object, key, real, where, err);
}

int form_read(const struct form *f, const json_t *object, void *row, struct arena *arena,
              const char *where, struct error *err)
{
    for (int i = 0; i < f->n; i++) {
        const char *key = f->columns[i].key;
        void *field = (char *)row + f->offsets[i];
        int status;
        if (f->columns[i].kind == COLUMN_text)
            status = read_text(object, key, field, arena, where, err);
        else if (f->columns[i].kind == COLUMN_count)
            status = json_get_int(object, key, field, where, err);
        else
            status = read_real(object, key, field, where, err);
        if (status)
            return -1;
    }
    return 0;
}
