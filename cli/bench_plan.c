#include "cli/bench_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "cli/facts.h"
#include "cli/suggestion.h"
#include "cli/table.h"

enum { SHOWN_TASKS = 20, SHOWN_MODELS = 3, WORKLIST_FORMAT = 1 };

static const struct column plan_columns[] = {
    {"machine", "machine", COLUMN_text, 0, 0},
    {"environment", NULL, COLUMN_text, 0, 0},
    {"shard", "shard", COLUMN_text, 0, 0},
    {"bricks", "bricks", COLUMN_count, 0, 0},
    {"known", "known", COLUMN_count, 0, 0},
    {"new", "new", COLUMN_count, 0, 0},
    {"stale", "stale", COLUMN_count, 0, 0},
    {"noisy", "noisy", COLUMN_count, 0, 0},
    {"old", "old", COLUMN_count, 0, 0},
    {"known_share", "time known %", COLUMN_real, 100, 1},
    {"n_tasks", "to time", COLUMN_count, 0, 0},
    {"expected_s", "about min", COLUMN_real, 1.0 / 60, 2},
    {"direct_s", "models themselves, min", COLUMN_real, 1.0 / 60, 2},
    {"limits", "machine's limits", COLUMN_text, 0, 0},
};

static const struct column model_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    {"bricks", "bricks", COLUMN_count, 0, 0},
    {"waits_for", "waits for", COLUMN_count, 0, 0},
    {"known_share", "time known %", COLUMN_real, 100, 1},
    {"ready_after_s", "ready after s", COLUMN_real, 0, 1},
};

static const struct column task_columns[] = {
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"state", "state", COLUMN_text, 0, 0},
    {"signature", NULL, COLUMN_text, 0, 0},
    {"text", NULL, COLUMN_text, 0, 0},
    {"footprint_bytes", "footprint MB", COLUMN_real, 1e-6, 1},
    {"share", "share %", COLUMN_real, 100, 2},
    {"expected_s", "about s", COLUMN_real, 0, 2},
    {"known_after", "then known %", COLUMN_real, 100, 1},
    {"models", "models that wait", COLUMN_text, 0, 0},
    {"command", NULL, COLUMN_text, 0, 0},
};

struct report {
    const struct agenda *a;
    const struct cache_place *place;
    double far;
    bool *waits; // [task][model]
    struct table plan, models, tasks;
};

static bool *waits_of(const struct report *r, int task)
{
    return r->waits + task * r->a->scope->suite->n_models;
}

// Which models wait for which tasks.
static void find_waits(struct report *r)
{
    const struct agenda *a = r->a;
    const struct suite *s = a->scope->suite;
    int n_pairs = a->first[s->n_bricks];
    int *task_of = xcalloc((size_t)n_pairs + 1, sizeof *task_of);
    r->waits = xcalloc((size_t)a->n_tasks * (size_t)s->n_models + 1, sizeof *r->waits);
    for (int p = 0; p < n_pairs; p++)
        task_of[p] = NONE;
    for (int i = 0; i < a->n_tasks; i++)
        task_of[a->tasks[i].pair] = i;
    for (int m = 0; m < s->n_models; m++)
        for (int i = 0; i < s->models[m].n_instances; i++) {
            const struct pair *p = agenda_pair(a, m, s->models[m].instances[i].brick, r->far);
            if (task_of[p - a->pairs] != NONE)
                waits_of(r, task_of[p - a->pairs])[m] = true;
        }
    free(task_of);
}

// ---- rows ----------------------------------------------------------------------------------

static void add_plan(struct report *r)
{
    const struct agenda *a = r->a;
    const struct options *o = a->scope->options;
    struct table *t = &r->plan;
    char shard[32];
    int n = 0;
    snprintf(shard, sizeof shard, "%d/%d", o->shard.k, o->shard.n);
    for (int i = 0; i < N_BRICK_STATES; i++)
        n += a->n_in_state[i];
    facts_add_place(t, r->place);
    table_text(t, shard);
    table_count(t, n);
    static const enum brick_state shown[] = {STATE_known, STATE_new, STATE_stale, STATE_noisy,
                                             STATE_old};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        table_count(t, a->n_in_state[shown[i]]);
    table_real(t, a->known);
    table_count(t, a->n_tasks);
    table_real(t, a->expected_s);
    table_real(t, a->direct_s);
    table_text(t, r->place->probe.n_levels ? "measured" : "assumed");
}

static void add_model(struct report *r, int m)
{
    const struct agenda *a = r->a;
    const struct model *model = &a->scope->suite->models[m];
    double ready_s = 0, elapsed_s = 0;
    int n_waiting = 0;
    for (int i = 0; i < a->n_tasks; i++) {
        elapsed_s += a->tasks[i].cost_s;
        if (!waits_of(r, i)[m])
            continue;
        n_waiting++;
        ready_s = elapsed_s;
    }
    table_text(&r->models, model->name);
    table_count(&r->models, suite_n_unique(a->scope->suite, model));
    table_count(&r->models, n_waiting);
    table_real(&r->models, a->model_known[m]);
    table_real(&r->models, ready_s);
}

// "resnet50, vgg16 and 12 more"
static void name_models(const struct report *r, int task, struct str *out)
{
    const struct suite *s = r->a->scope->suite;
    int n = 0;
    for (int m = 0; m < s->n_models; m++)
        if (waits_of(r, task)[m] && n++ < SHOWN_MODELS)
            str_addf(out, "%s%s", n > 1 ? ", " : "", s->models[m].name);
    if (n > SHOWN_MODELS)
        str_addf(out, " and %d more", n - SHOWN_MODELS);
}

static void add_task(struct report *r, int i, double known_after)
{
    const struct task *task = &r->a->tasks[i];
    const struct brick *brick = r->a->scope->suite->bricks[task->brick];
    struct str models = STR_INIT, command = STR_INIT;
    name_models(r, i, &models);
    suggest_task(r->a->scope->options, r->place, brick, task->footprint, &command);
    facts_add_brick(&r->tasks, brick);
    table_text(&r->tasks, brick_state_name(task->state));
    table_text(&r->tasks, brick->signature);
    table_text(&r->tasks, brick->text);
    table_real(&r->tasks, task->footprint);
    table_real(&r->tasks, r->a->pairs[task->pair].share);
    table_real(&r->tasks, task->cost_s);
    table_real(&r->tasks, known_after);
    table_text(&r->tasks, models.text);
    table_text(&r->tasks, command.text);
    str_release(&models);
    str_release(&command);
}

static void add_tasks(struct report *r, int most)
{
    double known = r->a->known;
    for (int i = 0; i < r->a->n_tasks && i < most; i++) {
        const struct task *task = &r->a->tasks[i];
        if (task->state == STATE_new || task->state == STATE_stale)
            known += r->a->pairs[task->pair].share;
        add_task(r, i, known);
    }
}

// ---- the work list -------------------------------------------------------------------------

static json_t *models_json(const struct report *r, int task)
{
    json_t *list = json_array();
    for (int m = 0; m < r->a->scope->suite->n_models; m++)
        if (waits_of(r, task)[m])
            json_array_append_new(list, json_text(r->a->scope->suite->models[m].name));
    return list;
}

// What people see cut short is a list here.
static json_t *tasks_json(const struct report *r)
{
    json_t *tasks = table_json(&r->tasks);
    for (int i = 0; i < r->a->n_tasks; i++)
        json_object_set_new(json_array_get(tasks, (size_t)i), "models", models_json(r, i));
    return tasks;
}

static void print_worklist(const struct report *r)
{
    json_t *plan = table_json(&r->plan);
    json_t *list = json_pack("{s:i}", "dlbricks_worklist", WORKLIST_FORMAT);
    json_object_update(list, json_array_get(plan, 0));
    json_object_set_new(list, "models", table_json(&r->models));
    json_object_set_new(list, "tasks", tasks_json(r));
    json_decref(plan);
    json_print(list, stdout);
}

static void print_tables(struct report *r, const struct options *o)
{
    const struct section sections[] = {
        {"plan", NULL, &r->plan},
        {"models", "Models, and when the last brick that they wait for is timed", &r->models},
        {"tasks", "What comes first", &r->tasks},
    };
    if (o->csv)
        table_print(&r->tasks, o, stdout);
    else
        sections_print(sections, 3, o, stdout);
}

void bench_plan_print(const struct agenda *a, const struct cache_place *place)
{
    const struct options *o = a->scope->options;
    struct report r = {.a = a, .place = place, .far = place_far(place)};
    table_init(&r.plan, COLUMNS(plan_columns));
    table_init(&r.models, COLUMNS(model_columns));
    table_init(&r.tasks, COLUMNS(task_columns));
    find_waits(&r);
    add_plan(&r);
    for (int m = 0; m < a->scope->suite->n_models; m++)
        add_model(&r, m);
    add_tasks(&r, o->json || o->csv ? a->n_tasks : SHOWN_TASKS);
    if (o->json)
        print_worklist(&r);
    else
        print_tables(&r, o);
    table_release(&r.plan);
    table_release(&r.models);
    table_release(&r.tasks);
    free(r.waits);
}

void bench_plan_describe(const struct agenda *a, struct str *out)
{
    int n = 0;
    for (int i = 0; i < N_BRICK_STATES; i++)
        n += a->n_in_state[i];
    str_addf(out, "%d bricks", n);
    for (int i = 0; i < N_BRICK_STATES; i++)
        if (a->n_in_state[i])
            str_addf(out, ", %d %s", a->n_in_state[i], brick_state_name((enum brick_state)i));
}
