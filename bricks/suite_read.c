// Reads a suite. The file may come from anywhere: sizes are bounded by the file's own, every
// number is checked before it is used, and each message names the place.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "bricks/suite.h"
#include "bricks/suite_anonymous.h"

enum { MAX_SUITE_BYTES = 64 << 20, MAX_GRANULARITY = 1 << 20, MAX_VALUES = 1 << 24 };

struct reader {
    struct suite *s;
    const struct suite *pool; // of a key, which names its bricks by signature; NULL: texts
    struct model *model;      // that is being read
    int n_known;              // instances of it that are complete
    char where[512];          // file, model and instance, for messages
    struct error *err;
};

static int wrong(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int wrong(struct reader *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char text[512];
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return fail(r->err, "%s: %s", r->where, text);
}

// Item i of an array as an integer from `least` to `most`.
static int read_int(struct reader *r, const json_t *array, size_t i, const char *what,
                    int64_t least, int64_t most, int *value)
{
    const json_t *item = json_array_get(array, i);
    int64_t wide = json_integer_value(item);
    if (!json_is_integer(item) || wide < least || wide > most)
        return wrong(r, "%s is not an integer from %lld to %lld", what, (long long)least,
                     (long long)most);
    *value = (int)wide;
    return 0;
}

// A text that is safe to show, in the suite's arena; NULL if the item is none.
static const char *read_name(struct reader *r, const json_t *item)
{
    if (!json_is_string(item)) {
        wrong(r, "a name is missing or not a string");
        return NULL;
    }
    size_t size = json_string_length(item) + 1;
    return printable(arena_alloc(&r->s->arena, size), size, json_string_value(item));
}

// Item i as an array; NULL with a message if it is none.
static const json_t *read_list(struct reader *r, const json_t *array, size_t i, const char *what)
{
    const json_t *list = json_array_get(array, i);
    if (json_is_array(list))
        return list;
    wrong(r, "the list of %s is missing", what);
    return NULL;
}

// The pool's brick of this signature.
static const struct brick *find_in_pool(const struct suite *pool, const char *signature)
{
    for (int i = 0; i < pool->n_bricks; i++)
        if (strcmp(pool->bricks[i]->signature, signature) == 0)
            return pool->bricks[i];
    return NULL;
}

static struct brick *make_brick(const struct reader *r, const char *text, struct error *why)
{
    if (!r->pool)
        return brick_parse(text, why);
    const struct brick *brick = find_in_pool(r->pool, text);
    return brick ? brick_parse(brick->text, why)
                 : fail_null(why, "the suite has no brick with the key's signature %.64s", text);
}

static int read_brick(struct reader *r, const json_t *text, int number)
{
    if (!json_is_string(text))
        return wrong(r, "brick %d is not a string", number);
    struct error why = {0};
    struct brick *brick = make_brick(r, json_string_value(text), &why);
    char shown[sizeof why.text];
    if (!brick)
        return wrong(r, "brick %d: %s", number, printable(shown, sizeof shown, why.text));
    if (brick->graph->n_nodes > r->s->granularity) {
        int n = brick->graph->n_nodes;
        brick_free(brick);
        return wrong(r, "brick %d has %d steps, more than the granularity %d", number, n,
                     r->s->granularity);
    }
    int known = suite_add_brick(r->s, brick);
    return known == number ? 0 : wrong(r, "brick %d is the same as brick %d", number, known);
}

static int read_tensor(struct reader *r, const json_t *item, const char *port, struct tensor *t)
{
    const char *text = json_string_value(item);
    const char *end = text ? tensor_parse(text, t) : NULL;
    if (!end || *end)
        return wrong(r, "'%s' has no valid tensor", port);
    return 0;
}

static int read_port(struct reader *r, const json_t *json, size_t n_items, struct port *port)
{
    if (json_array_size(json) != n_items)
        return wrong(r, "an input or output is not a list of %zu", n_items);
    port->name = read_name(r, json_array_get(json, 0));
    return port->name ? read_tensor(r, json_array_get(json, 1), port->name, &port->t) : -1;
}

// What an edge brings. Its numbers are already known to be valid.
static const struct tensor *edge_tensor(const struct reader *r, const struct edge *e)
{
    if (e->instance == NONE)
        return &r->model->inputs[e->output].t;
    const struct graph *g = r->s->bricks[r->model->instances[e->instance].brick]->graph;
    return &g->values[g->outputs[e->output]].t;
}

// Reads two items from `first` on as an edge that brings as many bytes of the same type as t.
static int read_edge(struct reader *r, const json_t *json, size_t first, const struct tensor *t,
                     struct edge *e)
{
    if (read_int(r, json, first, "an edge's instance", NONE, r->n_known - 1, &e->instance))
        return -1;
    int n_outputs = r->model->n_inputs;
    if (e->instance != NONE)
        n_outputs = r->s->bricks[r->model->instances[e->instance].brick]->graph->n_outputs;
    if (read_int(r, json, first + 1, "an edge's output", 0, n_outputs - 1, &e->output))
        return -1;
    const struct tensor *brought = edge_tensor(r, e);
    if (brought->type != t->type || tensor_bytes(brought) != tensor_bytes(t))
        return wrong(r, "the edge [%d,%d] brings another tensor than is expected", e->instance,
                     e->output);
    return 0;
}

static int read_layers(struct reader *r, const json_t *list, struct instance *to)
{
    to->layers = arena_alloc(&r->s->arena, (size_t)to->n_steps * sizeof *to->layers);
    if ((int)json_array_size(list) != to->n_steps)
        return wrong(r, "%zu layer names for %d steps", json_array_size(list), to->n_steps);
    for (int i = 0; i < to->n_steps; i++) {
        to->layers[i] = read_name(r, json_array_get(list, (size_t)i));
        if (!to->layers[i])
            return -1;
        r->model->n_layers += suite_count_layers(to->layers[i]);
    }
    return 0;
}

static int read_edges(struct reader *r, const json_t *list, const struct graph *brick,
                      struct instance *to)
{
    if ((int)json_array_size(list) != brick->n_inputs)
        return wrong(r, "%zu edges for %d inputs", json_array_size(list), brick->n_inputs);
    to->inputs = arena_alloc(&r->s->arena, (size_t)to->n_inputs * sizeof *to->inputs);
    for (int k = 0; k < to->n_inputs; k++) {
        const json_t *edge = json_array_get(list, (size_t)k);
        if (json_array_size(edge) != 2)
            return wrong(r, "edge %d is not a list of two numbers", k);
        if (read_edge(r, edge, 0, &brick->values[brick->inputs[k]].t, &to->inputs[k]))
            return -1;
    }
    return 0;
}

static int read_weights(struct reader *r, const json_t *list, struct instance *to)
{
    if ((int)json_array_size(list) != to->n_weights)
        return wrong(r, "%zu weight ids for %d weights", json_array_size(list), to->n_weights);
    int *ids = arena_alloc(&r->s->arena, (size_t)to->n_weights * sizeof *ids);
    to->weights = ids;
    for (int k = 0; k < to->n_weights; k++)
        if (read_int(r, list, (size_t)k, "a weight id", 0, INT32_MAX, &ids[k]))
            return -1;
    return 0;
}

static int read_instance(struct reader *r, const json_t *json, struct instance *to)
{
    size_t n_items = json_array_size(json);
    if (n_items != 3 && n_items != 4)
        return wrong(r, "it is not a list of three or four");
    if (read_int(r, json, 0, "the brick's number", 0, r->s->n_bricks - 1, &to->brick))
        return -1;
    const struct brick *brick = r->s->bricks[to->brick];
    to->n_steps = brick->graph->n_nodes;
    to->n_inputs = brick->graph->n_inputs;
    to->n_weights = suite_brick_weights(brick, NULL);
    const json_t *layers = read_list(r, json, 1, "layer names");
    const json_t *edges = layers ? read_list(r, json, 2, "edges") : NULL;
    if (!edges || read_layers(r, layers, to) || read_edges(r, edges, brick->graph, to))
        return -1;
    if (n_items == 3)
        return 0;
    const json_t *weights = read_list(r, json, 3, "weight ids");
    return weights ? read_weights(r, weights, to) : -1;
}

// One id always means one weight: the same bytes of the same type wherever it is used. Ids are
// below the number of all weights that have one.
static int check_ids(struct reader *r, const struct instance *instance, int n_ids,
                     const struct tensor **by_id)
{
    const struct brick *brick = r->s->bricks[instance->brick];
    int *values = xcalloc((size_t)instance->n_weights, sizeof *values);
    int status = 0;
    suite_brick_weights(brick, values);
    for (int k = 0; k < instance->n_weights && !status; k++) {
        int id = instance->weights[k];
        const struct tensor *t = &brick->graph->values[values[k]].t;
        if (id >= n_ids)
            status = wrong(r, "weight id %d, but only %d weights have ids", id, n_ids);
        else if (!by_id[id])
            by_id[id] = t;
        else if (by_id[id]->type != t->type || tensor_bytes(by_id[id]) != tensor_bytes(t))
            status = wrong(r, "weight %d has another tensor than elsewhere", id);
    }
    free(values);
    return status;
}

static int check_all_ids(struct reader *r)
{
    const struct model *m = r->model;
    int n_ids = 0, status = 0;
    for (int i = 0; i < m->n_instances; i++)
        n_ids += m->instances[i].weights ? m->instances[i].n_weights : 0;
    const struct tensor **by_id = xcalloc((size_t)n_ids, sizeof *by_id);
    for (int i = 0; i < m->n_instances && !status; i++)
        if (m->instances[i].weights)
            status = check_ids(r, &m->instances[i], n_ids, by_id);
    free(by_id);
    return status;
}

static int read_instances(struct reader *r, const json_t *list)
{
    struct model *m = r->model;
    size_t n = json_array_size(list), base = strlen(r->where);
    int64_t n_values = 0;
    m->instances = arena_alloc(&r->s->arena, n * sizeof *m->instances);
    for (r->n_known = 0; r->n_known < (int)n; r->n_known++) {
        struct instance *instance = &m->instances[r->n_known];
        snprintf(r->where + base, sizeof r->where - base, ", instance %d", r->n_known);
        if (read_instance(r, json_array_get(list, (size_t)r->n_known), instance))
            return -1;
        n_values += r->s->bricks[instance->brick]->graph->n_values;
        if (n_values > MAX_VALUES)
            return wrong(r, "the model has more than %d values", MAX_VALUES);
        m->n_instances++;
    }
    r->where[base] = '\0';
    return check_all_ids(r);
}

static int read_dims(struct reader *r, const json_t *dims)
{
    struct model *m = r->model;
    m->dims = arena_alloc(&r->s->arena, json_object_size(dims) * sizeof *m->dims);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)dims, name, value)
    {
        size_t size = strlen(name) + 1;
        if (!json_is_integer(value))
            return wrong(r, "a dimension is not an integer");
        m->dims[m->n_dims].name = printable(arena_alloc(&r->s->arena, size), size, name);
        m->dims[m->n_dims++].value = json_integer_value(value);
    }
    return 0;
}

static struct port *new_ports(struct reader *r, const json_t *list)
{
    return arena_alloc(&r->s->arena, json_array_size(list) * sizeof(struct port));
}

static int read_inputs(struct reader *r, const json_t *list)
{
    struct model *m = r->model;
    m->inputs = new_ports(r, list);
    for (size_t i = 0; i < json_array_size(list); i++, m->n_inputs++)
        if (read_port(r, json_array_get(list, i), 2, &m->inputs[i]))
            return -1;
    return 0;
}

static int read_outputs(struct reader *r, const json_t *list)
{
    struct model *m = r->model;
    m->outputs = new_ports(r, list);
    for (size_t i = 0; i < json_array_size(list); i++, m->n_outputs++) {
        const json_t *json = json_array_get(list, i);
        struct port *port = &m->outputs[i];
        if (read_port(r, json, 4, port) || read_edge(r, json, 2, &port->t, &port->from))
            return -1;
    }
    return 0;
}

static int read_unmodelled_item(struct reader *r, const json_t *json, struct unmodelled *u)
{
    const json_t *bytes = json_array_get(json, 3);
    if (json_array_size(json) != 4 || !json_is_integer(bytes) || json_integer_value(bytes) < 0)
        return wrong(r, "an unmodelled layer is not a list of three texts and its bytes");
    u->layer = read_name(r, json_array_get(json, 0));
    u->op = read_name(r, json_array_get(json, 1));
    u->reason = read_name(r, json_array_get(json, 2));
    u->bytes = json_integer_value(bytes);
    return u->layer && u->op && u->reason ? 0 : -1;
}

// The list may be absent.
static int read_unmodelled(struct reader *r, const json_t *list)
{
    struct model *m = r->model;
    if (list && !json_is_array(list))
        return wrong(r, "what is not modelled is no list");
    m->unmodelled = arena_alloc(&r->s->arena, json_array_size(list) * sizeof *m->unmodelled);
    for (size_t i = 0; i < json_array_size(list); i++, m->n_unmodelled++)
        if (read_unmodelled_item(r, json_array_get(list, i), &m->unmodelled[i]))
            return -1;
    return 0;
}

static int read_footprint(struct reader *r, const json_t *json)
{
    double footprint = (double)json_integer_value(json);
    if (json && (!json_is_integer(json) || footprint < 1))
        return wrong(r, "the footprint is not a number of bytes");
    r->model->footprint = footprint;
    return 0;
}

static int read_model(struct reader *r, const json_t *json)
{
    const char *name = json_get_text(json, "name", r->where, r->err);
    const char *source = name ? json_get_text(json, "source", r->where, r->err) : NULL;
    if (!source)
        return -1;
    char shown[256];
    printable(shown, sizeof shown, name);
    size_t base = strlen(r->where);
    snprintf(r->where + base, sizeof r->where - base, ", '%s'", shown);
    const json_t *dims = json_get_object(json, "dims", r->where, r->err);
    const json_t *inputs = json_get_array(json, "inputs", r->where, r->err);
    const json_t *instances = json_get_array(json, "bricks", r->where, r->err);
    const json_t *outputs = json_get_array(json, "outputs", r->where, r->err);
    if (!dims || !inputs || !instances || !outputs)
        return -1;
    char source_shown[4096];
    r->model = suite_add_model(r->s, shown, printable(source_shown, sizeof source_shown, source));
    if (read_dims(r, dims) || read_inputs(r, inputs) || read_instances(r, instances))
        return -1;
    if (read_outputs(r, outputs) || read_unmodelled(r, json_object_get(json, "unmodelled")))
        return -1;
    return read_footprint(r, json_object_get(json, "footprint"));
}

static int read_head(struct reader *r, const json_t *json)
{
    int64_t format, granularity;
    if (json_get_int(json, r->pool ? "dlbricks_key" : "dlbricks_suite", &format, r->where,
                     r->err) ||
        json_get_int(json, "granularity", &granularity, r->where, r->err))
        return -1;
    if (format != SUITE_FORMAT)
        return wrong(r, "suite format %lld is not known; this program reads format %d",
                     (long long)format, SUITE_FORMAT);
    if (granularity < 1 || granularity > MAX_GRANULARITY)
        return wrong(r, "granularity %lld is not from 1 to %d", (long long)granularity,
                     MAX_GRANULARITY);
    r->s->granularity = (int)granularity;
    return 0;
}

static int read_suite(struct reader *r, const json_t *json)
{
    if (read_head(r, json))
        return -1;
    const json_t *bricks = json_get_array(json, "bricks", r->where, r->err);
    const json_t *models = json_get_array(json, "models", r->where, r->err);
    if (!bricks || !models)
        return -1;
    for (size_t i = 0; i < json_array_size(bricks); i++)
        if (read_brick(r, json_array_get(bricks, i), (int)i))
            return -1;
    size_t base = strlen(r->where);
    for (size_t i = 0; i < json_array_size(models); i++) {
        snprintf(r->where + base, sizeof r->where - base, ": model %zu", i);
        if (read_model(r, json_array_get(models, i)))
            return -1;
    }
    return 0;
}

static int load(struct suite *s, const struct suite *pool, const char *path, struct error *err)
{
    suite_init(s, 1);
    json_t *json = json_read_file(path, MAX_SUITE_BYTES, err);
    if (!json)
        return -1;
    struct reader r = {.s = s, .pool = pool, .err = err};
    snprintf(r.where, sizeof r.where, "%.255s", path);
    int status = read_suite(&r, json);
    json_decref(json);
    if (status)
        suite_release(s);
    return status;
}

int suite_load(struct suite *s, const char *path, struct error *err)
{
    return load(s, NULL, path, err);
}

int suite_load_key(struct suite *s, const struct suite *pool, const char *path, struct error *err)
{
    return load(s, pool, path, err);
}

bool suite_is_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    int c;
    do
        c = getc(f);
    while (c == ' ' || c == '\n' || c == '\r' || c == '\t');
    fclose(f);
    return c == '{';
}
