// dlbricks decompose: models -> suite.
#include <string.h>

#include "bricks/suite_anonymous.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/table.h"

static const struct column columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_count, 0, 0},
    {"steps", "steps", COLUMN_count, 0, 0},
    {"bricks", "bricks", COLUMN_count, 0, 0},
    {"unique_bricks", "unique", COLUMN_count, 0, 0},
    {"parameters", "parameters", COLUMN_count, 0, 0},
    {"unmodelled_layers", NULL, COLUMN_count, 0, 0}, // people get a note
};

static void add_model(struct table *t, const struct suite *s, const struct model *m)
{
    struct graph *g = suite_model_graph(s, m);
    struct facts facts = facts_of(s, m, g);
    table_text(t, m->name);
    table_count(t, facts.layers);
    table_count(t, facts.steps);
    table_count(t, facts.bricks);
    table_count(t, facts.unique_bricks);
    table_count(t, facts.parameters);
    table_count(t, m->n_unmodelled);
    graph_release(g);
    free(g);
}

static void print_summary(const struct suite *s, const struct options *o, FILE *out)
{
    struct table t;
    int bricks = 0;
    table_init(&t, COLUMNS(columns));
    for (int i = 0; i < s->n_models; i++) {
        add_model(&t, s, &s->models[i]);
        bricks += s->models[i].n_instances;
    }
    table_print(&t, o, out);
    table_release(&t);
    if (!o->json && !o->csv && s->n_models > 1)
        fprintf(out, "%d models: %d bricks, %d of them unique\n", s->n_models, bricks, s->n_bricks);
}

// Writes what the options ask for.
static int save(const struct suite *s, const struct options *o, struct error *err)
{
    if (!o->anonymous)
        return o->output ? suite_save(s, o->output, err) : 0;
    struct suite pool;
    suite_pool(&pool, s);
    int status = suite_save(&pool, o->output, err);
    if (!status && o->key)
        status = suite_save_key(s, o->key, err);
    suite_release(&pool);
    return status;
}

static int check_options(const struct options *o, struct error *err)
{
    if (o->anonymous && !o->output)
        return fail(err, "decompose: --anonymous needs -o PATH, the suite to write");
    if (o->key && !o->anonymous)
        return fail(err, "decompose: --key is what --anonymous leaves out; give both");
    return 0;
}

int cmd_decompose(const struct options *o)
{
    struct suite s;
    struct error err = {0};
    if (check_options(o, &err)) {
        report(&err);
        return STATUS_usage;
    }
    int status = input_load(o, &s);
    if (s.n_models && o->key && suite_check_whole(&s, &err))
        status = report(&err);
    else if (s.n_models && save(&s, o, &err))
        status = report(&err);
    else if (s.n_models)
        print_summary(&s, o, o->output && strcmp(o->output, "-") == 0 ? stderr : stdout);
    suite_release(&s);
    return status;
}
