// dlbricks why: why a brick is new, why a record of it is not used, where it occurs.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bricks/cache_files.h"
#include "bricks/cache_walk.h"
#include "bricks/difference.h"
#include "cli/basis.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/places.h"
#include "cli/table.h"
#include "predict/why.h"

static const struct column brick_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"uses", "uses", COLUMN_count, 0, 0},
    {"reason", "reason", COLUMN_text, 0, 0},
    {"difference", "the record has, not what is wanted", COLUMN_text, 0, 0},
    {"signature", NULL, COLUMN_text, 0, 0},
    {"text", NULL, COLUMN_text, 0, 0},
};

static const struct column nearest_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"nearest", "nearest known", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"label", "known to", COLUMN_text, 0, 0},
    {"difference", "the new one has, not the known one", COLUMN_text, 0, 0},
    {"text", NULL, COLUMN_text, 0, 0},
};

static const struct column record_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"label", "label", COLUMN_text, 0, 0},
    {"environment", "environment", COLUMN_text, 0, 0},
    {"reason", "reason", COLUMN_text, 0, 0},
    {"difference", "the record has, not what is wanted", COLUMN_text, 0, 0},
    {"path", NULL, COLUMN_text, 0, 0},
};

static const struct column use_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"model", "model", COLUMN_text, 0, 0},
    {"step", "step", COLUMN_count, 0, 0},
    {"layers", "layers", COLUMN_text, 0, 0},
};

enum { BRICKS, NEAREST, RECORDS, USES, N_TABLES };

struct answer {
    const char *asked; // first digits of a signature; NULL: all bricks without a usable record
    struct suite suite;
    struct places places;
    struct inquiry inquiry;
    struct known_texts texts; // read when they are first wanted
    bool texts_read;
    int n_shown;
    struct table tables[N_TABLES];
};

static bool is_prefix(const char *word)
{
    size_t n = strlen(word);
    return n >= 4 && strspn(word, "0123456789abcdef") == n && access(word, F_OK) != 0;
}

static bool is_asked(const struct answer *a, const char *signature)
{
    return !a->asked || strncmp(signature, a->asked, strlen(a->asked)) == 0;
}

static void add_prefix(struct table *t, const char *signature)
{
    char prefix[13];
    snprintf(prefix, sizeof prefix, "%.12s", signature);
    table_text(t, prefix);
}

// ---- tables ----------------------------------------------------------------------------------

// Returns the number of instances in all models.
static int add_uses(struct answer *a, int brick)
{
    int n = 0;
    for (int m = 0; m < a->suite.n_models; m++) {
        const struct model *model = &a->suite.models[m];
        for (int i = 0; i < model->n_instances; i++) {
            if (model->instances[i].brick != brick)
                continue;
            n++;
            add_prefix(&a->tables[USES], a->suite.bricks[brick]->signature);
            table_text(&a->tables[USES], model->name);
            table_count(&a->tables[USES], i);
            basis_add_layers(&a->tables[USES], &model->instances[i]);
        }
    }
    return n;
}

static void add_records(struct answer *a, const struct brick *brick, const struct reasons *reasons)
{
    struct table *t = &a->tables[RECORDS];
    for (int i = 0; i < reasons->n; i++) {
        const struct reason *r = &reasons->reason[i];
        add_prefix(t, brick->signature);
        facts_add_place(t, r->place);
        table_text(t, why_name(r->why));
        table_text(t, r->detail);
        table_text(t, r->path);
    }
}

static const struct known_text *nearest(struct answer *a, const struct brick *brick)
{
    if (!a->texts_read)
        known_texts_read(&a->texts, &a->places.all);
    a->texts_read = true;
    return known_texts_nearest(&a->texts, brick->text);
}

static void add_nearest(struct answer *a, const struct brick *brick)
{
    struct table *t = &a->tables[NEAREST];
    const struct known_text *known = nearest(a, brick);
    struct brick *other = known ? brick_parse(known->text, NULL) : NULL;
    if (!other)
        return;
    struct str difference = STR_INIT;
    text_difference(brick->text, known->text, &difference);
    add_prefix(t, brick->signature);
    facts_add_brick(t, other);
    table_text(t, known->place->machine.label);
    table_text(t, difference.text);
    table_text(t, known->text);
    str_release(&difference);
    brick_free(other);
}

static void add_brick(struct answer *a, int number, const struct reasons *reasons,
                      const struct reason *why)
{
    const struct brick *brick = a->suite.bricks[number];
    struct table *t = &a->tables[BRICKS];
    facts_add_brick(t, brick);
    table_count(t, add_uses(a, number));
    table_text(t, why_name(why->why));
    table_text(t, why->detail);
    table_text(t, brick->signature);
    table_text(t, brick->text);
    add_records(a, brick, reasons);
    if (why->why == WHY_new)
        add_nearest(a, brick);
    a->n_shown++;
}

static void explain(struct answer *a)
{
    for (int i = 0; i < a->suite.n_bricks; i++) {
        if (!is_asked(a, a->suite.bricks[i]->signature))
            continue;
        struct reasons reasons;
        reasons_find(&reasons, &a->inquiry, i);
        struct reason why = reason_of_brick(&reasons, &a->inquiry, i);
        if (a->asked || why.why != WHY_used)
            add_brick(a, i, &reasons, &why);
        free(why.detail);
        reasons_release(&reasons);
    }
}

// ---- what is asked about ---------------------------------------------------------------------

// Adds the bricks that only the cache knows and that no model holds.
static enum walk add_known(void *context, const struct cache_entry *e)
{
    struct answer *a = context;
    struct record r;
    char *text;
    if (e->kind != ENTRY_record || !is_asked(a, e->name) || record_read(&r, &text, e->path, NULL))
        return WALK_on;
    suite_add_brick(&a->suite, brick_parse(r.text, NULL));
    record_release(&r);
    free(text);
    return WALK_on;
}

// The models behind a BRICK, or all arguments. Returns the exit status.
static int load(struct answer *a, const struct options *o)
{
    struct options rest = *o;
    if (is_prefix(o->args[0])) {
        a->asked = o->args[0];
        rest.args++;
        rest.n_args--;
    }
    if (rest.n_args)
        return input_load(&rest, &a->suite);
    suite_init(&a->suite, o->granularity ? o->granularity : 1);
    return STATUS_done;
}

static int explain_here(struct answer *a, const struct options *o, struct error *err)
{
    if (places_choose_here(&a->places, o, err))
        return -1;
    inquiry_init(&a->inquiry, &a->suite, &a->places.all, a->places.chosen[0]);
    explain(a);
    inquiry_release(&a->inquiry);
    return 0;
}

static int answer(struct answer *a, const struct options *o, struct error *err)
{
    const struct cache_all *all = &a->places.all;
    places_open(&a->places, o);
    for (int i = 0; a->asked && i < all->n; i++)
        cache_walk_place(all->places[i].path, add_known, a);
    int status = explain_here(a, o, err);
    if (!status && a->asked && !a->n_shown)
        status = fail(err,
                      "no brick of the cache %s or of the models given has a signature that begins "
                      "with '%s'",
                      a->places.cache.text, a->asked);
    if (!status && !a->n_shown)
        note("all %d bricks have records that can be used", a->suite.n_bricks);
    known_texts_release(&a->texts);
    places_release(&a->places);
    return status;
}

static void print(struct answer *a, const struct options *o)
{
    // without a BRICK its bricks' records and places would fill pages
    const struct section sections[N_TABLES] = {
        [BRICKS] = {"bricks", NULL, &a->tables[BRICKS]},
        [NEAREST] = {"nearest", "What is known and nearest to what is new", &a->tables[NEAREST]},
        [RECORDS] = {"records", "Records", &a->tables[RECORDS]},
        [USES] = {"uses", "Where it occurs", &a->tables[USES]},
    };
    sections_print(sections, a->asked ? N_TABLES : RECORDS, o, stdout);
}

int cmd_why(const struct options *o)
{
    struct answer a = {0};
    struct error err = {0};
    int status = load(&a, o);
    table_init(&a.tables[BRICKS], COLUMNS(brick_columns));
    table_init(&a.tables[NEAREST], COLUMNS(nearest_columns));
    table_init(&a.tables[RECORDS], COLUMNS(record_columns));
    table_init(&a.tables[USES], COLUMNS(use_columns));
    if ((a.asked || a.suite.n_models) && answer(&a, o, &err))
        status = report(&err);
    else if (a.asked || a.suite.n_models)
        print(&a, o);
    for (int i = 0; i < N_TABLES; i++)
        table_release(&a.tables[i]);
    suite_release(&a.suite);
    return status;
}
