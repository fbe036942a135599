#include "cli/input.h"

#include <stdlib.h>
#include <string.h>

#include "bricks/suite_anonymous.h"
#include "cli/choice.h"
#include "cli/commands.h"
#include "datasets/zoo.h"
#include "decompose/decompose.h"

static struct decompose_options decompose_options(const struct choice *c)
{
    return (struct decompose_options){
        .n_dims = c->n, .dims = c->dims, .n_optional_dims = c->n_optional};
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

static int64_t batch_of(const struct choice *c)
{
    for (int i = 0; i < c->n; i++)
        if (strcmp(c->dims[i].name, "batch") == 0)
            return c->dims[i].value;
    return 1;
}

static int add_zoo_entry(struct suite *s, const struct zoo_entry *entry, const struct choice *c,
                         struct error *err)
{
    struct decompose_options options = decompose_options(c);
    struct graph *g = zoo_build(entry, batch_of(c));
    int result = graph_to_steps(g, &options, err);
    if (!result)
        result = split(s, g, entry->name, "zoo", err);
    graph_release(g);
    free(g);
    return result;
}

int input_zoo(const char *name, zoo_visit *visit, const void *context, struct error *err)
{
    bool any = false;
    for (int i = 0, n = zoo_count(); i < n; i++) {
        if (!zoo_selects(name, zoo_at(i)))
            continue;
        any = true;
        if (visit(context, zoo_at(i), err))
            return -1;
    }
    return any ? 0
               : fail(err,
                      "the zoo has no network, family, task or list '%s'; `dlbricks zoo list` "
                      "shows what it has",
                      name);
}

struct zoo_target {
    struct suite *s;
    const struct options *o;
};

static int visit_entry(const void *context, const struct zoo_entry *entry, struct error *err)
{
    static const char *const used[] = {"batch"};
    const struct zoo_target *target = context;
    struct choice c;
    int status;
    choice_init(&c, target->o);
    do {
        status = add_zoo_entry(target->s, entry, &c, err);
        if (status == 0)
            choice_name(&c, target->s, &target->s->models[target->s->n_models - 1], 1, used);
    } while (status == 0 && choice_next(&c, 1, used));
    choice_release(&c);
    return status;
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

// Once for each combination of the dimensions that the model turns out to use.
static int add_choices(struct suite *s, const char *path, struct choice *c, struct notes *notes,
                       struct error *err)
{
    const char **used = NULL;
    int n_used = 0, status;
    do {
        struct decompose_options options = decompose_options(c);
        status = decompose_file(s, path, &options, notes, err);
        struct model *m = status ? NULL : &s->models[s->n_models - 1];
        for (n_used = 0; m && n_used < m->n_dims; n_used++) {
            used = xrealloc(used, (size_t)m->n_dims * sizeof *used);
            used[n_used] = m->dims[n_used].name;
        }
        if (m)
            choice_name(c, s, m, n_used, used);
    } while (status == 0 && choice_next(c, n_used, used));
    free(used);
    return status;
}

static int add_file(struct suite *s, const char *path, const struct options *o, struct error *err)
{
    struct choice c;
    struct notes notes = {0};
    choice_init(&c, o);
    int result = add_choices(s, path, &c, &notes, err);
    for (int i = 0; i < notes.n; i++)
        note("%s: %s", path, notes.text[i]);
    notes_release(&notes);
    choice_release(&c);
    return result;
}

static int add_brick(struct suite *s, const char *text, struct error *err)
{
    struct brick *brick = brick_parse(text, err);
    if (!brick)
        return -1;
    suite_add_alone(s, brick);
    return 0;
}

static int add(struct suite *s, const char *what, const struct options *o, struct error *err)
{
    if (strncmp(what, "zoo:", 4) == 0) {
        input_note_dims(o, what);
        return input_zoo(what + 4, visit_entry, &(struct zoo_target){s, o}, err);
    }
    if (strncmp(what, "brick:", 6) == 0)
        return add_brick(s, what + 6, err);
    if (strcmp(what, "-") == 0 || suite_is_file(what))
        return add_suite(s, what, o, err);
    return add_file(s, what, o, err);
}

static void add_kind(struct str *kinds, const struct unmodelled *u)
{
    str_addf(kinds, "%s%s '%s': %s", kinds->len ? "; " : "", u->op, u->layer, u->reason);
}

// True if it is no mere consequence of another one.
static bool is_cause(const struct unmodelled *u)
{
    return strncmp(u->reason, "depends on ", strlen("depends on ")) != 0;
}

// "17.2 kB": in the largest unit of which there is one.
static void add_size(struct str *out, double bytes)
{
    static const struct {
        double bytes;
        const char *name;
        int decimals;
    } units[] = {{1e9, "GB", 1}, {1e6, "MB", 1}, {1e3, "kB", 1}, {1, "bytes", 0}};
    size_t k = 0, last = sizeof units / sizeof *units - 1;
    while (k < last && bytes < units[k].bytes)
        k++;
    str_addf(out, "%.*f %s", units[k].decimals, bytes / units[k].bytes, units[k].name);
}

static void note_unmodelled(const struct model *m)
{
    enum { MOST_SHOWN = 3 };
    struct str causes = STR_INIT, size = STR_INIT;
    int n_causes = 0;
    double bytes = 0;
    for (int i = 0; i < m->n_unmodelled; i++) {
        const struct unmodelled *u = &m->unmodelled[i];
        bytes += (double)u->bytes;
        if (is_cause(u) && n_causes++ < MOST_SHOWN)
            add_kind(&causes, u);
    }
    if (n_causes > MOST_SHOWN)
        str_addf(&causes, "; and %d more", n_causes - MOST_SHOWN);
    add_size(&size, bytes);
    if (m->n_unmodelled)
        note("%s: %d of %d layers are not modelled and are in no time or total (they read and "
             "write a guessed %s: results of unknown size may be far larger): %s; "
             "`dlbricks inspect` lists them",
             m->name, m->n_unmodelled, m->n_unmodelled + m->n_layers, size.text, causes.text);
    str_release(&causes);
    str_release(&size);
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
    for (int i = 0; i < s->n_models; i++)
        note_unmodelled(&s->models[i]);
    return status;
}

// Replaces the suite by the models of the key.
static int unlock(struct suite *s, const char *key, struct error *err)
{
    struct suite whole;
    if (suite_load_key(&whole, s, key, err))
        return -1;
    suite_release(s);
    *s = whole;
    for (int i = 0; i < s->n_models; i++)
        note_unmodelled(&s->models[i]);
    return 0;
}

int input_load_whole(const struct options *o, struct suite *s)
{
    struct error err = {0};
    int status = input_load(o, s);
    if (s->n_models && (o->key ? unlock(s, o->key, &err) : suite_check_whole(s, &err))) {
        suite_release(s);
        status = report(&err);
    }
    return status;
}

// --- the nodes of the sources ---

struct node_visit {
    input_visit *visit;
    void *context;
};

static int visit_zoo_nodes(const void *context, const struct zoo_entry *entry, struct error *err)
{
    (void)err;
    const struct node_visit *v = context;
    struct graph *g = zoo_build(entry, 1);
    v->visit(v->context, g);
    graph_release(g);
    free(g);
    return 0;
}

static int visit_file_nodes(const struct node_visit *v, const char *path, struct error *err)
{
    const struct decompose_options options = {.any_dims = true};
    if (strcmp(path, "-") == 0 || suite_is_file(path))
        return fail(err, "%s: is a suite, which holds no nodes of ONNX any more", path);
    struct graph *g = onnx_read(path, &options, NULL, err);
    if (!g)
        return -1;
    v->visit(v->context, g);
    graph_release(g);
    free(g);
    return 0;
}

int input_visit_nodes(const struct options *o, input_visit *visit, void *context)
{
    const struct node_visit v = {visit, context};
    int status = STATUS_done;
    for (int i = 0; i < o->n_args; i++) {
        struct error err = {0};
        const char *what = o->args[i];
        int result = strncmp(what, "zoo:", 4) == 0 ? input_zoo(what + 4, visit_zoo_nodes, &v, &err)
                                                   : visit_file_nodes(&v, what, &err);
        if (result)
            status = report(&err);
    }
    return status;
}
