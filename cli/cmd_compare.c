// dlbricks compare: models on machines of the bench-cache, side by side.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/basis.h"
#include "cli/commands.h"
#include "cli/facts.h"
#include "cli/input.h"
#include "cli/places.h"
#include "predict/compare.h"

// What people see of the bricks of one model on one machine.
enum { MOST_BRICKS = 3 };

#define PLACE_COLUMNS                                                                              \
    {"machine", "machine", COLUMN_text, 0, 0}, {"environment", NULL, COLUMN_text, 0, 0},           \
        {"isa", "isa", COLUMN_text, 0, 0},                                                         \
    {                                                                                              \
        "threads", "threads", COLUMN_text, 0, 0                                                    \
    }

static const struct column model_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},      PLACE_COLUMNS,
    {"p50_ns", "p50 ms", COLUMN_real, 1e-6, 3}, {"low_ns", "low", COLUMN_real, 1e-6, 3},
    {"high_ns", "high", COLUMN_real, 1e-6, 3},  {"ratio", "ratio", COLUMN_real, 0, 3},
    {"ratio_low", "low", COLUMN_real, 0, 3},    {"ratio_high", "high", COLUMN_real, 0, 3},
    {"known_bricks", NULL, COLUMN_count, 0, 0}, {"estimated_bricks", NULL, COLUMN_count, 0, 0},
    {"stale_bricks", NULL, COLUMN_count, 0, 0}, {"lent_bricks", NULL, COLUMN_count, 0, 0},
    {"bricks", NULL, COLUMN_count, 0, 0},       {"basis", "basis", COLUMN_text, 0, 0},
};

static const struct column summary_columns[] = {
    PLACE_COLUMNS,
    {"models", "models", COLUMN_count, 0, 0},
    {"geometric_mean", "geometric mean", COLUMN_real, 0, 3},
    {"lowest", "lowest", COLUMN_real, 0, 3},
    {"lowest_model", "of", COLUMN_text, 0, 0},
    {"highest", "highest", COLUMN_real, 0, 3},
    {"highest_model", "of", COLUMN_text, 0, 0},
    {"unlike", "unlike the baseline in", COLUMN_text, 0, 0},
};

static const struct column brick_columns[] = {
    {"model", "model", COLUMN_text, 0, 0},
    PLACE_COLUMNS,
    {"brick", "brick", COLUMN_text, 0, 0},
    {"description", "what", COLUMN_text, 0, 0},
    {"times", "times", COLUMN_count, 0, 0},
    {"baseline_ns", "baseline ms", COLUMN_real, 1e-6, 4},
    {"total_ns", "ms", COLUMN_real, 1e-6, 4},
    {"ratio", "ratio", COLUMN_real, 0, 3},
    {"difference_ns", "difference", COLUMN_real, 1e-6, 4},
    {"share", "of all %", COLUMN_real, 100, 1},
    {"basis", "basis", COLUMN_text, 0, 0},
    {"layers", "layers", COLUMN_text, 0, 0},
};

struct comparison {
    const struct options *o;
    const struct suite *suite;
    int n_models, n; // places
    struct forecast *forecasts;
    int n_incomplete;
    struct table models, summary, bricks;
};

static void add_place(struct table *t, const struct cache_place *place)
{
    facts_add_place(t, place);
    table_text(t, place->environment.value[ENV_isa]);
    table_text(t, place->environment.value[ENV_threads]);
}

// The command that measures it is for that machine, whether the user named it or not.
static void note_lacking(const struct comparison *c, const struct forecast *f,
                         const struct prediction *p)
{
    struct options o = *c->o;
    o.machine = f->place->machine.label;
    basis_note_lacking(p, f, &o);
}

static void add_model(struct comparison *c, const struct forecast *f, const struct prediction *p,
                      struct ratio ratio)
{
    struct table *t = &c->models;
    struct str basis = STR_INIT;
    bool nothing = p->n_missing == p->n_bricks;
    basis_describe(p, f, &basis);
    table_text(t, p->model->name);
    add_place(t, f->place);
    table_real(t, nothing ? NAN : p->time_ns);
    table_real(t, nothing ? NAN : p->low_ns);
    table_real(t, nothing ? NAN : p->high_ns);
    table_real(t, ratio.value);
    table_real(t, ratio.low);
    table_real(t, ratio.high);
    table_count(t, p->n_measured);
    table_count(t, p->n_estimated);
    table_count(t, forecast_count_stale(f, 1, p));
    table_count(t, p->n_lent);
    table_count(t, p->n_bricks);
    table_text(t, basis.text);
    str_release(&basis);
    note_lacking(c, f, p);
    c->n_incomplete += p->n_missing > 0;
}

// share: of the differences of all bricks, whatever their sign
static void add_brick(struct comparison *c, const struct forecast *f, const struct prediction *p,
                      const struct contribution *b, double all_ns)
{
    struct table *t = &c->bricks;
    double difference_ns = b->time_ns - b->baseline_ns;
    table_text(t, p->model->name);
    add_place(t, f->place);
    facts_add_brick(t, c->suite->bricks[b->brick]);
    table_count(t, b->n);
    table_real(t, b->baseline_ns);
    table_real(t, b->time_ns);
    table_real(t, b->time_ns / b->baseline_ns);
    table_real(t, difference_ns);
    table_real(t, all_ns > 0 ? fabs(difference_ns) / all_ns : NAN);
    table_text(t, basis_of_contribution(b));
    basis_add_layers(t, b->instance);
}

static void add_bricks(struct comparison *c, const struct forecast *f, const struct prediction *p,
                       const struct prediction *baseline)
{
    int n;
    double all_ns = 0;
    struct contribution *list = contributions_find(c->suite, p, baseline, &n);
    bool all = c->o->json || c->o->csv;
    for (int i = 0; i < n; i++)
        all_ns += fabs(list[i].time_ns - list[i].baseline_ns);
    for (int i = 0; i < n && (all || i < MOST_BRICKS); i++)
        add_brick(c, f, p, &list[i], all_ns);
    free(list);
}

static void compare_model(struct comparison *c, int model)
{
    const struct prediction *baseline = &c->forecasts[0].prediction[model];
    for (int i = 0; i < c->n; i++) {
        const struct forecast *f = &c->forecasts[i];
        const struct prediction *p = &f->prediction[model];
        struct ratio ratio = prediction_ratio(p, baseline);
        add_model(c, f, p, ratio);
        if (i && !isnan(ratio.value))
            add_bricks(c, f, p, baseline);
    }
}

// "isa avx2 (avx512_core), threads 1 (2)": what differs, and the baseline's in parentheses.
static void describe_difference(const struct cache_place *place, const struct cache_place *baseline,
                                struct str *out)
{
    for (int f = 0; f < N_ENVIRONMENT_FIELDS; f++) {
        const char *own = place->environment.value[f], *other = baseline->environment.value[f];
        if (environment_field_keyed((enum environment_field)f) && strcmp(own, other) != 0)
            str_addf(out, "%s%s %s (%s)", out->len ? ", " : "",
                     environment_field_name((enum environment_field)f), own, other);
    }
}

static void sum_up(struct comparison *c, const struct forecast *f)
{
    struct table *t = &c->summary;
    struct str unlike = STR_INIT;
    struct ratio *ratios = xcalloc((size_t)c->n_models + 1, sizeof *ratios);
    for (int i = 0; i < c->n_models; i++)
        ratios[i] = prediction_ratio(&f->prediction[i], &c->forecasts[0].prediction[i]);
    struct spread s = ratios_spread(c->n_models, ratios);
    describe_difference(f->place, c->forecasts[0].place, &unlike);
    add_place(t, f->place);
    table_count(t, s.n);
    table_real(t, s.geometric_mean);
    table_real(t, s.lowest);
    table_text(t, s.n ? c->suite->models[s.lowest_of].name : NULL);
    table_real(t, s.highest);
    table_text(t, s.n ? c->suite->models[s.highest_of].name : NULL);
    table_text(t, unlike.len ? unlike.text : NULL);
    if (unlike.len)
        note("%s is compared with an unlike environment of %s: %s", f->place->machine.label,
             c->forecasts[0].place->machine.label, unlike.text);
    str_release(&unlike);
    free(ratios);
}

static int choose(struct places *places, const struct options *o, struct error *err)
{
    if (o->machine && places_choose_named(places, o, err))
        return -1;
    if (!o->machine)
        places_choose_all(places, o);
    if (places->n >= 2)
        return 0;
    return fail(err,
                "compare needs two machines or environments, and the cache %s has %d that "
                "--machine, --threads and --isa allow; `dlbricks machine list` shows them",
                places->cache.text, places->n);
}

static void compare(struct comparison *c, struct suite *s, const struct places *places)
{
    c->n = places->n;
    c->forecasts = xcalloc((size_t)c->n, sizeof *c->forecasts);
    const struct substitutes with = {places->all, c->o->stale, c->o->lent, !c->o->measured_only};
    forecasts_init(c->forecasts, c->n, places->chosen, s, &with);
    for (int i = 0; i < c->n; i++)
        basis_note_substitutes(&c->forecasts[i], &with);
    for (int i = 0; i < c->n_models; i++)
        compare_model(c, i);
    for (int i = 1; i < c->n; i++)
        sum_up(c, &c->forecasts[i]);
    const struct section sections[] = {
        {"models", NULL, &c->models},
        {"summary", "Ratios to the first", &c->summary},
        {"bricks", "Where the difference comes from", &c->bricks},
    };
    sections_print(sections, 3, c->o, stdout);
    forecasts_release(c->forecasts, c->n);
    free(c->forecasts);
}

int cmd_compare(const struct options *o)
{
    struct suite s;
    struct places places;
    struct error err = {0};
    int status = input_load_whole(o, &s);
    struct comparison c = {.o = o, .suite = &s, .n_models = s.n_models};
    table_init(&c.models, COLUMNS(model_columns));
    table_init(&c.summary, COLUMNS(summary_columns));
    table_init(&c.bricks, COLUMNS(brick_columns));
    places_open(&places, o);
    if (s.n_models && choose(&places, o, &err))
        status = report(&err);
    else if (s.n_models)
        compare(&c, &s, &places);
    if (status == STATUS_done && c.n_incomplete)
        status = STATUS_incomplete;
    places_release(&places);
    table_release(&c.models);
    table_release(&c.summary);
    table_release(&c.bricks);
    suite_release(&s);
    return status;
}
