// dlbricks ops: the operator table.
#include <string.h>

#include "bricks/op.h"
#include "cli/commands.h"
#include "cli/table.h"

static const struct column columns[] = {
    {"operator", "operator", COLUMN_text, 0, 0},
    {"origin", "origin", COLUMN_text, 0, 0},
    {"layout", "layout", COLUMN_text, 0, 0},
    {"runs_as", "runs as", COLUMN_text, 0, 0},
    {"by", "by", COLUMN_text, 0, 0},
    {"attributes", "attributes", COLUMN_text, 0, 0},
};

static const char *const layout_names[] = {
    [OP_LAYOUT_spatial] = "channels-last", [OP_LAYOUT_follow] = "as its source",
    [OP_LAYOUT_row] = "row-major",         [OP_LAYOUT_view] = "moves nothing",
    [OP_LAYOUT_gone] = "removed",
};

static void add_operator(struct table *t, const struct op_info *info)
{
    bool runs = strcmp(info->lower, "none") != 0;
    struct str by = STR_INIT;
    if (runs && info->version)
        str_addf(&by, "oneDNN or own loop (version %d)", info->version);
    else if (runs)
        str_add(&by, "oneDNN");
    table_text(t, info->name);
    table_text(t, info->is_onnx ? "ONNX" : "dlbricks");
    table_text(t, runs && info->layout == OP_LAYOUT_gone ? "any" : layout_names[info->layout]);
    table_text(t, runs ? info->lower : NULL);
    table_text(t, runs ? by.text : NULL);
    table_text(t, info->attrs);
    str_release(&by);
}

int cmd_ops(const struct options *o)
{
    struct table t;
    table_init(&t, COLUMNS(columns));
    for (int op = 0; op < N_OPS; op++)
        add_operator(&t, op_info((enum op)op));
    table_print(&t, o, stdout);
    table_release(&t);
    return STATUS_done;
}
