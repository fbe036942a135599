// Writes a suite: one brick and one instance per line, so that files compare well.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "bricks/suite.h"
#include "bricks/suite_anonymous.h"

// Takes the reference of json.
static void add_json(struct str *out, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);
    str_add(out, text);
    free(text);
    json_decref(json);
}

static json_t *tensor_to_json(const struct tensor *t)
{
    struct str text = STR_INIT;
    tensor_print(t, &text);
    json_t *json = json_text(text.text);
    str_release(&text);
    return json;
}

static json_t *inputs_to_json(const struct model *m)
{
    json_t *all = json_array();
    for (int i = 0; i < m->n_inputs; i++)
        json_array_append_new(
            all, json_pack("[o,o]", json_text(m->inputs[i].name), tensor_to_json(&m->inputs[i].t)));
    return all;
}

static json_t *outputs_to_json(const struct model *m)
{
    json_t *all = json_array();
    for (int i = 0; i < m->n_outputs; i++) {
        const struct port *port = &m->outputs[i];
        json_array_append_new(all, json_pack("[o,o,i,i]", json_text(port->name),
                                             tensor_to_json(&port->t), port->from.instance,
                                             port->from.output));
    }
    return all;
}

static json_t *instance_to_json(const struct instance *instance)
{
    json_t *layers = json_array(), *edges = json_array();
    for (int i = 0; i < instance->n_steps; i++)
        json_array_append_new(layers, json_text(instance->layers[i]));
    for (int i = 0; i < instance->n_inputs; i++)
        json_array_append_new(
            edges, json_pack("[i,i]", instance->inputs[i].instance, instance->inputs[i].output));
    json_t *json = json_pack("[i,o,o]", instance->brick, layers, edges);
    if (instance->weights) {
        json_t *weights = json_array();
        for (int i = 0; i < instance->n_weights; i++)
            json_array_append_new(weights, json_integer(instance->weights[i]));
        json_array_append_new(json, weights);
    }
    return json;
}

static json_t *unmodelled_to_json(const struct model *m)
{
    json_t *all = json_array();
    for (int i = 0; i < m->n_unmodelled; i++) {
        const struct unmodelled *u = &m->unmodelled[i];
        json_array_append_new(all, json_pack("[o,o,o,I]", json_text(u->layer), json_text(u->op),
                                             json_text(u->reason), (json_int_t)u->bytes));
    }
    return all;
}

static void add_model(struct str *out, const struct model *m)
{
    str_add(out, "{\"name\":");
    add_json(out, json_text(m->name));
    str_add(out, ",\"source\":");
    add_json(out, json_text(m->source));
    json_t *dims = json_object();
    for (int i = 0; i < m->n_dims; i++)
        json_object_set_new(dims, m->dims[i].name, json_integer(m->dims[i].value));
    str_add(out, ",\"dims\":");
    add_json(out, dims);
    str_add(out, ",\n\"inputs\":");
    add_json(out, inputs_to_json(m));
    str_add(out, ",\n\"bricks\":[");
    for (int i = 0; i < m->n_instances; i++) {
        str_add(out, i ? ",\n" : "\n");
        add_json(out, instance_to_json(&m->instances[i]));
    }
    str_add(out, "],\n\"outputs\":");
    add_json(out, outputs_to_json(m));
    if (m->n_unmodelled) {
        str_add(out, ",\n\"unmodelled\":");
        add_json(out, unmodelled_to_json(m));
    }
    if (m->footprint > 0)
        str_addf(out, ",\n\"footprint\":%.0f", m->footprint);
    str_add(out, "}");
}

static int save(const struct suite *s, const char *kind, bool with_texts, const char *path,
                struct error *err)
{
    struct str out = STR_INIT;
    str_addf(&out, "{\"%s\":%d,\"granularity\":%d,\n\"bricks\":[", kind, SUITE_FORMAT,
             s->granularity);
    for (int i = 0; i < s->n_bricks; i++) {
        str_add(&out, i ? ",\n" : "\n");
        add_json(&out, json_text(with_texts ? s->bricks[i]->text : s->bricks[i]->signature));
    }
    str_add(&out, "],\n\"models\":[");
    for (int i = 0; i < s->n_models; i++) {
        str_add(&out, i ? ",\n" : "\n");
        add_model(&out, &s->models[i]);
    }
    str_add(&out, "]}\n");
    int status = file_write(path, out.text, out.len, err);
    str_release(&out);
    return status;
}

int suite_save(const struct suite *s, const char *path, struct error *err)
{
    return save(s, "dlbricks_suite", true, path, err);
}

int suite_save_key(const struct suite *s, const char *path, struct error *err)
{
    return save(s, "dlbricks_key", false, path, err);
}
