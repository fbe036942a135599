// dlbricks ops: the operator table; with models, the operators that they hold.
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/table.h"
#include "runner/kernel.h"

static const struct column columns[] = {
    {"operator", "operator", COLUMN_text, 0, 0}, {"domain", "domain", COLUMN_text, 0, 0},
    {"opsets", "opsets", COLUMN_text, 0, 0},     {"types", "types", COLUMN_text, 0, 0},
    {"runs_as", "runs as", COLUMN_text, 0, 0},   {"layout", "layout", COLUMN_text, 0, 0},
    {"loop_version", NULL, COLUMN_count, 0, 0},  {"attributes", NULL, COLUMN_text, 0, 0},
    {"nodes", "nodes", COLUMN_count, 0, 0}, // last: only with models
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

static const char *const layout_names[] = {
    [OP_LAYOUT_spatial] = "channels-last",
    [OP_LAYOUT_follow] = "as its source",
    [OP_LAYOUT_row] = "row-major",
    [OP_LAYOUT_view] = NULL,
    [OP_LAYOUT_gone] = NULL,
};

// oneDNN's primitives behind the lowerings that use one; the others are loops of our own.
static const struct {
    const char *lower, *primitive;
} primitives[] = {
    {"conv", "convolution"},
    {"conv_transpose", "deconvolution"},
    {"pool", "pooling"},
    {"batchnorm", "batch normalization"},
    {"layernorm", "layer normalization"},
    {"lrn", "lrn"},
    {"softmax", "softmax"},
    {"gemm", "matmul"},
    {"matmul", "matmul"},
    {"sdpa", "matmul, softmax"},
    {"rnn", "rnn"},
    {"unary", "eltwise"},
    {"clip", "eltwise"},
    {"binary", "binary"},
    {"transpose", "reorder"},
    {"reorder", "reorder"},
    {"shuffle", "reorder"},
    {"depth_to_space", "reorder"},
    {"space_to_depth", "reorder"},
};

static const char *primitive_of(const struct op_info *info)
{
    for (size_t k = 0; k < sizeof primitives / sizeof *primitives; k++)
        if (strcmp(primitives[k].lower, info->lower) == 0)
            return primitives[k].primitive;
    return NULL;
}

// What becomes of a node.
static void describe_run(enum op op, struct str *out)
{
    const struct op_info *info = op_info(op);
    const char *primitive = kernel_has_function(op) ? primitive_of(info) : NULL;
    if (kernel_exists(op) && primitive)
        str_addf(out, "oneDNN %s%s", primitive, info->version ? ", else own loop" : "");
    else if (kernel_exists(op))
        str_add(out, "own loop");
    else if (info->layout == OP_LAYOUT_view)
        str_add(out, "view: moves nothing");
    else if (info->layout == OP_LAYOUT_gone)
        str_add(out, "rewritten, or folded if constant");
    else if (op_is_rewritten(op))
        str_add(out, "rewritten as other operators");
    else if (op_is_folded(op))
        str_add(out, "folded if constant, else not run");
    else
        str_add(out, "not run: only its shape is known");
}

struct tally {
    int64_t nodes[N_OPS];
    struct {
        const char *name;
        int64_t nodes;
    } * unknown; // operators that dlbricks does not have
    int n_unknown, capacity;
    struct arena arena;
};

static void add_operator(struct table *t, enum op op, int64_t nodes, bool with_nodes)
{
    const struct op_info *info = op_info(op);
    struct str opsets = STR_INIT, run = STR_INIT;
    if (info->domain)
        str_addf(&opsets, "%d+", op_first_opset(op));
    describe_run(op, &run);
    table_text(t, info->name);
    table_text(t, !info->domain ? "dlbricks" : *info->domain ? info->domain : "ai.onnx");
    table_text(t, info->domain ? opsets.text : NULL);
    table_text(t, kernel_exists(op) ? kernel_types(op) : NULL);
    table_text(t, run.text);
    table_text(t, layout_names[info->layout]);
    table_count(t, info->version);
    table_text(t, info->attrs);
    if (with_nodes)
        table_count(t, nodes);
    str_release(&opsets);
    str_release(&run);
}

static void add_unknown(struct table *t, const char *name, int64_t nodes)
{
    table_text(t, name);
    for (int k = 1; k < N_COLUMNS - 3; k++)
        table_text(t, k == 4 ? "unknown: the nodes are not modelled" : NULL);
    table_count(t, 0);
    table_text(t, NULL);
    table_count(t, nodes);
}

// --- the nodes of models ---

static void count_unknown(struct tally *tally, const char *name)
{
    int k = 0;
    while (k < tally->n_unknown && strcmp(tally->unknown[k].name, name) != 0)
        k++;
    if (k == tally->n_unknown) {
        grow(&tally->unknown, &tally->capacity, k + 1, sizeof *tally->unknown);
        tally->unknown[tally->n_unknown++].name = arena_strdup(&tally->arena, name);
        tally->unknown[k].nodes = 0;
    }
    tally->unknown[k].nodes++;
}

static void count_nodes(struct tally *tally, const struct graph *g)
{
    for (int i = 0; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->op == OP_Unknown)
            count_unknown(tally, n->op_type);
        else
            tally->nodes[n->op]++;
    }
    for (int k = 0; k < g->n_bodies; k++)
        count_nodes(tally, g->bodies[k]);
}

static void count_model(void *context, const struct graph *g)
{
    count_nodes(context, g);
}

static void print_table(const struct tally *tally, const struct options *o)
{
    struct table t;
    bool with_nodes = o->n_args > 0;
    table_init(&t, columns, with_nodes ? N_COLUMNS : N_COLUMNS - 1);
    for (int op = 0; op < N_OPS; op++)
        if (op != OP_Unknown && (!with_nodes || tally->nodes[op]))
            add_operator(&t, (enum op)op, tally->nodes[op], with_nodes);
    for (int k = 0; k < tally->n_unknown; k++)
        add_unknown(&t, tally->unknown[k].name, tally->unknown[k].nodes);
    table_print(&t, o, stdout);
    table_release(&t);
}

int cmd_ops(const struct options *o)
{
    struct tally tally = {0};
    int status = input_visit_nodes(o, count_model, &tally);
    print_table(&tally, o);
    free(tally.unknown);
    arena_release(&tally.arena);
    return status;
}
