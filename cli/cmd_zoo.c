// dlbricks zoo: the networks that the project itself brings.
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/table.h"
#include "decompose/decompose.h"

static const struct column columns[] = {
    {"name", "name", COLUMN_text, 0, 0},
    {"family", "family", COLUMN_text, 0, 0},
    {"task", "task", COLUMN_text, 0, 0},
    {"year", "year", COLUMN_count, 0, 0},
    {"lists", NULL, COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_count, 0, 0},
    {"published_layers", "table 1", COLUMN_real, 0, 0},
    {"parameters", "parameters M", COLUMN_count, 1e-6, 2},
    {"published_parameters", "published M", COLUMN_real, 1e-6, 2},
    {"gflops", "GFLOPs", COLUMN_real, 1, 3},
    {"published_gmacs", "published GFLOPs", COLUMN_real, 2, 3}, // a multiply-add is two FLOPs
    {"figures", NULL, COLUMN_text, 0, 0},
    {"source", "source", COLUMN_text, 0, 0},
    {"deviation", NULL, COLUMN_text, 0, 0},
};

static const struct column deviation_columns[] = {
    {"name", "name", COLUMN_text, 0, 0},
    {"deviation", "deviation", COLUMN_text, 0, 0},
};

static const struct column figure_columns[] = {
    {"figure", "figure", COLUMN_text, 0, 0},
    {"published", "published for", COLUMN_count, 0, 0},
    {"networks", "of networks", COLUMN_count, 0, 0},
    {"largest_deviation", "largest deviation %", COLUMN_real, 100, 2},
};

// What is published of networks, and how far ours are from it.
struct figure {
    int n;
    double largest;
};

struct listing {
    struct table networks, deviations, figures;
    struct figure layers, parameters, gmacs;
};

// Adds our figure and the published one, which is 0 if there is none.
static void add_figure(struct table *t, struct figure *f, double published, double ours)
{
    table_real(t, published > 0 ? published : NAN);
    if (published <= 0)
        return;
    f->n++;
    f->largest = fmax(f->largest, fabs(ours / published - 1));
}

static void add_network(struct listing *listing, const struct zoo_entry *entry,
                        const struct graph *g, double parameters)
{
    struct table *t = &listing->networks;
    struct str lists = STR_INIT;
    double gmacs = zoo_gmacs(g);
    zoo_list_names(entry, &lists);
    table_text(t, entry->name);
    table_text(t, zoo_family_of(entry)->name);
    table_text(t, entry->task);
    table_count(t, entry->year);
    table_text(t, lists.text);
    table_count(t, g->n_nodes);
    add_figure(t, &listing->layers, entry->layers, g->n_nodes);
    table_count(t, (int64_t)parameters);
    add_figure(t, &listing->parameters, entry->parameters, parameters);
    table_real(t, 2 * gmacs);
    add_figure(t, &listing->gmacs, entry->gmacs, gmacs);
    table_text(t, entry->figures);
    table_text(t, entry->source);
    table_text(t, entry->deviation);
    str_release(&lists);
}

static int list_entry(const void *context, const struct zoo_entry *entry, struct error *err)
{
    struct listing *listing = *(struct listing *const *)context;
    struct graph *g = zoo_build(entry, 1);
    double parameters = zoo_parameters(g, entry->with_statistics);
    int result = infer_shapes(g, err);
    if (result)
        error_prefix(err, entry->name);
    else
        add_network(listing, entry, g, parameters);
    if (!result && entry->deviation) {
        table_text(&listing->deviations, entry->name);
        table_text(&listing->deviations, entry->deviation);
    }
    graph_release(g);
    free(g);
    return result;
}

static void add_figures(struct listing *listing)
{
    const struct {
        const char *name;
        const struct figure *figure;
    } rows[] = {
        {"layers, in table 1 of DLBricks", &listing->layers},
        {"parameters", &listing->parameters},
        {"multiply-adds", &listing->gmacs},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].figure->n == 0)
            continue;
        table_text(&listing->figures, rows[i].name);
        table_count(&listing->figures, rows[i].figure->n);
        table_count(&listing->figures, table_rows(&listing->networks));
        table_real(&listing->figures, rows[i].figure->largest);
    }
}

// JSON and CSV say each network's deviation beside it.
static void print_listing(struct listing *listing, const struct options *o)
{
    const struct section sections[] = {
        {"networks", NULL, &listing->networks},
        {"figures", "Published figures", &listing->figures},
        {"deviations", "Deviations from what is published", &listing->deviations},
    };
    if (o->json || o->csv)
        table_print(&listing->networks, o, stdout);
    else if (table_rows(&listing->networks))
        sections_print(sections, 3, o, stdout);
}

int cmd_zoo_list(const struct options *o)
{
    struct listing listing = {0}, *context = &listing;
    int status = STATUS_done;
    table_init(&listing.networks, COLUMNS(columns));
    table_init(&listing.deviations, COLUMNS(deviation_columns));
    table_init(&listing.figures, COLUMNS(figure_columns));
    for (int i = 0; i < o->n_args || i == 0; i++) {
        struct error err = {0};
        if (input_zoo(o->n_args ? o->args[i] : "all", list_entry, &context, &err))
            status = report(&err);
    }
    add_figures(&listing);
    print_listing(&listing, o);
    table_release(&listing.networks);
    table_release(&listing.deviations);
    table_release(&listing.figures);
    return status;
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
