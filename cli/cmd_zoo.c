// dlbricks zoo: the networks that the project itself brings.
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/table.h"
#include "decompose/decompose.h"

static const struct column columns[] = {
    {"name", "name", COLUMN_text, 0, 0},
    {"task", "task", COLUMN_text, 0, 0},
    {"year", "year", COLUMN_count, 0, 0},
    {"published_parameters", "parameters M", COLUMN_real, 1e-6, 2},
    {"published_gmacs", "GMAC", COLUMN_real, 1, 2},
    {"source", "source", COLUMN_text, 0, 0},
};

int cmd_zoo_list(const struct options *o)
{
    struct table t;
    table_init(&t, COLUMNS(columns));
    for (const struct zoo_entry *entry = zoo; entry < zoo + n_zoo; entry++) {
        table_text(&t, entry->name);
        table_text(&t, entry->task);
        table_count(&t, entry->year);
        table_real(&t, entry->parameters);
        table_real(&t, entry->gmacs);
        table_text(&t, entry->source);
    }
    table_print(&t, o, stdout);
    table_release(&t);
    return STATUS_done;
}

static const struct column written_columns[] = {
    {"name", "name", COLUMN_text, 0, 0},
    {"path", "path", COLUMN_text, 0, 0},
};

struct writing {
    const struct options *o;
    struct table *written;
};

static int write_entry(const void *context, const struct zoo_entry *entry, struct error *err)
{
    const struct writing *w = context;
    struct str path = STR_INIT;
    const char *folder = w->o->output ? w->o->output : ".";
    str_addf(&path, "%s/%s.onnx", folder, entry->name);
    struct graph *g = zoo_build(entry, input_batch(w->o));
    int result = make_directories(folder, err);
    if (!result)
        result = onnx_write(g, path.text, err);
    if (!result) {
        table_text(w->written, entry->name);
        table_text(w->written, path.text);
    }
    graph_release(g);
    free(g);
    str_release(&path);
    return result;
}

int cmd_zoo_write(const struct options *o)
{
    struct table t;
    struct writing writing = {o, &t};
    int status = STATUS_done;
    table_init(&t, COLUMNS(written_columns));
    for (int i = 0; i < o->n_args; i++) {
        struct error err = {0};
        input_note_dims(o, o->args[i]);
        if (input_zoo(o->args[i], write_entry, &writing, &err))
            status = report(&err);
    }
    if (table_rows(&t) || o->json || o->csv)
        table_print(&t, o, stdout);
    table_release(&t);
    return status;
}
