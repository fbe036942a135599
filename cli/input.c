#include "cli/input.h"

#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "datasets/zoo.h"
#include "decompose/decompose.h"

static struct decompose_options decompose_options(const struct options *o)
{
    return (struct decompose_options){
        .n_dims = o->n_dims, .dims = o->dims, .n_optional_dims = o->n_optional_dims};
}

int64_t input_batch(const struct options *o)
{
    for (int i = 0; i < o->n_dims; i++)
        if (strcmp(o->dims[i].name, "batch") == 0)
            return o->dims[i].value;
    return 1;
}

void input_note_dims(const struct options *o, const char *what)
{
    for (int i = 0; i < o->n_dims; i++)
        if (strcmp(o->dims[i].name, "batch") != 0)
            note("%s: --dim %s=%lld is not used: the zoo's only dimension is batch", what,
                 o->dims[i].name, (long long)o->dims[i].value);
}

static int add_zoo_entry(struct suite *s, const struct zoo_entry *entry, const struct options *o,
                         struct error *err)
{
    struct decompose_options options = decompose_options(o);
    struct graph *g = zoo_build(entry, input_batch(o));
    int result = graph_to_steps(g, &options, err);
    if (!result)
        result = split(s, g, entry->name, "zoo", err);
    graph_release(g);
    free(g);
    return result;
}

int input_zoo(const char *name, zoo_visit *visit, const void *context, struct error *err)
{
    const struct zoo_entry *entry = zoo_find(name);
    if (entry)
        return visit(context, entry, err);
    if (strcmp(name, "all") != 0)
        return fail(err, "the zoo has no network '%s'; `dlbricks zoo list` shows what it has",
                    name);
    for (int i = 0; i < n_zoo; i++)
        if (visit(context, &zoo[i], err))
            return -1;
    return 0;
}

struct zoo_target {
    struct suite *s;
    const struct options *o;
};

static int visit_entry(const void *context, const struct zoo_entry *entry, struct error *err)
{
    const struct zoo_target *target = context;
    return add_zoo_entry(target->s, entry, target->o, err);
}

// The first suite decides the granularity where -G does not.
static int add_suite(struct suite *s, const char *path, const struct options *o, struct error *err)
{
    struct suite from;
    suite_init(&from, s->granularity);
    int result = suite_load(&from, path, err);
    if (!result && s->n_models == 0 && !o->granularity)
        s->granularity = from.granularity;
    if (!result && (result = suite_merge(s, &from, err)))
        error_prefix(err, path);
    suite_release(&from);
    return result;
}

static int add_file(struct suite *s, const char *path, const struct options *o, struct error *err)
{
    struct decompose_options options = decompose_options(o);
    struct notes notes = {0};
    int result = decompose_file(s, path, &options, &notes, err);
    for (int i = 0; i < notes.n; i++)
        note("%s: %s", path, notes.text[i]);
    notes_release(&notes);
    return result;
}

static int add(struct suite *s, const char *what, const struct options *o, struct error *err)
{
    if (strncmp(what, "zoo:", 4) == 0) {
        input_note_dims(o, what);
        return input_zoo(what + 4, visit_entry, &(struct zoo_target){s, o}, err);
    }
    if (strcmp(what, "-") == 0 || suite_is_file(what))
        return add_suite(s, what, o, err);
    return add_file(s, what, o, err);
}

int input_load(const struct options *o, struct suite *s)
{
    int status = STATUS_done;
    suite_init(s, o->granularity ? o->granularity : 1);
    for (int i = 0; i < o->n_args; i++) {
        struct error err = {0};
        if (add(s, o->args[i], o, &err))
            status = report(&err);
    }
    return status;
}
