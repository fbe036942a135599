// dlbricks inspect: what models consist of.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bricks/work.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/sharing_tables.h"
#include "cli/table.h"
#include "runner/data.h"
#include "runner/kernel.h"

static const struct column model_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_count, 0, 0},
    {"steps", "steps", COLUMN_count, 0, 0},
    {"bricks", "bricks", COLUMN_count, 0, 0},
    {"unique_bricks", "unique", COLUMN_count, 0, 0},
    {"parameters", "parameters", COLUMN_count, 0, 0},
    {"flops", "GFLOP", COLUMN_real, 1e-9, 3},
    {"weight_bytes", "weights MB", COLUMN_count, 1e-6, 3},
    {"arena_bytes", "peak MB", COLUMN_count, 1e-6, 3},
    {"moved_bytes", "moved MB", COLUMN_real, 1e-6, 3},
    {"footprint_bytes", "footprint MB", COLUMN_count, 1e-6, 3},
    {"source", NULL, COLUMN_text, 0, 0},
};

static const struct column port_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"kind", "", COLUMN_text, 0, 0},
    {"name", "name", COLUMN_text, 0, 0},
    {"tensor", "tensor", COLUMN_text, 0, 0},
    {"indices_below", "indices below", COLUMN_real, 0, 0},
};

static const struct column dim_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"dim", "dimension", COLUMN_text, 0, 0},
    {"value", "bound to", COLUMN_count, 0, 0},
};

static const struct column operator_columns[] = {
    {"operator", "operator", COLUMN_text, 0, 0},  {"steps", "steps", COLUMN_count, 0, 0},
    {"fused", "fused", COLUMN_count, 0, 0},       {"flops", "GFLOP", COLUMN_real, 1e-9, 3},
    {"share", "GFLOP %", COLUMN_real, 100, 1},    {"bytes", "MB", COLUMN_real, 1e-6, 3},
    {"bytes_share", "MB %", COLUMN_real, 100, 1},
};

static const struct column idle_columns[] = {
    {"operator", "operator", COLUMN_text, 0, 0},
    {"steps", "steps", COLUMN_count, 0, 0},
    {"bytes", "kB", COLUMN_real, 1e-3, 1},
};

static const struct column unmodelled_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},       {"layer", "layer", COLUMN_text, 0, 0},
    {"operator", "operator", COLUMN_text, 0, 0}, {"bytes", "guessed kB", COLUMN_count, 1e-3, 1},
    {"reason", "reason", COLUMN_text, 0, 0},
};

// Work by operator, over all models: posts are counted as fused, their FLOPs with their step.
struct tally {
    int64_t steps[N_OPS], fused[N_OPS];
    double flops[N_OPS], bytes[N_OPS];
    struct work all;
};

static void tally_graph(struct tally *tally, const struct graph *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        struct work work = work_node(g, n);
        tally->steps[n->op]++;
        tally->flops[n->op] += work.flops;
        tally->bytes[n->op] += work.bytes;
        tally->all.flops += work.flops;
        tally->all.bytes += work.bytes;
        for (int k = 0; k < n->n_posts; k++)
            tally->fused[n->posts[k].op]++;
    }
}

static double share(double part, double all)
{
    return all > 0 ? part / all : 0;
}

static void add_operators(struct table *t, const struct tally *tally)
{
    for (int op = 0; op < N_OPS; op++) {
        if (!tally->steps[op] && !tally->fused[op])
            continue;
        table_text(t, op_info((enum op)op)->name);
        table_count(t, tally->steps[op]);
        table_count(t, tally->fused[op]);
        table_real(t, tally->flops[op]);
        table_real(t, share(tally->flops[op], tally->all.flops));
        table_real(t, tally->bytes[op]);
        table_real(t, share(tally->bytes[op], tally->all.bytes));
    }
}

static void add_idle(struct table *t, const struct tally *tally)
{
    for (int op = 0; op < N_OPS; op++) {
        if (!tally->steps[op] || kernel_exists((enum op)op))
            continue;
        table_text(t, op_info((enum op)op)->name);
        table_count(t, tally->steps[op]);
        table_real(t, tally->bytes[op]);
    }
}

static void add_model(struct table *t, const struct suite *s, const struct model *m,
                      const struct graph *g)
{
    struct facts facts = facts_of(s, m, g);
    table_text(t, m->name);
    table_count(t, facts.layers);
    table_count(t, facts.steps);
    table_count(t, facts.bricks);
    table_count(t, facts.unique_bricks);
    table_count(t, facts.parameters);
    table_real(t, facts.flops);
    table_count(t, (int64_t)facts.weight_bytes);
    table_count(t, (int64_t)facts.arena_bytes);
    table_real(t, facts.bytes);
    table_count(t, (int64_t)facts.footprint_bytes);
    table_text(t, m->source);
}

// values: of the graph, one per port.
static void add_ports(struct table *t, const struct model *m, const struct graph *g,
                      const char *kind, int n, const struct port *ports, const int *values)
{
    for (int i = 0; i < n; i++) {
        struct str tensor = STR_INIT;
        tensor_print(&ports[i].t, &tensor);
        table_text(t, m->name);
        table_text(t, kind);
        table_text(t, ports[i].name);
        table_text(t, tensor.text);
        int64_t below = data_indices_below(g, values[i]);
        table_real(t, below ? (double)below : NAN);
        str_release(&tensor);
    }
}

static void add_dims(struct table *t, const struct model *m)
{
    for (int i = 0; i < m->n_dims; i++) {
        table_text(t, m->name);
        table_text(t, m->dims[i].name);
        table_count(t, m->dims[i].value);
    }
}

static void add_unmodelled(struct table *t, const struct model *m)
{
    for (int i = 0; i < m->n_unmodelled; i++) {
        const struct unmodelled *u = &m->unmodelled[i];
        table_text(t, m->name);
        table_text(t, u->layer);
        table_text(t, u->op);
        table_count(t, u->bytes);
        table_text(t, u->reason);
    }
}

enum { MODELS, PORTS, DIMS, OPERATORS, IDLE, UNMODELLED, N_TABLES };

static void fill(struct table tables[N_TABLES], const struct suite *s)
{
    struct tally tally = {0};
    for (int i = 0; i < s->n_models; i++) {
        const struct model *m = &s->models[i];
        struct graph *g = suite_model_graph(s, m);
        add_model(&tables[MODELS], s, m, g);
        add_ports(&tables[PORTS], m, g, "input", m->n_inputs, m->inputs, g->inputs);
        add_ports(&tables[PORTS], m, g, "output", m->n_outputs, m->outputs, g->outputs);
        add_dims(&tables[DIMS], m);
        add_unmodelled(&tables[UNMODELLED], m);
        tally_graph(&tally, g);
        graph_release(g);
        free(g);
    }
    add_operators(&tables[OPERATORS], &tally);
    add_idle(&tables[IDLE], &tally);
}

static void inspect(const struct suite *s, const struct options *o)
{
    struct table tables[N_TABLES];
    struct sharing_tables sharing;
    const struct section sections[] = {
        {"models", NULL, &tables[MODELS]},
        {"ports", "Inputs and outputs", &tables[PORTS]},
        {"dims", "Symbolic dimensions", &tables[DIMS]},
        {"sharing",
         "What models share: time in bricks that others have too, and what each adds to those "
         "before it",
         &sharing.models},
        {"families", "Families that share bricks", &sharing.families},
        {"operators", "Operators of all models", &tables[OPERATORS]},
        {"unsupported", "Steps that cannot run yet: there is no kernel", &tables[IDLE]},
        {"unmodelled",
         "Layers that are not modelled, with a guess of what they read and write: a result of "
         "unknown size counts as the largest activation that the layer reads, and may be far "
         "larger",
         &tables[UNMODELLED]},
        {"bricks", "Unique bricks, most time over all uses first", &sharing.bricks},
    };
    const int n_sections = sizeof sections / sizeof *sections;
    table_init(&tables[MODELS], COLUMNS(model_columns));
    table_init(&tables[PORTS], COLUMNS(port_columns));
    table_init(&tables[DIMS], COLUMNS(dim_columns));
    table_init(&tables[OPERATORS], COLUMNS(operator_columns));
    table_init(&tables[IDLE], COLUMNS(idle_columns));
    table_init(&tables[UNMODELLED], COLUMNS(unmodelled_columns));
    sharing_tables_init(&sharing, s, o);
    fill(tables, s);
    sections_print(sections, o->bricks ? n_sections : n_sections - 1, o, stdout);
    sharing_tables_release(&sharing);
    for (int i = 0; i < N_TABLES; i++)
        table_release(&tables[i]);
}

// Loads the first two arguments, each a suite of its own, into one; *n_first are the models of the
// first.
static int load_both(const struct options *o, struct suite *all, int *n_first)
{
    struct suite sides[2];
    struct error err = {0};
    int status = STATUS_done;
    for (int i = 0; i < 2; i++) {
        struct options one = *o;
        one.n_args = 1;
        one.args = o->args + i;
        if (input_load(&one, &sides[i]))
            status = STATUS_failed;
    }
    suite_init(all, sides[0].granularity);
    *n_first = sides[0].n_models;
    for (int i = 0; i < 2 && !status; i++)
        if (suite_merge(all, &sides[i], &err))
            status = report(&err);
    suite_release(&sides[0]);
    suite_release(&sides[1]);
    return status;
}

static int inspect_difference(const struct options *o)
{
    struct suite s;
    struct table sums, bricks;
    int n_first, status = load_both(o, &s, &n_first);
    if (!status) {
        difference_tables(&sums, &bricks, &s, n_first, o);
        const struct section sections[] = {
            {"difference", NULL, &sums},
            {"bricks", "Bricks, most work over all uses first", &bricks},
        };
        sections_print(sections, 2, o, stdout);
        table_release(&sums);
        table_release(&bricks);
    }
    suite_release(&s);
    return status;
}

static int inspect_models(const struct options *o)
{
    struct suite s;
    int status = input_load(o, &s);
    if (s.n_models)
        inspect(&s, o);
    suite_release(&s);
    return status;
}

int cmd_inspect(const struct options *o)
{
    if (!o->diff)
        return inspect_models(o);
    if (o->n_args == 2)
        return inspect_difference(o);
    struct error err = {0};
    fail(&err, "inspect: --diff needs two arguments, not %d", o->n_args);
    report(&err);
    return STATUS_usage;
}
