#include "cli/choice.h"

#include <stdlib.h>
#include <string.h>

// Value number k of a name.
static int64_t value_of(const struct options *o, const char *name, int k)
{
    for (int i = 0; i < o->n_dims; i++)
        if (strcmp(o->dims[i].name, name) == 0 && k-- == 0)
            return o->dims[i].value;
    return 0;
}

static int find(const struct choice *c, const char *name)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->dims[i].name, name) == 0)
            return i;
    return NONE;
}

void choice_init(struct choice *c, const struct options *o)
{
    size_t most = (size_t)o->n_dims;
    *c = (struct choice){
        .o = o,
        .dims = xcalloc(most, sizeof *c->dims),
        .number = xcalloc(most, sizeof *c->number),
        .count = xcalloc(most, sizeof *c->count),
    };
    for (int i = 0; i < o->n_dims; i++) {
        int known = find(c, o->dims[i].name);
        if (known == NONE) {
            c->dims[known = c->n++] = o->dims[i];
            c->n_optional += i >= o->n_dims - o->n_optional_dims;
        }
        c->count[known]++;
    }
}

void choice_release(struct choice *c)
{
    free(c->dims);
    free(c->number);
    free(c->count);
}

static bool is_among(const char *name, int n, const char *const *names)
{
    for (int k = 0; k < n; k++)
        if (strcmp(names[k], name) == 0)
            return true;
    return false;
}

// Counts like a number whose last digit is the last name.
bool choice_next(struct choice *c, int n_used, const char *const *used)
{
    for (int i = c->n - 1; i >= 0; i--) {
        const char *name = c->dims[i].name;
        if (!is_among(name, n_used, used))
            continue;
        c->number[i] = (c->number[i] + 1) % c->count[i];
        c->dims[i].value = value_of(c->o, name, c->number[i]);
        if (c->number[i] > 0)
            return true;
    }
    return false;
}

void choice_name(const struct choice *c, struct suite *s, struct model *m, int n_used,
                 const char *const *used)
{
    struct str name = STR_INIT;
    str_add(&name, m->name);
    for (int i = 0, shown = 0; i < c->n; i++)
        if (c->count[i] > 1 && is_among(c->dims[i].name, n_used, used))
            str_addf(&name, "%s%s=%lld", shown++ ? "," : "@", c->dims[i].name,
                     (long long)c->dims[i].value);
    m->name = arena_strdup(&s->arena, name.text);
    str_release(&name);
}
