// dlbricks check: each unique brick against plain reference code.
#include <stdlib.h>

#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/session.h"
#include "cli/table.h"
#include "cli/wishes.h"
#include "runner/check.h"

static const struct column columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"result", "result", COLUMN_text, 0, 0},
    {"worst_error", "error 1e-6", COLUMN_real, 1e6, 2},
    {"tolerance", "allowed 1e-6", COLUMN_real, 1e6, 0},
    {"implementation", "implementation", COLUMN_text, 0, 0},
    {"signature", NULL, COLUMN_text, 0, 0},
};

struct checking {
    const struct engine *engine;
    struct kernel_set *kernels;
    struct table table;
    int n_checked, n_wrong;
};

static void add_row(struct table *t, const struct brick *brick, const struct check_result *result)
{
    facts_add_brick(t, brick);
    table_text(t, result->ok ? "ok" : "WRONG");
    table_real(t, result->worst);
    table_real(t, result->tolerance);
    table_text(t, result->implementation);
    table_text(t, brick->signature);
}

static int check_one(struct checking *c, const struct brick *brick, struct error *err)
{
    struct check_result result = {0};
    if (check_brick(c->engine, c->kernels, brick->graph, &result, err))
        return -1;
    add_row(&c->table, brick, &result);
    c->n_checked++;
    c->n_wrong += !result.ok;
    return 0;
}

// A brick that cannot be compiled is reported; the others are checked nevertheless.
static int check_all(struct checking *c, const struct suite *s)
{
    struct progress progress;
    int status = STATUS_done;
    progress_start(&progress, stderr, session_now_s());
    for (int i = 0; i < s->n_bricks && !interrupted; i++) {
        struct error err = {0};
        char text[64];
        if (check_one(c, s->bricks[i], &err)) {
            progress_clear(&progress);
            status = report(&err);
        }
        snprintf(text, sizeof text, "%d/%d bricks", i + 1, s->n_bricks);
        progress_show(&progress, i + 1, s->n_bricks, text, session_now_s());
    }
    progress_clear(&progress);
    return status == STATUS_done && interrupted ? STATUS_incomplete : status;
}

static int check_suite(const struct engine *engine, const struct suite *s, const struct options *o)
{
    struct checking c = {.engine = engine, .kernels = wishes_of_cache(engine, s, o)};
    table_init(&c.table, COLUMNS(columns));
    int status = check_all(&c, s);
    table_print(&c.table, o, stdout);
    fprintf(stderr, "%d of %d bricks checked, %d wrong\n", c.n_checked, s->n_bricks, c.n_wrong);
    table_release(&c.table);
    wishes_free(c.kernels);
    return c.n_wrong ? STATUS_failed : status;
}

int cmd_check(const struct options *o)
{
    struct suite s;
    struct engine engine;
    struct error err = {0};
    int status = input_load(o, &s);
    interrupt_install();
    if (s.n_models && session_open(&engine, o, &err)) {
        status = report(&err);
    } else if (s.n_models) {
        int checked = check_suite(&engine, &s, o);
        status = status ? status : checked;
        engine_release(&engine);
    }
    suite_release(&s);
    return status;
}
